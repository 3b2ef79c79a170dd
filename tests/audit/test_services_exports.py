import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit import services, trail_export
from audit.errors import ExportNotReady, NameTaken
from audit.models import Entry, SavedView
from core.actors import Target
from core.errors import InvalidInput, NotFound, PermissionMissing
from tests.audit.conftest import AT, MAX, SAM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def written(file_format="csv", query="action:tests.*"):
    services.record(
        action="tests.note.changed",
        at=AT,
        actor=SAM,
        target=Target("a.b", "=1+1"),
        reason="=cmd()",
        changes={"x": (1, 2)},
    )
    export = services.request_export(
        source="audit.entry", selection={"query": query}, file_format=file_format, actor=SAM, reason="audit", at=AT
    )
    return services.write_export(export_id=export.public_id, at=AT)


def anything(_permission):
    return True


def text_of(export):
    with default_storage.open(export.path) as file:
        return file.read().decode()


class TestWriteExport:
    def test_no_cell_is_a_formula(self):
        (row,) = csv.DictReader(io.StringIO(text_of(written())))

        assert (row["reason"], row["target_id"]) == ("'=cmd()", "'=1+1")

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_each_beginning_of_a_formula_is_escaped(self, start):
        assert services._exports.escaped(f"{start}1") == f"'{start}1"

    def test_json_has_an_object_a_line(self):
        (line,) = text_of(written("json")).splitlines()

        assert json.loads(line)["changes"] == {"x": [1, 2]}

    def test_batches_come_to_the_same(self, monkeypatch):
        monkeypatch.setattr(trail_export, "BATCH", 2)
        for _ in range(5):
            services.record(action="tests.note.changed", at=AT, actor=SAM)

        assert written().row_count == 6

    def test_a_second_run_changes_nothing(self):
        export = written()

        assert services.write_export(export_id=export.public_id, at=AT).path == export.path

    def test_it_leaves_an_entry_with_the_number_of_rows(self):
        written()

        entry = Entry.objects.select_related("payload").get(action="audit.export.written")
        assert entry.payload.detail_values["rows"] == 1

    def test_what_is_no_search_is_refused(self):
        with pytest.raises(InvalidInput):
            services.request_export(
                source="audit.entry", selection={"query": "color:red"}, file_format="csv", actor=SAM, reason="r", at=AT
            )

    def test_a_file_that_a_dead_run_left_is_replaced(self):
        export = services.request_export(
            source="audit.entry",
            selection={"query": "action:tests.*"},
            file_format="csv",
            actor=SAM,
            reason="audit",
            at=AT,
        )
        path = default_storage.save(f"exports/{export.public_id}.csv", ContentFile(b"half a file"))

        written = services.write_export(export_id=export.public_id, at=AT)
        assert (written.path, default_storage.listdir("exports")[1]) == (path, [path.removeprefix("exports/")])
        assert text_of(written).startswith("id,")


class TestOpenExport:
    def test_a_download_leaves_an_entry(self):
        _export, file = services.open_export(export_id=written().public_id, actor=MAX, at=AT, may=anything)

        with file:
            assert file.read().startswith(b"id,occurred_at")
        assert Entry.objects.filter(action="audit.export.downloaded", actor_id=MAX.id).count() == 1

    def test_an_expired_file_is_refused(self):
        with pytest.raises(ExportNotReady):
            services.open_export(export_id=written().public_id, actor=MAX, at=AT + timedelta(days=7), may=anything)

    def test_a_permission_that_was_lost_is_missed(self):
        with pytest.raises(PermissionMissing):
            services.open_export(export_id=written().public_id, actor=MAX, at=AT, may=lambda _permission: False)

    def test_an_unknown_one_is_not_found(self):
        with pytest.raises(NotFound):
            services.open_export(export_id="exp_x", actor=MAX, at=AT, may=anything)


class TestExpireDueExports:
    def test_the_file_is_deleted(self):
        export = written()

        assert services.expire_due_exports(at=AT + timedelta(days=7)) == 1
        assert not default_storage.exists(export.path)
        export.refresh_from_db()
        assert export.selection == {}

    def test_what_a_dead_run_left_goes_too(self):
        export = services.request_export(
            source="audit.entry",
            selection={"query": "action:tests.*"},
            file_format="csv",
            actor=SAM,
            reason="audit",
            at=AT,
        )
        path = default_storage.save(f"exports/{export.public_id}.csv", ContentFile(b"half a file"))

        assert services.expire_due_exports(at=AT + timedelta(days=7)) == 1
        assert not default_storage.exists(path)
        assert services.write_export(export_id=export.public_id, at=AT + timedelta(days=8)).status == "expired"


class TestSaveView:
    def test_it_is_kept_and_leaves_one_entry(self):
        services.save_view(name="Grants", query="action:credits.*", actor=SAM, at=AT)

        assert SavedView.objects.get().query == "action:credits.*"
        assert [entry.action for entry in Entry.objects.all()] == ["audit.view.saved"]

    def test_a_name_in_use_is_refused(self):
        services.save_view(name="Grants", query="action:credits.*", actor=SAM, at=AT)

        with pytest.raises(NameTaken):
            services.save_view(name="Grants", query="action:a.*", actor=SAM, at=AT)

    @pytest.mark.parametrize("wrong", [{"name": " "}, {"query": "color:red"}, {"query": ""}])
    def test_a_blank_name_or_no_search_is_refused(self, wrong):
        with pytest.raises(InvalidInput):
            services.save_view(**{"name": "Grants", "query": "action:a.*", "actor": SAM, "at": AT} | wrong)


class TestRemoveView:
    def test_it_is_forgotten(self):
        view = services.save_view(name="Grants", query="action:credits.*", actor=SAM, at=AT)
        services.remove_view(view_id=view.public_id, actor=SAM, at=AT)

        assert not SavedView.objects.exists()

    def test_another_s_is_not_found(self):
        view = services.save_view(name="Grants", query="action:credits.*", actor=SAM, at=AT)

        with pytest.raises(NotFound):
            services.remove_view(view_id=view.public_id, actor=MAX, at=AT)
