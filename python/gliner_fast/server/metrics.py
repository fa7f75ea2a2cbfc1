"""Prometheus metrics. Labels of metrics come from fixed sets, never from a request's text.

With several workers the supervisor sets ``PROMETHEUS_MULTIPROC_DIR``: every worker then keeps
its values in a file there, and any of them answers ``/metrics`` for all.
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from gliner_fast.label_sets import ANONYMIZER_LABELS

__all__ = ["CONTENT_TYPE_LATEST", "Metrics", "resident_bytes"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_TOKENS = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536)
_KNOWN = frozenset(ANONYMIZER_LABELS)
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident_bytes() -> int:
    """Resident memory of this process in bytes; 0 where it cannot be read."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - on every scrape
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


class Metrics:
    """All metrics of one server, in a registry of their own. Also the scheduler's observer."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "gliner_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=registry,
        )
        self._duration = Histogram(
            "gliner_request_seconds",
            "Time from headers to the answer's last byte.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "gliner_requests_in_flight",
            "Requests being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._queue_requests = Gauge(
            "gliner_queue_requests",
            "Requests with windows that wait for the model.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._queue_tokens = Gauge(
            "gliner_queue_tokens",
            "Tokens that wait for the model.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._wait = Histogram(
            "gliner_queue_wait_seconds",
            "Wait of a request's first window for its batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._inference = Histogram(
            "gliner_inference_seconds",
            "Time of one batch in the model.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch_tokens = Histogram(
            "gliner_batch_tokens",
            "Tokens of a batch, padding included.",
            buckets=_TOKENS,
            registry=registry,
        )
        self._batch_fill = Histogram(
            "gliner_batch_fill_ratio",
            "Share of a batch that is not padding.",
            buckets=(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0),
            registry=registry,
        )
        self._batch_requests = Histogram(
            "gliner_batch_requests",
            "Requests that share a batch.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self._windows = Counter("gliner_windows", "Windows that the model ran.", registry=registry)
        self._tokens = Counter(
            "gliner_tokens", "Tokens that the model ran, without padding.", registry=registry
        )
        self._failures = Counter(
            "gliner_batch_failures", "Runs of the model that raised.", registry=registry
        )
        self._entities = Counter(
            "gliner_entities",
            "Entities found, by known label; others are 'other'.",
            ["label"],
            registry=registry,
        )
        self._rejected = Counter(
            "gliner_rejected", "Requests refused because of load.", ["reason"], registry=registry
        )
        self._cancelled = Counter(
            "gliner_cancelled",
            "Requests given up before their answer.",
            ["reason"],
            registry=registry,
        )
        self._resident = Gauge(
            "gliner_resident_memory_bytes",
            "Resident memory.",
            registry=registry,
            multiprocess_mode="liveall",
        )
        self._ready = Gauge(
            "gliner_ready",
            "1 while the model is loaded and works.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._model = Gauge(
            "gliner_model_info",
            "The model that is served.",
            ["model", "device"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        for reason in ("queue_tokens", "queue_requests"):
            self._rejected.labels(reason)
        for reason in ("client", "deadline"):
            self._cancelled.labels(reason)

    def render(self) -> bytes:
        """The text that Prometheus reads, over all workers."""
        self.sample()
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def sample(self) -> None:
        """Refresh what is measured rather than counted."""
        self._resident.set(resident_bytes())

    # -- the server's side ----------------------------------------------------------------

    def request_began(self) -> None:
        """A request's headers are here."""
        self._in_flight.inc()

    def request_ended(self, route: str, status: int, seconds: float) -> None:
        """A request is over; ``route`` is a template, never the raw path."""
        self._in_flight.dec()
        self._requests.labels(route, str(status)).inc()
        self._duration.labels(route).observe(seconds)

    def entities(self, labels: Iterable[str]) -> None:
        """Count entities by label. A label of the caller's own making may be private."""
        for label, number in Tally(x if x in _KNOWN else "other" for x in labels).items():
            self._entities.labels(label).inc(number)

    def ready(self, model: str, device: str) -> None:
        """The model is loaded."""
        self._model.labels(model, device).set(1)
        self._ready.set(1)

    def unready(self) -> None:
        """The model does not answer."""
        self._ready.set(0)

    # -- the scheduler's side -------------------------------------------------------------

    def queued(self, requests: int, tokens: int) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._queue_requests.set(requests)
        self._queue_tokens.set(tokens)

    def waited(self, seconds: float) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._wait.observe(seconds)

    def batch(self, requests: int, windows: int, tokens: int, padded: int, seconds: float) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._inference.observe(seconds)
        self._batch_tokens.observe(padded)
        self._batch_fill.observe(tokens / padded if padded else 1.0)
        self._batch_requests.observe(requests)
        self._windows.inc(windows)
        self._tokens.inc(tokens)

    def batch_failed(self) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._failures.inc()

    def rejected(self, reason: str) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._rejected.labels(reason).inc()

    def cancelled(self, reason: str) -> None:
        """See :class:`~gliner_fast.server.protocol.Observer`."""
        self._cancelled.labels(reason).inc()
