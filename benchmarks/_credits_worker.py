"""One process of the credits benchmark: does what it is told until the time is over."""

from __future__ import annotations

import importlib
import itertools
import os
import random
import time
import uuid
from collections.abc import Callable
from multiprocessing.connection import Connection

import django

FIRST, LAST = 10_000, 29_999


def account_id(number: int) -> uuid.UUID:
    """The benchmark's accounts are numbered, so that pgbench and Python name them alike."""
    return uuid.UUID(f"00000000-0000-7000-8000-0000000{number}")


def work(pipe: Connection, database: str) -> None:
    """Wait for (kind, hot, until) and answer with the number of pairs done, until told None."""
    django.setup()
    connection = importlib.import_module("django.db").connection
    connection.settings_dict["NAME"] = database
    connection.ensure_connection()
    kinds = importlib.import_module("benchmarks._credits_pairs").KINDS
    while (order := pipe.recv()) is not None:
        kind, hot, until = order
        pipe.send(_run(kinds[kind], hot=hot, until=until))
    connection.close()


def _run(pair: Callable[[uuid.UUID, str], int], *, hot: bool, until: float) -> int:
    chance = random.Random()
    prefix = f"{os.getpid()}-{time.monotonic_ns()}"
    done = 0
    for number in itertools.count():
        if time.time() >= until:
            break
        account = account_id(FIRST if hot else chance.randint(FIRST, LAST))
        done += pair(account, f"{prefix}-{number}")
    return done
