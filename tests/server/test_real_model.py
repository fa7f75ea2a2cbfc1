"""The server over the model inside the package: nothing here is a stand-in."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_clients import InProcess, Live, chat, content, in_process, live, problem
from server_nasty import LABELS, NASTY, TEXTS
from test_hostile import CASES, check_answer

from gliner_fast.engine import Engine
from gliner_fast.model_source import DEFAULT_MODEL
from gliner_fast.types import DecodeOptions, DetectOptions, Entity
from samples import DATA, PACKAGE, VARIANTS, assert_slices, assert_within

CHAT = "/v1/chat/completions"
GOLDEN = json.loads((DATA / "golden_default.json").read_text("utf-8"))
TEXT = "Hi, I am John Smith. Mail john.smith@example.com or call (555) 123-4567."


@pytest.fixture(scope="module")
def real(engine: Engine) -> Iterator[InProcess]:
    with in_process(engine) as server:
        yield server


def send_all(server: InProcess, bodies: list[dict[str, Any]]) -> list[httpx.Response]:
    async def gather() -> list[httpx.Response]:
        return await asyncio.gather(*(server.client.post(CHAT, json=body) for body in bodies))

    return server.do(gather())


def alone(engine: Engine, case: dict[str, Any]) -> list[Entity]:
    """A case's entities without server or company."""
    params = dict(case["params"])
    decode = DecodeOptions(params.pop("threshold"), params.pop("flat_ner"))
    return engine.detect(case["text"], case["labels"], DetectOptions(decode, **params))


def test_the_engines_entities_over_http_all_at_once(real: InProcess, engine: Engine) -> None:
    cases = GOLDEN[::3]
    assert sum(len(case["entities"]) for case in cases) > 200
    bodies = [chat(case["text"], labels=case["labels"], **case["params"]) for case in cases]
    for case, response in zip(cases, send_all(real, bodies), strict=True):
        found = content(response)["entities"]
        assert_slices(case["text"], found)
        assert_within(found, alone(engine, case), 1e-5)


def test_truncated_windows_lose_no_word(real: InProcess) -> None:
    for case in [case for case in GOLDEN if case["truncated"]][:3]:
        body = chat(case["text"], labels=case["labels"], coverage=True, **case["params"])
        assert content(real.post(CHAT, body))["coverage"]["words_cut"] == 0


def test_mixed_company_changes_no_score(real: InProcess, engine: Engine) -> None:
    asked = [
        {**case, "labels": case["labels"][index % 3 :] or ["email"]}
        for index, case in enumerate(GOLDEN[:20])
    ]
    bodies = [chat(case["text"], labels=case["labels"], **case["params"]) for case in asked]
    for case, response in zip(asked, send_all(real, bodies), strict=True):
        assert_within(content(response)["entities"], alone(engine, case), 1e-5)


def test_usage_is_the_engines_count(real: InProcess, engine: Engine) -> None:
    labels = ["email", "phone_number"]
    usage = real.chat(TEXT, labels=labels).json()["usage"]
    assert usage["prompt_tokens"] == engine.plan(TEXT, labels, DetectOptions()).tokens


def test_thresholds_of_single_labels_reach_the_model(real: InProcess, engine: Engine) -> None:
    case = max(GOLDEN[:40], key=lambda case: len(case["entities"]))
    label = case["entities"][0]["label"]
    everything = content(real.chat(case["text"], labels=case["labels"], threshold=0.3))
    strict = real.chat(case["text"], labels=case["labels"], threshold=0.3, thresholds={label: 1.0})
    assert label in {e["label"] for e in everything["entities"]}
    assert label not in {e["label"] for e in content(strict)["entities"]}
    decode = DecodeOptions(0.3, thresholds={label: 1.0})
    expected = engine.detect(case["text"], case["labels"], DetectOptions(decode))
    assert_within(content(strict)["entities"], expected, 1e-5)


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts(real: InProcess, text: str) -> None:
    response = real.chat(text, threshold=0.05, coverage=True, labels=["first_name", "email"])
    assert response.status_code == 200
    check_answer(text, None, response)
    assert content(response)["coverage"]["words_cut"] == 0


@pytest.mark.parametrize("label", NASTY)
def test_nasty_labels_are_what_they_are_alone(real: InProcess, engine: Engine, label: str) -> None:
    labels = ["first_name", label, "email"]
    response = real.chat(TEXT, labels=labels, threshold=0.02)
    check_answer(TEXT, labels, response)
    if len(label) <= 256:
        expected = engine.detect(TEXT, labels, DetectOptions(DecodeOptions(0.02)))
        assert_within(content(response)["entities"], expected, 1e-5)


@settings(
    max_examples=max(1, CASES // 20),
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(
    TEXTS.filter(lambda text: len(text) < 600),
    LABELS,
    st.floats(0, 1),
    st.integers(30, 500),
    st.booleans(),
)
def test_any_text_any_labels(
    real: InProcess,
    text: str,
    labels: list[str] | None,
    threshold: float,
    chunk_length: int,
    flat: bool,
) -> None:
    labels = ["email", "first_name"] if labels is None else labels
    more = {"threshold": threshold, "chunk_length": chunk_length, "overlap": 0, "flat_ner": flat}
    response = real.chat(text, labels=labels, **more)
    assert response.status_code in (200, 422)
    check_answer(text, labels, response)


def test_many_labels(real: InProcess) -> None:
    labels = [f"label number {n}" for n in range(300)]
    response = real.chat(TEXT, labels=labels, threshold=0.01)
    assert response.status_code == 200
    check_answer(TEXT, labels, response)


def test_ten_megabytes_are_too_large_and_say_so(real: InProcess) -> None:
    error = problem(real.chat("word " * 2_000_000, labels=["email"]), 413)
    assert "max_characters" in error["message"]


def test_a_damaged_model_folder_ends_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(PACKAGE / "models" / DEFAULT_MODEL, folder)
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.truncate(largest.stat().st_size // 2)
    server = Live("--model", str(folder), engine="real", wait=False)
    assert server.wait(60) == 3
    said = "".join(server.lines)
    assert "gliner-fast serve: the model cannot be loaded: " in said
    assert "Traceback" not in said
    server.close()


def test_a_full_disk_ends_the_start(tmp_path: Path) -> None:
    """The conversion of a checkpoint cannot be stored."""
    environment = {"GLINER_TEST_FILE_LIMIT": "2000", "GLINER_FAST_CACHE": str(tmp_path)}
    model = str(VARIANTS / "standard")
    server = Live("--model", model, engine="real", wait=False, env=environment)
    assert server.wait(60) == 3
    said = "".join(server.lines)
    assert "gliner-fast serve: the model cannot be loaded: " in said
    assert "Traceback" not in said
    server.close()


def test_the_whole_command_with_the_packaged_model(engine: Engine) -> None:
    """``gliner-fast serve`` as a process, the openai client, and SIGTERM."""
    with (
        live("--device", "cpu", engine="real") as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="EMPTY", max_retries=0) as client,
    ):
        (model,) = client.models.list().data
        case = GOLDEN[0]
        completion = client.chat.completions.create(
            model=model.id,
            messages=[{"role": "user", "content": case["text"]}],
            extra_body={"labels": case["labels"], **case["params"]},
        )
        answer = json.loads(completion.choices[0].message.content or "")
        assert answer["entities"]
        assert_within(answer["entities"], alone(engine, case), 1e-4)
        server.terminate()
        assert server.wait() == 0
