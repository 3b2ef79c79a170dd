"""Structured logs: one JSON object a line, with the request id and the actor of the moment.

What somebody searched for stands in query strings; neither they nor whole requests are written down.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.context import current


def _add_context(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = current()
    if context.request_id:
        event.setdefault("request_id", context.request_id)
    if context.actor.id:
        event.setdefault("actor", context.actor.id)
    return event


_QUERY = re.compile(r"\?[^\s\"'>]*")
_SAY_ADDRESSES = frozenset({"django.server", "gunicorn.error"})  # in their messages, with the query


def _ids_for_requests(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in getattr(event.pop("request", None), "log_facts", {}).items():
        event.setdefault(name, value)
    if event.get("logger") in _SAY_ADDRESSES:
        event["event"] = _QUERY.sub("?…", str(event["event"]))
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    _add_context,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error as JSON. Also configures structlog itself."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder(), _ids_for_requests],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
    }


def gunicorn_logging_config(*, level: str) -> dict[str, Any]:
    """gunicorn's ``logconfig_dict``: its own words become JSON lines like all others."""
    config = logging_config(level=level)
    ours = {"handlers": [], "propagate": True, "level": level}
    config["loggers"] |= {"gunicorn.error": ours, "gunicorn.access": ours}
    return config
