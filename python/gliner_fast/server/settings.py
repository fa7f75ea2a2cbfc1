"""Everything that can be set, from four places: flag, then environment, then YAML, then default.

Every setting ``some_name`` is the flag ``--some-name``, the environment variable
``GLINER_SOME_NAME`` and the YAML key ``some_name``. ``device`` is ``DEVICE`` in the
environment, as for the reference server.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from gliner_fast.label_sets import DEFAULT_LABELS
from gliner_fast.server.labels import check_aliases

__all__ = ["ServerSettings", "SettingsError", "add_setting_arguments", "load_settings"]


class SettingsError(ValueError):
    """A setting is wrong; the message is one sentence per setting, for a terminal."""


def _words(value: object) -> object:
    """A list from ``a,b`` or ``["a","b"]``, as flags and environment variables give it."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class ServerSettings(BaseSettings):
    """All settings of the server. Field descriptions are the flags' help texts."""

    model_config = SettingsConfigDict(
        env_prefix="GLINER_", extra="forbid", env_ignore_empty=True, frozen=True
    )

    host: str = Field(default="127.0.0.1", min_length=1, description="address to bind")
    port: int = Field(default=8001, ge=0, le=65535, description="port; 0 picks a free one")
    model: str | None = Field(
        default=None, description="model folder or Hub repository; the embedded model if not given"
    )
    precision: str | None = Field(
        default=None,
        pattern=r"^(fp32|fp16|int8)$",
        description="fp32, fp16 or int8: what a checkpoint is converted to; fp32 if not given",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda|mps)$",
        validation_alias=AliasChoices("device", "DEVICE"),
        description="auto, cpu, cuda or mps",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="threads of the model; 0 shares this machine's CPUs out",
    )
    workers: int = Field(default=1, ge=1, le=256, description="server processes on the port")

    batch_mode: bool = Field(
        default=True, description="batch windows of different requests together"
    )
    max_batch_requests: Count = Field(default=32, description="most requests in one batch")
    batch_wait_ms: float = Field(
        default=10.0, ge=0, le=10_000, allow_inf_nan=False, description="longest wait for company"
    )
    max_batch_tokens: Count = Field(
        default=2_048,
        description="most tokens in one batch; more of them need more memory, GPUs want more",
    )
    batch_target_ms: float = Field(
        default=250.0,
        gt=0,
        le=60_000,
        description="time that a batch may take while one request waits",
    )
    max_queue_tokens: Count = Field(
        default=4_000_000, description="most tokens that may wait; then 429"
    )
    max_queue_requests: Count = Field(
        default=1024, description="most requests that may wait; then 429"
    )

    request_timeout: Seconds = Field(default=110.0, description="seconds until a request gets 504")
    body_timeout: Seconds = Field(
        default=30.0, description="seconds for a request's body; then 408"
    )
    header_timeout: Seconds = Field(default=10.0, description="seconds for a request's headers")
    keep_alive_timeout: Seconds = Field(
        default=75.0, description="seconds an idle connection is kept"
    )
    inference_timeout: Seconds = Field(
        default=60.0, description="seconds until a batch counts as hung"
    )
    drain_timeout: Seconds = Field(
        default=30.0, description="seconds that running requests get after SIGTERM"
    )

    max_body_bytes: Count = Field(default=16 * 1024 * 1024, description="largest request body")
    max_characters: Count = Field(default=2_000_000, description="longest text, in code points")
    max_labels: Count = Field(default=1000, description="most labels of a request")
    max_label_length: Count = Field(default=256, description="longest label, in code points")
    max_windows: Count = Field(default=20_000, description="most windows of a request")

    default_labels: Words = Field(
        default=DEFAULT_LABELS, description="labels of a request that names none; [] finds nothing"
    )
    aliases: dict[str, str] = Field(
        default={}, description='label aliases, as JSON: {"phone": "phone_number"}'
    )
    api_key_file: Path | None = Field(
        default=None,
        description="file with one accepted bearer key a line; without it no key is asked",
    )
    cors_origins: Words = Field(default=(), description="origins that browsers may call from")
    ssl_certfile: Path | None = Field(default=None, description="TLS certificate")
    ssl_keyfile: Path | None = Field(default=None, description="TLS private key")
    docs: bool = Field(default=True, description="serve /docs and /openapi.json")
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )

    @model_validator(mode="after")
    def _consistent(self) -> ServerSettings:
        check_aliases(self.aliases)
        if (self.ssl_certfile is None) != (self.ssl_keyfile is None):
            raise ValueError("ssl_certfile and ssl_keyfile go together")
        for path in (self.api_key_file, self.ssl_certfile, self.ssl_keyfile):
            if path is not None and not path.is_file():
                raise ValueError(f"{path}: no such file")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over the YAML file that ``GLINER_CONFIG`` names."""
        path = os.environ.get("GLINER_CONFIG")
        yaml = (YamlConfigSettingsSource(settings_cls, yaml_file=path),) if path else ()
        return (init_settings, env_settings, *yaml)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return "DEVICE" if name == "device" else f"GLINER_{name.upper()}"


def add_setting_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser one flag per setting, and ``--config``.

    Values stay strings here: one place, :class:`ServerSettings`, knows what is right.
    """
    parser.add_argument("--config", metavar="FILE", help="YAML file of settings [GLINER_CONFIG]")
    for name, info in ServerSettings.model_fields.items():
        default = info.default
        shown = "55 labels" if name == "default_labels" else default
        note = "" if shown is None or shown == () or shown == {} else f" (default: {shown})"
        parser.add_argument(
            _flag(name),
            dest=f"setting_{name}",
            metavar=name.rsplit("_", 1)[-1].upper(),
            help=f"{info.description}{note} [{_variable(name)}]".replace("%", "%%"),
        )


def load_settings(arguments: argparse.Namespace) -> ServerSettings:
    """Settings from parsed flags, the environment and the YAML file.

    Raises:
        SettingsError: With one sentence for every wrong value.
    """
    flags: dict[str, Any] = {
        name: value
        for name in ServerSettings.model_fields
        if (value := getattr(arguments, f"setting_{name}", None)) is not None
    }
    config = getattr(arguments, "config", None)
    if config is not None:
        # Workers and code that builds settings later must see the same file.
        os.environ["GLINER_CONFIG"] = config
    path = os.environ.get("GLINER_CONFIG")
    if path and not Path(path).is_file():
        raise SettingsError(f"config: no such file: {path}")
    try:
        if isinstance(flags.get("aliases"), str):
            flags["aliases"] = json.loads(flags["aliases"])
        return ServerSettings(**flags)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error.errors(), flags))) from None
    except Exception as error:
        # Sources raise their own errors on text that is not JSON or YAML.
        raise SettingsError(f"settings cannot be read: {error}") from None


def _sentences(errors: Sequence[Any], flags: Mapping[str, object]) -> list[str]:
    sentences = []
    for error in errors:
        message = str(error["msg"]).removeprefix("Value error, ")
        if not error["loc"]:
            sentences.append(message)
            continue
        name = str(error["loc"][0]).lower()
        if name not in ServerSettings.model_fields:
            sentences.append(f"{name}: there is no such setting")
            continue
        origin = _flag(name) if name in flags else f"{name} ({_variable(name)})"
        message = message[:1].lower() + message[1:]
        sentences.append(f"{origin}: {message}, got {error['input']!r}")
    return sentences
