"""Text → entities: the one module that composes the stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from gliner_fast.batching import plan_batches
from gliner_fast.config import GlinerConfig
from gliner_fast.decoding import decode, entities
from gliner_fast.encoding import TokenLimits, WordTokenizer
from gliner_fast.errors import InvalidInputError, describe
from gliner_fast.feeds import GraphKind
from gliner_fast.manifest import TOKENIZER_FILE
from gliner_fast.model_source import ModelFiles
from gliner_fast.session import Session
from gliner_fast.types import (
    DecodeOptions,
    DetectOptions,
    EncodedWindow,
    Entity,
    Plan,
    Prompt,
    Spans,
    check_labels,
)
from gliner_fast.windows import character_windows, word_windows
from gliner_fast.words import split_words

__all__ = ["BatchLimits", "Engine", "EngineOptions"]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Bounds on one batch, padding included.

    On a CPU a batch of 1,000 tokens is as fast a token as one of 8,000, and takes a third of the
    memory.
    """

    tokens: int = 2_048
    rows: int = 32


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How an engine runs.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: CPU threads of one run; 0 means one for each usable CPU.
        graph: ``auto``; ``fused`` or ``portable`` insist on that form of a converted model.
        max_len: Most words of one row, at least 1; None for the model's own number.
        max_width: Longest span, in words, at least 1; None for the model's own number, which is
            the most.
    """

    device: str = "auto"
    threads: int = 0
    graph: str = "auto"
    batch: BatchLimits = field(default_factory=BatchLimits)
    tokens: TokenLimits = field(default_factory=TokenLimits)
    max_len: int | None = None
    max_width: int | None = None


class Engine:
    """A loaded model. Thread safe.

    :meth:`detect` reads as the program: plan (windows, words, token ids), batch, run (logits,
    spans), assemble (entities). A scheduler that mixes the rows of many texts calls the same
    three steps itself. A row's result never depends on what else is in its batch.

    Attributes:
        model_id: Name of the model.
        config: The model's configuration, with what the options put in its place.
        device: ``cpu``, ``cuda`` or ``mps``.
    """

    def __init__(self, files: ModelFiles, options: EngineOptions | None = None) -> None:
        options = options or EngineOptions()
        self.model_id = files.model_id
        self.revision = files.revision
        self.precision = files.precision
        own = GlinerConfig.load(files.folder)
        self.config = _overridden(own, options)
        self._batch = options.batch
        self._limits = options.tokens.within(files.max_tokens)
        self._tokenizer = WordTokenizer.load(
            files.folder / TOKENIZER_FILE, self.config, self._limits
        )
        self._session = Session(
            files.folder / files.model_file,
            own,
            options.device,
            options.threads,
            options.graph,
        )
        self.device = self._session.device
        # A span at a cut must be whole on one side of it, with some context around.
        self._word_overlap = min(
            max(2 * self.config.max_width, self.config.max_len // 8), self.config.max_len // 2
        )

    @property
    def threads(self) -> int:
        """CPU threads of one run."""
        return self._session.threads

    @property
    def pads_rows(self) -> bool:
        """Whether rows of a batch are padded to the longest; only the fused graph does not."""
        return self._session.kind is not GraphKind.FUSED

    def detect(
        self, text: str, labels: Sequence[str], options: DetectOptions | None = None
    ) -> list[Entity]:
        """Entities of a text, with the endpoint's semantics.

        Args:
            labels: Labels to look for, in plain words; duplicates count once, none finds none.

        Returns:
            Ordered by (start, end, label); offsets in code points.

        Raises:
            InvalidInputError: If an argument is wrong, naming it.
            InferenceError: If the session fails.
        """
        plan = self.plan(text, labels, options or DetectOptions())
        return self.run_plans([plan])[0]

    def plan(self, text: str, labels: Sequence[str], options: DetectOptions) -> Plan:
        """Cut a text into character windows and encode them; no inference yet.

        Raises:
            InvalidInputError
        """
        prompt = self.prompt(labels)
        _check_text("text", text)
        chunks = list(character_windows(len(text), options.chunk_length, options.overlap))
        rows = self._rows(text, chunks, prompt, options.decode)
        return Plan(text, prompt, options, rows, not options.decode.flat_ner, len(chunks))

    def plan_whole(self, text: str, prompt: Prompt, decode: DecodeOptions) -> Plan:
        """Encode a text as one window, as gliner's own methods do; nested spans stay."""
        _check_text("texts", text)
        options = DetectOptions(decode, chunk_length=max(1, len(text)), overlap=0)
        rows = self._rows(text, [(0, len(text))], prompt, decode)
        return Plan(text, prompt, options, rows, False, 1)

    def prompt(self, labels: Sequence[str]) -> Prompt:
        """Encode labels.

        Raises:
            InvalidInputError: If they are no list of strings, or too many tokens.
        """
        return self._tokenizer.prompt(check_labels(labels))

    def logits(self, windows: Sequence[EncodedWindow]) -> npt.NDArray[np.float32]:
        """Raw scores of one batch, (row, word, width, label), for comparisons.

        Only the part within a row's own words and labels means something.

        Raises:
            InferenceError
        """
        logits = self._session.run(windows)
        return np.ascontiguousarray(logits[:, :, : self.config.max_width])

    def run(self, windows: Sequence[EncodedWindow]) -> list[Spans]:
        """Run one batch of rows of any texts, labels and parameters.

        Raises:
            InferenceError
        """
        if self._session.kind is not GraphKind.GLINER or len({id(w.prompt) for w in windows}) == 1:
            return decode(self.logits(windows), windows)
        # gliner's own graphs count labels over the whole batch, so prompts are not mixed.
        return [spans for window in windows for spans in self.run([window])]

    def assemble(self, plan: Plan, spans: Sequence[Spans]) -> list[Entity]:
        """Entities of a plan from the spans of its windows, in the windows' order."""
        return entities(plan, spans)

    def run_plans(
        self,
        plans: Sequence[Plan],
        max_rows: int | None = None,
        on_batch: Callable[[int], object] | None = None,
    ) -> list[list[Entity]]:
        """Run plans to their end, rows of similar length together.

        Args:
            max_rows: Most rows of a batch.
            on_batch: Called with the number of rows after each batch, for progress.
        """
        rows = [window for plan in plans for window in plan.windows]
        limits = self._batch
        batches = plan_batches(
            [w.tokens for w in rows],
            limits.tokens,
            max_rows or limits.rows,
            padded=self.pads_rows,
        )
        spans: dict[int, Spans] = {}
        for batch in batches:
            spans.update(zip(batch, self.run([rows[i] for i in batch]), strict=True))
            if on_batch:
                on_batch(len(batch))
        results = []
        first = 0
        for plan in plans:
            end = first + len(plan.windows)
            results.append(self.assemble(plan, [spans[i] for i in range(first, end)]))
            first = end
        return results

    def warmup(self) -> None:
        """Run once, so that the first request does not pay for lazy allocation."""
        self.detect("Warm-up.", ["warm"])

    def _rows(
        self,
        text: str,
        chunks: Sequence[tuple[int, int]],
        prompt: Prompt,
        decode: DecodeOptions,
    ) -> list[EncodedWindow]:
        if not prompt.labels:
            return []
        offset = len(prompt.token_ids)
        suffix = self._tokenizer.suffix
        most_tokens = self._limits.row - offset - len(suffix)
        cut: list[tuple[int, npt.NDArray[np.int64]]] = []
        words: list[str] = []
        for chunk, (start, end) in enumerate(chunks):
            spans = split_words(text, start, end)
            if spans:
                flat = np.fromiter(chain.from_iterable(spans), np.int64, 2 * len(spans))
                cut.append((chunk, flat.reshape(-1, 2)))
                words += [text[a:b] for a, b in spans]
        # All chunks at once: they overlap, and equal words are tokenized once.
        tokenized = self._tokenizer.words(words).clipped(most_tokens)
        rows: list[EncodedWindow] = []
        before = 0
        for chunk, places in cut:
            here = slice(before, before + len(places))
            before = here.stop
            all_counts, all_starts = tokenized.counts[here], tokenized.starts[here]
            parts = word_windows(
                all_counts.tolist(), self.config.max_len, most_tokens, self._word_overlap
            )
            for first, last in parts:
                counts = all_counts[first:last]
                token = int(all_starts[first])
                starts = all_starts[first:last] - token + offset
                ids = tokenized.token_ids[token : token + int(counts.sum())]
                rows.append(
                    EncodedWindow(
                        prompt=prompt,
                        decode=decode,
                        token_ids=np.concatenate([ids, suffix]),
                        word_starts=np.where(counts > 0, starts, -1).astype(np.int32),
                        word_ends=np.where(counts > 0, starts + counts, -1).astype(np.int32),
                        char_starts=places[first:last, 0],
                        char_ends=places[first:last, 1],
                        chunk=chunk,
                        first_word=first,
                    )
                )
        return rows


def _overridden(config: GlinerConfig, options: EngineOptions) -> GlinerConfig:
    width = options.max_width or config.max_width
    if width > config.max_width:
        most = f"at most {config.max_width}, as the model was made for"
        raise InvalidInputError("max_width", most, str(width))
    return replace(config, max_len=options.max_len or config.max_len, max_width=width)


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise InvalidInputError(name, "a string", describe(text))
