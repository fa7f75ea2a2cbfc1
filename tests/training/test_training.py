"""The tokenizer, the network and a few steps of training, on toy sizes."""

import json
import os
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch (extra 'training')")
pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from training.batches import Stream, StreamOptions, collate, encode
from training.generator import documents
from training.generator.concepts import CANONICAL
from training.generator.documents import joined
from training.generator.examples import WindowOptions, rows, words
from training.loss import LossOptions, loss_of
from training.muon import Muon, orthogonal
from training.network import Network, Shape, load_network, save_checkpoint
from training.probe import Probe
from training.tokens import ENT, SEP, WordEncoder, save_tokenizer, train_tokenizer
from training.train import main

from gliner_fast.config import GlinerConfig
from gliner_fast.encoding import TokenLimits, WordTokenizer

ROOT = Path(__file__).parents[2]
TOY = {"width": 32, "layers": 2, "heads": 4, "inner": 48, "head": 16, "buckets": 8, "max_width": 10}
TEXT = "Call Maria Gonz\u00e1lez at (503) 555-0172 or mail maria@example.com \U0001f600 ok"
LABELS = ["first_name", "phone number", "e-mail address", "zip"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(2_600, seed=3, count=400)


def _shape(tokenizer: Tokenizer, **changes: object) -> Shape:
    return Shape(vocab=tokenizer.get_vocab_size(), **{**TOY, **changes})


def _row(text: str = TEXT) -> dict[str, object]:
    return {"tokenized_text": [text[a:b] for a, b in words(text)], "ner_labels": LABELS, "ner": []}


def _folder(path: Path, tokenizer: Tokenizer, network: Network) -> Path:
    save_checkpoint(path, network.shape, network.state_dict(), tokenizer.token_to_id(ENT), "toy")
    save_tokenizer(tokenizer, path)
    return path


def _shaken(tokenizer: Tokenizer, **changes: object) -> Network:
    """Random weights that reach every part of the network."""
    torch.manual_seed(1)
    network = Network(_shape(tokenizer, **changes)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


def _logits(network: Network, tokenizer: Tokenizer, times: int = 1) -> torch.Tensor:
    batch = collate([encode(_row(), WordEncoder(tokenizer))] * times)
    with torch.no_grad():
        return network(batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels)


def test_single_digits_and_whole_labels(tokenizer: Tokenizer) -> None:
    encoder = WordEncoder(tokenizer)
    pieces = [tokenizer.id_to_token(i) for i in encoder.ids(["555-01"])[0]]
    assert pieces == ["\u25815", "5", "5", "-", "0", "1"]
    assert all(len(ids) == 1 for ids in encoder.ids(CANONICAL))
    assert all(len(ids) == 1 for ids in encoder.ids(list("().,:@a7Z")))


def test_any_text_has_tokens_and_comes_back(tokenizer: Tokenizer) -> None:
    unknown = tokenizer.token_to_id("[UNK]")
    for word in ["na\u00efve", "\u6f22\u5b57", "\U0001f600", "x\u0301", "Ω", "plain"]:
        ids = list(WordEncoder(tokenizer).ids([word])[0])
        assert ids and unknown not in ids
        assert tokenizer.decode(ids).strip() == word


def test_training_and_engine_read_words_alike(tokenizer: Tokenizer, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "toy", tokenizer, Network(_shape(tokenizer)))
    config = GlinerConfig.load(folder)
    engine = WordTokenizer.load(folder / "tokenizer.json", config, TokenLimits())
    row = encode(_row(), WordEncoder(tokenizer))
    prompt = engine.prompt(tuple(LABELS))
    text = engine.words([TEXT[a:b] for a, b in words(TEXT)])
    assert row.ids == [*prompt.token_ids, *text.token_ids, *engine.suffix]
    assert row.labels == list(prompt.label_tokens)
    assert row.words == [len(prompt.token_ids) + s for s in text.starts]
    assert engine.prompt((ENT, SEP)).label_tokens.shape == (2,)


@pytest.mark.parametrize(
    "changes",
    [{}, {"p2c": True, "rnn_layers": 2}, {"rnn_layers": 0}, {"head": 32}, {"norm_table": False}],
    ids=["default", "both-terms", "no-rnn", "no-projection", "plain-table"],
)
def test_the_converter_reads_it(
    tokenizer: Tokenizer, tmp_path: Path, changes: dict[str, object]
) -> None:
    pytest.importorskip("onnx", reason="the converter needs onnx (extra 'convert')")
    from gliner_fast import GLiNER
    from gliner_fast.convert import convert
    from gliner_fast.types import DecodeOptions

    network = _shaken(tokenizer, **changes)
    folder = _folder(tmp_path / "toy", tokenizer, network)
    engine = GLiNER.from_pretrained(convert(folder, tmp_path / "onnx", progress=False)).engine
    window = engine.plan_whole(TEXT, engine.prompt(LABELS), DecodeOptions()).windows[0]
    ours = torch.from_numpy(engine.logits([window])[0])
    _close(_logits(network, tokenizer)[0], ours)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize(
    "changes", [{}, {"head": 32, "rnn_layers": 2}], ids=["default", "no-projection"]
)
def test_the_way_back_from_a_converted_model(
    tokenizer: Tokenizer, tmp_path: Path, precision: str, changes: dict[str, object]
) -> None:
    pytest.importorskip("onnx", reason="the converter needs onnx (extra 'convert')")
    from training.restore import main as restore

    from gliner_fast.convert import convert

    network = _shaken(tokenizer, **changes)
    folder = _folder(tmp_path / "toy", tokenizer, network)
    onnx = convert(folder, tmp_path / "onnx", precision, progress=False, allow_lossy=True)
    assert restore([str(onnx), str(tmp_path / "back")]) == 0
    back = load_network(tmp_path / "back")
    assert asdict(back.shape) == {**asdict(network.shape), "norm_table": False}
    # Rounding to int8 moves a weight by half a 127th of its channel's largest at most.
    tolerance = 1e-5 if precision == "fp32" else 5e-3
    before, after = network.state_dict(), back.state_dict()
    for name in after:
        if not name.endswith("rel_embeddings.weight"):
            assert (before[name] - after[name]).abs().max() < tolerance, name
    if precision == "fp32":
        _close(_logits(network, tokenizer)[0], _logits(back, tokenizer)[0])


def test_a_network_of_another_architecture_is_refused(tokenizer: Tokenizer) -> None:
    config = _shape(tokenizer).gliner_config(1, "toy")
    assert Shape.from_config(config) == _shape(tokenizer)
    with pytest.raises(ValueError, match="span_mode: expected markerV0, got marker"):
        Shape.from_config({**config, "span_mode": "marker"})
    encoder = {**config["encoder_config"], "hidden_act": "relu"}
    with pytest.raises(ValueError, match=r"encoder_config\.hidden_act: expected gelu, got relu"):
        Shape.from_config({**config, "encoder_config": encoder})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("changes", [{}, {"p2c": True}], ids=["default", "both-terms"])
def test_gliner_reads_it(tokenizer: Tokenizer, tmp_path: Path, changes: dict[str, object]) -> None:
    gliner = pytest.importorskip("gliner", reason="the comparison needs gliner (extra 'training')")
    network = _shaken(tokenizer, **changes)
    folder = _folder(tmp_path / "toy", tokenizer, network)
    theirs = gliner.GLiNER.from_pretrained(str(folder)).eval()
    prepared = theirs.prepare_batch([TEXT], LABELS)
    batch = theirs.collate_batch(prepared["input_x"], prepared["entity_types"])
    with torch.no_grad():
        logits = theirs.run_batch(batch).logits[0].float()
    _close(_logits(network, tokenizer)[0], logits)


def _close(a: torch.Tensor, b: torch.Tensor) -> None:
    count, width = a.shape[:2]
    inside = torch.arange(count)[:, None] + torch.arange(width) < count
    assert a[inside].abs().max() > 0.5
    assert torch.allclose(a[inside], b[inside], atol=2e-4), (a - b)[inside].abs().max()


def test_a_row_does_not_depend_on_its_batch(tokenizer: Tokenizer) -> None:
    network = _shaken(tokenizer)
    encoder = WordEncoder(tokenizer)
    long = {**_row(TEXT * 3), "ner_labels": [*LABELS, "age", "city"]}
    batch = collate([encode(_row(), encoder), encode(long, encoder)])
    with torch.no_grad():
        both = network(batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels)
    alone = _logits(network, tokenizer)[0]
    _close(alone, both[0, : alone.shape[0], :, : len(LABELS)])


def test_the_loss_is_cross_entropy_over_spans(tokenizer: Tokenizer) -> None:
    network = _shaken(tokenizer)
    encoder = WordEncoder(tokenizer)
    row = {
        **_row(),
        "ner": [[1, 2, "first_name"], [4, 7, "phone number"]],
        "ner_ignored": [[9, 13]],
    }
    batch = collate([encode(row, encoder)])
    logits = _logits(network, tokenizer)[0]
    total = 0.0
    for first in range(logits.shape[0]):
        for width in range(logits.shape[1]):
            last = first + width
            if last >= logits.shape[0] or (first <= 13 and last >= 9):
                continue
            for index, label in enumerate(LABELS):
                hit = [first, last, label] in row["ner"]
                total += functional.binary_cross_entropy_with_logits(
                    logits[first, width, index], torch.tensor(float(hit))
                ).item()
    assert loss_of(network, batch).item() == pytest.approx(total / 2, rel=1e-4)


def test_scoring_some_words_costs_the_same_on_average(tokenizer: Tokenizer) -> None:
    network = _shaken(tokenizer)
    row = {**_row(), "ner": [[1, 2, "first_name"]]}
    batch = collate([encode(row, WordEncoder(tokenizer))])
    torch.manual_seed(0)
    with torch.no_grad():
        whole = loss_of(network, batch).item()
        some = [loss_of(network, batch, LossOptions(starts=0.5)).item() for _ in range(300)]
    assert sum(some) / len(some) == pytest.approx(whole, rel=0.05)


def test_spans_from_one_entity_to_another_count_more(tokenizer: Tokenizer) -> None:
    encoder = WordEncoder(tokenizer)
    network = Network(_shape(tokenizer))
    row = {**_row(), "ner": [[1, 2, LABELS[0]], [4, 6, LABELS[1]], [14, 14, LABELS[1]]]}
    batch = collate([encode(row, encoder), encode({**_row(), "ner": []}, encoder)])
    plain = loss_of(network, batch, LossOptions())
    logits = network(
        batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels, None
    )
    # The third begins more than the widest span after the first, which leaves two bridges.
    spans = [(1, 6 - 1, 0), (1, 6 - 1, 1)]
    assert TOY["max_width"] <= 14 - 4
    extra = sum(
        functional.softplus(logits[0, first, width, label]) for first, width, label in spans
    )
    heavy = loss_of(network, batch, LossOptions(bridges=4.0))
    assert torch.allclose(heavy, plain + 3.0 * extra / 3)


def test_joined_documents_are_asked_for_all_labels(tokenizer: Tokenizer) -> None:
    options = StreamOptions(seed=4, tokens=3000, buffer=32, joined=1.0)
    stream = iter(Stream(tokenizer, options, WindowOptions(max_width=10)))
    for _ in range(4):
        batch = next(stream)
        assert (batch.label_counts >= 55).all() and len(batch.positives) > 0
    docs = list(documents(4, 3))
    text = joined(docs, random.Random(1))
    pieces = [text.text[s.start : s.end] for s in text.spans]
    assert pieces == [doc.text[s.start : s.end] for doc in docs for s in doc.spans]


def test_batches_hold_what_rows_hold(tokenizer: Tokenizer) -> None:
    options = StreamOptions(seed=4, tokens=1500, buffer=64)
    stream = iter(Stream(tokenizer, options, WindowOptions(max_width=10)))
    entities = read = 0
    for _ in range(12):
        batch = next(stream)
        assert batch.ids.shape[0] * batch.ids.shape[1] <= 1500 or len(batch.ids) == 1
        assert (batch.positives[:, 2] < 10).all()
        entities += len(batch.positives)
        read += batch.documents
    assert entities > 100 and read > 0


def test_rows_encode(tokenizer: Tokenizer) -> None:
    encoder = WordEncoder(tokenizer)
    for doc in documents(8, 30):
        for row in rows(random.Random(1), doc):
            encoded = encode(row, encoder)
            assert len(encoded.labels) == len(row["ner_labels"])
            assert len(encoded.words) == len(row["tokenized_text"])


def _arguments(output: Path) -> list[str]:
    arguments = ["--output", str(output), "--vocab", "2500", "--tokenizer-documents", "300",
                 "--threads", "1", "--workers", "0", "--buffer", "48", "--batch-tokens", "1000",
                 "--probe", "4", "--quiet", "--minutes", "30", "--bf16", "off"]  # fmt: skip
    for name, value in TOY.items():
        arguments += ["--" + name.replace("_", "-"), str(value)]
    return arguments


_TWO = """
import sys, torch
from torch import nn
from training.replicas import Replicas
replicas = Replicas()
net = nn.Linear(3, 2)
for p in net.parameters():
    p.grad = torch.full_like(p, 1.0 + 2.0 * replicas.number)
sums = replicas.average(net, [1.0, 10.0 * replicas.number])
assert sums == [2.0, 10.0], sums
assert all((p.grad == 2.0).all() for p in net.parameters())
replicas.close()
"""


def test_replicas_average_gradients_and_add_counts(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(_TWO, encoding="utf-8")
    _torchrun(str(tmp_path / "two.py"))


def test_two_processes_make_one_run(tmp_path: Path) -> None:
    _torchrun("-m", "training.train", *_arguments(tmp_path), "--steps", "3")
    step, documents_, rows_, tokens, _ = torch.load(tmp_path / "state.pt", weights_only=True)[
        "progress"
    ]
    # More than one process can have read: a batch is of at most 1,000 tokens.
    assert step == 3 and tokens > 3_000 and rows_ > 0 and documents_ >= 0
    assert load_network(tmp_path / "pii-default").shape.width == TOY["width"]


def _torchrun(*arguments: str) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    subprocess.run(
        [*command, "2", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        timeout=120,
    )


def test_orthogonal_steps() -> None:
    torch.manual_seed(0)
    for shape in ((24, 24), (16, 64), (64, 16)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert ((values > 0.6) & (values < 1.3)).all()


def test_muon_minimises() -> None:
    torch.manual_seed(0)
    target, x = torch.randn(8, 12), torch.randn(64, 12)
    weight = torch.nn.Parameter(torch.zeros(8, 12))
    optimizer = Muon([weight], lr=0.05)
    losses = []
    for step in range(300):
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * (1 - step / 300)
        loss = ((x @ (weight - target).T) ** 2).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 100


@pytest.mark.filterwarnings("ignore")
def test_a_run_starts_from_a_checkpoint(tokenizer: Tokenizer, tmp_path: Path) -> None:
    before = _shaken(tokenizer, norm_table=False)
    folder = _folder(tmp_path / "before", tokenizer, before)
    arguments = [*_arguments(tmp_path / "run"), "--start-from", str(folder)]
    assert main([*arguments, "--steps", "1", "--lr", "0"]) == 0
    after = load_network(tmp_path / "run" / "pii-default").state_dict()
    assert all(torch.equal(after[k], v) for k, v in before.state_dict().items())
    other = _folder(tmp_path / "other", tokenizer, Network(_shape(tokenizer, layers=1)))
    with pytest.raises(SystemExit, match="another shape"):
        main([*_arguments(tmp_path / "run"), "--start-from", str(other)])


@pytest.mark.filterwarnings("ignore")
def test_a_toy_run_learns_stops_and_goes_on(tmp_path: Path) -> None:
    arguments = _arguments(tmp_path)
    assert main([*arguments, "--steps", "4"]) == 0
    assert main([*arguments, "--steps", "6"]) == 0
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["progress"][0] == 6
    lines = (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("step,minutes") and [line.split(",")[0] for line in lines[1:]] == [
        "4",
        "6",
    ]
    network = load_network(tmp_path / "pii-default")
    assert network.shape.width == TOY["width"]
    config = json.loads(
        (tmp_path / "pii-default" / "gliner_config.json").read_text(encoding="utf-8")
    )
    assert config["max_width"] == TOY["max_width"]
    with pytest.raises(SystemExit, match="another shape"):
        main([*arguments, "--steps", "6", "--layers", "3"])


def test_it_can_learn_a_few_rows_by_heart(tokenizer: Tokenizer) -> None:
    torch.manual_seed(2)
    encoder = WordEncoder(tokenizer)
    network = Network(_shape(tokenizer, width=48))
    texts = [
        "My name is Ana.",
        "Call 555-0101 now.",
        "I am Bob, from Bonn.",
        "Nothing to see here.",
    ]
    ner = [[[3, 3, "first_name"]], [[1, 1, "phone number"]], [[2, 2, "first_name"]], []]
    rows_ = [encode({**_row(t), "ner": n}, encoder) for t, n in zip(texts, ner, strict=True)]
    batch = collate(rows_)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(150):
        loss = loss_of(network, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.5
    result = Probe(rows_).run(network, torch.device("cpu"))
    assert (result.f1, result.alarms) == (1.0, 0.0)
