"""Time a long text by the length of its windows and by the number of labels.

    make bench-windows

Every window repeats the labels, and windows share characters. So longer windows and fewer labels
cost less for the same text. Settings run in turns, round by round; medians count.

Beside the seconds stands what explains them: tokens, the share of tokens that are labels, and
the share that padding adds, with the fused graph and with the portable one, in the batches that
the engine makes for each.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contenders import WORKLOAD
from gliner_fast import GLiNER
from gliner_fast.batching import plan_batches
from gliner_fast.engine import BatchLimits, Engine
from gliner_fast.feeds import GraphKind, make_feeds
from gliner_fast.label_sets import ANONYMIZER_LABELS, DEFAULT_LABELS
from gliner_fast.types import DEFAULT_CHUNK_LENGTH, DEFAULT_OVERLAP, DetectOptions

LENGTHS = (384, 512, 768, 1_000, 1_500, 2_000)
LABELS = (5, 10, 20, 30, 45, 65)
MOST_PADDING = 0.05
#: What the figures are given for.
CHARACTERS = 1_000


@dataclass(frozen=True)
class Setting:
    """What is varied.

    Attributes:
        chunk_length, overlap: In code points.
        labels: Their number.
    """

    chunk_length: int
    overlap: int
    labels: int


@dataclass
class Measure:
    """What a setting costs.

    Attributes:
        windows: Character windows of the text.
        rows: Rows that the model reads: more than windows where one has too many words.
        tokens: Of all rows, labels included.
        prompt: Share of the tokens that are labels.
        fused, portable: Share of padding in what the graph reads.
        seconds: Of each round.
    """

    windows: int
    rows: int
    tokens: int
    prompt: float
    fused: float
    portable: float
    seconds: list[float] = field(default_factory=list)


def make_text(note: str, characters: int, seed: int = 3) -> str:
    """The note's sentences in random order, up to this length: no two passages are alike."""
    random_ = random.Random(seed)
    sentences = re.split(r"(?<=[.;]) ", note)
    text = ""
    while len(text) < characters:
        text += random_.choice(sentences) + " "
    return text[:characters].rstrip()


