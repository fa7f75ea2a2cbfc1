"""The command line of :mod:`training.train`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.network import Shape

__all__ = ["parser"]


def parser(description: str | None) -> argparse.ArgumentParser:
    """All options of a run, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=description)
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--name", default="pii-default", help="name of the model")
    parser.add_argument(
        "--start-from",
        type=Path,
        help="checkpoint of which a new run takes weights, sizes, tokenizer",
    )
    parser.add_argument("--minutes", type=float, default=110.0, help="time limit")
    parser.add_argument("--stop-after", type=float, help="minutes; to go on later, or otherwise")
    parser.add_argument("--steps", type=int, help="most steps, for trials")
    parser.add_argument("--seed", type=int, default=1)
    default = Shape()
    sizes = parser.add_argument_group("size")
    sizes.add_argument("--vocab", type=int, default=default.vocab, help="tokens in all")
    for field in fields(Shape):
        if field.name != "vocab":
            value = getattr(default, field.name)
            name = "--" + field.name.replace("_", "-")
            kind: Any = {"type": type(value)}
            if isinstance(value, bool):
                kind = {"action": argparse.BooleanOptionalAction}
            sizes.add_argument(name, default=value, **kind)
    sizes.add_argument("--tokenizer-documents", type=int, default=60_000)
    steps = parser.add_argument_group("optimisation")
    steps.add_argument("--lr", type=float, default=1.5e-3, help="highest learning rate")
    steps.add_argument(
        "--optimizer", choices=["muon", "adamw"], default="muon", help="for the matrices"
    )
    steps.add_argument("--weight-decay", type=float, default=0.01)
    steps.add_argument("--ema", type=float, default=0.999, help="decay of the weights' average")
    steps.add_argument("--gamma", type=float, default=0.0, help="focal loss; 0 is cross entropy")
    steps.add_argument("--alpha", type=float, default=-1.0, help="focal loss; below 0 is off")
    steps.add_argument(
        "--starts", type=float, default=0.35, help="share of words scored without an entity"
    )
    steps.add_argument(
        "--bridges", type=float, default=5.0, help="weight of spans from one entity to another"
    )
    steps.add_argument("--most-labels", type=int, default=65, help="of a prompt")
    steps.add_argument(
        "--default-labels", type=float, default=0.07, help="share of prompts of all default labels"
    )
    steps.add_argument(
        "--joined",
        type=float,
        default=0.0,
        help="how often several documents are one text, asked for all default labels",
    )
    steps.add_argument("--batch-tokens", type=int, default=3_000, help="with padding")
    steps.add_argument("--accumulate", type=int, default=1, help="batches of a step and process")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    machine.add_argument("--workers", type=int, default=1, help="processes that make data")
    machine.add_argument("--buffer", type=int, default=1_024, help="rows sorted together")
    machine.add_argument(
        "--bf16", choices=["auto", "on", "off"], default="auto", help="auto: what is faster here"
    )
    machine.add_argument("--compile", action="store_true", help="torch.compile, for GPUs")
    machine.add_argument("--probe", type=int, default=200, help="held-out documents to score")
    machine.add_argument("--probe-minutes", type=float, default=10.0)
    machine.add_argument("--save-minutes", type=float, default=5.0)
    machine.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser
