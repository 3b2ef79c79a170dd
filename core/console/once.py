"""A form sent twice has one effect: its token is used up in the transaction of the effect itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpRequest

from core.console.timeouts import limited
from core.ids import new_id

_KEY = "console_used_tokens"
_KEPT = 50
_TOKEN = re.compile(r"[0-9a-f]{32}")


class AlreadyDone(Exception):
    """This very form was sent before, and done."""


def new_token() -> str:
    """A token for a fresh form."""
    return new_id().hex


def token_of(request: HttpRequest) -> str:
    """The token the form came with; a new one where it is missing or made up."""
    sent = request.POST.get("token", "")
    return sent if _TOKEN.fullmatch(sent) else new_token()


@contextmanager
def claimed(request: HttpRequest, token: str) -> Iterator[None]:
    """A transaction in which ``token`` is used up together with whatever the block does.

    A double click waits for the first one on a lock that ends with its transaction, and then gets
    AlreadyDone. The mark lies in the session's row (database sessions), so it is there exactly if
    the effect is; where the block raises, the form may be sent again.
    """
    session: Any = request.session
    before = session.get(_KEY)
    try:
        with limited():
            _use_up(session, token)
            yield
    except BaseException:
        # what the middleware saves at the end of the request must not outlive the rollback
        session.pop(_KEY, None) if before is None else session.update({_KEY: before})
        raise


def _use_up(session: Any, token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"console:{token}"])
    stored = type(session)(session.session_key)  # the row as it is now, not as this request began
    used = list(stored.get(_KEY, []))
    if token in used:
        raise AlreadyDone
    session[_KEY] = [*used, token][-_KEPT:]
    session.save()
