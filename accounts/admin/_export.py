"""The list of users as a file: addresses masked, unless whoever may reveal them asked for them in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission
from audit import services as audit_services
from audit.states import ExportFormat
from core.console import Action, ActionCall, ActionForm, Effect, ManyCall, chosen_rows, masked
from core.console.footprints import commitment
from core.errors import FieldError, InvalidInput
from core.registries import ExportSource, export_sources

NAME = "accounts.user"
COLUMNS = (
    "id", "email", "name", "status", "status_changed_at", "locale", "time_zone", "tags", "is_staff", "created_at",
    "last_login",
)  # fmt: skip
_CHUNK = 2_000


class ExportForm(ActionForm):
    """What sort of file; who may reveal addresses may have them in it."""

    file_format = forms.ChoiceField(label=_("Format"), choices=ExportFormat.choices, initial=ExportFormat.CSV)
    is_revealed = forms.BooleanField(
        label=_("E-mail addresses in full"), required=False, help_text=_("Else they are masked, as in the list.")
    )

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        if request is None or not request.user.has_perm(Permission.REVEAL_USER):
            del self.fields["is_revealed"]


def _request(selection: dict[str, Any], call: ActionCall | ManyCall) -> str:
    audit_services.request_export(
        source=NAME,
        selection=selection,
        file_format=call.data["file_format"],
        is_revealed=bool(call.data.get("is_revealed")),
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
    )
    return _t("The file is being written. It appears under Exports.")


def _export_one(call: ActionCall) -> str:
    return _request({"ids": [call.obj.public_id]}, call)


def _export_many(call: ManyCall) -> str:
    if call.filters is None:
        return _request({"ids": list(call.ids)}, call)
    return _request({"filters": call.filters, "zone": call.zone}, call)


EXPORT = Action(
    "export",
    _("Export"),
    Permission.EXPORT_USER,
    _export_one,
    run_many=_export_many,
    form=ExportForm,
    effect=lambda _user, _data, _request: [Effect(_("A job writes the file. It expires after a week."))],
    submit_label=_("Write the file"),
    description=_("A job writes the file; it expires after a week, and each download leaves an entry."),
    bulk=True,
    icon="download",
    order=60,
    audit_action="audit.export.requested",
)


def check(selection: Mapping[str, Any]) -> None:
    """Refuse a selection of nothing."""
    if not selection.get("ids") and "filters" not in selection:
        raise InvalidInput(FieldError("ids", "required", "Choose somebody."))


def describe(selection: Mapping[str, Any]) -> dict[str, Any]:
    """How many were ticked, or by what they were filtered; a search term stays out, as in the list's own entry."""
    if "filters" not in selection:
        return {"users": len(selection.get("ids", ()))}
    filters = QueryDict(selection["filters"], mutable=True)
    term = "".join(filters.pop("q", []))
    return {"filters": filters.urlencode()} | ({"term_commitment": commitment(term)} if term else {})


def rows(selection: Mapping[str, Any], is_revealed: bool) -> Iterator[dict[str, Any]]:
    """The users of a selection, newest first."""
    users = chosen_rows(admin.site._registry[User], **selection)  # type: ignore[arg-type]
    for user in users.iterator(chunk_size=_CHUNK):
        yield {
            **{name: getattr(user, name) for name in ("name", "status", "locale", "time_zone", "tags", "is_staff")},
            "id": user.public_id,
            "email": user.email if is_revealed else masked(user.email, "email"),
            "status_changed_at": user.status_changed_at.isoformat(),
            "created_at": user.created_at.isoformat(),
            "last_login": user.last_login.isoformat() if user.last_login else None,
        }


SOURCE = ExportSource(
    name=NAME,
    label=_("Users"),
    permission=Permission.EXPORT_USER,
    reveal_permission=Permission.REVEAL_USER,
    columns=COLUMNS,
    rows=rows,
    check=check,
    describe=describe,
)

export_sources.register(NAME, SOURCE)
