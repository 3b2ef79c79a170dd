"""Tables of the ledger. Python reads them; only the SQL functions in ``credits/sql`` write them.

An account's key is its workspace's id, so one lookup leads from a workspace to its ledger. Rows written on
the hot path carry no foreign key constraint to the account: the check would lock the hot row once more for
a fact the functions guarantee and the invariants prove.
"""

from credits.models._accounts import Account
from credits.models._desk import AdjustmentLimit, AllowanceUse, EntryNote, ExpiryWarning
from credits.models._entries import Adjustment, Entry, Slice
from credits.models._holds import Hold
from credits.models._lots import Lot
from credits.models._operations import Operation

__all__ = [
    "Account",
    "Adjustment",
    "AdjustmentLimit",
    "AllowanceUse",
    "Entry",
    "EntryNote",
    "ExpiryWarning",
    "Hold",
    "Lot",
    "Operation",
    "Slice",
]
