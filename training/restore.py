"""A converted model folder → a gliner checkpoint that trains on.

``python -m training.restore MODEL CHECKPOINT``. The package ships the default model converted and
in int8; this is the way back, for ``training.train --start-from`` and for gliner itself. What was
rounded stays rounded: the checkpoint is the shipped model, not the one that it was made from.

Only the form that :mod:`training.network` trains is understood.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training.network import Network, Shape, save_checkpoint
from training.tokens import save_tokenizer

__all__ = ["main", "restore"]

_ENCODER = "token_rep_layer.bert_layer.model"
_SPAN = "span_rep_layer.span_rep_layer"
Array = npt.NDArray[np.float32]


class _Graph:
    """The named weights of a model folder."""

    def __init__(self, folder: Path) -> None:
        import onnx
        from onnx import numpy_helper

        model = onnx.load(str(folder / "model.onnx"))
        self._arrays = {x.name: numpy_helper.to_array(x) for x in model.graph.initializer}

    def get(self, name: str) -> Array:
        return np.asarray(self._arrays[name], dtype=np.float32)

    def linear(self, name: str) -> tuple[Array, Array]:
        """Weight (outputs, inputs) and bias of a linear layer, int8 or float."""
        packed = self._arrays.get(f"{name}/weight_int8")
        if packed is None:
            weight = self.get(f"{name}/weight").T
        else:
            panels, runs, panel, run = packed.shape
            integers = packed.transpose(0, 2, 1, 3).reshape(panels * panel, runs * run)
            scale = self.get(f"{name}/weight_scale")
            # Inner sizes are multiples of a run: no input is padding.
            weight = integers[: len(scale)].astype(np.float32) * scale[:, None]
        bias = f"{name}/bias"
        return weight, self.get(bias) if bias in self._arrays else np.zeros(len(weight), np.float32)


def _shape(folder: Path) -> tuple[Shape, int, str]:
    """Sizes, the class token and the name, from gliner's configuration."""
    config = json.loads((folder / "gliner_config.json").read_text(encoding="utf-8"))
    encoder = config["encoder_config"]
    shape = Shape(
        vocab=encoder["vocab_size"],
        width=encoder["hidden_size"],
        layers=encoder["num_hidden_layers"],
        heads=encoder["num_attention_heads"],
        inner=encoder["intermediate_size"],
        buckets=encoder["position_buckets"],
        head=config["hidden_size"],
        rnn_layers=config["num_rnn_layers"],
        max_width=config["max_width"],
        p2c="p2c" in encoder["pos_att_type"],
        max_len=config["max_len"],
    )
    expected = shape.gliner_config(config["class_token_index"], config["name"])
    for key in ("span_mode", "subtoken_pooling", "embed_ent_token"):
        if config[key] != expected[key]:
            raise SystemExit(f"{folder}: {key} is {config[key]!r}, expected {expected[key]!r}")
    if encoder != {**expected["encoder_config"], **encoder}:
        raise SystemExit(f"{folder}: encoder_config is not one that training/network.py makes")
    return shape, config["class_token_index"], config["name"]


def _position_table(projected: list[Array], keys: list[tuple[Array, Array]]) -> Tensor:
    """The normalised position table, from its projections by each layer's keys (least squares)."""
    stacked = np.concatenate([weight for weight, _ in keys])
    shifted = np.concatenate(
        [p - bias for p, (_, bias) in zip(projected, keys, strict=True)], axis=1
    )
    table, *_ = np.linalg.lstsq(stacked, shifted.T, rcond=None)
    return torch.from_numpy(np.ascontiguousarray(table.T, dtype=np.float32))


