"""Where the ledger's pages are, and what they are asked with."""

from __future__ import annotations

from django.urls import reverse

# session, user, roles; savepoint, time limit, rows, savepoint; the sidebar's count of stuck holds
LIST_QUERIES = 8
GRANT = {
    "amount": "50",
    "source": "goodwill",
    "expires_on": "",
    "reason_code": "service_failure",
    "customer_note": "Sorry.",
    "reason": "The render failed",
    "ticket": "T-1",
}


def do(obj, name, app_model=None):
    model = app_model or f"credits_{obj._meta.model_name}"
    return reverse(f"admin:{model}_action", args=[obj.public_id, name])


def page(obj):
    return reverse(f"admin:credits_{obj._meta.model_name}_change", args=[obj.public_id])


def panel(obj, name, model):
    return reverse(f"admin:{model}_panel", args=[obj.public_id, name])


def preview(client, url, **data):
    """The live effect, as the form asks for it while it is filled."""
    return " ".join(client.get(url, data, headers={"HX-Request": "true"}).text.split())
