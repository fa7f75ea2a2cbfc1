"""Limits, keys, states, give-ups: in process, with faults in the engine."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from server_clients import InProcess, chat, content, entities, eventually, in_process, problem
from server_engines import FaultyEngine, RegexEngine, Windows, poison, read
from server_watch import PII_EMAIL, PII_LABEL, PII_NAME, TEXT, WATCH

from gliner_fast.errors import CorruptModelError
from gliner_fast.server.logs import ConsoleFormatter
from gliner_fast.server.scheduler import Query

CHAT = "/v1/chat/completions"


# -- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "more", "status", "setting", "param"),
    [
        ({"max_characters": 10}, {}, 413, "max_characters", "messages"),
        ({"max_body_bytes": 50}, {}, 413, "max_body_bytes", None),
        ({"max_labels": 2}, {"labels": ["a", "b", "c"]}, 422, "max_labels", "labels"),
        (
            {"max_label_length": 5},
            {"labels": [PII_LABEL]},
            422,
            "max_label_length",
            "labels",
        ),
        (
            {"max_windows": 3},
            {"chunk_length": 10, "overlap": 5},
            422,
            "max_windows",
            "chunk_length",
        ),
        ({"max_queue_tokens": 30}, {"labels": ["email"]}, 413, "max_queue_tokens", None),
    ],
)
def test_a_limit_is_named_with_its_setting(
    settings: dict[str, int], more: dict[str, Any], status: int, setting: str, param: str | None
) -> None:
    with in_process(**settings) as server:
        error = problem(server.chat(TEXT, **more), status)
        assert error["code"] == "limit_exceeded"
        assert setting in error["message"]
        assert str(settings[setting]) in error["message"]
        assert error["param"] == param
        if setting != "max_body_bytes":
            assert server.chat("Hi", labels=["a"], chunk_length=384, overlap=1).status_code == 200


def test_a_body_without_length_is_counted_as_it_comes() -> None:
    taken = 0

    async def endless() -> Any:
        nonlocal taken
        while taken < 100_000_000:
            taken += 1000
            yield b" " * 1000

    with in_process(max_body_bytes=50_000) as server:
        response = server.do(server.client.post(CHAT, content=endless()))
        assert problem(response, 413)["code"] == "limit_exceeded"
        assert taken < 100_000


def test_compressed_bodies_are_refused(server: InProcess) -> None:
    response = server.post(CHAT, b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert problem(response, 415)["code"] == "unsupported_encoding"
    plain = server.post(CHAT, chat(TEXT), headers={"content-encoding": "identity"})
    assert plain.status_code == 200


def test_a_body_that_does_not_come_times_out() -> None:
    async def slow() -> Any:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    with in_process(body_timeout=0.1) as server:
        response = server.do(server.client.post(CHAT, content=slow()))
        assert problem(response, 408)["code"] == "body_timeout"
        assert response.headers["connection"] == "close"


def test_a_full_queue_is_429_with_retry_after() -> None:
    engine = FaultyEngine()
    with in_process(engine, max_queue_requests=1) as server:
        engine.gate.clear()
        first = asyncio.run_coroutine_threadsafe(
            server.client.post(CHAT, json=chat(TEXT)), server.loop
        )
        eventually(lambda: server.app.state.runtime.scheduler.requests == 1)
        response = server.chat(TEXT)
        assert problem(response, 429)["type"] == "rate_limit_error"
        assert 1 <= int(response.headers["retry-after"]) <= 60
        engine.gate.set()
        assert entities(first.result(10))
        assert server.chat(TEXT).status_code == 200
        assert 'gliner_rejected_total{reason="queue_requests"} 1.0' in server.get("/metrics").text


def test_a_request_out_of_time_is_504(caplog: pytest.LogCaptureFixture) -> None:
    engine = FaultyEngine()
    with in_process(engine, request_timeout=0.2) as server:
        engine.gate.clear()
        began = time.monotonic()
        assert problem(server.chat(TEXT), 504)["code"] == "deadline_exceeded"
        assert time.monotonic() - began < 2
        assert 'gliner_cancelled_total{reason="deadline"} 1.0' in server.get("/metrics").text
        assert not [record for record in caplog.records if record.exc_info]  # a line, no traceback
        engine.gate.set()
        eventually(lambda: server.chat(TEXT).status_code == 200)


def test_a_failed_request_leaves_nothing_in_memory() -> None:
    """A traceback holds frames, and they the text: no frame may hold what holds the failure."""

    def queries() -> int:
        return sum(isinstance(each, Query) for each in gc.get_objects())

    engine = FaultyEngine()
    with in_process(engine, request_timeout=0.05) as server:
        engine.gate.clear()
        gc.collect()
        gc.disable()
        try:
            before = queries()
            for _ in range(5):
                assert server.chat(TEXT).status_code == 504
            engine.gate.set()
            engine.batches.clear()
            eventually(lambda: queries() <= before)
        finally:
            gc.enable()


def test_a_client_that_hangs_up_is_dropped() -> None:
    engine = FaultyEngine()
    with in_process(engine) as server:
        engine.gate.clear()
        engine.entered.clear()
        first = asyncio.run_coroutine_threadsafe(
            server.client.post(CHAT, json=chat("Bo")), server.loop
        )
        eventually(engine.entered.is_set)
        body = json.dumps(chat(f"Never {PII_NAME}")).encode()
        hang_up = asyncio.Event()
        sent: list[Any] = []

        async def vanish() -> None:
            first_message = True

            async def receive() -> dict[str, Any]:
                nonlocal first_message
                if first_message:
                    first_message = False
                    return {"type": "http.request", "body": body, "more_body": False}
                await hang_up.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                sent.append(message)

            scope = {
                "type": "http", "method": "POST", "path": CHAT, "raw_path": CHAT.encode(),
                "query_string": b"", "headers": [], "http_version": "1.1", "scheme": "http",
                "server": ("test", 80), "client": ("test", 1), "root_path": "",
            }  # fmt: skip
            await server.app(scope, receive, send)

        call = asyncio.run_coroutine_threadsafe(vanish(), server.loop)
        scheduler = server.app.state.runtime.scheduler
        eventually(lambda: scheduler.requests == 2)
        server.loop.call_soon_threadsafe(hang_up.set)
        call.result(10)
        assert sent == []
        assert scheduler.requests == 1
        engine.gate.set()
        first.result(10)
        server.chat("Bo")
        assert not any("Never" in read(w) for batch in engine.batches for w in batch)
        metrics = server.get("/metrics").text
        assert 'gliner_cancelled_total{reason="client"} 1.0' in metrics
        assert 'gliner_requests_total{route="/v1/chat/completions",status="499"} 1.0' in metrics


# -- faults -------------------------------------------------------------------------------


def test_a_poisoned_request_is_500_and_the_others_are_answered() -> None:
    engine = FaultyEngine(poison("Poison", lambda: RuntimeError(f"bad token {PII_NAME}")))
    with in_process(engine) as server:
        error = problem(server.chat(f"Poison {PII_NAME}"), 500)
        assert error["code"] == "inference_failed"
        assert PII_NAME not in error["message"]
        assert server.chat(TEXT).status_code == 200
        assert server.get("/readyz").status_code == 200


def test_a_dead_engine_is_503_then_loaded_again() -> None:
    loaded: list[FaultyEngine] = []
    may_load = threading.Event()
    may_load.set()

    def load() -> FaultyEngine:
        may_load.wait(20)
        loaded.append(FaultyEngine())
        return loaded[-1]

    def dead(windows: Windows) -> None:
        raise RuntimeError(f"device lost {PII_NAME}")

    with in_process(load) as server:
        may_load.clear()
        loaded[0].fault = dead
        response = server.chat(TEXT)
        assert problem(response, 503)["code"] == "model_unavailable"
        assert int(response.headers["retry-after"]) >= 1
        assert problem(server.get("/readyz"), 503)
        assert problem(server.chat(TEXT), 503)
        assert server.get("/healthz").status_code == 200
        assert server.get("/health").json()["model_loaded"] is False
        may_load.set()
        eventually(lambda: server.get("/readyz").status_code == 200)
        assert len(loaded) == 2
        assert entities(server.chat(TEXT))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (CorruptModelError("model.onnx: is damaged"), "cannot be loaded: model.onnx: is damaged"),
        (RuntimeError(PII_NAME), "the model cannot be loaded\nRuntimeError\n  "),
    ],
)
def test_a_failed_load_is_said_and_tried_again(
    failure: Exception, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [failure]

    def load() -> FaultyEngine:
        if failures:
            raise failures.pop()
        return FaultyEngine()

    with in_process(load) as server:
        assert entities(server.chat(TEXT))
    (record,) = [r for r in caplog.records if "cannot be loaded" in r.message]
    said = ConsoleFormatter().format(record)
    assert expected in said
    # Only where the failure was not foreseen, the place in the code.
    assert (".py:" in said) is isinstance(failure, RuntimeError)


def test_a_hung_engine_is_503_then_loaded_again() -> None:
    loaded: list[FaultyEngine] = []

    def load() -> FaultyEngine:
        loaded.append(FaultyEngine())
        return loaded[-1]

    with in_process(load, inference_timeout=0.2) as server:
        loaded[0].gate.clear()
        began = time.monotonic()
        assert problem(server.chat(TEXT), 503)["code"] == "model_unavailable"
        assert time.monotonic() - began < 5
        eventually(lambda: len(loaded) == 2 and server.get("/readyz").status_code == 200)
        assert entities(server.chat(TEXT))
        loaded[0].gate.set()


def test_while_loading_requests_are_503() -> None:
    may_load = threading.Event()

    def load() -> RegexEngine:
        may_load.wait(20)
        return RegexEngine()

    server = InProcess(load, ready=False)
    try:
        for response in (server.chat(TEXT), server.get("/readyz"), server.get("/v1/models")):
            error = problem(response, 503)
            assert error["message"] == "the model is loading"
            assert response.headers["retry-after"]
        assert problem(server.chat(TEXT, threshold=7), 422)  # that will never be right
        assert server.get("/healthz").status_code == 200
        assert server.get("/health").json()["status"] == "loading"
        assert server.get("/v1/labels").status_code == 200
        may_load.set()
        eventually(lambda: server.get("/readyz").status_code == 200)
        assert entities(server.chat(TEXT))
    finally:
        server.close()


def test_a_model_that_does_not_load_is_tried_again() -> None:
    attempts = iter([RuntimeError(f"hub down {PII_NAME}"), None])

    def load() -> RegexEngine:
        error = next(attempts)
        if error is not None:
            raise error
        return RegexEngine()

    server = InProcess(load, ready=False)
    try:
        eventually(lambda: server.app.state.runtime.state == "failed")
        assert problem(server.chat(TEXT), 503)
        eventually(lambda: server.get("/readyz").status_code == 200)
    finally:
        server.close()


@pytest.mark.parametrize(
    "lie",
    [
        {"text": "Other"},
        {"start": 1},
        {"end": 10**6},
        {"score": float("nan")},
        {"score": 1.5},
    ],
)
def test_an_answer_that_contradicts_the_text_is_never_sent(lie: dict[str, Any]) -> None:
    class Liar(RegexEngine):
        def assemble(self, plan: Any, spans: Any) -> Any:
            return [{**entity, **lie} for entity in super().assemble(plan, spans)]

    with in_process(Liar()) as server:
        for body in (server.chat(TEXT), server.post("/v1/extract", {"text": TEXT})):
            assert problem(body, 500)["code"] == "broken_answer"


def test_what_nobody_expected_is_500_without_a_word_of_it() -> None:
    class Broken(RegexEngine):
        def assemble(self, plan: Any, spans: Any) -> Any:
            raise KeyError(plan.text)

    with in_process(Broken()) as server:
        response = server.chat(TEXT)
        assert problem(response, 500)["code"] == "internal_error"
        assert PII_NAME not in response.text


# -- keys ---------------------------------------------------------------------------------

KEYS = ("first-key-0123456789", "second-key-0123456789")


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text(f"# operators\n{KEYS[0]}\n\n  {KEYS[1]}\n")
    return path


def test_keys(key_file: Path) -> None:
    with in_process(api_key_file=key_file) as server:
        missing = server.chat(TEXT)
        assert problem(missing, 401)["type"] == "authentication_error"
        assert missing.headers["www-authenticate"] == "Bearer"
        for header in ("", "Bearer", "Bearer  ", "Basic Zm9v", KEYS[0]):
            response = server.post(CHAT, chat(TEXT), headers={"authorization": header})
            assert problem(response, 401)["code"] == "missing_api_key"
        for key in ("EMPTY", KEYS[0][:-1], KEYS[0] + "0", KEYS[0].upper(), "é", "# operators"):
            header = f"Bearer {key}".encode()
            response = server.post(CHAT, chat(TEXT), headers={b"authorization": header})
            assert problem(response, 403)["code"] == "invalid_api_key"
        for key in KEYS:
            for scheme in ("Bearer", "bearer"):
                headers = {"authorization": f"{scheme} {key}"}
                assert server.post(CHAT, chat(TEXT), headers=headers).status_code == 200
        for path in ("/healthz", "/readyz", "/health"):
            assert server.get(path).status_code == 200
        for path in ("/metrics", "/v1/models", "/v1/labels", "/docs", "/openapi.json", "/nope"):
            assert problem(server.get(path), 401)
        assert not any(key in words for key in KEYS for _, words in WATCH.said)
        server.client.headers["authorization"] = f"Bearer {KEYS[0]}"  # for closing


@pytest.mark.parametrize("lines", ["", "# nothing\n\n", "short\n"])
def test_an_unusable_key_file_stops_the_start(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "keys"
    path.write_text(lines)
    with pytest.raises(ValueError, match="key") as refused:
        InProcess(api_key_file=path)
    assert "short" not in str(refused.value)


# -- what surrounds an answer -------------------------------------------------------------


def test_security_headers_are_on_everything(server: InProcess) -> None:
    for response in (server.chat(TEXT), server.chat(TEXT, threshold=7), server.get("/nope"),
                     server.get("/healthz"), server.post(CHAT, b"{")):  # fmt: skip
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["cache-control"] == "no-store"
        assert "server" not in response.headers
        assert "access-control-allow-origin" not in response.headers


def test_cors_where_configured() -> None:
    with in_process(cors_origins=["https://app.example"]) as server:
        asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
        preflight = server.request("OPTIONS", CHAT, headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        stranger = server.get("/healthz", headers={"origin": "https://other.example"})
        assert "access-control-allow-origin" not in stranger.headers


def test_request_ids_go_in_and_out(server: InProcess) -> None:
    given = server.get("/healthz", headers={"x-request-id": "job-7.A_b"})
    assert given.headers["x-request-id"] == "job-7.A_b"
    for bad in (PII_EMAIL, "a" * 65, "a b", "é"):
        response = server.get("/healthz", headers={b"x-request-id": bad.encode()})
        assert len(response.headers["x-request-id"]) == 32
    assert (
        server.get("/healthz").headers["x-request-id"]
        != server.get("/healthz").headers["x-request-id"]
    )


def test_the_log_line_of_a_request(server: InProcess, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gliner_fast.server.request"):
        server.post(CHAT, chat(TEXT, labels=["email", PII_LABEL], overlap=7),
                    headers={"x-request-id": "line-1"})  # fmt: skip
        server.get(f"/v1/{PII_NAME}?q={PII_EMAIL}")
    first, second = (record.__dict__["fields"] for record in caplog.records)
    assert first.pop("ms") > 0
    assert first.pop("tokens") > 0
    assert first == {
        "id": "line-1", "method": "POST", "route": CHAT, "status": 200,
        "characters": len(TEXT), "labels": 2, "threshold": 0.3, "chunk_length": 384,
        "overlap": 7, "flat_ner": False, "windows": 1, "entities": 1,
    }  # fmt: skip
    assert (second["route"], second["status"]) == ("unmatched", 404)


def test_metrics_count(server: InProcess) -> None:
    with in_process() as fresh:
        fresh.chat(TEXT, labels=["email", "sentence"], threshold=0)
        fresh.chat(TEXT, threshold=7)
        text = fresh.get("/metrics").text
        for line in (
            'gliner_requests_total{route="/v1/chat/completions",status="200"} 1.0',
            'gliner_requests_total{route="/v1/chat/completions",status="422"} 1.0',
            'gliner_entities_total{label="other"}',  # "sentence" is nobody's known label
            "gliner_windows_total 1.0",
            "gliner_inference_seconds_count 1.0",
            "gliner_batch_fill_ratio_sum 1.0",
            "gliner_queue_wait_seconds_count 1.0",
            "gliner_queue_tokens 0.0",
            "gliner_queue_requests 0.0",
            "gliner_ready 1.0",
            'gliner_model_info{device="cpu",model="test/regex"} 1.0',
            "gliner_requests_in_flight 1.0",  # the scrape itself
        ):
            assert line in text, line
        resident = float(text.split("\ngliner_resident_memory_bytes ")[1].split("\n")[0])
        assert 10e6 < resident < 10e9
        assert fresh.get("/metrics").headers["content-type"].startswith("text/plain")


def test_many_requests_at_once_share_batches() -> None:
    engine = FaultyEngine(seconds=0.01)
    with in_process(engine) as server:
        bodies = [
            chat(f"Ann{n} {PII_EMAIL}", labels=["email", "first_name"][n % 2 :], threshold=n / 100)
            for n in range(40)
        ]

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*(server.client.post(CHAT, json=b) for b in bodies))

        responses = server.do(all_of_them())
        singly = [server.post(CHAT, body) for body in bodies]
        assert [content(r) for r in responses] == [content(r) for r in singly]
        together = len(engine.batches) - len(bodies)
        assert together < 25
        assert max(len({id(w.prompt) for w in batch}) for batch in engine.batches) > 4
