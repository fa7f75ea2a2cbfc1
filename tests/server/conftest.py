"""Fixtures of the server's tests, and the search for leaks over all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from server_clients import InProcess, Live, in_process, live
from server_watch import WATCH, WatchHandler


@pytest.fixture(scope="session", autouse=True)
def nothing_private_is_said() -> Iterator[None]:
    """Fails the session if any log line, metric or error body held planted text."""
    handler = WatchHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    log = logging.getLogger("gliner_fast")
    log.setLevel(logging.DEBUG)
    log.debug("the watch listens")
    # Some tests alone say nothing; a watch that hears nothing would find no leak in any.
    assert WATCH.said
    yield
    root.removeHandler(handler)
    assert not WATCH.leaks()


@pytest.fixture(scope="session")
def server() -> Iterator[InProcess]:
    """A server in this process with all defaults."""
    with in_process() as running:
        yield running


@pytest.fixture(scope="session")
def live_server() -> Iterator[Live]:
    """A real server process on loopback with all defaults."""
    with live() as running:
        yield running
