"""Messages, what providers say of them, and addresses that get no more mail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models._base import CiEmailField, PublicRow
from outbox.states import MessageStatus, SuppressionCause


class Message(PublicRow):
    """One logical mail to one recipient.

    ``values`` fill the template; they may hold one-time links, so they are wiped once the mail is
    out. ``recipient_key`` is the public id of the user it is for (``usr_…``).
    """

    id_prefix: ClassVar[str] = "msg"

    template = models.CharField(_("template"), max_length=100)
    template_version = models.PositiveIntegerField(_("version"))
    recipient = CiEmailField(_("recipient"))
    recipient_key = models.CharField(_("user"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=16)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    values = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=MessageStatus.choices, default=MessageStatus.QUEUED)
    status_changed_at = models.DateTimeField(_("since"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    job = models.ForeignKey("outbox.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=MessageStatus.values), name="outbox_message_status_known"),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="outbox_message_sent_has_time"
            ),
            models.UniqueConstraint(
                fields=["dedupe_key"], condition=~Q(dedupe_key=""), name="outbox_message_one_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="outbox_message_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="outbox_message_by_status"),
            models.Index(fields=["recipient", "-created_at"], name="outbox_message_recipient"),
            models.Index(
                fields=["recipient_key", "-created_at"], condition=~Q(recipient_key=""), name="outbox_message_user"
            ),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="outbox_message_provider"),
        ]


class MailEvent(models.Model):
    """What a provider told us about a message, stored before anything is done with it."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=40)
    event_key = models.CharField(max_length=255)
    kind = models.CharField(max_length=40)
    provider_id = models.CharField(max_length=255, blank=True)
    recipient_hash = models.CharField(max_length=64, blank=True)
    recipient_hint = models.CharField(max_length=100, blank=True)
    reject_reason = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    message = models.ForeignKey(
        "outbox.Message", null=True, blank=True, on_delete=models.CASCADE, related_name="mail_events"
    )
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_key"], name="outbox_mail_event_once"),
        ]
        indexes = [models.Index(fields=["provider_id"], name="outbox_mail_event_message")]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class Suppression(PublicRow):
    """An address that gets no more mail, kept as a hash: the list itself names nobody."""

    id_prefix: ClassVar[str] = "sup"

    address_hash = models.CharField(max_length=64, unique=True)
    address_hint = models.CharField(_("address"), max_length=100)
    cause = models.CharField(_("cause"), max_length=16, choices=SuppressionCause.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    added_by = models.CharField(_("added by"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=SuppressionCause.values), name="outbox_suppression_cause_known"
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="outbox_suppression_newest")]
