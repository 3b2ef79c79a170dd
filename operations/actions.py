"""What this app writes into the trail."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class AuditAction(StrEnum):
    """``operations.noun.past_participle``."""

    DEMO_LOADED = "operations.demo.loaded"
    DEMO_SCALED = "operations.demo.scaled"


LABELS = {
    AuditAction.DEMO_LOADED: _("Demo data loaded"),
    AuditAction.DEMO_SCALED: _("Made-up users added for a test of scale"),
}
