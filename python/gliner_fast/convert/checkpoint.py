"""A checkpoint folder, read and checked: what is converted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from gliner_fast.config import CONFIG_FILE, GlinerConfig
from gliner_fast.convert.config import EncoderConfig, HeadConfig, check_convertible
from gliner_fast.convert.encoder import WORD_EMBEDDINGS
from gliner_fast.convert.tokenizer import TOKENIZER_SOURCES, load_tokenizer, with_markers
from gliner_fast.convert.weights import Weights, find_weights, open_weights
from gliner_fast.errors import CorruptModelError, ModelNotFoundError
from gliner_fast.hub import HubOptions, Revision, download, find_local, resolve

__all__ = ["Checkpoint"]


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a conversion needs.

    Attributes:
        class_token: Token id of ``config.ent_token``.
        base_model: Name of the base model that was used, or None.
        sources: The files that were read.
    """

    config: GlinerConfig
    head: HeadConfig
    encoder: EncoderConfig
    tokenizer: Tokenizer
    class_token: int
    weights: Weights
    base_model: str | None
    sources: tuple[Path, ...]

    @classmethod
    def load(cls, folder: Path, hub: HubOptions) -> Checkpoint:
        """Read a checkpoint folder; weights are read when asked for.

        Raises:
            ModelNotFoundError, UnsupportedModelError, CorruptModelError, UnsafeCheckpointError
        """
        config = GlinerConfig.load(folder)
        head = check_convertible(config)
        weights_path = find_weights(folder)
        weights = open_weights(weights_path)
        rows = weights.rows(WORD_EMBEDDINGS)
        base = _BaseModel(config, hub)
        encoder = _encoder_config(config, base, rows)
        tokenizer, class_token = with_markers(_tokenizer(folder, config, base), config, rows)
        for mark in (config.ent_token, config.sep_token):
            token = tokenizer.token_to_id(mark)
            if token is not None and token >= encoder.vocab_size:
                raise CorruptModelError(
                    f"the id of {mark!r} is {token}, "
                    f"but the vocabulary has {encoder.vocab_size} tokens"
                )
        names = [weights_path.name, CONFIG_FILE]
        names += [name for name in TOKENIZER_SOURCES if (folder / name).is_file()]
        return cls(
            config=config,
            head=head,
            encoder=encoder,
            tokenizer=tokenizer,
            class_token=class_token,
            weights=weights,
            base_model=base.used,
            sources=tuple(folder / name for name in names),
        )


class _BaseModel:
    """The model named by ``model_name``: the source of what the checkpoint leaves out."""

    def __init__(self, config: GlinerConfig, hub: HubOptions) -> None:
        self._name = config.model_name
        self._hub = HubOptions(
            cache_dir=hub.cache_dir, token=hub.token, local_files_only=hub.local_files_only
        )
        self.used: str | None = None

    def folder(self, missing: str) -> Path:
        """Its folder with configuration and tokenizer, but without weights."""
        try:
            found = find_local(self._name)
            # The manifest says what was used, not where it lay.
            used = found.name if found else self._name
            if found is None:
                revision = resolve(self._name, self._hub)
                small = tuple(n for n in revision.files if not n.endswith((".bin", ".safetensors")))
                found = download(Revision(revision.repo_id, revision.commit, small), self._hub)
        except ModelNotFoundError as error:
            raise ModelNotFoundError(
                f"the checkpoint has no {missing}, and its base model "
                f"(model_name) cannot be had: {error}"
            ) from None
        self.used = used
        return found


def _encoder_config(config: GlinerConfig, base: _BaseModel, rows: int) -> EncoderConfig:
    """The encoder's configuration, of the checkpoint or its base model.

    gliner adds its markers to the base model's tokenizer and makes the embedding table as long as
    that, where its own configuration leaves the size open. The base model's number is another one
    then, and often not the tokenizer's length either: what counts is the table itself.
    """
    is_open = config.vocab_size < 0 or config.class_token_index < 0
    raw = config.raw.get("encoder_config")
    if raw is None:
        path = base.folder("encoder_config") / "config.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CorruptModelError(f"{path}: cannot be read ({error})") from error
        return EncoderConfig.from_dict(raw, rows if is_open else config.vocab_size)
    if not isinstance(raw, dict):
        raise CorruptModelError("encoder_config: expected a JSON object")
    return EncoderConfig.from_dict(raw, rows if is_open else -1)


def _tokenizer(folder: Path, config: GlinerConfig, base: _BaseModel) -> Tokenizer:
    tokenizer = load_tokenizer(folder)
    if tokenizer is None:
        origin = base.folder("tokenizer")
        tokenizer = load_tokenizer(origin)
        if tokenizer is None:
            raise ModelNotFoundError(
                f"neither the checkpoint nor its base model {config.model_name!r} has one of "
                f"{', '.join(TOKENIZER_SOURCES)}"
            )
    return tokenizer
