"""GLiNER's span model in plain torch, with gliner's parameter names.

A state dict of :class:`Network` is a gliner checkpoint. The computation is the same (a test
compares it with gliner's), but faster to train: positions are projected once and not for each
row, spans are added from starts and ends after the first layer of the span projection, and the
last layer is applied to labels in place of spans.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Network", "Shape", "load_network", "save_checkpoint"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network.

    Attributes:
        buckets: Half the rows of the relative-position table. The converter stores it projected
            for each layer, so a small one makes a small model.
        head: Width of the span head (gliner's ``hidden_size``).
        max_width: Longest span in words.
        p2c: Also the position-to-content term of attention.
        norm_table: Normalise the relative-position table.
    """

    vocab: int = 9_000
    width: int = 192
    layers: int = 4
    heads: int = 4
    inner: int = 512
    buckets: int = 32
    head: int = 128
    rnn_layers: int = 1
    max_width: int = 16
    p2c: bool = False
    norm_table: bool = True
    max_len: int = 384
    dropout: float = 0.0

    def gliner_config(self, class_token: int, name: str) -> dict[str, Any]:
        """``gliner_config.json`` of this shape."""
        return {
            "model_name": name,
            "name": name,
            "model_type": None,
            "span_mode": "markerV0",
            "subtoken_pooling": "first",
            "words_splitter_type": "whitespace",
            "hidden_size": self.head,
            "max_width": self.max_width,
            "max_len": self.max_len,
            "num_rnn_layers": self.rnn_layers,
            "dropout": self.dropout,
            "embed_ent_token": True,
            "ent_token": "<<ENT>>",
            "sep_token": "<<SEP>>",
            "class_token_index": class_token,
            "vocab_size": self.vocab,
            "fine_tune": True,
            "fuse_layers": False,
            "labels_encoder": None,
            "labels_decoder": None,
            "relations_layer": None,
            "post_fusion_schema": "",
            "max_types": 65,
            "max_neg_type_ratio": 1,
            "encoder_config": {
                "model_type": "deberta-v2",
                "vocab_size": self.vocab,
                "hidden_size": self.width,
                "num_hidden_layers": self.layers,
                "num_attention_heads": self.heads,
                "intermediate_size": self.inner,
                "hidden_act": "gelu",
                "layer_norm_eps": 1e-7,
                "max_position_embeddings": 512,
                "max_relative_positions": -1,
                "position_biased_input": False,
                "position_buckets": self.buckets,
                "pos_att_type": ["p2c", "c2p"] if self.p2c else ["c2p"],
                "relative_attention": True,
                "share_att_key": True,
                "norm_rel_ebd": "layer_norm" if self.norm_table else "none",
                "type_vocab_size": 0,
                "pad_token_id": 0,
                "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0,
            },
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Shape:
        """The shape that has this ``gliner_config.json``.

        Raises:
            ValueError: If none has: the model is of another architecture. Names the field.
        """
        encoder = config["encoder_config"]
        shape = cls(
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
            norm_table=encoder["norm_rel_ebd"] == "layer_norm",
            max_len=config["max_len"],
            dropout=config["dropout"],
        )
        expected = shape.gliner_config(config["class_token_index"], config["name"])
        for name, value in expected["encoder_config"].items():
            if encoder.get(name, value) != value:
                raise ValueError(f"encoder_config.{name}: expected {value}, got {encoder[name]}")
        for name in ("span_mode", "subtoken_pooling", "embed_ent_token"):
            if config[name] != expected[name]:
                raise ValueError(f"{name}: expected {expected[name]}, got {config[name]}")
        return shape


class _Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.p2c = shape.p2c
        self.query_proj = nn.Linear(shape.width, shape.width)
        self.key_proj = nn.Linear(shape.width, shape.width)
        self.value_proj = nn.Linear(shape.width, shape.width)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)

    def forward(self, x: Tensor, table: Tensor, index: Tensor, mask: Tensor) -> Tensor:
        """Attend.

        Args:
            table: Embeddings of relative positions, (bucket, width).
            index: Bucket of each pair of tokens, (token, token).
            mask: Added to the scores; very negative for padding.
        """
        query, key = self._split(self.query_proj(x)), self._split(self.key_proj(x))
        value = self._split(self.value_proj(x))
        query = query / math.sqrt((3 if self.p2c else 2) * query.shape[-1])
        pairs = index.expand(*query.shape[:2], -1, -1)
        scores = query @ key.transpose(-1, -2)
        position = self._split(self.key_proj(table)).transpose(-1, -2)
        scores = scores + (query @ position).gather(-1, pairs)
        if self.p2c:
            position = self._split(self.query_proj(table)).transpose(-1, -2)
            position = position / math.sqrt(3 * query.shape[-1])
            # Distances are odd in their arguments: the pair's bucket serves both ways.
            term = (key @ position).gather(-1, pairs.transpose(-1, -2))
            scores = scores + term.transpose(-1, -2)
        weights = functional.softmax(scores.float() + mask, dim=-1)
        return (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)


