"""What the omnibox finds of the mail, besides ids."""

from django.utils.translation import gettext_lazy as _

from core.console import SearchRule, find_by_rules, masked
from outbox.admin._mail import MessageAdmin, SuppressionAdmin, by_address

find_by_rules(MessageAdmin, SearchRule.email("recipient"), note=lambda mail: masked(mail.recipient, "email"), order=70)
find_by_rules(
    SuppressionAdmin,
    SearchRule("email", _("whole e-mail address"), by_address),
    note=lambda row: row.get_cause_display(),
    order=65,
)
