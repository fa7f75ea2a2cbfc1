"""The outermost middleware: request ids, the log line, metrics, headers, and last words.

Whatever happens further in, the client gets one well-formed answer, and the log one line that
says how long it took and how much it was, never what it was.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gliner_fast.server.errors import Problem, problem_of
from gliner_fast.server.failures import DeadlineExceeded, EngineUnavailable
from gliner_fast.server.metrics import Metrics
from gliner_fast.server.security import SECURITY_HEADERS, ClientGone

__all__ = ["RequestContext", "note"]

log = logging.getLogger("gliner_fast.server.request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: What a busy or starting server answers: its name in the log line says all.
_EXPECTED = (DeadlineExceeded, EngineUnavailable)
_CLIENT_GONE = 499  # nginx's number; nobody receives it


def note(scope: Scope, **facts: object) -> None:
    """Add numbers to the request's log line. Never text."""
    scope.setdefault("gliner.facts", {}).update(facts)


class RequestContext:
    """See the module."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["gliner.began"] = time.monotonic()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        extra = [(b"x-request-id", request_id.encode()), *SECURITY_HEADERS]
        status = 0
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                seconds = time.perf_counter() - began
                self._finish(scope, request_id, status or _CLIENT_GONE, seconds)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message.get("headers", [])}
                more = [header for header in extra if header[0] not in present]
                if scope["app"].state.draining:
                    # The connection ends with this answer: the client opens its next one
                    # where somebody still listens.
                    more.append((b"connection", b"close"))
                message["headers"] = [*message.get("headers", []), *more]
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                end()  # first counted, then sent: who has an answer finds it in the metrics
            await send(message)

        self._metrics.request_began()
        try:
            await self._app(scope, receive, answer)
        except ClientGone:
            status = _CLIENT_GONE
        except Exception as error:
            problem = problem_of(error)
            note(scope, error=problem.code)
            if problem.status >= 500 and not isinstance(error, _EXPECTED):
                log.error("a request failed", exc_info=error, extra=_fields(id=request_id))
            if status:
                raise  # too late for another answer: the server closes the connection
            await self._apologize(problem, scope, receive, answer)
        finally:
            end()

    @staticmethod
    async def _apologize(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        await problem.response()(scope, receive, send)

    def _finish(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        # The template, not the path: a path may hold anything.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.request_ended(route, status, seconds)
        if not log.isEnabledFor(logging.INFO):
            return
        fields = _fields(
            id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            **scope.get("gliner.facts", {}),
        )
        log.info("request", extra=fields)


def _fields(**fields: Any) -> dict[str, dict[str, Any]]:
    return {"fields": fields}
