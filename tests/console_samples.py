"""One object of every model that has a console page, and input for every action: what the walks over the console need.

A new admin class needs a line in OBJECTS, a new action one in ACTIONS, a view with arguments one in VIEWS, a new kind
of approval one in REQUESTS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator as StoredFactor

from accounts import services as accounts_services
from accounts.models import ApiKey, Invitation, Restriction, User
from accounts.roles import StaffRole
from accounts.states import Capability
from audit.models import Approval, SavedView
from core import context, jobs
from core.clock import now
from core.ids import from_public
from credits import services as credits_services
from credits.models import Account, Adjustment, AdjustmentLimit, Entry
from outbox import services as outbox_services
from outbox.models import BulkRun, Job, Message, Queue, Schedule, Slot, Suppression
from outbox.templates import registry as mail_templates
from tests.factories import credits as ledgers
from tests.factories.accounts import (
    PASSWORD,
    SUPPORT,
    ApiKeyFactory,
    Authenticator,
    UserFactory,
    WorkspaceFactory,
    actor,
    invite,
    restrict,
)
from tests.factories.audit import (
    make_approval,
    make_entry,
    make_export,
    make_saved_view,
    make_stray,
    make_verification,
)
from tests.factories.outbox import JobFactory, MessageFactory, quarantined
from tests.factories.passkeys import give_passkey


@dataclass(frozen=True)
class ActionSample:
    """Input with which an action succeeds on ``make()`` (the model's object where not given)."""

    data: dict[str, Any] = field(default_factory=dict)
    make: Callable[[], Any] | None = None
    adopt: Callable[[Any, Any], None] | None = None
    """Makes the object the own one of who acts, where only that person may."""


def _bulk_run() -> BulkRun:
    with context.bound(context.Context(actor=SUPPORT)):
        run_id = jobs.start_bulk(
            action="outbox.job/retry", object_ids=[JobFactory().public_id], reason="Many failed", at=now()
        )
    return BulkRun.objects.get(pk=from_public(BulkRun.id_prefix, run_id))


def _failed_job() -> Job:
    return quarantined(JobFactory(text="fail"))


def _message() -> Message:
    welcome = mail_templates["accounts.welcome"]
    return MessageFactory(template=welcome.name, values=dict(welcome.sample))


def _queue() -> Queue:
    outbox_services.ensure_queues()
    return Queue.objects.order_by("name").first()


def _paused_queue() -> Queue:
    return outbox_services.pause_queue(name=_queue().name, actor=SUPPORT, reason="It burns", at=now())


def _schedule() -> Schedule:
    outbox_services.settle_slots(at=now())
    return Schedule.objects.order_by("pk").first()


def _slot() -> Slot:
    for moment in (now(), now() + timedelta(days=1)):
        outbox_services.settle_slots(at=moment)
    return Slot.objects.order_by("pk").first()


def _suppression() -> Suppression:
    return outbox_services.add_suppression(address="gone@example.com", actor=SUPPORT, reason="Asked", at=now())


def _suspended_user() -> User:
    user = UserFactory()
    return accounts_services.suspend_user(user_id=user.pk, actor=SUPPORT, reason="Seen abuse", at=now())


def _closed_user() -> User:
    user = UserFactory()
    return accounts_services.close_user(user_id=user.pk, actor=SUPPORT, reason="She asked", at=now())


def _busy_user() -> User:
    """Somebody with a job under way: what ends with a deed is part of its one entry."""
    user = UserFactory()
    with context.bound(context.Context(actor=actor(user))):
        JobFactory()
    return user


def _user_with_factor() -> User:
    user = UserFactory()
    Authenticator(user)
    return user


def _tagged_user() -> User:
    user = UserFactory()
    return accounts_services.tag_user(user_id=user.pk, tag="vip", actor=SUPPORT, at=now())


def _invitation() -> Invitation:
    owner = UserFactory()
    return invite(WorkspaceFactory(owner=owner), "dora@example.com", by=owner)[0]


def _restriction() -> Restriction:
    return restrict(UserFactory(), Capability.SPEND)


def _api_key() -> ApiKey:
    return ApiKeyFactory().key


def _as_requester(approval: Approval, user: Any) -> None:
    Approval.objects.filter(pk=approval.pk).update(requester_id=user.public_id)


def _as_owner(view: SavedView, user: Any) -> None:
    SavedView.objects.filter(pk=view.pk).update(owner_id=user.public_id)


def _account() -> Account:
    return Account.objects.get(pk=ledgers.funded())


def _frozen_account() -> Account:
    account = _account()
    credits_services.freeze_account(workspace_id=account.pk, actor=SUPPORT, reason="It burns", at=now())
    return account


def _entry() -> Entry:
    return Entry.objects.filter(account_id=ledgers.funded()).first()


def _adjusted() -> Adjustment:
    workspace_id = ledgers.funded()
    ledgers.adjust(workspace_id, 5, actor=SUPPORT)
    return Adjustment.objects.filter(account_id=workspace_id).first()


@dataclass(frozen=True)
class ViewSample:
    """Arguments and query of a view's address, and, where it takes a POST, input with which that succeeds."""

    arguments: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] | None = None
    make: Callable[[], Any] | None = None
    adopt: Callable[[Any], dict[str, Any]] | None = None
    """Prepares who acts, where the page is about them; what it returns joins ``data``."""


