"""Get a ``tokenizer.json`` that knows gliner's marker tokens.

A checkpoint brings ``tokenizer.json``, or only SentencePiece's ``spm.model``, or neither, when
the base model's is used. The marker tokens are added where they are missing, at the ids that the
checkpoint was trained with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from gliner_fast.config import SENTENCEPIECE_FILES, TOKENIZER_SOURCES, GlinerConfig
from gliner_fast.errors import CorruptModelError, MissingDependencyError

__all__ = ["TOKENIZER_FILE", "TOKENIZER_SOURCES", "load_tokenizer", "with_markers"]

TOKENIZER_FILE = "tokenizer.json"
#: gliner adds this one before its two markers, a leftover of an early version.
_FILLER = "[FLERT]"


def load_tokenizer(folder: Path) -> Tokenizer | None:
    """The tokenizer of a checkpoint or base model folder, or None if it has none.

    Raises:
        CorruptModelError: If its file cannot be read.
    """
    path = folder / TOKENIZER_FILE
    if path.is_file():
        try:
            return Tokenizer.from_file(str(path))
        except Exception as error:
            raise CorruptModelError(f"{path}: is not a tokenizer ({error})") from error
    for name in SENTENCEPIECE_FILES:
        if (folder / name).is_file():
            return _from_sentencepiece(folder / name, _settings(folder))
    return None


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CorruptModelError(f"{path}: is not JSON ({error})") from error
    return settings if isinstance(settings, dict) else {}


def _from_sentencepiece(path: Path, settings: dict[str, Any]) -> Tokenizer:
    """DeBERTa-v2's tokenizer from its SentencePiece model.

    The same pipeline that transformers builds for it: SentencePiece's own normalisation, words
    marked with U+2581, a unigram model, and ``[CLS]`` and ``[SEP]`` around.
    """
    try:
        from sentencepiece import sentencepiece_model_pb2
    except ImportError:
        raise MissingDependencyError("sentencepiece", "convert", f"Reading {path.name}") from None
    spm: Any = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    try:
        spm.ParseFromString(path.read_bytes())
        if spm.trainer_spec.model_type != 1:
            raise CorruptModelError(f"{path}: expected a unigram model")
        unigram = models.Unigram(
            [(piece.piece, piece.score) for piece in spm.pieces],
            unk_id=spm.trainer_spec.unk_id,
            byte_fallback=spm.trainer_spec.byte_fallback,
        )
    except CorruptModelError:
        raise
    except Exception as error:
        # protobuf's and tokenizers' exceptions share no base class.
        raise CorruptModelError(f"{path}: is not a SentencePiece model") from error
    tokenizer = Tokenizer(unigram)
    steps: list[Any] = []
    if settings.get("do_lower_case", False):
        steps.append(normalizers.Lowercase())
    steps.append(normalizers.Strip())
    if spm.normalizer_spec.precompiled_charsmap:
        steps.append(normalizers.Precompiled(spm.normalizer_spec.precompiled_charsmap))
    steps.append(normalizers.Replace(Regex(" {2,}"), " "))
    tokenizer.normalizer = normalizers.Sequence(steps)
    before: list[Any] = []
    if settings.get("split_by_punct", False):
        before.append(pre_tokenizers.Punctuation(behavior="isolated"))
    before.append(pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(before)
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def with_markers(tokenizer: Tokenizer, config: GlinerConfig, rows: int) -> tuple[Tokenizer, int]:
    """Add gliner's markers where they are missing.

    Args:
        rows: Length of the checkpoint's embedding table.

    Returns:
        The tokenizer and the id of ``config.ent_token``.

    Raises:
        CorruptModelError: If the tokenizer's marker is not the token that the checkpoint was
            trained with (``class_token_index``).
    """
    marks = [config.ent_token, config.sep_token]
    present = [tokenizer.token_to_id(mark) is not None for mark in marks]
    if not any(present):
        # gliner added a filler and the markers to the base vocabulary. Older checkpoints did so
        # without the filler; class_token_index tells which, or else the table's length.
        size = tokenizer.get_vocab_size(with_added_tokens=True)
        open_index = config.class_token_index < 0
        filler = rows > size + len(marks) if open_index else config.class_token_index > size
        if filler and tokenizer.token_to_id(_FILLER) is None:
            marks = [_FILLER, *marks]
        tokenizer.add_special_tokens([AddedToken(m, special=True, normalized=False) for m in marks])
    elif not all(present):
        raise CorruptModelError(
            f"{TOKENIZER_FILE}: has one of the tokens {config.ent_token!r} and "
            f"{config.sep_token!r}, but not the other"
        )
    ent = tokenizer.token_to_id(config.ent_token)
    assert ent is not None  # noqa: S101 - added above if it was missing
    if config.class_token_index >= 0 and ent != config.class_token_index:
        raise CorruptModelError(
            f"class_token_index is {config.class_token_index}, but the tokenizer's id of "
            f"{config.ent_token!r} is {ent}: tokenizer and weights do not belong together"
        )
    # A stored truncation would drop text, a stored padding would add tokens.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, ent
