"""``gliner-fast eval``: the command line of an evaluation."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from gliner_fast.errors import GlinerFastError, InvalidInputError
from gliner_fast.evaluation.mapping import load_label_map, map_examples
from gliner_fast.evaluation.peers import PEERS, load_peer
from gliner_fast.evaluation.predictors import ModelPredictor, ReadingOptions
from gliner_fast.evaluation.readers import FORMATS, read_examples
from gliner_fast.evaluation.report import as_json, as_table, comparison, plot_sweep
from gliner_fast.evaluation.run import (
    DEFAULT_SWEEP,
    EvaluationOptions,
    Result,
    evaluate,
    on_labels,
)
from gliner_fast.evaluation.types import Example, Predictor
from gliner_fast.label_sets import ANONYMIZER_LABELS, DEFAULT_LABELS
from gliner_fast.types import DEFAULT_CHUNK_LENGTH, DEFAULT_THRESHOLD

__all__ = ["DESCRIPTION", "add_arguments", "run"]

DESCRIPTION = (
    "Score a model on annotated text: strict and relaxed precision, recall, F1 and F2, by label "
    "and over all, false alarms on text without entities, confusions and latency."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``gliner-fast eval``."""
    parser.add_argument("model", metavar="MODEL", help="folder or Hub name, or 'default'")
    parser.add_argument("data", metavar="DATA", type=Path, help="annotated texts")
    parser.add_argument(
        "--format", choices=["auto", *FORMATS], default="auto", help="of DATA (default: auto)"
    )
    parser.add_argument(
        "--labels",
        default="data",
        metavar="LIST",
        help="the prompt: 'data' (those in DATA, the default), 'default' (the 55), "
        "'all' (with Anonymizer's ten), or labels separated by commas",
    )
    parser.add_argument(
        "--negatives",
        type=int,
        default=0,
        metavar="N",
        help="add N of the default labels that DATA does not have to the prompt",
    )
    parser.add_argument(
        "--map", type=Path, metavar="FILE", help="JSON object: new names for DATA's labels"
    )
    parser.add_argument(
        "--map-predictions",
        type=Path,
        metavar="FILE",
        help="JSON object: new names for predicted labels",
    )
    parser.add_argument(
        "--score",
        metavar="LIST",
        help="also the figures over these labels of the prompt alone, separated by commas",
    )
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    parser.add_argument("--sweep", action="store_true", help="try thresholds from 0.05 to 0.95")
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="draw the sweep (needs matplotlib)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--groups", action="store_true", help="also figures by family or genre")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N texts")
    parser.add_argument(
        "--peer", choices=PEERS, action="append", default=[], help="compare with, where installed"
    )
    parser.add_argument(
        "--peer-model", metavar="SRC", help="checkpoint for --peer gliner (default: MODEL)"
    )
    reading = parser.add_argument_group("how the model reads")
    reading.add_argument(
        "--whole", action="store_true", help="whole texts, as gliner's predict_entities does"
    )
    reading.add_argument("--flat", action="store_true", help="no overlapping entities")
    reading.add_argument("--chunk-length", type=int, default=DEFAULT_CHUNK_LENGTH)
    reading.add_argument(
        "--overlap", type=int, help="default: 128, or a third of a shorter --chunk-length than 384"
    )
    reading.add_argument(
        "--device", choices=["auto", "cpu", "cuda", "mps"], help="default: $DEVICE, then auto"
    )
    reading.add_argument("--precision", choices=["fp32", "fp16", "int8"], help="of the model")
    reading.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(args: argparse.Namespace) -> int:
    """Run ``gliner-fast eval`` and return its exit status.

    Raises:
        GlinerFastError: Of the kind that says what is wrong.
    """
    examples = read_examples(args.data, args.format)[: args.limit]
    if args.map:
        examples = map_examples(examples, load_label_map(args.map))
    options = EvaluationOptions(
        labels=_prompt(args.labels, args.negatives, examples),
        threshold=args.threshold,
        sweep=DEFAULT_SWEEP if args.sweep or args.plot else (),
        prediction_map=load_label_map(args.map_predictions) if args.map_predictions else {},
    )
    result = _evaluate(_model(args), examples, options, args.quiet)
    parts = [as_table(result, args.groups)]
    report = as_json(result)
    if args.score:
        chosen = frozenset(_names(args.score))
        if unknown := chosen.difference(result.labels):
            raise InvalidInputError("score", "labels of the prompt", ", ".join(sorted(unknown)))
        scores = on_labels(result, examples, chosen)
        parts.append(
            comparison([(result.name, scores, result.latency.median)], f"{len(chosen)} labels")
        )
        report["score"] = {"labels": sorted(chosen), "strict": asdict(scores.micro())}
    peers = []
    for name in args.peer:
        predictor = load_peer(name, args.peer_model or args.model)
        peer = _evaluate(predictor, examples, options, args.quiet)
        shared = frozenset(result.labels) & (predictor.labels or frozenset(result.labels))
        rows = [
            (each.name, on_labels(each, examples, shared), each.latency.median)
            for each in (result, peer)
        ]
        parts.append(comparison(rows))
        if peer.note:
            parts.append(f"{peer.name}: {peer.note}")
        peers.append({**as_json(peer), "shared_labels": sorted(shared)})
    if peers:
        report["peers"] = peers
    sys.stdout.write("\n\n".join(parts) + "\n")
    if args.plot:
        plot_sweep(result, args.plot)
    if args.json:
        _write(args.json, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return 0


def _model(args: argparse.Namespace) -> Predictor:
    from gliner_fast.model import GLiNER

    model = GLiNER.from_pretrained(
        None if args.model == "default" else args.model,
        device=args.device,
        precision=args.precision,
        threads=args.threads,
    )
    return ModelPredictor(
        model, ReadingOptions(args.whole, args.flat, args.chunk_length, args.overlap)
    )


def _evaluate(
    predictor: Predictor, examples: list[Example], options: EvaluationOptions, quiet: bool
) -> Result:
    with tqdm(total=len(examples), desc=predictor.name, unit="text", disable=quiet or None) as bar:
        return evaluate(predictor, examples, options, bar.update)


def _prompt(asked: str, negatives: int, examples: list[Example]) -> tuple[str, ...]:
    present = sorted({e.label for example in examples for e in example.entities})
    named = {"data": tuple(present), "default": DEFAULT_LABELS, "all": ANONYMIZER_LABELS}
    labels = named.get(asked)
    if labels is None:
        labels = _names(asked)
    others = [label for label in ANONYMIZER_LABELS if label not in {*labels, *present}]
    if not 0 <= negatives <= len(others):
        raise InvalidInputError(
            "negatives", f"between 0 and {len(others)} with these labels", str(negatives)
        )
    return labels + tuple(others[:negatives])


def _names(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GlinerFastError(f"{path}: {error.strerror}") from None
