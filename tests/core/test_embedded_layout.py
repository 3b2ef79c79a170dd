"""Where the embedded parts live, decided without starting them."""

import errno
import stat
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from core.embedded import account, layout, postgres
from core.embedded.errors import EngineError


class TestVarDir:
    def test_it_is_var_beside_the_code_when_nothing_is_set(self):
        assert layout.var_dir("", base=Path("/srv/ballast")) == Path("/srv/ballast/var")

    def test_a_relative_setting_counts_from_the_code(self):
        assert layout.var_dir("other", base=Path("/srv/ballast")) == Path("/srv/ballast/other")

    def test_an_absolute_setting_stands_as_it_is(self):
        assert layout.var_dir("/data", base=Path("/srv/ballast")) == Path("/data")


class TestSocketDir:
    def test_it_is_inside_var_where_the_path_is_short(self):
        assert layout.socket_dir(Path("/srv/var")) == Path("/srv/var/run")

    def test_a_long_path_moves_it_to_a_short_one_of_its_own(self):
        one, other = layout.socket_dir(Path("/srv/" + "x" * 100)), layout.socket_dir(Path("/srv/" + "y" * 100))

        assert max(len(str(one)), len(str(other))) < 90
        assert one != other


class TestKeptSecret:
    @pytest.mark.parametrize(("var", "why"), [("/proc/nope", "No such file"), ("/dev/null/x", "Not a directory")])
    def test_a_folder_that_cannot_be_says_so(self, var, why):
        with pytest.raises(EngineError, match=f"{var}.* cannot be written: {why}.* BALLAST_VAR"):
            layout.kept_secret(Path(var), "word", make=lambda: "one")

    def test_a_full_disk_says_so(self, tmp_path, monkeypatch):
        full = OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(layout.tempfile, "mkstemp", lambda **_: (_ for _ in ()).throw(full))

        with pytest.raises(EngineError, match="No space left on device"):
            layout.kept_secret(tmp_path, "word", make=lambda: "one")

    def test_it_is_made_once(self, tmp_path):
        first = layout.kept_secret(tmp_path, "word", make=lambda: "one")

        assert layout.kept_secret(tmp_path, "word", make=lambda: "two") == first == "one"

    def test_nobody_else_may_read_it(self, tmp_path):
        layout.kept_secret(tmp_path, "word", make=lambda: "one")

        assert stat.S_IMODE((tmp_path / "secrets" / "word").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700

    def test_many_at_once_agree_on_one(self, tmp_path):
        numbers = iter(range(100))
        with ThreadPool(8) as pool:
            found = pool.map(
                lambda _n: layout.kept_secret(tmp_path, "word", make=lambda: str(next(numbers))), range(40)
            )

        assert len(set(found)) == 1
        assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["word"]


class TestValkeyUrl:
    def test_the_port_and_the_password_are_kept_between_runs(self, tmp_path):
        assert layout.valkey_url(tmp_path, database=0) == layout.valkey_url(tmp_path, database=0)

    def test_the_broker_has_a_database_of_its_own(self, tmp_path):
        assert layout.valkey_url(tmp_path, database=1).endswith("/1")


class TestRefuseFullDisk:
    def test_enough_room_passes(self, tmp_path):
        postgres.refuse_full_disk(tmp_path, needed_bytes=1)

    def test_too_little_says_how_much_is_needed_and_what_to_do(self, tmp_path):
        with pytest.raises(EngineError, match=r"MB free, and a database needs 1000000000 MB.*BALLAST_VAR"):
            postgres.refuse_full_disk(tmp_path, needed_bytes=10**15)


class TestAccountOwn:
    def test_the_folder_is_closed_to_others(self, tmp_path):
        account.account_for(data=tmp_path / "data", programs=[]).own(tmp_path / "data")

        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
