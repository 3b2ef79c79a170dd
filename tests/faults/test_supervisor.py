"""The supervisor keeps its children running, and leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from core.embedded.processes import has_gone

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys
from pathlib import Path
from core.supervisor import procfile
from core.supervisor.child import Child
from core.supervisor.supervisor import AlreadyRunning, Supervisor
folder = Path(sys.argv[1])
children = [Child(kind, folder=folder, logs=folder / "log") for kind in procfile.read(folder / "Procfile")]
say = lambda line: print(line, flush=True)
try:
    with Supervisor(children, var=folder, patience=2, say=say) as everything:
        everything.start()
        say("started")
        everything.watch_until(lambda: False)
except AlreadyRunning:
    sys.exit("already running")
"""
SLEEPER = f"{sys.executable} -c 'import time; time.sleep(600)'"


def write_procfile(folder: Path, *commands: str) -> None:
    (folder / "Procfile").write_text("".join(f"child{n}: {command}\n" for n, command in enumerate(commands)))


@contextmanager
def supervisor(folder: Path) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_started(process: subprocess.Popen) -> list[str]:
    said = []
    while not said or said[-1] != "started":
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said.append(line.strip())
    return said


def noted(folder: Path) -> list[int]:
    return [entry["pid"] for entry in json.loads((folder / "up.json").read_text())]


def children(folder: Path) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in noted(folder)]


def eventually(happened: Callable[[], bool], *, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_nothing(tmp_path, number):
    write_procfile(tmp_path, SLEEPER, SLEEPER)
    with supervisor(tmp_path) as process:
        until_started(process)
        found = children(tmp_path)
        process.send_signal(number)
        process.wait(10)

    assert len(found) == 2
    assert all(has_gone(child) for child in found)
    assert process.returncode == 0
    assert not (tmp_path / "up.json").exists()


def test_a_child_that_will_not_end_is_killed_with_all_its_own(tmp_path):
    stubborn = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(600)"
    write_procfile(tmp_path, f'{sys.executable} -c "{stubborn}"')
    with supervisor(tmp_path) as process:
        until_started(process)
        child = children(tmp_path)[0]
        assert eventually(lambda: bool(child.children()))
        grandchild = child.children()[0]
        process.terminate()
        process.wait(10)

    assert has_gone(child)
    assert eventually(lambda: has_gone(grandchild))


def test_a_dead_child_comes_back_and_the_log_says_so(tmp_path):
    write_procfile(tmp_path, SLEEPER)
    with supervisor(tmp_path) as process:
        until_started(process)
        first = children(tmp_path)[0]
        first.kill()
        said = [process.stdout.readline().strip(), process.stdout.readline().strip()]

        assert said[0].startswith("child0 ended (SIGKILL); starting it again in 0.5 s. Its log is")
        assert said[1] == "child0 started again"
        assert eventually(lambda: noted(tmp_path) not in ([], [first.pid]))


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(tmp_path):
    write_procfile(tmp_path, "false")
    with supervisor(tmp_path) as process:
        until_started(process)
        said = [process.stdout.readline() for _ in range(5)]

    assert ["exit code 1" in line for line in said] == [True, False, True, False, True]
    assert [f"in {pause} s" in line for pause, line in zip(("0.5", "1", "2"), said[::2], strict=True)] == [True] * 3


def test_a_killed_supervisor_takes_its_children_along(tmp_path):
    write_procfile(tmp_path, SLEEPER, SLEEPER)
    with supervisor(tmp_path) as process:
        until_started(process)
        found = children(tmp_path)
        process.kill()
        process.wait()

    assert eventually(lambda: all(has_gone(child) for child in found))


def test_children_that_outlived_a_killed_supervisor_are_ended_by_the_next(tmp_path):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    write_procfile(tmp_path, f'{sys.executable} -c "{deaf}"')
    with supervisor(tmp_path) as process:
        until_started(process)
        time.sleep(0.5)
        left = children(tmp_path)[0]
        process.kill()
        process.wait()
    assert left.is_running()
    write_procfile(tmp_path, SLEEPER)
    with supervisor(tmp_path) as process:
        said = until_started(process)

    assert said[0] == "Ended 1 processes that a killed run had left behind."
    assert has_gone(left)


def test_a_number_that_is_somebody_elses_by_now_is_left_alone(tmp_path):
    write_procfile(tmp_path, SLEEPER)
    (tmp_path / "up.json").write_text(json.dumps([{"pid": os.getpid(), "created": 1.0}]))
    with supervisor(tmp_path) as process:
        said = until_started(process)

    assert said == ["started"]


def test_a_second_one_in_the_same_folder_is_refused(tmp_path):
    write_procfile(tmp_path, SLEEPER)
    with supervisor(tmp_path) as first:
        until_started(first)
        with supervisor(tmp_path) as second:
            assert second.wait(10) == 1
            assert second.stderr.read() == "already running\n"

        assert first.poll() is None
