"""Approvals: the two-person rule, kept by the table itself."""

from django.db import migrations, models

import core.ids
from audit.watch import WatchTable


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("denied", "Denied"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("status_changed_at", models.DateTimeField()),
                ("requester_kind", models.CharField(max_length=16)),
                ("requester_id", models.CharField(max_length=100)),
                ("requester_label", models.TextField(blank=True)),
                ("target_kind", models.CharField(max_length=100)),
                ("target_id", models.CharField(max_length=100)),
                ("target_label", models.TextField(blank=True)),
                ("payload", models.JSONField(default=dict)),
                ("fingerprint", models.TextField()),
                ("effects", models.JSONField(default=list)),
                ("reason", models.TextField()),
                ("ticket", models.TextField(blank=True)),
                ("requested_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("approver_kind", models.CharField(blank=True, max_length=16)),
                ("approver_id", models.CharField(blank=True, max_length=100)),
                ("approver_label", models.TextField(blank=True)),
                ("decision_reason", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-requested_at", "-id"], name="audit_approval_newest"),
                    models.Index(
                        condition=models.Q(("status", "pending")), fields=["expires_at"], name="audit_approval_waiting"
                    ),
                    models.Index(fields=["target_id", "-requested_at"], name="audit_approval_target"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("approver_id", models.F("requester_id")), _negated=True),
                        name="audit_approval_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "approved", "denied", "withdrawn", "expired"])),
                        name="audit_approval_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approver_id__gt", ""), ("status__in", ["approved", "denied"])),
                            models.Q(
                                models.Q(("status__in", ["approved", "denied"]), _negated=True), ("approver_id", "")
                            ),
                            _connector="OR",
                        ),
                        name="audit_approval_decided_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("requested_at"))),
                        name="audit_approval_expires_later",
                    ),
                ],
            },
        ),
        WatchTable("audit_approval"),
    ]
