"""A real server process on loopback: real clients, bad clients, signals, start-up failures."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
from server_clients import Live, chat, content, entities, eventually, live, problem
from server_watch import PII_EMAIL, PII_NAME, TEXT

from gliner_fast.server.run import main

CHAT = "/v1/chat/completions"


@pytest.fixture
def client(live_server: Live) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live_server.url}/v1", api_key="EMPTY", max_retries=0) as made:
        yield made


def found(answer: str | None) -> list[str]:
    assert answer is not None
    return [entity["text"] for entity in json.loads(answer)["entities"]]


# -- the openai client --------------------------------------------------------------------


def test_openai_with_a_string(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="nvidia/gliner-pii",
        messages=[{"role": "user", "content": TEXT}],
        temperature=0,
        max_tokens=100,
        extra_body={"labels": ["email"], "threshold": 0.3},
    )
    assert found(completion.choices[0].message.content) == [PII_EMAIL]
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == completion.usage.total_tokens > 0


def test_openai_with_blocks(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="nvidia/gliner-pii",
        messages=[{"role": "user", "content": [{"type": "text", "text": TEXT}]}],
        extra_body={"labels": ["email"]},
    )
    assert found(completion.choices[0].message.content) == [PII_EMAIL]


def test_openai_streaming(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="nvidia/gliner-pii",
        messages=[{"role": "user", "content": TEXT}],
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"labels": ["email"]},
    )
    answer, usage = "", None
    for chunk in stream:
        usage = chunk.usage or usage
        answer += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert found(answer) == [PII_EMAIL]
    assert usage is not None
    assert usage.prompt_tokens > 0


def test_openai_models(client: openai.OpenAI) -> None:
    (model,) = client.models.list().data
    assert model.id == "test/regex"
    assert client.models.retrieve(model.id).id == model.id


def test_openai_error_classes(client: openai.OpenAI, live_server: Live) -> None:
    def ask(**body: object) -> None:
        client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": TEXT}], extra_body=body
        )

    with pytest.raises(openai.UnprocessableEntityError) as wrong:
        ask(threshold=7)
    assert wrong.value.param == "threshold"
    assert wrong.value.code == "invalid_value"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")
    with pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": f"raise-run {PII_NAME}"}]
        )
    assert failed.value.status_code == 500
    assert live_server.process.poll() is None


def test_openai_with_keys(tmp_path: Path) -> None:
    key = "a-key-of-operators-1"
    path = tmp_path / "keys"
    path.write_text(key)
    with live("--api-key-file", str(path)) as server:
        base = f"{server.url}/v1"
        with openai.OpenAI(base_url=base, api_key=key, max_retries=0) as friend:
            assert friend.models.list().data
        with (
            openai.OpenAI(base_url=base, api_key="EMPTY", max_retries=0) as stranger,
            pytest.raises(openai.PermissionDeniedError),
        ):
            stranger.models.list()
        assert httpx.get(f"{base}/models").status_code == 401
        assert not any(key in line for line in server.lines)
        command = Path(f"/proc/{server.process.pid}/cmdline")
        if command.exists():
            assert key.encode() not in command.read_bytes()
        server.terminate()
        assert server.wait() == 0


def test_answers_leave_at_once(live_server: Live) -> None:
    """Head and body are two writes; Nagle's algorithm would hold the second for 40 ms."""
    with live_server.client() as client:
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert client.get("/healthz").status_code == 200
            times.append(time.monotonic() - began)
    assert min(times) < 0.03


# -- clients that misbehave ---------------------------------------------------------------


@contextlib.contextmanager
def raw(server: Live) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        yield connection


def receive_all(connection: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def head(length: int, path: str = CHAT) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"content-length: {length}\r\n\r\n"
    ).encode()


