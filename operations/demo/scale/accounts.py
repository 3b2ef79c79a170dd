"""Lines for one more user: the person, a workspace, and ten entries of a ledger that adds up."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from credits.states import BURN_PRIORITY, LotSource
from operations.demo import names
from operations.demo.people import locale_or_default
from operations.demo.scale.lines import NULL, escaped, hex_id, line, public, stamp

ENTRIES = 10
_SECOND = 1_000_000
_DAY = 86400 * _SECOND
_MONTH = 30 * _DAY
_STATUSES = ("active", "suspended", "banned", "closed")
_STATUS_WEIGHTS = (970, 8, 4, 18)
_PURPOSES = ("Image, 1024 × 1024", "Image, 2048 × 2048", "Four variations", "Upscale to 4K", "Background removed")
# What comes in, in order: source, credits, how long they last, price.
_GRANTS = (
    (LotSource.PROMO, 10, _MONTH, 0),
    (LotSource.PLAN, 100, _MONTH, 2900),
    (LotSource.PACK, 50, 12 * _MONTH, 1990),
    (LotSource.GOODWILL, 20, 24 * _MONTH, 0),
)
# When each of the ten entries falls, as a share of the customer's time with us; the letter says what it is:
# g a grant, c a capture, e the end of what is left of the first lot.
_STORY = "gccgccgcge"

Lines = dict[str, list[str]]


@dataclass(slots=True)
class Fresh:
    """A user that was just made, for the trail to speak of."""

    public_id: str
    workspace: str
    name: str
    joined: int
    last: int
    address: str
    status: str


@dataclass(slots=True)
class _Lot:
    id: str
    source: LotSource
    granted: int
    left: int
    born: int
    expires: int
    price: int


def add_user(lines: Lines, *, number: int, joined: int, now: int, stream: Random) -> Fresh:
    """Append the lines of user ``number``; times are microseconds since 1970."""
    culture = names.pick_culture(stream)
    name, latin = names.person_name(culture, dice=stream)
    user, workspace = hex_id(stream, joined), hex_id(stream, joined)
    status = stream.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    email = f"{latin}.{number}@{stream.choice(names.MAIL_HOSTS)}"
    since, name = stamp(joined), escaped(name)
    tags = "{beta}" if stream.random() < 0.01 else "{}"
    lines["accounts_user"].append(
        line(
            user,
            email,
            "!",
            name,
            status,
            since,
            "f",
            "f",
            locale_or_default(culture.locale),
            culture.zones[0],
            tags,
            since,
        )
    )
    lines["account_emailaddress"].append(line(user, email, "t", "t"))
    lines["accounts_workspace"].append(line(workspace, f"{name}’s workspace"[-200:], user, since))
    lines["accounts_membership"].append(line(hex_id(stream, joined), workspace, user, "owner", since))
    fresh = Fresh(public("usr", user), public("wsp", workspace), name, joined, now, _address(stream), status)
    fresh.last = _add_ledger(lines, account=workspace, actor=fresh.public_id, joined=joined, now=now, stream=stream)
    return fresh


def _address(stream: Random) -> str:
    """Out of the network for benchmarks (RFC 2544): wide enough that many users do not mean few addresses."""
    return f"198.{stream.randrange(18, 20)}.{stream.randrange(256)}.{stream.randrange(1, 255)}"


def _add_ledger(lines: Lines, *, account: str, actor: str, joined: int, now: int, stream: Random) -> int:
    """The account and its ten entries; returns when the last of them was."""
    book = _Book(lines, account, actor, stream)
    step = (min(now - joined, 12 * _MONTH) - 3600 * _SECOND) // (ENTRIES + 1)
    grants = iter(_GRANTS)
    at = joined + 300 * _SECOND
    for letter in _STORY:
        if letter == "g":
            source, amount, life, price = next(grants)
            book.grant(at, source=source, amount=amount, life=life, price=price)
        elif letter == "c" or book.first.expires >= at or not book.first.left:
            book.capture(at)
        else:
            book.expire(at)
        at += step + stream.randrange(60 * _SECOND)
    book.close(joined + 300 * _SECOND)
    return book.last


class _Book:
    """One account's ledger as it grows."""

    def __init__(self, lines: Lines, account: str, actor: str, stream: Random) -> None:
        self.lines, self.account, self.actor, self.stream = lines, account, actor, stream
        self.lots: list[_Lot] = []
        self.balance = 0
        self.last = 0

    @property
    def first(self) -> _Lot:
        return self.lots[0]

    def grant(self, at: int, *, source: LotSource, amount: int, life: int, price: int) -> None:
        lot = _Lot(hex_id(self.stream, at), source, amount, amount, at, at + life, price)
        self.lots.append(lot)
        self._enter(at, "grant", amount, lot, system="billing.grants", expires=stamp(lot.expires))

    def capture(self, at: int) -> None:
        """From the newest lot, and always less than it has."""
        lot = self.lots[-1]
        amount = 1 + self.stream.randrange(max(1, lot.left // 5))
        hold, placed = hex_id(self.stream, at - 9 * _SECOND), at - 9 * _SECOND
        before = self.balance
        entry, key = self._enter(at, "capture", -amount, lot, hold=hold)
        held_until = stamp(placed + 900 * _SECOND)
        self.lines["credits_hold"].append(
            line(
                hold,
                self.account,
                amount,
                amount,
                0,
                self.stream.choice(_PURPOSES),
                "captured",
                held_until,
                stamp(at),
                entry,
                "customer",
                self.actor,
                "",
                f"h{key}",
                stamp(placed),
            )
        )
        self._remember("hold", f"h{key}", placed, hold, NULL, NULL, amount, before, amount, held_until)

    def expire(self, at: int) -> None:
        lot = self.first
        self._enter(at, "expire", -lot.left, lot, system="credits.expiry")

    def _enter(
        self, at: int, kind: str, amount: int, lot: _Lot, *, hold: str = NULL, system: str = "", expires: str = NULL
    ) -> tuple[str, str]:
        entry = hex_id(self.stream, at)
        key = f"expire:{entry}" if kind == "expire" else f"{self.stream.getrandbits(64):016x}"
        self.balance += amount
        self.last = at
        if kind != "grant":
            lot.left += amount
        self.lines["credits_entry"].append(
            line(
                entry,
                self.account,
                kind,
                amount,
                0,
                self.balance,
                hold,
                NULL if kind == "capture" else lot.id,
                "",
                "system" if system else "customer",
                system or self.actor,
                "",
                key,
                stamp(at),
            )
        )
        self.lines["credits_slice"].append(line(entry, lot.id, amount))
        if kind != "expire":
            made = lot.id if kind == "grant" else NULL
            self._remember(kind, key, at, hold, entry, made, abs(amount), self.balance, 0, expires)
        return entry, key

    def _remember(
        self, kind: str, key: str, at: int, hold: str, entry: str, lot: str, amount: int, posted: int, held: int,
        expires: str,
    ) -> None:  # fmt: skip
        self.lines["credits_operation"].append(
            line(
                self.account,
                key,
                kind,
                f"{self.stream.getrandbits(128):032x}",
                hold,
                entry,
                lot,
                amount,
                0,
                posted,
                held,
                0,
                expires,
                stamp(at),
            )
        )

    def close(self, opened: int) -> None:
        """The account and its lots as they stand after the last entry."""
        for lot in self.lots:
            self.lines["credits_lot"].append(
                line(
                    lot.id,
                    self.account,
                    lot.source,
                    lot.source,
                    BURN_PRIORITY[lot.source],
                    stamp(lot.expires),
                    lot.price,
                    "USD" if lot.price else "",
                    lot.granted,
                    lot.left,
                    0,
                    stamp(lot.born),
                )
            )
        next_expiry = stamp(min(lot.expires for lot in self.lots if lot.left))
        self.lines["credits_account"].append(
            line(self.account, self.balance, 0, 0, next_expiry, stamp(self.last), "", stamp(opened))
        )
