"""The custom operators through ONNX Runtime, against NumPy.

The numerics are tested in Rust; here: the binding, its shapes and its errors.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from gliner_fast import _native

LIBRARY = _native.__file__
OPSET = [helper.make_opsetid("", 17), helper.make_opsetid("gliner_fast", 1)]
DTYPES = {
    "f": TensorProto.FLOAT,
    "q": TensorProto.INT64,
    "l": TensorProto.INT64,
    "i": TensorProto.INT32,
}


def session(node, inputs, constants=None, threads=2):
    """A session of one node; `inputs` maps names to arrays that show dtype and rank."""
    constants = constants or {}
    graph = helper.make_graph(
        [node],
        "g",
        [
            helper.make_tensor_value_info(
                k, helper.np_dtype_to_tensor_dtype(v.dtype), [f"{k}{i}" for i in range(v.ndim)]
            )
            for k, v in inputs.items()
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.register_custom_ops_library(LIBRARY)
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def log_buckets(span, max_position, reach):
    """DeBERTa's log buckets plus `span`, for distances up to `reach`."""
    relative = np.arange(-reach, reach + 1)
    mid = span // 2
    distance = np.maximum(np.abs(relative), mid)
    log = np.ceil(np.log(distance / mid) / np.log((max_position - 1) / mid) * (mid - 1)) + mid
    bucket = np.where(np.abs(relative) <= mid, relative, log * np.sign(relative))
    return np.clip(bucket + span, 0, 2 * span - 1).astype(np.int32)


class Attention:
    """Random inputs of a DisentangledAttention node, its session and its oracle."""

    def __init__(
        self, lengths, heads, dim, *, key=True, query=True, span=16, seed=0, products="f32"
    ):
        rng = np.random.default_rng(seed)
        width = heads * dim
        self.heads, self.dim, self.lengths, self.products = heads, dim, lengths, products
        self.scale = float(1 / np.sqrt(dim * (1 + key + query)))
        self.feeds = {
            "qkv": rng.standard_normal((sum(lengths), 3 * width), np.float32),
            "cu_lengths": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        }
        if key:
            self.feeds["pos_key"] = rng.standard_normal((2 * span, width), np.float32)
        if query:
            self.feeds["pos_query"] = rng.standard_normal((2 * span, width), np.float32)
        if key or query:
            self.feeds["bucket"] = log_buckets(span, 4 * span, 700)

    def session(self, threads=2):
        names = ["qkv", "cu_lengths", "pos_key", "pos_query", "bucket", "queries"]
        names = [name if name in self.feeds else "" for name in names]
        while not names[-1]:
            names.pop()
        node = helper.make_node(
            "DisentangledAttention",
            names,
            ["y"],
            domain="gliner_fast",
            num_heads=self.heads,
            scale=self.scale,
            products=self.products,
        )
        return session(node, self.feeds, threads=threads)

    def run(self, threads=2):
        return self.session(threads).run(None, self.feeds)[0]

    def expected(self):
        feeds = {
            k: v.astype(np.float64) if v.dtype == np.float32 else v for k, v in self.feeds.items()
        }
        out = []
        for start, end in zip(feeds["cu_lengths"], feeds["cu_lengths"][1:], strict=False):
            n = end - start
            if not n:
                continue
            q, k, v = (
                feeds["qkv"][start:end].reshape(n, 3, self.heads, self.dim).transpose(1, 2, 0, 3)
            )
            scores = q @ k.transpose(0, 2, 1)
            delta = np.arange(n)[:, None] - np.arange(n)[None, :]
            if "bucket" in feeds:
                rows = feeds["bucket"][np.clip(delta, -700, 700) + 700]
            for name, side, along in [("pos_key", q, 1), ("pos_query", k, 0)]:
                if name in feeds:
                    table = feeds[name].reshape(-1, self.heads, self.dim).transpose(1, 2, 0)
                    by_row = side @ table  # (heads, query or key, table row)
                    index = np.arange(n)[:, None] if along else np.arange(n)[None, :]
                    scores = scores + by_row[:, index, rows]
            scores = scores * self.scale
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            out.append((weights @ v).transpose(1, 0, 2).reshape(n, -1))
        return np.concatenate(out) if out else np.zeros((0, self.heads * self.dim))