def _before_norm(table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows, gain and bias whose layer normalisation is the table, as nearly as there is one."""
    width = table.shape[1]
    bias = table.mean(0).clone().requires_grad_()
    gain = table.std(0).clone().requires_grad_()
    rows = ((table - bias) / gain).detach().clone().requires_grad_()
    solver = torch.optim.LBFGS(
        [rows, gain, bias], max_iter=500, history_size=20, line_search_fn="strong_wolfe"
    )

    def error() -> Tensor:
        solver.zero_grad()
        made = functional.layer_norm(rows, (width,), gain, bias, 1e-7)
        loss = ((made - table) ** 2).mean() / table.var()
        loss.backward()
        return loss

    solver.step(error)
    return rows.detach(), gain.detach(), bias.detach()


def restore(folder: Path) -> tuple[Shape, dict[str, Tensor], int, str]:
    """Sizes, weights under gliner's names, class token and name of a converted model."""
    graph = _Graph(folder)
    shape, class_token, name = _shape(folder)
    weights: dict[str, Array] = {}

    def put(target: str, weight: Array, bias: Array) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = weight, bias

    def put_norm(target: str, source: str, suffix: str = "") -> None:
        gain, bias = (graph.get(f"{source}/norm_{part}{suffix}") for part in ("gain", "bias"))
        put(f"{_ENCODER}.{target}", gain, bias)

    words = graph.get("encoder/embeddings/words")
    weights[f"{_ENCODER}.embeddings.word_embeddings.weight"] = words
    put_norm("embeddings.LayerNorm", "encoder/embeddings")
    scale = 1.0 / np.sqrt(shape.width // shape.heads * (3 if shape.p2c else 2))
    projected, keys = [], []
    for index in range(shape.layers):
        source, target = f"encoder/layer{index}", f"encoder.layer.{index}"
        stacked, biases = graph.linear(f"{source}/qkv")
        for part, kind in enumerate(("query", "key", "value")):
            at = slice(part * shape.width, (part + 1) * shape.width)
            # The converter puts the scale of the scores into the queries.
            factor = np.float32(1 / scale if kind == "query" else 1)
            put(
                f"{_ENCODER}.{target}.attention.self.{kind}_proj",
                stacked[at] * factor,
                biases[at] * factor,
            )
        keys.append((stacked[shape.width : 2 * shape.width], biases[shape.width : 2 * shape.width]))
        projected.append(graph.get(f"{source}/c2p/table"))
        for kind, inside in (
            ("attention_output", "attention.output.dense"),
            ("feed_up", "intermediate.dense"),
            ("feed_down", "output.dense"),
        ):
            put(f"{_ENCODER}.{target}.{inside}", *graph.linear(f"{source}/{kind}"))
        put_norm(f"{target}.attention.output.LayerNorm", source)
        put_norm(f"{target}.output.LayerNorm", source, "_1")
    rows, gain, bias = _before_norm(_position_table(projected, keys))
    weights[f"{_ENCODER}.encoder.rel_embeddings.weight"] = rows.numpy()
    put(f"{_ENCODER}.encoder.LayerNorm", gain.numpy(), bias.numpy())
    _put_head(graph, shape, weights)
    tensors = {k: torch.tensor(v) for k, v in weights.items()}
    return shape, tensors, class_token, name


def _put_head(graph: _Graph, shape: Shape, weights: dict[str, Array]) -> None:
    def put(target: str, weight: Array, bias: Array) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = weight, bias

    if shape.width != shape.head:
        put("token_rep_layer.projection", *graph.linear("head/words/projection"))
    put("prompt_rep_layer.0", *graph.linear("head/labels/first"))
    put("prompt_rep_layer.3", *graph.linear("head/labels/second"))
    for side in ("start", "end"):
        put(f"{_SPAN}.project_{side}.0", *graph.linear(f"head/spans/{side}/first"))
        put(f"{_SPAN}.project_{side}.3", *graph.linear(f"head/spans/{side}/second"))
    half, bias = graph.linear("head/spans/start/half")
    other, _ = graph.linear("head/spans/end/half")
    put(f"{_SPAN}.out_project.0", np.concatenate([half, other], axis=1), bias)
    second, _ = graph.linear("head/spans/second")
    put(f"{_SPAN}.out_project.3", second.T, graph.get("head/spans/second_bias")[:, 0])
    for layer in range(shape.rnn_layers):
        source = f"head/rnn{layer}"
        for direction, suffix in enumerate(("", "_reverse")):

            def gates(x: Array) -> Array:
                # ONNX has input, output, forget, cell; torch input, forget, cell, output.
                return np.concatenate([np.split(x, 4)[gate] for gate in (0, 2, 3, 1)])

            both = np.split(graph.get(f"{source}/bias")[direction], 2)
            for kind, array in (
                ("weight_ih", graph.get(f"{source}/weight")[direction]),
                ("weight_hh", graph.get(f"{source}/recurrent")[direction]),
                ("bias_ih", both[0]),
                ("bias_hh", both[1]),
            ):
                weights[f"rnn.lstm.{kind}_l{layer}{suffix}"] = gates(array)


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.restore", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that gliner-fast convert made")
    parser.add_argument("checkpoint", type=Path, help="folder to write")
    args = parser.parse_args(argv)
    shape, weights, class_token, name = restore(args.model)
    Network(shape).load_state_dict(weights)
    save_checkpoint(args.checkpoint, shape, weights, class_token, name)
    save_tokenizer(Tokenizer.from_file(str(args.model / "tokenizer.json")), args.checkpoint)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
