"""Every pair of states, and whether the one may become the other."""

from __future__ import annotations

from itertools import product

import pytest

from accounts.states import (
    EMAIL_CHANGE_MOVES,
    INVITATION_MOVES,
    USER_MOVES,
    EmailChangeStatus,
    InvitationStatus,
    UserStatus,
)
from core.errors import InvalidTransition
from core.states import refuse_unless_allowed

_A, _S, _B, _C = UserStatus.ACTIVE, UserStatus.SUSPENDED, UserStatus.BANNED, UserStatus.CLOSED
ALLOWED = {
    *((UserStatus, a, b) for a, b in [(_A, _S), (_A, _B), (_A, _C), (_S, _A), (_S, _B), (_S, _C)]),
    *((UserStatus, a, b) for a, b in [(_B, _A), (_B, _C), (_C, _A)]),
    (InvitationStatus, InvitationStatus.PENDING, InvitationStatus.ACCEPTED),
    (InvitationStatus, InvitationStatus.PENDING, InvitationStatus.REVOKED),
    (InvitationStatus, InvitationStatus.PENDING, InvitationStatus.EXPIRED),
    (EmailChangeStatus, EmailChangeStatus.REQUESTED, EmailChangeStatus.CONFIRMED),
    (EmailChangeStatus, EmailChangeStatus.REQUESTED, EmailChangeStatus.CANCELED),
    (EmailChangeStatus, EmailChangeStatus.REQUESTED, EmailChangeStatus.EXPIRED),
    (EmailChangeStatus, EmailChangeStatus.CONFIRMED, EmailChangeStatus.APPLIED),
    (EmailChangeStatus, EmailChangeStatus.CONFIRMED, EmailChangeStatus.CANCELED),
}
TABLES = [(UserStatus, USER_MOVES), (InvitationStatus, INVITATION_MOVES), (EmailChangeStatus, EMAIL_CHANGE_MOVES)]
PAIRS = [(kind, moves, a, b) for kind, moves in TABLES for a, b in product(kind, kind)]


@pytest.mark.parametrize(
    ("kind", "moves", "current", "target"), PAIRS, ids=lambda v: str(v) if isinstance(v, str) else ""
)
def test_moves_are_exactly_the_allowed_ones(kind, moves, current, target) -> None:
    if (kind, current, target) in ALLOWED:
        refuse_unless_allowed(moves, current, target)
    else:
        with pytest.raises(InvalidTransition):
            refuse_unless_allowed(moves, current, target)
