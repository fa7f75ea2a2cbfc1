"""schemathesis: every path of the OpenAPI document, against a real server process."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from server_clients import InProcess, Live

from gliner_fast.server.app import create_app
from gliner_fast.server.settings import ServerSettings

from server_engines import RegexEngine  # isort: skip

CHECKS = schemathesis.checks.CHECKS
CASES = int(os.environ.get("GLINER_FUZZ_CASES", "400"))
SCHEMA = schemathesis.openapi.from_dict(create_app(RegexEngine(), ServerSettings()).openapi())


@SCHEMA.parametrize()
@settings(
    max_examples=max(1, CASES // 20),
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_every_operation(case: Any, live_server: Live) -> None:
    response = case.call(base_url=live_server.url)
    excluded = []
    if case.path == "/v1/chat/completions":
        # The schema shows user messages; others, in any shape, pass beside them, which JSON
        # Schema cannot say ("the last one whose role is user"). test_contract.py names what
        # is refused.
        excluded.append(CHECKS.get_one("negative_data_rejection"))
    if response.status_code == 422 and response.json()["error"]["param"] == "overlap":
        # Nor can it say that one number is less than another.
        excluded.append(CHECKS.get_one("positive_data_acceptance"))
    case.validate_response(response, excluded_checks=excluded)


def test_operations_that_follow_one_another(live_server: Live) -> None:
    schema = schemathesis.openapi.from_url(f"{live_server.url}/openapi.json")
    # Lists to items: what /v1/models names, /v1/models/{model} must know.
    machine = schema.as_state_machine()
    machine.run(
        settings=settings(
            max_examples=max(1, CASES // 100),
            stateful_step_count=4,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
    )
    with live_server.client() as client:
        (card,) = client.get("/v1/models").json()["data"]
        assert client.get(f"/v1/models/{card['id']}").json() == card


def test_the_document_is_complete(server: InProcess) -> None:
    document = server.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/healthz", "/readyz", "/health", "/metrics", "/v1/models", "/v1/models/{model}",
        "/v1/labels", "/v1/extract", "/v1/chat/completions",
    }  # fmt: skip
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"]
            assert operation["responses"]["200"]["content"], path
    for name in ("ChatRequest", "ChatCompletion", "ExtractRequest", "ErrorResponse"):
        assert document["components"]["schemas"][name]["examples"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/extract"])
def test_the_examples_work(server: InProcess, path: str) -> None:
    document = server.get("/openapi.json").json()
    operation = document["paths"][path]["post"]
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
    (example,) = document["components"]["schemas"][name]["examples"]
    answer = server.post(path, example)
    assert answer.status_code == 200
    ok = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    (promised,) = document["components"]["schemas"][ok.split("/")[-1]]["examples"]
    assert set(answer.json()) == set(promised)
