"""Every supported architecture gives gliner's logits, from a graph that any provider can run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from gliner_fast.convert import convert
from gliner_fast.convert.graph import OPSET
from gliner_fast.engine import Engine
from gliner_fast.errors import DeviceUnavailableError
from gliner_fast.feeds import GraphKind, make_feeds
from samples import VARIANTS, copied, load, rows, valid_spans
from variants import CONFIGS, LABELS, TEXTS

#: Against torch in float32; logits are up to 10 and vary by 0.1 from span to span.
TOLERANCE = 2e-4
#: Against the same row alone in its batch.
BATCH_TOLERANCE = 1e-5
#: Measured on this checkpoint: 0.0023 and 0.095. Random weights are harder to round than trained.
LOWER_PRECISION = {"fp16": 0.01, "int8": 0.2}
#: Operators with a kernel for CUDA in ONNX Runtime, in the types that the graph uses.
CUDA_OPERATORS = {
    "Add",
    "And",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "Div",
    "Expand",
    "Gather",
    "Gelu",
    "GreaterOrEqual",
    "Identity",
    "LSTM",
    "LayerNormalization",
    "Less",
    "MatMul",
    "Max",
    "Min",
    "Mul",
    "Neg",
    "Range",
    "ReduceMax",
    "Relu",
    "Reshape",
    "ScatterND",
    "Shape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Split",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
    "Unsqueeze",
    "Where",
}

#: Variants without a form in the fused CPU operators.
PORTABLE_ONLY = {
    "absolute-positions",
    "convolution",
    "convolution-groups",
    "max",
    "mean",
    "no-relative-attention",
}
GRAPHS = [
    (name, graph)
    for name in CONFIGS
    for graph in ("portable", "fused")
    if graph == "portable" or name not in PORTABLE_ONLY
]

Convert = Callable[..., Path]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Converts a variant, once for each precision."""
    folders: dict[tuple[str, str], Path] = {}
    root = tmp_path_factory.mktemp("converted")

    def get(name: str, precision: str = "fp32") -> Path:
        if (name, precision) not in folders:
            with pytest.MonkeyPatch.context() as patch:
                # base-model names a folder relative to the current one.
                patch.chdir(VARIANTS / name)
                target = root / f"{name}-{precision}"
                # Random weights keep few entities in int8.
                folders[name, precision] = convert(
                    VARIANTS / name, target, precision, allow_lossy=True, progress=False
                )
        return folders[name, precision]

    return get


def _differences(engine: Engine, name: str) -> list[float]:
    """Largest difference from gliner's logits, for each text alone."""
    reference = np.load(VARIANTS / name / "reference.npz")
    found = []
    for index, row in enumerate(rows(engine, TEXTS, LABELS)):
        expected = reference[f"logits_{index}"]
        logits = engine.logits([row])[0]
        assert logits.shape == expected.shape
        valid = valid_spans(*expected.shape[:2])
        found.append(float(np.abs(logits - expected)[valid].max()))
    return found


def test_the_checkpoints_are_those_of_the_table() -> None:
    assert {path.name for path in VARIANTS.iterdir()} == set(CONFIGS)


@pytest.mark.parametrize(("name", "graph"), GRAPHS)
def test_logits_are_gliners(converted: Convert, name: str, graph: str) -> None:
    assert max(_differences(load(converted(name), graph), name)) <= TOLERANCE


@pytest.mark.parametrize("name", PORTABLE_ONLY)
def test_a_model_without_a_fused_graph_runs_the_portable_one(converted: Convert, name: str) -> None:
    with pytest.raises(DeviceUnavailableError, match="graph 'fused': the model has no fused graph"):
        load(converted(name), "fused")
    assert max(_differences(load(converted(name), "auto"), name)) <= TOLERANCE


@pytest.mark.parametrize("precision", LOWER_PRECISION)
def test_lower_precision_stays_near(converted: Convert, precision: str) -> None:
    differences = _differences(load(converted("standard", precision)), "standard")
    assert TOLERANCE < max(differences) <= LOWER_PRECISION[precision]


@pytest.mark.parametrize(("name", "graph"), GRAPHS)
def test_a_row_does_not_depend_on_its_batch(converted: Convert, name: str, graph: str) -> None:
    engine = load(converted(name), graph)
    texts = rows(engine, TEXTS, LABELS)
    mixed = [*texts, *rows(engine, TEXTS[:1], LABELS[:2])]
    alone = [engine.logits([row])[0] for row in mixed]
    for order in ([0, 1, 2, 3], [3, 2, 0, 1]):
        batch = engine.logits([mixed[i] for i in order])
        for logits, index in zip(batch, order, strict=True):
            words, widths, labels = alone[index].shape
            own = logits[:words, :, :labels]
            valid = valid_spans(words, widths)
            assert np.abs(own - alone[index])[valid].max() <= BATCH_TOLERANCE


@pytest.mark.parametrize("precision", LOWER_PRECISION)
def test_nor_does_it_in_lower_precision(converted: Convert, precision: str) -> None:
    engine = load(converted("standard", precision))
    texts = rows(engine, TEXTS, LABELS)
    batch = engine.logits(texts)
    for index, row in enumerate(texts):
        alone = engine.logits([row])[0]
        valid = valid_spans(*alone.shape[:2])
        # fp16 rounds sums that a larger matrix adds in another order; int8 sums are exact.
        tolerance = 5e-3 if precision == "fp16" else BATCH_TOLERANCE
        assert np.abs(batch[index, : row.words] - alone)[valid].max() <= tolerance


