"""Find a model by path or Hub name, download what is needed, and cache conversions.

Conversions are cached by the Hub's revision (a commit), under ``$GLINER_FAST_CACHE`` or
``~/.cache/gliner-fast``. A cached one is loaded without a look at the Hub's files, so it works
offline and after the download cache is emptied.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from gliner_fast.config import (
    CONFIG_FILE,
    SENTENCEPIECE_FILES,
    TOKENIZER_SOURCES,
    WEIGHT_FILES,
)
from gliner_fast.errors import InvalidInputError, ModelNotFoundError
from gliner_fast.manifest import MANIFEST_FILE

__all__ = [
    "HubOptions",
    "Revision",
    "cache_root",
    "conversion_folder",
    "download",
    "find_local",
    "local_revision",
    "pinned",
    "resolve",
]


def _network_errors() -> tuple[type[Exception], ...]:
    """What fails on the way to the Hub.

    huggingface_hub 0.x raises requests' errors, which are OSErrors; 1.x raises those of httpx
    and 2.x those of httpx2, which are not.
    """
    found: list[type[Exception]] = [HfHubHTTPError, OfflineModeIsEnabled, OSError]
    for client in ("httpx", "httpx2"):
        try:
            found.append(import_module(client).HTTPError)
        except ImportError:
            continue
    return tuple(found)


_NETWORK_ERRORS = _network_errors()
_COMMON = ["*.json", *SENTENCEPIECE_FILES]


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How to talk to the Hub; names and meanings are huggingface_hub's."""

    revision: str | None = None
    cache_dir: str | Path | None = None
    token: str | bool | None = None
    force_download: bool = False
    local_files_only: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """A repository at a commit.

    Attributes:
        files: Names of its files; empty where the Hub was not asked.
    """

    repo_id: str
    commit: str
    files: tuple[str, ...] = ()


def cache_root() -> Path:
    """Where conversions are kept."""
    if configured := os.environ.get("GLINER_FAST_CACHE"):
        return Path(configured).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gliner-fast"


def find_local(name: str | Path) -> Path | None:
    """The folder ``name``, if it is one.

    Raises:
        ModelNotFoundError: If ``name`` can only be a path, and there is no such folder.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    text = str(name)
    is_path = isinstance(name, Path) or text.startswith((".", "/", "~")) or "\\" in text
    if is_path or text.count("/") > 1 or path.exists():
        raise ModelNotFoundError(f"{name}: is not a folder")
    return None


def pinned(repo_id: str, options: HubOptions) -> Revision | None:
    """The commit that the options name in full, which nobody need be asked for.

    Raises:
        InvalidInputError: If the name cannot be a repository's.
    """
    _check_name(repo_id)
    commit = options.revision or ""
    return Revision(repo_id, commit) if re.fullmatch("[0-9a-f]{40}", commit) else None


def _check_name(repo_id: str) -> None:
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        raise InvalidInputError(
            "model", "a folder or a Hub name like owner/name", repr(repo_id)
        ) from None


def resolve(repo_id: str, options: HubOptions) -> Revision:
    """The commit that a Hub name stands for now; offline, the one it stood for last.

    Raises:
        InvalidInputError: If the name cannot be a repository's.
        ModelNotFoundError: If the repository or revision does not exist, or the Hub cannot be
            reached and nothing is cached.
    """
    _check_name(repo_id)
    wanted = options.revision or "main"
    home = cache_root() / _folder_name(repo_id)
    remembered = home / "refs" / _safe(wanted)
    offline = options.local_files_only or constants.is_offline_mode()
    reason = "offline mode is on"
    if not offline:
        try:
            info = HfApi(token=options.token).model_info(repo_id, revision=options.revision)
        except (RepositoryNotFoundError, RevisionNotFoundError) as error:
            kind = "revision" if isinstance(error, RevisionNotFoundError) else "repository"
            raise ModelNotFoundError(
                f"{repo_id}: no such {kind} on the Hub (or it is private: log in or pass a token)"
            ) from None
        except _NETWORK_ERRORS as error:
            reason = f"the Hub cannot be reached ({type(error).__name__})"
        else:
            if info.sha is None:
                raise ModelNotFoundError(f"{repo_id}: the Hub names no commit")
            _remember(remembered, info.sha)
            names = tuple(sorted(file.rfilename for file in info.siblings or ()))
            return Revision(repo_id, info.sha, names)
    if remembered.is_file():
        return Revision(repo_id, remembered.read_text(encoding="ascii").strip())
    # Not among the Hub's own answers: what the download cache says may be older than those, and
    # newer than what it said last.
    found = home / "downloaded-refs" / _safe(wanted)
    try:
        # Perhaps another program downloaded it.
        folder = snapshot_download(
            repo_id, revision=options.revision, cache_dir=options.cache_dir, local_files_only=True
        )
    except (LocalEntryNotFoundError, OSError):
        if found.is_file():
            return Revision(repo_id, found.read_text(encoding="ascii").strip())
        raise ModelNotFoundError(f"{repo_id}: is not cached, and {reason}") from None
    commit = Path(folder).name
    with suppress(OSError):
        # A model that needs no conversion loads without a cache that can be written.
        _remember(found, commit)
    return Revision(repo_id, commit)


def _remember(where: Path, commit: str) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    scratch = where.with_name(f"{where.name}.{os.getpid()}")
    scratch.write_text(commit, encoding="ascii")
    scratch.replace(where)


def download(revision: Revision, options: HubOptions, onnx_file: str | None = None) -> Path:
    """The folder with a revision's files, of the weights only the kind that is preferred.

    Args:
        onnx_file: Take this graph and its data in place of weights.

    Raises:
        ModelNotFoundError: If files are missing and cannot be had.
    """
    patterns = list(_COMMON)
    if onnx_file is not None:
        patterns += [onnx_file, f"{onnx_file}.data", f"{onnx_file}_data"]
    elif MANIFEST_FILE in revision.files:
        patterns += ["model*.onnx", "model*.onnx.data"]
    elif weights := next((name for name in WEIGHT_FILES if name in revision.files), None):
        patterns.append(weights)
    elif CONFIG_FILE in revision.files:
        patterns.append("*.onnx")
    offline = options.local_files_only or constants.is_offline_mode() or not revision.files
    try:
        return Path(
            snapshot_download(
                revision.repo_id,
                revision=revision.commit,
                cache_dir=options.cache_dir,
                token=options.token,
                force_download=options.force_download,
                local_files_only=offline,
                allow_patterns=patterns,
            )
        )
    except _NETWORK_ERRORS as error:
        raise ModelNotFoundError(
            f"{revision.repo_id}: cannot be downloaded ({type(error).__name__})"
        ) from error


def conversion_folder(revision: Revision, precision: str) -> Path:
    """Where the conversion of a revision is kept."""
    return cache_root() / _folder_name(revision.repo_id) / revision.commit / precision


def local_revision(folder: Path, weights: Path) -> Revision:
    """Stands for a local checkpoint: changes with its config, weights or tokenizer files."""
    read = [weights, *(folder / name for name in TOKENIZER_SOURCES if (folder / name).is_file())]
    states = [(path, path.stat()) for path in read]
    text = "\n".join(f"{p.resolve()}:{stat.st_size}:{stat.st_mtime_ns}" for p, stat in states)
    content = text.encode() + (folder / CONFIG_FILE).read_bytes()
    return Revision(f"local/{folder.resolve().name}", hashlib.sha256(content).hexdigest()[:40])


def _folder_name(repo_id: str) -> str:
    return "models--" + _safe(repo_id)


def _safe(name: str) -> str:
    return name.replace("/", "--").replace("..", "--")
