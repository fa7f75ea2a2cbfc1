"""Hostile input: an answer that is right or an error that says what is wrong, nothing else.

``GLINER_FUZZ_CASES`` sets the number of cases; ``make fuzz`` runs 100,000.
"""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from server_clients import InProcess, chat, problem
from server_nasty import ANYTHING, FIELDS, LABELS, NASTY, TEXTS

CASES = int(os.environ.get("GLINER_FUZZ_CASES", "400"))
FUZZ = settings(
    max_examples=max(1, CASES // 4),
    suppress_health_check=list(HealthCheck),
    database=None,
)
CHAT = "/v1/chat/completions"
SETTINGS_NAMES = (400, 413, 422)


def check_answer(text: str, labels: list[str] | None, response: httpx.Response) -> None:
    """A right answer, or a client error in OpenAI's shape."""
    if response.status_code != 200:
        assert response.status_code in SETTINGS_NAMES
        problem(response, response.status_code)
        return
    raw = response.json()["choices"][0]["message"]["content"]
    assert "<" not in raw
    last = (-1, -1, "")
    for entity in json.loads(raw)["entities"]:
        assert text[entity["start"] : entity["end"]] == entity["text"] != ""
        assert labels is None or entity["label"] in labels
        assert 0 <= entity["score"] <= 1
        place = (entity["start"], entity["end"], entity["label"])
        assert place > last  # ordered, and no entity twice
        last = place


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts(server: InProcess, text: str) -> None:
    for flat in (True, False):
        response = server.chat(text, flat_ner=flat, threshold=0, chunk_length=50, overlap=20)
        check_answer(text, None, response)
        assert response.status_code == 200
    for stream in (False, True):
        answered = server.chat(text, stream=stream, tagged_text=True, coverage=True)
        assert answered.status_code == 200
    extracted = server.post("/v1/extract", {"text": text})
    for entity in extracted.json()["entities"]:
        assert text[entity["start_position"] : entity["end_position"]] == entity["value"]


@pytest.mark.parametrize("label", NASTY)
def test_nasty_labels(server: InProcess, label: str) -> None:
    text = "Ann Lee ann@example.com"
    labels = [label, "email", label, "first_name"]
    check_answer(text, labels, server.chat(text, labels=labels))
    # The label's neighbours keep their own entities.
    if len(label) <= 256:
        found = json.loads(
            server.chat(text, labels=labels).json()["choices"][0]["message"]["content"]
        )["entities"]
        own = [e for e in found if e["label"] != label]
        assert [e["text"] for e in own] == ["Ann", "Lee", "ann@example.com"]


@FUZZ
@given(
    TEXTS,
    LABELS,
    st.floats(0, 1),
    st.integers(1, 500),
    st.integers(0, 500),
    st.booleans(),
)
@example("Ann \ud800", ["\udfff"], 0.0, 1, 0, False)
def test_any_text_any_labels(
    server: InProcess,
    text: str,
    labels: list[str] | None,
    threshold: float,
    chunk_length: int,
    overlap: int,
    flat: bool,
) -> None:
    response = server.chat(
        text,
        labels=labels,
        threshold=threshold,
        chunk_length=chunk_length,
        overlap=overlap,
        flat_ner=flat,
        coverage=True,
    )
    check_answer(text, labels, response)
    if overlap < chunk_length:
        assert response.status_code == 200


@FUZZ
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), st.sampled_from([CHAT, "/v1/extract"]))
def test_any_fields(server: InProcess, body: dict[str, Any], path: str) -> None:
    response = server.post(path, body)
    assert response.status_code in (200, *SETTINGS_NAMES)
    if response.status_code != 200:
        problem(response, response.status_code)


@FUZZ
@given(st.sampled_from(FIELDS), ANYTHING)
def test_one_wrong_field_in_a_right_request(server: InProcess, field: str, value: object) -> None:
    response = server.post(CHAT, {**chat("Ann"), field: value})
    if response.status_code != 200:
        error = problem(response, 422)
        assert error["param"].startswith(field)


@FUZZ
@given(st.binary(max_size=300) | TEXTS.map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes(server: InProcess, body: bytes) -> None:
    response = server.post(CHAT, body)
    problem(response, 422 if response.status_code == 422 else 400)
