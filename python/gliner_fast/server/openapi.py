"""The OpenAPI document: bodies are parsed by hand, so their schemas are put in by hand too."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gliner_fast.server.schemas import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatRequest,
    ErrorResponse,
    ExtractRequest,
    ExtractResponse,
)

__all__ = ["install_openapi"]

_MODELS: tuple[type[BaseModel], ...] = (
    ChatRequest,
    ChatCompletion,
    ChatCompletionChunk,
    ExtractRequest,
    ExtractResponse,
    ErrorResponse,
)
_TEXT = "Reach Ann Lee at ann@example.com."
_ENTITIES = (
    '{"entities": [{"text": "ann@example.com", "label": "email", "start": 17, "end": 32, '
    '"score": 0.98}]}'
)
_ID = "chatcmpl-0f8fad5bd9cb469fa16570867728950e"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "ChatRequest": {
        "model": "nvidia/gliner-pii",
        "messages": [{"role": "user", "content": _TEXT}],
        "labels": ["first_name", "last_name", "email"],
        "threshold": 0.3,
        "chunk_length": 384,
        "overlap": 128,
        "flat_ner": False,
        "thresholds": {"email": 0.6},
    },
    "ChatCompletion": {
        "id": _ID,
        "object": "chat.completion",
        "created": 1790000000,
        "model": "nvidia/gliner-pii",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _ENTITIES},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 24, "completion_tokens": 0, "total_tokens": 24},
    },
    "ExtractRequest": {"text": _TEXT, "labels": ["email"], "threshold": 0.3},
    "ExtractResponse": {
        "entities": [
            {
                "value": "ann@example.com",
                "suggested_label": "email",
                "start_position": 17,
                "end_position": 32,
                "score": 0.98,
            }
        ],
        "total_entities": 1,
        "tagged_text": "Reach Ann Lee at [ann@example.com](email).",
    },
    "ErrorResponse": {
        "error": {
            "message": "threshold: expected a number in [0, 1], got 2",
            "type": "invalid_request_error",
            "param": "threshold",
            "code": "invalid_value",
        }
    },
}
# Of one event, as tools read event streams in OpenAPI.
_EVENT = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "description": "A ChatCompletionChunk as JSON; [DONE] in the last event.",
        }
    },
}
_BODIES = {
    "/v1/chat/completions": ("ChatRequest", "ChatCompletion"),
    "/v1/extract": ("ExtractRequest", "ExtractResponse"),
}
_REASONS = {
    400: "The body is not JSON.",
    401: "No key was sent.",
    403: "The key is not known.",
    404: "There is no such thing.",
    405: "The path does not take this method.",
    408: "The body did not arrive in time.",
    413: "The text or the body is larger than this server takes.",
    415: "The body is compressed.",
    422: "A field is wrong; `param` names it.",
    429: "Too much is queued: wait `Retry-After` seconds.",
    500: "The model failed on this request.",
    503: "The model is loading, or has failed: wait `Retry-After` seconds.",
    504: "The request took too long.",
}
_DETECTING = (400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 504)


def install_openapi(app: FastAPI) -> None:
    """Give the app an ``openapi()`` that is complete."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS],
        ref_template="#/components/schemas/{model}",
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(definitions["$defs"])
    for name, example in _EXAMPLES.items():
        schemas[name]["examples"] = [example]
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
    return document


def _complete(path: str, operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    statuses: tuple[int, ...] = (401, 403, 500)
    if path in _BODIES:
        asked, answered = _BODIES[path]
        operation["requestBody"] = {"required": True, "content": _json(asked)}
        content = _json(answered)
        if path == "/v1/chat/completions":
            content["text/event-stream"] = {"schema": _EVENT}
        operation["responses"]["200"] = {"description": "What was found.", "content": content}
        statuses = _DETECTING
    elif path.startswith("/v1/models"):
        statuses = (401, 403, 404, 500, 503)
        if path == "/v1/models":
            operation["responses"]["200"]["links"] = {
                "first": {
                    "operationId": "get_model",
                    "parameters": {"model": "$response.body#/data/0/id"},
                }
            }
    elif path == "/readyz":
        statuses = (500, 503)
    elif path == "/metrics":
        text = {"text/plain": {"schema": {"type": "string"}}}
        operation["responses"]["200"] = {"description": "Metrics.", "content": text}
    for status in statuses:
        operation["responses"][str(status)] = {
            "description": _REASONS[status],
            "content": _json("ErrorResponse"),
        }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
