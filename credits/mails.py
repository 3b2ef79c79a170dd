"""The kinds of mail the ledger sends. The words are in templates/credits/emails/."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from outbox.templates import MailTemplate
from outbox.templates import register as register_template

TEMPLATES = (
    MailTemplate(
        name="credits.expiring",
        version=1,
        subject=_("{{ amount }} credits expire on {{ expires_at }}"),
        variables=("workspace", "amount", "expires_at"),
        optional=("name",),
        sample={
            "name": "Ada Lovelace",
            "workspace": "Engines",
            "amount": 120,
            "expires_at": "2026-03-16 09:30 UTC",
        },
    ),
)


def register() -> None:
    """Declare the templates."""
    for template in TEMPLATES:
        register_template(template)
