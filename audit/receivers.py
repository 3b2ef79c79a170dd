"""What the trail does when Django says something."""

from __future__ import annotations

from typing import Any

from django.db import connection

from audit import services
from core import clock


def make_partitions_after_migrate(**_: Any) -> None:
    """Months are there after every migrate, so that a fresh or long unused database can take entries."""
    if "audit_mark" in connection.introspection.table_names():
        services.make_partitions_ahead(at=clock.now())