@pytest.mark.parametrize(
    ("key", "query"), [(False, False), (True, False), (False, True), (True, True)]
)
@pytest.mark.parametrize(
    ("lengths", "heads", "dim"),
    [([290, 1, 40], 4, 64), ([7], 1, 1), ([33, 600], 2, 48), ([5, 0, 9], 3, 13)],
)
@pytest.mark.parametrize(
    ("products", "tolerance"), [("f32", 1e-5), ("int16", 4e-4), ("int8", 6e-2)]
)
def test_attention_equals_numpy(lengths, heads, dim, key, query, products, tolerance):
    attention = Attention(lengths, heads, dim, key=key, query=query, products=products)
    np.testing.assert_allclose(attention.run(), attention.expected(), atol=tolerance)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("products", ["f32", "int16", "int8"])
def test_attention_does_not_depend_on_threads_or_batch(threads, products):
    attention = Attention([120, 64, 301], 3, 32, products=products)
    together = attention.run(threads)
    sess = attention.session(1)
    cu = attention.feeds["cu_lengths"]
    for start, end in itertools.pairwise(cu):
        alone = attention.feeds | {
            "qkv": attention.feeds["qkv"][start:end],
            "cu_lengths": np.array([0, end - start]),
        }
        np.testing.assert_array_equal(sess.run(None, alone)[0], together[start:end])


@pytest.mark.parametrize("query", [False, True])
def test_attention_of_wanted_tokens_alone(query):
    """Rows of the whole, whatever their order."""
    attention = Attention([33, 200, 1], 2, 48, query=query)
    together = attention.run()
    for wanted in ([], [233], [40, 5, 39, 100, 0, 32, 33], range(0, 234, 2)):
        attention.feeds["queries"] = np.array(list(wanted), np.int64)
        np.testing.assert_array_equal(attention.run(), together[attention.feeds["queries"]])


def test_attention_empty_batch():
    attention = Attention([], 2, 8)
    assert attention.run().shape == (0, 16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cu_lengths": np.array([0, 3])}, "qkv elements: expected 144, got 480"),
        ({"cu_lengths": np.array([1, 10])}, "start at 0"),
        ({"cu_lengths": np.array([0, 12, 10])}, "never fall"),
        ({"cu_lengths": np.array([], np.int64)}, "start at 0"),
        ({"cu_lengths": np.array([0, 2**62])}, "overflows"),
        ({"qkv": np.zeros((10, 47), np.float32)}, "multiple of 3"),
        ({"qkv": np.zeros((10, 0), np.float32)}, "multiple of 3"),
        ({"qkv": np.zeros((0, 48), np.float32)}, "qkv elements"),
        ({"pos_key": np.zeros((32, 15), np.float32)}, "pos_key"),
        ({"pos_query": np.zeros((31, 16), np.float32)}, "pos_query: expected (32, 16)"),
        ({"bucket": np.zeros(4, np.int32)}, "odd number"),
        ({"bucket": np.zeros(0, np.int32)}, "odd number"),
        ({"bucket": np.full(3, 32, np.int32)}, "expected table rows in 0..32, got 32"),
        ({"bucket": np.full(3, -1, np.int32)}, "expected table rows in 0..32, got -1"),
        ({"queries": np.array([0, 10])}, "queries: expected tokens in 0..10, got 10"),
        ({"queries": np.array([-1])}, "queries: expected tokens in 0..10, got -1"),
    ],
)
def test_attention_rejects(change, message):
    attention = Attention([4, 6], 2, 8)
    attention.feeds["queries"] = np.arange(10)
    with pytest.raises(Exception, match=r"gliner_fast\.DisentangledAttention") as error:
        attention.session().run(None, attention.feeds | change)
    assert message in str(error.value)


def test_attention_needs_buckets_with_tables():
    attention = Attention([4, 6], 2, 8)
    del attention.feeds["bucket"]
    with pytest.raises(Exception, match="needed with position tables"):
        attention.run()


