"""The Procfile is read the way it is written."""

import pytest

from core.supervisor.procfile import ProcessType, read


def test_each_line_is_a_process_type(tmp_path):
    file = tmp_path / "Procfile"
    file.write_text("# a remark\nweb: serve --port '80 81'\n\nworker: work\n")

    assert read(file) == [ProcessType("web", ("serve", "--port", "80 81")), ProcessType("worker", ("work",))]


def test_a_line_that_is_none_is_named(tmp_path):
    file = tmp_path / "Procfile"
    file.write_text("web: serve\nthis is not one\n")

    with pytest.raises(ValueError, match="Procfile, line 2: expected 'name: command'"):
        read(file)
