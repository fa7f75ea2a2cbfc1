"""Collects everything the server says beside its answers, to look for private text in it.

Texts in these tests hold the words below. At the end of the session no log line, metric, error
body or standard error of a server process may hold one of them.
"""

from __future__ import annotations

import logging

from gliner_fast.server.logs import ConsoleFormatter, JsonFormatter

PII_NAME = "Quillonbrae"
PII_EMAIL = "quillonbrae.zed@planted.example"
PII_PHONE = "555-0142-7788"
PII_LABEL = "Grimsweather"
PII_NUMBER = 4111111111111111
PII = (PII_NAME, "quillonbrae", "planted.example", PII_PHONE, PII_LABEL, str(PII_NUMBER))
TEXT = f"Reach Ann {PII_NAME} at {PII_EMAIL} or {PII_PHONE}."


class Watch:
    """What was said, and by whom."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def hear(self, source: str, words: str) -> None:
        self.said.append((source, words))

    def leaks(self) -> list[tuple[str, str]]:
        """Where private text shows: (source, first 400 characters)."""
        return [
            (source, words[:400])
            for source, words in self.said
            if any(secret in words for secret in PII)
        ]


WATCH = Watch()


class WatchHandler(logging.Handler):
    """Hears every record of every logger, in both of the server's formats."""

    def emit(self, record: logging.LogRecord) -> None:
        for formatter in (JsonFormatter(), ConsoleFormatter()):
            WATCH.hear(f"log {record.name}", formatter.format(record))