def test_attention_random_shapes_never_crash():
    rng = np.random.default_rng(5)
    attention = Attention([4, 6], 2, 8)
    sess = attention.session()
    for _ in range(300):
        feeds = {}
        for name, array in attention.feeds.items():
            if rng.random() < 0.5:
                shape = [int(rng.integers(0, 60)) if rng.random() < 0.5 else n for n in array.shape]
                low, high = (-2, 40) if array.dtype != np.float32 else (0, 2)
                array = rng.integers(low, high, shape).astype(array.dtype)
            feeds[name] = array
        try:
            sess.run(None, feeds)
        except Exception as error:
            assert "gliner_fast.DisentangledAttention" in str(error)


def test_missing_attribute_is_an_error():
    attention = Attention([4], 2, 8)
    node = helper.make_node(
        "DisentangledAttention", ["qkv", "cu_lengths"], ["y"], domain="gliner_fast"
    )
    with pytest.raises(Exception, match="num_heads"):
        session(node, {k: attention.feeds[k] for k in ("qkv", "cu_lengths")})


@pytest.mark.parametrize("kind", ["attention", "spans"])
def test_unknown_arithmetic_is_an_error(kind):
    made = {
        "attention": Attention([4], 2, 8, products="int4"),
        "spans": Spans([1], 1, 8, 1, products="int4"),
    }[kind]
    with pytest.raises(Exception, match='products: expected "f32", "int16" or "int8"'):
        made.session()


def test_sessions_come_and_go():
    attention = Attention([50], 2, 32)
    for _ in range(20):
        attention.run()


