#!/usr/bin/env python
"""Run administrative commands; engines that no URL names run for as long as the command does."""

import importlib
import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from core.embedded import engines
from core.embedded.errors import EngineError

_NEED_NO_ENGINES = {
    "--help", "--version", "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help",
    "makemessages", "spectacular", "startapp", "version",
}  # fmt: skip


def _needs_engines(arguments: list[str]) -> bool:
    if not arguments or "--database" in arguments:
        return bool(arguments)
    return arguments[0] not in _NEED_NO_ENGINES and not {"-h", "--help"} & set(arguments)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    # A plain SIGTERM would end Python without leaving the block below.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        env = importlib.import_module("config.env")
        if not _needs_engines(sys.argv[1:]):
            execute_from_command_line(sys.argv)
            return
        with engines.running(env.EMBEDDED):
            if env.redis_url() != env.REDIS_URL:
                importlib.reload(env)  # the kept port had been taken, Valkey runs on a new one
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EngineError) as refusal:
        sys.exit(f"error: {refusal}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