def _norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=1e-7)


class _Residual(nn.Module):
    def __init__(self, inner: int, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inner, width)
        self.LayerNorm = _norm(width)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        out: Tensor = self.LayerNorm(self.dense(x) + residual)
        return out


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = nn.ModuleDict(
            {"self": _Attention(shape), "output": _Residual(shape.width, shape.width)}
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(shape.width, shape.inner)})
        self.output = _Residual(shape.inner, shape.width)

    def forward(self, x: Tensor, table: Tensor, index: Tensor, mask: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, table, index, mask), x)
        return self.output(functional.gelu(self.intermediate["dense"](x)), x)


class _Encoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.buckets = shape.buckets
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(shape.vocab, shape.width, padding_idx=0),
                "LayerNorm": _norm(shape.width),
            }
        )
        self.encoder = nn.ModuleDict(
            {
                "layer": nn.ModuleList(_Layer(shape) for _ in range(shape.layers)),
                "rel_embeddings": nn.Embedding(2 * shape.buckets, shape.width),
            }
        )
        if shape.norm_table:
            self.encoder["LayerNorm"] = _norm(shape.width)

    def forward(self, ids: Tensor, counts: Tensor) -> Tensor:
        length = ids.shape[1]
        padding = torch.arange(length, device=ids.device) >= counts[:, None]
        x = self.embeddings["LayerNorm"](self.embeddings["word_embeddings"](ids))
        x = x * ~padding[..., None]
        table = self.encoder["rel_embeddings"].weight
        if "LayerNorm" in self.encoder:
            table = self.encoder["LayerNorm"](table)
        index = _buckets(length, self.buckets).to(ids.device)
        mask = padding[:, None, None, :] * -1e9
        for layer in self.encoder["layer"]:
            x = layer(x, table, index, mask)
        return x


def _buckets(length: int, buckets: int, furthest: int = 512) -> Tensor:
    """Row of the position table for each pair; source: ``make_log_bucket_position``."""
    place = torch.arange(length)
    distance = place[:, None] - place
    middle = buckets // 2
    size = distance.abs().clamp(min=middle)
    log = torch.log(size / middle) / math.log((furthest - 1) / middle) * (middle - 1)
    far = torch.ceil(log) + middle
    bucket = torch.where(distance.abs() <= middle, distance.float(), far * distance.sign())
    return (bucket.long() + buckets).clamp(0, 2 * buckets - 1)


def _projection(width: int, dropout: float, inner: int | None = None) -> nn.Sequential:
    """gliner's ``create_projection_layer``; ``inner`` is the output width."""
    out = inner or width
    return nn.Sequential(
        nn.Linear(width, 4 * out), nn.ReLU(), nn.Dropout(dropout), nn.Linear(4 * out, out)
    )


