"""Predictors, runs, reports and the command line."""

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gliner_fast import GLiNER, InvalidInputError, MissingDependencyError
from gliner_fast.evaluation import Example, LabelledSpan, evaluate
from gliner_fast.evaluation.command import add_arguments, run
from gliner_fast.evaluation.peers import load_peer
from gliner_fast.evaluation.predictors import ModelPredictor, ReadingOptions
from gliner_fast.evaluation.report import as_json, as_table, comparison, plot_sweep
from gliner_fast.evaluation.run import EvaluationOptions, on_labels

TEXT = "Contact Maria Gonzalez at (503) 555-0172 or maria@example.com. " * 12


class Fixed:
    """Finds the same spans, with scores, in every text."""

    name = "fixed"
    labels = None
    note = "a note"

    def __init__(self, *spans: LabelledSpan) -> None:
        self._spans = spans
        self.prompts: list[tuple[str, ...]] = []

    def predict(
        self, text: str, labels: Sequence[str], thresholds: Sequence[float]
    ) -> list[list[LabelledSpan]]:
        self.prompts.append(tuple(labels))
        return [[s for s in self._spans if s.score > t and s.end <= len(text)] for t in thresholds]


EXAMPLES = [
    Example("Ana in Bonn", (LabelledSpan(0, 3, "name"), LabelledSpan(7, 11, "city")), "one"),
    Example("no", (), "two"),
]


@pytest.fixture(scope="module")
def model() -> GLiNER:
    return GLiNER.from_pretrained()


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_one_run_serves_all_thresholds_exactly(model: GLiNER, flat: bool, whole: bool) -> None:
    labels = ["first_name", "last_name", "phone_number", "email", "city", "date", "company_name"]
    thresholds = [0.01, 0.1, 0.3, 0.5, 0.9, 0.9999]
    predictor = ModelPredictor(model, ReadingOptions(whole=whole, flat=flat))
    found = predictor.predict(TEXT, labels, thresholds)
    assert len(found[-1]) < len(found[-2])
    for threshold, spans in zip(thresholds, found, strict=True):
        if whole:
            expected = model.predict_entities(TEXT, labels, flat_ner=flat, threshold=threshold)
        else:
            expected = model.detect(TEXT, labels, threshold, flat_ner=flat)
        assert [(s.start, s.end, s.label) for s in spans] == [
            (e["start"], e["end"], e["label"]) for e in expected
        ]


def test_a_result_holds_every_figure() -> None:
    predictor = Fixed(
        LabelledSpan(0, 3, "name", 0.9),
        LabelledSpan(7, 10, "city", 0.6),
        LabelledSpan(0, 2, "city", 0.2),
    )
    options = EvaluationOptions(threshold=0.5, sweep=(0.1, 0.8))
    result = evaluate(predictor, EXAMPLES, options)
    assert predictor.prompts[0] == ("city", "name")
    assert result.scores.micro().f1 == pytest.approx(0.5)
    assert result.scores.micro(relaxed=True).f1 == 1.0
    assert result.scores.false_alarm_rate == 0.0
    assert [t for t, _ in result.sweep] == [0.1, 0.5, 0.8]
    assert [s.false_alarm_rate for _, s in result.sweep] == [1.0, 0.0, 0.0]
    assert result.groups["one"].micro().recall == 0.5
    assert result.latency.documents_per_second > 0
    report = json.loads(json.dumps(as_json(result)))
    assert report["micro"]["strict"]["f1"] == pytest.approx(0.5)
    assert report["labels"]["city"]["relaxed"]["f1"] == 1.0
    assert report["sweep"][0]["threshold"] == 0.1
    assert report["groups"]["two"]["documents"] == 1
    table = as_table(result, groups=True)
    for word in ("micro", "city", "false alarm", "threshold", "latency", "a note", "group"):
        assert word in table
    # Figures only: no word of the data.
    assert "Ana" not in table and "Bonn" not in json.dumps(report)
    shared = on_labels(result, EXAMPLES, frozenset({"name"}))
    assert shared.micro().f1 == 1.0
    assert "fixed" in comparison([("fixed", shared, 1.0)])


def test_predictions_can_be_renamed() -> None:
    predictor = Fixed(LabelledSpan(0, 3, "person"), LabelledSpan(7, 11, "misc"))
    options = EvaluationOptions(
        labels=("person", "misc"), prediction_map={"person": "name", "misc": None}
    )
    result = evaluate(predictor, EXAMPLES[:1], options)
    assert result.scores.strict["name"].correct == 1
    assert "misc" not in result.scores.strict


