"""A finished completion as JSON, or as the server-sent events of a streamed one.

Detection ends before the first byte goes out, so that a failure still has its own status:
a stream that breaks off halfway would be an answer without its last entities.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Completion"]

# Characters of content in one event: small enough for clients that read line by line.
_SLICE = 16_384


@dataclass(frozen=True, slots=True)
class Completion:
    """What a chat completion says.

    Attributes:
        model: Name to echo.
        content: The answer, the same for every choice.
        choices: OpenAI's ``n``.
        prompt_tokens: Tokens that the model read.
    """

    model: str
    content: str
    choices: int
    prompt_tokens: int
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def usage(self) -> dict[str, int]:
        """OpenAI's usage. A detector writes no tokens, so ``completion_tokens`` is 0."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": 0,
            "total_tokens": self.prompt_tokens,
        }

    def json(self) -> bytes:
        """The whole answer."""
        message = {"role": "assistant", "content": self.content}
        body = {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [
                {"index": index, "message": message, "finish_reason": "stop"}
                for index in range(self.choices)
            ],
            "usage": self.usage,
        }
        return json.dumps(body).encode()

    def events(self, include_usage: bool) -> Iterator[bytes]:
        """The answer as server-sent events, ``[DONE]`` last."""
        first = {"role": "assistant", "content": ""}
        for index in range(self.choices):
            yield self._event(index, first, None, include_usage)
            for start in range(0, len(self.content), _SLICE):
                delta = {"content": self.content[start : start + _SLICE]}
                yield self._event(index, delta, None, include_usage)
            yield self._event(index, {}, "stop", include_usage)
        if include_usage:
            yield self._chunk([], {"usage": self.usage})
        yield b"data: [DONE]\n\n"

    def _event(self, index: int, delta: dict[str, str], finish: str | None, usage: bool) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": finish}
        return self._chunk([choice], {"usage": None} if usage else {})

    def _chunk(self, choices: list[dict[str, object]], more: dict[str, object]) -> bytes:
        body = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            **more,
        }
        return b"data: " + json.dumps(body).encode() + b"\n\n"
