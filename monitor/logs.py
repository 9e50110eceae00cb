"""Structured logging: one line an outcome, on standard error, never a name, a handle or a text.

JSON lines under a service manager, readable lines on a terminal. Only the keys named here pass; the
rest is dropped, so that a careless call cannot leak (DOMAIN.md; the custody log is data, not this).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

SAFE_KEYS = frozenset(
    {
        "event", "level", "timestamp",
        "source", "sources", "outcome", "items_seen", "items_kept", "exhibit", "mode", "sequence",
        "office", "part", "kind", "error", "where", "version", "signal", "practice",
    }
)  # fmt: skip
"""What a log line may say. Values are codes, numbers and times; free text has no key."""


def drop_unsafe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep only the safe keys."""
    return {key: value for key, value in event.items() if key in SAFE_KEYS}


def configure(stream: TextIO | None = None) -> None:
    """Set logging up for this process; the libraries' own loggers are kept quiet, for their lines may
    hold addresses and texts."""
    out = stream or sys.stderr
    logging.basicConfig(stream=out, level=logging.CRITICAL + 1, force=True)
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer(sort_keys=True)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            drop_unsafe,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
