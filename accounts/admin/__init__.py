"""The console's pages of people, teams and what guards them. One file a noun."""

from accounts.admin import _export, _find, _header, _my_security, _others, _panels, _roles, _users, _workspace_panels

__all__ = ["_export", "_find", "_header", "_my_security", "_others", "_panels", "_roles", "_users", "_workspace_panels"]
