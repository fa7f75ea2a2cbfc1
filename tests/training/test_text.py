"""Spans through edits, against a slow oracle that follows every character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.generator.text import Edit, Node, Span, apply_edits, flatten, plain


def test_flatten_slices_to_the_values() -> None:
    name = Node("person_name", (Node("first_name", ("Ada",)), " ", Node("last_name", ("Byron",))))
    text, spans = flatten(["Dear ", name, ", hello"])
    assert text == "Dear Ada Byron, hello"
    assert [(text[s.start : s.end], s.type) for s in spans] == [
        ("Ada Byron", "person_name"),
        ("Ada", "first_name"),
        ("Byron", "last_name"),
    ]


def test_white_space_stays_outside() -> None:
    text, spans = flatten(["a", Node("city", (" Bonn ",)), "b"])
    assert text[spans[0].start : spans[0].end] == "Bonn"


def test_an_empty_span_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty span of type city"):
        flatten([Node("city", (" ",))])


def test_plain_forgets_types() -> None:
    assert plain(["a", Node("x", ("b", Node("y", ("c",))))]) == "abc"


def test_edits_that_overlap_or_remove_are_errors() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abcd", [], [Edit(0, 2, ""), Edit(1, 3, "")])
    with pytest.raises(ValueError, match="removed a span of type x"):
        apply_edits("abcd", [Span(1, 2, "x")], [Edit(0, 3, "")])


@st.composite
def _cases(draw: st.DrawFn) -> tuple[str, list[Span], list[Edit]]:
    text = draw(st.text("abc ", min_size=4, max_size=30))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    spans = [
        Span(a, b, f"t{i}")
        for i, (a, b) in enumerate(zip(borders[::2], borders[1::2], strict=False))
    ]
    edits = []
    at = 0
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(at, len(text)))
        end = draw(st.integers(start, min(len(text), start + 2)))
        if end >= len(text) and start == end:
            break
        edits.append(Edit(start, end, draw(st.text("XY", max_size=3))))
        at = end + 1
        if at > len(text):
            break
    return text, spans, edits


@given(_cases())
def test_edits_move_spans_as_characters_move(case: tuple[str, list[Span], list[Edit]]) -> None:
    text, spans, edits = case
    # The oracle: unchanged characters keep a mark of the spans they are in.
    marked: list[tuple[str, frozenset[str]]] = []
    at = 0
    for edit in edits:
        marked += [(c, _owners(spans, i)) for i, c in enumerate(text[at : edit.start], at)]
        owners = frozenset(
            s.type for s in spans if s.start <= edit.start and edit.end <= s.end
            and edit.start < edit.end
        )  # fmt: skip
        inside = frozenset(s.type for s in spans if s.start < edit.start < s.end)
        marked += [(c, owners | inside) for c in edit.replacement]
        at = edit.end
    marked += [(c, _owners(spans, i)) for i, c in enumerate(text[at:], at)]
    try:
        changed, moved = apply_edits(text, spans, edits)
    except ValueError:
        return
    assert changed == "".join(c for c, _ in marked)
    for span in moved:
        own = {i for i, (_, owners) in enumerate(marked) if span.type in owners}
        # All of the span's unchanged characters are inside, and nothing of its neighbours.
        assert own <= set(range(span.start, span.end))
        others = {s.type for s in spans} - {span.type}
        between = marked[span.start : span.end]
        assert not any(owners & others and span.type not in owners for _, owners in between)


def _owners(spans: list[Span], index: int) -> frozenset[str]:
    return frozenset(s.type for s in spans if s.start <= index < s.end)
