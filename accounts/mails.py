"""The kinds of mail this app sends. The words are in templates/accounts/emails/."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from outbox.templates import MailTemplate
from outbox.templates import register as register_template

_LINK = "https://app.example.com/account/link/3vXq7Yk1"
_SAMPLE = {"name": "Ada Lovelace", "url": _LINK, "effective_at": "2026-03-03 09:30 UTC"}

TEMPLATES = (
    MailTemplate(
        name="accounts.welcome",
        version=1,
        subject=_("Welcome to {{ product }}"),
        variables=("url",),
        optional=("name",),
        sample={"name": "Ada Lovelace", "url": _LINK},
    ),
    MailTemplate(
        name="accounts.verify_email",
        version=1,
        subject=_("Please confirm your e-mail address"),
        variables=("url",),
        optional=("name",),
        sample={"name": "Ada Lovelace", "url": _LINK},
        ignores_suppression=True,
    ),
    MailTemplate(
        name="accounts.password_reset",
        version=1,
        subject=_("Choose a new password"),
        variables=("url",),
        optional=("name",),
        sample={"name": "Ada Lovelace", "url": _LINK},
        ignores_suppression=True,
    ),
    MailTemplate(
        name="accounts.account_exists",
        version=1,
        subject=_("You have an account already"),
        variables=("url",),
        sample={"url": _LINK},
    ),
    MailTemplate(
        name="accounts.unknown_account",
        version=1,
        subject=_("No account uses this address"),
        variables=("url",),
        sample={"url": _LINK},
    ),
    MailTemplate(
        name="accounts.security_notice",
        version=1,
        subject=_("A change to the security of your account"),
        variables=("event", "happened_at"),
        optional=("name", "detail"),
        sample={
            "name": "Ada Lovelace",
            "event": "Your password was changed.",
            "happened_at": "2026-03-02 09:30 UTC",
            "detail": "203.0.113.7",
        },
    ),
    MailTemplate(
        name="accounts.invitation",
        version=1,
        subject=_("{{ inviter }} invites you to {{ workspace }}"),
        variables=("inviter", "workspace", "url", "expires_on"),
        sample={"inviter": "Ada Lovelace", "workspace": "Engines", "url": _LINK, "expires_on": "2026-03-09"},
    ),
    MailTemplate(
        name="accounts.email_change_confirm",
        version=1,
        subject=_("Please confirm your new e-mail address"),
        variables=("url", "effective_at"),
        optional=("name",),
        sample=_SAMPLE,
    ),
    MailTemplate(
        name="accounts.email_change_notice",
        version=1,
        subject=_("Your e-mail address is about to change"),
        variables=("new_email", "url", "effective_at"),
        optional=("name",),
        sample={**_SAMPLE, "new_email": "ada@engines.example"},
    ),
    MailTemplate(
        name="accounts.email_change_canceled",
        version=1,
        subject=_("Your e-mail address stays as it was"),
        variables=("new_email",),
        optional=("name",),
        sample={"name": "Ada Lovelace", "new_email": "ada@engines.example"},
    ),
    MailTemplate(
        name="accounts.email_change_applied",
        version=1,
        subject=_("Your e-mail address has changed"),
        variables=("new_email",),
        optional=("name",),
        sample={"name": "Ada Lovelace", "new_email": "ada@engines.example"},
    ),
)


def register() -> None:
    """Declare the templates; called from ``ready()``."""
    for template in TEMPLATES:
        register_template(template)
