"""GLiNER's span head as a graph: words, labels, spans, scores.

Source: Zaratiana et al., "GLiNER: Generalist Model for Named Entity Recognition using
Bidirectional Transformer", section 2, as implemented by gliner's ``UniEncoderSpanModel``.

Two things differ in form, not in result. The head takes the token positions of words and labels
and makes the spans itself. And as the last layers are linear, words are projected once and
added for each span, and the labels go through the second layer instead of the spans, of which
there are ``max_width`` times more than words.
"""

from __future__ import annotations

import numpy as np

from gliner_fast.convert.config import HeadConfig
from gliner_fast.convert.graph import FUSED_DOMAIN, GraphBuilder
from gliner_fast.convert.layers import Layers
from gliner_fast.convert.weights import FloatArray, Linear, Weights

__all__ = ["build_head", "fused_inputs", "head_inputs"]

_SPAN = "span_rep_layer.span_rep_layer"


def head_inputs(graph: GraphBuilder, config: HeadConfig) -> dict[str, str]:
    """Declare the head's inputs, all int64; -1 marks a word or label without a token.

    ``word_tokens`` (first or last pooling) or ``word_starts`` and ``word_ends`` (mean and max)
    of shape (batch, word); ``word_counts`` (batch,); ``label_tokens`` (batch, label).

    Returns:
        Their names, but ``label_tokens`` are the tokens that stand for the labels: the markers
        that come in, or the tokens after them.
    """
    words = (
        ("word_tokens",) if config.pooling in ("first", "last") else ("word_starts", "word_ends")
    )
    inputs = {name: graph.input(name, np.int64, ["batch", "word"]) for name in words}
    inputs["word_counts"] = graph.input("word_counts", np.int64, ["batch"])
    markers = graph.input("label_tokens", np.int64, ["batch", "label"])
    inputs["label_tokens"] = markers
    if not config.embed_ent_token:
        there = graph.op("GreaterOrEqual", markers, graph.constant(0))
        after = graph.op("Add", markers, graph.constant(1))
        inputs["label_tokens"] = graph.op("Where", there, after, markers)
    return inputs


def fused_inputs(graph: GraphBuilder) -> dict[str, str]:
    """Declare the inputs of a fused graph's head, all int64.

    ``word_tokens`` (word,), the words of all rows one after another, and ``label_tokens``
    (batch, label) are places among the tokens that the head reads, -1 for none: their names
    outside are ``word_places`` and ``label_places``. ``word_counts`` (batch,) is as in
    :func:`head_inputs`.
    """
    return {
        "word_tokens": graph.input("word_places", np.int64, ["word"]),
        "word_counts": graph.input("word_counts", np.int64, ["batch"]),
        "label_tokens": graph.input("label_places", np.int64, ["batch", "label"]),
    }


