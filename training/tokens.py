"""The tokenizer: trained on generated text, and words and labels → token ids.

A unigram model over NFKC-normalised words, with every byte as a fallback. Figures are split into
single digits, by leaving longer pieces out of the vocabulary: a phone number is then a shape and
not a rare word. Default labels are pieces of their own where they earn it, because every prompt
pays for them.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from training.generator import documents
from training.generator.concepts import CANONICAL, SURFACES
from training.generator.examples import words
from training.generator.prompts import make_prompt

__all__ = ["ENT", "SEP", "SPECIAL", "WordEncoder", "save_tokenizer", "train_tokenizer"]

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
ENT, SEP = "<<ENT>>", "<<SEP>>"
_MARKERS = ("[FLERT]", ENT, SEP)
_SPACE = "\u2581"
_DIGIT = re.compile(r"\d")
_ALONE = re.compile(r"(?<=[^ ])_")
#: Where the first letters of words go while the trainer runs: a private part of Unicode.
_PRIVATE = 0xE000
_MAPPED = 0x0250
#: Score of pieces that labels are made of: better than any split of theirs.
_LABEL_SCORE = -8.0


def _corpus(seed: int, count: int) -> Iterator[str]:
    """Words of documents, and the labels of prompts as often as a batch has them."""
    rng = random.Random(f"{seed}/tokenizer")
    for doc in documents(seed, count):
        text = doc.text
        yield " ".join(_marked(text[start:end]) for start, end in words(text))
        prompt = make_prompt(rng, doc.spans).labels if rng.random() < 0.4 else ()
        canonical = CANONICAL if rng.random() < 0.1 else ()
        yield " ".join(map(_marked, [*prompt, *canonical]))


def _marked(word: str) -> str:
    """A word for the trainer: its first letter is another letter, single digits stand alone.

    Words begin with U+2581. The trainer would make that a piece of its own, and every bracket,
    figure and rare word would cost a token more; as part of the first letter it cannot.
    """
    pieces = []
    for part in unicodedata.normalize("NFKC", word).split():
        code = ord(part[0])
        head = chr(_PRIVATE + code) if code < _MAPPED else part[0]
        if part[0].isdigit():
            pieces.append(head)
            part = part[1:]
            head = ""
        else:
            part = part[1:]
        # Label names are words joined by underscores: no piece goes across one.
        pieces.append(_ALONE.sub(r" \g<0>", _DIGIT.sub(r" \g<0> ", head + part)))
    return " ".join(pieces)


def _unmarked(piece: str) -> str:
    code = ord(piece[0]) - _PRIVATE
    return f"{_SPACE}{chr(code)}{piece[1:]}" if 0 <= code < _MAPPED else piece


def train_tokenizer(vocab: int, seed: int = 1, count: int = 60_000) -> Tokenizer:
    """Train on generated documents.

    Args:
        vocab: Size in all, with special tokens, bytes and markers.
        count: Documents to read.
    """
    draft = Tokenizer(models.Unigram())
    draft.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab - len(SPECIAL) - len(_MARKERS) - 256 - len(_label_pieces()),
        special_tokens=["[UNK]"],
        unk_token="[UNK]",  # noqa: S106 - no password
        max_piece_length=24,
        show_progress=False,
    )
    draft.train_from_iterator(_corpus(seed, count), trainer)
    learned = json.loads(draft.to_str())["model"]["vocab"]
    return _assemble([(_unmarked(p), score) for p, score in learned if p != "[UNK]"])


def _label_pieces() -> list[str]:
    """Every default label whole, and the words of all label names after a space or underscore.

    More than half of the tokens of a request are its labels. The trainer would share endings
    between words, and make a label three or four tokens long.
    """
    whole = [f"{_SPACE}{names[0].replace(' ', '_')}" for names in SURFACES.values()]
    parts = {part for names in SURFACES.values() for name in names for part in name.split()}
    parts = {part for part in parts if part.isalpha() and len(part) > 1}
    return [*whole, *(mark + part for part in sorted(parts) for mark in (_SPACE, "_"))]


def _normalizer() -> normalizers.Normalizer:
    return normalizers.Sequence([normalizers.Replace(Regex(r"\s"), " "), normalizers.NFKC()])


def _metaspace() -> pre_tokenizers.Metaspace:
    return pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")


def _assemble(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """A tokenizer of learned pieces and bytes."""
    known = dict(pieces)
    least = min(known.values())
    for piece in _label_pieces():
        known[piece] = max(known.get(piece, least), _LABEL_SCORE)
    known[_SPACE] = least - 5.0
    for char in map(chr, range(0x21, 0x7F)):
        known.setdefault(char, least - 2.0)
        known.setdefault(f"{_SPACE}{char}", least - 2.0)
    vocab = [(name, 0.0) for name in SPECIAL]
    vocab += sorted(known.items(), key=lambda item: (-item[1], item[0]))
    vocab += [(f"<0x{byte:02X}>", least - 10.0) for byte in range(256)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=SPECIAL.index("[UNK]"), byte_fallback=True))
    tokenizer.normalizer = _normalizer()
    tokenizer.pre_tokenizer = _metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(replacement=_SPACE)]
    )
    for name in (*SPECIAL, *_MARKERS):
        tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the files that transformers, gliner and our converter read."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
        "model_max_length": 1_000_000,
    }
    text = json.dumps(settings, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


class WordEncoder:
    """Words and labels → token ids, remembered."""

    def __init__(self, tokenizer: Tokenizer, most: int = 400_000) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._known: dict[str, tuple[int, ...]] = {}
        self._most = most
        self.cls = self._id("[CLS]")
        self.end = self._id("[SEP]")
        self.ent = self._id(ENT)
        self.sep = self._id(SEP)

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        assert found is not None
        return int(found)

    def ids(self, items: Iterable[str]) -> list[tuple[int, ...]]:
        """Token ids of each item alone; empty for what the normaliser removes."""
        wanted = list(items)
        new = [item for item in dict.fromkeys(wanted) if item not in self._known]
        if new:
            if len(self._known) > self._most:
                self._known.clear()
                new = list(dict.fromkeys(wanted))
            encoding = self._tokenizer.encode(new, is_pretokenized=True, add_special_tokens=False)
            rows: list[list[int]] = [[] for _ in new]
            for token, owner in zip(encoding.ids, encoding.word_ids, strict=True):
                rows[owner].append(token)
            self._known.update(zip(new, map(tuple, rows), strict=True))
        return [self._known[item] for item in wanted]
