"""The outbox in the console."""

from outbox.admin import _bulk, _find, _home, _jobs, _mail, _pages, _queues

__all__ = ["_bulk", "_find", "_home", "_jobs", "_mail", "_pages", "_queues"]
