"""Write what gliner on torch detects for a checkpoint, as golden cases for the tests.

    make golden

Needs the ``reference`` and ``training`` extras. Texts are held-out documents of ``training/``.
The windows and their merge follow the endpoint's definition, in plain Python: nothing of this
package runs but the oracle of the tests. A case has ``truncated`` set where a window holds more
words than gliner reads.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path
from typing import Any

from gliner import GLiNER
from training.generator import documents
from training.generator.concepts import CANONICAL

from oracles import Span, merge

SEED = 2026
#: So often a case has a window of more words than gliner reads.
LONG_EVERY = 25
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


def windows(length: int, chunk: int, overlap: int) -> list[tuple[int, int]]:
    """Code point ranges of the endpoint's windows."""
    found = []
    start = 0
    while start < length:
        found.append((start, min(start + chunk, length)))
        if start + chunk >= length:
            break
        start += chunk - overlap
    return found


def make_params(rng: random.Random) -> dict[str, Any]:
    """One request's parameters: the defaults half of the time."""
    chunk, overlap = (384, 128)
    if rng.random() < 0.5:
        chunk = rng.choice([64, 150, 256, 512, 1000, 4000])
        overlap = rng.choice([0, chunk // 4, chunk // 2])
    return {
        "threshold": rng.choice([0.3, 0.3, 0.5, 0.7]),
        "chunk_length": chunk,
        "flat_ner": rng.random() < 0.5,
        "overlap": overlap,
    }


def detect(model: GLiNER, text: str, labels: list[str], params: dict[str, Any]) -> dict[str, Any]:
    """One golden case."""
    cuts = windows(len(text), params["chunk_length"], params["overlap"])
    numbers = {label: number for number, label in enumerate(labels)}
    spans: list[Span] = []
    for start, end in cuts:
        found = model.predict_entities(
            text[start:end], labels, flat_ner=params["flat_ner"], threshold=params["threshold"]
        )
        spans += [
            (e["start"] + start, e["end"] + start, numbers[e["label"]], e["score"]) for e in found
        ]
    kept = [spans[i] for i in merge(spans, drop_nested=not params["flat_ner"])]
    return {
        "text": text,
        "labels": labels,
        "params": params,
        "truncated": any(
            len(_WORD.findall(text[a:b])) > model.config.max_len for a, b in cuts
        ),
        "entities": [
            {"text": text[a:b], "label": labels[n], "start": a, "end": b, "score": score}
            for a, b, n, score in sorted(kept, key=lambda s: (s[0], s[1], labels[s[2]]))
        ],
    }  # fmt: skip


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path, help="JSON file")
    parser.add_argument("--count", type=int, default=180, help="cases")
    args = parser.parse_args()
    model = GLiNER.from_pretrained(str(args.checkpoint)).eval()
    rng = random.Random(SEED)
    names = sorted(set(CANONICAL))
    texts = iter(documents(SEED, 10 * args.count, held_out=True))
    cases = []
    for number in range(args.count):
        params = make_params(rng)
        text = next(texts).text
        if number % LONG_EVERY == 0:
            params["chunk_length"] = 10_000
            while len(_WORD.findall(text)) < 1.5 * model.config.max_len:
                text += "\n\n" + next(texts).text
        while rng.random() < 0.3:
            text += rng.choice(["\n\n", " "]) + next(texts).text
        labels = rng.sample(names, rng.choice([5, 12, 22, 30, len(names)]))
        cases.append(detect(model, text, labels, params))
    args.target.write_text(json.dumps(cases, ensure_ascii=False) + "\n", encoding="utf-8")
    entities = sum(len(case["entities"]) for case in cases)
    print(f"{args.target}: {len(cases)} cases, {entities} entities")


if __name__ == "__main__":
    main()
