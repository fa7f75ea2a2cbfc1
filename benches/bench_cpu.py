"""Time one note on the CPU: gliner and its exports, its peers, and gliner-fast.

    make bench-cpu

Every contender is a process of its own (``contenders.py``), loaded in turn. Then they run the
note round by round, one at a time, so that a slow moment of the machine meets all of them.
Ratios are taken within a round, and their median is what counts. Nothing else should run on the
machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
REFERENCE = "gliner-torch"


@dataclass
class Contender:
    """A running process and what it measured."""

    name: str
    process: subprocess.Popen[str]
    loaded: dict[str, Any] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    peak_rss_mb: float = 0.0

    def read(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def run(self) -> None:
        assert self.process.stdin
        print(file=self.process.stdin, flush=True)
        answer = self.read()
        self.seconds.append(answer["seconds"])
        self.peak_rss_mb = answer["peak_rss_mb"]


def gemm_peak(threads: int) -> float:
    """GFLOP/s of ONNX Runtime's own fp32 product in a linear layer's size."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    rows, inner, outer = 1200, 1024, 4096
    shapes = {"a": [rows, inner], "b": [inner, outer], "y": [rows, outer]}
    info = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["y"])], "g", [info["a"], info["b"]], [info["y"]]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    feeds = {n: np.ones(shapes[n], np.float32) for n in ("a", "b")}
    best = 1e9
    for _ in range(8):
        start = time.perf_counter()
        session.run(None, feeds)
        best = min(best, time.perf_counter() - start)
    return 2 * rows * inner * outer / best / 1e9


def work_of(ours: str, reading: str) -> tuple[int, float]:
    """Tokens of the note over all windows, and GFLOP of the linear layers on them."""
    from contenders import read_work
    from gliner_fast.engine import Engine
    from gliner_fast.model_source import find_model
    from gliner_fast.types import DetectOptions

    work = read_work(reading)
    engine = Engine(find_model(ours))
    options = DetectOptions(chunk_length=work["chunk_length"], overlap=work["overlap"])
    tokens = engine.plan(work["note"], work["labels"], options).tokens
    encoder = engine.config.raw["encoder_config"]
    size, inner = encoder["hidden_size"], encoder["intermediate_size"]
    weights = encoder["num_hidden_layers"] * (4 * size * size + 2 * size * inner)
    return tokens, 2 * weights * tokens / 1e9


def reading_of(args: argparse.Namespace) -> str:
    return "whole" if args.whole else "windows"


def start(name: str, args: argparse.Namespace) -> Contender | None:
    python = args.peer_python.get(name, args.reference_python)
    if name.startswith("ours"):
        python = sys.executable
    command = [python, HERE / "contenders.py", name, args.checkpoint, args.exports, args.ours]
    log = (args.output / f"{name}.log").open("w")
    process = subprocess.Popen(
        [*map(str, command), str(args.threads), reading_of(args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    contender = Contender(name, process)
    try:
        contender.loaded = contender.read()
    except RuntimeError as error:
        print(f"left out: {error}; see {log.name}", file=sys.stderr)
        return None
    return contender


def table(contenders: list[Contender], tokens: int, gflop: float, peak: float) -> str:
    base = next((c for c in contenders if c.name == REFERENCE), contenders[0])
    lines = [
        f"| | median s | min | max | faster than {base.name} | tokens/s | GFLOP/s | of fp32 GEMM "
        "| peak RSS MB | ratio | load s | first answer s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in contenders:
        median = statistics.median(c.seconds)
        ratio = statistics.median(b / s for b, s in zip(base.seconds, c.seconds, strict=True))
        lines.append(
            f"| {c.name} | {median:.3g} | {min(c.seconds):.3g} | {max(c.seconds):.3g} "
            f"| {ratio:.2f} | {tokens / median:.0f} | {gflop / median:.0f} "
            f"| {gflop / median / peak:.2f} | {c.peak_rss_mb:.0f} "
            f"| {c.peak_rss_mb / base.peak_rss_mb:.2f} | {c.loaded['load_s']:.1f} "
            f"| {c.loaded['first_answer_s']:.1f} |"
        )
    return "\n".join(lines)


def plot(contenders: list[Contender], path: Path) -> None:
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("no plot: matplotlib is not installed", file=sys.stderr)
        return
    ordered = sorted(contenders, key=lambda c: -statistics.median(c.seconds))
    medians = [statistics.median(c.seconds) for c in ordered]
    spread = [
        [m - min(c.seconds) for m, c in zip(medians, ordered, strict=True)],
        [max(c.seconds) - m for m, c in zip(medians, ordered, strict=True)],
    ]
    colours = ["#2a7f62" if c.name.startswith("ours") else "#9aa5b1" for c in ordered]
    figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(ordered) + 1.2))
    axes.barh([c.name for c in ordered], medians, xerr=spread, color=colours, ecolor="#555555")
    for place, median in enumerate(medians):
        axes.text(median, place + 0.28, f"{median:.2f} s", va="bottom", ha="left", fontsize=8)
    axes.set_xlabel("seconds for one note (median; bars: least and most)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("contenders", nargs="+")
    parser.add_argument("--checkpoint", required=True, help="gliner's checkpoint")
    parser.add_argument("--exports", required=True, help="folder of export_peers.py")
    parser.add_argument("--ours", required=True, help="converted folders, without -PRECISION")
    parser.add_argument("--reference-python", default=sys.executable, help="has gliner and torch")
    parser.add_argument("--peer-python", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="the note as one text, no windows")
    parser.add_argument("--output", type=Path, default=Path("build/bench-cpu"))
    args = parser.parse_args()
    args.peer_python = dict(pair.split("=", 1) for pair in args.peer_python)
    args.output.mkdir(parents=True, exist_ok=True)
    peak = gemm_peak(args.threads)
    tokens, gflop = work_of(f"{args.ours}-fp32", reading_of(args))
    found = [start(name, args) for name in args.contenders]
    contenders = [c for c in found if c]
    for _ in range(args.rounds):
        for contender in contenders:
            contender.run()
    for contender in contenders:
        assert contender.process.stdin
        contender.process.stdin.close()
        contender.process.wait(timeout=60)
    machine = f"{platform.machine()}, {args.threads} threads, fp32 GEMM {peak:.0f} GFLOP/s"
    rows = table(contenders, tokens, gflop, peak)
    print(f"{machine}; {tokens} tokens a note, {gflop:.0f} GFLOP in linear layers\n\n{rows}")
    result = {
        "machine": machine,
        "tokens": tokens,
        "gflop": gflop,
        "contenders": {
            c.name: {**c.loaded, "seconds": c.seconds, "peak_rss_mb": c.peak_rss_mb}
            for c in contenders
        },
    }
    (args.output / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    (args.output / "table.md").write_text(f"{machine}\n\n{rows}\n")
    plot(contenders, args.output / "plot.png")


if __name__ == "__main__":
    main()
