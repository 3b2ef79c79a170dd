"""The trail: partitioned entries and payloads, their guards, and the months to come."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
DROP = """
DROP TABLE audit_entry, audit_payload, audit_withdrawal, audit_change, audit_watch;
DROP SEQUENCE audit_entry_seq, audit_change_id;
DROP FUNCTION audit_record, audit_content_hash, audit_commitment, audit_refuse, audit_always,
    audit_withdraw_or_refuse, audit_log_truncate, audit_attach, audit_month_bounds, audit_split_default, audit_ensure_partitions;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "".join((SQL / name).read_text() for name in ("trail.sql", "guards.sql", "watch.sql", "partitions.sql")),
            reverse_sql=DROP,
        ),
        # Unmanaged: Django keeps only their names; the columns are the SQL's.
        migrations.CreateModel(
            name="Payload",
            fields=[("seq", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"db_table": "audit_payload", "managed": False},
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[("seq", models.BigIntegerField(primary_key=True, serialize=False))],
            options={"db_table": "audit_entry", "managed": False, "verbose_name_plural": "entries"},
        ),
    ]
