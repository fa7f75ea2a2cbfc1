"""A SentencePiece model becomes the same tokenizer, and gliner's markers get their ids."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer

from gliner_fast.config import GlinerConfig
from gliner_fast.convert.tokenizer import load_tokenizer, with_markers
from gliner_fast.encoding import TokenLimits, WordTokenizer
from gliner_fast.errors import CorruptModelError
from samples import VARIANTS

TEXTS = [
    "Jane Roe (jane.roe@example.com) moved to 12 Elm-Street, Springfield on 4 May 2021.",
    "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs.",
    "\u00e9t\u00e9 na\u00efve \u00c5ngstr\u00f6m \u4f60\u597d \u0441\u043b\u043e\u0432\u043e",
    "0123456789 +1 (555) 010-0199 phone_number email_address",
]
STRINGS = [
    *TEXTS,
    *(word for text in TEXTS for word in text.split()),
    "",
    "a",
    " ",
    "unforgettable antidisestablishmentarianism",
    "\u00e9",
    "e\u0301",
    "\ufb01ne \u2460 \uff21\uff22\uff23 \u00bd",  # NFKC changes the length
    "\u4f60\u597d\u4f60\u597d",
    "\u0634\u0643\u0631\u0627",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u2581a",  # the mark of a space itself
    "tab\tnew\nline\u2028separator\u00a0space\u3000wide",
    "  two  spaces   between  ",
    "zero\u200bwidth",
    "ALL CAPS \u0130\u0131\u00df",
    "<unk>",
    "[UNK]x",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SentencePiece model that has DeBERTa's special pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(TEXTS * 30),
        model_writer=model,
        model_type="unigram",
        vocab_size=180,
        hard_vocab_limit=False,
        pad_id=0,
        pad_piece="[PAD]",
        bos_id=1,
        bos_piece="[CLS]",
        eos_id=2,
        eos_piece="[SEP]",
        unk_id=3,
        unk_piece="[UNK]",
        minloglevel=2,
    )
    path = tmp_path_factory.mktemp("spm")
    (path / "spm.model").write_bytes(model.getvalue())
    return path


@pytest.fixture(scope="module")
def reference(folder: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))


@pytest.fixture(scope="module")
def converted(folder: Path) -> Tokenizer:
    tokenizer = load_tokenizer(folder)
    assert tokenizer is not None
    return tokenizer


def _config(**fields: object) -> GlinerConfig:
    return GlinerConfig.from_dict(fields)


def _special(text: str) -> bool:
    return any(f"[{name}]" in text for name in ("PAD", "CLS", "SEP", "UNK", "MASK"))


def _assert_same(
    tokenizer: Tokenizer, reference: sentencepiece.SentencePieceProcessor, text: str
) -> None:
    """Equal tokens; or the same ones in another order, which are equally likely ("5", "55")."""
    ours = tokenizer.encode(text, add_special_tokens=False)
    theirs = reference.encode(text)
    assert sorted(ours.ids) == sorted(theirs)
    if ours.ids != theirs:
        assert "".join(ours.tokens) == "".join(reference.id_to_piece(theirs))


@pytest.mark.parametrize("text", [s for s in STRINGS if not _special(s)])
def test_tokens_are_sentencepieces(
    converted: Tokenizer, reference: sentencepiece.SentencePieceProcessor, text: str
) -> None:
    """All but marks of a space, and zero-width characters, at the end: they are left there.

    So they are in the tokenizers that the models were trained with.
    """
    _assert_same(converted, reference, text)


@settings(max_examples=300)
@given(
    text=st.text(
        st.one_of(
            st.sampled_from("abcdeoxyz -_.,@019"),
            st.characters(
                codec="utf-8",
                exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"],
                exclude_characters="\u2581\ufffd",  # become spaces, too
            ),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_word_gives_sentencepieces_tokens(
    converted: Tokenizer, reference: sentencepiece.SentencePieceProcessor, text: str
) -> None:
    assume(not _special(text))  # hypothesis tries strings that it finds in our code
    _assert_same(converted, reference, text.strip())


@pytest.mark.parametrize("blank", ["\u2581", "\ufffd"])
def test_a_character_that_becomes_a_space_does_so_within_a_text(
    converted: Tokenizer, reference: sentencepiece.SentencePieceProcessor, blank: str
) -> None:
    _assert_same(converted, reference, f"fox{blank}dog")


def test_a_row_is_framed_as_deberta_frames_it(converted: Tokenizer) -> None:
    ids = converted.encode("fox").ids
    assert [ids[0], ids[-1]] == [1, 2]
    assert [converted.token_to_id(f"[{n}]") for n in ("PAD", "CLS", "SEP", "UNK")] == [0, 1, 2, 3]
    # DeBERTa's mask comes after the pieces of the model.
    assert converted.token_to_id("[MASK]") == converted.get_vocab_size() - 1


@pytest.mark.parametrize(("lower", "punctuation"), [(True, False), (False, True)])
def test_settings_of_the_tokenizer_are_obeyed(
    folder: Path,
    tmp_path: Path,
    reference: sentencepiece.SentencePieceProcessor,
    lower: bool,
    punctuation: bool,
) -> None:
    (tmp_path / "spm.model").write_bytes((folder / "spm.model").read_bytes())
    settings = {"do_lower_case": lower, "split_by_punct": punctuation}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer is not None
    ids = tokenizer.encode("Jane-Roe", add_special_tokens=False).ids
    if lower:
        assert ids == reference.encode("jane-roe")
    else:
        assert ids == [i for part in ("Jane", "-", "Roe") for i in reference.encode(part)]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"not a model at all"])
def test_a_damaged_model_is_corrupt(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "spm.model").write_bytes(content)
    with pytest.raises(CorruptModelError, match=r"spm\.model"):
        load_tokenizer(tmp_path)


def test_a_folder_without_a_tokenizer_has_none(tmp_path: Path) -> None:
    assert load_tokenizer(tmp_path) is None


@pytest.mark.parametrize("filler", [True, False])
def test_markers_go_where_the_checkpoint_has_them(folder: Path, filler: bool) -> None:
    """gliner adds [FLERT], <<ENT>>, <<SEP>>; old checkpoints have no [FLERT]."""
    tokenizer = load_tokenizer(folder)
    assert tokenizer is not None
    size = tokenizer.get_vocab_size()
    tokenizer, ent = with_markers(tokenizer, _config(class_token_index=size + filler), size + 9)
    assert ent == size + filler
    assert tokenizer.token_to_id("<<SEP>>") == ent + 1
    assert (tokenizer.token_to_id("[FLERT]") == size) if filler else True
    assert (tokenizer.token_to_id("[FLERT]") is None) is not filler


@pytest.mark.parametrize(("more", "filler"), [(2, False), (3, True), (11, True)])
def test_without_an_index_the_length_of_the_table_tells(
    folder: Path, more: int, filler: bool
) -> None:
    tokenizer = load_tokenizer(folder)
    assert tokenizer is not None
    size = tokenizer.get_vocab_size()
    assert with_markers(tokenizer, _config(), size + more)[1] == size + filler


#: An embedding table that is long enough for any tokenizer here.
ROWS = 1_000_000


def test_markers_of_other_names(folder: Path) -> None:
    tokenizer = load_tokenizer(folder)
    assert tokenizer is not None
    tokenizer, ent = with_markers(tokenizer, _config(ent_token="[E]", sep_token="[S]"), ROWS)
    assert tokenizer.token_to_id("[E]") == ent
    assert tokenizer.token_to_id("[S]") == ent + 1
    assert tokenizer.token_to_id("<<ENT>>") is None


def test_one_marker_without_the_other_is_corrupt(folder: Path) -> None:
    tokenizer = load_tokenizer(folder)
    assert tokenizer is not None
    tokenizer.add_special_tokens([AddedToken("<<ENT>>", special=True)])
    with pytest.raises(CorruptModelError, match=r"one of the tokens .* but not the other"):
        with_markers(tokenizer, _config(), ROWS)


def test_stored_truncation_and_padding_are_taken_out() -> None:
    tokenizer = Tokenizer.from_file(str(VARIANTS / "standard" / "tokenizer.json"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    tokenizer, _ = with_markers(tokenizer, _config(), ROWS)
    assert 8 < len(tokenizer.encode("one two three four five six seven").ids) < 50


@pytest.fixture(scope="module", params=["from spm.model", "from tokenizer.json"])
def words(request: pytest.FixtureRequest, folder: Path, tmp_path_factory: object) -> WordTokenizer:
    source = folder if "spm" in request.param else VARIANTS / "standard"
    tokenizer = load_tokenizer(source)
    assert tokenizer is not None
    tokenizer, _ = with_markers(tokenizer, _config(), ROWS)
    return WordTokenizer(tokenizer, _config(), TokenLimits())


MARKERS = ["<<ENT>>", "<<SEP>>", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[FLERT]"]


@pytest.mark.parametrize(
    "text", [*MARKERS, "x<<ENT>>y", "<<ENT>><<SEP>>", " <<ENT>> ", "[CLS][SEP]", "a <<SEP>> b"]
)
def test_markers_in_texts_and_labels_stay_text(words: WordTokenizer, text: str) -> None:
    tokenizer = words._tokenizer
    special = {tokenizer.token_to_id(mark) for mark in MARKERS} - {None}
    special.discard(tokenizer.token_to_id("[UNK]"))  # what is unknown may well be in a text
    assert len(special) >= 6
    found = words.words([text, "and", text])
    assert not special & set(found.token_ids.tolist())
    assert (found.counts > 1).tolist()[0]
    prompt = words.prompt((text, "plain"))
    ent = tokenizer.token_to_id("<<ENT>>")
    assert prompt.token_ids.tolist().count(ent) == 2
    assert prompt.token_ids.tolist().count(tokenizer.token_to_id("<<SEP>>")) == 1
    assert prompt.token_ids[prompt.label_tokens].tolist() == [ent, ent]


def test_a_marker_that_is_not_special_in_the_file_stays_text_too(tmp_path: Path) -> None:
    """Some repositories saved the markers as ordinary added tokens, which would match in text."""
    raw = json.loads((VARIANTS / "standard" / "tokenizer.json").read_text(encoding="utf-8"))
    for token in raw["added_tokens"]:
        token["special"] = False if token["content"].startswith("<<") else token["special"]
    (tmp_path / "tokenizer.json").write_text(json.dumps(raw))
    words = WordTokenizer.load(tmp_path / "tokenizer.json", _config(), TokenLimits())
    ids = words.words(["<<ENT>>", "<<SEP>>"]).token_ids
    assert not {84, 85} & set(ids.tolist())
    assert np.array_equal(words.prompt(("a",)).token_ids[[1, -1]], [84, 85])
