"""Times the fused operators against ONNX Runtime's own at the sizes of DeBERTa-large.

    make bench-ops, or python benches/bench_ops.py [--threads 1 2] [--runs 7]

Runs of the candidates are interleaved and medians compared: on a shared machine only the ratios
of one table mean something. Nothing else should run meanwhile; a table takes about ten seconds.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from gliner_fast import _native

LIBRARY = _native.__file__
HEADS, DIM, SPAN = 16, 64, 256
WIDTH = HEADS * DIM


def make_session(nodes, inputs, constants, threads):
    """A session over `nodes`, output `y`."""
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(
                k, helper.np_dtype_to_tensor_dtype(v.dtype), list(v.shape)
            )
            for k, v in inputs.items()
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    opsets = [
        helper.make_opsetid("", 18),
        helper.make_opsetid("com.microsoft", 1),
        helper.make_opsetid("gliner_fast", 1),
    ]
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # The candidates' sessions take turns: idle ones must not spin on the cores of the running one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.register_custom_ops_library(LIBRARY)
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def race(candidates, runs):
    """Medians of wall and CPU seconds of interleaved runs into preallocated outputs.

    `candidates` maps names to (session, feeds). CPU time counts all threads, and no time that
    others held the cores.
    """
    times = {name: [] for name in candidates}
    bindings = {}
    for name, (sess, feeds) in candidates.items():
        bindings[name] = binding = sess.io_binding()
        for key, value in feeds.items():
            binding.bind_cpu_input(key, value)
        binding.bind_ortvalue_output(
            "y", ort.OrtValue.ortvalue_from_numpy(sess.run(None, feeds)[0])
        )
    for _ in range(runs):
        for name, (sess, _) in candidates.items():
            wall, cpu = time.perf_counter(), time.process_time()
            sess.run_with_iobinding(bindings[name])
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: [statistics.median(column) for column in zip(*values, strict=True)]
        for name, values in times.items()
    }


def table(title, flop, results, ours):
    print(f"\n{title}")
    for name, (wall, cpu) in results.items():
        print(
            f"  {name:<43} wall {wall * 1e3:7.2f} ms {flop / wall / 1e9:5.0f} GFLOP/s "
            f"{wall / results[ours][0]:5.2f} x ours;  cpu {cpu * 1e3:7.2f} ms "
            f"{flop / cpu / 1e9:5.0f} GFLOP/s {cpu / results[ours][1]:5.2f} x ours"
        )


def log_buckets(reach):
    relative = np.arange(-reach, reach + 1)
    mid = SPAN // 2
    distance = np.maximum(np.abs(relative), mid)
    log = np.ceil(np.log(distance / mid) / np.log((2 * SPAN - 1) / mid) * (mid - 1)) + mid
    bucket = np.where(np.abs(relative) <= mid, relative, log * np.sign(relative))
    return np.clip(bucket + SPAN, 0, 2 * SPAN - 1).astype(np.int32)


def attention(sequences, length, threads, runs):
    """One layer's attention, against gliner's operators with the index tensors ready made."""
    rng = np.random.default_rng(0)
    tokens = sequences * length
    scale = np.float32(1 / np.sqrt(3 * DIM))
    qkv = rng.standard_normal((tokens, 3 * WIDTH), np.float32)
    pos_key, pos_query = rng.standard_normal((2, 2 * SPAN, WIDTH), np.float32)
    bucket = log_buckets(length)
    cu = np.arange(0, tokens + 1, length)

    def fused(products):
        node = helper.make_node(
            "DisentangledAttention",
            ["qkv", "cu_lengths", "pos_key", "pos_query", "bucket"],
            ["y"],
            domain="gliner_fast",
            num_heads=HEADS,
            scale=float(scale),
            products=products,
        )
        tables = {"pos_key": pos_key, "pos_query": pos_query, "bucket": bucket}
        return make_session([node], {"qkv": qkv, "cu_lengths": cu}, tables, threads)

    delta = np.arange(length)[:, None] - np.arange(length)[None, :]
    rows = bucket[delta + length].astype(np.int64)  # (query, key)
    shape = (sequences * HEADS, length, length)

    def per_head(pos):
        by_head = pos.reshape(2 * SPAN, HEADS, DIM).transpose(1, 2, 0)
        return np.ascontiguousarray(np.tile(by_head, (sequences, 1, 1)))

    constants = {
        "split": np.array([sequences, length, 3, HEADS, DIM]),
        "flat": np.array([sequences * HEADS, length, DIM]),
        "back": np.array([sequences, HEADS, length, DIM]),
        "out": np.array([tokens, WIDTH]),
        "zero": np.array(0),
        "one": np.array(1),
        "two": np.array(2),
        "scale": np.array(scale),
        "pk": per_head(pos_key),
        "pq": per_head(pos_query),
        "c2p_index": np.ascontiguousarray(np.broadcast_to(rows, shape)),
        "p2c_index": np.ascontiguousarray(np.broadcast_to(rows.T, shape)),
    }
    node = helper.make_node
    nodes = [
        node("Reshape", ["qkv", "split"], ["parts"]),
        node("Transpose", ["parts"], ["heads"], perm=[2, 0, 3, 1, 4]),
    ]
    for name, index in [("q", "zero"), ("k", "one"), ("v", "two")]:
        nodes += [
            node("Gather", ["heads", index], [f"{name}4"], axis=0),
            node("Reshape", [f"{name}4", "flat"], [name]),
        ]
    nodes += [
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["cc"]),
        node("MatMul", ["q", "pk"], ["c2p_all"]),
        node("GatherElements", ["c2p_all", "c2p_index"], ["c2p"], axis=2),
        node("MatMul", ["k", "pq"], ["p2c_all"]),
        node("GatherElements", ["p2c_all", "p2c_index"], ["p2c_t"], axis=2),
        node("Transpose", ["p2c_t"], ["p2c"], perm=[0, 2, 1]),
        node("Add", ["cc", "c2p"], ["s1"]),
        node("Add", ["s1", "p2c"], ["s2"]),
        node("Mul", ["s2", "scale"], ["s3"]),
        node("Softmax", ["s3"], ["w"], axis=-1),
        node("MatMul", ["w", "v"], ["o"]),
        node("Reshape", ["o", "back"], ["o4"]),
        node("Transpose", ["o4"], ["o5"], perm=[0, 2, 1, 3]),
        node("Reshape", ["o5", "out"], ["y"]),
    ]
    unfused = make_session(nodes, {"qkv": qkv}, constants, threads)
    candidates = {
        "DisentangledAttention": (fused("f32"), {"qkv": qkv, "cu_lengths": cu}),
        "DisentangledAttention, int16": (fused("int16"), {"qkv": qkv, "cu_lengths": cu}),
        "DisentangledAttention, int8": (fused("int8"), {"qkv": qkv, "cu_lengths": cu}),
        "unfused operators": (unfused, {"qkv": qkv}),
    }
    results = [sess.run(None, feeds)[0] for sess, feeds in candidates.values()]
    for result, tolerance in zip(results[:3], (1e-4, 1e-3, 6e-2), strict=True):
        np.testing.assert_allclose(result, results[3], atol=tolerance)
    flop = 4 * 2 * length * length * DIM * HEADS * sequences
    shape = f"{sequences} x {length} tokens, {HEADS} x {DIM}, {threads} thread(s)"
    title = f"attention, {shape}; four products counted"
    table(title, flop, race(candidates, runs), "DisentangledAttention")


def pack(weight):
    outputs, inputs = weight.shape
    return np.ascontiguousarray(
        weight.reshape(outputs // 16, 16, inputs // 4, 4).transpose(0, 2, 1, 3)
    )


def linear(rows, inputs, outputs, gelu, threads, runs):
    """One linear layer, against fp32 and int8 products of standard operators."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, inputs), np.float32)
    w = (rng.standard_normal((outputs, inputs), np.float32) / np.float32(np.sqrt(inputs))).astype(
        np.float32
    )
    bias = rng.standard_normal(outputs, np.float32) * np.float32(0.1)
    scale = np.abs(w).max(1) / 127
    q = np.round(w / scale[:, None]).astype(np.int8)
    node = helper.make_node
    op = node(
        "QuantLinear",
        ["x", "w", "s", "b"],
        ["y"],
        domain="gliner_fast",
        activation="gelu" if gelu else "none",
    )
    last = "h" if gelu else "y"
    gelu_nodes = (
        [
            node("Mul", ["h", "r2"], ["g1"]),
            node("Erf", ["g1"], ["g2"]),
            node("Add", ["g2", "c1"], ["g3"]),
            node("Mul", ["h", "g3"], ["g4"]),
            node("Mul", ["g4", "c05"], ["y"]),
        ]
        if gelu
        else []
    )
    f32 = np.float32
    common = {"b": bias, "r2": f32(np.sqrt(0.5)), "c1": f32(1), "c05": f32(0.5)}
    common = {k: np.asarray(v) for k, v in common.items()}
    per_row = [
        node("Abs", ["x"], ["a"]),
        node("ReduceMax", ["a", "axis"], ["m"], keepdims=1),
        node("Div", ["m", "c127"], ["rs"]),
        node("Div", ["x", "rs"], ["xs"]),
        node("Add", ["xs", "c128"], ["xo"]),
        node("Round", ["xo"], ["xr"]),
        node("Cast", ["xr"], ["xq"], to=TensorProto.UINT8),
        node("MatMulInteger", ["xq", "w8", "zp", "wzp"], ["acc"]),
        node("Cast", ["acc"], ["accf"], to=TensorProto.FLOAT),
        node("Mul", ["accf", "rs"], ["y1"]),
        node("Mul", ["y1", "s"], ["y2"]),
        node("Add", ["y2", "b"], [last]),
    ]
    per_tensor = [
        node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
        node("MatMulInteger", ["xq", "w8", "xz", "wzp"], ["acc"]),
        node("Cast", ["acc"], ["accf"], to=TensorProto.FLOAT),
        node("Mul", ["xs", "s"], ["ss"]),
        node("Mul", ["accf", "ss"], ["y2"]),
        node("Add", ["y2", "b"], [last]),
    ]
    int8 = {
        "w8": np.ascontiguousarray(q.T),
        "s": scale,
        "wzp": np.zeros(outputs, np.int8),
        "zp": np.uint8(128),
        "axis": np.array([-1]),
        "c127": f32(127),
        "c128": f32(128),
    }
    int8 = {k: np.asarray(v) for k, v in int8.items()} | common
    fp32 = [node("MatMul", ["x", "wt"], ["xw"]), node("Add", ["xw", "b"], [last])]
    sessions = {
        "QuantLinear (int8, scale per row)": ([op], {"w": pack(q), "s": scale, "b": bias}),
        "standard operators, int8, scale per row": (per_row + gelu_nodes, int8),
        "standard operators, int8, scale per tensor": (per_tensor + gelu_nodes, int8),
        "MatMul, fp32": (fp32 + gelu_nodes, {"wt": np.ascontiguousarray(w.T)} | common),
    }
    candidates = {}
    for name, (nodes, constants) in sessions.items():
        used = {i for n in nodes for i in n.input}
        constants = {k: v for k, v in constants.items() if k in used}
        candidates[name] = (make_session(nodes, {"x": x}, constants, threads), {"x": x})
    results = [sess.run(None, feeds)[0] for sess, feeds in candidates.values()]
    errors = [np.linalg.norm(r - results[-1]) / np.linalg.norm(results[-1]) for r in results]
    title = (
        f"linear{' + GELU' if gelu else ''}, {rows} x {inputs} x {outputs}, {threads} thread(s); "
    )
    title += "relative errors " + ", ".join(f"{e:.4f}" for e in errors[:-1])
    table(
        title,
        2 * rows * inputs * outputs,
        race(candidates, runs),
        "QuantLinear (int8, scale per row)",
    )


