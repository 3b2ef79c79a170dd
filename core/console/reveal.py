"""Why somebody wants to see what is masked. The person it is about may read it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

WHY = (
    ("contact", _("To contact the customer")),
    ("identity", _("To check who they are")),
    ("account", _("To help with their account or a payment")),
    ("fault", _("To look into a fault")),
    ("abuse", _("To look into abuse")),
    ("request", _("For a request by law or of the customer")),
)


class RevealForm(forms.Form):
    """A common reason by one choice; a word more and a ticket where they help."""

    why = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose a reason")), *WHY])
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    ticket = forms.CharField(label=_("Ticket"), max_length=100, required=False)

    @property
    def reason(self) -> str:
        """What the trail keeps, in words."""
        said = str(dict(WHY)[self.cleaned_data["why"]])
        return f"{said}: {self.cleaned_data['note']}" if self.cleaned_data["note"] else said
