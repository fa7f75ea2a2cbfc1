"""From entities to what is sent: checks first, then JSON."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence

from gliner_fast.server.failures import BrokenAnswer
from gliner_fast.server.scheduler import Detection
from gliner_fast.types import Entity

__all__ = ["check_entities", "content_json", "coverage_of", "tagged_text", "without_overlaps"]


def check_entities(text: str, entities: Sequence[Entity]) -> None:
    """Make sure that every entity is what the text says at its offsets.

    Costs one comparison of each entity's text. A wrong offset would make the client hide the
    wrong characters, so such an answer is never sent.

    Raises:
        BrokenAnswer: Without saying what the text is.
    """
    for entity in entities:
        start, end = entity["start"], entity["end"]
        if not 0 <= start < end <= len(text) or text[start:end] != entity["text"]:
            raise BrokenAnswer("an entity's text is not the text at its offsets")
        if not 0.0 <= entity["score"] <= 1.0:
            raise BrokenAnswer("an entity's score is not in [0, 1]")


def without_overlaps(entities: Sequence[Entity]) -> list[Entity]:
    """The best entities that share no character, ordered by start. O(n log n).

    Best score first; ties go to the earlier, then the longer one.
    """
    kept: list[Entity] = []
    starts: list[int] = []
    best = sorted(entities, key=lambda e: (-e["score"], e["start"], -e["end"], e["label"]))
    for entity in best:
        at = bisect_left(starts, entity["start"])
        fits_left = at == 0 or kept[at - 1]["end"] <= entity["start"]
        fits_right = at == len(kept) or entity["end"] <= kept[at]["start"]
        if fits_left and fits_right:
            starts.insert(at, entity["start"])
            kept.insert(at, entity)
    return kept


def tagged_text(text: str, entities: Sequence[Entity]) -> str:
    """The text with every entity as ``[value](label)``; the entities must not overlap."""
    parts: list[str] = []
    position = 0
    for entity in entities:
        parts.append(text[position : entity["start"]])
        parts.append(f"[{entity['text']}]({entity['label']})")
        position = entity["end"]
    parts.append(text[position:])
    return "".join(parts)


def coverage_of(detection: Detection) -> dict[str, int]:
    """How much of the text was read. ``words_cut`` is 0: windows too long are cut again."""
    return {
        "windows": detection.chunks,
        "words": detection.words or 0,
        "words_cut": detection.words_cut or 0,
    }


def content_json(
    text: str,
    detection: Detection,
    *,
    total_entities: bool,
    tagged: bool,
    coverage: bool,
) -> str:
    """The answer as the JSON string of ``message.content``.

    ``<`` is written as ``\\u003c``: DataDesigner reads the content as Markdown and XML, where an
    entity holding ``<!--`` would lose the row. In JSON both are the same string.
    """
    answer: dict[str, object] = {
        "entities": [
            {
                "text": entity["text"],
                "label": entity["label"],
                "start": entity["start"],
                "end": entity["end"],
                "score": entity["score"],
            }
            for entity in detection.entities
        ]
    }
    if total_entities:
        answer["total_entities"] = len(detection.entities)
    if tagged:
        answer["tagged_text"] = tagged_text(text, without_overlaps(detection.entities))
    if coverage:
        answer["coverage"] = coverage_of(detection)
    # A NaN would make this unreadable for the client: better a 500 than a broken 200.
    return json.dumps(answer, allow_nan=False).replace("<", "\\u003c")
