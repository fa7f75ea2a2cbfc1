"""Documents → batches of tensors, made while training: no row is seen twice.

Rows are collected, sorted by length and cut into batches of a number of tokens, so that little
is padding; the batches are then shuffled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from training.generator.documents import document, joined
from training.generator.examples import WindowOptions, rows
from training.generator.prompts import PromptOptions
from training.tokens import WordEncoder

__all__ = ["JOINED", "Batch", "EncodedRow", "Stream", "StreamOptions", "collate", "encode"]

#: Documents of a joined text.
JOINED = 3


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A row as numbers.

    Attributes:
        ids: Tokens of prompt and words, special tokens included.
        words: First token of each word, -1 where it has none.
        labels: Token of each label's marker.
        spans: (first word, last word, label) of the entities.
        ignored: (first word, last word) of what must not count.
    """

    ids: list[int]
    words: list[int]
    labels: list[int]
    spans: list[tuple[int, int, int]]
    ignored: list[tuple[int, int]]


@dataclass(slots=True)
class Batch:
    """Tensors of a batch.

    Attributes:
        positives: (row, word, width, label) of each entity.
        ignored: (row, first word, last word) of what must not count.
        documents: How many documents the stream had read for this batch and those before it.
    """

    ids: Tensor
    counts: Tensor
    word_tokens: Tensor
    word_counts: Tensor
    labels: Tensor
    label_counts: Tensor
    positives: Tensor
    ignored: Tensor
    documents: int = 0

    def to(self, device: torch.device) -> Batch:
        """On a device; ``word_counts`` stays, the LSTM wants it on the CPU."""
        if device.type == "cpu":
            return self
        moved = [
            getattr(self, name).to(device, non_blocking=True)
            for name in ("ids", "counts", "word_tokens", "labels", "label_counts", "positives")
        ]
        ids, counts, word_tokens, labels, label_counts, positives = moved
        return Batch(
            ids,
            counts,
            word_tokens,
            self.word_counts,
            labels,
            label_counts,
            positives,
            self.ignored.to(device, non_blocking=True),
            self.documents,
        )


def encode(row: dict[str, Any], encoder: WordEncoder) -> EncodedRow:
    """Token ids of a row of gliner's training format."""
    ids, labels = [encoder.cls], []
    for pieces in encoder.ids(row["ner_labels"]):
        labels.append(len(ids))
        ids += [encoder.ent, *pieces]
    ids.append(encoder.sep)
    words = []
    for pieces in encoder.ids(row["tokenized_text"]):
        words.append(len(ids) if pieces else -1)
        ids += pieces
    ids.append(encoder.end)
    number = {label: index for index, label in enumerate(row["ner_labels"])}
    spans = [(first, last, number[label]) for first, last, label in row["ner"]]
    ignored = [(first, last) for first, last in row.get("ner_ignored", [])]
    return EncodedRow(ids, words, labels, spans, ignored)


def collate(batch: Sequence[EncodedRow]) -> Batch:
    """Pad rows to one length."""
    positives = [
        (index, first, last - first, label)
        for index, row in enumerate(batch)
        for first, last, label in row.spans
    ]
    ignored = [(i, first, last) for i, row in enumerate(batch) for first, last in row.ignored]
    return Batch(
        ids=_padded([row.ids for row in batch], 0),
        counts=torch.tensor([len(row.ids) for row in batch]),
        word_tokens=_padded([row.words for row in batch], -1),
        word_counts=torch.tensor([len(row.words) for row in batch]),
        labels=_padded([row.labels for row in batch], 0),
        label_counts=torch.tensor([len(row.labels) for row in batch]),
        positives=torch.tensor(positives, dtype=torch.long).reshape(-1, 4),
        ignored=torch.tensor(ignored, dtype=torch.long).reshape(-1, 3),
    )


def _padded(rows_: Sequence[Sequence[int]], fill: int) -> Tensor:
    longest = max(map(len, rows_))
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows_])


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How a stream makes batches.

    Attributes:
        tokens: Padded tokens of a batch.
        buffer: Rows that are sorted together.
        start: First document.
        share: Which part of the documents, of how many: (0, 1) is all.
        joined: How often :data:`JOINED` documents make one text that is asked for all default
            labels. That prompt is longer than most documents, and costs as much.
    """

    seed: int = 1
    tokens: int = 3_000
    buffer: int = 1_024
    start: int = 0
    share: tuple[int, int] = (0, 1)
    joined: float = 0.0
    held_out: bool = False


class Stream(IterableDataset):  # type: ignore[type-arg]
    """Endless batches. Each worker reads its share of the document numbers."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        options: StreamOptions,
        windows: WindowOptions,
        prompts: PromptOptions | None = None,
    ) -> None:
        super().__init__()
        self._tokenizer = tokenizer.to_str()
        self._options = options
        self._windows = windows
        self._prompts = prompts or PromptOptions()

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number, of = (worker.id, worker.num_workers) if worker else (0, 1)
        encoder = WordEncoder(Tokenizer.from_str(self._tokenizer))
        options = self._options
        number, of = options.share[0] * of + number, options.share[1] * of
        index = options.start + number
        rng = random.Random(f"{options.seed}/stream/{index}")
        while True:
            found: list[EncodedRow] = []
            read = 0
            while len(found) < options.buffer:
                row_rng = random.Random(f"{options.seed}/row/{index}")
                prompts, count = self._prompts, 1
                if options.joined and row_rng.random() < options.joined:
                    prompts, count = replace(prompts, default=1.0), JOINED
                parts = [
                    document(options.seed, index + of * part, options.held_out)
                    for part in range(count)
                ]
                doc = joined(parts, row_rng) if count > 1 else parts[0]
                for row in rows(row_rng, doc, prompts, self._windows):
                    found.append(encode(row, encoder))
                index += of * count
                read += count
            batches = list(self._cut(found))
            rng.shuffle(batches)
            for position, part in enumerate(batches):
                batch = collate(part)
                # Counted with the last batch of a buffer: a resumed run repeats rows at worst.
                batch.documents = read if position + 1 == len(batches) else 0
                yield batch

    def _cut(self, found: list[EncodedRow]) -> Iterator[list[EncodedRow]]:
        found.sort(key=lambda row: len(row.ids))
        part: list[EncodedRow] = []
        for row in found:
            if part and (len(part) + 1) * len(row.ids) > self._options.tokens:
                yield part
                part = []
            part.append(row)
        if part:
            yield part
