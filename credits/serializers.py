"""The shape of the ledger in the product API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.fields import CreditsField, PublicIdField, TextField, UTCDateTimeField
from core.api.serializers import StrictQuery, StrictSerializer
from credits.services import MAX_HOLD_SECONDS, MAX_OPERATIONS, MAX_PURPOSE_LENGTH
from credits.states import EntryKind, HoldStatus, LotSource, ReasonCode

DEFAULT_HOLD_SECONDS = 900


class LotShareOut(serializers.Serializer[Any]):
    """What is left of one lot. Lots are listed in the order they burn."""

    lot = PublicIdField("lot", source="lot.id")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # Field.source is for writing, this is a member
        choices=LotSource.choices, source="lot.source"
    )
    granted_credits = serializers.IntegerField(source="lot.granted")
    remaining_credits = serializers.IntegerField(source="remaining")
    expires_at = UTCDateTimeField(source="lot.expires_at", allow_null=True)


class TotalsOut(serializers.Serializer[Any]):
    """The account after an operation."""

    posted = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()
    debt = serializers.IntegerField()


class BalanceOut(TotalsOut):
    """``posted`` is everything, ``held`` set aside in it, ``available`` what a hold can take now.

    ``debt`` was taken back after it had been spent: nothing can be held until credits that come in have paid it.
    """

    is_frozen = serializers.BooleanField()
    by_lot = LotShareOut(many=True)


class SliceOut(serializers.Serializer[Any]):
    """The part of an entry that one lot paid or received."""

    lot = PublicIdField("lot", source="lot_id")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # Field.source is for writing, this is a member
        choices=LotSource.choices, source="lot.source"
    )
    amount_credits = serializers.IntegerField(source="amount")


class EntryOut(serializers.Serializer[Any]):
    """One line of the ledger. ``amount_credits`` is signed."""

    id = PublicIdField("led")
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    amount_credits = serializers.IntegerField(source="amount")
    balance_after = serializers.IntegerField()
    hold = PublicIdField("hld", source="hold_id", allow_null=True)
    reverses = PublicIdField("led", source="reverses_id", allow_null=True)
    reason_code = serializers.ChoiceField(choices=ReasonCode.choices, allow_blank=True)
    note = serializers.SerializerMethodField()
    lots = SliceOut(many=True, source="slices")
    request_id = serializers.CharField()
    created_at = UTCDateTimeField()

    def get_note(self, entry: Any) -> str:
        """What we tell the customer about it, if anything."""
        note = getattr(entry, "note", None)
        return note.text if note else ""


class EntryQuery(StrictQuery):
    """Which entries."""

    kind = serializers.ChoiceField(choices=EntryKind.choices, required=False)

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's, so it cannot be declared above."""
        since = UTCDateTimeField(required=False, help_text="Entries made then or later.")
        until = UTCDateTimeField(required=False, help_text="Entries made before then.")
        return {**super().get_fields(), "from": since, "to": until}


class HoldOut(serializers.Serializer[Any]):
    """A hold. It settles once; ``lost_credits`` is work captured late that nothing was left for."""

    id = PublicIdField("hld")
    status = serializers.ChoiceField(choices=HoldStatus.choices)
    amount_credits = serializers.IntegerField(source="amount")
    captured_credits = serializers.IntegerField(source="captured_amount")
    lost_credits = serializers.IntegerField(source="lost_amount")
    purpose = serializers.CharField()
    entry = PublicIdField("led", source="entry_id", allow_null=True)
    created_at = UTCDateTimeField()
    expires_at = UTCDateTimeField()
    settled_at = UTCDateTimeField(allow_null=True)


class HoldQuery(StrictQuery):
    """Which holds."""

    status = serializers.ChoiceField(choices=HoldStatus.choices, required=False)


class HoldIn(StrictSerializer):
    """A hold to place."""

    amount_credits = CreditsField()
    purpose = TextField(max_length=MAX_PURPOSE_LENGTH)
    expires_in_seconds = serializers.IntegerField(min_value=1, max_value=MAX_HOLD_SECONDS, default=DEFAULT_HOLD_SECONDS)


class CaptureIn(StrictSerializer):
    """How much of the hold to spend; all of it where nothing is said. The rest returns."""

    amount_credits = CreditsField(required=False)


class PlacedOut(serializers.Serializer[Any]):
    """A hold as it was placed, and the account after it."""

    id = PublicIdField("hld", source="hold_id")
    status = serializers.ChoiceField(choices=[HoldStatus.OPEN.value])
    amount_credits = serializers.IntegerField(source="amount")
    expires_at = UTCDateTimeField()
    balance = TotalsOut(source="*")


class CapturedOut(serializers.Serializer[Any]):
    """What was spent, by which entry, and the account after it."""

    id = PublicIdField("hld", source="hold_id")
    status = serializers.ChoiceField(choices=[HoldStatus.CAPTURED.value])
    captured_credits = serializers.IntegerField(source="amount")
    entry = PublicIdField("led", source="entry_id")
    balance = TotalsOut(source="*")


class ReleasedOut(serializers.Serializer[Any]):
    """What returned, and the account after it."""

    id = PublicIdField("hld", source="hold_id")
    status = serializers.ChoiceField(choices=[HoldStatus.RELEASED.value])
    returned_credits = serializers.IntegerField(source="amount")
    balance = TotalsOut(source="*")


class OperationIn(StrictSerializer):
    """One operation of a batch. ``place`` takes amount, purpose and life; the others take the hold."""

    op = serializers.ChoiceField(choices=["place", "capture", "release"])
    hold = PublicIdField("hld", required=False)
    amount_credits = CreditsField(required=False)
    purpose = TextField(max_length=MAX_PURPOSE_LENGTH, required=False)
    expires_in_seconds = serializers.IntegerField(min_value=1, max_value=MAX_HOLD_SECONDS, required=False)

    _NEEDS = {"place": ("amount_credits", "purpose"), "capture": ("hold",), "release": ("hold",)}
    _TAKES = {
        "place": {"op", "amount_credits", "purpose", "expires_in_seconds"},
        "capture": {"op", "hold", "amount_credits"},
        "release": {"op", "hold"},
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each operation has exactly the fields it needs."""
        op = attrs["op"]
        problems = {
            name: serializers.ErrorDetail(f"A {op} needs this.", code="required")
            for name in self._NEEDS[op]
            if name not in attrs
        } | {
            name: serializers.ErrorDetail(f"A {op} does not take this.", code="unknown_field")
            for name in attrs
            if name not in self._TAKES[op]
        }
        if problems:
            raise serializers.ValidationError(problems)
        return attrs


class BatchIn(StrictSerializer):
    """Up to fifty operations, done in the order given."""

    operations = serializers.ListField(child=OperationIn(), min_length=1, max_length=MAX_OPERATIONS)


class ProblemOut(serializers.Serializer[Any]):
    """Why one operation was refused; a problem document without its surroundings."""

    status = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()


class OutcomeOut(serializers.Serializer[Any]):
    """What became of one operation: either ``problem`` or the rest."""

    op = serializers.ChoiceField(choices=["place", "capture", "release"])
    hold = PublicIdField("hld", allow_null=True)
    status = serializers.ChoiceField(choices=HoldStatus.choices, allow_null=True)
    amount_credits = serializers.IntegerField(allow_null=True)
    entry = PublicIdField("led", allow_null=True)
    problem = ProblemOut(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    """One outcome an operation, in the order they were asked for."""

    results = OutcomeOut(many=True)
