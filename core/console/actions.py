"""What staff can do to a thing: who may, what it asks, what it will change, which command it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.console.panels import ByKind

REASON_LIMIT = 1000


class ActionForm(forms.Form):
    """Why, and under which ticket. Subclasses put their own fields in front.

    ``self.obj`` is what the action is about, ``self.request`` the request; both are None while a
    bulk run checks its stored input again.
    """

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why you do this. It stays in the trail."),
    )
    ticket = forms.CharField(
        label=_("Ticket"),
        max_length=100,
        required=False,
        help_text=_("Number or link of the ticket this belongs to, if there is one."),
    )

    def __init__(self, *args: Any, obj: Any = None, request: HttpRequest | None = None, **kwargs: Any) -> None:
        self.obj = obj
        self.request = request
        super().__init__(*args, **kwargs)
        own = [name for name in self.fields if name not in {"reason", "ticket"}]
        self.order_fields([*own, "reason", "ticket"])


class ReasonForm(ActionForm):
    """An action that needs nothing but a reason."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing an action will change, shown before it runs.

    Either a sentence, or a label with the value before and after. ``tone`` is good, bad, warn,
    info or neutral.
    """

    label: Any
    before: Any = None
    after: Any = None
    tone: str = "neutral"

    @property
    def is_change(self) -> bool:
        return self.after is not None


@dataclass(frozen=True, slots=True)
class ActionCall:
    """One run of an action: everything its command may need. ``request`` is None in a bulk run."""

    obj: Any
    data: Mapping[str, Any]
    reason: str
    ticket: str
    actor: Actor
    at: datetime
    idempotency_key: str
    request: HttpRequest | None = None


@dataclass(frozen=True, slots=True)
class ManyCall:
    """One run of an action over everything that was chosen from a list.

    ``ids`` are the ticked rows. ``filters`` (a query string) stands for every row that the list's
    search and filters let through, read in ``zone``; it is None where rows were ticked.
    """

    ids: tuple[str, ...]
    filters: str | None
    zone: str
    data: Mapping[str, Any]
    reason: str
    ticket: str
    actor: Actor
    at: datetime
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Action:
    """A deed with a button.

    ``run`` makes one service call; the service writes the trail's ``done`` entry. What it returns,
    where it is text, is the message shown afterwards. ``effect`` says what would change, from the
    valid part of the form so far. ``available`` returns True, False (no button) or a sentence: why
    not now. ``typed_name`` returns what must be typed to confirm. ``submit_label`` names the deed
    and may depend on the form. ``key`` is the letter that opens it on the object's page.
    On the page of a bulk run ``effect``, ``submit_label`` and ``initial`` get None for the object: they
    say what holds for each row. ``effect_of_many`` says what the run comes to: it gets the number of
    rows, the form and the request, and stands in for ``effect`` there.
    ``run_many``, with ``bulk``, is one service call for the whole choice in place of a run row by row.
    ``audit_action`` is what a refused or failed attempt is called in the trail.
    """

    name: str
    label: Any
    permission: str
    run: Callable[[ActionCall], Any]
    form: type[ActionForm] = ReasonForm
    effect: Callable[[Any, Mapping[str, Any], HttpRequest], list[Effect]] | None = None
    submit_label: Any = None
    available: Callable[[Any], Any] | None = None
    bulk: bool = False
    danger: bool = False
    typed_name: Callable[[Any], str] | None = None
    key: str = ""
    icon: str = ""
    order: int = 100
    audit_action: str = ""
    initial: Callable[[Any], dict[str, Any]] | None = None
    effect_of_many: Callable[[int, Mapping[str, Any], HttpRequest], list[Effect]] | None = None
    description: Any = field(default="")
    run_many: Callable[[ManyCall], Any] | None = None

    def state_for(self, obj: Any) -> tuple[bool, str]:
        """Whether it can run on ``obj`` now, and why not. ``(False, "")`` means: do not even show it."""
        verdict = True if self.available is None else self.available(obj)
        if isinstance(verdict, bool):
            return verdict, ""
        return False, str(verdict)

    def label_for(self, obj: Any, data: Mapping[str, Any]) -> str:
        """The words on the primary button."""
        wording = self.submit_label or self.label
        return str(wording(obj, data) if callable(wording) else wording)

    def trail_name(self, kind: str) -> str:
        """What an attempt is called in the trail where no command got to name it."""
        return self.audit_action or f"{kind}.{self.name.replace('-', '_')}"


object_actions: ByKind[Action] = ByKind("action")
