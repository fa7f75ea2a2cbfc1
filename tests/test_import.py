"""Importing stays light, and each heavy package is imported where it belongs and nowhere else."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from samples import PACKAGE

ROOT = PACKAGE.parents[1]
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
HEAVY = {"torch", "transformers", "gliner", "fastapi", "uvicorn", "pydantic", "onnx", "safetensors"}
#: The package's converter, which needs the extra ``convert``.
CONVERT = "gliner_fast/convert/"
SERVER = "gliner_fast/server/"


def _where(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


def _imports(path: Path) -> Iterator[str]:
    """Top-level names of every import in a file, those within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _importers(*packages: str) -> set[str]:
    return {_where(path) for path in MODULES if set(packages) & set(_imports(path))}


@pytest.mark.parametrize(
    "module", ["gliner_fast", "gliner_fast.cli", "gliner_fast.engine", "gliner_fast.model_source"]
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_detecting_loads_nothing_heavy() -> None:
    code = (
        "import sys; from gliner_fast import GLiNER\n"
        "GLiNER.from_pretrained().detect('Write to a@example.com', ['email'])\n"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_one_module_knows_onnx_runtime() -> None:
    assert _importers("onnxruntime") == {"gliner_fast/session.py"}


def test_the_package_knows_no_torch() -> None:
    assert _importers("torch", "transformers", "gliner") == set()


def test_only_the_server_knows_fastapi() -> None:
    users = _importers("fastapi", "uvicorn", "pydantic", "pydantic_settings", "starlette")
    assert all(where.startswith(SERVER) for where in users)
    assert users


def test_only_the_converter_knows_onnx_and_safetensors() -> None:
    users = _importers("onnx", "safetensors", "sentencepiece")
    assert all(where.startswith(CONVERT) for where in users)
    assert users


def test_one_module_knows_the_tokenizers_and_one_the_hub() -> None:
    assert _importers("huggingface_hub") == {"gliner_fast/hub.py"}
    users = {where for where in _importers("tokenizers") if not where.startswith(CONVERT)}
    assert users == {"gliner_fast/encoding.py"}


def test_no_test_needs_the_reference() -> None:
    # Those of training ask for torch and are skipped without it.
    files = [p for p in ROOT.glob("tests/**/*.py") if p.parent.name != "training"]
    assert len(files) > 10
    for path in files:
        assert not {"torch", "transformers", "gliner"} & set(_imports(path)), path
    # The search finds them where they are.
    assert "gliner" in _imports(ROOT / "export" / "make_checkpoints.py")


def test_stages_import_no_other_stage() -> None:
    """What a stage may speak: the shared nouns. One module composes them."""
    nouns = {"types", "errors", "config", "cpus", "manifest", "feeds", "words", "_native"}
    for stage in ("windows", "words", "encoding", "batching", "feeds", "session", "decoding"):
        tree = ast.parse((PACKAGE / f"{stage}.py").read_text(encoding="utf-8"))
        used = {
            node.module.removeprefix("gliner_fast").lstrip(".")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and "gliner_fast" in node.module
        } - {""}
        assert used <= nouns - {stage}, stage


def _names(path: Path) -> list[str] | None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            assert isinstance(node, ast.Assign)
            return [ast.literal_eval(item) for item in node.value.elts]  # type: ignore[attr-defined]
    return None


CORE = [
    path for path in MODULES if not _where(path).startswith(SERVER) and path.name != "__main__.py"
]


@pytest.mark.parametrize("path", CORE, ids=_where)
def test_all_is_sorted_and_complete(path: Path) -> None:
    names = _names(path)
    assert names is not None
    assert names == sorted(names, key=lambda n: (not n.isupper(), not n[:1].isupper(), n))
    where = _where(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = importlib.import_module(where)
    assert all(hasattr(module, name) for name in names)
    if path.name == "__init__.py":
        return
    defined = {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }
    assert defined <= set(names)


@pytest.mark.parametrize("path", CORE, ids=_where)
def test_what_is_public_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
