"""What an API key may be allowed to do. One table for every app; a view names what it needs."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """``noun:read`` or ``noun:write``; write does not include read. There is none for keys, members
    and sessions: what guards an account is changed by a person, not by a key."""

    ACCOUNT_READ = "account:read", _("Read the account and its workspaces")
    CREDITS_READ = "credits:read", _("Read balance, entries and holds")
    CREDITS_WRITE = "credits:write", _("Place, capture and release holds")
    BILLING_READ = "billing:read", _("Read plans, subscription, invoices and usage")
    FLAGS_READ = "flags:read", _("Evaluate flags")
    GENERATIONS_READ = "generations:read", _("Read generations")
    GENERATIONS_WRITE = "generations:write", _("Submit and cancel generations")
    CONTENT_READ = "content:read", _("Read the state of screened content")
    CONTENT_WRITE = "content:write", _("Post content for screening")
    REPORTS_WRITE = "reports:write", _("Report content")
    WEBHOOKS_READ = "webhooks:read", _("Read webhook endpoints and deliveries")
    WEBHOOKS_WRITE = "webhooks:write", _("Change webhook endpoints, replay deliveries")
