"""Labels and words become the tokens that gliner's processor makes, one word at a time."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from gliner_fast.config import GlinerConfig
from gliner_fast.encoding import MAX_WORD_CHARS, TokenizedWords, TokenLimits, WordTokenizer
from gliner_fast.errors import CorruptModelError, InvalidInputError, ModelNotFoundError
from samples import VARIANTS

FILE = VARIANTS / "standard" / "tokenizer.json"
CONFIG = GlinerConfig.load(VARIANTS / "standard")
ENT, SEP, CLS = 84, 85, 1


@pytest.fixture(scope="module")
def words() -> WordTokenizer:
    return WordTokenizer.load(FILE, CONFIG, TokenLimits())


@pytest.fixture(scope="module")
def plain() -> Tokenizer:
    return Tokenizer.from_file(str(FILE))


@pytest.fixture(scope="module")
def packaged() -> tuple[WordTokenizer, Tokenizer]:
    folder = Path(str(files("gliner_fast"))) / "models" / "pii-default"
    file = folder / "tokenizer.json"
    plain = Tokenizer.from_file(str(file))
    plain.encode_special_tokens = True
    return WordTokenizer.load(file, GlinerConfig.load(folder), TokenLimits()), plain


def test_a_prompt_is_marked_labels_in_order(words: WordTokenizer, plain: Tokenizer) -> None:
    labels = ("person", "email address", "x")
    prompt = words.prompt(labels)
    expected = [CLS]
    for label in labels:
        expected += [
            ENT,
            *plain.encode([label], is_pretokenized=True, add_special_tokens=False).ids,
        ]
    assert prompt.token_ids.tolist() == [*expected, SEP]
    assert prompt.labels == labels
    assert prompt.token_ids[prompt.label_tokens].tolist() == [ENT] * 3
    assert words.suffix.tolist() == [2]


def test_no_labels_make_an_empty_prompt(words: WordTokenizer) -> None:
    assert words.prompt(()).token_ids.tolist() == [CLS, SEP]


def test_prompts_are_remembered(words: WordTokenizer) -> None:
    first = words.prompt(("a", "b"))
    assert words.prompt(("a", "b")) is first
    for index in range(100):
        words.prompt((f"label {index}",))
    assert words.prompt(("a", "b")) is not first


@given(st.lists(st.text(max_size=8), min_size=1, max_size=8))
def test_words_are_tokenized_alone(texts: list[str]) -> None:
    words = WordTokenizer.load(FILE, CONFIG, TokenLimits())
    together = words.words(texts)
    assert together.counts.sum() == len(together.token_ids)
    for text, start, count in zip(texts, together.starts, together.counts, strict=True):
        alone = words.words([text])
        assert together.token_ids[start : start + count].tolist() == alone.token_ids.tolist()
        assert (count == 0) or text


@given(
    st.lists(st.text(st.characters(codec="ascii", exclude_characters=" "), min_size=1, max_size=9))
)
@example(["a", "[SEP]", "[UNK]", "<<ENT>>"])
def test_words_that_are_joined_are_what_they_are_alone(
    packaged: tuple[WordTokenizer, Tokenizer], texts: list[str]
) -> None:
    joined = packaged[0].words(texts)
    alone = packaged[1].encode(texts, is_pretokenized=True, add_special_tokens=False)
    # What looks like a special token is text, and text the vocabulary does not know.
    special = {i for i, t in packaged[1].get_added_tokens_decoder().items() if t.special}
    unknown = packaged[1].token_to_id("[UNK]")
    assert joined.token_ids.tolist() == [unknown if i in special else i for i in alone.ids]
    counts = np.bincount(np.array(alone.word_ids, np.int64), minlength=len(texts))
    assert joined.counts.tolist() == counts.tolist()


_FORGETS = """
import gc, re, sys
from pathlib import Path
import numpy as np
from gliner_fast.config import GlinerConfig
from gliner_fast.encoding import TokenLimits, WordTokenizer

def word(k):
    return "".join(chr(97 + (7 * i + 11 * k) % 26) for i in range(13)) + str(k)

