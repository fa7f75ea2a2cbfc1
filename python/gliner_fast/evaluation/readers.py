"""Files of annotated texts → examples.

Three formats. ``spans``: JSON lines with ``text`` and ``entities`` or ``spans``, each with
``start``, ``end`` (exclusive) and ``label``. ``presidio``: presidio-research's JSON, with
``full_text`` and ``spans`` of ``entity_type``, ``start_position``, ``end_position``. ``conll``:
a token and its BIO, BIOES or IO tag in each line, a blank line after each sentence.

No message quotes the file's text: it names the file, the line and what was expected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gliner_fast.errors import GlinerFastError, InvalidInputError, describe
from gliner_fast.evaluation.types import Example, LabelledSpan

__all__ = ["FORMATS", "read_examples"]


def read_examples(path: Path, file_format: str = "auto") -> list[Example]:
    """Read annotated texts.

    Args:
        file_format: One of :data:`FORMATS`, or ``auto`` to tell from the content.

    Raises:
        GlinerFastError: If the file cannot be read.
        InvalidInputError: If it is not in the format, naming the line or record.
    """
    if file_format != "auto" and file_format not in FORMATS:
        raise InvalidInputError("format", f"auto, {', '.join(FORMATS)}", repr(file_format))
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GlinerFastError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise GlinerFastError(f"{path}: is not UTF-8 (at byte {error.start})") from None
    name = _guess(content) if file_format == "auto" else file_format
    examples = list(FORMATS[name](str(path), content))
    if not examples:
        raise InvalidInputError(str(path), f"at least one example ({name})", "none")
    return examples


def _guess(content: str) -> str:
    start = content.lstrip()[:1]
    if start not in ("{", "["):
        return "conll"
    return "presidio" if '"full_text"' in content[:100_000] else "spans"


def _records(path: str, content: str) -> Iterator[tuple[str, Any]]:
    """JSON lines, or one JSON array, with the place of each record."""
    if content.lstrip().startswith("["):
        try:
            records = json.loads(content)
        except ValueError as error:
            raise InvalidInputError(path, "JSON", f"an error ({_place(error)})") from None
        for index, record in enumerate(records):
            yield f"{path}: record {index + 1}", record
        return
    # Not splitlines(): JSON strings may hold other line separators as they are.
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            where = f"{path}: line {number}"
            try:
                yield where, json.loads(line)
            except ValueError as error:
                raise InvalidInputError(where, "JSON", f"an error ({_place(error)})") from None


def _place(error: ValueError) -> str:
    """Where JSON ends. The exception's own text is fixed, its document is not quoted."""
    position = getattr(error, "pos", None)
    return f"at character {position}" if position is not None else type(error).__name__


def _field(where: str, record: object, names: tuple[str, ...], kind: type) -> Any:
    if not isinstance(record, Mapping):
        raise InvalidInputError(where, "a JSON object", describe(record))
    name = next((n for n in names if n in record), None)
    if name is None:
        raise InvalidInputError(where, f"a field {' or '.join(names)}", "none")
    value = record[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidInputError(f"{where}: {name}", f"{kind.__name__}", describe(value))
    return value


def _span(where: str, text: str, start: int, end: int, label: str) -> LabelledSpan:
    if not 0 <= start < end <= len(text):
        raise InvalidInputError(
            where, f"0 <= start < end <= {len(text)} code points", f"start {start}, end {end}"
        )
    return LabelledSpan(start, end, label)


def _spans(path: str, content: str) -> Iterator[Example]:
    for where, record in _records(path, content):
        text = _field(where, record, ("text",), str)
        spans = []
        for index, raw in enumerate(_field(where, record, ("entities", "spans"), list)):
            place = f"{where}: entity {index + 1}"
            spans.append(
                _span(
                    place,
                    text,
                    _field(place, raw, ("start", "start_position"), int),
                    _field(place, raw, ("end", "end_position"), int),
                    _field(place, raw, ("label", "entity_type", "type"), str),
                )
            )
        group = record.get("family") or record.get("group") or record.get("kind")
        yield Example(text, tuple(spans), str(group or ""))


def _presidio(path: str, content: str) -> Iterator[Example]:
    for where, record in _records(path, content):
        text = _field(where, record, ("full_text",), str)
        spans = []
        for index, raw in enumerate(_field(where, record, ("spans",), list)):
            place = f"{where}: span {index + 1}"
            spans.append(
                _span(
                    place,
                    text,
                    _field(place, raw, ("start_position",), int),
                    _field(place, raw, ("end_position",), int),
                    _field(place, raw, ("entity_type",), str),
                )
            )
        template = record.get("template_id")
        yield Example(text, tuple(spans), "" if template is None else f"template {template}")


def _conll(path: str, content: str) -> Iterator[Example]:
    """Tokens are joined by one space: the original spacing is not in the format."""
    rows: list[tuple[str, str]] = []
    for number, line in enumerate([*content.split("\n"), ""], start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("-DOCSTART-"):
            if rows:
                yield _sentence(rows)
            rows = []
            continue
        # A token may be a kind of space that str.split() would drop; tags never are.
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) < 2:
            raise InvalidInputError(
                f"{path}: line {number}", "a token and a tag", f"{len(columns)} column"
            )
        tag = columns[-1].strip()
        if tag != "O" and tag[:2] not in ("B-", "I-", "E-", "S-", "L-", "U-"):
            raise InvalidInputError(
                f"{path}: line {number}", "a tag O or B-, I-, E-, S-, L-, U-", describe(tag)
            )
        rows.append((columns[0], tag))


def _sentence(rows: list[tuple[str, str]]) -> Example:
    text = " ".join(token for token, _ in rows)
    spans: list[LabelledSpan] = []
    open_span: tuple[int, int, str] | None = None
    at = 0
    for token, tag in rows:
        end = at + len(token)
        prefix, label = tag[:1], tag[2:]
        goes_on = open_span is not None and prefix in "IEL" and open_span[2] == label
        if goes_on and open_span is not None:
            open_span = (open_span[0], end, label)
        else:
            if open_span is not None:
                spans.append(LabelledSpan(*open_span))
            open_span = None if tag == "O" else (at, end, label)
        if open_span is not None and prefix in "ESLU":
            spans.append(LabelledSpan(*open_span))
            open_span = None
        at = end + 1
    if open_span is not None:
        spans.append(LabelledSpan(*open_span))
    return Example(text, tuple(spans))


#: Readers by format: (path for messages, content) to examples.
FORMATS: dict[str, Callable[[str, str], Iterator[Example]]] = {
    "spans": _spans,
    "presidio": _presidio,
    "conll": _conll,
}