def pack(weight):
    """(outputs, inputs) int8 to the operator's layout."""
    outputs, inputs = weight.shape
    padded = np.zeros((-(-outputs // 16) * 16, -(-inputs // 4) * 4), np.int8)
    padded[:outputs, :inputs] = weight
    return np.ascontiguousarray(
        padded.reshape(padded.shape[0] // 16, 16, -1, 4).transpose(0, 2, 1, 3)
    )


class Linear:
    """Random inputs of a QuantLinear node, its session and its oracle."""

    def __init__(self, shape, outputs, *, bias=True, activation=None, seed=0, largest=127):
        rng = np.random.default_rng(seed)
        self.activation = activation
        weight = rng.integers(-largest, largest + 1, (outputs, shape[-1]))
        self.weight = weight.astype(np.int8)
        self.x = rng.standard_normal(shape, np.float32)
        self.constants = {"scale": (rng.random(outputs, np.float32) + 0.1) * np.float32(1e-3)}
        if bias:
            self.constants["bias"] = rng.standard_normal(outputs, np.float32)

    def session(self, threads=2, **changes):
        constants = {"weight": pack(self.weight)} | self.constants | changes
        names = ["x", "weight", "scale"] + (["bias"] if "bias" in constants else [])
        attributes = {} if self.activation is None else {"activation": self.activation}
        node = helper.make_node("QuantLinear", names, ["y"], domain="gliner_fast", **attributes)
        return session(node, {"x": self.x}, constants, threads)

    def run(self, threads=2, **changes):
        return self.session(threads, **changes).run(None, {"x": self.x})[0]

    def expected(self):
        from math import erf

        scale = np.abs(self.x).max(-1, keepdims=True, initial=0) / np.float32(127)
        q = np.round(self.x * (1 / np.where(scale > 0, scale, 1))).astype(np.int64)
        y = (
            (q @ self.weight.T.astype(np.int64))
            * scale.astype(np.float64)
            * self.constants["scale"]
        )
        y = y + self.constants.get("bias", 0)
        if self.activation == "gelu":
            return y * (np.vectorize(erf, otypes=[float])(y / np.sqrt(2)) + 1) / 2
        return np.maximum(y, 0) if self.activation == "relu" else y


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", [None, "none", "gelu", "relu"])
@pytest.mark.parametrize(
    ("shape", "outputs"),
    [((50, 64), 48), ((1, 1), 1), ((3, 7, 33), 19), ((257,), 100), ((0, 8), 5), ((130, 256), 512)],
)
@pytest.mark.parametrize("largest", [127, 63])
def test_linear_equals_numpy(shape, outputs, activation, bias, largest):
    linear = Linear(shape, outputs, bias=bias, activation=activation, largest=largest)
    y = linear.run()
    assert y.shape == (*shape[:-1], outputs)
    # A product on the edge between two integers may round either way: one step of one product.
    np.testing.assert_allclose(y, linear.expected(), atol=2e-3, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_linear_row_does_not_depend_on_threads_or_batch(threads):
    linear = Linear((200, 96), 80, activation="gelu")
    together = linear.run(threads)
    sess = linear.session(1)
    for row in (0, 1, 100, 199):
        np.testing.assert_array_equal(
            sess.run(None, {"x": linear.x[row : row + 1]})[0], together[row : row + 1]
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight": np.zeros((3, 16, 16), np.int8)}, "weight: expected 4 axes"),
        ({"weight": np.zeros((3, 16, 4, 16), np.int8)}, "weight: expected (panels, steps, 16, 4)"),
        ({"weight": np.zeros((3, 15, 16, 4), np.int8)}, "weight: expected (3, 16, 16, 4)"),
        ({"weight": np.zeros((4, 16, 16, 4), np.int8)}, "weight: expected (3, 16, 16, 4)"),
        ({"scale": np.zeros(49, np.float32)}, "weight: expected (4, 16, 16, 4)"),
        ({"scale": np.zeros(47, np.float32)}, "bias: expected 47, got 48"),
        ({"scale": np.zeros((48, 1), np.float32)}, "scale: expected 1 axes"),
        ({"bias": np.zeros(1, np.float32)}, "bias: expected 48, got 1"),
    ],
)
def test_linear_rejects(changes, message):
    linear = Linear((50, 64), 48)
    with pytest.raises(Exception, match=r"gliner_fast\.QuantLinear") as error:
        linear.run(**changes)
    assert message in str(error.value)


def test_linear_rejects_other_activations():
    with pytest.raises(Exception, match='activation: expected "none", "gelu" or "relu"'):
        Linear((5, 8), 4, activation="tanh").run()


def test_linear_needs_constant_weights():
    linear = Linear((5, 8), 4)
    node = helper.make_node("QuantLinear", ["x", "weight", "scale"], ["y"], domain="gliner_fast")
    with pytest.raises(Exception, match="constant initializer"):
        session(
            node,
            {"x": linear.x, "weight": pack(linear.weight)},
            {"scale": linear.constants["scale"]},
        )


def test_linear_random_widths_never_crash():
    linear = Linear((5, 8), 4)
    sess = linear.session()
    for width in range(40):
        x = np.zeros((3, width), np.float32)
        if -(-width // 4) == 2:
            # Padded inputs are indistinguishable from narrower layers, up to the step's end.
            continue
        with pytest.raises(Exception, match=r"gliner_fast\.QuantLinear"):
            sess.run(None, {"x": x})


def norm_session(feeds, *, epsilon=1e-7, threads=2):
    names = [name if name in feeds else "" for name in ("x", "skip", "weight", "bias")]
    node = helper.make_node("AddLayerNorm", names, ["y"], domain="gliner_fast", epsilon=epsilon)
    return session(node, feeds, threads=threads)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("shape", [(300, 1024), (1, 3), (2, 5, 77), (0, 8), (33,)])
def test_layer_norm_equals_numpy(shape, skip):
    rng = np.random.default_rng(0)
    feeds = {"x": rng.standard_normal(shape, np.float32)}
    if skip:
        feeds["skip"] = rng.standard_normal(shape, np.float32)
    feeds |= {name: rng.standard_normal(shape[-1], np.float32) for name in ("weight", "bias")}
    x = (feeds["x"] + feeds.get("skip", np.float32(0))).astype(np.float64)
    expected = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-7)
    expected = expected * feeds["weight"] + feeds["bias"]
    np.testing.assert_allclose(norm_session(feeds).run(None, feeds)[0], expected, atol=2e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros((4, 7), np.float32)}, "x: expected (…, 8), got [4, 7]"),
        ({"skip": np.zeros((1, 8), np.float32)}, "skip: expected [4, 8], got [1, 8]"),
        ({"bias": np.zeros(7, np.float32)}, "bias elements: expected 8, got 7"),
    ],
)
def test_layer_norm_rejects(change, message):
    feeds = {"x": np.zeros((4, 8), np.float32), "skip": np.zeros((4, 8), np.float32)}
    feeds |= {"weight": np.ones(8, np.float32), "bias": np.ones(8, np.float32)}
    with pytest.raises(Exception, match=r"gliner_fast\.AddLayerNorm") as error:
        norm_session(feeds).run(None, feeds | change)
    assert message in str(error.value)


class Spans:
    """Random inputs of a SpanScores node, its session and its oracle."""

    def __init__(self, counts, labels, inner, max_width, seed=0, products="f32"):
        rng = np.random.default_rng(seed)
        rows, words = len(counts), sum(counts)
        self.max_width, self.products = max_width, products
        self.feeds = {
            "starts": rng.standard_normal((words, inner), np.float32),
            "ends": rng.standard_normal((words, inner), np.float32),
            "labels": rng.standard_normal((rows, labels, inner), np.float32),
            "offsets": rng.standard_normal((rows, labels, 1), np.float32),
            "counts": np.array(counts, np.int64),
        }

    def session(self, threads=2):
        node = helper.make_node(
            "SpanScores",
            list(self.feeds),
            ["y"],
            domain="gliner_fast",
            max_width=self.max_width,
            products=self.products,
        )
        return session(node, self.feeds, threads=threads)

    def run(self, threads=2):
        return self.session(threads).run(None, self.feeds)[0]

    def expected(self):
        starts, ends, labels, offsets, counts = self.feeds.values()
        rows, longest = len(counts), max(counts, default=0)
        shape = (rows, longest, self.max_width, labels.shape[1])
        scores = np.full(shape, -80, np.float64)
        first = 0
        for row, count in enumerate(counts):
            for word in range(count):
                widths = min(self.max_width, count - word)
                own = first + word
                spans = np.maximum(starts[own] + ends[own : own + widths], 0).astype(np.float64)
                scores[row, word, :widths] = spans @ labels[row].T + offsets[row, :, 0]
            first += count
        return scores


@pytest.mark.parametrize(
    ("counts", "labels", "inner", "max_width"),
    [
        ([40, 7], 30, 512, 12),
        ([3, 0, 9], 65, 20, 16),
        ([1], 1, 1, 1),
        ([2], 3, 7, 4),
        ([], 3, 2, 2),
        ([0], 3, 2, 2),
    ],
)
@pytest.mark.parametrize(("products", "tolerance"), [("f32", 2e-4), ("int16", 6e-2), ("int8", 2.3)])
def test_spans_equal_numpy(counts, labels, inner, max_width, products, tolerance):
    spans = Spans(counts, labels, inner, max_width, products=products)
    got, expected = spans.run(), spans.expected()
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, atol=tolerance)


