"""Does a quantized model find what the one it came from finds?

Both run on the calibration texts. A model passes if the entities agree to ``LEAST_F1`` and no
label loses more than ``MOST_LOST`` of its entities. Where it does not, weights get a bit more; then
the kind of layer whose quantization moves the logits most goes back to fp32, and it is measured
again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from gliner_fast.convert.calibration import PROMPTS, TEXTS
from gliner_fast.convert.layers import Quantization
from gliner_fast.engine import Engine
from gliner_fast.types import DecodeOptions, DetectOptions

__all__ = ["LEAST_F1", "MOST_LOST", "Fidelity", "Findings", "compare", "observe"]

#: Strict entity F1 of the quantized model's entities against the original's.
LEAST_F1 = 0.995
#: Share of its entities that a label may lose; one entity is always allowed.
MOST_LOST = 0.02
_THRESHOLD = 0.3

Key = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a model gives for the calibration texts.

    Attributes:
        entities: (reading, start, end, label) of each; a reading is a prompt and a text.
        logits: One array a row, (word, width, label), spans beyond a row's words set to 0.
    """

    entities: frozenset[Key]
    logits: Sequence[np.ndarray[Any, np.dtype[np.float32]]]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a quantized model agrees with its original.

    Attributes:
        f1: Strict F1 over all entities; 1 where neither finds any.
        kept, lost, added: Entities of each label.
        logit_error: Root mean square of the logits' difference.
        quantization: How the model was made.
    """

    f1: float
    kept: Counter[str]
    lost: Counter[str]
    added: Counter[str]
    logit_error: float
    quantization: Quantization = field(default=Quantization())

    @property
    def passes(self) -> bool:
        return self.f1 >= LEAST_F1 and not self.failing_labels

    @property
    def failing_labels(self) -> list[str]:
        """Labels that lose too many of their entities."""
        return sorted(
            label
            for label, lost in self.lost.items()
            if lost > max(1.0, MOST_LOST * (self.kept[label] + lost))
        )

    def as_manifest(self) -> dict[str, Any]:
        """For the manifest: the figures and the table by label."""
        labels = sorted(self.kept | self.lost | self.added)
        return {
            "texts": len(TEXTS),
            "prompts": len(PROMPTS),
            "threshold": _THRESHOLD,
            "f1": round(self.f1, 5),
            "logit_error": round(self.logit_error, 5),
            "weight_bits": self.quantization.weight_bits,
            "kept_fp32": list(self.quantization.kept_fp32),
            "labels": {
                label: {
                    "kept": self.kept[label],
                    "lost": self.lost[label],
                    "added": self.added[label],
                }
                for label in labels
            },
        }


def observe(engine: Engine) -> Findings:
    """Run a model on the calibration texts."""
    options = DetectOptions(DecodeOptions(_THRESHOLD))
    entities: set[Key] = set()
    logits = []
    for index, (labels, text) in enumerate(product(PROMPTS, TEXTS)):
        plan = engine.plan(text, labels, options)
        found = engine.assemble(plan, [s for w in plan.windows for s in engine.run([w])])
        entities |= {(index, e["start"], e["end"], e["label"]) for e in found}
        for window in plan.windows:
            scores = engine.logits([window])[0]
            words, width = scores.shape[:2]
            inside = np.arange(words)[:, None] + np.arange(width) < words
            logits.append(scores * inside[..., None])
    return Findings(frozenset(entities), logits)


def compare(
    original: Findings, quantized: Findings, quantization: Quantization | None = None
) -> Fidelity:
    """Agreement of two models on the same texts."""
    both = original.entities & quantized.entities
    total = len(original.entities) + len(quantized.entities)
    squares = [
        np.mean((a - b) ** 2) for a, b in zip(original.logits, quantized.logits, strict=True)
    ]
    return Fidelity(
        f1=2 * len(both) / total if total else 1.0,
        kept=_by_label(both),
        lost=_by_label(original.entities - quantized.entities),
        added=_by_label(quantized.entities - original.entities),
        logit_error=float(np.sqrt(np.mean(squares))),
        quantization=quantization or Quantization(),
    )


def _by_label(entities: Iterable[Key]) -> Counter[str]:
    return Counter(label for *_, label in entities)
