"""The adjustment desk: actions that say their effect before they run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from core import clock, context
from core.console import Action, ActionCall, Effect
from core.ids import to_public
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.actions import AuditAction
from credits.forms import GIFT_LIFE, AdjustForm, GrantForm, ReverseForm
from credits.models import Entry
from credits.permissions import Permission
from credits.services import DeskOutcome
from credits.states import REVERSIBLE_KINDS


def with_separators(amount: int) -> str:
    """A number as people read it."""
    return number_format(amount, use_l10n=True, force_grouping=True)


def credits_of(amount: int) -> str:
    """An amount with its word."""
    return ngettext("%(n)s credit", "%(n)s credits", amount) % {"n": with_separators(amount)}


def effects(*, workspace_id: uuid.UUID, delta: int, weight: int, request: HttpRequest) -> list[Effect]:
    """Balance before and after, the viewer's allowance, whether a second person is asked, and what came before."""
    at = clock.now()
    accounts_services.refuse_own_workspace(actor=context.current().actor, workspace_id=workspace_id)
    balance = credits_selectors.get_balance(workspace_id=workspace_id, at=at)
    found = [_balance_effect(balance, delta)]
    if balance.debt and delta > 0:
        paid = min(balance.debt, delta)
        found.append(Effect(_now("%(paid)s of it pay the debt.") % {"paid": credits_of(paid)}, tone="warn"))
    if balance.is_frozen:
        found.append(Effect(_now("The account is frozen: the credits cannot be spent before that ends."), tone="warn"))
    if weight:
        found += _allowance_effects(weight, request)
    given = credits_selectors.summarize_staff_grants(workspace_id=workspace_id, at=at)
    found.append(
        Effect(
            ngettext(
                "Staff gave this customer %(credits)s in the last 90 days, once.",
                "Staff gave this customer %(credits)s in the last 90 days, %(count)s times.",
                given.count,
            )
            % {"credits": credits_of(given.credits), "count": given.count}
            if given.count
            else _now("Staff gave this customer nothing in the last 90 days.")
        )
    )
    return found


def _balance_effect(balance: credits_selectors.Balance, delta: int) -> Effect:
    free = delta - min(balance.debt, delta) if delta > 0 else delta
    after = balance.available + free
    if after < 0:
        return Effect(
            _now("Only %(n)s are available; this will be refused.") % {"n": credits_of(balance.available)}, tone="bad"
        )
    return Effect(
        _("Available"),
        with_separators(balance.available),
        credits_of(after),
        tone="good" if delta > 0 else "warn",
    )


def _allowance_of(request: HttpRequest) -> credits_selectors.Allowance:
    roles = accounts_selectors.list_roles(user_id=uuid.UUID(str(request.user.pk)))
    return credits_selectors.get_allowance(actor_id=context.current().actor.id, roles=roles, at=clock.now())


def _allowance_effects(weight: int, request: HttpRequest) -> list[Effect]:
    actor = context.current().actor
    allowance = _allowance_of(request)
    left = Effect(
        _now("%(name)s has %(left)s of %(daily)s left today.")
        % {
            "name": actor.label,
            "left": with_separators(allowance.left_credits),
            "daily": with_separators(allowance.daily_credits),
        }
    )
    if allowance.covers(weight):
        return [left, Effect(_now("No approval needed."), tone="good")]
    if weight > allowance.approval_above_credits:
        why = _now("A second person will be asked: this is above %(limit)s credits.") % {
            "limit": with_separators(allowance.approval_above_credits)
        }
    else:
        why = _now("A second person will be asked: this is more than is left today.")
    return [left, Effect(why, tone="warn")]


