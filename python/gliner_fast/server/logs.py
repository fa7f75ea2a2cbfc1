"""Logging with the standard library: one line per event, JSON or for a console.

No line holds text or an entity. That includes tracebacks: the message of an exception that is
not ours may quote its input (``KeyError`` does), so only its type and the code lines show.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TextIO

from gliner_fast.errors import GlinerFastError

__all__ = ["ConsoleFormatter", "JsonFormatter", "configure_logging", "describe_exception"]

_OURS = "gliner_fast"


def describe_exception(error: BaseException) -> str:
    """An exception's chain: types, our own messages, and the places in the code."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        message = f": {current}" if isinstance(current, GlinerFastError) else ""
        lines.append(f"{type(current).__name__}{message}")
        lines.extend(_places(current.__traceback__))
        current = current.__cause__ or current.__context__
    return "\n".join(lines)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace)[-12:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


class _SafeFormatter(logging.Formatter):
    """Shared by both formats: time stamps, fields, and exceptions without foreign messages."""

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """The record's structured fields, given as ``extra={"fields": {...}}``."""
        given = getattr(record, "fields", None)
        return dict(given) if isinstance(given, dict) else {}

    def trace(self, record: logging.LogRecord) -> str:
        """The record's exception, described safely; empty if there is none."""
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        return describe_exception(record.exc_info[1])

    def stamp(self, record: logging.LogRecord) -> str:
        """UTC with milliseconds."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"{seconds}.{int(record.msecs):03d}Z"


class JsonFormatter(_SafeFormatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See the class."""
        entry: dict[str, object] = {
            "time": self.stamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **self.fields(record),
        }
        if trace := self.trace(record):
            entry["exception"] = trace
        return json.dumps(entry, default=str)


class ConsoleFormatter(_SafeFormatter):
    """``time level event key=value ...``."""

    def format(self, record: logging.LogRecord) -> str:
        """See the class."""
        parts = [self.stamp(record), f"{record.levelname:<7}", record.getMessage()]
        parts += [f"{key}={value}" for key, value in self.fields(record).items()]
        line = " ".join(parts).replace("\n", " ")
        trace = self.trace(record)
        return f"{line}\n{trace}" if trace else line


def configure_logging(style: str, level: str, stream: TextIO | None = None) -> None:
    """Send everything to one stream (standard error) in one format.

    Args:
        style: ``json`` or ``console``.
        level: For our own and uvicorn's loggers; other libraries only speak up from WARNING.
        stream: Where to write.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in (_OURS, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(level.upper())
    # uvicorn's access log shows the raw path, which is the client's text; ours shows the route.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(True)
