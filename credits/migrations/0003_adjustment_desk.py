"""What staff may move, the notes that customers read, the expiry warnings; and which tables the trail watches."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import core.ids
from audit.watch import WatchTable

_NOT_OURS = dict.fromkeys(("insert", "update"), "NOT credits__is_ours()")

# role: credits a day, amount above which a second person is asked, amount that may be approved
_LIMITS = {
    "support": (500, 200, 0),
    "support_lead": (2_000, 1_000, 5_000),
    "finance": (5_000, 2_000, 50_000),
    "founder": (20_000, 5_000, 1_000_000_000_000),
}


def seed_limits(apps, _schema_editor):
    limits = apps.get_model("credits", "AdjustmentLimit")
    for role, (daily, approval_above, may_approve) in _LIMITS.items():
        limits.objects.create(
            role=role,
            daily_credits=daily,
            approval_above_credits=approval_above,
            may_approve_credits=may_approve,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0002_ledger_functions"),
        ("audit", "0001_trail"),
        ("accounts", "0002_restriction_function"),
    ]

    operations = [
        migrations.CreateModel(
            name="EntryNote",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="note",
                        serialize=False,
                        to="credits.entry",
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AdjustmentLimit",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=32, unique=True)),
                ("daily_credits", models.BigIntegerField()),
                ("approval_above_credits", models.BigIntegerField()),
                ("may_approve_credits", models.BigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["-created_at", "-id"], name="credits_limit_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approval_above_credits__gte", 0),
                            ("daily_credits__gte", 0),
                            ("may_approve_credits__gte", 0),
                        ),
                        name="credits_limit_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AllowanceUse",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("actor_id", models.CharField(max_length=64)),
                ("on_date", models.DateField()),
                ("used_credits", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("actor_id", "on_date"), name="credits_allowance_one_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("used_credits__gte", 0)), name="credits_allowance_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpiryWarning",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("days_before", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "lot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="warnings",
                        to="credits.lot",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("lot", "days_before"), name="credits_warning_once")],
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("credits.entry",),
        ),
        migrations.RunPython(seed_limits, migrations.RunPython.noop),
        # What the ledger's functions write is its own record (actor, key and request are in it). All else leaves a
        # line for the reconciliation; so does freezing, which only people do, and with an entry in the trail.
        WatchTable("credits_account", pk="workspace_id", columns=("frozen_at", "frozen_reason"), when=_NOT_OURS),
        WatchTable("credits_lot", when=_NOT_OURS),
        WatchTable("credits_hold", when=_NOT_OURS),
        WatchTable("credits_entry", when=_NOT_OURS),
        WatchTable("credits_slice", pk="entry_id", when=_NOT_OURS),
        WatchTable("credits_operation", pk="key", when=_NOT_OURS),
        WatchTable("credits_adjustmentlimit"),
        WatchTable("credits_allowanceuse"),
        WatchTable("credits_entrynote", pk="entry_id"),
        WatchTable("credits_expirywarning", operations=("update", "delete")),
    ]
