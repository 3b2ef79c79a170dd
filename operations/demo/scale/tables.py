"""Which tables a scaled database fills, and which of their columns."""

from __future__ import annotations

_ACTOR = ("actor_kind", "actor_id", "request_id", "idempotency_key")

COLUMNS: dict[str, tuple[str, ...]] = {
    "accounts_user": (
        "id", "email", "password", "name", "status", "status_changed_at", "is_superuser", "is_staff", "locale",
        "time_zone", "tags", "created_at",
    ),
    "account_emailaddress": ("user_id", "email", "verified", '"primary"'),
    "accounts_workspace": ("id", "name", "personal_owner_id", "created_at"),
    "accounts_membership": ("id", "workspace_id", "user_id", "role", "created_at"),
    "credits_account": (
        "workspace_id", "posted", "held", "debt", "next_expiry_at", "last_entry_at", "frozen_reason", "created_at",
    ),
    "credits_lot": (
        "id", "account_id", "source", "source_ref", "priority", "expires_at", "paid_amount_minor", "currency",
        "granted", "remaining", "clawed_amount", "created_at",
    ),
    "credits_entry": (
        "id", "account_id", "kind", "amount", "debt_delta", "balance_after", "hold_id", "lot_id", "reason_code",
        *_ACTOR, "created_at",
    ),
    "credits_slice": ("entry_id", "lot_id", "amount"),
    "credits_hold": (
        "id", "account_id", "amount", "captured_amount", "lost_amount", "purpose", "status", "expires_at",
        "settled_at", "entry_id", *_ACTOR, "created_at",
    ),
    "credits_operation": (
        "account_id", "key", "kind", "input_hash", "hold_id", "entry_id", "lot_id", "amount", "lost", "posted",
        "held", "debt", "expires_at", "created_at",
    ),
    "audit_entry": (
        "occurred_at", "seq", "recorded_at", "txid", "action", "outcome", "actor_kind", "actor_id",
        "impersonator_id", "target_kind", "target_id", "ticket", "request_id", "session_id", "api_key_id",
        "commitment", "content_hash",
    ),
    "audit_payload": (
        "occurred_at", "seq", "salt", "ip", "user_agent", "actor_label", "impersonator_label", "target_label",
        "reason", "changes", "details",
    ),
}  # fmt: skip
