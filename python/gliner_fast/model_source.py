"""A name becomes files that a session can load: found, downloaded, converted or cached."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from gliner_fast.config import CONFIG_FILE, WEIGHT_FILES
from gliner_fast.errors import CorruptModelError, InvalidInputError, ModelNotFoundError
from gliner_fast.hub import (
    HubOptions,
    Revision,
    conversion_folder,
    download,
    find_local,
    local_revision,
    pinned,
    resolve,
)
from gliner_fast.manifest import MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE, Manifest

__all__ = ["DEFAULT_MODEL", "ModelFiles", "find_model"]

#: The model inside the package.
DEFAULT_MODEL = "pii-default"
#: Its names, where no folder has them; the Hub gives no names without an owner.
_DEFAULT_NAMES = ("default", DEFAULT_MODEL)
_log = logging.getLogger("gliner_fast")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A folder that can be loaded.

    Attributes:
        folder: Holds ``gliner_config.json``, ``tokenizer.json`` and the graph.
        model_file: Name of the graph within it.
        model_id: Name of the model, as the endpoint lists it.
        revision: Commit on the Hub, if it came from there.
        precision: ``fp32``, ``fp16``, ``int8``, or ``unknown`` for graphs of gliner's own.
        max_tokens: Longest row that the model can take, or None.
    """

    folder: Path
    model_file: str
    model_id: str
    revision: str | None = None
    precision: str = "unknown"
    max_tokens: int | None = None


def find_model(
    name: str | Path | None = None,
    *,
    precision: str | None = None,
    onnx_file: str | None = None,
    hub: HubOptions | None = None,
    progress: bool = True,
) -> ModelFiles:
    """Files of a model, converted first if need be.

    Args:
        name: A model folder, a GLiNER checkpoint folder, a folder with gliner's own ONNX export,
            or a Hub name; None, ``default`` or ``pii-default`` for the model inside the package.
        precision: Of the conversion; None means ``fp32``, or what a converted folder has.
        onnx_file: Load this graph of the folder as it is.
        hub: How to talk to the Hub.
        progress: Show progress bars.

    Raises:
        ModelError: Of the kind that says what is wrong.
        InvalidInputError: If ``precision`` is not what a converted folder has.
    """
    hub = hub or HubOptions()
    if name is None or (name in _DEFAULT_NAMES and not Path(name).is_dir()):
        return _converted(Path(__file__).parent / "models" / DEFAULT_MODEL, precision)
    form = precision or "fp32"
    folder = find_local(name)
    revision: Revision | None = None
    if folder is None:
        use_cache = not (onnx_file or hub.force_download)
        # What is pinned and converted needs neither the Hub nor its download cache.
        for commit_of in (pinned, resolve):
            revision = commit_of(str(name), hub)
            if use_cache and revision and _is_whole(cached := conversion_folder(revision, form)):
                return _converted(cached, precision)
        assert revision is not None  # noqa: S101 - resolve() raises
        folder = download(revision, hub, onnx_file)
    if onnx_file is not None:
        return _exported(folder, onnx_file, revision)
    if (folder / MANIFEST_FILE).is_file():
        return _converted(folder, precision, revision)
    weights = next((folder / n for n in WEIGHT_FILES if (folder / n).is_file()), None)
    if weights is not None:
        origin = revision or local_revision(folder, weights)
        target = conversion_folder(origin, form)
        _convert_once(folder, target, form, revision, hub, progress)
        return _converted(target, precision)
    if (folder / MODEL_FILE).is_file():
        return _exported(folder, MODEL_FILE, revision)
    raise ModelNotFoundError(
        f"{name}: has neither {MANIFEST_FILE} (a converted model), nor "
        f"{' or '.join(WEIGHT_FILES)} (a checkpoint), nor {MODEL_FILE}"
    )


def _converted(folder: Path, precision: str | None, revision: Revision | None = None) -> ModelFiles:
    manifest = Manifest.load(folder)
    if precision not in (None, manifest.precision):
        raise InvalidInputError(
            "precision",
            f"{manifest.precision}, which {folder.name} was converted to",
            repr(precision),
        )
    commit = revision.commit if revision else manifest.source.get("revision")
    return ModelFiles(
        folder, MODEL_FILE, manifest.model_id, commit, manifest.precision, manifest.max_tokens
    )


def _exported(folder: Path, model_file: str, revision: Revision | None) -> ModelFiles:
    """A graph that gliner exported, beside its configuration and tokenizer."""
    if not (folder / CONFIG_FILE).is_file():
        raise ModelNotFoundError(f"{folder}: has no {CONFIG_FILE}; it is not a GLiNER model")
    if not (folder / TOKENIZER_FILE).is_file():
        raise ModelNotFoundError(
            f"{folder}: has no {TOKENIZER_FILE}; write it from the checkpoint with gliner: "
            "model.data_processor.transformer_tokenizer.save_pretrained(folder)"
        )
    model_id = revision.repo_id if revision else folder.resolve().name
    return ModelFiles(folder, model_file, model_id, revision.commit if revision else None)


def _is_whole(cached: Path) -> bool:
    """Whether there is a conversion that can be loaded, of this version's format."""
    try:
        Manifest.load(cached)
    except (ModelNotFoundError, CorruptModelError):
        return False
    return True


def _convert_once(
    folder: Path,
    target: Path,
    precision: str,
    revision: Revision | None,
    hub: HubOptions,
    progress: bool,
) -> None:
    """Convert into the cache. Processes that start together wait for the first."""
    from gliner_fast.convert.pipeline import convert_folder

    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / f".{target.name}.lock"):
        if hub.force_download or not _is_whole(target):
            if (target / MANIFEST_FILE).is_file() and not hub.force_download:
                # Its user never made it, so "convert it again" would be no answer.
                _log.warning("%s: is damaged or of another version; converting again", target)
            convert_folder(
                folder, target, precision, revision, force=True, progress=progress, hub=hub
            )
