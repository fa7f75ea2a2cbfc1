"""Requests and responses as pydantic models. Unknown fields pass, ``null`` means the default.

Types are strict: ``"0.3"`` is not a threshold and ``"false"`` is not false. Validation of text
is plain Python: pydantic's own strings refuse lone surrogates, which JSON can carry and the
contract allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from gliner_fast.errors import InvalidInputError, describe, describe_parameter
from gliner_fast.types import check_labels, check_threshold

__all__ = [
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatRequest",
    "DetectParameters",
    "ErrorResponse",
    "ExtractRequest",
    "ExtractResponse",
    "Health",
    "LabelList",
    "ModelList",
    "clamp_windows",
    "parse_body",
]

MAX_CHOICES = 16
_LARGEST = 2**31 - 1


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInputError("text", "a string", describe(value))
    return value


def _labels(value: object) -> tuple[str, ...] | None:
    return None if value is None else check_labels(value)


def _thresholds(value: object) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInputError("thresholds", "an object of label: number", describe(value))
    for number in value.values():
        check_threshold("thresholds", number)
    return dict(value)


def _threshold(value: object) -> float | None:
    if value is not None:
        check_threshold("threshold", value)
    return value  # type: ignore[return-value]


def _whole(value: object) -> object:
    # JSON has one kind of number: 384.0 is a whole one.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _messages(value: object) -> str:
    """The text to read: that of the last message whose role is ``user``.

    Nothing is skipped in silence: text that is not read is PII that is not found.
    """
    if not isinstance(value, list):
        raise InvalidInputError("messages", "a list of messages", describe(value))
    found: int | None = None
    for index, message in enumerate(value):
        if not isinstance(message, dict):
            raise InvalidInputError(f"messages[{index}]", "an object", describe(message))
        role = message.get("role")
        if role is not None and not isinstance(role, str):
            raise InvalidInputError(f"messages[{index}].role", "a string", describe(role))
        if role is None or role == "user":
            found = index
    if found is None:
        raise InvalidInputError("messages", "a message whose role is 'user'", describe(value))
    return _content(f"messages[{found}].content", value[found].get("content"))


def _content(field: str, content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidInputError(field, "a string or a list of text blocks", describe(content))
    parts: list[str] = []
    for index, block in enumerate(content):
        if not isinstance(block, dict):
            raise InvalidInputError(f"{field}[{index}]", "a text block", describe(block))
        text = block.get("text")
        if not isinstance(text, str):
            raise InvalidInputError(f"{field}[{index}].text", "a string", describe(text))
        parts.append(text)
    return "".join(parts)


_BLOCK_SCHEMA = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
}
_MESSAGES_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "description": "The text is that of the last message whose role is user; there must be one.",
    "items": {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"type": "string", "enum": ["user"]},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": _BLOCK_SCHEMA}]},
        },
    },
}
_LABELS_SCHEMA = {
    "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
    "description": "What to find. Absent or null: the server's default labels. []: nothing.",
}
_UNIT = {"type": "number", "minimum": 0, "maximum": 1}
_THRESHOLD_SCHEMA = {
    "anyOf": [_UNIT, {"type": "null"}],
    "description": "An entity's score must be above this; default 0.3.",
}
_THRESHOLDS_SCHEMA = {
    "anyOf": [{"type": "object", "additionalProperties": _UNIT}, {"type": "null"}],
    "description": "Thresholds of single labels, in place of `threshold`.",
}

Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Messages = Annotated[str, PlainValidator(_messages), WithJsonSchema(_MESSAGES_SCHEMA)]
Labels = Annotated[tuple[str, ...] | None, PlainValidator(_labels), WithJsonSchema(_LABELS_SCHEMA)]
Threshold = Annotated[float | None, PlainValidator(_threshold), WithJsonSchema(_THRESHOLD_SCHEMA)]
Thresholds = Annotated[
    dict[str, float] | None, PlainValidator(_thresholds), WithJsonSchema(_THRESHOLDS_SCHEMA)
]
Positive = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_whole)]
Natural = Annotated[int, Field(strict=True, ge=0), BeforeValidator(_whole)]
Choices = Annotated[int, Field(strict=True, ge=1, le=MAX_CHOICES), BeforeValidator(_whole)]
Flag = Annotated[bool, Field(strict=True)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, protected_namespaces=())


class DetectParameters(_Model):
    """What both detecting routes take."""

    labels: Labels = None
    threshold: Threshold = None
    chunk_length: Positive | None = Field(
        None, description="Window length in code points; default 384."
    )
    overlap: Natural | None = Field(
        None,
        description="Code points shared by neighbouring windows, fewer than chunk_length; "
        "default 128, or a third of a chunk_length under 384.",
    )
    flat_ner: Flag | None = Field(None, description="True: no nested entities; default false.")
    thresholds: Thresholds = None
    coverage: Flag | None = Field(None, description="True: say how much of the text was read.")


class StreamOptions(_Model):
    """OpenAI's ``stream_options``."""

    include_usage: Flag | None = Field(None, description="True: a last chunk with the usage.")


