"""Label names of a data set or a model → the names that are compared.

A mapping file is a JSON object. ``{"PERSON": "person", "MISC": null}`` renames one label and
leaves another out; a label that it does not name stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from gliner_fast.errors import GlinerFastError, InvalidInputError, describe
from gliner_fast.evaluation.types import Example, LabelledSpan

__all__ = ["LabelMap", "load_label_map", "map_examples", "map_spans"]

LabelMap = Mapping[str, str | None]


def load_label_map(path: Path) -> dict[str, str | None]:
    """Read a mapping file.

    Raises:
        GlinerFastError: If it cannot be read.
        InvalidInputError: If it is no object of names and nulls.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GlinerFastError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise GlinerFastError(f"{path}: is not JSON ({error})") from None
    if not isinstance(raw, dict):
        raise InvalidInputError(str(path), "a JSON object of label names", describe(raw))
    for name, target in raw.items():
        if target is not None and not isinstance(target, str):
            raise InvalidInputError(f"{path}: {name}", "a label or null", describe(target))
    return raw


def map_spans(spans: Iterable[LabelledSpan], labels: LabelMap) -> list[LabelledSpan]:
    """Spans under their new labels; those mapped to null are left out."""
    found = []
    for span in spans:
        label = labels.get(span.label, span.label)
        if label is not None:
            found.append(LabelledSpan(span.start, span.end, label, span.score))
    return found


def map_examples(examples: Iterable[Example], labels: LabelMap) -> list[Example]:
    """Examples with their entities under new labels."""
    return [Example(e.text, tuple(map_spans(e.entities, labels)), e.group) for e in examples]
