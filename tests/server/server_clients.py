"""Two ways to a server: in this process without sockets, and a real one on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
from server_engines import RegexEngine
from server_watch import WATCH

from gliner_fast.server.app import create_app
from gliner_fast.server.runtime import EngineLoader
from gliner_fast.server.settings import ServerSettings

T = TypeVar("T")
HERE = Path(__file__).parent


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.01)


def chat(text: str = "", **more: Any) -> dict[str, Any]:
    """A request's body."""
    return {"messages": [{"role": "user", "content": text}], **more}


def content(response: httpx.Response) -> dict[str, Any]:
    """The answer inside a chat completion."""
    assert response.status_code == 200, response.text
    decoded: dict[str, Any] = json.loads(response.json()["choices"][0]["message"]["content"])
    return decoded


def entities(response: httpx.Response) -> list[tuple[str, str, int, int]]:
    """(text, label, start, end) of each entity."""
    found = content(response)["entities"]
    return [(e["text"], e["label"], e["start"], e["end"]) for e in found]


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The error inside a response, which must have OpenAI's shape exactly."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["message"]
    for words in ("quota exceeded", "max tokens", "context length"):
        assert words not in error["message"].lower()
    return error


class InProcess:
    """The application with its life cycle, on an event loop in a thread of its own."""

    def __init__(self, source: Any = None, ready: bool = True, **settings: Any) -> None:
        engine: RegexEngine | EngineLoader = RegexEngine() if source is None else source
        self.app = create_app(engine, ServerSettings(**settings))
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._life = self.app.router.lifespan_context(self.app)
        self.do(self._life.__aenter__())
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30)
        if ready:
            eventually(lambda: self.app.state.runtime.state == "ready")

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        response = self.do(self.client.request(method, path, **more))
        if response.status_code >= 400:
            WATCH.hear(f"error body of {path}", response.text)
        return response

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """``body``: bytes as they are, anything else as JSON (lone surrogates escaped)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, content=raw, **more)

    def chat(self, text: str = "", **more: Any) -> httpx.Response:
        return self.post("/v1/chat/completions", chat(text, **more))

    def close(self) -> None:
        WATCH.hear("metrics", self.get("/metrics").text)
        self.do(self.client.aclose())
        self.do(self._life.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@contextlib.contextmanager
def in_process(source: Any = None, **settings: Any) -> Iterator[InProcess]:
    server = InProcess(source, **settings)
    try:
        yield server
    finally:
        server.close()


class Live:
    """A real server process on a free port of loopback.

    Args:
        flags: Command line flags.
        engine: What ``server_main.py`` should serve: ``regex`` and its faults, or ``real``.
    """

    def __init__(
        self,
        *flags: str,
        engine: str = "regex",
        wait: bool = True,
        env: dict[str, str] | None = None,
    ) -> None:
        environment = {**os.environ, "GLINER_TEST_ENGINE": engine, **(env or {})}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(HERE / "server_main.py"),
                *("--port", "0", "--log-format", "json", "--log-level", "debug"),
                *flags,
            ],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = 0
        if wait:
            eventually(self._listening, 30)
            self.wait_ready()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            WATCH.hear("standard error of a server", line)

    def _listening(self) -> bool:
        assert self.process.poll() is None, "".join(self.lines)
        for line in self.lines:
            if found := re.search(r'"event": "listening".*"port": (\d+)', line):
                self.port = int(found[1])
        return self.port > 0

    def wait_listening(self) -> None:
        eventually(self._listening, 30)

    def wait_ready(self) -> None:
        eventually(lambda: httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200, 30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **more: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, **more)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines with this event."""
        decoded = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [entry for entry in decoded if entry["event"] == name]

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 20) -> int:
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(Exception):
                WATCH.hear("metrics", httpx.get(f"{self.url}/metrics", timeout=2).text)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self._reader.join(5)
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextlib.contextmanager
def live(*flags: str, **options: Any) -> Iterator[Live]:
    server = Live(*flags, **options)
    try:
        yield server
    finally:
        server.close()