def layer_norm(rows, threads, runs):
    """Residual and layer normalization, against ONNX Runtime's fused form and a plain Add."""
    rng = np.random.default_rng(0)
    feeds = dict(zip(["x", "skip"], rng.standard_normal((2, rows, WIDTH), np.float32), strict=True))
    constants = {"weight": np.ones(WIDTH, np.float32), "bias": np.zeros(WIDTH, np.float32)}
    node = helper.make_node
    names = ["x", "skip", "weight", "bias"]
    sessions = {
        "AddLayerNorm": [node("AddLayerNorm", names, ["y"], domain="gliner_fast", epsilon=1e-7)],
        "SkipLayerNormalization": [
            node("SkipLayerNormalization", names, ["y"], domain="com.microsoft", epsilon=1e-7)
        ],
        "Add + LayerNormalization": [
            node("Add", ["x", "skip"], ["s"]),
            node("LayerNormalization", ["s", "weight", "bias"], ["y"], epsilon=1e-7),
        ],
    }
    candidates = {
        name: (make_session(nodes, feeds, constants, threads), feeds)
        for name, nodes in sessions.items()
    }
    results = [sess.run(None, feeds)[0] for sess, feeds in candidates.values()]
    np.testing.assert_allclose(results[0], results[1], atol=1e-4)
    flop = 8 * rows * WIDTH
    table(
        f"layer norm, {rows} x {WIDTH}, {threads} thread(s)",
        flop,
        race(candidates, runs),
        "AddLayerNorm",
    )


