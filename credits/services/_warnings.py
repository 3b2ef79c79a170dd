"""Telling owners that credits will expire, once each at 14, 3 and 1 days before."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.db import connection, transaction

from accounts import selectors as accounts_selectors
from accounts.states import MemberRole
from core.errors import Refusal
from core.events import publish
from core.ids import to_public
from credits.events import CreditsExpiring
from credits.models import Lot
from outbox import services as outbox_services

DAYS_BEFORE = (14, 3, 1)
TEMPLATE = "credits.expiring"
BATCH_SIZE = 100
log = structlog.get_logger(__name__)

# The nearest mark a lot has passed and that was still ahead when it was granted; marks passed together count as one.
# Whoever inserts the row tells; a second scheduler finds it and stays silent.
_CLAIM = """
INSERT INTO credits_expirywarning (id, lot_id, days_before, created_at)
SELECT credits_new_id(%(at)s), l.id, mark.days, %(at)s
  FROM credits_lot l
 CROSS JOIN LATERAL (
       SELECT min(d) AS days FROM unnest(%(days)s::int[]) AS d
        WHERE l.expires_at <= %(at)s + make_interval(days => d)
          AND l.created_at <= l.expires_at - make_interval(days => d)) AS mark
 WHERE l.is_open AND l.expires_at > %(at)s AND l.expires_at <= %(at)s + make_interval(days => %(widest)s)
   AND mark.days IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM credits_expirywarning w WHERE w.lot_id = l.id AND w.days_before <= mark.days)
 ORDER BY l.expires_at, l.id LIMIT %(limit)s
    ON CONFLICT DO NOTHING
RETURNING lot_id, days_before
"""


@transaction.atomic
def warn_of_expiry(*, at: datetime, limit: int = BATCH_SIZE) -> int:
    """Tell the owners of lots that will expire soon, by mail and as an event; the number of warnings given."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "days": list(DAYS_BEFORE), "widest": max(DAYS_BEFORE), "limit": limit})
        claimed = dict(cursor.fetchall())
    lots = Lot.objects.filter(pk__in=claimed).select_related("account__workspace").order_by("expires_at", "id")
    for lot in lots:
        _warn(lot, days_before=claimed[lot.pk], at=at)
    return len(claimed)


def _warn(lot: Lot, *, days_before: int, at: datetime) -> None:
    assert lot.expires_at is not None
    owners = accounts_selectors.list_members(workspace=lot.account.workspace).filter(role=MemberRole.OWNER)
    for owner in owners:
        try:
            outbox_services.send_message(
                template=TEMPLATE,
                recipient=owner.user.email,
                recipient_key=owner.user.public_id,
                language=owner.user.locale,
                values={
                    "name": owner.user.name,
                    "workspace": lot.account.workspace.name,
                    "amount": lot.remaining,
                    "expires_at": _local(lot.expires_at, owner.user.time_zone),
                },
                at=at,
                dedupe_key=f"{TEMPLATE}:{lot.pk}:{days_before}:{owner.user_id}",
            )
        except Refusal as refusal:  # one address that cannot be written to must not silence the others
            log.warning("expiry_warning_not_sent", lot=to_public(Lot.id_prefix, lot.pk), refusal=str(refusal))
    publish(CreditsExpiring(lot.account_id, lot.pk, lot.remaining, days_before, lot.expires_at, at))


def _local(moment: datetime, zone: str) -> str:
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    return moment.astimezone(there).strftime("%Y-%m-%d %H:%M %Z")
