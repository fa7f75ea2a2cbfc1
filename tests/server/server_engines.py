"""A small real engine over regular expressions, and the same engine with faults to order.

Its "token ids" are the code points of prompt and words, so that ``run`` works from the windows
alone, like the real one: a row that is mixed up, lost or run twice shows in the entities.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from gliner_fast.types import (
    DetectOptions,
    EncodedWindow,
    Entity,
    Plan,
    Prompt,
    Spans,
    check_labels,
)

PATTERNS = {
    "email": (r"[\w.+-]+@[\w.-]+\w", 0.95),
    "phone_number": (r"\d{3}-\d{4}(?:-\d{4})?", 0.9),
    "first_name": (r"\b[A-Z][a-z]+\b", 0.6),
    "last_name": (r"(?<=[a-z] )[A-Z][a-z]+\b", 0.8),
    "user_name": (r"\b[a-z]+\d+\b", 0.7),
    "sentence": (r"[A-Z][^.]*", 0.5),
}
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


class RegexEngine:
    """Finds ``PATTERNS``; unknown labels find nothing. A token is one character."""

    model_id = "test/regex"
    device = "cpu"
    pads_rows = True

    def warmup(self) -> None:
        self.run(self.plan("Warm up.", ("email",), DetectOptions()).windows)

    def plan(self, text: str, labels: Sequence[str], options: DetectOptions) -> Plan:
        names = check_labels(labels)
        head = "".join(f"\x01{name}" for name in names) + "\x02"
        starts = np.array([i for i, c in enumerate(head) if c == "\x01"], np.int32)
        prompt = Prompt(names, _codes(head), starts)
        windows = []
        chunks = 0
        step = options.chunk_length - options.overlap
        for start in range(0, len(text), step):
            chunks += 1
            row = self._row(text, start, start + options.chunk_length, prompt, options, chunks - 1)
            if row is not None:
                windows.append(row)
            if start + options.chunk_length >= len(text):
                break
        return Plan(text, prompt, options, windows, not options.decode.flat_ner, chunks)

    @staticmethod
    def _row(
        text: str, start: int, end: int, prompt: Prompt, options: DetectOptions, chunk: int
    ) -> EncodedWindow | None:
        words = [(m.start(), m.end()) for m in _WORD.finditer(text, start, min(end, len(text)))]
        if not words:
            return None
        sizes = np.array([b - a for a, b in words], np.int32)
        ends = np.cumsum(sizes).astype(np.int32) + len(prompt.token_ids)
        return EncodedWindow(
            prompt=prompt,
            decode=options.decode,
            token_ids=_codes("".join(text[a:b] for a, b in words)),
            word_starts=(ends - sizes).astype(np.int32),
            word_ends=ends.astype(np.int32),
            char_starts=np.array([a for a, _ in words], np.int64),
            char_ends=np.array([b for _, b in words], np.int64),
            chunk=chunk,
            first_word=0,
        )

    def run(self, windows: Sequence[EncodedWindow]) -> list[Spans]:
        return [self._spans(window) for window in windows]

    @staticmethod
    def _spans(window: EncodedWindow) -> Spans:
        labels = "".join(map(chr, window.prompt.token_ids))[1:-1].split("\x01")
        origin = int(window.char_starts[0])
        line = [" "] * (int(window.char_ends[-1]) - origin)
        offset = len(window.prompt.token_ids)
        for first, a, b in zip(
            window.word_starts, window.char_starts, window.char_ends, strict=True
        ):
            at = int(first) - offset
            codes = window.token_ids[at : at + int(b - a)]
            line[int(a) - origin : int(b) - origin] = [chr(code) for code in codes]
        text = "".join(line)
        found: list[tuple[int, int, int, float]] = []
        for index, label in enumerate(labels):
            pattern, score = PATTERNS.get(label, (r"(?!)", 0.0))
            if score <= window.decode.thresholds.get(label, window.decode.threshold):
                continue
            for match in re.finditer(pattern, text):
                inside = np.flatnonzero(
                    (window.char_ends - origin > match.start())
                    & (window.char_starts - origin < match.end())
                )
                if len(inside):
                    found.append((int(inside[0]), int(inside[-1]), index, score))
        columns = list(zip(*found, strict=True)) if found else [(), (), (), ()]
        return Spans(
            np.array(columns[0], np.int32),
            np.array(columns[1], np.int32),
            np.array(columns[2], np.int32),
            np.array(columns[3], np.float32),
        )

    def assemble(self, plan: Plan, spans: Sequence[Spans]) -> list[Entity]:
        best: dict[tuple[int, int, str], float] = {}
        for window, found in zip(plan.windows, spans, strict=True):
            for a, b, label, score in zip(
                found.start_word, found.end_word, found.label, found.score, strict=True
            ):
                key = (
                    int(window.char_starts[a]),
                    int(window.char_ends[b]),
                    plan.prompt.labels[label],
                )
                best[key] = max(best.get(key, 0.0), round(float(score), 4))
        kept = sorted(best, key=lambda span: (span[0], -span[1], span[2]))
        if plan.drop_nested:
            kept = _outermost(kept)
        kept.sort()
        return [
            {
                "start": a,
                "end": b,
                "text": plan.text[a:b],
                "label": label,
                "score": best[a, b, label],
            }
            for a, b, label in kept
        ]


def _outermost(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans that are not strictly inside another; ``spans`` are by start, longest first."""
    kept: list[tuple[int, int, str]] = []
    furthest = (-1, -1)
    for span in spans:
        if span[1] > furthest[1] or (span[0], span[1]) == furthest:
            kept.append(span)
            furthest = (span[0], span[1])
    return kept


def _codes(text: str) -> np.ndarray:
    return np.array([ord(c) for c in text], np.int32)


Windows = Sequence[EncodedWindow]


class FaultyEngine(RegexEngine):
    """The same, with a hook before every run, and a record of all batches.

    ``fault`` is called with the windows of each run; it may raise, sleep or wait. ``gate``,
    while closed, holds runs back.
    """

    def __init__(self, fault: Callable[[Windows], None] | None = None, seconds: float = 0) -> None:
        self.fault = fault
        self.seconds = seconds
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[EncodedWindow]] = []
        self.entered = threading.Event()

    def run(self, windows: Windows) -> list[Spans]:
        self.entered.set()
        self.gate.wait()
        self.batches.append(list(windows))
        if self.fault is not None:
            self.fault(windows)
        if self.seconds:
            time.sleep(self.seconds)
        return super().run(windows)

    def prompts_of(self, batch: int) -> set[int]:
        """Identities of the requests in a batch."""
        return {id(window.prompt) for window in self.batches[batch]}


def read(window: EncodedWindow) -> str:
    """The words of a window, run together."""
    return "".join(chr(code) for code in window.token_ids)


def poison(word: str, error: Callable[[], BaseException]) -> Callable[[Windows], None]:
    """A fault that strikes batches with a window that holds ``word``."""

    def strike(windows: Windows) -> None:
        if any(word in read(window) for window in windows):
            raise error()

    return strike
