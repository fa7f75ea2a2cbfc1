"""A Hub on loopback: the part of its HTTP interface that huggingface_hub downloads with."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

__all__ = ["FakeHub", "fake_hub"]

Files = dict[str, bytes]


@dataclass
class _Repository:
    """Commits by their hash, and the branches that point at them."""

    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)


class FakeHub:
    """Repositories, and a record of what was asked of them.

    Attributes:
        asked: ``METHOD path`` of every request.
        url: For ``HF_ENDPOINT``.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""
        self._repositories: dict[str, _Repository] = {}

    def commit(self, repository: str, files: Files, branch: str = "main") -> str:
        """Replace the files on a branch; returns the new commit's hash."""
        where = self._repositories.setdefault(repository, _Repository())
        digest = hashlib.sha1(usedforsecurity=False)
        for name, content in sorted(files.items()):
            digest.update(name.encode() + content)
        commit = digest.hexdigest()
        where.commits[commit] = dict(files)
        where.branches[branch] = commit
        return commit

    def downloads(self) -> list[str]:
        """Names of the files fetched since the last call, in alphabetical order."""
        gets = [line.split("/", 5) for line in self.asked if line.startswith("GET /")]
        self.asked.clear()
        return sorted(parts[5] for parts in gets if parts[3:4] == ["resolve"])

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path."""
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        api = parts[:2] == ["api", "models"]
        parts = parts[2:] if api else parts
        repository = self._repositories.get("/".join(parts[:2]))
        if repository is None:
            # The Hub does not tell a stranger whether a repository is private or absent.
            return 401, {"X-Error-Code": "RepoNotFound"}, b""
        wanted = parts[3] if len(parts) > 3 else "main"
        commit = repository.branches.get(wanted, wanted)
        if commit not in repository.commits:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        files = repository.commits[commit]
        if api and parts[2:3] == ["tree"]:
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                for name, content in files.items()
            ]
            return 200, {"Content-Type": "application/json"}, json.dumps(tree).encode()
        if api:
            names = [{"rfilename": name} for name in files]
            info = {"id": "/".join(parts[:2]), "sha": commit, "siblings": names, "private": False}
            return 200, {"Content-Type": "application/json"}, json.dumps(info).encode()
        content = files.get("/".join(parts[4:]))
        if content is None:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        etag = hashlib.sha256(content).hexdigest()
        return 200, {"ETag": f'"{etag}"', "X-Repo-Commit": commit}, content


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """A hub that answers while the block runs, and refuses connections afterwards."""
    hub = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._reply(with_body=False)

        def do_GET(self) -> None:
            self._reply(with_body=True)

        def _reply(self, with_body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            status, headers, body = hub.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
