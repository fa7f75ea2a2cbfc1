"""Write the tiny checkpoints of ``variants.py`` and what gliner computes for them.

    python export/make_checkpoints.py tests/data/variants

Needs the ``reference`` extra (gliner, torch, transformers). Each folder becomes a checkpoint in
gliner's own layout, and ``reference.npz`` beside it holds the logits of one text after another,
``logits_0`` of shape (word, width, label) and so on. The converter's tests compare with these,
so they need no torch themselves.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from gliner import GLiNER
from gliner.config import UniEncoderSpanConfig
from gliner.model import UniEncoderSpanGLiNER
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from variants import CONFIGS, LABELS, TEXTS, Variant

BASE_MODEL = "base/tiny-deberta"
MARKERS = ["[FLERT]", "<<ENT>>", "<<SEP>>"]


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A unigram tokenizer of DeBERTa's form, so small that most words are several tokens."""
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    corpus = [*TEXTS[:2], *LABELS, "the quick brown fox jumps over the lazy dog 0123456789"]
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=special, unk_token="[UNK]")
    tokenizer.train_from_iterator(corpus * 20, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
    )
    names = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", **names)


def make_model(variant: Variant, tokenizer: PreTrainedTokenizerFast) -> UniEncoderSpanGLiNER:
    """gliner's model with weights so large that logits, and mistakes, are not all near zero."""
    size = len(tokenizer)
    config = UniEncoderSpanConfig(
        model_name=BASE_MODEL,
        encoder_config={**variant.encoder_config, "vocab_size": size},
        vocab_size=size,
        class_token_index=size - 2,
        **variant.gliner_config,
    )
    model = UniEncoderSpanGLiNER(config, tokenizer=tokenizer)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                weight.copy_(1 + 0.2 * noise)
            else:
                fan_in = weight.shape[-1] if weight.dim() > 1 else 25
                weight.copy_(noise * 1.2 / fan_in**0.5)
    return model.eval()


def write(folder: Path, variant: Variant, tokenizer: PreTrainedTokenizerFast) -> None:
    """A checkpoint and its reference logits."""
    model = make_model(variant, tokenizer)
    if variant.weights == "bfloat16":
        model.model.load_state_dict(
            {k: v.to(torch.bfloat16).float() for k, v in model.model.state_dict().items()}
        )
    model.save_pretrained(folder, safe_serialization=True)
    state = {k: v.contiguous() for k, v in model.model.state_dict().items()}
    if variant.weights == "pickle":
        (folder / "model.safetensors").unlink()
        torch.save(state, folder / "pytorch_model.bin")
    elif variant.weights == "bfloat16":
        halves = {k: v.to(torch.bfloat16) for k, v in state.items()}
        save_file(halves, folder / "model.safetensors")
    for name in ("training_args.bin", "README.md"):
        (folder / name).unlink(missing_ok=True)
    config_path = folder / "gliner_config.json"
    config = json.loads(config_path.read_text())
    if variant.base_model:
        base = folder / BASE_MODEL
        base.mkdir(parents=True)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.move(folder / name, base / name)
        encoder = config["encoder_config"]
        if variant.open_vocabulary:
            _remove_markers(base / "tokenizer.json")
            encoder["vocab_size"] += 14
            for name in ("vocab_size", "class_token_index"):
                del config[name]
        (base / "config.json").write_text(json.dumps(encoder, indent=2))
        config["encoder_config"] = None
    config_path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    np.savez_compressed(folder / "reference.npz", **reference_logits(model))


def _remove_markers(path: Path) -> None:
    tokenizer = json.loads(path.read_text())
    kept = [token for token in tokenizer["added_tokens"] if token["content"] not in MARKERS]
    path.write_text(json.dumps({**tokenizer, "added_tokens": kept}, indent=2))


def reference_logits(model: GLiNER) -> dict[str, np.ndarray]:
    """Logits of each text alone, (word, width, label)."""
    logits = {}
    for index, text in enumerate(TEXTS):
        prepared = model.prepare_batch([text], LABELS)
        batch = model.collate_batch(prepared["input_x"], prepared["entity_types"])
        with torch.no_grad():
            logits[f"logits_{index}"] = model.run_batch(batch).logits[0].numpy()
    return logits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("--only", nargs="*", choices=CONFIGS, help="some of the variants")
    args = parser.parse_args()
    for name in args.only or CONFIGS:
        tokenizer = make_tokenizer()
        tokenizer.add_tokens(MARKERS, special_tokens=True)
        folder = args.target / name
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, CONFIGS[name], tokenizer)
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        print(f"{name}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
