"""What is decided before a request's content is looked at: keys, and limits on its body."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gliner_fast.server.failures import LimitExceeded, RequestRefused

__all__ = ["OPEN_PATHS", "SECURITY_HEADERS", "BodyLimit", "ClientGone", "KeyRing", "RequireKey"]

# Probes come from orchestrators that have no key; they say nothing but alive or not.
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/health"})

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    # Answers hold what was found in private text.
    (b"cache-control", b"no-store"),
)


class ClientGone(Exception):  # noqa: N818 - nothing went wrong
    """The client hung up: nobody is there to answer."""


class KeyRing:
    """Accepted bearer keys, kept as hashes."""

    def __init__(self, keys: list[str]) -> None:
        self._hashes = [self._hash(key.encode()) for key in keys]

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Keys from a file: one a line, empty lines and ``#`` comments left out.

        Raises:
            ValueError: If the file holds no key, or one of fewer than 16 characters. The
                message does not quote it.
        """
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        if not keys:
            raise ValueError(f"{path}: holds no key")
        for number, key in enumerate(keys, 1):
            if len(key) < 16:
                raise ValueError(f"{path}: key {number} has fewer than 16 characters")
        return cls(keys)

    @staticmethod
    def _hash(key: bytes) -> bytes:
        return hashlib.sha256(key).digest()

    def check(self, authorization: str | None) -> None:
        """Accept or refuse an ``Authorization`` header.

        Takes the same time whichever key fits, or none: all are compared, as hashes.

        Raises:
            RequestRefused: 401 without a bearer key, 403 with an unknown one.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RequestRefused(
                401,
                "missing_api_key",
                "this server needs a key: send the header 'Authorization: Bearer <key>'",
                {"www-authenticate": "Bearer"},
            )
        got = self._hash(key.strip().encode("utf-8", "surrogateescape"))
        known = False
        for expected in self._hashes:
            known |= hmac.compare_digest(got, expected)
        if not known:
            raise RequestRefused(403, "invalid_api_key", "this key is not known here")


class RequireKey:
    """ASGI middleware: a key for every path but the probes."""

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            self._keys.check(Headers(scope=scope).get("authorization"))
        await self._app(scope, receive, send)


class BodyLimit:
    """ASGI middleware: reads the body, within a size and a time, before anything else does."""

    def __init__(self, app: ASGIApp, max_bytes: int, timeout: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            # A small compressed body can be a huge text: not worth the risk on a local server.
            raise RequestRefused(
                415, "unsupported_encoding", "content-encoding: bodies must not be compressed"
            )
        declared = headers.get("content-length", "")
        if declared.isdecimal() and len(declared) < 20 and int(declared) > self._max_bytes:
            raise self._too_large(int(declared))
        try:
            body = await asyncio.wait_for(self._read(receive), self._timeout)
        except (asyncio.TimeoutError, TimeoutError):
            raise RequestRefused(
                408,
                "body_timeout",
                f"the body did not arrive within {self._timeout:g} s (body_timeout)",
                {"connection": "close"},
            ) from None
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_bytes:
                raise self._too_large(size)
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self, size: int) -> LimitExceeded:
        return LimitExceeded(
            "body bytes", size, self._max_bytes, "max_body_bytes", None, payload=True
        )
