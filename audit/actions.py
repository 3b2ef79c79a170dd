"""What the trail itself writes into the trail, and how that reads."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class AuditAction(StrEnum):
    """Actions of this app."""

    APPROVAL_REQUESTED = "audit.approval.requested"
    APPROVAL_APPROVED = "audit.approval.approved"
    APPROVAL_DENIED = "audit.approval.denied"
    APPROVAL_WITHDRAWN = "audit.approval.withdrawn"
    APPROVAL_EXPIRED = "audit.approval.expired"
    STRAY_ACKNOWLEDGED = "audit.stray.acknowledged"
    PAYLOAD_WITHDRAWN = "audit.payload.withdrawn"
    VIEW_SAVED = "audit.view.saved"
    VIEW_REMOVED = "audit.view.removed"
    EXPORT_REQUESTED = "audit.export.requested"
    EXPORT_WRITTEN = "audit.export.written"
    EXPORT_DOWNLOADED = "audit.export.downloaded"


LABELS = {
    AuditAction.APPROVAL_REQUESTED: _("Approval requested"),
    AuditAction.APPROVAL_APPROVED: _("Approved and carried out"),
    AuditAction.APPROVAL_DENIED: _("Approval denied"),
    AuditAction.APPROVAL_WITHDRAWN: _("Approval request withdrawn"),
    AuditAction.APPROVAL_EXPIRED: _("Approval request expired"),
    AuditAction.STRAY_ACKNOWLEDGED: _("Outside change explained"),
    AuditAction.PAYLOAD_WITHDRAWN: _("Personal data withdrawn from the trail"),
    AuditAction.VIEW_SAVED: _("Search of the trail kept"),
    AuditAction.VIEW_REMOVED: _("Search of the trail forgotten"),
    AuditAction.EXPORT_REQUESTED: _("Export of the trail requested"),
    AuditAction.EXPORT_WRITTEN: _("Export of the trail written"),
    AuditAction.EXPORT_DOWNLOADED: _("Export of the trail downloaded"),
}
