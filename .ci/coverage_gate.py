"""Refuses too little coverage: 85 % of everything, 95 % of services, states and invariants.

usage: coverage_gate.py coverage.json
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

OVERALL = 85.0
CORE_ROOMS = 95.0
ROOMS = {"services", "states", "invariants"}


def room(path: str) -> str:
    """The room a file belongs to: the name below the app, whether a file or a package."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[1] if len(parts) > 1 else ""


def percent(files: Iterable[dict[str, Any]]) -> float:
    """Covered lines and branches of ``files``, of all there are."""
    summaries = [file["summary"] for file in files]
    there = sum(summary["num_statements"] + summary.get("num_branches", 0) for summary in summaries)
    covered = sum(summary["covered_lines"] + summary.get("covered_branches", 0) for summary in summaries)
    return 100.0 * covered / there if there else 100.0


def main(report: Path) -> int:
    files: dict[str, dict[str, Any]] = json.loads(report.read_text())["files"]
    important = {path: file for path, file in files.items() if room(path) in ROOMS}
    overall, core_rooms = percent(files.values()), percent(important.values())
    print(
        f"Coverage: {overall:.1f} % overall (at least {OVERALL:.0f} %), "
        f"{core_rooms:.1f} % of services, states and invariants (at least {CORE_ROOMS:.0f} %)."
    )
    if overall >= OVERALL and core_rooms >= CORE_ROOMS:
        return 0
    worst = sorted(important if core_rooms < CORE_ROOMS else files, key=lambda path: percent([files[path]]))
    for path in worst[:15]:
        print(f"  {percent([files[path]]):5.1f} %  {path}")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
