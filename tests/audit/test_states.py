import itertools

import pytest

from audit.states import APPROVAL_MOVES, ApprovalStatus
from core.errors import InvalidTransition
from core.states import refuse_unless_allowed


@pytest.mark.parametrize(("current", "target"), list(itertools.product(ApprovalStatus, repeat=2)))
def test_an_approval_moves_only_from_pending_to_an_end(current, target):
    allowed = current is ApprovalStatus.PENDING and target is not ApprovalStatus.PENDING
    if allowed:
        refuse_unless_allowed(APPROVAL_MOVES, current, target)
    else:
        with pytest.raises(InvalidTransition):
            refuse_unless_allowed(APPROVAL_MOVES, current, target)
