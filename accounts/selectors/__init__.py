"""Reads of this app. One file a noun."""

from accounts.selectors._access import Access, describe_access, list_staff_access
from accounts.selectors._keys import find_api_key, list_api_keys, list_api_keys_of
from accounts.selectors._logins import (
    KEY_GUESSES,
    KNOWN_FOR,
    LoginState,
    OwnFactors,
    SessionInfo,
    count_key_guesses,
    count_login_failures,
    is_known_network,
    list_factors,
    list_sessions,
    summarize_factors,
    summarize_login_state,
)
from accounts.selectors._restrictions import find_active_restriction, list_capabilities_taken, list_restrictions
from accounts.selectors._roles import find_role_label, list_roles, list_staff_with
from accounts.selectors._users import (
    actor_of,
    customer_actor,
    find_open_email_change,
    find_user,
    find_user_by_email,
    get_user,
    get_user_by_public_id,
)
from accounts.selectors._workspaces import (
    get_acting_workspace,
    get_personal_workspace,
    get_workspace,
    list_invitations,
    list_members,
    list_teams_left_ownerless,
    list_workspaces,
)

__all__ = [
    "KEY_GUESSES",
    "KNOWN_FOR",
    "Access",
    "LoginState",
    "OwnFactors",
    "SessionInfo",
    "actor_of",
    "count_key_guesses",
    "count_login_failures",
    "customer_actor",
    "describe_access",
    "find_active_restriction",
    "find_api_key",
    "find_open_email_change",
    "find_role_label",
    "find_user",
    "find_user_by_email",
    "get_acting_workspace",
    "get_personal_workspace",
    "get_user",
    "get_user_by_public_id",
    "get_workspace",
    "is_known_network",
    "list_api_keys",
    "list_api_keys_of",
    "list_capabilities_taken",
    "list_factors",
    "list_invitations",
    "list_members",
    "list_restrictions",
    "list_roles",
    "list_sessions",
    "list_staff_access",
    "list_staff_with",
    "list_teams_left_ownerless",
    "list_workspaces",
    "summarize_factors",
    "summarize_login_state",
]
