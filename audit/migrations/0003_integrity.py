"""Checkpoints, reconciliation, lawful withdrawal, and what the checks found."""

from pathlib import Path

from django.db import migrations, models

import core.ids

SQL = Path(__file__).parent / "sql"
DROP = """
DROP TABLE audit_mark, audit_checkpoint;
DROP FUNCTION audit_digest, audit_all_ended, audit_used, audit_settle, audit_seal, audit_reconcile, audit_withdraw;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_approvals"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stray",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("changed_at", models.DateTimeField()),
                ("table_name", models.CharField(max_length=63)),
                ("operation", models.CharField(max_length=16)),
                ("row_id", models.TextField()),
                ("txid", models.BigIntegerField()),
                ("found_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, max_length=100)),
                ("acknowledgement", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-changed_at", "-id"], name="audit_stray_newest"),
                    models.Index(
                        condition=models.Q(("acknowledged_at__isnull", True)),
                        fields=["id"],
                        name="audit_stray_unexplained",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("is_complete", models.BooleanField()),
                ("verified_from", models.BigIntegerField()),
                ("verified_to", models.BigIntegerField()),
                ("entries_checked", models.BigIntegerField()),
                ("payloads_withdrawn", models.BigIntegerField()),
                ("finding_count", models.BigIntegerField()),
                ("first_bad_seq", models.BigIntegerField(null=True)),
                ("first_bad_kind", models.CharField(blank=True, max_length=32)),
                ("findings", models.JSONField(default=list)),
            ],
            options={
                "indexes": [models.Index(fields=["-finished_at", "-id"], name="audit_verification_newest")],
            },
        ),
        migrations.RunSQL((SQL / "settle.sql").read_text(), reverse_sql=DROP),
    ]
