"""What mail providers report, at /webhooks/mail/<provider>/tracking/."""

from __future__ import annotations

import structlog
from anymail.webhooks import (
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt

log = structlog.get_logger(__name__)

PROVIDERS = {
    "brevo": brevo.BrevoTrackingWebhookView,
    "mailersend": mailersend.MailerSendTrackingWebhookView,
    "mailgun": mailgun.MailgunTrackingWebhookView,
    "mailjet": mailjet.MailjetTrackingWebhookView,
    "mailtrap": mailtrap.MailtrapTrackingWebhookView,
    "mandrill": mandrill.MandrillCombinedWebhookView,
    "postal": postal.PostalTrackingWebhookView,
    "postmark": postmark.PostmarkTrackingWebhookView,
    "resend": resend.ResendTrackingWebhookView,
    "sendgrid": sendgrid.SendGridTrackingWebhookView,
    "sparkpost": sparkpost.SparkPostTrackingWebhookView,
    "unisender_go": unisender_go.UnisenderGoTrackingWebhookView,
}


@csrf_exempt
def tracking(request: HttpRequest, provider: str) -> HttpResponse:
    """Checks the shared secret (HTTP basic authentication) and hands the reports to outbox.receivers.

    Without ANYMAIL_WEBHOOK_SECRET the address does not exist: anymail would accept anybody's word.
    A body the provider's own parser cannot read is a 400, so that the provider shows it as failing.
    """
    view = PROVIDERS.get(provider)
    if view is None or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    try:
        response: HttpResponse = view.as_view()(request)
    except SuspiciousOperation:
        raise
    except Exception:
        log.exception("mail_webhook_unreadable", provider=provider)
        return HttpResponseBadRequest()
    return response
