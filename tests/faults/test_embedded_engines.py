"""The embedded engines, started, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from core.embedded import engines, layout
from core.embedded.errors import EngineError
from core.embedded.postgres import Postgres
from core.embedded.valkey import Valkey

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from core.embedded import engines
with engines.running(engines.Wanted(Path(sys.argv[1]), postgres=True, valkey=True)):
    print("ready", flush=True)
    sys.stdin.read()
"""


def wanted(var: Path) -> engines.Wanted:
    return engines.Wanted(var, postgres=True, valkey=True, durable=False)


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Iterator[Path]:
    """A folder that has been started once already: making a database takes seconds."""
    folder = tmp_path_factory.mktemp("engines")
    with engines.running(wanted(folder)):
        pass
    yield folder
    Postgres(folder).stop()
    Valkey(folder).stop()


def ask(var: Path, query: str, *, database: str = layout.DATABASE_NAME) -> list[tuple]:
    found = layout.database_settings(var)
    with psycopg.connect(host=found["HOST"], user=found["USER"], dbname=database, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def valkey(var: Path) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(layout.valkey_url(var, database=0)) as client:
        yield client


@contextmanager
def holder(var: Path) -> Iterator[subprocess.Popen]:
    """Another process that needs the engines."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(var)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process
        if process.poll() is None:
            process.kill()


def is_running(var: Path) -> bool:
    return Postgres(var).running() is not None and Valkey(var).running() is not None


class TestFirstStart:
    def test_the_application_is_not_superuser_and_may_make_test_databases(self, var):
        with engines.running(wanted(var)):
            assert ask(var, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [
                (False, True)
            ]

    def test_every_extension_is_there_also_in_new_databases(self, var):
        with engines.running(wanted(var)):
            ask(var, "CREATE DATABASE fresh")
            found = {name for (name,) in ask(var, "SELECT extname FROM pg_extension", database="fresh")}
            ask(var, "DROP DATABASE fresh")

        assert found >= {"citext", "pg_trgm", "btree_gist", "pg_stat_statements"}

    def test_postgres_listens_on_no_network(self, var):
        with engines.running(wanted(var)):
            assert Postgres(var).running().net_connections(kind="inet") == []

    def test_valkey_listens_on_loopback_alone_and_asks_for_a_password(self, var):
        with engines.running(wanted(var)):
            listening = Valkey(var).running().net_connections(kind="inet")
            with (
                redis.Redis(port=layout.valkey_port(var), retry=None) as stranger,
                pytest.raises(redis.AuthenticationError),
            ):
                stranger.ping()

        assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}

    def test_valkey_never_drops_a_key_and_writes_everything_down(self, tmp_path):
        with engines.running(engines.Wanted(tmp_path, postgres=False, valkey=True)), valkey(tmp_path) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}

    def test_nothing_runs_afterwards(self, var):
        with engines.running(wanted(var)):
            assert is_running(var)

        assert Postgres(var).running() is None
        assert Valkey(var).running() is None

    def test_a_path_with_blanks_and_quotes_is_a_path(self, tmp_path):
        folder = tmp_path / 'it\'s a "folder", mine'
        with engines.running(wanted(folder)), valkey(folder) as client:
            assert ask(folder, "SELECT 1") == [(1,)]
            assert client.ping()

    def test_four_at_once_make_one(self, tmp_path):
        others = [
            subprocess.Popen(
                [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for _ in range(4)
        ]
        said = [other.stdout.readline() for other in others]
        servers = [
            process for process in psutil.process_iter(["name", "cmdline"]) if str(tmp_path) in _command(process)
        ]
        ended = [other.communicate(timeout=60) and other.returncode for other in others]

        assert said == [b"ready\n"] * 4
        assert ended == [0] * 4
        assert sorted(process.info["name"] for process in servers if process.pid not in {o.pid for o in others}) == [
            "postgres",
            "valkey-server",
        ]
        assert not is_running(tmp_path)


def _command(process: psutil.Process) -> str:
    return " ".join(process.info["cmdline"] or [])


class TestSharing:
    def test_the_last_one_to_leave_stops_them(self, var):
        with holder(var) as other:
            with engines.running(wanted(var)):
                pass
            assert is_running(var)
            other.communicate(timeout=60)

        assert not is_running(var)

    def test_two_folders_run_side_by_side(self, var, tmp_path):
        with engines.running(wanted(var)), engines.running(wanted(tmp_path)):
            with valkey(var) as one, valkey(tmp_path) as other:
                one.set("whose", "first")
                assert other.get("whose") is None
            ask(var, "CREATE TABLE only_here ()")
            assert ask(tmp_path, "SELECT to_regclass('only_here')") == [(None,)]
            ask(var, "DROP TABLE only_here")


class TestAfterKill:
    def test_a_killed_parent_leaves_engines_that_the_next_one_uses_and_stops(self, var):
        with holder(var) as other:
            pid = Postgres(var).running().pid
            other.kill()
            other.wait()
        assert is_running(var)
        with engines.running(wanted(var)):
            assert Postgres(var).running().pid == pid

        assert not is_running(var)

    def test_a_killed_postgres_comes_back_with_what_was_committed(self, var):
        durable = engines.Wanted(var, postgres=True, valkey=False)
        with engines.running(durable):
            ask(var, "CREATE TABLE kept AS SELECT 7 AS value")
            Postgres(var).running().kill()
        with engines.running(durable):
            assert ask(var, "SELECT value FROM kept") == [(7,)]
            ask(var, "DROP TABLE kept")

    def test_a_killed_valkey_comes_back_with_what_was_written(self, tmp_path):
        only_valkey = engines.Wanted(tmp_path, postgres=False, valkey=True)
        with engines.running(only_valkey), valkey(tmp_path) as client:
            client.set("kept", "7")
            Valkey(tmp_path).running().kill()
        with engines.running(only_valkey), valkey(tmp_path) as client:
            assert client.get("kept") == b"7"

    def test_what_dies_under_its_users_is_revived(self, var):
        with engines.running(wanted(var)):
            Postgres(var).running().kill()
            time.sleep(0.2)

            assert engines.revive(wanted(var)) == ["Postgres"]
            assert engines.revive(wanted(var)) == []
            assert ask(var, "SELECT 1") == [(1,)]

    def test_a_pid_file_that_names_somebody_else_by_now_is_no_obstacle(self, var):
        with engines.running(wanted(var)):
            running = Postgres(var).running()
            note = (var / "postgres" / "postmaster.pid").read_text()
            running.send_signal(signal.SIGQUIT)
            running.wait(10)
        lines = note.split("\n")
        (var / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))

        with engines.running(wanted(var)):
            assert ask(var, "SELECT 1") == [(1,)]

    def test_a_half_made_data_folder_is_made_anew(self, tmp_path):
        (tmp_path / "postgres.new").mkdir()
        (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
        with engines.running(engines.Wanted(tmp_path, postgres=True, valkey=False, durable=False)):
            assert ask(tmp_path, "SELECT 1") == [(1,)]


class TestWrongSurroundings:
    def test_a_taken_valkey_port_is_given_up_for_another(self, var):
        taken = layout.valkey_port(var)
        with socket.socket() as squatter:
            squatter.bind(("127.0.0.1", taken))
            squatter.listen()
            with engines.running(wanted(var)), valkey(var) as client:
                assert client.ping()
                assert layout.valkey_port(var) != taken

    def test_a_var_that_cannot_be_a_folder_names_the_variable(self, tmp_path):
        (tmp_path / "file").write_text("")
        with (
            pytest.raises(EngineError, match=r"cannot be written.*BALLAST_VAR"),
            engines.running(wanted(tmp_path / "file" / "var")),
        ):
            pass

    def test_foreign_files_in_the_data_folder_are_kept_and_refused(self, tmp_path):
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "letter.txt").write_text("mine")
        with pytest.raises(EngineError, match="holds files, but no PostgreSQL data"), engines.running(wanted(tmp_path)):
            pass

        assert (tmp_path / "postgres" / "letter.txt").read_text() == "mine"

    def test_data_of_another_version_is_refused_with_both_versions(self, tmp_path):
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
        with (
            pytest.raises(EngineError, match="made by PostgreSQL 15, and version 18"),
            engines.running(wanted(tmp_path)),
        ):
            pass

    def test_a_broken_data_folder_shows_what_postgres_says(self, tmp_path):
        (tmp_path / "postgres").mkdir()
        (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
        with pytest.raises(EngineError, match=r"does not start in .*It says:"), engines.running(wanted(tmp_path)):
            pass

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of somebody else")
    def test_a_checkout_in_a_closed_folder_of_root_works(self, tmp_path):
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        with engines.running(wanted(closed / "var")):
            assert Postgres(closed / "var").running().uids().real != 0
            assert ask(closed / "var", "SELECT 1") == [(1,)]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_an_ordinary_account_meets_a_readable_refusal_in_roots_folder(self, var):
        with ordinary_holder(var) as ordinary:
            _, said = ordinary.communicate(timeout=60)

        assert b"EngineError" in said
        assert b"BALLAST_VAR" in said

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_an_ordinary_account_runs_its_own(self):
        with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
            folder = Path(name)
            os.chown(folder, NOBODY, NOBODY)
            with ordinary_holder(folder / "var") as ordinary:
                said = ordinary.stdout.readline()
                owner = Postgres(folder / "var").running().uids().real if said else ordinary.stderr.read()
                ordinary.communicate(timeout=60)

        assert said == b"ready\n"
        assert owner == NOBODY
        assert ordinary.returncode == 0


NOBODY = 65534


def ordinary_holder(var: Path) -> subprocess.Popen:
    """The holder as an ordinary account, with whatever interpreter that account may run."""
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    packages = str(Path(psutil.__file__).parents[1])
    for interpreter in (sys.executable, "/usr/bin/python3"):
        environment = {"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            probe = subprocess.run(
                [interpreter, "-c", "import psutil, psycopg"], check=False, env=environment, **options
            )
        except PermissionError:
            continue
        if probe.returncode == 0:
            return subprocess.Popen(
                [interpreter, "-c", HOLDER, str(var)],
                cwd="/",
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **options,
            )
    pytest.skip("no interpreter here may be run by an ordinary account")
