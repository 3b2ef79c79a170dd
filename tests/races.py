"""The same work in several threads at the same moment, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

THREADS = 8


def at_once(work: Callable[[int], Any], *, threads: int = THREADS) -> list[Any]:
    """What ``work(number)`` returned in each of the threads, which start together. Needs committed rows."""
    barrier = threading.Barrier(threads)

    def one(number: int) -> Any:
        barrier.wait(timeout=20)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))
