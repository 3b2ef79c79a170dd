"""Log changes of who may do what, so that one made past the application is found.

Every row that gains somebody something is watched, new ones too. A new customer gains nobody anything,
and there are many: of users, new ones are watched where they are staff. Marks of use (last login, last use,
used recovery codes) need no entry and are left out.
"""

from django.db import migrations

from audit.watch import WatchTable

# what using a second factor writes into its row, and the name its owner gives it
_USE_OF_A_FACTOR = "'{used_mask,viewed_at,migrated_codes,name}'::text[]"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_restriction_function"),
        ("audit", "0001_trail"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        WatchTable(
            "accounts_user",
            columns=("email", "status", "is_staff", "is_superuser", "password"),
            when={"insert": "NEW.is_staff OR NEW.is_superuser"},
        ),
        WatchTable("accounts_user_groups"),
        WatchTable("auth_group", operations=("update", "delete")),
        WatchTable("accounts_workspace", operations=("update",), columns=("personal_owner_id",)),
        WatchTable("accounts_membership"),
        WatchTable("accounts_restriction"),
        WatchTable("accounts_invitation"),
        WatchTable("accounts_emailchange"),
        WatchTable(
            "accounts_apikey",
            columns=(
                "secret_digest",
                "workspace_id",
                "created_by_id",
                "scopes",
                "allowed_networks",
                "expires_at",
                "revoked_at",
            ),
        ),
        WatchTable("account_emailaddress", operations=("insert", "update"), columns=("user_id", "email", "verified")),
        WatchTable(
            "mfa_authenticator",
            columns=("user_id", "type"),
            when={"update": f"(OLD.data - {_USE_OF_A_FACTOR}) IS DISTINCT FROM (NEW.data - {_USE_OF_A_FACTOR})"},
        ),
    ]
