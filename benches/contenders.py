"""One contender of ``bench_cpu.py``: a process that loads a way to run the model and times it.

    python contenders.py NAME CHECKPOINT EXPORTS OURS THREADS READING

READING is ``windows``, which are the endpoint's, or ``whole``: the note as one text, as gliner's
own methods read it. The process writes one line of JSON when loaded, and one for each line it
reads from standard input, which makes it run the work once. It ends with standard input.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORKLOAD = Path(__file__).with_name("workload.json")


def read_work(reading: str) -> dict[str, Any]:
    """The standard note, its labels and parameters."""
    work: dict[str, Any] = json.loads(WORKLOAD.read_text(encoding="utf-8"))
    if reading == "whole":
        work |= {"chunk_length": len(work["note"]), "overlap": 0}
    return work


def windows(text: str, length: int, overlap: int) -> list[tuple[int, str]]:
    """The reference server's character windows."""
    found = []
    start = 0
    while start < len(text):
        found.append((start, text[start : start + length]))
        if start + length >= len(text):
            break
        start += length - overlap
    return found


def reference(model: Any, work: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """What the reference server does with a request, but for the merge of windows."""
    parts = windows(work["note"], work["chunk_length"], work["overlap"])
    found = model.inference(
        [text for _, text in parts],
        work["labels"],
        threshold=work["threshold"],
        flat_ner=work["flat_ner"],
        batch_size=8,
        **options,
    )
    return [
        {**entity, "start": entity["start"] + offset, "end": entity["end"] + offset}
        for (offset, _), entities in zip(parts, found, strict=True)
        for entity in entities
    ]


def load_gliner(kind: str, checkpoint: str, exports: str, threads: int) -> Callable[[dict], list]:
    """gliner itself: torch, its ONNX export, its quantized export, or OpenVINO."""
    import torch
    from gliner import GLiNER

    torch.set_num_threads(threads)
    if kind == "torch":
        model = GLiNER.from_pretrained(checkpoint).eval()
    elif kind.startswith("onnx"):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        file = "model_quantized.onnx" if kind.endswith("quantized") else "model.onnx"
        model = GLiNER.from_pretrained(
            exports, load_onnx_model=True, onnx_model_file=file, session_options=options
        )
    else:
        precision = "bf16" if kind.endswith("bf16") else "f32"
        config = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
        model = GLiNER.from_pretrained(
            exports,
            runtime="openvino",
            runtime_model_file="model.xml",
            runtime_options={"config": config},
        )
    return lambda work: reference(model, work)


def load_ours(folder: str, threads: int, graph: str) -> Callable[[dict], list]:
    """gliner-fast."""
    from gliner_fast.engine import Engine, EngineOptions
    from gliner_fast.model_source import find_model
    from gliner_fast.types import DecodeOptions, DetectOptions

    engine = Engine(find_model(folder), EngineOptions(threads=threads, graph=graph))

    def run(work: dict) -> list:
        decode = DecodeOptions(work["threshold"], work["flat_ner"])
        options = DetectOptions(decode, work["chunk_length"], work["overlap"])
        return engine.detect(work["note"], work["labels"], options)

    return run


def load_fast_gliner(exports: str) -> Callable[[dict], list]:
    """fast_gliner, a Rust runtime of gliner's ONNX export. It chooses its threads itself."""
    fast_gliner = importlib.import_module("fast_gliner")
    model = fast_gliner.FastGLiNER.from_pretrained(exports, onnx_path="model.onnx")

    def run(work: dict) -> list:
        parts = windows(work["note"], work["chunk_length"], work["overlap"])
        return model.predict_entities([text for _, text in parts], work["labels"])

    return run


def peak_rss_mb() -> float:
    """Most memory that this process held, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # ru_maxrss would begin with the memory of the process that started this one.
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def load(name: str, checkpoint: str, exports: str, ours: str, threads: int) -> Callable:
    if name.startswith("ours"):
        _, precision, *graph = name.split("-")
        return load_ours(f"{ours}-{precision}", threads, graph[0] if graph else "auto")
    if name == "fast_gliner":
        return load_fast_gliner(exports)
    return load_gliner(name.removeprefix("gliner-"), checkpoint, exports, threads)


def main() -> None:
    name, checkpoint, exports, ours, threads, reading = sys.argv[1:]
    warnings.simplefilter("ignore")
    work = read_work(reading)
    answers = sys.stdout
    # Libraries print as they like; the answers must stay alone.
    sys.stdout = sys.stderr
    start = time.perf_counter()
    run = load(name, checkpoint, exports, ours, int(threads))
    loaded = time.perf_counter() - start
    entities = run(work)
    first = time.perf_counter() - start
    print(
        json.dumps({"load_s": loaded, "first_answer_s": first, "entities": len(entities)}),
        file=answers,
        flush=True,
    )
    for _ in sys.stdin:
        start = time.perf_counter()
        run(work)
        seconds = time.perf_counter() - start
        answer = {"seconds": seconds, "peak_rss_mb": peak_rss_mb()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
