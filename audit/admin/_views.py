"""Searches that somebody keeps, and files made of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import services
from audit.actions import AuditAction
from audit.models import Export, SavedView
from audit.permissions import Permission
from audit.states import ExportFormat
from core import clock, context
from core.console import (
    Action,
    ActionCall,
    ActionForm,
    ConsoleAdmin,
    ConsoleView,
    Effect,
    ListLink,
    NavItem,
    console_site,
)
from core.errors import Refusal
from core.registries import export_sources


class ExportForm(ActionForm):
    """What sort of file."""

    file_format = forms.ChoiceField(label=_("Format"), choices=ExportFormat.choices, initial=ExportFormat.CSV)


def _export(call: ActionCall) -> str:
    services.request_export(
        source="audit.entry",
        selection={"query": call.obj.query},
        file_format=call.data["file_format"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
    )
    return _now("The file is being written. It appears under Exports.")


def _remove(call: ActionCall) -> str:
    services.remove_view(view_id=call.obj.public_id, actor=call.actor, reason=call.reason, at=call.at)
    return _now("Forgotten.")


@admin.register(SavedView)
class SavedViewAdmin(ConsoleAdmin):
    """The viewer's own searches."""

    view_permission = Permission.VIEW_ENTRY
    target_kind = "audit.savedview"
    nav = NavItem(group="Trail", title=_("Saved views"), icon="bookmark", order=12)
    records_reads = False
    list_display = ("name", "query", "open_link", "created_at")
    fields = ("query", "open_link", "created_at")
    list_links = (ListLink(_("Save a view"), "admin:audit_save_view", Permission.VIEW_ENTRY, icon="bookmark_add"),)
    empty_text = _("Searches of the trail that you keep appear here.")
    actions_for_object = (
        Action(
            "export",
            _("Export"),
            Permission.EXPORT_ENTRY,
            _export,
            form=ExportForm,
            effect=lambda _view, _data, _request: [
                Effect(_("Writes what the search finds into a file that expires after a week, without addresses."))
            ],
            submit_label=_("Write the file"),
            audit_action=AuditAction.EXPORT_REQUESTED,
            icon="download",
        ),
        Action(
            "remove",
            _("Forget"),
            Permission.VIEW_ENTRY,
            _remove,
            effect=lambda view, _data, _request: [
                Effect(_now("“%(name)s” is forgotten. The entries it finds stay.") % {"name": view.name})
            ],
            audit_action=AuditAction.VIEW_REMOVED,
            icon="delete",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedView]:
        return SavedView.objects.filter(owner_id=context.current().actor.id)

    @admin.display(description=_("Entries"))
    def open_link(self, obj: SavedView) -> Any:
        url = reverse("admin:audit_entry_changelist", query={"q": obj.query})
        return format_html('<a class="c-link" href="{}">{}</a>', url, _now("Open"))


@admin.register(Export)
class ExportAdmin(ConsoleAdmin):
    """Files, until they expire."""

    view_permission = Permission.VIEW_EXPORT
    target_kind = "audit.export"
    nav = NavItem(group="Trail", title=_("Exports"), icon="download", order=30)
    records_reads = False
    list_display = ("public_id", "status", "what", "format", "row_count", "requester_label", "download", "expires_at")
    list_filter = ("status",)
    chip_tones = {"ready": "good", "waiting": "info"}
    fields = (
        "what",
        "chosen",
        "format",
        "row_count",
        "is_cut",
        "is_revealed",
        "download",
        "reason",
        "requester_label",
        "created_at",
    )
    empty_text = _("Files made of lists and saved views appear here.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        """Only what the viewer could have asked for."""
        own = [name for name, source in export_sources.items() if request.user.has_perm(source.permission)]
        return Export.objects.filter(source__in=own)

    @admin.display(description=_("Of"))
    def what(self, obj: Export) -> str:
        """The list it was made of."""
        source = export_sources.get(obj.source)
        return str(source.label) if source else obj.source

    @admin.display(description=_("Chosen"))
    def chosen(self, obj: Export) -> Any:
        """Which rows, without naming anybody."""
        source = export_sources.get(obj.source)
        return source.describe(obj.selection) if source and obj.selection else {}

    @admin.display(description=_("File"))
    def download(self, obj: Export) -> Any:
        if obj.status != "ready":
            return ""
        url = reverse("admin:audit_export_download", args=[obj.public_id])
        return format_html('<a class="c-link" href="{}">{}</a>', url, _now("Download"))


class Download(ConsoleView):
    """The file of an export; each download leaves an entry."""

    permission = Permission.VIEW_EXPORT
    title = _("Export")

    def get(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The file, or back to the export with the refusal."""
        try:
            export, file = services.open_export(
                export_id=kwargs["export_id"],
                actor=context.current().actor,
                at=clock.now(),
                may=request.user.has_perm,
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("admin:audit_export_changelist"))
        return FileResponse(file, as_attachment=True, filename=f"{export.source}-{export.public_id}.{export.format}")


class ViewForm(forms.Form):
    """A name and the search."""

    name = forms.CharField(label=_("Name"), max_length=100)
    query = forms.CharField(label=_("Search"), max_length=200, help_text=_("actor:… action:credits.* from:2026-01-31"))


class SaveView(ConsoleView):
    """Keep a search under a name."""

    permission = Permission.VIEW_ENTRY
    title = _("Save a view")
    template_name = "audit/console/save_view.html"

    def get_context(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        """The form, with the search that the link carried."""
        return {"form": ViewForm(initial={"query": request.GET.get("q", "")[:200]})}

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """One service call; a refusal comes back with the form."""
        form = ViewForm(request.POST)
        if not form.is_valid():
            return self.render(request, status=422, form=form)
        try:
            services.save_view(
                name=form.cleaned_data["name"],
                query=form.cleaned_data["query"],
                actor=context.current().actor,
                reason=request.POST.get("reason", "")[:1000],
                at=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return self.render(request, status=refusal.http_status, form=form)
        return HttpResponseRedirect(reverse("admin:audit_savedview_changelist"))


console_site.add_view("audit/exports/<str:export_id>/file/", Download, name="audit_export_download")
console_site.add_view("audit/save-view/", SaveView, name="audit_save_view")
