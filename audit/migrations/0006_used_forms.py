"""Which forms of the console were sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_views_and_exports"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsedForm",
            fields=[
                ("token", models.UUIDField(primary_key=True, serialize=False)),
                ("used_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["used_at"], name="audit_usedform_age")]},
        ),
    ]
