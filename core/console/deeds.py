"""A page that asks for a reason and does one thing that is about no single row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.actors import Target
from core.console import footprints, once, pages
from core.console.action_views import call_from, effects_of, make_form, valid_part
from core.console.actions import Action, ActionForm
from core.console.running import perform
from core.console.views import ConsoleView
from core.errors import PermissionMissing, Refusal


class DeedView(ConsoleView):
    """``action`` on its own page, with the same form, preview, refusals and trail as on an object's page.

    ``kind`` is what the trail calls its target; ``back`` the URL name to go to afterwards. The
    action's permission is the page's. What ``get_subject`` returns is ``call.obj``.
    """

    template_name = "console/deed.html"
    action: Action
    kind = ""
    back = "admin:index"

    def get_subject(self, request: HttpRequest, **kwargs: Any) -> Any:
        """What the deed is about, read from the address; may raise Http404."""
        return None

    def get_back_url(self, request: HttpRequest, subject: Any) -> str:
        """Where to go afterwards, and on Cancel."""
        return reverse(self.back)

    def refuse(self, missing: PermissionMissing) -> None:
        """Record the refused attempt under the action's name."""
        footprints.refused(self.action.trail_name(self.kind), target=Target(self.kind, "*"), refusal=missing)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The form; for htmx its effect alone."""
        subject = self.get_subject(request, **kwargs)
        if pages.is_fragment(request):
            form = make_form(self.action, subject, request, data=request.GET)
            form.full_clean()
            context = {**self._context(request, subject, form), "is_fragment": True}
            return pages.fragment(request, "console/parts/effect.html", context)
        form = make_form(self.action, subject, request)
        return self.render(request, token=once.new_token(), **self._context(request, subject, form))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """One service call; a refusal comes back with the form."""
        subject = self.get_subject(request, **kwargs)
        form = make_form(self.action, subject, request, data=request.POST)
        token = once.token_of(request)
        if not form.is_valid():
            return self.render(request, status=422, token=token, **self._context(request, subject, form))
        call = call_from(form, obj=subject, request=request, token=token)
        target = Target(self.kind, "*")
        try:
            said = perform(self.action, call, kind=self.kind, target=target, scope=once.claimed(token))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            context = self._context(request, subject, form)
            return self.render(request, status=refusal.http_status, token=token, **context)
        except once.AlreadyDone:
            messages.info(request, _("This form was sent twice. It was done once."))
        else:
            messages.success(request, said if isinstance(said, str) else _("Done."))
        return HttpResponseRedirect(self.get_back_url(request, subject))

    def _context(self, request: HttpRequest, subject: Any, form: ActionForm) -> dict[str, Any]:
        data = valid_part(form)
        return {
            "form": form,
            "subject": subject,
            "effects": effects_of(self.action, subject, data, request),
            "submit_label": self.action.label_for(subject, data),
            "action": self.action,
            "cancel_url": self.get_back_url(request, subject),
        }
