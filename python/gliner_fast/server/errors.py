"""The one table from exceptions to HTTP statuses, and OpenAI's shape for all of them.

What the statuses make Anonymizer do: 429 and 503 and 504 are retried, a 500 defers the row,
any other 4xx drops it. So a state that passes is never another 4xx.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gliner_fast.errors import GlinerFastError, InferenceError, InvalidInputError, ModelError
from gliner_fast.server.failures import (
    BrokenAnswer,
    DeadlineExceeded,
    EngineUnavailable,
    LimitExceeded,
    Overloaded,
    RequestRefused,
)

__all__ = ["STATUSES", "Problem", "error_body", "handle_exception", "problem_of"]

# Exception -> (status, type, code). The first class that fits counts, so order matters.
STATUSES: tuple[tuple[type[BaseException], int, str, str], ...] = (
    (InvalidInputError, 422, "invalid_request_error", "invalid_value"),
    (Overloaded, 429, "rate_limit_error", "overloaded"),
    (DeadlineExceeded, 504, "timeout_error", "deadline_exceeded"),
    (EngineUnavailable, 503, "service_unavailable_error", "model_unavailable"),
    (LimitExceeded, 422, "invalid_request_error", "limit_exceeded"),
    (RequestRefused, 400, "invalid_request_error", "bad_request"),
    (InferenceError, 500, "server_error", "inference_failed"),
    (BrokenAnswer, 500, "server_error", "broken_answer"),
    (ModelError, 503, "service_unavailable_error", "model_unavailable"),
    (GlinerFastError, 500, "server_error", "internal_error"),
    (MemoryError, 503, "service_unavailable_error", "out_of_memory"),
    (Exception, 500, "server_error", "internal_error"),
)

_TYPES = {401: "authentication_error", 403: "permission_error", 408: "timeout_error"}
_PLAIN = {
    404: ("not_found", "there is no such path"),
    405: ("method_not_allowed", "this path does not take this method"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is answered.

    Attributes:
        status: HTTP status.
        kind: OpenAI's ``type``.
        code: Short name for programs.
        message: For people; never quotes the request.
        param: The field that is wrong, if one is.
        headers: Extra response headers.
    """

    status: int
    kind: str
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The response to send."""
        return Response(
            error_body(self.message, self.kind, self.param, self.code),
            self.status,
            dict(self.headers),
            "application/json",
        )


def error_body(message: str, kind: str, param: str | None, code: str) -> bytes:
    """``{"error": {...}}`` as OpenAI's clients read it."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json.dumps({"error": error}).encode()


def problem_of(error: BaseException) -> Problem:
    """Look an exception up in the table.

    Only the package's own messages are passed on: they are written to hold no input. What any
    other library says may quote the text.
    """
    if isinstance(error, HTTPException):
        code, message = _PLAIN.get(error.status_code, ("bad_request", "the request is wrong"))
        kind = _TYPES.get(error.status_code, "invalid_request_error")
        return Problem(error.status_code, kind, code, message, None, error.headers or {})
    status, kind, code = next(row[1:] for row in STATUSES if isinstance(error, row[0]))
    message = "something went wrong inside the server; its log has the request id"
    if isinstance(error, GlinerFastError):
        message = str(error)
    elif isinstance(error, MemoryError):
        message = "there was not enough memory for this request"
    param: str | None = None
    headers: dict[str, str] = {}
    if isinstance(error, InvalidInputError):
        param = error.field
    elif isinstance(error, LimitExceeded):
        param = error.field
        status = 413 if error.payload else status
    elif isinstance(error, RequestRefused):
        status, code, headers = error.status, error.code, dict(error.headers)
        kind = _TYPES.get(status, kind)
    elif isinstance(error, (Overloaded, EngineUnavailable)):
        headers = {"retry-after": str(error.retry_after)}
    return Problem(status, kind, code, message, param, headers)


async def handle_exception(request: Request, error: Exception) -> Response:
    """FastAPI's hook for every exception that the table knows by name."""
    problem = problem_of(error)
    request.state.problem = problem.code
    return problem.response()