def test_half_a_body_costs_nothing(live_server: Live) -> None:
    body = json.dumps(chat(TEXT)).encode()
    for _ in range(20):
        with raw(live_server) as connection:
            connection.sendall(head(len(body)) + body[: len(body) // 2])
    with live_server.client() as client:
        assert client.post(CHAT, json=chat(TEXT)).status_code == 200
        eventually(lambda: "gliner_requests_in_flight 1.0" in client.get("/metrics").text)


def test_a_slow_body_that_arrives_is_answered(live_server: Live) -> None:
    body = json.dumps(chat(TEXT, labels=["email"])).encode()
    with raw(live_server) as connection:
        connection.sendall(head(len(body)))
        for start in range(0, len(body), 40):
            connection.sendall(body[start : start + 40])
            time.sleep(0.01)
        answer = b""
        while PII_EMAIL.encode() not in answer and (part := connection.recv(65536)):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200")
    assert PII_EMAIL.encode() in answer


def test_slow_clients_are_cut_off() -> None:
    with live("--header-timeout", "0.4", "--body-timeout", "0.4") as server:
        with raw(server) as silent:
            began = time.monotonic()
            assert receive_all(silent) == b""
            assert time.monotonic() - began < 5
        with raw(server) as dripping:
            began = time.monotonic()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for byte in b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: " + b"a" * 100:
                    dripping.sendall(bytes([byte]))
                    time.sleep(0.05)
            assert time.monotonic() - began < 4
        with raw(server) as half:
            half.sendall(head(1000) + b"{")
            answer = receive_all(half)
            assert answer.startswith(b"HTTP/1.1 408")
            assert b'"code": "body_timeout"' in answer
        with server.client() as patient:  # slow between requests is another matter
            for _ in range(2):
                assert patient.post(CHAT, json=chat(TEXT)).status_code == 200
                time.sleep(0.7)


def test_what_is_not_http_is_refused_in_json(live_server: Live) -> None:
    for nonsense in (
        b"\x16\x03\x01\x02\x00",
        f"{PII_NAME}\r\n\r\n".encode(),
        b"GET / HTTP/9\r\n\r\n",
    ):
        with raw(live_server) as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            answer = receive_all(connection)
        assert answer == b"" or (
            answer.startswith(b"HTTP/1.1 400") and b'"code": "bad_request"' in answer
        )
    assert httpx.get(f"{live_server.url}/healthz").status_code == 200


def test_too_large_a_body_gets_its_answer_while_it_is_sent() -> None:
    with live("--max-body-bytes", "100000") as server, server.client() as client:
        for _ in range(3):
            response = client.post(CHAT, content=b" " * 20_000_000)
            assert problem(response, 413)["code"] == "limit_exceeded"
        assert client.post(CHAT, json=chat(TEXT)).status_code == 200


def test_clients_that_vanish_are_forgotten(live_server: Live) -> None:
    body = json.dumps(chat(f"slow-run {PII_NAME} " * 3)).encode()
    for _ in range(5):
        with raw(live_server) as connection:
            connection.sendall(head(len(body)) + body)
            time.sleep(0.05)
    with live_server.client() as client:
        began = time.monotonic()
        assert client.post(CHAT, json=chat(TEXT)).status_code == 200
        # One run of a second may be under way; five would be five seconds.
        assert time.monotonic() - began < 3
        metrics = client.get("/metrics").text
        gone = metrics.split('gliner_cancelled_total{reason="client"} ')[1].split("\n")[0]
        assert float(gone) >= 4


def test_pipelined_requests_are_answered_in_order(live_server: Live) -> None:
    bodies = [json.dumps(chat(f"x{n}@example.com", labels=["email"])).encode() for n in range(5)]
    with raw(live_server) as connection:
        connection.sendall(b"".join(head(len(body)) + body for body in bodies))
        answer = b""
        while answer.count(b"HTTP/1.1 200") < 5 or not answer.endswith(b"}"):
            answer += connection.recv(65536)
    positions = [answer.index(f"x{n}@example.com".encode()) for n in range(5)]
    assert positions == sorted(positions)


# -- signals ------------------------------------------------------------------------------


def test_sigterm_answers_what_was_accepted() -> None:
    with live("--drain-timeout", "15", "--max-batch-requests", "1") as server:
        with ThreadPoolExecutor(4) as pool:
            calls = [
                pool.submit(
                    httpx.post,
                    server.url + CHAT,
                    json=chat(f"slow-run x{n}@example.com", labels=["email"]),
                    timeout=30,
                )
                for n in range(4)
            ]
            eventually(
                lambda: "gliner_requests_in_flight 5.0" in httpx.get(f"{server.url}/metrics").text
            )
            server.terminate()
            time.sleep(0.5)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{server.url}/healthz")
            for n, call in enumerate(calls):
                response = call.result()
                assert entities(response)[0][0] == f"x{n}@example.com"
                assert response.headers["connection"] == "close"
        assert server.wait() == 0
        assert server.events("stopped")


def test_sigterm_under_load_loses_nothing() -> None:
    with live() as server:
        stop = threading.Event()

        def load(n: int) -> tuple[int, list[str]]:
            """Requests until the server is gone: answered ones, and how the last one failed."""
            answered, wrong = 0, []
            with server.client() as client:
                while not stop.is_set():
                    try:
                        response = client.post(
                            CHAT, json=chat(f"x{n}@example.com", labels=["email"])
                        )
                    except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as e:
                        # Refused, or closed while idle: the request was never read.
                        if "Disconnected" in type(e).__name__:
                            wrong.append(repr(e))
                        break
                    if entities(response)[0][0] != f"x{n}@example.com":
                        wrong.append("another's answer")
                    answered += 1
            return answered, wrong

        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(load, n) for n in range(8)]
            time.sleep(1)
            server.terminate()
            code = server.wait()
            stop.set()
            outcomes = [call.result() for call in calls]
        assert code == 0
        assert all(answered > 3 and not wrong for answered, wrong in outcomes)
        logged = sum(
            event["status"] == 200 and event["route"] == CHAT for event in server.events("request")
        )
        # Every answer that the server wrote arrived.
        assert logged == sum(answered for answered, _ in outcomes)


def test_what_cannot_be_done_before_the_drain_ends_is_503() -> None:
    with live("--drain-timeout", "2") as server:
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(httpx.post, server.url + CHAT, json=chat("hang-run"), timeout=30)
            time.sleep(0.5)
            began = time.monotonic()
            server.terminate()
            assert problem(call.result(), 503)["message"] == "the server is stopping"
        assert server.wait() == 0
        assert time.monotonic() - began < 6


# -- start-up -----------------------------------------------------------------------------


def test_a_port_that_is_taken(live_server: Live) -> None:
    second = Live("--port", str(live_server.port), wait=False)
    assert second.wait() == 1
    assert "another program listens there" in "".join(second.lines)
    assert "Traceback" not in "".join(second.lines)
    second.close()


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        ("corrupt", "the model cannot be loaded: model.onnx: its hash is not the manifest's"),
        ("disk-full", "No space left on device"),
    ],
)
def test_a_model_that_cannot_be_loaded(engine: str, sentence: str) -> None:
    server = Live(engine=engine, wait=False)
    assert server.wait() == 3
    # One line says it, and no place in the code.
    (told,) = [line for line in server.lines if "cannot be loaded" in line]
    assert sentence in told
    assert "Traceback" not in "".join(server.lines)
    assert ".py:" not in "".join(server.lines)
    server.close()


