"""Every write the ledger can do. Each is one call of a SQL function; see ``credits/sql``."""

from credits.services._accounts import freeze_account, release_hold_by_staff, unfreeze_account
from credits.services._batch import (
    MAX_OPERATIONS,
    BatchOutcome,
    CaptureHold,
    HoldOperation,
    PlaceHold,
    ReleaseHold,
    operation_key,
    run_batch,
)
from credits.services._corrections import reverse_entry
from credits.services._desk import (
    APPROVAL_KIND,
    MAX_NOTE_LENGTH,
    DeskOutcome,
    adjust,
    describe_deed,
    execute_approved,
    fingerprint_of,
    grant_by_staff,
    reverse_by_staff,
)
from credits.services._expiry import expire_due, expire_due_holds, expire_due_lots
from credits.services._grants import claw_back, grant
from credits.services._holds import MAX_HOLD_SECONDS, MAX_PURPOSE_LENGTH, capture_hold, place_hold, release_hold
from credits.services._ledger import MAX_AMOUNT, Patience, Receipt, client_key
from credits.services._limits import change_limit
from credits.services._loading import bulk_loading
from credits.services._warnings import warn_of_expiry

__all__ = [
    "APPROVAL_KIND",
    "MAX_AMOUNT",
    "MAX_HOLD_SECONDS",
    "MAX_NOTE_LENGTH",
    "MAX_OPERATIONS",
    "MAX_PURPOSE_LENGTH",
    "BatchOutcome",
    "CaptureHold",
    "DeskOutcome",
    "HoldOperation",
    "Patience",
    "PlaceHold",
    "Receipt",
    "ReleaseHold",
    "adjust",
    "bulk_loading",
    "capture_hold",
    "change_limit",
    "claw_back",
    "client_key",
    "describe_deed",
    "execute_approved",
    "expire_due",
    "expire_due_holds",
    "expire_due_lots",
    "fingerprint_of",
    "freeze_account",
    "grant",
    "grant_by_staff",
    "operation_key",
    "place_hold",
    "release_hold",
    "release_hold_by_staff",
    "reverse_by_staff",
    "reverse_entry",
    "run_batch",
    "unfreeze_account",
    "warn_of_expiry",
]
