"""Redis databases that belong to one test run at a time.

Tests empty their cache, which is a whole database. A second run on it would do so in the middle of this one's
tests, and a used code would be unused again, a counted attempt uncounted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis

_NAME = "ballast-tests"


class Taken(Exception):
    """Another run has the database."""


@contextmanager
def claimed(urls: Sequence[str]) -> Iterator[None]:
    """Hold the databases of ``urls`` for as long as the block runs, by connections that bear a name. Raises Taken.

    Of two that come at once the older connection wins; a killed run lets go with its process.
    """
    with ExitStack() as held:
        for url in dict.fromkeys(urls):
            client = redis.Redis.from_url(url, client_name=_NAME, single_connection_client=True)
            held.callback(client.close)
            _refuse_rivals(client, url)
        yield


def _refuse_rivals(client: redis.Redis, url: str) -> None:
    number = urlsplit(url).path.strip("/") or "0"
    named: list[dict[str, Any]] = [found for found in client.client_list() if found["name"] == _NAME]
    if min(int(found["id"]) for found in named if found["db"] == number) != client.client_id():
        raise Taken(
            f"Another test run uses Redis database {number} (each worker takes two). "
            "Name others in REDIS_URL and CELERY_BROKER_URL, or unset them."
        )
