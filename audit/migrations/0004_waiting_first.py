"""What waits for a second person comes first, in one index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_integrity"),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="is_pending",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.ExpressionWrapper(
                    models.Q(("status", "pending")), output_field=models.BooleanField()
                ),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["-is_pending", "-requested_at", "-id"], name="audit_approval_waiting_first"),
        ),
    ]
