"""Where settings come from, and what a wrong one says."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gliner_fast.errors import InvalidInputError
from gliner_fast.label_sets import DEFAULT_LABELS
from gliner_fast.server.run import default_loader, main
from gliner_fast.server.runtime import scheduler_options
from gliner_fast.server.settings import (
    ServerSettings,
    SettingsError,
    add_setting_arguments,
    load_settings,
)


def load(*flags: str) -> ServerSettings:
    parser = argparse.ArgumentParser()
    add_setting_arguments(parser)
    return load_settings(parser.parse_args(flags))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what load_settings sets is undone too.
    monkeypatch.setenv("GLINER_CONFIG", "")
    monkeypatch.delenv("DEVICE", raising=False)


def test_the_references_names_and_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load()
    assert (settings.host, settings.port, settings.device) == ("127.0.0.1", 8001, "auto")
    assert (settings.batch_mode, settings.max_batch_requests, settings.batch_wait_ms) == (
        True, 32, 10.0,
    )  # fmt: skip
    assert settings.default_labels == DEFAULT_LABELS
    assert settings.request_timeout == 110.0
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.setenv("GLINER_BATCH_MODE", "false")
    monkeypatch.setenv("GLINER_MAX_BATCH_REQUESTS", "7")
    monkeypatch.setenv("GLINER_BATCH_WAIT_MS", "2.5")
    settings = load()
    assert (settings.device, settings.batch_mode) == ("cpu", False)
    assert (settings.max_batch_requests, settings.batch_wait_ms) == (7, 2.5)


@pytest.mark.parametrize("off", ["false", "0", "no", "False", "off"])
def test_batch_mode_off_keeps_requests_apart(monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    monkeypatch.setenv("GLINER_BATCH_MODE", off)
    assert scheduler_options(load()).runner.max_batch_requests == 1


def test_flags_win_over_environment_over_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "port: 1\nworkers: 2\nhost: '::1'\naliases: {phone: phone_number}\n"
        "default_labels: [email, pin]\n"
    )
    monkeypatch.setenv("GLINER_PORT", "3")
    monkeypatch.setenv("GLINER_WORKERS", "4")
    settings = load("--config", str(path), "--port", "5")
    assert (settings.port, settings.workers, settings.host) == (5, 4, "::1")
    assert settings.aliases == {"phone": "phone_number"}
    assert settings.default_labels == ("email", "pin")


def test_the_model_is_loaded_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = default_loader(load("--precision", "int8", "--device", "cpu"), 1)()
    assert (engine.device, engine.threads) == ("cpu", 1)
    monkeypatch.setenv("GLINER_PRECISION", "fp32")
    with pytest.raises(InvalidInputError, match="precision: expected int8"):
        default_loader(load(), 1)()


def test_lists_in_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("--default-labels", "a, b").default_labels == ("a", "b")
    assert load("--default-labels", "[]").default_labels == ()
    assert load("--aliases", '{"a": "b"}').aliases == {"a": "b"}
    monkeypatch.setenv("GLINER_CORS_ORIGINS", "https://a,https://b")
    assert load().cors_origins == ("https://a", "https://b")


@pytest.mark.parametrize(
    ("flags", "environment", "sentence"),
    [
        (("--port", "x"), {}, "--port: input should be a valid integer"),
        (("--port", "70000"), {}, "--port: input should be less than or equal to 65535"),
        (("--device", "tpu"), {}, "--device:"),
        (("--precision", "int4"), {}, "--precision:"),
        ((), {"DEVICE": "tpu"}, "device (DEVICE):"),
        ((), {"GLINER_BATCH_WAIT_MS": "-1"}, "batch_wait_ms (GLINER_BATCH_WAIT_MS):"),
        ((), {"GLINER_BATCH_MODE": "maybe"}, "batch_mode (GLINER_BATCH_MODE):"),
        (("--request-timeout", "nan"), {}, "--request-timeout:"),
        (("--workers", "0"), {}, "--workers:"),
        (("--log-format", "xml"), {}, "--log-format:"),
        (("--api-key-file", "/no/such/file"), {}, "/no/such/file: no such file"),
        (("--ssl-certfile", "/no/such/file"), {}, "ssl_certfile and ssl_keyfile go together"),
        (("--aliases", '{"a": "b", "b": "c"}'), {}, "alias 'a' leads to 'b'"),
        (("--aliases", "{"), {}, "settings cannot be read"),
        (("--config", "/no/such/file"), {}, "config: no such file"),
        ((), {"GLINER_CONFIG": "/no/such/file"}, "config: no such file"),
    ],
)
def test_a_wrong_value_is_a_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    environment: dict[str, str],
    sentence: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load(*flags)
    assert sentence in str(refused.value)
    assert main(flags) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize("lines", ["prot: 1\n", "port: [\n", "- port\n"])
def test_a_wrong_file_is_a_sentence(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(lines)
    with pytest.raises(SettingsError) as refused:
        load("--config", str(path))
    if "prot" in lines:
        assert str(refused.value) == "prot: there is no such setting"


def test_several_wrong_values_are_all_named() -> None:
    with pytest.raises(SettingsError) as refused:
        load("--port", "x", "--workers", "y")
    assert len(str(refused.value).splitlines()) == 2


def test_every_setting_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "server.md").read_text("utf-8")
    for name, field in ServerSettings.model_fields.items():
        flag = "--" + name.replace("_", "-")
        variable = "DEVICE" if name == "device" else f"GLINER_{name.upper()}"
        default = field.default
        if default is DEFAULT_LABELS:
            shown = "the 55 labels"
        elif isinstance(default, bool):
            shown = f"`{str(default).lower()}`"
        elif isinstance(default, (int, float)):
            shown = f"`{default:.15g}`"
        else:
            shown = f"`{default}`" if default else "–"
        assert f"| `{flag}` | `{variable}` | {shown} | {field.description} |" in page


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    page = capsys.readouterr().out
    for name in ServerSettings.model_fields:
        assert "--" + name.replace("_", "-") in page