def test_a_model_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "gliner_config.json").write_text("{")
    server = Live("--model", str(tmp_path), engine="real", wait=False)
    assert server.wait(60) == 3
    assert "the model cannot be loaded: " in "".join(server.lines)
    assert "Traceback" not in "".join(server.lines)
    server.close()


def test_while_the_model_loads() -> None:
    server = Live(engine="slow-load", wait=False)
    try:
        server.wait_listening()
        with server.client() as client:
            assert client.get("/healthz").status_code == 200
            assert problem(client.get("/readyz"), 503)
            early = client.post(CHAT, json=chat(TEXT))
            assert problem(early, 503)["message"] == "the model is loading"
            server.wait_ready()
            assert client.post(CHAT, json=chat(TEXT)).status_code == 200
    finally:
        server.close()


def test_wrong_settings_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    server = Live("--batch-wait-ms", "soon", wait=False)
    assert server.wait() == 2
    assert "".join(server.lines).startswith("gliner-fast serve: --batch-wait-ms: ")
    server.close()
    assert main(["--port", "-1"]) == 2
    assert "--port" in capsys.readouterr().err


def test_listening_beyond_loopback_warns() -> None:
    with live("--host", "0.0.0.0") as server:  # noqa: S104
        (warning,) = [line for line in server.lines if "without a key" in line]
        assert '"level": "warning"' in warning


def test_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("no openssl command here")
    server = Live("--ssl-certfile", str(certificate), "--ssl-keyfile", str(key), wait=False)
    try:
        server.wait_listening()
        trust = ssl.create_default_context(cafile=str(certificate))
        url = f"https://127.0.0.1:{server.port}{CHAT}"

        def answered() -> bool:
            response = httpx.post(url, json=chat(TEXT), verify=trust, timeout=10)
            return response.status_code == 200 and bool(entities(response))

        eventually(answered)
    finally:
        server.close()


