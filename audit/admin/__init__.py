"""The trail in the console."""

from audit.admin import _approvals, _entries, _find, _home, _integrity, _timeline, _views

__all__ = ["_approvals", "_entries", "_find", "_home", "_integrity", "_timeline", "_views"]
