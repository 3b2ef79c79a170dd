"""Which forms of the console were sent."""

from __future__ import annotations

from django.db import models


class UsedForm(models.Model):
    """The token of a form that had its effect. It can have no second one."""

    token = models.UUIDField(primary_key=True)
    used_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="audit_usedform_age")]

    def __str__(self) -> str:
        return str(self.token)
