"""A converted model folder → a gliner checkpoint.

``python -m training.restore MODEL CHECKPOINT``. The package ships the default model converted and
in int8; this is the way back, for ``training.train --start-from`` and for gliner itself. What was
rounded stays rounded: the checkpoint is the shipped model, not the one that it was made from.
The tests compare what gliner and this package find with it.

The position table comes back as it is used, after its normalisation, so the checkpoint's
``norm_rel_ebd`` is ``none``. Only the form that :mod:`training.network` trains is understood.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from training.tokens import save_tokenizer

__all__ = ["main", "restore"]

_ENCODER = "token_rep_layer.bert_layer.model"
_SPAN = "span_rep_layer.span_rep_layer"
Array = npt.NDArray[np.float32]


class _Weights:
    """Reads a graph's weights, and collects them under gliner's names."""

    def __init__(self, folder: Path) -> None:
        model = onnx.load(str(folder / "model.onnx"))
        self._arrays = {x.name: numpy_helper.to_array(x) for x in model.graph.initializer}
        self.found: dict[str, Array] = {}

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

    def put(self, target: str, pair: tuple[Array, Array]) -> None:
        self.found[f"{target}.weight"], self.found[f"{target}.bias"] = pair

    def put_norm(self, target: str, source: str, suffix: str = "") -> None:
        gain, bias = (self.get(f"{source}/norm_{part}{suffix}") for part in ("gain", "bias"))
        self.put(f"{_ENCODER}.{target}", (gain, bias))


def restore(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """gliner's configuration and weights of a converted model."""
    config = json.loads((folder / "gliner_config.json").read_text(encoding="utf-8"))
    encoder = config["encoder_config"]
    encoder["norm_rel_ebd"] = "none"
    weights = _Weights(folder)
    weights.found[f"{_ENCODER}.embeddings.word_embeddings.weight"] = weights.get(
        "encoder/embeddings/words"
    )
    weights.put_norm("embeddings.LayerNorm", "encoder/embeddings")
    _encoder_layers(weights, encoder)
    _head(weights, config, projected=config["hidden_size"] != encoder["hidden_size"])
    return config, weights.found


def _encoder_layers(weights: _Weights, encoder: dict[str, Any]) -> None:
    width = encoder["hidden_size"]
    terms = 1 + len(encoder["pos_att_type"])
    # The converter puts the scale of the scores into the queries.
    unscaled = np.float32(np.sqrt(width // encoder["num_attention_heads"] * terms))
    keys, projected = [], []
    for index in range(encoder["num_hidden_layers"]):
        source, target = f"encoder/layer{index}", f"encoder.layer.{index}"
        stacked, biases = weights.linear(f"{source}/qkv")
        for part, kind in enumerate(("query", "key", "value")):
            at = slice(part * width, (part + 1) * width)
            pair = (stacked[at], biases[at])
            if kind == "query":
                pair = (pair[0] * unscaled, pair[1] * unscaled)
            weights.put(f"{_ENCODER}.{target}.attention.self.{kind}_proj", pair)
            if kind == "key":
                keys.append(pair[0].astype(np.float64))
                projected.append((weights.get(f"{source}/c2p/table") - pair[1]).T)
        for kind, inside in (
            ("attention_output", "attention.output.dense"),
            ("feed_up", "intermediate.dense"),
            ("feed_down", "output.dense"),
        ):
            weights.put(f"{_ENCODER}.{target}.{inside}", weights.linear(f"{source}/{kind}"))
        weights.put_norm(f"{target}.attention.output.LayerNorm", source)
        weights.put_norm(f"{target}.output.LayerNorm", source, "_1")
    # The table is there as each layer's keys project it: least squares over all layers.
    table, *_ = np.linalg.lstsq(np.concatenate(keys), np.concatenate(projected), rcond=None)
    weights.found[f"{_ENCODER}.encoder.rel_embeddings.weight"] = table.T.astype(np.float32)


def _head(weights: _Weights, config: dict[str, Any], projected: bool) -> None:
    if projected:
        weights.put("token_rep_layer.projection", weights.linear("head/words/projection"))
    weights.put("prompt_rep_layer.0", weights.linear("head/labels/first"))
    weights.put("prompt_rep_layer.3", weights.linear("head/labels/second"))
    for side in ("start", "end"):
        for layer, number in (("first", 0), ("second", 3)):
            source = f"head/spans/{side}/{layer}"
            weights.put(f"{_SPAN}.project_{side}.{number}", weights.linear(source))
    half, bias = weights.linear("head/spans/start/half")
    other, _ = weights.linear("head/spans/end/half")
    weights.put(f"{_SPAN}.out_project.0", (np.concatenate([half, other], axis=1), bias))
    second, _ = weights.linear("head/spans/second")
    bias = weights.get("head/spans/second_bias")[:, 0]
    weights.put(f"{_SPAN}.out_project.3", (second.T, bias))
    for layer in range(config["num_rnn_layers"]):
        source = f"head/rnn{layer}"
        for direction, suffix in enumerate(("", "_reverse")):
            both = np.split(weights.get(f"{source}/bias")[direction], 2)
            for kind, array in (
                ("weight_ih", weights.get(f"{source}/weight")[direction]),
                ("weight_hh", weights.get(f"{source}/recurrent")[direction]),
                ("bias_ih", both[0]),
                ("bias_hh", both[1]),
            ):
                # ONNX has the gates input, output, forget, cell; torch input, forget, cell, output.
                gates = np.split(array, 4)
                ordered = np.concatenate([gates[number] for number in (0, 2, 3, 1)])
                weights.found[f"rnn.lstm.{kind}_l{layer}{suffix}"] = ordered


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.restore", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that gliner-fast convert made")
    parser.add_argument("checkpoint", type=Path, help="folder to write")
    args = parser.parse_args(argv)
    config, weights = restore(args.model)
    args.checkpoint.mkdir(parents=True, exist_ok=True)
    contiguous = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    save_file(contiguous, args.checkpoint / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (args.checkpoint / "gliner_config.json").write_text(text, encoding="utf-8")
    save_tokenizer(Tokenizer.from_file(str(args.model / "tokenizer.json")), args.checkpoint)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