def copies(numbers):
    # Built from parts, so that the word itself is here once.
    found = 0
    for number in numbers:
        needle = word(number).encode()
        lines = Path("/proc/self/maps").read_text().splitlines()
        with open("/proc/self/mem", "rb", 0) as memory:
            for line in lines:
                part = re.match(r"(\\w+)-(\\w+) rw", line)
                if part and "[v" not in line:
                    start, end = (int(x, 16) for x in part.groups())
                    memory.seek(start)
                    try:
                        found += memory.read(end - start).count(needle)
                    except OSError:
                        pass  # unmapped since
    return found

folder = Path(sys.argv[1])
words = WordTokenizer.load(folder / "tokenizer.json", GlinerConfig.load(folder), TokenLimits())
words.words([word(k) for k in range(12)])
gc.collect()
# What was freed is written over: numpy's memory is malloc's, that of small bytes is Python's.
sizes = [*range(16, 1024, 8)] * 300 + [*range(1024, 65536, 1024)] * 4
fill = [(np.ones(size, np.uint8), bytes([1]) * size) for size in sizes]
print(copies(range(12)), copies(range(1000, 1012)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
def test_words_are_forgotten() -> None:
    command = [sys.executable, "-c", _FORGETS, str(files("gliner_fast") / "models/pii-default")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    there, never = map(int, done.stdout.split())
    # What is looked for is in memory itself: the search finds what is there.
    assert never >= 12
    # One copy of each would be 12 more. A few that were freed may not be written over yet.
    assert there - never < 6


def test_an_empty_word_has_no_token(words: WordTokenizer) -> None:
    found = words.words(["a", "", "b"])
    assert found.counts[1] == 0
    assert words.words([""]).token_ids.tolist() == []


def test_a_long_word_is_read_up_to_a_bound(words: WordTokenizer) -> None:
    bound = words.words(["ab" * (MAX_WORD_CHARS // 2)])
    assert words.words(["ab" * 10**6]).token_ids.tolist() == bound.token_ids.tolist()
    whole = words.words(["ab" * MAX_WORD_CHARS], whole=True)
    assert len(whole.token_ids) > len(bound.token_ids)


def test_clipping_shortens_long_words_only() -> None:
    ids = np.arange(10, dtype=np.int32)
    starts, counts = np.array([0, 2, 9], np.int32), np.array([2, 7, 1], np.int32)
    tokenized = TokenizedWords(ids, starts, counts)
    assert tokenized.clipped(7) is tokenized
    clipped = tokenized.clipped(3)
    assert clipped.token_ids.tolist() == [0, 1, 2, 3, 4, 9]
    assert clipped.starts.tolist() == [0, 2, 5]
    assert clipped.counts.tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("labels", "got"),
    [
        (("a",) * 1 + tuple(map(str, range(60))), r"got 61 labels of \d+ characters"),
        (("x" * 4000,), "got 1 labels of 4000 characters"),
        (("ab cd ef gh ij kl mn op qr st uv wx yz " * 3,), r"got \d+ tokens of 1 labels"),
    ],
)
def test_prompts_beyond_the_limit(labels: tuple[str, ...], got: str) -> None:
    words = WordTokenizer.load(FILE, CONFIG, TokenLimits(prompt=50, row=80))
    with pytest.raises(
        InvalidInputError, match=f"labels: expected at most 50 tokens in all, {got}"
    ):
        words.prompt(labels)
    assert len(words.prompt(("a",)).token_ids) <= 50


def test_limits_of_a_model_with_absolute_positions() -> None:
    limits = TokenLimits()
    assert limits.within(None) is limits
    assert limits.within(512) == TokenLimits(prompt=384, row=512)
    assert limits.within(10**6) == limits


def test_files_that_are_no_tokenizers(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"tokenizer\.json: is missing"):
        WordTokenizer.load(tmp_path / "tokenizer.json", CONFIG, TokenLimits())
    for content in ("", "{}", '{"added_tokens": []}', "[1]"):
        (tmp_path / "tokenizer.json").write_text(content)
        with pytest.raises(CorruptModelError, match="is not a tokenizer"):
            WordTokenizer.load(tmp_path / "tokenizer.json", CONFIG, TokenLimits())


def test_a_tokenizer_without_the_markers() -> None:
    other = GlinerConfig.from_dict({"ent_token": "[E]"})
    with pytest.raises(CorruptModelError, match=r"the tokenizer has no token '\[E\]'"):
        WordTokenizer.load(FILE, other, TokenLimits())
