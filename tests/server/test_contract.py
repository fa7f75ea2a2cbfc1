"""The contract's requests, answers and errors, in process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from server_clients import InProcess, chat, content, entities, in_process, problem
from server_watch import PII_EMAIL, PII_LABEL, PII_NAME, PII_NUMBER, PII_PHONE, TEXT

from gliner_fast.label_sets import ANONYMIZER_LABELS, DEFAULT_LABELS

CHAT = "/v1/chat/completions"
EMAIL = (PII_EMAIL, "email", TEXT.index(PII_EMAIL), TEXT.index(PII_EMAIL) + len(PII_EMAIL))


def test_the_shape_of_an_answer(server: InProcess) -> None:
    response = server.chat(TEXT, labels=["email"], model="nvidia/gliner-pii")
    body = response.json()
    assert list(body) == ["id", "object", "created", "model", "choices", "usage"]
    assert body["id"].startswith("chatcmpl-")
    assert body["object"] == "chat.completion"
    assert body["model"] == "nvidia/gliner-pii"
    (choice,) = body["choices"]
    assert choice["index"] == 0
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "stop"
    answer = json.loads(choice["message"]["content"])
    assert list(answer) == ["entities"]
    assert [list(e) for e in answer["entities"]] == [["text", "label", "start", "end", "score"]]
    assert entities(response) == [EMAIL]


def test_anonymizers_request(server: InProcess) -> None:
    body = {
        "model": "nvidia/gliner-pii",
        "messages": [{"role": "user", "content": [{"type": "text", "text": TEXT}]}],
        "labels": list(ANONYMIZER_LABELS),
        "threshold": 0.3,
        "chunk_length": 384,
        "overlap": 128,
        "flat_ner": False,
    }
    response = server.post(CHAT, body, headers={"authorization": "Bearer EMPTY"})
    assert EMAIL in entities(response)


def test_anonymizers_probe(server: InProcess) -> None:
    messages = [
        {"role": "system", "content": f"You are {PII_NAME}."},
        {"role": "user", "content": "Hello!"},
    ]
    response = server.post(CHAT, {"messages": messages, "labels": list(ANONYMIZER_LABELS)})
    assert [text for text, *_ in entities(response)] == ["Hello"]
    assert response.json()["choices"][0]["message"]["content"]


def test_guardrails_request_has_no_labels_and_gets_the_default_ones(server: InProcess) -> None:
    asked = {"threshold": 0.3, "chunk_length": 384, "overlap": 128, "flat_ner": False}
    absent = server.chat(TEXT, **asked)
    assert {label for _, label, *_ in entities(absent)} >= {"email", "phone_number", "first_name"}
    assert entities(absent) == entities(server.chat(TEXT, labels=list(DEFAULT_LABELS)))
    assert entities(absent) == entities(server.chat(TEXT, labels=None))


def test_no_labels_find_nothing(server: InProcess) -> None:
    response = server.chat(TEXT, labels=[])
    assert content(response) == {"entities": []}
    assert response.json()["usage"]["prompt_tokens"] == 0


def test_the_defaults_may_be_the_references() -> None:
    with in_process(default_labels=[]) as server:
        assert content(server.chat(TEXT)) == {"entities": []}
        assert entities(server.chat(TEXT, labels=["email"])) == [EMAIL]


@pytest.mark.parametrize(
    "field",
    [
        "labels",
        "threshold",
        "chunk_length",
        "overlap",
        "flat_ner",
        "thresholds",
        "coverage",
        "stream",
        "stream_options",
        "n",
        "total_entities",
        "tagged_text",
        "model",
        "temperature",
    ],
)
def test_null_means_the_default(server: InProcess, field: str) -> None:
    assert entities(server.chat(TEXT, **{field: None})) == entities(server.chat(TEXT))


def test_fields_of_openai_users_pass(server: InProcess) -> None:
    more = {
        "temperature": 0, "max_tokens": 5, "max_completion_tokens": 5, "top_p": 1, "seed": 1,
        "user": PII_NAME, "n": 1, "stop": None, "logprobs": True, "tools": [], "batch_size": 8,
        "response_format": {"type": "json_object"}, "frequency_penalty": "?", "anything": [{}],
    }  # fmt: skip
    assert entities(server.chat(TEXT, labels=["email"], **more)) == [EMAIL]


def test_the_text_is_the_last_user_message(server: InProcess) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "bob@old.example"},
        {"role": "user", "content": TEXT},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "carl@tool.example"},
    ]
    assert entities(server.post(CHAT, {"messages": messages, "labels": ["email"]})) == [EMAIL]


def test_a_message_without_role_is_the_users(server: InProcess) -> None:
    body = {"messages": [{"content": TEXT}], "labels": ["email"]}
    assert entities(server.post(CHAT, body)) == [EMAIL]


def test_blocks_are_one_text(server: InProcess) -> None:
    at = TEXT.index("@")
    blocks = [{"type": "text", "text": TEXT[:at]}, {"text": TEXT[at:]}, {"text": ""}]
    body = {"messages": [{"role": "user", "content": blocks}], "labels": ["email"]}
    assert entities(server.post(CHAT, body)) == [EMAIL]


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_text_has_no_entities(server: InProcess, text: str) -> None:
    assert content(server.chat(text)) == {"entities": []}


def test_the_content_type_does_not_matter(server: InProcess) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
        raw = json.dumps(chat(TEXT, labels=["email"])).encode()
        response = server.post(CHAT, raw, headers={"content-type": kind})
        assert entities(response) == [EMAIL]


def test_offsets_count_code_points(server: InProcess) -> None:
    text = f"😀e\u0301 日本 {TEXT}"
    for text_, _, start, end in entities(server.chat(text)):
        assert text[start:end] == text_


def test_lone_surrogates_survive(server: InProcess) -> None:
    text = f"\ud800 {PII_EMAIL} \udfff"
    ((found, _, start, end),) = entities(server.chat(text, labels=["email"]))
    assert text[start:end] == found == PII_EMAIL
    tagged = content(server.chat(text, labels=["email"], tagged_text=True))["tagged_text"]
    assert tagged == f"\ud800 [{PII_EMAIL}](email) \udfff"


def test_angle_brackets_are_escaped_in_the_content(server: InProcess) -> None:
    text = "<!-- Ann <b>Bo</b> <![CDATA[ --> <?x?>"
    response = server.chat(text, labels=["sentence", "first_name"], tagged_text=True, threshold=0)
    raw = response.json()["choices"][0]["message"]["content"]
    assert "<" not in raw
    assert "\\u003c" in raw
    assert any("<b>" in e["text"] for e in json.loads(raw)["entities"])


def test_thresholds_of_single_labels(server: InProcess) -> None:
    both = {"labels": ["email", "phone_number"], "threshold": 0.3}
    assert len(entities(server.chat(TEXT, **both))) == 2
    assert entities(server.chat(TEXT, **both, thresholds={"phone_number": 0.91})) == [EMAIL]
    strict = {"labels": ["email", "phone_number"], "threshold": 0.99}
    assert entities(server.chat(TEXT, **strict, thresholds={"email": 0.5})) == [EMAIL]
    # One set of thresholds may serve requests with different labels.
    assert len(entities(server.chat(TEXT, **both, thresholds={PII_LABEL: 0.99}))) == 2


def test_aliases() -> None:
    with in_process(aliases={"phone": "phone_number", "mail": "email"}) as server:
        found = entities(server.chat(TEXT, labels=["mail", "phone"], thresholds={"phone": 0.1}))
        assert [(text, label) for text, label, *_ in found] == [
            (PII_EMAIL, "mail"),
            (PII_PHONE, "phone"),
        ]
        # Two names of one label: the first in the list, whichever it is.
        for labels in (["email", "mail"], ["mail", "email"]):
            ((_, label, *_),) = entities(server.chat(TEXT, labels=labels))
            assert label == labels[0]
        assert server.get("/v1/labels").json()["aliases"] == {
            "phone": "phone_number",
            "mail": "email",
        }
        # The model saw its own label: the threshold of the regex for "phone" would find nothing.
        assert entities(server.chat(TEXT, labels=["fax"])) == []


def test_what_an_answer_holds_on_request(server: InProcess) -> None:
    asked = {"labels": ["email"], "total_entities": True, "tagged_text": True, "coverage": True}
    answer = content(server.chat(TEXT, **asked))
    assert list(answer) == ["entities", "total_entities", "tagged_text", "coverage"]
    assert answer["total_entities"] == 1
    assert answer["tagged_text"] == TEXT.replace(PII_EMAIL, f"[{PII_EMAIL}](email)")
    words = len(TEXT.split())
    assert answer["coverage"] == {"windows": 1, "words": words, "words_cut": 0}
    many = content(server.chat(TEXT, coverage=True, chunk_length=20, overlap=5))["coverage"]
    assert many == {"windows": 1 + -(-(len(TEXT) - 20) // 15), "words": words, "words_cut": 0}


def test_usage_counts_the_models_tokens(server: InProcess) -> None:
    one = server.chat(TEXT, labels=["email"]).json()["usage"]
    # The test engine's tokens are characters: one marker, "email", one separator, the words.
    words = len(TEXT.replace(" ", ""))
    assert one == {
        "prompt_tokens": 7 + words,
        "completion_tokens": 0,
        "total_tokens": 7 + words,
    }
    two = server.chat(TEXT, labels=["email", "pin"]).json()["usage"]
    assert two["prompt_tokens"] == one["prompt_tokens"] + 4


def test_n_is_honoured(server: InProcess) -> None:
    choices = server.chat(TEXT, n=3).json()["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in choices}) == 1


# -- streaming ----------------------------------------------------------------------------


def events(body: str) -> list[Any]:
    lines = body.split("\n\n")
    assert lines.pop() == ""
    assert all(line.startswith("data: ") and "\n" not in line for line in lines)
    assert lines.pop() == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.parametrize("n", [1, 2])
def test_a_stream_is_the_answer_in_chunks(server: InProcess, n: int) -> None:
    text = TEXT * 300
    whole = content(server.chat(text))
    response = server.chat(text, stream=True, n=n)
    assert response.headers["content-type"].startswith("text/event-stream")
    chunks = events(response.text)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    for index in range(n):
        mine = [c["choices"][0] for c in chunks if c["choices"][0]["index"] == index]
        assert mine[0]["delta"] == {"role": "assistant", "content": ""}
        assert [c["finish_reason"] for c in mine] == [None] * (len(mine) - 1) + ["stop"]
        assert len(mine) > 3
        joined = "".join(c["delta"].get("content", "") for c in mine)
        assert json.loads(joined) == whole
    assert not any("usage" in chunk for chunk in chunks)


def test_a_stream_tells_its_usage_when_asked(server: InProcess) -> None:
    response = server.chat(TEXT, stream=True, stream_options={"include_usage": True})
    *chunks, last = events(response.text)
    assert last["choices"] == []
    assert last["usage"] == server.chat(TEXT).json()["usage"]
    assert all(chunk["usage"] is None for chunk in chunks)


def test_an_error_of_a_stream_has_its_status(server: InProcess) -> None:
    assert problem(server.chat(TEXT, stream=True, threshold=2), 422)["param"] == "threshold"


# -- errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("threshold", "high", "threshold"),
        ("threshold", "0.3", "threshold"),
        ("threshold", True, "threshold"),
        ("threshold", -0.1, "threshold"),
        ("threshold", 1.1, "threshold"),
        ("threshold", float("nan"), "threshold"),
        ("threshold", float("inf"), "threshold"),
        ("threshold", [0.3], "threshold"),
        ("labels", PII_LABEL, "labels"),
        ("labels", {"email": 1}, "labels"),
        ("labels", ["email", 7], "labels[1]"),
        ("labels", ["email", None], "labels[1]"),
        ("chunk_length", 0, "chunk_length"),
        ("chunk_length", -5, "chunk_length"),
        ("chunk_length", 1.5, "chunk_length"),
        ("chunk_length", "384", "chunk_length"),
        ("chunk_length", True, "chunk_length"),
        ("overlap", -1, "overlap"),
        ("overlap", 384, "overlap"),
        ("overlap", 10**300, "overlap"),
        ("overlap", "128", "overlap"),
        ("flat_ner", "false", "flat_ner"),
        ("flat_ner", 1, "flat_ner"),
        ("thresholds", 0.5, "thresholds"),
        ("thresholds", {"email": 2}, "thresholds"),
        ("thresholds", {"email": PII_LABEL}, "thresholds"),
        ("n", 0, "n"),
        ("n", 17, "n"),
        ("n", "1", "n"),
        ("stream", "yes", "stream"),
        ("stream_options", PII_LABEL, "stream_options"),
        ("stream_options", {"include_usage": PII_LABEL}, "stream_options.include_usage"),
        ("coverage", 1, "coverage"),
        ("tagged_text", PII_LABEL, "tagged_text"),
        ("total_entities", "yes", "total_entities"),
        ("messages", None, "messages"),
        ("messages", [], "messages"),
        ("messages", TEXT, "messages"),
        ("messages", {"role": "user"}, "messages"),
        ("messages", [TEXT], "messages[0]"),
        ("messages", [{"role": "system", "content": TEXT}], "messages"),
        ("messages", [{"role": 5, "content": TEXT}], "messages[0].role"),
        ("messages", [{"role": "user"}], "messages[0].content"),
        ("messages", [{"role": "user", "content": None}], "messages[0].content"),
        ("messages", [{"role": "user", "content": 5}], "messages[0].content"),
        ("messages", [{"role": "user", "content": {"text": TEXT}}], "messages[0].content"),
        ("messages", [{"role": "user", "content": [TEXT]}], "messages[0].content[0]"),
        (
            "messages",
            [{"role": "user", "content": [{"text": "a"}, {"type": "image_url"}]}],
            "messages[0].content[1].text",
        ),
    ],
)
def test_a_wrong_field_is_named(server: InProcess, field: str, value: object, param: str) -> None:
    error = problem(server.post(CHAT, {**chat(TEXT), field: value}), 422)
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert error["message"].startswith(f"{param}: expected ")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": PII_NUMBER}),
        (CHAT, {"messages": [PII_NUMBER]}),
        (CHAT, {"messages": [{"role": PII_NUMBER, "content": "a"}]}),
        (CHAT, {"messages": [{"role": "user", "content": PII_NUMBER}]}),
        (CHAT, {"messages": [{"role": "user", "content": [PII_NUMBER]}]}),
        (CHAT, {"messages": [{"role": "user", "content": [{"text": PII_NUMBER}]}]}),
        (CHAT, {**chat("a"), "labels": PII_NUMBER}),
        (CHAT, {**chat("a"), "labels": [PII_NUMBER]}),
        (CHAT, {**chat("a"), "thresholds": PII_NUMBER}),
        (CHAT, PII_NUMBER),
        ("/v1/extract", {"text": PII_NUMBER}),
        ("/v1/extract", {"text": float(PII_NUMBER)}),
        ("/v1/extract", {"text": "a", "labels": [PII_NUMBER]}),
    ],
)
def test_a_number_in_the_place_of_text_is_not_quoted(
    server: InProcess, path: str, body: object
) -> None:
    message = problem(server.post(path, body), 422)["message"]
    assert message.endswith("got a number")


@pytest.mark.parametrize("field", ["threshold", "chunk_length", "overlap", "n"])
def test_a_parameters_number_is_quoted(server: InProcess, field: str) -> None:
    message = problem(server.post(CHAT, {**chat(TEXT), field: -77}), 422)["message"]
    assert message.endswith("got -77")


def test_missing_messages_are_named(server: InProcess) -> None:
    assert problem(server.post(CHAT, {"labels": []}), 422)["param"] == "messages"
    assert problem(server.post("/v1/extract", {"labels": []}), 422)["param"] == "text"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"messages": [}',
        b"\xff\xfe\xfa",
        b"[" * 200_000,
        b'{"messages": ' + b"9" * 5000 + b"}",
        TEXT.encode(),
    ],
)
def test_what_is_not_json_is_refused(server: InProcess, body: bytes) -> None:
    assert problem(server.post(CHAT, body), 400)["code"] == "invalid_json"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b"NaN"])
def test_json_that_is_no_object_is_refused(server: InProcess, body: bytes) -> None:
    assert problem(server.post(CHAT, body), 422)["param"] == "body"


def test_unknown_paths_and_methods(server: InProcess) -> None:
    for path in ("/", "/v1", f"/v1/{PII_NAME}", "/v1/chat/completions/", "/../etc/passwd"):
        assert problem(server.get(path), 404)["code"] == "not_found"
    assert problem(server.get(CHAT), 405)["code"] == "method_not_allowed"
    assert server.get(CHAT).headers["allow"] == "POST"
    assert problem(server.request("DELETE", "/v1/models"), 405)
    assert problem(server.request("BREW", "/healthz"), 405)


@pytest.mark.parametrize(("length", "overlap"), [(1, 0), (10, 3), (384, 128), (1000, 128)])
def test_an_overlap_that_was_not_sent_fits(server: InProcess, length: int, overlap: int) -> None:
    asked = {"chunk_length": length, "coverage": True}
    expected = content(server.chat(TEXT * 20, **asked, overlap=overlap))
    assert content(server.chat(TEXT * 20, **asked)) == expected
    assert content(server.chat(TEXT * 20, **asked, overlap=None)) == expected
    body = {"text": TEXT * 20, **asked}
    extracted = server.post("/v1/extract", body).json()
    assert extracted["coverage"] == expected["coverage"]


@pytest.mark.parametrize("length", [10**30, 2**31, 2**63])
def test_huge_windows_are_one_window(server: InProcess, length: int) -> None:
    response = server.chat(TEXT, chunk_length=length, overlap=length - 1, coverage=True)
    assert content(response)["coverage"]["windows"] == 1


# -- other routes -------------------------------------------------------------------------


def test_extract_answers_like_guardrails(server: InProcess) -> None:
    body = {"text": TEXT, "labels": ["email", "phone_number", "sentence"], "threshold": 0.3,
            "chunk_length": 384, "overlap": 128, "flat_ner": False}  # fmt: skip
    answer = server.post("/v1/extract", body).json()
    assert list(answer) == ["entities", "total_entities", "tagged_text"]
    assert [e["suggested_label"] for e in answer["entities"]] == ["email", "phone_number"] or (
        answer["entities"][0]["suggested_label"] == "sentence"
    )
    end = 0
    for entity in answer["entities"]:
        assert list(entity) == [
            "value", "suggested_label", "start_position", "end_position", "score",
        ]  # fmt: skip
        assert entity["start_position"] >= end
        end = entity["end_position"]
        assert TEXT[entity["start_position"] : end] == entity["value"]
        assert f"[{entity['value']}]({entity['suggested_label']})" in answer["tagged_text"]
    assert answer["total_entities"] == len(answer["entities"]) > 0


def test_extract_without_labels_uses_the_defaults(server: InProcess) -> None:
    answer = server.post("/v1/extract", {"text": TEXT}).json()
    assert {"email", "phone_number"} <= {e["suggested_label"] for e in answer["entities"]}
    covered = server.post("/v1/extract", {"text": TEXT, "coverage": True}).json()
    assert covered["coverage"]["words_cut"] == 0


def test_models(server: InProcess) -> None:
    listed = server.get("/v1/models").json()
    assert listed["object"] == "list"
    (card,) = listed["data"]
    assert card["id"] == "test/regex"
    assert card["object"] == "model"
    assert server.get("/v1/models/test/regex").json() == card
    assert problem(server.get(f"/v1/models/{PII_NAME}"), 404)["code"] == "model_not_found"


def test_labels(server: InProcess) -> None:
    assert server.get("/v1/labels").json() == {"labels": list(DEFAULT_LABELS), "aliases": {}}
    assert len(DEFAULT_LABELS) == len(set(DEFAULT_LABELS)) == 55
    assert len(set(ANONYMIZER_LABELS)) == 65


def test_health(server: InProcess) -> None:
    assert server.get("/healthz").json()["status"] == "alive"
    assert server.get("/readyz").json() == {
        "status": "ready", "model_loaded": True, "model": "test/regex",
    }  # fmt: skip
    assert server.get("/health").json()["status"] == "healthy"
