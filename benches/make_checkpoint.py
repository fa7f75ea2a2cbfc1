"""Write a checkpoint with random weights in the size of nvidia/gliner-PII.

    python benches/make_checkpoint.py build/large

DeBERTa-v3-large (24 layers, 1,024 wide, 16 heads, 128k vocabulary) and the head of
gliner_large-v2.1 (hidden size 512, one LSTM layer), in gliner's own layout, so that gliner, its
exports and gliner-fast all load it. The tokenizer is that of the package's default model without
its pieces for whole labels: its ids are a part of the vocabulary. Speed does not depend on the
weights' values; entities are meaningless. Needs the ``convert`` extra, no torch.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tqdm import tqdm

SIZES = {
    "large": {"layers": 24, "hidden": 1024, "heads": 16, "inner": 4096, "head": 512},
    "base": {"layers": 12, "hidden": 768, "heads": 12, "inner": 3072, "head": 512},
    "small": {"layers": 6, "hidden": 768, "heads": 12, "inner": 3072, "head": 512},
}
VOCABULARY = 128_004
SPAN = 256
UNLIKELY = -40.0
DEFAULT_MODEL = Path(__file__).parents[1] / "python" / "gliner_fast" / "models" / "pii-default"


def shapes(layers: int, hidden: int, inner: int, head: int) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor, by gliner's names."""
    encoder = "token_rep_layer.bert_layer.model"
    found: dict[str, tuple[int, ...]] = {
        f"{encoder}.embeddings.word_embeddings.weight": (VOCABULARY, hidden),
        f"{encoder}.encoder.rel_embeddings.weight": (2 * SPAN, hidden),
    }

    def linear(name: str, inputs: int, outputs: int) -> None:
        found[f"{name}.weight"] = (outputs, inputs)
        found[f"{name}.bias"] = (outputs,)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = (hidden,)
        found[f"{name}.bias"] = (hidden,)

    def mlp(name: str, inputs: int, outputs: int) -> None:
        linear(f"{name}.0", inputs, 4 * outputs)
        linear(f"{name}.3", 4 * outputs, outputs)

    norm(f"{encoder}.embeddings.LayerNorm")
    norm(f"{encoder}.encoder.LayerNorm")
    for index in range(layers):
        layer = f"{encoder}.encoder.layer.{index}"
        for part in ("query_proj", "key_proj", "value_proj"):
            linear(f"{layer}.attention.self.{part}", hidden, hidden)
        linear(f"{layer}.attention.output.dense", hidden, hidden)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", hidden, inner)
        linear(f"{layer}.output.dense", inner, hidden)
        norm(f"{layer}.output.LayerNorm")
    linear("token_rep_layer.projection", hidden, head)
    for direction in ("", "_reverse"):
        found[f"rnn.lstm.weight_ih_l0{direction}"] = (2 * head, head)
        found[f"rnn.lstm.weight_hh_l0{direction}"] = (2 * head, head // 2)
        found[f"rnn.lstm.bias_ih_l0{direction}"] = (2 * head,)
        found[f"rnn.lstm.bias_hh_l0{direction}"] = (2 * head,)
    for part in ("project_start", "project_end"):
        mlp(f"span_rep_layer.span_rep_layer.{part}", head, head)
    mlp("span_rep_layer.span_rep_layer.out_project", 2 * head, head)
    mlp("prompt_rep_layer", head, head)
    return found


def make_tokenizer() -> str:
    """The packaged model's tokenizer without its pieces for whole labels.

    It has one token for a label. Others have two or three, and the labels are most of the work.
    """
    raw = json.loads((DEFAULT_MODEL / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = raw["model"]["vocab"]
    # They were added to the learned pieces with one score for all.
    (label_score, _), *_ = Counter(score for _, score in vocabulary).most_common(1)
    raw["model"]["vocab"] = [
        [piece, UNLIKELY if score == label_score else score] for piece, score in vocabulary
    ]
    return json.dumps(raw, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("--size", choices=SIZES, default="large")
    args = parser.parse_args()
    size = SIZES[args.size]
    args.target.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    tensors = {}
    layout = shapes(size["layers"], size["hidden"], size["inner"], size["head"])
    for name, shape in tqdm(layout.items(), desc="weights", unit="tensor"):
        # transformers' own initial weights: normal with deviation 0.02, biases zero.
        if "LayerNorm" in name:
            tensors[name] = np.full(shape, float(name.endswith("weight")), np.float32)
        elif name.endswith("bias"):
            tensors[name] = np.zeros(shape, np.float32)
        else:
            tensors[name] = random.standard_normal(shape, np.float32) * np.float32(0.02)
    save_file(tensors, args.target / "model.safetensors", {"format": "pt"})
    config = json.loads((DEFAULT_MODEL / "gliner_config.json").read_text(encoding="utf-8"))
    config |= {"name": "large", "model_name": "large", "max_width": 12}
    config |= {"hidden_size": size["head"], "vocab_size": VOCABULARY}
    # As in DeBERTa-v3: both position terms, keys shared with the content.
    config["encoder_config"].update(
        hidden_size=size["hidden"],
        intermediate_size=size["inner"],
        num_attention_heads=size["heads"],
        num_hidden_layers=size["layers"],
        pos_att_type=["p2c", "c2p"],
        position_buckets=SPAN,
        vocab_size=VOCABULARY,
    )
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (args.target / "gliner_config.json").write_text(text, encoding="utf-8")
    (args.target / "tokenizer.json").write_text(make_tokenizer(), encoding="utf-8")
    # transformers needs this file beside a tokenizer.json.
    tokenizer = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}
    tokenizer |= {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    text = json.dumps(tokenizer, indent=2) + "\n"
    (args.target / "tokenizer_config.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
