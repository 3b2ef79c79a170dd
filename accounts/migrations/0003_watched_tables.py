"""Log changes of who may do what, so that one made past the application is found.

A new user or member without an entry gains nobody anything, and there are many: only changes and
deletions of those are watched. A password is rehashed at login without an entry, so it is left out.
"""

from django.db import migrations

from audit.watch import WatchTable

CHANGES = ("update", "delete")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_restriction_function"), ("audit", "0001_trail")]

    operations = [
        WatchTable("accounts_user", operations=CHANGES, columns=("email", "status", "is_staff", "is_superuser")),
        WatchTable("accounts_user_groups"),
        WatchTable("accounts_membership", operations=CHANGES),
        WatchTable("accounts_restriction"),
        WatchTable("accounts_invitation", operations=CHANGES),
        WatchTable("accounts_emailchange", operations=CHANGES),
        WatchTable(
            "accounts_apikey",
            columns=("secret_digest", "scopes", "allowed_networks", "expires_at", "revoked_at", "created_by_id"),
        ),
    ]
