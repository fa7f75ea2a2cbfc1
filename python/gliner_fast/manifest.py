"""A model folder and its manifest.

A model folder holds ``model.onnx``, ``model.onnx.data`` (weights), ``tokenizer.json``,
``gliner_config.json`` and ``gliner_fast.json``, the manifest: where the model came from, what
wrote it, and the size and SHA-256 of every other file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gliner_fast.errors import CorruptModelError, GlinerFastError, ModelNotFoundError

__all__ = [
    "DATA_FILE",
    "FORMAT_VERSION",
    "FUSED_FILE",
    "MANIFEST_FILE",
    "MODEL_FILE",
    "TOKENIZER_FILE",
    "FileRecord",
    "Manifest",
    "check_free",
    "hash_file",
    "new_folder",
]

MANIFEST_FILE = "gliner_fast.json"
MODEL_FILE = "model.onnx"
#: The same network in this project's own CPU operators, over the same weights.
FUSED_FILE = "model.fused.onnx"
DATA_FILE = "model.onnx.data"
TOKENIZER_FILE = "tokenizer.json"
#: Raised when a folder written by older code must be converted again.
FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model folder is.

    Attributes:
        model_id: Name under which the endpoint lists the model.
        precision: ``fp32``, ``fp16`` or ``int8``.
        source: Repository or folder name, revision, and the files that were read.
        versions: Of what wrote the folder.
        files: Of the folder, by name.
        parameters: Number of weights of the checkpoint.
        max_tokens: Longest row that the model can take, or None where positions are relative.
        fidelity: Of an int8 model: how its entities agree with the fp32 model's, by label.
    """

    model_id: str
    precision: str
    source: Mapping[str, Any]
    versions: Mapping[str, str]
    parameters: int
    max_tokens: int | None = None
    fidelity: Mapping[str, Any] | None = None
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read and check the manifest of a model folder.

        Raises:
            ModelNotFoundError: If the folder has none.
            CorruptModelError: If it cannot be read, is of another format version, or a file is
                missing or has another size. Contents are compared by :meth:`verify`.
        """
        path = folder / MANIFEST_FILE
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            files = {name: FileRecord(**record) for name, record in raw.pop("files").items()}
            manifest = cls(files=files, **raw)
        except FileNotFoundError:
            raise ModelNotFoundError(f"{folder}: has no {MANIFEST_FILE}") from None
        except (
            OSError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            RecursionError,
        ) as error:
            raise CorruptModelError(f"{path}: cannot be read ({error})") from error
        if manifest.format_version != FORMAT_VERSION:
            raise CorruptModelError(
                f"{path}: expected format_version {FORMAT_VERSION}, got "
                f"{manifest.format_version}; convert the model again"
            )
        for name, record in files.items():
            try:
                size = (folder / name).stat().st_size
            except OSError:
                raise CorruptModelError(f"{folder}: {name} is missing") from None
            if size != record.bytes:
                raise CorruptModelError(
                    f"{folder / name}: expected {record.bytes} bytes, got {size}; "
                    "convert or download the model again"
                )
        return manifest

    def verify(self, folder: Path) -> None:
        """Compare every file with its hash.

        Raises:
            CorruptModelError: Naming the first file that differs.
        """
        for name, record in self.files.items():
            if hash_file(folder / name) != record:
                raise CorruptModelError(f"{folder / name}: differs from its SHA-256")

    def save(self, folder: Path) -> None:
        """Write the manifest last, with the records of all files in the folder."""
        names = sorted(p.name for p in folder.iterdir() if p.name != MANIFEST_FILE)
        raw = asdict(self)
        raw["files"] = {name: asdict(hash_file(folder / name)) for name in names}
        text = json.dumps(raw, indent=2, sort_keys=True) + "\n"
        (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")


def hash_file(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return FileRecord(path.stat().st_size, digest.hexdigest())


def check_free(target: Path, replace: bool) -> None:
    """Refuse a target that exists.

    Raises:
        GlinerFastError: Unless ``replace`` is true.
    """
    if target.exists() and not replace:
        raise GlinerFastError(f"{target}: exists already; use --force (force=True) to replace it")


@contextmanager
def new_folder(target: Path, replace: bool) -> Iterator[Path]:
    """A scratch folder that becomes ``target`` when the block ends well, else disappears.

    Readers never see half a folder. An existing target stays until the new one is whole.

    Raises:
        GlinerFastError: If ``target`` exists and ``replace`` is false.
    """
    check_free(target, replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    # mkdtemp keeps others out; a model is no secret and may be shared by several users.
    scratch.chmod(0o755)
    try:
        yield scratch
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.replace(old / target.name)
            scratch.replace(target)
            shutil.rmtree(old)
        else:
            scratch.replace(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
