"""uvicorn's HTTP/1.1 protocol with a time limit for headers, and our shape for its own 400.

uvicorn limits how long a connection may idle after an answer, but not how long it may take to
say what it wants: without this, a client that sends a byte a minute keeps its connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from gliner_fast.server.errors import error_body

__all__ = ["make_protocol"]

_BODY = error_body("this is not HTTP", "invalid_request_error", None, "bad_request")
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


def make_protocol(header_timeout: float) -> type[asyncio.Protocol]:
    """The protocol class for uvicorn's ``http`` option."""

    class Protocol(H11Protocol):
        _header_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._await_headers()

        def data_received(self, data: bytes) -> None:
            waiting = self._between_requests()
            super().data_received(data)
            if not self._between_requests():
                self._stop_waiting()
            elif waiting or self._header_timer is None:
                # Part of a head. The clock is not set back: drops of data buy no time.
                self._await_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            self.transport.write(_BAD_REQUEST)
            self.transport.close()

        def _between_requests(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _await_headers(self) -> None:
            if self._header_timer is None:
                self._header_timer = self.loop.call_later(header_timeout, self._give_up)

        def _stop_waiting(self) -> None:
            if self._header_timer is not None:
                self._header_timer.cancel()
                self._header_timer = None

        def _give_up(self) -> None:
            self._header_timer = None
            if self._between_requests() and not self.transport.is_closing():
                self.transport.close()

    return Protocol
