"""Time decoding and merging: Rust against gliner's decoder and the reference server's merge.

    make bench-decode

Logits are made by seed, with an exact number of candidates over the threshold at random places.
Before anything is timed, both sides must give the same spans and entities. Then they run in
turns, round by round; medians count, and ratios are taken within a round.

The reference's merge is written here again, by its description (``merge_by_pairs``). It begins
with entities that are made; ours is timed alone and with the making of the answer's entities.

torch has one thread, as ours has: on a busy machine its short loops wait for a second one.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gliner.decoding import SpanDecoder

from contenders import WORKLOAD, windows
from gliner_fast import _native
from gliner_fast.decoding import decode, entities
from gliner_fast.types import (
    DecodeOptions,
    DetectOptions,
    EncodedWindow,
    Plan,
    Prompt,
    Spans,
)
from gliner_fast.words import split_words

ROWS, WORDS, WIDTHS = 8, 80, 12
THRESHOLD = 0.3
NOTHING = np.empty(0, np.int32)
#: Each sample repeats its work for at least this long: a call may take some microseconds.
LEAST_SECONDS = 0.01

Entities = list[dict[str, Any]]


@dataclass
class Side:
    """One of the two ways to do a piece of work, and the seconds of each round."""

    run: Callable[[], Any]
    calls: int = 1
    seconds: list[float] = field(default_factory=list)

    def calibrate(self) -> None:
        """Find how many calls make a sample."""
        self.run()
        start = time.perf_counter()
        self.run()
        self.calls = max(1, round(LEAST_SECONDS / (time.perf_counter() - start)))

    def sample(self) -> None:
        """Time one round."""
        start = time.perf_counter()
        for _ in range(self.calls):
            self.run()
        self.seconds.append((time.perf_counter() - start) / self.calls)


@dataclass
class Case:
    """A piece of work that both sides do."""

    name: str
    ours: Side
    theirs: Side

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median over rounds."""
        pairs = zip(self.theirs.seconds, self.ours.seconds, strict=True)
        return statistics.median(theirs / ours for theirs, ours in pairs)


# -- decoding -----------------------------------------------------------------------------


def make_logits(candidates: int, labels: int, seed: int) -> npt.NDArray[np.float32]:
    """Logits (row, word, width, label) with this many candidates inside the rows.

    Candidates differ by far more than rounding: sigmoids that differ in the last bit must not
    change their order.
    """
    random = np.random.default_rng(seed)
    shape = (ROWS, WORDS, WIDTHS, labels)
    logits = random.uniform(-9, -2, shape).astype(np.float32)
    inside = np.arange(WORDS)[:, None] + np.arange(WIDTHS) < WORDS
    places = np.flatnonzero(np.broadcast_to(inside[None, :, :, None], shape))
    chosen = random.choice(places, candidates, replace=False)
    logits.flat[chosen] = random.permutation(np.linspace(-0.8, 4, candidates))
    return logits


def decode_case(candidates: int, labels: Sequence[str], flat: bool) -> Case:
    """Logits of a batch become the spans of each row, here and in gliner."""
    logits = make_logits(candidates, len(labels), seed=candidates)
    options = DecodeOptions(THRESHOLD, flat)
    prompt = Prompt(tuple(labels), NOTHING, NOTHING)
    rows = [make_row(list(zip(range(WORDS), range(1, WORDS + 1), strict=True)), prompt, options, 0)]
    rows *= ROWS
    tensor = torch.from_numpy(logits)
    tokens = [["word"] * WORDS] * ROWS
    classes = dict(enumerate(labels, start=1))
    decoder = SpanDecoder(None)

    def ours() -> list[Spans]:
        return decode(logits, rows)

    def theirs() -> list[list[Any]]:
        return decoder.decode(tokens, classes, tensor, flat_ner=flat, threshold=THRESHOLD)

    found = {
        (row, int(start), int(end), labels[label]): float(score)
        for row, spans in enumerate(ours())
        for start, end, label, score in zip(
            spans.start_word, spans.end_word, spans.label, spans.score, strict=True
        )
    }
    expected = {
        (row, span.start, span.end, span.entity_type): span.score
        for row, spans in enumerate(theirs())
        for span in spans
    }
    assert_equal(found, expected)
    mode = "flat" if flat else "nested"
    return Case(f"decode, {candidates:,} candidates, {mode}", Side(ours), Side(theirs))


def make_row(
    words: list[tuple[int, int]], prompt: Prompt, options: DecodeOptions, chunk: int
) -> EncodedWindow:
    """A row with the words' positions and no tokens, which decoding does not read."""
    starts, ends = np.array(words, np.int64).T
    unused = np.zeros(len(words), np.int32)
    return EncodedWindow(prompt, options, NOTHING, unused, unused, starts, ends, chunk, 0)


# -- merging ------------------------------------------------------------------------------


