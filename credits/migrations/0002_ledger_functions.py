"""The functions that write the ledger, and the triggers that refuse everybody else."""

from django.db import migrations

from credits.sql import install


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_ledger_tables")]

    operations = [
        install("guards.v1", undo="guards.undo"),
        install("shared.v1", undo="functions.undo"),
        install("holds.v1"),
        install("lots.v1"),
    ]