def _two_factors(user: Any) -> dict[str, Any]:
    Authenticator(user)
    give_passkey(user)
    return {"factor": str(StoredFactor.objects.get(user=user, type="webauthn").pk)}


_GIFT = {"amount": "5", "source": "goodwill", "reason_code": "goodwill"}

OBJECTS: dict[str, Callable[[], Any]] = {
    "audit.Approval": make_approval,
    "audit.Entry": make_entry,
    "audit.Export": make_export,
    "audit.SavedView": make_saved_view,
    "audit.Stray": make_stray,
    "audit.Verification": make_verification,
    "accounts.ApiKey": _api_key,
    "accounts.Invitation": _invitation,
    "accounts.Restriction": _restriction,
    "accounts.User": UserFactory,
    "accounts.Workspace": WorkspaceFactory,
    "credits.Account": _account,
    "credits.Adjustment": _adjusted,
    "credits.AdjustmentLimit": lambda: AdjustmentLimit.objects.order_by("pk").first(),
    "credits.Entry": _entry,
    "credits.Hold": lambda: ledgers.hold(ledgers.funded()),
    "outbox.BulkRun": _bulk_run,
    "outbox.Job": JobFactory,
    "outbox.Message": _message,
    "outbox.Queue": _queue,
    "outbox.Schedule": _schedule,
    "outbox.Slot": _slot,
    "outbox.Suppression": _suppression,
}