def build_head(
    layers: Layers,
    config: HeadConfig,
    weights: Weights,
    hidden: str,
    hidden_size: int,
    inputs: dict[str, str],
) -> str:
    """Emit the head.

    Args:
        layers: The precision of the linear layers, fp32 or int8; the rest is float32.
        hidden: Hidden states (batch, token, hidden_size), float32. In a fused graph they are
            (token, hidden_size), of the tokens that the head reads alone, and token positions
            are places in that list.
        inputs: From :func:`head_inputs`, or :func:`fused_inputs`.

    Returns:
        Logits (batch, word, max_width, label). Those of spans that reach past a row's words
        and of padded words and labels are arbitrary.
    """
    graph, ragged = layers.graph, layers.fused
    size = config.hidden_size
    projection = (
        weights.linear("token_rep_layer.projection", hidden_size, size)
        if hidden_size != size
        else None
    )

    def project(x: str) -> str:
        return layers.linear(x, projection, "projection") if projection else x

    if ragged:
        hidden = project(hidden)

    def chosen(at: str) -> str:
        """Vectors of the tokens at ``at``, zero where there is none, as gliner has them."""
        if ragged:
            return graph.op("TakeRows", hidden, at, domain=FUSED_DOMAIN)
        taken = project(_take(graph, hidden, at))
        there = graph.op("GreaterOrEqual", at, graph.constant(0))
        return _masked(graph, taken, there)

    counts = inputs["word_counts"]

    with graph.scope("words"):
        if config.pooling in ("first", "last"):
            words = chosen(inputs["word_tokens"])
        elif config.pooling == "mean":
            words = _mean(graph, project(hidden), inputs["word_starts"], inputs["word_ends"])
        else:
            words = _max(graph, project(hidden), inputs["word_starts"], inputs["word_ends"])
    with graph.scope("labels"):
        labels = chosen(inputs["label_tokens"])
        labels = _mlp(layers, weights, "prompt_rep_layer", labels, size, size)
    for index in range(config.rnn_layers):
        with graph.scope(f"rnn{index}"):
            lstm = _fused_lstm if ragged else _lstm
            words = lstm(layers, weights, words, counts, index, size)
    with graph.scope("spans"):
        if config.span_mode == "marker":
            words = _padded(graph, words, counts) if ragged else words
            return _marker(layers, config, weights, words, labels)
        return _marker_v0(layers, config, weights, words, labels, counts)


def _masked(g: GraphBuilder, x: str, there: str) -> str:
    return g.op("Where", g.unsqueeze(there, -1), x, g.constant(0.0, np.float32))


def _take(g: GraphBuilder, hidden: str, positions: str) -> str:
    """``hidden[b, positions[b, n]]``; position -1 gives some vector of the row."""
    length = g.dim(hidden, 1)
    row = g.op("Mul", g.range(g.dim(hidden, 0)), length)
    at = g.op("Max", positions, g.constant(0))
    at = g.op("Min", at, g.op("Sub", length, g.constant([1])))
    flat = g.op("Reshape", hidden, g.shape(-1, g.dim(hidden, 2)))
    return g.op("Gather", flat, g.op("Add", at, g.unsqueeze(row, 1)), axis=0)


def _membership(g: GraphBuilder, hidden: str, starts: str, ends: str) -> str:
    """Whether a token belongs to a word, bool (batch, word, token)."""
    token = g.unsqueeze(g.range(g.dim(hidden, 1)), 0, 1)
    return g.op(
        "And",
        g.op("GreaterOrEqual", token, g.unsqueeze(starts, 2)),
        g.op("Less", token, g.unsqueeze(ends, 2)),
    )


def _mean(g: GraphBuilder, hidden: str, starts: str, ends: str) -> str:
    count = g.op("Max", g.op("Sub", ends, starts), g.constant(1))
    inside = g.cast(_membership(g, hidden, starts, ends), np.float32)
    total = g.op("MatMul", inside, hidden)
    return g.op("Div", total, g.unsqueeze(g.cast(count, np.float32), 2))


def _max(g: GraphBuilder, hidden: str, starts: str, ends: str) -> str:
    """Scatter every token onto its word, keeping the largest; tokens of none go to a spare row."""
    inside = _membership(g, hidden, starts, ends)
    words = g.dim(starts, 1)
    ordinal = g.op("Add", g.range(words), g.constant(1))
    product = g.op("Mul", g.cast(inside, np.int64), g.unsqueeze(ordinal, 0, 2))
    owner = g.op("ReduceMax", product, g.constant([1]), keepdims=0)
    batch = g.op("Mul", g.range(g.dim(hidden, 0)), g.op("Add", words, g.constant([1])))
    target = g.op("Add", owner, g.unsqueeze(batch, 1))
    width = g.dim(hidden, 2)
    rows = g.op("Mul", g.dim(hidden, 0), g.op("Add", words, g.constant([1])))
    lowest = g.op(
        "Expand",
        g.constant(float(np.finfo(np.float32).min), np.float32),
        g.shape(rows, width),
    )
    flat = g.op(
        "ScatterND",
        lowest,
        g.op("Reshape", target, g.shape(-1, 1)),
        g.op("Reshape", hidden, g.shape(-1, width)),
        reduction="max",
    )
    by_row = g.op(
        "Reshape", flat, g.shape(g.dim(hidden, 0), g.op("Add", words, g.constant([1])), width)
    )
    largest = g.slice(by_row, g.constant([1]), g.op("Add", words, g.constant([1])), 1)
    return _masked(g, largest, g.op("Less", starts, ends))