@pytest.mark.parametrize("graph", ["portable", "fused"])
@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("int8", 1e-4)])
def test_scores_are_those_of_a_row_alone_in_a_batch_of_32(
    converted: Convert, graph: str, precision: str, tolerance: float
) -> None:
    engine = load(converted("standard", precision), graph)
    words = " ".join(TEXTS).split()
    rng = np.random.default_rng(3)
    mixed = []
    for _ in range(32):
        text = " ".join(rng.choice(words, rng.integers(1, 40)))
        labels = rng.permutation(LABELS)[: rng.integers(1, len(LABELS) + 1)].tolist()
        mixed += rows(engine, [text], labels)
    assert len(mixed) == 32
    batch = engine.logits(mixed)
    for index, row in enumerate(mixed):
        alone = engine.logits([row])[0]
        own = batch[index, : row.words, :, : alone.shape[2]]
        difference = 1 / (1 + np.exp(-own)) - 1 / (1 + np.exp(-alone))
        assert np.abs(difference)[valid_spans(*alone.shape[:2])].max() <= tolerance


@pytest.mark.parametrize("graph", ["portable", "fused"])
def test_words_without_a_token_move_no_other(tmp_path: Path, graph: str) -> None:
    """A tokenizer's normaliser may remove a word. All others keep their place.

    gliner numbers the words that have tokens, so there what follows is reported under the
    offsets of earlier words. Without a recurrent layer a span depends on its two ends alone.
    """
    source = copied("no-rnn", tmp_path / "source")
    raw = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    remove = {"type": "Replace", "pattern": {"String": "\u00ad"}, "content": ""}
    raw["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFKC"}, remove]}
    (source / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    engine = load(convert(source, tmp_path / "model", progress=False), graph)
    text = "\u00ad Jane \u00ad Roe moved to \u00ad Springfield \u00ad"
    holes, whole = rows(engine, [text, text.replace("\u00ad", "")], LABELS)
    there = np.flatnonzero(holes.word_starts >= 0)
    assert there.tolist() == [1, 3, 4, 5, 7]
    found, expected = engine.logits([holes])[0], engine.logits([whole])[0]
    pairs = [(a, b) for a in range(5) for b in range(a, 5) if there[b] - there[a] < 4]
    assert len(pairs) > 8
    for a, b in pairs:
        difference = found[there[a], there[b] - there[a]] - expected[a, b - a]
        assert np.abs(difference).max() <= BATCH_TOLERANCE


def test_label_order_only_matters_through_positions(converted: Convert) -> None:
    """Without position terms the encoder sees a set, so labels only carry their scores along.

    With them a prompt is a sequence and gliner's scores change with its order, as ours do.
    """
    engine = load(converted("no-position-terms"))
    order = [3, 0, 4, 2, 1]
    for text in TEXTS:
        before = engine.logits(rows(engine, [text], LABELS))[0]
        after = engine.logits(rows(engine, [text], [LABELS[i] for i in order]))[0]
        valid = valid_spans(*before.shape[:2])
        assert np.abs(after - before[..., order])[valid].max() <= BATCH_TOLERANCE


@pytest.mark.parametrize("name", ["standard", "convolution", "absolute-positions", "max", "mean"])
def test_padding_may_hold_anything(converted: Convert, name: str) -> None:
    engine = load(converted(name), "portable")
    batch = rows(engine, TEXTS, LABELS)
    feeds = make_feeds(GraphKind.PORTABLE, batch, engine.config)
    session = engine._session._session
    expected = session.run(["logits"], feeds)[0]
    padding = np.arange(feeds["input_ids"].shape[1]) >= feeds["token_counts"][:, None]
    assert padding.any()
    for filler in (1, 7, 85):
        other = {**feeds, "input_ids": np.where(padding, filler, feeds["input_ids"])}
        logits = session.run(["logits"], other)[0]
        for index, row in enumerate(batch):
            valid = valid_spans(row.words, logits.shape[2])
            assert np.array_equal(
                logits[index, : row.words][valid], expected[index, : row.words][valid]
            )


def _nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """All nodes, those of subgraphs too."""
    found = list(graph.node)
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                found += _nodes(inner)
    return found


@pytest.mark.parametrize("name", CONFIGS)
def test_the_graph_has_standard_operators_that_cuda_knows(converted: Convert, name: str) -> None:
    path = converted(name) / "model.onnx"
    onnx.checker.check_model(path, full_check=True)
    graph = onnx.load(path, load_external_data=False)
    assert [(o.domain, o.version) for o in graph.opset_import] == [("", OPSET)]
    nodes = _nodes(graph.graph)
    assert len(nodes) == len(graph.graph.node), "a subgraph"
    assert {node.domain for node in nodes} == {""}
    operators = {node.op_type for node in nodes}
    assert operators <= CUDA_OPERATORS
    assert not operators & {"If", "Loop", "Scan", "GatherElements"}


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_lower_precisions_check_out(converted: Convert, precision: str) -> None:
    path = converted("standard", precision) / "model.onnx"
    onnx.checker.check_model(path, full_check=True)
    operators = {node.op_type for node in _nodes(onnx.load(path, load_external_data=False).graph)}
    int8 = {"MatMulInteger", "Abs", "Round"}
    assert operators <= CUDA_OPERATORS | (int8 if precision == "int8" else set())


def test_positions_are_looked_up_once_for_all_layers(converted: Convert) -> None:
    """Nothing in a layer depends on the index of its positions but two gathers of table rows."""
    graph = onnx.load(converted("standard") / "model.onnx", load_external_data=False).graph
    for layer in ("layer0", "layer1"):
        gathers = [n for n in graph.node if f"/{layer}/" in n.name and n.op_type == "Gather"]
        assert len(gathers) == 2
    names = {initializer.name for initializer in graph.initializer}
    assert not any("pos_key_proj" in name or "rel_embeddings" in name for name in names)
