"""A form sent twice has one effect: its token is used up in the transaction of the effect itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from core import clock
from core.console import ports
from core.console.timeouts import limited
from core.ids import new_id

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
def claimed(token: str) -> Iterator[None]:
    """A transaction in which ``token`` is used up together with whatever the block does.

    A double click waits for the first one until its transaction ends, and then gets AlreadyDone. The
    mark is there exactly if the effect is; where the block raises, the form may be sent again.
    """
    with limited():
        if not ports.use_up(token, at=clock.now()):
            raise AlreadyDone
        yield
