"""Accounts, lots, holds, entries, slices, and the memory of idempotency keys."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_users_and_workspaces"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="credit_account",
                        serialize=False,
                        to="accounts.workspace",
                    ),
                ),
                ("posted", models.BigIntegerField(default=0)),
                ("held", models.BigIntegerField(default=0)),
                ("debt", models.BigIntegerField(default=0)),
                ("next_expiry_at", models.DateTimeField(blank=True, null=True)),
                ("last_entry_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("frozen_reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["-created_at", "-workspace"], name="credits_account_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("held__gte", 0)), name="credits_account_held_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("debt__gte", 0)), name="credits_account_debt_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "held__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("posted"), "+", models.F("debt")
                                ),
                            )
                        ),
                        name="credits_account_held_is_covered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("debt", 0),
                            (
                                "held",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("posted"), "+", models.F("debt")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="credits_account_free_credits_pay_debt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("frozen_at__isnull", False), ("frozen_reason", ""), _connector="OR"),
                        name="credits_account_frozen_coherent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                ("captured_amount", models.BigIntegerField(default=0)),
                ("lost_amount", models.BigIntegerField(default=0)),
                ("purpose", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("captured", "Captured"),
                            ("released", "Released"),
                            ("expired", "Expired"),
                            ("captured_late", "Captured late"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("entry_id", models.UUIDField(blank=True, null=True)),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.CharField(max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="credits.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("pack", "Pack"),
                            ("plan", "Plan"),
                            ("promo", "Promotion"),
                            ("goodwill", "Goodwill"),
                            ("refund", "Refund"),
                            ("adjustment", "Adjustment"),
                        ],
                        max_length=16,
                    ),
                ),
                ("source_ref", models.CharField(blank=True, max_length=255)),
                ("priority", models.SmallIntegerField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("paid_amount_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("granted", models.BigIntegerField()),
                ("remaining", models.BigIntegerField()),
                ("clawed_amount", models.BigIntegerField(default=0)),
                ("reversed_amount", models.BigIntegerField(db_default=0, default=0)),
                (
                    "is_open",
                    models.GeneratedField(
                        db_persist=True, expression=models.Q(("remaining__gt", 0)), output_field=models.BooleanField()
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lots",
                        to="credits.account",
                    ),
                ),
                (
                    "restores",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restored_by",
                        to="credits.lot",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("grant", "Grant"),
                            ("capture", "Capture"),
                            ("late_capture", "Late capture"),
                            ("expire", "Expiry"),
                            ("reverse", "Reversal"),
                            ("adjust", "Adjustment"),
                            ("claw_back", "Claw-back"),
                            ("reinstate", "Reinstatement"),
                            ("settle_debt", "Debt settled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("debt_delta", models.BigIntegerField(default=0)),
                ("balance_after", models.BigIntegerField()),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("service_failure", "The service failed"),
                            ("quality", "The result was poor"),
                            ("billing_error", "Billing error"),
                            ("duplicate_charge", "Charged twice"),
                            ("goodwill", "Goodwill"),
                            ("promotion", "Promotion"),
                            ("migration", "Moved from another system"),
                            ("fraud", "Fraud or abuse"),
                            ("correction", "Correction of a mistake of ours"),
                        ],
                        max_length=32,
                    ),
                ),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.CharField(max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="credits.account",
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="credits.entry",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credits.hold",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credits.lot",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
            },
        ),
        migrations.CreateModel(
            name="Operation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("grant", "grant"),
                            ("hold", "hold"),
                            ("capture", "capture"),
                            ("late_capture", "late_capture"),
                            ("release", "release"),
                            ("reverse", "reverse"),
                            ("adjust", "adjust"),
                            ("claw_back", "claw_back"),
                            ("batch", "batch"),
                        ],
                        max_length=16,
                    ),
                ),
                ("input_hash", models.UUIDField()),
                ("hold_id", models.UUIDField(null=True)),
                ("entry_id", models.UUIDField(null=True)),
                ("lot_id", models.UUIDField(null=True)),
                ("amount", models.BigIntegerField()),
                ("lost", models.BigIntegerField(default=0)),
                ("posted", models.BigIntegerField()),
                ("held", models.BigIntegerField()),
                ("debt", models.BigIntegerField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("outcomes", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="credits.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Slice",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "entry_id", "lot_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("amount", models.BigIntegerField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slices",
                        to="credits.entry",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slices",
                        to="credits.lot",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(condition=models.Q(("status", "open")), fields=["expires_at"], name="credits_hold_open"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["account", "id"], name="credits_hold_of_account"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="credits_hold_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("captured_amount__gte", 0),
                    ("lost_amount__gte", 0),
                    (
                        "amount__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("captured_amount"), "+", models.F("lost_amount")
                        ),
                    ),
                ),
                name="credits_hold_captured_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("captured_amount", 0),
                        ("entry_id", None),
                        ("lost_amount", 0),
                        ("settled_at", None),
                        ("status", "open"),
                    ),
                    models.Q(
                        ("captured_amount__gt", 0),
                        ("entry_id__isnull", False),
                        ("lost_amount", 0),
                        ("settled_at__isnull", False),
                        ("status", "captured"),
                    ),
                    models.Q(
                        ("captured_amount", 0),
                        ("entry_id", None),
                        ("lost_amount", 0),
                        ("settled_at__isnull", False),
                        ("status__in", ["released", "expired"]),
                    ),
                    models.Q(("entry_id__isnull", False), ("settled_at__isnull", False), ("status", "captured_late")),
                    _connector="OR",
                ),
                name="credits_hold_status_coherent",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("is_open", True)),
                fields=["account", "priority", "expires_at", "created_at", "id"],
                name="credits_lot_burn_order",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["expires_at"], name="credits_lot_expiring"
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["account", "-created_at", "-id"], name="credits_lot_of_account"),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["pack", "plan", "promo", "goodwill", "refund", "adjustment"])),
                name="credits_lot_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("remaining__gte", 0), ("remaining__lte", models.F("granted"))),
                name="credits_lot_remaining_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("granted__gt", 0)), name="credits_lot_granted_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("clawed_amount__gte", 0),
                    ("reversed_amount__gte", 0),
                    ("granted__gte", models.F("clawed_amount") + models.F("reversed_amount")),
                ),
                name="credits_lot_taken_back_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("currency", ""), ("paid_amount_minor", 0)),
                    models.Q(("paid_amount_minor__gte", 0), ("currency__regex", "^[A-Z]{3}$")),
                    _connector="OR",
                ),
                name="credits_lot_price_has_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__gte", 0), ("priority__lte", 100)), name="credits_lot_priority_in_range"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["account", "id"], name="credits_entry_of_account"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("kind__in", ["capture", "grant", "expire"]), _negated=True),
                fields=["kind", "id"],
                name="credits_entry_of_rare_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("actor_kind", "staff")), fields=["id"], name="credits_entry_by_staff"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "grant",
                            "capture",
                            "late_capture",
                            "expire",
                            "reverse",
                            "adjust",
                            "claw_back",
                            "reinstate",
                            "settle_debt",
                        ],
                    )
                ),
                name="credits_entry_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount", 0), _negated=True),
                    ("kind__in", ["settle_debt", "late_capture"]),
                    _connector="OR",
                ),
                name="credits_entry_moves_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)),
                fields=("reverses",),
                name="credits_entry_reversed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="slice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="credits_slice_moves_something"
            ),
        ),
    ]