def make_settings(labels: int) -> list[Setting]:
    """Lengths with a third shared, as the reference does; then with as much shared as it does at
    its own length, which is enough for any entity; then numbers of labels."""
    share = DEFAULT_CHUNK_LENGTH // DEFAULT_OVERLAP
    settings = [
        *(Setting(length, length // share, labels) for length in LENGTHS),
        *(Setting(length, DEFAULT_OVERLAP, labels) for length in LENGTHS),
        *(Setting(DEFAULT_CHUNK_LENGTH, DEFAULT_OVERLAP, count) for count in LABELS),
    ]
    return list(dict.fromkeys(settings))


def measure_tokens(engine: Engine, text: str, labels: Sequence[str], setting: Setting) -> Measure:
    """Count what the model will read."""
    options = DetectOptions(chunk_length=setting.chunk_length, overlap=setting.overlap)
    plan = engine.plan(text, labels[: setting.labels], options)
    prompt = len(plan.windows) * len(plan.prompt.token_ids)

    def padding(kind: GraphKind) -> float:
        limits = BatchLimits()
        batches = plan_batches(
            [row.tokens for row in plan.windows],
            limits.tokens,
            limits.rows,
            padded=kind is not GraphKind.FUSED,
        )
        tokens = "places" if kind is GraphKind.FUSED else "input_ids"
        read = sum(
            make_feeds(kind, [plan.windows[row] for row in batch], engine.config)[tokens].size
            for batch in batches
        )
        return 1 - plan.tokens / read

    return Measure(
        plan.chunks,
        len(plan.windows),
        plan.tokens,
        prompt / plan.tokens,
        padding(GraphKind.FUSED),
        padding(GraphKind.PORTABLE),
    )


def seconds_of(measure: Measure, characters: int) -> list[float]:
    """Seconds of each round for 1,000 characters."""
    return [seconds * CHARACTERS / characters for seconds in measure.seconds]


def table(measures: dict[Setting, Measure], characters: int, base: Setting) -> str:
    lines = [
        "| chunk_length | overlap | labels | windows | rows | s per 1,000 characters "
        "| faster than the first | tokens per 1,000 characters | labels' share "
        "| padding, fused | padding, portable |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for setting, measure in measures.items():
        seconds = seconds_of(measure, characters)
        pairs = zip(measures[base].seconds, measure.seconds, strict=True)
        ratio = statistics.median(first / own for first, own in pairs)
        lines.append(
            f"| {setting.chunk_length} | {setting.overlap} | {setting.labels} "
            f"| {measure.windows} | {measure.rows} "
            f"| {statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f}) "
            f"| {ratio:.2f} | {measure.tokens * CHARACTERS / characters:.0f} "
            f"| {measure.prompt:.0%} | {measure.fused:.1%} | {measure.portable:.1%} |"
        )
    return "\n".join(lines)


def plot(measures: dict[Setting, Measure], characters: int, labels: int, path: Path) -> None:
    """Two panels: seconds by length of windows, and by number of labels."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.6), sharey=True)

    def draw(axes: Any, settings: list[Setting], key: str, name: str, colour: str) -> None:
        runs = [seconds_of(measures[setting], characters) for setting in settings]
        medians = [statistics.median(run) for run in runs]
        spread = [
            [median - min(run) for median, run in zip(medians, runs, strict=True)],
            [max(run) - median for median, run in zip(medians, runs, strict=True)],
        ]
        places = [getattr(setting, key) for setting in settings]
        axes.errorbar(places, medians, spread, color=colour, marker="o", capsize=3, label=name)

    third = DEFAULT_CHUNK_LENGTH // DEFAULT_OVERLAP
    by_length = [setting for setting in measures if setting.labels == labels]
    thirds = [s for s in by_length if s.overlap == s.chunk_length // third]
    fixed = [s for s in by_length if s.overlap == DEFAULT_OVERLAP]
    draw(left, thirds, "chunk_length", "a third shared", "#2a7f62")
    draw(left, fixed, "chunk_length", f"{DEFAULT_OVERLAP} characters shared", "#9aa5b1")
    left.set_xlabel(f"chunk_length in characters, {labels} labels")
    left.set_ylabel("seconds per 1,000 characters")
    left.legend(frameon=False)
    by_labels = [s for s in measures if s.chunk_length == DEFAULT_CHUNK_LENGTH]
    by_labels.sort(key=lambda setting: setting.labels)
    draw(right, by_labels, "labels", "", "#2a7f62")
    right.set_xlabel(f"labels, chunk_length {DEFAULT_CHUNK_LENGTH}, overlap {DEFAULT_OVERLAP}")
    left.set_ylim(bottom=0)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="build/bench/large-int8", help="converted folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--characters", type=int, default=5_000, help="of the text")
    parser.add_argument("--output", type=Path, default=Path("build/bench/windows"))
    args = parser.parse_args()
    work = json.loads(WORKLOAD.read_text(encoding="utf-8"))
    text = make_text(work["note"], args.characters)
    usual = len(work["labels"])
    labels = list(dict.fromkeys([*work["labels"], *DEFAULT_LABELS, *ANONYMIZER_LABELS]))
    model = GLiNER.from_pretrained(args.model, threads=args.threads)
    settings = make_settings(usual)
    measures = {s: measure_tokens(model.engine, text, labels, s) for s in settings}

    def run(setting: Setting, part: str) -> float:
        start = time.perf_counter()
        model.detect(
            part,
            labels[: setting.labels],
            work["threshold"],
            chunk_length=setting.chunk_length,
            overlap=setting.overlap,
        )
        return time.perf_counter() - start

    for setting in settings:
        run(setting, text[: setting.chunk_length])
    for _ in range(args.rounds):
        for setting in settings:
            measures[setting].seconds.append(run(setting, text))
    machine = (
        f"{platform.machine()}, {args.threads} threads, {args.rounds} rounds; "
        f"{len(text):,} characters; {model.engine.precision}"
    )
    rows = table(measures, len(text), settings[0])
    print(f"{machine}; median (least to most)\n\n{rows}")
    for setting, measure in measures.items():
        assert measure.fused == 0, "the fused graph read padding"
        if measure.portable > MOST_PADDING:
            print(f"\nover the goal of {MOST_PADDING:.0%} padding, portable: {setting}")
    result = {
        "machine": machine,
        "characters": len(text),
        "settings": [{**asdict(s), **asdict(m)} for s, m in measures.items()],
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")
    plot(measures, len(text), usual, args.output.with_suffix(".png"))


if __name__ == "__main__":
    main()
