"""The two routes that detect: OpenAI's chat completions and Guardrails' extract."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from gliner_fast.server.answers import (
    content_json,
    coverage_of,
    tagged_text,
    without_overlaps,
)
from gliner_fast.server.scheduler import Detection
from gliner_fast.server.schemas import ChatRequest, ExtractRequest, parse_body
from gliner_fast.server.service import Service, read_json
from gliner_fast.server.streaming import Completion

__all__ = ["router"]

router = APIRouter()
T = TypeVar("T")

# Answers with more entities than this are written on a thread.
_MANY = 500


@router.post("/v1/chat/completions", name="chat_completions", response_model=None)
async def chat_completions(request: Request) -> Response:
    """Detect entities in the last user message, in OpenAI's chat completion shape."""
    service: Service = request.app.state.service
    asked: ChatRequest = parse_body(ChatRequest, await read_json(request))
    text = asked.messages
    detection = await service.detect(request, text, asked)

    def render() -> Response:
        content = content_json(
            text,
            detection,
            total_entities=bool(asked.total_entities),
            tagged=bool(asked.tagged_text),
            coverage=bool(asked.coverage),
        )
        model = asked.model if isinstance(asked.model, str) else service.runtime.model_id
        completion = Completion(model, content, asked.n or 1, detection.tokens)
        if not asked.stream:
            return Response(completion.json(), media_type="application/json")
        options = asked.stream_options
        usage = bool(options is not None and options.include_usage)
        return Response(b"".join(completion.events(usage)), media_type="text/event-stream")

    return await _write(detection, render)


@router.post("/v1/extract", name="extract", response_model=None)
async def extract(request: Request) -> Response:
    """Detect entities without overlaps, in the shape of NeMo Guardrails' example server."""
    service: Service = request.app.state.service
    asked: ExtractRequest = parse_body(ExtractRequest, await read_json(request))
    text = asked.text
    detection = await service.detect(request, text, asked)

    def render() -> Response:
        entities = without_overlaps(detection.entities)
        answer: dict[str, object] = {
            "entities": [
                {
                    "value": entity["text"],
                    "suggested_label": entity["label"],
                    "start_position": entity["start"],
                    "end_position": entity["end"],
                    "score": entity["score"],
                }
                for entity in entities
            ],
            "total_entities": len(entities),
            "tagged_text": tagged_text(text, entities),
        }
        if asked.coverage:
            answer["coverage"] = coverage_of(detection)
        return Response(json.dumps(answer, allow_nan=False), media_type="application/json")

    return await _write(detection, render)


async def _write(detection: Detection, render: Callable[[], T]) -> T:
    if len(detection.entities) <= _MANY:
        return render()
    return await asyncio.get_running_loop().run_in_executor(None, render)
