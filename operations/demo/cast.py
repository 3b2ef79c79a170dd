"""Who has a name in this story: the staff, and the customers whose logins work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from accounts.roles import StaffRole
from core.demo import STAFF_DOMAIN
from operations.demo.chance import dice, id_at
from operations.demo.people import CUSTOMER_DOMAIN, Customer, Habit, address, locale_or_default
from operations.demo.rhythm import Span

_STAFF = {
    StaffRole.FOUNDER: ("Max Okafor-Lindqvist", "Europe/Vienna"),
    StaffRole.ENGINEER: ("Olu Adeyemi", "Africa/Lagos"),
    StaffRole.SUPPORT_LEAD: ("Noor Haddad", "Europe/Berlin"),
    StaffRole.FINANCE: ("Fay Whitcombe", "Europe/London"),
    StaffRole.SUPPORT: ("Sam Castellanos", "America/Mexico_City"),
    StaffRole.TRUST_LEAD: ("Iris Tanaka", "Asia/Tokyo"),
    StaffRole.MODERATOR: ("Kim Nguyễn", "Asia/Ho_Chi_Minh"),
    StaffRole.COMPLIANCE: ("Lena Baumgartner", "Europe/Zurich"),
}
_OFFICE_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_CUSTOMERS = (
    ("Ada Lovelace", "ada", "Europe/London", Habit.SUBSCRIBER, 420),
    ("Bo Andersson", "bo", "Europe/Stockholm", Habit.TRIER, 300),
    ("Cleo Marchetti", "cleo", "Europe/Rome", Habit.BUYER, 150),
)
TEAM_NAME = "Analytical Engines"  # Ada's, with Bo in it


def make_staff(*, seed: int, span: Span) -> dict[StaffRole, Customer]:
    """One person a staff role, hired in the company's first weeks."""
    stream = dice(seed, "staff")
    found = {}
    for number, (role, (name, zone)) in enumerate(_STAFF.items()):
        hired = span.start + timedelta(days=number * 4, hours=8, minutes=stream.randrange(60))
        found[role] = Customer(
            id=id_at(stream, hired),
            workspace_id=id_at(stream, hired),
            membership_id=id_at(stream, hired),
            name=name,
            email=f"{role.value}@{STAFF_DOMAIN}",
            locale=locale_or_default("en-us"),
            zone=zone,
            joined_at=hired,
            habit=Habit.GONE,
            address=address(stream),
            agent=_OFFICE_AGENT,
            is_staff=True,
            roles=(role.value,),
        )
    return found


def make_friends(*, seed: int, span: Span) -> Sequence[Customer]:
    """Ada, Bo and Cleo: customers whose logins work."""
    stream = dice(seed, "friends")
    found = []
    for name, login, zone, habit, age in _CUSTOMERS:
        joined = span.end - timedelta(days=age, hours=stream.randrange(8), minutes=stream.randrange(60))
        found.append(
            Customer(
                id=id_at(stream, joined),
                workspace_id=id_at(stream, joined),
                membership_id=id_at(stream, joined),
                name=name,
                email=f"{login}@{CUSTOMER_DOMAIN}",
                locale=locale_or_default("en-us"),
                zone=zone,
                joined_at=joined,
                habit=habit,
                address=address(stream),
                agent=_OFFICE_AGENT,
                tags=["design-partner"] if login == "ada" else [],
            )
        )
    return found
