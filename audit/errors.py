"""What the trail and its approvals refuse."""

from __future__ import annotations

from core.errors import Refusal


class OwnApproval(Refusal):
    """Who asked cannot decide: the rule is that two people agree."""

    code = "own_approval"
    http_status = 403
    title = "A second person has to decide this"
    detail = "You asked for this yourself, so somebody else has to approve or deny it."


class NotTheRequester(Refusal):
    """Only who asked may take the request back; others deny it."""

    code = "not_the_requester"
    http_status = 403
    title = "Only the person who asked can withdraw this"


class ApprovalExpired(Refusal):
    """Nobody decided in time."""

    code = "approval_expired"
    http_status = 409
    title = "This request has expired"
    detail = "Nobody decided in time. Ask again if it is still wanted."


class ApprovalOutdated(Refusal):
    """The target is not what it was when the request was made."""

    code = "approval_outdated"
    http_status = 409
    title = "The target has changed since the request"
    detail = "What this would change is no longer as it was when it was asked for. Withdraw or deny it, and ask again."


class UnknownApprovalKind(Refusal):
    """The part of the product that executes this kind of request is no longer installed."""

    code = "unknown_approval_kind"
    http_status = 409
    title = "Nothing here can execute this kind of request"


class AlreadyAcknowledged(Refusal):
    """The change has its explanation."""

    code = "already_acknowledged"
    http_status = 409
    title = "This change is already explained"


class NameTaken(Refusal):
    """The actor keeps another search under this name."""

    code = "name_taken"
    http_status = 409
    title = "You have a search of this name"


class ExportNotReady(Refusal):
    """The file is not written yet, or has expired."""

    code = "export_not_ready"
    http_status = 409
    title = "There is no file to download"
