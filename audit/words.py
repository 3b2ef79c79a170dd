"""How entries are put into words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from audit.models import Entry
from core.registries import audit_labels


def label_of(action: str) -> str:
    """The action as a sentence, or its name where nobody registered one."""
    label = audit_labels.get(action)
    return str(label.label) if label else action


def actor_words(entry: Entry) -> str:
    """Who acted: by label while it is kept, by id once it is withdrawn."""
    label = entry.payload.actor_label if entry.payload else ""
    return label or entry.actor_id or entry.actor_kind


def target_words(entry: Entry) -> Any:
    """What it was done to, linked to its page where it has one."""
    label = (entry.payload.target_label if entry.payload else "") or entry.target_id
    url = target_url(entry)
    return format_html('<a class="c-link" href="{}">{}</a>', url, label) if url and label else label


def target_url(entry: Entry) -> str:
    """The page of the target, by its registered label or its kind; empty where there is none."""
    label = audit_labels.get(entry.action)
    if label and label.target_url and entry.target_id:
        return label.target_url(entry.target_id)
    for console_admin in admin.site._registry.values():
        if getattr(console_admin, "target_kind", "") == entry.target_kind and entry.target_id not in ("", "*"):
            meta = console_admin.opts
            try:
                return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[entry.target_id])
            except NoReverseMatch:
                return ""
    return ""
