"""Find people by any spelling of their mailbox, by an address they had before, by a network they logged in from."""

from django.db import migrations, models

from accounts.models import Mailbox


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_watched_tables")]

    operations = [
        migrations.AlterModelOptions("apikey", {"verbose_name": "API key"}),
        migrations.AddIndex("user", models.Index(Mailbox("email"), name="accounts_user_mailbox")),
        migrations.AddIndex(
            "emailchange",
            models.Index(
                fields=["old_email"], name="accounts_emailchange_earlier", condition=models.Q(status="applied")
            ),
        ),
        migrations.AddIndex(
            "loginnetwork", models.Index(fields=["network", "-last_seen_at"], name="accounts_loginnetwork_people")
        ),
    ]
