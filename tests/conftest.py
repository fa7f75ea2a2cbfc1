"""Fixtures of all tests. Nothing here or below may reach for a network or a user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Read when huggingface_hub is imported. Tests of the Hub start processes with their own setting.
os.environ["HF_HUB_OFFLINE"] = "1"

from gliner_fast import GLiNER
from gliner_fast.engine import Engine

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLINER_FAST_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        yield


@pytest.fixture(scope="session")
def model() -> GLiNER:
    """The model inside the package."""
    return GLiNER.from_pretrained()


@pytest.fixture(scope="session")
def engine(model: GLiNER) -> Engine:
    """What runs the model inside the package."""
    return model.engine


@pytest.fixture(scope="session")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint ``standard``, converted."""
    from gliner_fast.convert import convert
    from samples import VARIANTS

    target = tmp_path_factory.mktemp("standard") / "model"
    return convert(VARIANTS / "standard", target, progress=False)