def spans(rows, words, labels, inner, max_width, threads, runs):
    """Scores of all spans, against the operators that they are written in otherwise."""
    rng = np.random.default_rng(0)
    feeds = {
        "starts": rng.standard_normal((rows * words, inner), np.float32),
        "ends": rng.standard_normal((rows * words, inner), np.float32),
        "labels": rng.standard_normal((rows, labels, inner), np.float32),
        "offsets": np.zeros((rows, labels, 1), np.float32),
        "counts": np.full(rows, words, np.int64),
    }
    node = helper.make_node
    last = np.minimum(np.arange(words)[:, None] + np.arange(max_width), words - 1)
    constants = {
        "last": last,
        "two": np.array([2]),
        "flat": np.array([0, -1, inner]),
        "shape": np.array([rows, words, max_width, labels]),
    }
    inputs = list(feeds)

    def fused(products):
        attributes = {"max_width": max_width, "products": products}
        spans = node("SpanScores", inputs, ["y"], domain="gliner_fast", **attributes)
        return make_session([spans], feeds, {}, threads), feeds

    standard = [
        node("Gather", ["ends", "last"], ["e"], axis=1),
        node("Unsqueeze", ["starts", "two"], ["s"]),
        node("Add", ["s", "e"], ["se"]),
        node("Relu", ["se"], ["r"]),
        node("Reshape", ["r", "flat"], ["f"]),
        node("Transpose", ["labels"], ["lt"], perm=[0, 2, 1]),
        node("MatMul", ["f", "lt"], ["m"]),
        node("Reshape", ["m", "shape"], ["y"]),
    ]
    plain = {k: feeds[k].reshape(rows, -1, inner) for k in ("starts", "ends", "labels")}
    candidates = {
        "SpanScores": fused("f32"),
        "SpanScores, int16": fused("int16"),
        "SpanScores, int8": fused("int8"),
        "standard operators": (make_session(standard, plain, constants, threads), plain),
    }
    *ours, theirs = (sess.run(None, given)[0] for sess, given in candidates.values())
    inside = np.arange(words)[:, None] + np.arange(max_width) < words
    for scores, tolerance in zip(ours, (1e-2, 1e-4 * inner, 0.1 * inner**0.5), strict=True):
        np.testing.assert_allclose(scores[:, inside], theirs[:, inside], atol=tolerance)
    table(
        f"spans, {rows} x {words} x {max_width}, {labels} labels, {threads} thread(s)",
        2 * rows * int(inside.sum()) * labels * inner,
        race(candidates, runs),
        "SpanScores",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=["attention", "linear", "norm", "spans"])
    args = parser.parse_args()
    print(f"onnxruntime {ort.__version__}")
    for threads in args.threads:
        if args.only in (None, "norm"):
            layer_norm(1160, threads, args.runs)
        if args.only in (None, "spans"):
            spans(4, 90, 30, 512, 16, threads, args.runs)
            spans(4, 90, 30, 2048, 12, threads, args.runs)
        if args.only in (None, "attention"):
            attention(4, 290, threads, args.runs)
            attention(2, 600, threads, args.runs)
        if args.only in (None, "linear"):
            for inputs, outputs, gelu in [
                (1024, 3072, False),
                (1024, 1024, False),
                (1024, 4096, True),
                (4096, 1024, False),
            ]:
                linear(1160, inputs, outputs, gelu, threads, args.runs)


if __name__ == "__main__":
    main()