def test_nothing_to_evaluate() -> None:
    with pytest.raises(InvalidInputError, match="examples with labels"):
        evaluate(Fixed(), [Example("x", ())])
    with pytest.raises(InvalidInputError, match="threshold"):
        evaluate(Fixed(), EXAMPLES, EvaluationOptions(threshold=2))


def _data(path: Path) -> Path:
    rows = [
        {"text": "I work in Paris.", "entities": [{"start": 10, "end": 15, "label": "town"}]},
        {"text": "The cache is full.", "entities": []},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def _arguments(*values: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([*values, "--quiet"])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(_data(tmp_path / "a.jsonl"))
    names = tmp_path / "map.json"
    names.write_text('{"town": "city"}', encoding="utf-8")
    out = tmp_path / "out.json"
    args = _arguments(
        "default", data, "--map", str(names), "--sweep", "--json", str(out), "--negatives", "3"
    )
    assert run(args) == 0
    printed = capsys.readouterr().out
    assert "city" in printed and "0.95" in printed and "Paris" not in printed
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["prompt"][0] == "city" and len(report["prompt"]) == 4
    assert report["documents"] == 2


@pytest.mark.parametrize(
    ("labels", "count"), [("default", 55), ("all", 65), ("city, age,city", 2), ("data", 1)]
)
def test_prompts_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: str, count: int
) -> None:
    out = tmp_path / "out.json"
    args = _arguments(
        "default",
        str(_data(tmp_path / "a")),
        "--labels",
        labels,
        "--json",
        str(out),
        "--limit",
        "1",
    )
    run(args)
    capsys.readouterr()
    assert len(json.loads(out.read_text(encoding="utf-8"))["prompt"]) == count


def test_figures_over_some_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = str(_data(tmp_path / "a")), tmp_path / "out.json"
    labels = ("--labels", "town,age,email", "--score", "town,age")
    run(_arguments("default", data, *labels, "--json", str(out)))
    assert "over 2 labels" in capsys.readouterr().out
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["score"]["labels"] == ["age", "town"]
    assert report["score"]["strict"]["gold"] == 1
    with pytest.raises(InvalidInputError, match="score: expected labels of the prompt"):
        run(_arguments("default", data, "--score", "nose"))


def test_too_many_negatives(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="between 0 and 65"):
        run(_arguments("default", str(_data(tmp_path / "a")), "--negatives", "66"))


def test_peers_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def missing(name: str, *args: Any) -> Any:
        if name.split(".")[0] in ("presidio_analyzer", "gliner", "matplotlib"):
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"gliner-fast\[presidio\]"):
        load_peer("presidio", "default")
    with pytest.raises(MissingDependencyError, match="gliner"):
        load_peer("gliner", "default")
    result = evaluate(Fixed(), EXAMPLES, EvaluationOptions(sweep=(0.5,)))
    with pytest.raises(MissingDependencyError, match="matplotlib"):
        plot_sweep(result, Path("unused.png"))


def test_unknown_peers() -> None:
    with pytest.raises(InvalidInputError, match="presidio, gliner"):
        load_peer("spacy", "default")


@pytest.mark.filterwarnings("ignore")
def test_presidio_finds_what_it_knows() -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    peer = load_peer("presidio", "default")
    text = "Mail ana@example.com from 192.168.0.1 or 2001:db8::1, card 4111 1111 1111 1111"
    assert peer.labels is not None and {"email", "ipv4", "ssn"} <= peer.labels
    found = peer.predict(text, ["email", "ipv4", "ipv6", "credit_debit_card"], [0.3, 0.99])
    assert [(text[s.start : s.end], s.label) for s in sorted(found[0])] == [
        ("ana@example.com", "email"),
        ("192.168.0.1", "ipv4"),
        ("2001:db8::1", "ipv6"),
        ("4111 1111 1111 1111", "credit_debit_card"),
    ]
    assert len(found[1]) < len(found[0])
    assert "pattern recognizers alone" in peer.note or not peer.note


@pytest.mark.filterwarnings("ignore")
def test_the_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    result = evaluate(Fixed(), EXAMPLES, EvaluationOptions(sweep=(0.2, 0.5)))
    plot_sweep(result, tmp_path / "sweep.png")
    assert (tmp_path / "sweep.png").read_bytes()[1:4] == b"PNG"


def test_the_evaluation_imports_peers_only_when_asked() -> None:
    code = (
        "import sys, gliner_fast.evaluation.command\n"
        "heavy = {'presidio_analyzer', 'gliner', 'matplotlib', 'torch', 'fastapi'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
