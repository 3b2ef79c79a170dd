"""A canceled job says itself who ended it, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0004_indexes_for_the_console"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="canceled_by",
            field=models.CharField(blank=True, default="", db_default="", max_length=100, verbose_name="canceled by"),
        ),
        migrations.AddField(
            model_name="job",
            name="cancel_reason",
            field=models.TextField(blank=True, default="", db_default="", verbose_name="why canceled"),
        ),
    ]
