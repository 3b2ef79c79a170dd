"""Searches that somebody keeps, and files made of them."""

from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_waiting_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("ready", "Ready"), ("expired", "Expired")],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("status_changed_at", models.DateTimeField()),
                ("format", models.CharField(choices=[("csv", "CSV"), ("json", "JSON")], max_length=8)),
                ("source", models.CharField(max_length=60)),
                ("selection", models.JSONField(default=dict)),
                ("is_revealed", models.BooleanField(default=False)),
                ("requester_id", models.CharField(max_length=100)),
                ("requester_label", models.TextField(blank=True)),
                ("reason", models.TextField()),
                ("row_count", models.BigIntegerField(default=0)),
                ("is_cut", models.BooleanField(default=False)),
                ("path", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="audit_export_newest"),
                    models.Index(
                        condition=models.Q(("status", "ready")), fields=["expires_at"], name="audit_export_ready"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "ready", "expired"])),
                        name="audit_export_status_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("owner_id", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("query", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["-created_at", "-id"], name="audit_savedview_newest")],
                "constraints": [models.UniqueConstraint(fields=("owner_id", "name"), name="audit_savedview_once")],
            },
        ),
    ]
