"""What the console asks before a deed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import StaffRole
from accounts.states import Capability
from core.console import ActionForm


class RestrictForm(ActionForm):
    """What to take away, and until when."""

    capability = forms.ChoiceField(label=_("What is taken away"), choices=Capability.choices)
    ends_at = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("In your time zone. Empty: until somebody lifts it."),
    )

    def clean_ends_at(self) -> Any:
        """An end that is over makes no restriction."""
        ends_at = self.cleaned_data["ends_at"]
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError(_("The end must lie in the future."), code="past")
        return ends_at


class WorkspaceRestrictForm(RestrictForm):
    """For a team: logging in is a person's."""

    capability = forms.ChoiceField(
        label=_("What is taken away"), choices=[c for c in Capability.choices if c[0] != Capability.LOGIN]
    )


class TagForm(ActionForm):
    """A tag, old or new."""

    tag = forms.SlugField(label=_("Tag"), max_length=40, help_text=_("Lower case letters, digits and hyphens."))


class NameForm(ActionForm):
    """How the person is addressed."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)


class EmailForm(ActionForm):
    """Where mail shall go after the cooling-off."""

    new_email = forms.EmailField(label=_("New e-mail address"), max_length=254)


class RoleForm(ActionForm):
    """A staff role."""

    role = forms.ChoiceField(label=_("Role"), choices=StaffRole.choices)