def _mlp(
    layers: Layers,
    weights: Weights,
    name: str,
    x: str,
    inputs: int,
    outputs: int,
    activation: str = "",
) -> str:
    """gliner's projection layer: linear to four times the width, ReLU, linear."""
    first = weights.linear(f"{name}.0", inputs, outputs * 4)
    second = weights.linear(f"{name}.3", outputs * 4, outputs)
    return _two_layers(layers, first, second, x, activation)


def _two_layers(layers: Layers, first: Linear, second: Linear, x: str, activation: str = "") -> str:
    return layers.linear(layers.linear(x, first, "first", "relu"), second, "second", activation)


def _padded(g: GraphBuilder, words: str, counts: str) -> str:
    """Words one after another as (batch, word, size), padded with zeros."""
    firsts = g.op("CumSum", counts, g.constant(0), exclusive=1)
    number = g.range(g.op("ReduceMax", counts, keepdims=1))
    at = g.op("Add", g.unsqueeze(firsts, 1), number)
    there = g.op("Less", number, g.unsqueeze(counts, 1))
    at = g.op("Where", there, at, g.constant(-1))
    return g.op("TakeRows", words, at, domain=FUSED_DOMAIN)


def _lstm_weights(
    weights: Weights, kind: str, index: int, *shape: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Of both directions, (2, 4 * units, ...), the gates as ONNX orders them."""
    directions = [
        weights.get(f"rnn.lstm.{kind}_l{index}{suffix}", *shape) for suffix in ("", "_reverse")
    ]
    # torch orders the gates input, forget, cell, output; ONNX input, output, forget, cell.
    reordered = [np.split(part, 4) for part in directions]
    return np.stack([np.concatenate([p[i] for i in (0, 3, 1, 2)]) for p in reordered])


def _fused_lstm(
    layers: Layers, weights: Weights, words: str, counts: str, index: int, size: int
) -> str:
    """:func:`_lstm` over (word, size), what words add to the gates being a linear layer."""
    g, half = layers.graph, size // 2
    added = _lstm_weights(weights, "weight_ih", index, 4 * half, size)
    bias = _lstm_weights(weights, "bias_ih", index, 4 * half)
    bias = bias + _lstm_weights(weights, "bias_hh", index, 4 * half)
    layer = Linear(added.reshape(8 * half, size), bias.reshape(8 * half))
    recurrent = _lstm_weights(weights, "weight_hh", index, 4 * half, half)
    return g.op(
        "BiLstm",
        layers.linear(words, layer, "input"),
        g.weight("recurrent", recurrent),
        counts,
        domain=FUSED_DOMAIN,
        products=layers.fused_products,
    )


def _lstm(layers: Layers, weights: Weights, words: str, counts: str, index: int, size: int) -> str:
    """One bidirectional LSTM layer of ``size // 2`` units a direction, over real words only."""
    g, half = layers.graph, size // 2
    bias = [_lstm_weights(weights, kind, index, 4 * half) for kind in ("bias_ih", "bias_hh")]
    outputs = g.op_outputs(
        "LSTM",
        1,
        g.transpose(words, 1, 0, 2),
        g.weight("weight", _lstm_weights(weights, "weight_ih", index, 4 * half, size)),
        g.weight("recurrent", _lstm_weights(weights, "weight_hh", index, 4 * half, half)),
        g.weight("bias", np.concatenate(bias, axis=1)),
        g.cast(counts, np.int32),
        hidden_size=half,
        direction="bidirectional",
    )
    # (word, direction, batch, half) -> (batch, word, size)
    return g.reshape(g.transpose(outputs[0], 2, 0, 1, 3), 0, 0, size)


def _end_words(g: GraphBuilder, words: str, max_width: int) -> str:
    """Last word of the span at (word, width), clamped to the batch's last; (word, max_width)."""
    count = g.dim(words, 1)
    start = g.unsqueeze(g.range(count), 1)
    end = g.op("Add", start, g.constant(np.arange(max_width)[None]))
    return g.op("Min", end, g.op("Sub", count, g.constant([1])))


def _marker_v0(
    layers: Layers, config: HeadConfig, weights: Weights, words: str, labels: str, counts: str
) -> str:
    """``MLP(relu([start; end])) . label`` for every span and label."""
    g = layers.graph
    size = config.hidden_size
    inner = 4 * size
    first = weights.linear(f"{_SPAN}.out_project.0", 2 * size, inner)
    second = weights.linear(f"{_SPAN}.out_project.3", inner, size)
    with g.scope("start"):
        start = _mlp(layers, weights, f"{_SPAN}.project_start", words, size, size, "relu")
        of_start = layers.linear(start, Linear(first.weight[:, :size], first.bias), "half")
    with g.scope("end"):
        end = _mlp(layers, weights, f"{_SPAN}.project_end", words, size, size, "relu")
        of_end = layers.linear(end, _without_bias(first.weight[:, size:]), "half")
    # (W2 s + b2) . p = s . (p W2) + b2 . p: labels are fewer than spans.
    labels_up = layers.linear(labels, _without_bias(second.weight.T), "second")
    offset = g.op("MatMul", labels, layers.weight("second_bias", second.bias[:, None]))
    if layers.fused:
        parts = (of_start, of_end, labels_up, offset, counts)
        return g.op(
            "SpanScores",
            *parts,
            domain=FUSED_DOMAIN,
            max_width=config.max_width,
            products=layers.fused_products,
        )
    shifted = g.op("Gather", of_end, _end_words(g, words, config.max_width), axis=1)
    spans = g.op("Relu", g.op("Add", g.unsqueeze(of_start, 2), shifted))
    flat = g.op("Reshape", spans, g.shape(0, -1, inner))
    scores = g.op("MatMul", flat, g.transpose(labels_up, 0, 2, 1))
    scores = g.op("Add", scores, g.transpose(offset, 0, 2, 1))
    shape = g.shape(g.dim(labels, 0), g.dim(words, 1), config.max_width, g.dim(labels, 1))
    return g.op("Reshape", scores, shape)


def _without_bias(weight: FloatArray) -> Linear:
    return Linear(weight, np.zeros(len(weight), np.float32))


def _marker(layers: Layers, config: HeadConfig, weights: Weights, words: str, labels: str) -> str:
    """``Linear(relu([start; end])) . label``: a sum of a start's and an end's score."""
    g = layers.graph
    size = config.hidden_size
    out = weights.linear(f"{_SPAN}.out_project", 2 * size, size)
    by_label = g.transpose(labels, 0, 2, 1)

    def scores(side: str, half: Linear) -> str:
        with g.scope(side):
            name = f"{_SPAN}.project_{side}"
            first = weights.linear(f"{name}.0", size, 2 * size)
            second = weights.linear(f"{name}.3", 2 * size, size)
            x = _two_layers(layers, first, second, words, "relu")
            return g.op("MatMul", layers.linear(x, half, "half"), by_label)

    start = scores("start", Linear(out.weight[:, :size], out.bias))
    end = scores("end", _without_bias(out.weight[:, size:]))
    shifted = g.op("Gather", end, _end_words(g, words, config.max_width), axis=1)
    return g.op("Add", g.unsqueeze(start, 2), shifted)
