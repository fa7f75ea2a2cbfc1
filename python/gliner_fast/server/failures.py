"""Why the server does not answer a request that was understood. Nothing of HTTP here.

::

    GlinerFastError
    └── ServerFailure
        ├── Overloaded          too much is queued; come back after ``retry_after`` seconds
        ├── DeadlineExceeded    the request's time is over
        ├── EngineUnavailable   loading, dead, hung or stopping
        ├── LimitExceeded       one request is larger than a limit of this server
        ├── RequestRefused      the HTTP request itself is wrong (JSON, key, media type ...)
        └── BrokenAnswer        the engine's answer contradicts the text: never sent
"""

from __future__ import annotations

from gliner_fast.errors import GlinerFastError

__all__ = [
    "BrokenAnswer",
    "DeadlineExceeded",
    "EngineUnavailable",
    "LimitExceeded",
    "Overloaded",
    "RequestRefused",
    "ServerFailure",
]


class ServerFailure(GlinerFastError):  # noqa: N818 - a state, not a mistake
    """Base of the failures that only a server has."""


class Overloaded(ServerFailure):
    """The queue is full.

    Attributes:
        retry_after: Whole seconds until there should be room, at least 1.
    """

    def __init__(self, reason: str, setting: str, retry_after: int) -> None:
        super().__init__(f"the server is busy: {reason}; try again in {retry_after} s")
        self.reason = reason
        self.setting = setting
        self.retry_after = retry_after


class DeadlineExceeded(ServerFailure):
    """The request took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s (request_timeout); send a shorter text or try again"
        )


class EngineUnavailable(ServerFailure):
    """The model cannot answer now; a later request may find it back.

    Attributes:
        retry_after: Whole seconds to wait.
    """

    def __init__(self, reason: str, retry_after: int = 2) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LimitExceeded(ServerFailure):
    """A request is larger than this server takes.

    Attributes:
        field: The part of the request, or None for the whole body.
        setting: The setting that holds the limit.
        payload: True if the request is too large as a whole, False if one value is out of
            bounds.
    """

    def __init__(
        self, what: str, got: int, limit: int, setting: str, field: str | None, *, payload: bool
    ) -> None:
        amount = f"got {got}" if got > limit else "got more"
        super().__init__(f"{what}: at most {limit} here ({setting}), {amount}")
        self.field = field
        self.setting = setting
        self.payload = payload


class RequestRefused(ServerFailure):
    """The request is wrong before its parameters are looked at.

    Attributes:
        status: HTTP status.
        code: Short name for programs.
        headers: Response headers that go with it.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


class BrokenAnswer(ServerFailure):
    """An answer that must not be sent: its offsets, text or scores do not fit the text."""
