"""Quick figures while training: held-out families and the hand-written set, in torch.

The final figures are those of ``gliner-fast eval`` on the converted model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer

from training.batches import Batch, EncodedRow, collate, encode
from training.generator.documents import canonical_entities, documents
from training.generator.examples import words
from training.handwritten import output
from training.network import Network
from training.tokens import WordEncoder

__all__ = ["Probe", "ProbeResult"]

#: A text and its entities as (start, end, label).
_Annotated = tuple[str, list[tuple[int, int, str]]]
_MOST_WORDS = 300


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Strict micro F1 and the share of clean texts with an alarm."""

    f1: float
    precision: float
    recall: float
    alarms: float


class Probe:
    """Fixed rows to score a network on, whole texts with one prompt for all."""

    def __init__(self, rows: Sequence[EncodedRow]) -> None:
        self._rows = rows

    @classmethod
    def of(cls, texts: Sequence[_Annotated], tokenizer: Tokenizer) -> Probe:
        """Texts with their entities, all asked for all labels that occur."""
        encoder = WordEncoder(tokenizer)
        labels = sorted({label for _, entities in texts for _, _, label in entities})
        return cls([_row(text, entities, labels, encoder) for text, entities in texts])

    @classmethod
    def held_out(cls, count: int, tokenizer: Tokenizer, seed: int = 7) -> Probe:
        """Documents of the families that training never sees."""
        texts = []
        for doc in documents(seed, count, held_out=True):
            entities = [(s.start, s.end, s.type) for s in canonical_entities(doc.spans)]
            texts.append((doc.text, entities))
        return cls.of(texts, tokenizer)

    @classmethod
    def handwritten(cls, tokenizer: Tokenizer) -> Probe:
        """The documents and paragraphs written by hand."""
        records: list[dict[str, Any]] = [
            json.loads(line)
            for line in output("handwritten").read_text(encoding="utf-8").splitlines()
        ]
        texts = []
        for record in records:
            entities = [(e["start"], e["end"], e["label"]) for e in record["entities"]]
            texts.append((record["text"], entities))
        return cls.of(texts, tokenizer)

    def run(self, network: Network, device: torch.device, threshold: float = 0.5) -> ProbeResult:
        """Score a network; its training mode is restored."""
        was_training = network.training
        network.eval()
        correct = found = gold = alarms = clean = 0
        order = sorted(self._rows, key=lambda row: len(row.ids))
        with torch.inference_mode():
            for start in range(0, len(order), 16):
                part = order[start : start + 16]
                for row, spans in zip(
                    part, _decode(network, collate(part), device, threshold), strict=True
                ):
                    expected = set(row.spans)
                    correct += len(expected & spans)
                    found += len(spans)
                    gold += len(expected)
                    clean += not expected
                    alarms += bool(spans) and not expected
        network.train(was_training)
        precision = correct / found if found else 0.0
        recall = correct / gold if gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
        return ProbeResult(f1, precision, recall, alarms / clean if clean else 0.0)


def _row(
    text: str, entities: list[tuple[int, int, str]], labels: list[str], encoder: WordEncoder
) -> EncodedRow:
    borders = words(text)[:_MOST_WORDS]
    ner = []
    for start, end, label in entities:
        inside = [i for i, (a, b) in enumerate(borders) if a < end and b > start]
        if inside:
            ner.append([inside[0], inside[-1], label])
    row = {"tokenized_text": [text[a:b] for a, b in borders], "ner_labels": labels, "ner": ner}
    return encode(row, encoder)


def _decode(
    network: Network, batch: Batch, device: torch.device, threshold: float
) -> list[set[tuple[int, int, int]]]:
    """Greedy search without overlaps, as gliner's ``flat_ner``."""
    batch = batch.to(device)
    logits = network(batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels)
    scores = logits.float().sigmoid().cpu()
    results: list[set[tuple[int, int, int]]] = []
    for index, count in enumerate(batch.word_counts.tolist()):
        kept: set[tuple[int, int, int]] = set()
        taken = [False] * count
        own = scores[index, :count]
        hits = (own > threshold).nonzero().tolist()
        hits.sort(key=lambda hit: -own[hit[0], hit[1], hit[2]].item())
        for word, width, label in hits:
            last = word + width
            if last < count and not any(taken[word : last + 1]):
                taken[word : last + 1] = [True] * (width + 1)
                kept.add((word, last, label))
        results.append(kept)
    return results
