"""Every format that is read, and what is said about a broken file."""

import json
from pathlib import Path

import pytest

from gliner_fast import GlinerFastError, InvalidInputError
from gliner_fast.evaluation import read_examples
from gliner_fast.evaluation.mapping import load_label_map, map_examples
from gliner_fast.evaluation.types import LabelledSpan

SECRET = "Zebulon"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _values(path: Path, file_format: str = "auto") -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (e.text, [(e.text[s.start : s.end], s.label) for s in e.entities])
        for e in read_examples(path, file_format)
    ]


def test_spans_jsonl(tmp_path: Path) -> None:
    rows = [
        {
            "text": "I am Ana\u2028ok",
            "entities": [{"start": 5, "end": 8, "label": "name"}],
            "family": "f",
        },
        {"text": "nothing", "spans": []},
    ]  # fmt: skip
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n\n"
    path = _write(tmp_path / "a.jsonl", lines)
    assert _values(path) == [("I am Ana\u2028ok", [("Ana", "name")]), ("nothing", [])]
    assert [e.group for e in read_examples(path)] == ["f", ""]


def test_spans_as_one_array(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", json.dumps([{"text": "x", "entities": []}]))
    assert _values(path) == [("x", [])]


def test_presidio(tmp_path: Path) -> None:
    sample = {
        "full_text": "Mail Ana",
        "masked": "Mail {{PERSON}}",
        "spans": [
            {"entity_type": "PERSON", "entity_value": "Ana", "start_position": 5, "end_position": 8}
        ],
        "template_id": 3,
    }
    path = _write(tmp_path / "a.json", json.dumps([sample]))
    assert _values(path) == [("Mail Ana", [("Ana", "PERSON")])]
    assert read_examples(path)[0].group == "template 3"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("Ana B-PER\nRoe I-PER\nin O\nBonn B-LOC", [("Ana Roe", "PER"), ("Bonn", "LOC")]),
        ("Ana I-PER\nRoe I-PER", [("Ana Roe", "PER")]),
        ("Ana B-PER\nBob B-PER", [("Ana", "PER"), ("Bob", "PER")]),
        ("Ana S-PER\nNew B-LOC\nYork E-LOC", [("Ana", "PER"), ("New York", "LOC")]),
        ("Ana U-PER\nNew B-LOC\nYork L-LOC", [("Ana", "PER"), ("New York", "LOC")]),
        ("-DOCSTART- -X- O O\n\nAna NNP x B-PER\nran VB x O", [("Ana", "PER")]),
        ("Ana\tB-PER\n\xa0\tO", [("Ana", "PER")]),
        ("Ana I-PER\nBonn I-LOC", [("Ana", "PER"), ("Bonn", "LOC")]),
    ],
)
def test_conll(tmp_path: Path, lines: str, expected: list[tuple[str, str]]) -> None:
    assert _values(_write(tmp_path / "a.conll", lines + "\n"))[0][1] == expected


def test_conll_sentences(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", "Ana B-PER\n\nran O\n")
    assert _values(path) == [("Ana", [("Ana", "PER")]), ("ran", [])]


@pytest.mark.parametrize(
    ("content", "file_format", "says"),
    [
        ('{"text": "%s"', "auto", "line 1: expected JSON"),
        ('[{"text": "%s"}, ', "auto", "expected JSON"),
        ('{"text": "%s"}', "auto", "entities or spans"),
        ('{"words": "%s", "entities": []}', "auto", "a field text"),
        ('{"text": "%s", "entities": [{"start": 0, "label": "x"}]}', "auto", "entity 1"),
        ('{"text": "%s", "entities": [{"start": 2, "end": 99, "label": "x"}]}', "auto", "end 99"),
        ('{"text": "%s", "entities": [{"start": 2, "end": 2, "label": "x"}]}', "auto", "start 2"),
        ('{"text": "%s", "entities": [{"start": true, "end": 2, "label": "x"}]}', "auto", "start"),
        ('{"text": "%s", "entities": ["%s"]}', "auto", "a JSON object"),
        ("%s", "auto", "a token and a tag"),
        ("%s X-PER", "auto", "a tag O or"),
        ("\n\n", "conll", "at least one example"),
        ("x O", "xml", "auto, spans, presidio, conll"),
    ],
)
def test_broken_files_name_the_place_and_quote_nothing(
    tmp_path: Path, content: str, file_format: str, says: str
) -> None:
    path = _write(tmp_path / "a", content.replace("%s", SECRET))
    with pytest.raises(InvalidInputError, match=says) as caught:
        read_examples(path, file_format)
    assert SECRET not in str(caught.value)


def test_no_file_and_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(GlinerFastError, match="No such file"):
        read_examples(tmp_path / "none")
    (tmp_path / "a").write_bytes(b"abc \xff")
    with pytest.raises(GlinerFastError, match="not UTF-8"):
        read_examples(tmp_path / "a")


def test_label_maps(tmp_path: Path) -> None:
    data = {"text": "Ana Bonn x", "entities": [
        {"start": 0, "end": 3, "label": "PER"}, {"start": 4, "end": 8, "label": "LOC"},
        {"start": 9, "end": 10, "label": "MISC"},
    ]}  # fmt: skip
    examples = read_examples(_write(tmp_path / "a", json.dumps(data)))
    path = _write(tmp_path / "map.json", '{"PER": "person", "MISC": null}')
    mapped = map_examples(examples, load_label_map(path))
    assert mapped[0].entities == (LabelledSpan(0, 3, "person"), LabelledSpan(4, 8, "LOC"))


@pytest.mark.parametrize("content", ["[1]", '{"a": 1}', "{"])
def test_broken_label_maps(tmp_path: Path, content: str) -> None:
    with pytest.raises(GlinerFastError):
        load_label_map(_write(tmp_path / "map.json", content))
    with pytest.raises(GlinerFastError, match="No such file"):
        load_label_map(tmp_path / "none.json")
