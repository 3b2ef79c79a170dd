"""Lines of the trail: ten entries a user, hashed as the writer hashes them."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from accounts.actions import AuditAction
from audit.encoding import address, canonical, commitment, entry_digest, from_microseconds, microseconds
from core.console.footprints import ConsoleAction
from operations.demo.scale.accounts import Fresh, Lines
from operations.demo.scale.lines import NULL, bytes_of, escaped, hex_id, line, public, stamp

ENTRIES = 10
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_SECOND = 1_000_000
_POSTGRES_EPOCH = microseconds(datetime(2000, 1, 1, tzinfo=UTC))
_STOPPED = {
    "suspended": AuditAction.USER_SUSPENDED,
    "banned": AuditAction.USER_BANNED,
    "closed": AuditAction.USER_CLOSED,
}
_STRANGE = canonical({"new_network": False})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody of the staff, and from where they look."""

    public_id: str
    label: str
    address: str


@dataclass(slots=True)
class Writer:
    """Numbers entries on from ``seq``, for the transaction ``txid`` that began at ``recorded``."""

    seq: int
    txid: int
    recorded: int
    staff: list[Viewer]

    def add(self, lines: Lines, fresh: Fresh, *, now: int, stream: Random) -> None:
        """Append the ten entries about one user."""
        step = (now - fresh.joined - 60 * _SECOND) // (ENTRIES + 1)
        at = fresh.joined
        for number in range(ENTRIES):
            action, by_staff, changes, details = _deed(number, fresh)
            self._write(lines, fresh, at, action, by_staff, changes, details, stream)
            at += max(_SECOND, step - stream.randrange(_SECOND))

    def _write(
        self, lines: Lines, fresh: Fresh, at: int, action: str, by_staff: bool, changes: str, details: str,
        stream: Random,
    ) -> None:  # fmt: skip
        viewer = stream.choice(self.staff) if by_staff else None
        ip, ip_hex = address(viewer.address if viewer else fresh.address)
        facts = (
            action,
            "done",
            "staff" if viewer else "customer",
            viewer.public_id if viewer else fresh.public_id,
            "",
            "accounts.user",
            fresh.public_id,
            "",
            public("req", hex_id(stream, at)),
            "",
            "",
        )
        label = fresh.name or fresh.public_id
        reason = "Found while cleaning up" if changes else ""
        texts = (_AGENT, viewer.label if viewer else label, "", label, reason, changes, details)
        salt = stream.randbytes(16)
        payload = commitment(salt=salt, parts=(ip_hex, *texts))
        digest = entry_digest(occurred_at=from_microseconds(at), parts=facts, commitment=payload)
        numbers = struct.pack(">qqq", self.seq, self.txid, self.recorded - _POSTGRES_EPOCH)
        content = hashlib.sha256(digest + numbers).digest()
        when = stamp(at)
        lines["audit_entry"].append(
            line(when, self.seq, stamp(self.recorded), self.txid, *facts, bytes_of(payload), bytes_of(content))
        )
        shown = map(escaped, texts)
        lines["audit_payload"].append(line(when, self.seq, bytes_of(salt), ip or NULL, *shown))
        self.seq += 1


def _deed(number: int, fresh: Fresh) -> tuple[str, bool, str, str]:
    """The action of the user's nth entry, whether staff did it, and what it says."""
    if number == 0:
        return AuditAction.USER_SIGNED_UP, False, "", canonical({"workspace": fresh.workspace})
    if number == 1:
        return AuditAction.EMAIL_VERIFIED, False, "", ""
    if number in (4, 7):
        return ConsoleAction.PAGE_READ, True, "", ""
    if number == ENTRIES - 1 and fresh.status in _STOPPED:
        return _STOPPED[fresh.status], True, canonical({"status": ("active", fresh.status)}), ""
    return AuditAction.LOGGED_IN, False, "", _STRANGE
