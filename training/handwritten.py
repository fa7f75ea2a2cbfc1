"""The hand-written evaluation set: markup → spans.

``handwritten.txt`` and ``handwritten_clean.txt`` are the sources, ``handwritten.jsonl`` what
``gliner-fast eval`` reads. After a change to a source: ``python -m training.handwritten``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "OUTPUT", "clean_paragraphs", "documents", "parse_markup", "render"]

FOLDER = Path(__file__).parent
SOURCE = FOLDER / "handwritten.txt"
CLEAN = FOLDER / "handwritten_clean.txt"
OUTPUT = FOLDER / "handwritten.jsonl"

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


def documents() -> Iterator[dict[str, Any]]:
    """Documents of the source file, in its order."""
    genre, lines = "", []
    for line in [*SOURCE.read_text(encoding="utf-8").splitlines(), "=== "]:
        if line.startswith("=== "):
            if lines:
                text, entities = parse_markup("\n".join(lines))
                yield {"text": text, "entities": entities, "family": genre, "kind": "handwritten"}
            genre, lines = line[4:].strip(), []
        elif genre:
            lines.append(line)


def clean_paragraphs() -> Iterator[dict[str, Any]]:
    """Paragraphs without any entity."""
    for line in CLEAN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield {"text": line, "entities": [], "family": "clean", "kind": "handwritten_clean"}


def render() -> str:
    """The JSON lines of both sources."""
    every = [*documents(), *clean_paragraphs()]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in every)


if __name__ == "__main__":
    OUTPUT.write_text(render(), encoding="utf-8")
