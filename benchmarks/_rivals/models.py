"""One shape, four tables."""

import pghistory
from auditlog.registry import auditlog
from django.db import models
from simple_history.models import HistoricalRecords


class Shape(models.Model):
    """What a workspace looks like, about."""

    name = models.CharField(max_length=200)
    note = models.TextField(default="")
    amount = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Bare(Shape):
    """Nobody watches it."""

    class Meta:
        app_label = "rivals"


@pghistory.track()
class UnderPghistory(Shape):
    """django-pghistory: a trigger copies the row."""

    class Meta:
        app_label = "rivals"


class UnderSimpleHistory(Shape):
    """django-simple-history: a signal copies the row."""

    history = HistoricalRecords(app="rivals")

    class Meta:
        app_label = "rivals"


class UnderAuditlog(Shape):
    """django-auditlog: signals compare and log."""

    class Meta:
        app_label = "rivals"


auditlog.register(UnderAuditlog)
