"""One detection for one HTTP request: limits, labels, deadline, hang-ups, checks.

Both detecting routes come through here, so that they cannot differ in any of it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from starlette.requests import Request

from gliner_fast.server.answers import check_entities
from gliner_fast.server.context import note
from gliner_fast.server.failures import LimitExceeded, RequestRefused
from gliner_fast.server.labels import LabelMap
from gliner_fast.server.metrics import Metrics
from gliner_fast.server.runtime import Runtime
from gliner_fast.server.scheduler import Detection, Query, window_count
from gliner_fast.server.schemas import DetectParameters, clamp_windows
from gliner_fast.server.security import ClientGone
from gliner_fast.server.settings import ServerSettings
from gliner_fast.types import (
    DEFAULT_CHUNK_LENGTH,
    DEFAULT_THRESHOLD,
    DecodeOptions,
    DetectOptions,
    default_overlap,
)

__all__ = ["Service", "read_json"]

T = TypeVar("T")

# Bodies above this are parsed on a thread; below, the hop costs more than the parsing.
_LARGE_BODY = 256 * 1024


async def read_json(request: Request) -> Any:
    """The decoded body, whatever its content type says: the reference does not ask either.

    Raises:
        RequestRefused: If it is not JSON.
    """
    body = await request.body()
    try:
        if len(body) > _LARGE_BODY:
            return await asyncio.get_running_loop().run_in_executor(None, json.loads, body)
        return json.loads(body)
    except (ValueError, RecursionError):
        # The decoder's message is left out: some of them quote the document.
        raise RequestRefused(400, "invalid_json", "body: expected JSON") from None


class Service:
    """Detects for requests."""

    def __init__(self, runtime: Runtime, settings: ServerSettings, metrics: Metrics) -> None:
        self.runtime = runtime
        self.settings = settings
        self._metrics = metrics

    async def detect(self, request: Request, text: str, asked: DetectParameters) -> Detection:
        """Answer a request's detection, with the caller's own labels.

        Raises:
            InvalidInputError, LimitExceeded, Overloaded, DeadlineExceeded, EngineUnavailable,
            InferenceError, BrokenAnswer: See their classes.
            ClientGone: The client hung up; the detection was given up.
        """
        settings = self.settings
        labels = settings.default_labels if asked.labels is None else asked.labels
        note(request.scope, characters=len(text), labels=len(labels))
        mapped = LabelMap.of(labels, settings.aliases)
        options = self._options(asked, mapped)
        self._check_limits(text, labels, options)
        scheduler = self.runtime.scheduler
        note(
            request.scope,
            threshold=options.decode.threshold,
            chunk_length=options.chunk_length,
            overlap=options.overlap,
            flat_ner=options.decode.flat_ner,
        )
        if not mapped.asked:
            return Detection([])
        elapsed = time.monotonic() - request.scope["gliner.began"]
        left = settings.request_timeout - elapsed
        query = Query(text, mapped.asked, options, bool(asked.coverage))
        work = scheduler.detect(query, left)
        detection = await _unless_gone(request, work)
        check_entities(text, detection.entities)
        entities = mapped.restore(detection.entities)
        self._metrics.entities(entity["label"] for entity in detection.entities)
        note(
            request.scope,
            windows=detection.windows,
            tokens=detection.tokens,
            entities=len(entities),
        )
        return replace(detection, entities=entities)

    def _options(self, asked: DetectParameters, labels: LabelMap) -> DetectOptions:
        length = DEFAULT_CHUNK_LENGTH if asked.chunk_length is None else asked.chunk_length
        chunk_length, overlap = clamp_windows(
            length, default_overlap(length) if asked.overlap is None else asked.overlap
        )
        decode = DecodeOptions(
            threshold=DEFAULT_THRESHOLD if asked.threshold is None else asked.threshold,
            flat_ner=bool(asked.flat_ner),
            thresholds=labels.thresholds(asked.thresholds or {}, self.settings.aliases),
        )
        return DetectOptions(decode, chunk_length, overlap)

    def _check_limits(self, text: str, labels: tuple[str, ...], options: DetectOptions) -> None:
        settings = self.settings
        longest = max(map(len, labels), default=0)
        windows = window_count(len(text), options)
        for what, got, limit, setting, field, payload in (
            (
                "characters of text",
                len(text),
                settings.max_characters,
                "max_characters",
                "messages",
                True,
            ),
            ("labels", len(labels), settings.max_labels, "max_labels", "labels", False),
            (
                "characters of a label",
                longest,
                settings.max_label_length,
                "max_label_length",
                "labels",
                False,
            ),
            ("windows", windows, settings.max_windows, "max_windows", "chunk_length", False),
        ):
            if got > limit:
                raise LimitExceeded(what, got, limit, setting, field, payload=payload)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; gives the work up when the client hangs up."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGone
    finally:
        await _end(task, gone)
        # A failure's traceback holds this frame, which must not hold the task of the failure.
        del task, gone


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
