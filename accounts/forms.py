"""What the console's login page and the page of one's own security ask for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passkeys import CREDENTIAL_LIMIT


class PasswordForm(forms.Form):
    """First step: who are you?"""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """Second step: a code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class PasskeyForm(forms.Form):
    """The other second step: what the browser says about a passkey."""

    credential = forms.CharField(max_length=CREDENTIAL_LIMIT, widget=forms.HiddenInput)


class OwnForm(forms.Form):
    """A change to what guards one's own account: whoever finds an open browser cannot make it."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AddPasskeyForm(OwnForm):
    """A passkey the browser made."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False, help_text=_("So that you know it later."))
    credential = forms.CharField(max_length=CREDENTIAL_LIMIT, widget=forms.HiddenInput)
    field_order = ("name", "password")


class AddAppForm(OwnForm):
    """The code that the new app shows."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    field_order = ("code", "password")


class RemoveFactorForm(OwnForm):
    """Which one goes."""

    factor = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
