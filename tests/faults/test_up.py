"""``manage.py up`` from start to end, as one process tree."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from accounts.models import User
from core.embedded import layout
from core.embedded.valkey import Valkey

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(environment, tmp_path) -> dict[str, str]:
    """This test's database, with an embedded Valkey and a web port of its own."""
    User.objects.create(email="somebody@ballast.test")  # the demo data is loaded into an empty database only
    own = {
        **environment,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "BALLAST_VAR": str(tmp_path),
        "PORT": str(layout.free_port()),
        "WEB_WORKERS": "2",
        "WORKER_CONCURRENCY": "1",
        "METRICS_NETWORKS": "127.0.0.0/8",
    }
    return {name: value for name, value in own.items() if name not in {"REDIS_URL", "CELERY_BROKER_URL"}}


@contextmanager
def up(place: dict[str, str]) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=60)


def until_ready(process: subprocess.Popen) -> str:
    said = ""
    while "Ctrl-C stops everything" not in said:
        line = process.stdout.readline()
        assert line, said + process.stderr.read()
        said += line
    return said


def get(place: dict[str, str], path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(place["PORT"]), timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_it_tells_where_everything_is_serves_and_leaves_nothing(place, tmp_path):
    with up(place) as process:
        said = until_ready(process)
        tree = psutil.Process(process.pid).children(recursive=True)
        ready = get(place, "/readyz")
        for _ in range(20):
            get(place, "/healthz")
        counted = re.search(
            r'requests_total\{method="GET",route="healthz",status="200"\} (\S+)', get(place, "/metrics")[1]
        )
        process.send_signal(signal.SIGINT)
        process.wait(60)

    assert f"http://127.0.0.1:{place['PORT']}/admin/" in said
    assert f"http://127.0.0.1:{place['PORT']}/api/docs/" in said
    assert "founder@ballast.test" in said
    assert (tmp_path / "secrets" / "demo_password").read_text() in said
    assert ready[0] == 200, ready
    assert json.loads(ready[1])["checks"] == dict.fromkeys(("database", "cache", "broker", "migrations"), "ok")
    assert counted is not None
    assert float(counted[1]) == 20, "the two web processes share their numbers"
    assert process.returncode == 0
    assert not [child for child in tree if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert Valkey(tmp_path).running() is None


def test_killed_and_started_again_it_works_as_before(place, tmp_path):
    with up(place) as process:
        until_ready(process)
        process.kill()
        process.wait()
    with up(place) as process:
        until_ready(process)

        assert get(place, "/readyz")[0] == 200


def test_a_taken_port_names_the_variable_and_another_port(place):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", int(place["PORT"])))
        squatter.listen()
        with up(place) as process:
            _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"PORT: {place['PORT']} on 127.0.0.1 cannot be used" in said
    assert f"PORT={int(place['PORT']) + 1} make run" in said