@pytest.mark.parametrize("products", ["f32", "int16", "int8"])
def test_spans_of_any_thread_count_are_equal(products):
    spans = Spans([90, 33], 30, 64, 12, products=products)
    np.testing.assert_array_equal(spans.run(threads=1), spans.run(threads=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ends": np.zeros((7, 6), np.float32)}, "ends: expected [7, 8], got [7, 6]"),
        ({"labels": np.zeros((2, 3, 7), np.float32)}, "labels: expected [2, 3, 8], got [2, 3, 7]"),
        ({"offsets": np.zeros((2, 3, 2), np.float32)}, "offsets: expected [2, 3, 1], got"),
        ({"counts": np.array([5], np.int64)}, "counts: expected [2], got [1]"),
        ({"counts": np.array([5, 3], np.int64)}, "starts elements: expected 64, got 56"),
        ({"counts": np.array([-1, 8], np.int64)}, "counts: expected at least 0 words, got -1"),
    ],
)
def test_spans_reject(change, message):
    spans = Spans([5, 2], 3, 8, 4)
    with pytest.raises(Exception, match=r"gliner_fast\.SpanScores") as error:
        spans.session().run(None, spans.feeds | change)
    assert message in str(error.value)


def test_spans_need_a_width():
    spans = Spans([5], 3, 8, 0)
    with pytest.raises(Exception, match="max_width: expected at least 1, got 0"):
        spans.session()


