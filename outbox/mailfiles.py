"""A mail carrier that writes files: one a message, whatever how often it is sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from core.ids import new_id, to_public

KEY_HEADER = "X-Ballast-Message"


def path_of(key: str) -> Path:
    """Where the mail of the message with this public id is, once it was sent."""
    return Path(settings.EMAIL_FILE_PATH) / f"{key}.eml"


class EmailBackend(BaseEmailBackend):
    """Writes each mail to ``EMAIL_FILE_PATH/<message id>.eml``. Mail from elsewhere gets an id of its own."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; a file appears whole or not at all."""
        for mail in email_messages:
            key = mail.extra_headers.get(KEY_HEADER) or to_public("msg", new_id())
            target = path_of(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(f".{os.getpid()}.tmp")
            draft.write_bytes(mail.message().as_bytes())
            draft.replace(target)
        return len(email_messages)
