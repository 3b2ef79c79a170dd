"""A form of the console has one effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from audit.models import UsedForm

KEPT = timedelta(days=2)  # longer than any session of staff, and with it any form


def use_form(*, token: str, at: datetime) -> bool:
    """Note in the caller's transaction that a form had its effect; False where it had one before.

    While the same form is being sent by somebody else, it waits for the end of that transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_usedform (token, used_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", [token, at]
        )
        return bool(cursor.rowcount)


def forget_used_forms(*, at: datetime) -> int:
    """Delete the tokens that no session is left to send again; returns how many. Run by a schedule."""
    gone, _ = UsedForm.objects.filter(used_at__lte=at - KEPT).delete()
    return gone
