"""Data and small helpers that several test files share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gliner_fast.engine import Engine, EngineOptions
from gliner_fast.model_source import find_model
from gliner_fast.types import DecodeOptions, EncodedWindow, Entity

__all__ = [
    "DATA",
    "PACKAGE",
    "VARIANTS",
    "assert_slices",
    "assert_within",
    "copied",
    "edit_config",
    "key",
    "load",
    "rows",
    "valid_spans",
]

DATA = Path(__file__).parent / "data"
VARIANTS = DATA / "variants"
PACKAGE = Path(__file__).parents[1] / "python" / "gliner_fast"

Key = tuple[str, int, int, str]


def key(entity: Mapping[str, Any]) -> Key:
    """What makes two entities the same, whatever their score."""
    return entity["label"], entity["start"], entity["end"], entity["text"]


def assert_slices(text: str, entities: Sequence[Entity]) -> None:
    """Offsets are code points of the text, and results are ordered."""
    for entity in entities:
        assert 0 <= entity["start"] < entity["end"] <= len(text)
        assert text[entity["start"] : entity["end"]] == entity["text"]
        assert 0 < entity["score"] <= 1
    order = [(e["start"], e["end"], e["label"]) for e in entities]
    assert order == sorted(set(order))


def assert_within(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], tolerance: float
) -> None:
    """The same set of entities, with scores that differ by at most ``tolerance``."""
    left, right = ({key(e): e["score"] for e in side} for side in (ours, theirs))
    assert left.keys() == right.keys()
    assert all(abs(score - right[k]) <= tolerance for k, score in left.items())


def load(folder: Path, graph: str = "auto") -> Engine:
    """The engine of a model folder, with that form of its graph."""
    return Engine(find_model(folder), EngineOptions(graph=graph))


def rows(engine: Engine, texts: Sequence[str], labels: Sequence[str]) -> list[EncodedWindow]:
    """Each text as one row, whatever its length in characters."""
    prompt = engine.prompt(labels)
    plans = [engine.plan_whole(text, prompt, DecodeOptions()) for text in texts]
    assert all(len(plan.windows) == 1 for plan in plans)
    return [plan.windows[0] for plan in plans]


def valid_spans(words: int, widths: int) -> npt.NDArray[np.bool_]:
    """Which spans (word, width) end within the words; the rest of the logits means nothing."""
    return np.arange(words)[:, None] + np.arange(widths)[None] < words


def copied(variant: str, folder: Path) -> Path:
    """A checkpoint that a test may change."""
    shutil.copytree(VARIANTS / variant, folder)
    return folder


def edit_config(folder: Path, **fields: Any) -> None:
    """Set fields of ``gliner_config.json``; ``encoder__name`` sets one of ``encoder_config``."""
    path = folder / "gliner_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for name, value in fields.items():
        where = config["encoder_config"] if name.startswith("encoder__") else config
        where[name.removeprefix("encoder__")] = value
    path.write_text(json.dumps(config), encoding="utf-8")