class Lstm:
    """Random inputs of a BiLstm node, its session and ONNX Runtime's own LSTM."""

    def __init__(self, counts, units, products="f32"):
        rng = np.random.default_rng(0)
        self.products, self.units = products, units
        self.feeds = {
            "input": rng.standard_normal((sum(counts), 8 * units), np.float32),
            "recurrent": rng.standard_normal((2, 4 * units, units), np.float32) / units**0.5,
            "counts": np.array(counts, np.int64),
        }

    def session(self, threads=2):
        node = helper.make_node(
            "BiLstm", list(self.feeds), ["y"], domain="gliner_fast", products=self.products
        )
        return session(node, self.feeds, threads=threads)

    def run(self, threads=2):
        return self.session(threads).run(None, self.feeds)[0]

    def expected(self):
        # Of an LSTM whose input weights pass each gate through, from a vector of all gates.
        counts, units = self.feeds["counts"].astype(np.int32), self.units
        rows, first = np.zeros((max(counts), len(counts), 8 * units), np.float32), 0
        for row, count in enumerate(counts):
            rows[:count, row] = self.feeds["input"][first : first + count]
            first += count
        eye = np.eye(8 * units, dtype=np.float32).reshape(2, 4 * units, 8 * units)
        constants = {"w": eye, "r": self.feeds["recurrent"]}
        node = helper.make_node(
            "LSTM",
            ["x", "w", "r", "", "n"],
            ["y"],
            hidden_size=units,
            direction="bidirectional",
        )
        feeds = {"x": rows, "n": counts}
        y = session(node, feeds, constants).run(None, feeds)[0]
        # (word, direction, row, units) -> (row, word, 2 * units)
        y = y.transpose(2, 0, 1, 3).reshape(len(counts), -1, 2 * units)
        return np.concatenate([y[row, :count] for row, count in enumerate(counts)])


@pytest.mark.parametrize(("counts", "units"), [([40, 7, 13], 64), ([9], 256), ([3, 1, 2], 5)])
@pytest.mark.parametrize(("products", "tolerance"), [("f32", 1e-5), ("int16", 2e-3)])
def test_lstm_equals_onnx_runtime(counts, units, products, tolerance):
    lstm = Lstm(counts, units, products)
    np.testing.assert_allclose(lstm.run(), lstm.expected(), atol=tolerance)


@pytest.mark.parametrize("products", ["f32", "int16"])
def test_lstm_of_any_thread_count_is_equal(products):
    lstm = Lstm([50, 3, 21, 8] * 8, 24, products)
    np.testing.assert_array_equal(lstm.run(threads=1), lstm.run(threads=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": np.zeros((7, 30), np.float32)}, "input: expected (words, 32), got [7, 30]"),
        ({"recurrent": np.zeros((2, 15, 4), np.float32)}, "recurrent: expected (2, 4 * units, un"),
        ({"counts": np.array([5, 3], np.int64)}, "input elements: expected 256, got 224"),
        ({"counts": np.array([-1, 8], np.int64)}, "counts: expected at least 0 words, got -1"),
    ],
)
def test_lstm_rejects(change, message):
    lstm = Lstm([5, 2], 4)
    with pytest.raises(Exception, match=r"gliner_fast\.BiLstm") as error:
        lstm.session().run(None, lstm.feeds | change)
    assert message in str(error.value)


def test_rows_are_taken_or_zero():
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    at = np.array([[2, -1], [0, 3]])
    sess = session(
        helper.make_node("TakeRows", ["x", "at"], ["y"], domain="gliner_fast"), {"x": x, "at": at}
    )
    taken = sess.run(None, {"x": x, "at": at})[0]
    np.testing.assert_array_equal(taken, np.where(at[..., None] < 0, 0, x[at]))
    for row in (4, -2):
        with pytest.raises(Exception, match=f"at: expected -1 or one of 4 rows, got {row}"):
            sess.run(None, {"x": x, "at": np.array([[row]])})


def test_a_session_may_run_on_several_threads():
    attention, linear = Attention([70, 200], 4, 32), Linear((300, 128), 64, activation="gelu")
    spans = Spans([60, 9], 20, 96, 10)
    for sess, feeds in [
        (attention.session(), attention.feeds),
        (spans.session(), spans.feeds),
        (linear.session(), {"x": linear.x}),
    ]:
        expected = sess.run(None, feeds)[0]
        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(sess.run, None, feeds) for _ in range(64)]:
                np.testing.assert_array_equal(future.result()[0], expected)
