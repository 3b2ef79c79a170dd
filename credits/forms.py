"""What the adjustment desk asks for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import clock
from core.console import ActionForm
from credits.services import MAX_AMOUNT, MAX_NOTE_LENGTH
from credits.states import LotSource, ReasonCode

GIFT_LIFE = timedelta(days=365)


class DeskForm(ActionForm):
    """Why in a word, and what the customer may read about it."""

    reason_code = forms.ChoiceField(label=_("Reason code"), choices=ReasonCode.choices, initial=ReasonCode.GOODWILL)
    customer_note = forms.CharField(
        label=_("Note to the customer"),
        max_length=MAX_NOTE_LENGTH,
        required=False,
        help_text=_("Optional. They read it beside the entry in their ledger."),
    )


class ExpiryMixin(forms.Form):
    """A day after which the credits are gone."""

    expires_on = forms.DateField(
        label=_("Expires after"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day they can be used. Empty: they do not expire."),
    )

    def clean(self) -> dict[str, Any]:
        """Adds ``expires_at``: midnight after the last day, in the viewer's zone."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        day = data.get("expires_on")
        data["expires_at"] = None
        if day:
            data["expires_at"] = timezone.make_aware(datetime.combine(day, time.min)) + timedelta(days=1)
            if data["expires_at"] <= clock.now():
                self.add_error("expires_on", _("This day is over."))
        return data


class GrantForm(ExpiryMixin, DeskForm):
    """Credits to give."""

    amount = forms.IntegerField(label=_("Credits"), min_value=1, max_value=MAX_AMOUNT)
    source = forms.ChoiceField(
        label=_("Kind"),
        choices=[(s.value, s.label) for s in (LotSource.GOODWILL, LotSource.PROMO, LotSource.REFUND)],
        initial=LotSource.GOODWILL,
    )

    field_order = ("amount", "source", "expires_on", "reason_code", "customer_note", "reason", "ticket")


class AdjustForm(ExpiryMixin, DeskForm):
    """Credits to add, or with a minus to take."""

    amount = forms.IntegerField(
        label=_("Credits"),
        min_value=-MAX_AMOUNT,
        max_value=MAX_AMOUNT,
        help_text=_("With a minus they are taken from what is available, in burn order."),
    )

    field_order = ("amount", "expires_on", "reason_code", "customer_note", "reason", "ticket")

    def clean_amount(self) -> int:
        """Not zero."""
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            raise forms.ValidationError(_("Zero changes nothing."))
        return amount


class ReverseForm(DeskForm):
    """An entry to undo."""

    reason_code = forms.ChoiceField(label=_("Reason code"), choices=ReasonCode.choices, initial=ReasonCode.CORRECTION)


class LimitForm(ActionForm):
    """What one person of a role may move by themselves."""

    daily_credits = forms.IntegerField(
        label=_("Credits a day"), min_value=0, max_value=MAX_AMOUNT, help_text=_("Days are counted in UTC.")
    )
    approval_above_credits = forms.IntegerField(
        label=_("A second person is asked above"), min_value=0, max_value=MAX_AMOUNT
    )
    may_approve_credits = forms.IntegerField(label=_("May approve up to"), min_value=0, max_value=MAX_AMOUNT)
