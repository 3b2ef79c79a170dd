"""What an approval and an export can be, and how one becomes another."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Moves


class ApprovalStatus(models.TextChoices):
    """``approved`` means executed too: both happen in one transaction or not at all."""

    PENDING = "pending", _("Pending")
    APPROVED = "approved", _("Approved")
    DENIED = "denied", _("Denied")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


APPROVAL_MOVES: Moves = {
    ApprovalStatus.PENDING: frozenset(
        {ApprovalStatus.APPROVED, ApprovalStatus.DENIED, ApprovalStatus.WITHDRAWN, ApprovalStatus.EXPIRED}
    ),
}
DECIDED_BY_ANOTHER = frozenset({ApprovalStatus.APPROVED, ApprovalStatus.DENIED})


class ExportStatus(models.TextChoices):
    """An export's file exists while it is ``ready``. One that nobody wrote in time expires too."""

    WAITING = "waiting", _("Waiting")
    READY = "ready", _("Ready")
    EXPIRED = "expired", _("Expired")


EXPORT_MOVES: Moves = {
    ExportStatus.WAITING: frozenset({ExportStatus.READY, ExportStatus.EXPIRED}),
    ExportStatus.READY: frozenset({ExportStatus.EXPIRED}),
}


class ExportFormat(models.TextChoices):
    """CSV for spreadsheets, JSON lines for programs."""

    CSV = "csv", "CSV"
    JSON = "json", "JSON"
