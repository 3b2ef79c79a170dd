"""The outbox in the console."""

from outbox.admin import _bulk, _home, _jobs, _mail, _pages, _queues

__all__ = ["_bulk", "_home", "_jobs", "_mail", "_pages", "_queues"]
