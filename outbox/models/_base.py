"""What every table here shares."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from core.ids import new_id, to_public


class PublicRow(models.Model):
    """A row with a time-ordered id that the outside sees with a prefix."""

    id_prefix: ClassVar[str] = ""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)


class CiEmailField(models.EmailField):  # type: ignore[type-arg]  # generic in the stubs only
    """An e-mail address stored as citext: compared without regard to case."""

    def db_type(self, connection: Any) -> str:
        return "citext"
