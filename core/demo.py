"""What the demo data and the people who start it must agree on."""

import secrets
from pathlib import Path

from core.embedded import layout

STAFF_DOMAIN = "ballast.test"


def password(var: Path) -> str:
    """The password of every demo login: made at random once, kept in the var folder."""
    return layout.kept_secret(var, "demo_password", make=lambda: secrets.token_urlsafe(12))
