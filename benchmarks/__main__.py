"""``make bench``: run the benchmarks and print one JSON object a line. ``NAME=credits`` runs one of them.

``NAME=console_scale:1000000`` gives it a size.

Each benchmark is a module here with ``run()``, which yields measurements with the baseline measured in the same run.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from dataclasses import asdict

import django

import benchmarks


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 1 where a name is unknown."""
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    if unknown := {name.partition(":")[0] for name in names} - set(known):
        print(f"error: no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    env = importlib.import_module("config.env")
    engines = importlib.import_module("core.embedded.engines")
    with engines.running(env.EMBEDDED):
        django.setup()
        for name in names or known:
            module, _, size = name.partition(":")
            for measurement in importlib.import_module(f"benchmarks.{module}").run(*filter(None, [size])):
                print(json.dumps(asdict(measurement)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([name for name in sys.argv[1:] if name]))