# -- workers ------------------------------------------------------------------------------


def pids(server: Live) -> list[int]:
    return [event["pid"] for event in server.events("worker started")]


@pytest.mark.skipif(sys.platform == "win32", reason="workers share a socket by inheritance")
def test_workers_share_the_port_and_replace_their_dead() -> None:
    import os
    import signal

    with live("--workers", "2") as server:
        eventually(lambda: len(server.events("the model is ready")) == 2)
        stop = threading.Event()

        def load(n: int) -> tuple[int, int, list[str]]:
            answered, retried, wrong = 0, 0, []
            with server.client() as client:
                while not stop.is_set():
                    for _ in range(5):  # as DataDesigner does on connection errors
                        try:
                            response = client.post(
                                CHAT, json=chat(f"x{n}@example.com", labels=["email"])
                            )
                            break
                        except httpx.TransportError:
                            retried += 1
                    else:
                        wrong.append("five connection errors on end")
                        break
                    if response.status_code != 200:
                        wrong.append(response.text)
                    elif entities(response)[0][0] != f"x{n}@example.com":
                        wrong.append("another's answer")
                    answered += 1
            return answered, retried, wrong

        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(load, n) for n in range(8)]
            time.sleep(0.7)
            os.kill(pids(server)[0], signal.SIGKILL)
            eventually(lambda: len(server.events("the model is ready")) == 3, 20)
            time.sleep(0.7)
            stop.set()
            outcomes = [call.result() for call in calls]
        assert [wrong for _, _, wrong in outcomes] == [[]] * 8
        assert all(answered > 10 for answered, _, _ in outcomes)
        # One lost worker breaks each of its connections at most once.
        assert sum(retried for _, retried, _ in outcomes) <= 8
        assert len(pids(server)) == 3
        metrics = httpx.get(f"{server.url}/metrics").text
        assert "gliner_ready 2.0" in metrics  # the dead one is not counted
        counted = metrics.split('route="/v1/chat/completions",status="200"} ')[1].split("\n")[0]
        assert float(counted) >= sum(answered for answered, _, _ in outcomes)
        server.terminate()
        assert server.wait() == 0
        for pid in pids(server):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def sockets(pid: int) -> int:
    """Open sockets of a process."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            count += str(entry.readlink()).startswith("socket:")
    return count


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in /proc")
@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_no_worker_takes_all_connections(pause: float) -> None:
    with live("--workers", "2") as server, contextlib.ExitStack() as stack:
        eventually(lambda: len(server.events("the model is ready")) == 2)
        before = {pid: sockets(pid) for pid in pids(server)}
        for _ in range(40):
            port = int(server.url.rsplit(":", 1)[1])
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            time.sleep(pause)

        def taken() -> list[int]:
            return [sockets(pid) - count for pid, count in before.items()]

        # Not exactly 40: a worker may close a socket of its start meanwhile.
        eventually(lambda: sum(taken()) >= 36)
        assert min(taken()) >= 10


def test_a_worker_whose_engine_dies_is_replaced() -> None:
    with live("--workers", "2") as server, server.client() as client:
        eventually(lambda: len(server.events("the model is ready")) == 2)
        first = client.post(CHAT, json=chat(f"die-run {PII_NAME}"))
        assert problem(first, 503)["code"] == "model_unavailable"
        eventually(lambda: len(server.events("the model is ready")) == 3, 20)
        eventually(lambda: httpx.get(f"{server.url}/readyz").status_code == 200)
        assert content(httpx.post(server.url + CHAT, json=chat(TEXT)))["entities"]


def test_workers_end_with_their_supervisor() -> None:
    import os

    server = Live("--workers", "2")
    try:
        started = pids(server)
        server.process.kill()
        server.wait()

        def all_gone() -> bool:
            for pid in started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 0)
                    if (
                        Path(f"/proc/{pid}/stat").exists()
                        and " Z " not in Path(f"/proc/{pid}/stat").read_text()
                    ):
                        return False
            return True

        eventually(all_gone, 15)
    finally:
        server.close()


def test_workers_that_cannot_load_end_the_server() -> None:
    server = Live("--workers", "2", engine="corrupt", wait=False)
    assert server.wait() == 3
    server.close()
