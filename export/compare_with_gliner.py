"""Convert checkpoints and compare logits and entities with gliner itself.

    python export/compare_with_gliner.py CHECKPOINT [CHECKPOINT ...]
    python export/compare_with_gliner.py --variants

Needs the ``reference`` extra. ``--variants`` first makes a tiny random-weight checkpoint of
every supported architecture (see ``variants.py``). Ends with status 1 if a logit differs by more
than the tolerance or an entity is not the same.

The tolerance is absolute up to logits of 100. Beyond, float32 itself has fewer digits than that
and the tolerance grows in proportion; the probabilities there are 0 or 1 to the last bit.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gliner import GLiNER as ReferenceGLiNER

from gliner_fast import GLiNER
from gliner_fast.convert import PRECISIONS, convert
from gliner_fast.types import DecodeOptions
from make_checkpoints import make_tokenizer, write
from variants import CONFIGS, LABELS, TEXTS

_UNIT_LOGIT = 100.0
_THRESHOLDS = (0.3, 0.5)


@dataclass(frozen=True)
class Result:
    """What differs between the two implementations of one checkpoint."""

    logits: float
    scaled: float
    largest: float
    entities: int
    different: int


def compare(checkpoint: Path, converted: Path, texts: list[str], labels: list[str]) -> Result:
    """Run both on the same texts."""
    reference = ReferenceGLiNER.from_pretrained(str(checkpoint)).eval()
    ours = GLiNER.from_pretrained(converted)
    prompt = ours.engine.prompt(labels)
    logits = scaled = largest = 0.0
    entities = different = 0
    for text in texts:
        prepared = reference.prepare_batch([text], labels)
        batch = reference.collate_batch(prepared["input_x"], prepared["entity_types"])
        with torch.no_grad():
            theirs = reference.run_batch(batch).logits[0].float().numpy()
        window = ours.engine.plan_whole(text, prompt, DecodeOptions()).windows[0]
        mine = ours.engine.logits([window])[0]
        words, width = theirs.shape[:2]
        inside = np.arange(words)[:, None] + np.arange(width) < words
        error = np.abs(theirs - mine)[inside]
        magnitude = np.maximum(np.abs(theirs)[inside] / _UNIT_LOGIT, 1.0)
        logits = max(logits, float(error.max()))
        scaled = max(scaled, float((error / magnitude).max()))
        largest = max(largest, float(np.abs(theirs)[inside].max()))
        for threshold in _THRESHOLDS:
            for flat in (True, False):
                options = {"flat_ner": flat, "threshold": threshold}
                a = _keys(reference.predict_entities(text, labels, **options))
                b = _keys(ours.predict_entities(text, labels, **options))
                entities += len(a)
                different += len(a ^ b)
    return Result(logits, scaled, largest, entities, different)


def _keys(entities: list[dict]) -> set[tuple[str, int, int, str]]:
    return {(e["label"], e["start"], e["end"], e["text"]) for e in entities}


def _report(name: str, result: Result, tolerance: float) -> bool:
    fine = result.scaled <= tolerance and result.different == 0
    print(
        f"{name:24} logits differ by {result.logits:.1e} (of {result.largest:.1f}), "
        f"{result.different} of {result.entities} entities differ: {'ok' if fine else 'WRONG'}"
    )
    return fine


def _variants(root: Path) -> list[Path]:
    for name, variant in CONFIGS.items():
        tokenizer = make_tokenizer()
        tokenizer.add_tokens(["[FLERT]", "<<ENT>>", "<<SEP>>"], special_tokens=True)
        write(root / name, variant, tokenizer)
    return [root / name for name in CONFIGS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--variants", action="store_true", help="tiny ones of every architecture")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--tolerance", type=float, default=2e-4, help="on logits, absolute")
    parser.add_argument("--texts", type=Path, help="file with one text a line")
    parser.add_argument("--labels", help="labels, separated by commas")
    args = parser.parse_args()
    if not (args.checkpoints or args.variants):
        parser.error("name a checkpoint, or use --variants")
    texts = args.texts.read_text(encoding="utf-8").splitlines() if args.texts else TEXTS
    labels = args.labels.split(",") if args.labels else LABELS
    fine = True
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        checkpoints = [path.resolve() for path in args.checkpoints]
        checkpoints += _variants(root / "checkpoints") if args.variants else []
        for checkpoint in checkpoints:
            # A base model that is named by a relative path lies beside the checkpoint's files.
            os.chdir(checkpoint)
            converted = convert(
                checkpoint, root / "converted" / checkpoint.name, args.precision, progress=False
            )
            result = compare(checkpoint, converted, texts, labels)
            fine &= _report(checkpoint.name, result, args.tolerance)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