def make_document(work: dict[str, Any], characters: int, seed: int) -> tuple[Plan, list[Spans]]:
    """A long text and what its windows found: each all spans that it holds whole.

    A span begins at every fourth word, so some lie inside others; where windows share words,
    a span comes twice, with different scores.
    """
    random = np.random.default_rng(seed)
    note = work["note"] + " "
    text = (note * (1 + characters // len(note)))[:characters]
    words = np.array(split_words(text, 0, len(text)))
    first = np.flatnonzero(random.random(len(words)) < 0.25)
    last = np.minimum(first + random.integers(0, 6, len(first)), len(words) - 1)
    label = random.integers(0, len(work["labels"]), len(first)).astype(np.int32)
    starts, ends = words[first, 0], words[last, 1]
    prompt = Prompt(tuple(work["labels"]), NOTHING, NOTHING)
    options = DetectOptions(DecodeOptions(THRESHOLD))
    rows, spans = [], []
    for chunk, (start, part) in enumerate(windows(text, options.chunk_length, options.overlap)):
        end = start + len(part)
        row = make_row(split_words(text, start, end), prompt, options.decode, chunk)
        held = np.flatnonzero((starts >= start) & (ends <= end))
        rows.append(row)
        spans.append(
            Spans(
                np.searchsorted(row.char_starts, starts[held]).astype(np.int32),
                np.searchsorted(row.char_ends, ends[held]).astype(np.int32),
                label[held],
                random.uniform(THRESHOLD, 1, len(held)).astype(np.float32),
            )
        )
    return Plan(text, prompt, options, rows, True, len(rows)), spans


def found_by_windows(plan: Plan, spans: Sequence[Spans]) -> Entities:
    """Entities of all windows before the merge, as the reference holds them."""
    return [
        {
            "start": int(row.char_starts[start]),
            "end": int(row.char_ends[end]),
            "text": plan.text[row.char_starts[start] : row.char_ends[end]],
            "label": plan.prompt.labels[label],
            "score": float(score),
        }
        for row, part in zip(plan.windows, spans, strict=True)
        for start, end, label, score in zip(
            part.start_word, part.end_word, part.label, part.score, strict=True
        )
    ]


def merge_by_pairs(found: Entities) -> Entities:
    """The reference's merge: each entity is held against every other, then the best are taken."""
    outermost = [
        one
        for one in found
        if not any(
            other["start"] <= one["start"]
            and one["end"] <= other["end"]
            and (other["start"], other["end"]) != (one["start"], one["end"])
            for other in found
        )
    ]
    best: dict[tuple[str, int, int], dict[str, Any]] = {}
    for one in outermost:
        key = (one["label"], one["start"], one["end"])
        if key not in best or one["score"] > best[key]["score"]:
            best[key] = one
    return list(best.values())


def merge_cases(work: dict[str, Any], characters: int) -> list[Case]:
    """The merge alone, on arrays, and with the making of the answer's entities."""
    plan, spans = make_document(work, characters, seed=1)
    found = found_by_windows(plan, spans)
    columns = (
        np.array([one["start"] for one in found], np.int64),
        np.array([one["end"] for one in found], np.int64),
        np.concatenate([part.label for part in spans]),
        np.concatenate([part.score for part in spans]),
    )

    def alone() -> npt.NDArray[np.int64]:
        return _native.merge_windows(*columns, True)

    def whole() -> list[Any]:
        return entities(plan, spans)

    def theirs() -> Entities:
        return merge_by_pairs(found)

    expected = by_place(theirs())
    assert_equal(by_place([found[index] for index in alone()]), expected)
    assert_equal(by_place(whole()), expected)
    size = f"{len(plan.windows):,} windows, {len(found):,} entities"
    peer = Side(theirs)
    return [
        Case(f"merge, {size}", Side(alone), peer),
        Case("merge, with the answer's entities", Side(whole), peer),
    ]


def by_place(found: Sequence[Any]) -> dict[tuple[int, int, str], float]:
    """Scores by (start, end, label)."""
    return {(one["start"], one["end"], one["label"]): one["score"] for one in found}


def assert_equal(found: dict[Any, float], expected: dict[Any, float]) -> None:
    """Refuse to measure sides that disagree."""
    assert expected, "nothing was found"
    assert found.keys() == expected.keys(), (
        f"{len(found.keys() - expected.keys())} only here, "
        f"{len(expected.keys() - found.keys())} only there, of {len(expected)}"
    )
    assert all(abs(found[key] - score) < 1e-6 for key, score in expected.items()), "scores differ"


# -- the run ------------------------------------------------------------------------------


def table(cases: Sequence[Case]) -> str:
    lines = [
        "| | gliner-fast, ms | gliner and reference, ms | ratio |",
        "|---|---|---|---|",
    ]
    for case in cases:
        ours, theirs = (
            f"{1e3 * statistics.median(side.seconds):,.3f} "
            f"({1e3 * min(side.seconds):,.3f} to {1e3 * max(side.seconds):,.3f})"
            for side in (case.ours, case.theirs)
        )
        lines.append(f"| {case.name} | {ours} | {theirs} | {case.ratio:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, nargs="+", default=[7, 1_159, 13_174])
    parser.add_argument("--characters", type=int, default=64_000, help="of the merged document")
    parser.add_argument("--threads", type=int, default=1, help="of torch; ours takes one")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--output", type=Path, default=Path("build/bench/decode.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    work = json.loads(WORKLOAD.read_text(encoding="utf-8"))
    cases = [
        decode_case(count, work["labels"], flat)
        for count in args.candidates
        for flat in (True, False)
    ]
    cases += merge_cases(work, args.characters)
    # Two cases may share a side; it is run once a round.
    sides = {id(side): side for case in cases for side in (case.ours, case.theirs)}.values()
    for side in sides:
        side.calibrate()
    for _ in range(args.rounds):
        for side in sides:
            side.sample()
    batch = f"{ROWS} rows of {WORDS} words, {WIDTHS} widths, {len(work['labels'])} labels"
    machine = (
        f"{platform.machine()}, {args.threads} thread(s) of torch, {args.rounds} rounds; {batch}"
    )
    print(f"{machine}; median (least to most)\n\n{table(cases)}")
    result = {
        "machine": machine,
        "cases": {
            case.name: {
                "ours_s": case.ours.seconds,
                "theirs_s": case.theirs.seconds,
                "ratio": case.ratio,
            }
            for case in cases
        },
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