def effects_of_many(count: int, data: Mapping[str, Any], request: HttpRequest) -> list[Effect]:
    """What a gift to each of many comes to: the sum, the viewer's allowance after it, how many wait for another."""
    amount = data.get("amount")
    if not amount:
        return [Effect(_now("Each gets the same. Say how many credits."))]
    allowance = _allowance_of(request)
    alone = min(count, allowance.left_credits // amount) if amount <= allowance.approval_above_credits else 0
    left = allowance.left_credits - alone * amount
    found = [
        Effect(
            ngettext("%(each)s for %(n)s row: %(all)s.", "%(each)s for each of %(n)s rows: %(all)s in total.", count)
            % {"each": credits_of(amount), "n": with_separators(count), "all": credits_of(amount * count)}
        ),
        Effect(_("Left of your allowance today"), with_separators(allowance.left_credits), credits_of(left)),
    ]
    if alone == count:
        return [*found, Effect(_now("No approval needed."), tone="good")]
    waiting = ngettext("%(n)s row waits for a second person.", "%(n)s rows wait for a second person.", count - alone)
    return [*found, Effect(waiting % {"n": with_separators(count - alone)}, tone="warn")]


def _message(outcome: DeskOutcome, done: str) -> Any:
    if outcome.receipt is None or outcome.receipt.entry_id is None:
        url = reverse("admin:audit_approval_change", args=[outcome.approval_id])
        return format_html(
            '{} <a class="c-link" href="{}">{}</a>',
            _now("A second person was asked. Nothing has moved yet."),
            url,
            outcome.approval_id,
        )
    entry = to_public(Entry.id_prefix, outcome.receipt.entry_id)
    page = reverse("admin:credits_entry_change", args=[entry])
    undo = reverse("admin:credits_entry_action", args=[entry, "reverse"])
    return format_html(
        '{} <a class="c-link" href="{}">{}</a> · <a class="c-link" href="{}">{}</a>',
        done,
        page,
        _now("See the entry"),
        undo,
        _now("Reverse it"),
    )


def _grant(call: ActionCall) -> Any:
    amount = call.data["amount"]
    outcome = credits_services.grant_by_staff(
        workspace_id=call.obj.pk,
        amount=amount,
        source=call.data["source"],
        expires_at=call.data["expires_at"],
        reason_code=call.data["reason_code"],
        customer_note=call.data["customer_note"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        idempotency_key=call.idempotency_key,
    )
    return _message(outcome, _now("Granted %(credits)s.") % {"credits": credits_of(amount)})


def _adjust(call: ActionCall) -> Any:
    amount = call.data["amount"]
    outcome = credits_services.adjust(
        workspace_id=call.obj.pk,
        amount=amount,
        expires_at=call.data["expires_at"] if amount > 0 else None,
        reason_code=call.data["reason_code"],
        customer_note=call.data["customer_note"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        idempotency_key=call.idempotency_key,
    )
    return _message(outcome, _now("Adjusted by %(credits)s.") % {"credits": credits_of(amount)})


def _reverse(call: ActionCall) -> Any:
    outcome = credits_services.reverse_by_staff(
        workspace_id=call.obj.account_id,
        entry_id=call.obj.pk,
        reason_code=call.data["reason_code"],
        customer_note=call.data["customer_note"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        idempotency_key=call.idempotency_key,
    )
    return _message(outcome, _now("Reversed %(credits)s.") % {"credits": credits_of(call.obj.amount)})


def _moved(obj: Any, data: Mapping[str, Any], request: HttpRequest) -> list[Effect]:
    amount = data.get("amount") or 0
    return effects(workspace_id=obj.pk, delta=amount, weight=abs(amount), request=request)


def _undone(entry: Entry, _data: Mapping[str, Any], request: HttpRequest) -> list[Effect]:
    back = -entry.amount
    weight = credits_selectors.weigh_reversal(entry)
    found = effects(workspace_id=entry.account_id, delta=back, weight=weight, request=request)
    lost = credits_selectors.sum_returning_to_expired_lots(entry_id=entry.pk, at=clock.now()) if back > 0 else 0
    if lost:
        text = _now("%(credits)s return to lots past their expiry and expire at once.") % {"credits": credits_of(lost)}
        found.append(Effect(text, tone="warn"))
    return found


def reversal_of(entry: Entry) -> Entry | None:
    """The entry that undid this one; asked once for a page."""
    if "_reversal" not in entry.__dict__:
        entry.__dict__["_reversal"] = entry.reversals.first()
    found: Entry | None = entry.__dict__["_reversal"]
    return found


def _can_reverse(entry: Entry) -> Any:
    if entry.kind not in REVERSIBLE_KINDS or entry.amount == 0:
        return False
    if reversal_of(entry) is not None:
        return _now("It has been reversed already.")
    return True


def _deed(one: Any, other: Any) -> Any:
    """A label for the button that names the deed with its amount, once there is one."""

    def label(_obj: Any, data: Mapping[str, Any]) -> str:
        amount = data.get("amount")
        return str(one) % {"credits": credits_of(amount)} if amount else str(other)

    return label


grant = Action(
    "grant",
    _("Grant credits"),
    Permission.GRANT_CREDITS,
    _grant,
    form=GrantForm,
    effect=_moved,
    submit_label=_deed(_("Grant %(credits)s"), _("Grant credits")),
    effect_of_many=effects_of_many,
    initial=lambda _obj: {"expires_on": (clock.now() + GIFT_LIFE).date()},
    audit_action=AuditAction.CREDITS_GRANTED,
    bulk=True,
    key="c",
    icon="redeem",
    order=10,
)
adjust = Action(
    "adjust",
    _("Adjust"),
    Permission.ADJUST_ACCOUNT,
    _adjust,
    form=AdjustForm,
    effect=_moved,
    submit_label=_deed(_("Adjust by %(credits)s"), _("Adjust")),
    audit_action=AuditAction.ACCOUNT_ADJUSTED,
    key="a",
    icon="tune",
    order=20,
)
reverse_entry = Action(
    "reverse",
    _("Reverse"),
    Permission.REVERSE_ENTRY,
    _reverse,
    form=ReverseForm,
    effect=_undone,
    submit_label=lambda entry, _data: _now("Reverse %(credits)s") % {"credits": credits_of(entry.amount)},
    available=_can_reverse,
    audit_action=AuditAction.ENTRY_REVERSED,
    key="r",
    icon="undo",
    order=10,
)
