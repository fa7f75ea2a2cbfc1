"""Words → token ids: the prompt of a request and the rows of a batch."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from tokenizers import Encoding, Tokenizer

from gliner_fast.config import GlinerConfig
from gliner_fast.errors import CorruptModelError, InvalidInputError, ModelNotFoundError
from gliner_fast.types import Int32Array, Prompt
from gliner_fast.words import has_surrogates, replace_surrogates

__all__ = ["TokenLimits", "TokenizedWords", "WordTokenizer"]

#: Longer words are read up to here. The first subtoken decides for nearly every model, and one
#: endless "word" must not take the memory of a thousand.
MAX_WORD_CHARS = 2_000
_CACHED_PROMPTS = 64
#: Names of the token for what a vocabulary does not know.
_UNKNOWN = ("[UNK]", "<unk>")


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Bounds on one row, in tokens. Attention's cost grows with the square of a row's length.

    Attributes:
        prompt: Most tokens of the labels; more is the caller's error.
        row: Most tokens of labels and words; a longer window is cut again.
    """

    prompt: int = 6_144
    row: int = 8_192

    def within(self, most: int | None) -> TokenLimits:
        """These limits for a model that takes rows of at most ``most`` tokens."""
        if most is None:
            return self
        return TokenLimits(min(self.prompt, 3 * most // 4), min(self.row, most))


@dataclass(frozen=True, slots=True)
class TokenizedWords:
    """Words as tokens.

    Attributes:
        token_ids: All tokens, shape (tokens,).
        starts: First token of each word in ``token_ids``, shape (words,).
        counts: Tokens of each word, 0 for a word that the tokenizer's normaliser removes.
    """

    token_ids: Int32Array
    starts: Int32Array
    counts: Int32Array

    def clipped(self, most: int) -> TokenizedWords:
        """The same words, none with more than ``most`` tokens."""
        if not len(self.counts) or self.counts.max() <= most:
            return self
        counts = np.minimum(self.counts, most)
        pieces = [
            self.token_ids[start : start + count]
            for start, count in zip(self.starts, counts, strict=True)
        ]
        return TokenizedWords(
            np.concatenate(pieces), np.cumsum(counts, dtype=np.int32) - counts, counts
        )


class WordTokenizer:
    """Tokenizes labels and words as gliner does: one word at a time, special tokens around.

    Thread safe.
    """

    def __init__(self, tokenizer: Tokenizer, config: GlinerConfig, limits: TokenLimits) -> None:
        self._tokenizer = tokenizer
        self._limits = limits
        self._ent = self._marker(config.ent_token)
        self._sep = self._marker(config.sep_token)
        # Text and labels may hold what looks like a marker; it must stay text.
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # Models of words remember the last ten thousand, which would outlive their request.
        tokenizer.model._resize_cache(0)
        # A unigram vocabulary holds "[CLS]" and its kin as pieces too, and a label may hold one.
        added = tokenizer.get_added_tokens_decoder().items()
        self._joins = _splits_at_spaces(tokenizer) and all(token.special for _, token in added)
        self._special = [i for i, token in added if token.special]
        known = [tokenizer.token_to_id(token) for token in _UNKNOWN]
        self._unknown = next((i for i in known if i is not None), None)
        self._prefix, self._suffix = self._frame()
        self._prompts: OrderedDict[tuple[str, ...], Prompt] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def load(cls, path: Path, config: GlinerConfig, limits: TokenLimits) -> WordTokenizer:
        """Read ``tokenizer.json``.

        Raises:
            ModelNotFoundError, CorruptModelError: If it is missing or unusable.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            for token in raw["added_tokens"]:
                # Only special tokens can be kept from matching in text.
                if token["content"] in (config.ent_token, config.sep_token):
                    token["special"] = True
            tokenizer = Tokenizer.from_str(json.dumps(raw))
        except FileNotFoundError:
            raise ModelNotFoundError(f"{path}: is missing") from None
        except Exception as error:
            raise CorruptModelError(
                f"{path}: is not a tokenizer ({type(error).__name__})"
            ) from None
        return cls(tokenizer, config, limits)

    @property
    def suffix(self) -> Int32Array:
        """Special tokens that close a row."""
        return self._suffix

    def prompt(self, labels: tuple[str, ...]) -> Prompt:
        """Encode distinct labels. Those of recent calls are remembered.

        Raises:
            InvalidInputError: If the labels take more than ``limits.prompt`` tokens.
        """
        with self._lock:
            known = self._prompts.get(labels)
            if known is not None:
                self._prompts.move_to_end(labels)
                return known
        prompt = self._encode_prompt(labels)
        with self._lock:
            self._prompts[labels] = prompt
            while len(self._prompts) > _CACHED_PROMPTS:
                self._prompts.popitem(last=False)
        return prompt

    def _encode_prompt(self, labels: tuple[str, ...]) -> Prompt:
        limit = self._limits.prompt
        # Every label is at least its marker, and a tokenizer makes at least one token of 64
        # characters or so: absurd input is refused before it is tokenized.
        characters = sum(map(len, labels))
        if len(labels) > limit or characters > 64 * limit:
            raise InvalidInputError(
                "labels",
                f"at most {limit} tokens in all",
                f"{len(labels)} labels of {characters} characters in all",
            )
        words = self.words(list(labels), whole=True)
        ids: list[Int32Array] = [self._prefix]
        marker = np.array([self._ent], np.int32)
        positions = np.empty(len(labels), np.int32)
        at = len(self._prefix)
        for index, (start, count) in enumerate(zip(words.starts, words.counts, strict=True)):
            positions[index] = at
            ids += [marker, words.token_ids[start : start + count]]
            at += 1 + int(count)
        ids.append(np.array([self._sep], np.int32))
        if at + 1 > limit:
            raise InvalidInputError(
                "labels",
                f"at most {limit} tokens in all",
                f"{at + 1} tokens of {len(labels)} labels",
            )
        return Prompt(labels, np.concatenate(ids), positions)

    def words(self, words: Sequence[str], whole: bool = False) -> TokenizedWords:
        """Tokenize words one by one, equal ones once. ``whole`` reads long ones to their end."""
        if not whole and max(map(len, words), default=0) > MAX_WORD_CHARS:
            words = [word[:MAX_WORD_CHARS] for word in words]
        distinct = list(dict.fromkeys(words))
        known = self._distinct_words(distinct)
        if len(words) == len(distinct):
            return known
        place = dict(zip(distinct, range(len(distinct)), strict=True))
        order = np.array([place[word] for word in words], np.int64)
        counts = known.counts[order]
        starts = np.cumsum(counts, dtype=np.int32) - counts
        # For each token, how far from here its word's tokens lie.
        shift = np.repeat(known.starts[order] - starts, counts)
        ids = known.token_ids[np.arange(len(shift)) + shift]
        return TokenizedWords(ids, starts, counts)

    def _distinct_words(self, words: list[str]) -> TokenizedWords:
        encoding = self._encode(words)
        owner = np.array(encoding.word_ids, dtype=np.int64)
        ids = np.array(encoding.ids, dtype=np.int32)
        if "" in words:
            keep = owner != words.index("")
            owner, ids = owner[keep], ids[keep]
        if self._unknown is not None:
            for special in self._special:
                ids[ids == special] = self._unknown
        counts = np.bincount(owner, minlength=len(words)).astype(np.int32)
        starts = np.cumsum(counts, dtype=np.int32) - counts
        return TokenizedWords(ids, starts, counts)

    def _encode(self, words: list[str]) -> Encoding:
        text = " ".join(words)
        # Of printable ASCII no normaliser makes a space, or nothing.
        if self._joins and text.isascii() and text.isprintable() and "" not in words:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            if encoding.word_ids[-1:] == [len(words) - 1]:
                return encoding
        if "" in words or has_surrogates(text):
            # Empty strings have no tokens, whatever the tokenizer would put in their place.
            words = [replace_surrogates(word) or " " for word in words]
        return self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)

    def _marker(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise CorruptModelError(f"the tokenizer has no token {token!r}")
        return int(found)

    def _frame(self) -> tuple[Int32Array, Int32Array]:
        """Special tokens before and after a row, as the tokenizer's template has them."""
        encoding = self._tokenizer.encode(["a"], is_pretokenized=True, add_special_tokens=True)
        ids = np.array(encoding.ids, np.int32)
        inside = [i for i, word in enumerate(encoding.word_ids) if word is not None]
        if not inside:
            raise CorruptModelError("the tokenizer gives no token for a letter")
        return ids[: inside[0]], ids[inside[-1] + 1 :]


def _splits_at_spaces(tokenizer: Tokenizer) -> bool:
    """Whether words joined by spaces become what they are alone: half the time of one by one."""
    form = json.loads(tokenizer.to_str())["pre_tokenizer"] or {}
    metaspace = (form.get("type"), form.get("prepend_scheme"), form.get("split", True))
    return metaspace == ("Metaspace", "always", True)