ACTIONS: dict[str, ActionSample] = {
    "accounts.api_key/revoke": ActionSample(),
    "accounts.invitation/revoke": ActionSample(),
    "accounts.restriction/lift": ActionSample(),
    "accounts.user/ban": ActionSample(make=_busy_user),
    "accounts.user/change-email": ActionSample({"new_email": "dora@new.example"}),
    "accounts.user/close": ActionSample(make=_busy_user),
    "accounts.user/edit-name": ActionSample({"name": "Dora"}),
    "accounts.user/end-sessions": ActionSample(),
    "accounts.user/export": ActionSample({"file_format": "csv"}),
    "accounts.user/grant-role": ActionSample({"role": "support"}),
    "accounts.user/reinstate": ActionSample(make=_suspended_user),
    "accounts.user/reopen": ActionSample(make=_closed_user),
    "accounts.user/resend-verification": ActionSample(make=lambda: UserFactory(is_email_verified=False)),
    "accounts.user/reset-second-factor": ActionSample(make=_user_with_factor),
    "accounts.user/restrict": ActionSample({"capability": "login"}, make=_busy_user),
    "accounts.user/revoke-role": ActionSample({"role": "support"}, make=lambda: UserFactory(role=StaffRole.SUPPORT)),
    "accounts.user/send-password-reset": ActionSample(),
    "accounts.user/suspend": ActionSample(make=_busy_user),
    "accounts.user/tag": ActionSample({"tag": "vip"}),
    "accounts.user/unlock-login": ActionSample(),
    "accounts.user/untag": ActionSample({"tag": "vip"}, make=_tagged_user),
    "accounts.workspace/restrict": ActionSample({"capability": "spend"}),
    "audit.approval/approve": ActionSample(),
    "audit.approval/deny": ActionSample(),
    "audit.approval/withdraw": ActionSample(adopt=_as_requester),
    "audit.savedview/export": ActionSample({"file_format": "csv"}, adopt=_as_owner),
    "audit.savedview/remove": ActionSample(adopt=_as_owner),
    "audit.stray/explain": ActionSample(),
    "accounts.workspace/grant": ActionSample(_GIFT),
    "credits.account/adjust": ActionSample({"amount": "-5", "reason_code": "correction"}),
    "credits.account/freeze": ActionSample(),
    "credits.account/grant": ActionSample(_GIFT),
    "credits.account/unfreeze": ActionSample(make=_frozen_account),
    "credits.adjustmentlimit/change": ActionSample(
        {"daily_credits": "1", "approval_above_credits": "1", "may_approve_credits": "1"}
    ),
    "credits.entry/reverse": ActionSample({"reason_code": "correction"}),
    "credits.hold/release": ActionSample(),
    "outbox.bulk_run/cancel": ActionSample(),
    "outbox.job/cancel": ActionSample(),
    "outbox.job/retry": ActionSample(make=_failed_job),
    "outbox.queue/pause": ActionSample(),
    "outbox.queue/resume": ActionSample(make=_paused_queue),
    "outbox.suppression/remove": ActionSample(),
}


def _role_asked_for() -> Approval:
    olu = UserFactory(role=StaffRole.ENGINEER)
    return accounts_services.grant_staff_role(
        user_id=UserFactory().pk, role=StaffRole.SUPPORT, actor=actor(olu), reason="She starts", at=now()
    )


def _factor_reset_asked_for() -> Approval:
    colleague = UserFactory(role=StaffRole.SUPPORT)
    Authenticator(colleague)
    asked = accounts_services.reset_second_factor(
        user_id=colleague.pk, actor=actor(UserFactory(role=StaffRole.ENGINEER)), reason="Lost the phone", at=now()
    )
    return Approval.objects.get(pk=from_public(Approval.id_prefix, asked.approval_id))


def _credits_asked_for() -> Approval:
    outcome = credits_services.grant_by_staff(
        workspace_id=ledgers.funded(), amount=4_000, source="goodwill", expires_at=None, reason_code="goodwill",
        actor=actor(UserFactory(role=StaffRole.SUPPORT)), reason="Outage", at=now(), idempotency_key="click",
    )  # fmt: skip
    return Approval.objects.get(pk=from_public(Approval.id_prefix, outcome.approval_id))


REQUESTS: dict[str, Callable[[], Approval]] = {
    "accounts.grant_role": _role_asked_for,
    "accounts.reset_second_factor": _factor_reset_asked_for,
    "credits.grant": _credits_asked_for,
}

VIEWS: dict[str, ViewSample] = {
    "accounts_my_security": ViewSample(data={"deed": "remove", "password": PASSWORD}, adopt=_two_factors),
    "audit_export_download": ViewSample({"export_id": "exp_00000000000000000000000000"}),
    "audit_save_view": ViewSample(data={"name": "Notes", "query": "action:tests.*"}),
    "outbox_template": ViewSample({"template": "accounts.welcome"}),
    "outbox_template_html": ViewSample({"template": "accounts.welcome"}),
    "outbox_suppression_add": ViewSample(data={"address": "gone@example.com"}),
    "outbox_cause_retry": ViewSample(
        query={"cause": "ValueError in outbox.py:note", "name": "tests.note"}, data={}, make=_failed_job
    ),
    "outbox_cause_cancel": ViewSample(
        query={"cause": "ValueError in outbox.py:note", "name": "tests.note"}, data={}, make=_failed_job
    ),
}