class _Representation(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bert_layer = nn.ModuleDict({"model": _Encoder(shape)})
        if shape.width != shape.head:
            self.projection = nn.Linear(shape.width, shape.head)

    def forward(self, ids: Tensor, counts: Tensor) -> Tensor:
        x: Tensor = self.bert_layer["model"](ids, counts)
        return self.projection(x) if hasattr(self, "projection") else x


class Network(nn.Module):
    """The whole model."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_rep_layer = _Representation(shape)
        if shape.rnn_layers:
            lstm = nn.LSTM(
                shape.head,
                shape.head // 2,
                num_layers=shape.rnn_layers,
                bidirectional=True,
                batch_first=True,
            )
            self.rnn = nn.ModuleDict({"lstm": lstm})
        marker = nn.ModuleDict(
            {
                "project_start": _projection(shape.head, shape.dropout),
                "project_end": _projection(shape.head, shape.dropout),
                "out_project": _projection(2 * shape.head, shape.dropout, shape.head),
            }
        )
        self.span_rep_layer = nn.ModuleDict({"span_rep_layer": marker})
        self.prompt_rep_layer = _projection(shape.head, shape.dropout)
        self.apply(_initialise)
        # Nearly every span is nothing: begin with logits of -5, not of 0.
        with torch.no_grad():
            marker["out_project"][3].bias.fill_(math.sqrt(5 / shape.head))
            self.prompt_rep_layer[3].bias.fill_(-math.sqrt(5 / shape.head))

    def forward(
        self,
        ids: Tensor,
        counts: Tensor,
        word_tokens: Tensor,
        word_counts: Tensor,
        labels: Tensor,
        starts: Tensor | None = None,
    ) -> Tensor:
        """Logits.

        Args:
            ids: Token ids, (row, token).
            counts: Tokens of each row.
            word_tokens: First token of each word, -1 where there is none, (row, word).
            word_counts: Words of each row, on the CPU.
            labels: Token of each label's marker, 0 where there is none, (row, label).
            starts: Words at which spans begin, (row, start); None means every word.

        Returns:
            (row, start, width, label); only spans inside a row and its labels mean something.
        """
        tokens = self.token_rep_layer(ids, counts)
        width = tokens.shape[-1]
        at = word_tokens.clamp(min=0)[..., None].expand(-1, -1, width)
        words = tokens.gather(1, at) * (word_tokens >= 0)[..., None]
        if self.shape.rnn_layers:
            words = self._recur(words, word_counts)
        marked = tokens.gather(1, labels[..., None].expand(-1, -1, width))
        return self._score(words, self.prompt_rep_layer(marked), starts)

    def _recur(self, words: Tensor, counts: Tensor) -> Tensor:
        """The bidirectional LSTM.

        Both directions run over padded rows, the second over each row turned round by its own
        length: packed sequences, as gliner has them, take twice as long on a CPU.
        """
        place = torch.arange(words.shape[1], device=words.device)
        turned = counts.to(words.device)[:, None] - 1 - place
        turned = torch.where(turned >= 0, turned, place)[..., None]
        lstm = self.rnn["lstm"]
        for layer in range(self.shape.rnn_layers):
            back = words.gather(1, turned.expand(-1, -1, words.shape[-1]))
            ahead = self._direction(lstm, words, layer, "")
            behind = self._direction(lstm, back, layer, "_reverse")
            behind = behind.gather(1, turned.expand(-1, -1, behind.shape[-1]))
            words = torch.cat([ahead, behind], dim=-1)
        return words

    @staticmethod
    def _direction(lstm: nn.Module, x: Tensor, layer: int, suffix: str) -> Tensor:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights = [getattr(lstm, f"{name}_l{layer}{suffix}") for name in names]
        # No autocast: the CPU kernel for training knows float32 alone.
        with torch.autocast(x.device.type, enabled=False):
            zero = x.new_zeros(1, x.shape[0], weights[1].shape[1], dtype=torch.float32)
            out: Tensor = torch.lstm(
                x.float(), (zero, zero), weights, True, 1, 0.0, True, False, True
            )[0]
        return out

    def _score(self, words: Tensor, labels: Tensor, at: Tensor | None) -> Tensor:
        marker = self.span_rep_layer["span_rep_layer"]
        first, last = marker["out_project"][0], marker["out_project"][3]
        head, widths = words.shape[-1], self.shape.max_width
        ends = functional.relu(marker["project_end"](words))
        ends = functional.linear(ends, first.weight[:, head:])
        ends = functional.pad(ends, (0, 0, 0, widths - 1))
        if at is None:
            shifted = ends.unfold(1, widths, 1).transpose(-1, -2)
        else:
            words = words.gather(1, at[..., None].expand(-1, -1, head))
            index = (at[..., None] + torch.arange(widths, device=at.device)).flatten(1)
            shifted = ends.gather(1, index[..., None].expand(-1, -1, ends.shape[-1]))
            shifted = shifted.unflatten(1, (at.shape[1], widths))
        starts = functional.relu(marker["project_start"](words))
        starts = functional.linear(starts, first.weight[:, :head], first.bias)
        hidden = marker["out_project"][2](functional.relu(starts[:, :, None] + shifted))
        projected = labels @ last.weight.to(labels.dtype)
        offset = labels @ last.bias.to(labels.dtype)
        scores = hidden.flatten(1, 2) @ projected.to(hidden.dtype).transpose(-1, -2)
        return scores.unflatten(1, hidden.shape[1:3]) + offset[:, None, None]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=min(0.05, 1.0 / math.sqrt(module.in_features)))
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.05)


def save_checkpoint(
    folder: Path, shape: Shape, weights: Mapping[str, Tensor], class_token: int, name: str
) -> None:
    """Write ``gliner_config.json`` and ``model.safetensors`` in gliner's layout."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().float().cpu().contiguous() for key, value in weights.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.dumps(shape.gliner_config(class_token, name), indent=2, sort_keys=True) + "\n"
    (folder / "gliner_config.json").write_text(config, encoding="utf-8")


def load_network(folder: Path) -> Network:
    """Read what :func:`save_checkpoint` wrote."""
    from safetensors.torch import load_file

    config = json.loads((folder / "gliner_config.json").read_text(encoding="utf-8"))
    network = Network(Shape.from_config(config))
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network
