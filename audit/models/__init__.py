"""The trail's tables: entries and payloads, approvals, what checks found, which forms were sent."""

from audit.models._approvals import Approval
from audit.models._forms import UsedForm
from audit.models._integrity import Stray, Verification
from audit.models._trail import Entry, Payload
from audit.models._views import Export, SavedView

__all__ = ["Approval", "Entry", "Export", "Payload", "SavedView", "Stray", "UsedForm", "Verification"]
