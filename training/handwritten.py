"""The evaluation sets that are not of the generator: markup → spans.

``NAME.txt`` and ``NAME_clean.txt`` are the sources, ``NAME.jsonl`` what ``gliner-fast eval`` reads.
``handwritten`` is watched while the generator grows; nothing is tuned on ``unseen`` and
``paragraphs``, which has no documents with entities.
After a change to a source: ``python -m training.handwritten``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["SETS", "clean_paragraphs", "documents", "output", "parse_markup", "render"]

SETS = ("handwritten", "unseen", "paragraphs")
_FOLDER = Path(__file__).parent

_ENTITY = re.compile(r"\[\[([a-z0-9_]+):(.+?)\]\]", re.DOTALL)


def parse_markup(markup: str) -> tuple[str, list[dict[str, Any]]]:
    """Text and entities of ``Mail [[first_name:Anna]].``; offsets in code points, end exclusive.

    Raises:
        ValueError: If a bracket pair is left over, or an entity has white space at its border.
    """
    text, at = "", 0
    entities = []
    for match in _ENTITY.finditer(markup):
        text += markup[at : match.start()]
        label, value = match.groups()
        if value != value.strip():
            raise ValueError(f"a {label} begins or ends with white space")
        entities.append({"start": len(text), "end": len(text) + len(value), "label": label})
        text += value
        at = match.end()
    text += markup[at:]
    if "[[" in text or "]]" in text:
        raise ValueError("brackets are left over: a label is misspelt or a bracket is missing")
    return text, entities


def output(name: str) -> Path:
    """The JSON lines of a set."""
    return _FOLDER / f"{name}.jsonl"


def documents(name: str) -> Iterator[dict[str, Any]]:
    """Documents of a set that has some, in its order."""
    genre, lines = "", []
    source = _FOLDER / f"{name}.txt"
    if not source.exists():
        return
    for line in [*source.read_text(encoding="utf-8").splitlines(), "=== "]:
        if line.startswith("=== "):
            if lines:
                # Blank lines between documents belong to neither.
                text, entities = parse_markup("\n".join(lines).rstrip("\n"))
                yield {"text": text, "entities": entities, "family": genre, "kind": name}
            genre, lines = line[4:].strip(), []
        elif genre:
            lines.append(line)


def clean_paragraphs(name: str) -> Iterator[dict[str, Any]]:
    """Paragraphs without any entity."""
    family = "clean"
    source = (_FOLDER / f"{name}_clean.txt").read_text(encoding="utf-8")
    for line in source.splitlines():
        if line.startswith("=== "):
            family = line[4:].strip()
        elif line and not line.startswith("#"):
            yield {"text": line, "entities": [], "family": family, "kind": f"{name}_clean"}


def render(name: str) -> str:
    """The JSON lines of both sources of a set."""
    every = [*documents(name), *clean_paragraphs(name)]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in every)


if __name__ == "__main__":
    for each in SETS:
        output(each).write_text(render(each), encoding="utf-8")
