"""The ledger in the console. One file a page."""

from credits.admin import _accounts, _adjustments, _entries, _find, _header, _holds, _home, _limits, _panels

__all__ = ["_accounts", "_adjustments", "_entries", "_find", "_header", "_holds", "_home", "_limits", "_panels"]