class ChatRequest(DetectParameters):
    """``POST /v1/chat/completions``. OpenAI's other fields are taken and ignored."""

    messages: Messages
    model: Any = Field(None, description="Echoed in the answer; one model is served.")
    stream: Flag | None = Field(None, description="True: server-sent events.")
    stream_options: StreamOptions | None = None
    n: Choices | None = Field(None, description="Equal choices to send.")
    total_entities: Flag | None = Field(None, description="True: add the number of entities.")
    tagged_text: Flag | None = Field(
        None, description="True: add the text with entities as [value](label)."
    )


class ExtractRequest(DetectParameters):
    """``POST /v1/extract``, as NeMo Guardrails' example server takes it."""

    text: Text


class ErrorDetail(_Model):
    """What went wrong; holds nothing of the request's text."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(_Model):
    """Every error of every path."""

    error: ErrorDetail


class ChatMessage(_Model):
    """The answer; ``content`` is JSON: ``{"entities": [{text, label, start, end, score}]}``."""

    role: Literal["assistant"]
    content: str


class Choice(_Model):
    """One of ``n`` equal answers."""

    index: int
    message: ChatMessage
    finish_reason: Literal["stop"]


class Usage(_Model):
    """Tokens that the model read, labels included; it writes none."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(_Model):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class ChatCompletionChunk(_Model):
    """One event of a streamed completion."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: Usage | None = None


class ExtractedEntity(_Model):
    """An entity in Guardrails' words; positions are code points, end exclusive."""

    value: str
    suggested_label: str
    start_position: int
    end_position: int
    score: float


class Coverage(_Model):
    """How much was read: character windows, words read whole, words cut (none, ever)."""

    windows: int
    words: int
    words_cut: int


class ExtractResponse(_Model):
    """Entities without overlaps, and the text with them tagged."""

    entities: list[ExtractedEntity]
    total_entities: int
    tagged_text: str
    coverage: Coverage | None = None


class ModelCard(_Model):
    """The served model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(_Model):
    """``GET /v1/models``."""

    object: Literal["list"]
    data: list[ModelCard]


class LabelList(_Model):
    """``GET /v1/labels``: the default labels, and aliases that requests may use."""

    labels: list[str]
    aliases: dict[str, str]


class Health(_Model):
    """State of the server."""

    status: str
    model_loaded: bool
    model: str | None = None


def parse_body(model: type[_Model], body: object) -> Any:
    """Validate a decoded JSON body.

    Raises:
        InvalidInputError: For the first wrong field, without quoting its value.
    """
    if not isinstance(body, dict):
        raise InvalidInputError("body", "a JSON object", describe(body))
    try:
        return model.model_validate(body)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, InvalidInputError):
        raise cause from None
    # Only names of fields that exist here: the rest of a location is the caller's own.
    name = str(details["loc"][0])
    if name == "stream_options" and len(details["loc"]) > 1:
        name = "stream_options.include_usage"
    if details["type"] == "missing":
        raise InvalidInputError(name, "a value", "nothing") from None
    if name in _PARAMETERS:
        got = describe_parameter(details["input"])
        raise InvalidInputError(name, _PARAMETERS[name], got) from None
    raise InvalidInputError(name, "another value", describe(details["input"])) from None


#: What pydantic itself checks. None of these holds text, so numbers among them are quoted.
_PARAMETERS = {
    "chunk_length": "a whole number >= 1",
    "overlap": "a whole number >= 0",
    "n": f"a whole number from 1 to {MAX_CHOICES}",
    "flat_ner": "true or false",
    "coverage": "true or false",
    "stream": "true or false",
    "stream_options": "an object",
    "stream_options.include_usage": "true or false",
    "total_entities": "true or false",
    "tagged_text": "true or false",
}


def clamp_windows(chunk_length: int, overlap: int) -> tuple[int, int]:
    """The same cut in numbers that any layer can hold: no text is longer than these."""
    if chunk_length > _LARGEST and overlap < chunk_length:
        return _LARGEST, min(overlap, _LARGEST - 1)
    return chunk_length, overlap
