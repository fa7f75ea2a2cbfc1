"""Names on the Hub: downloaded and converted once, then loaded from the cache, offline too.

Every load is a process of its own against a Hub on loopback, because huggingface_hub reads its
settings when it is imported.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from fake_hub import FakeHub, Files, fake_hub
from gliner_fast.errors import InvalidInputError, ModelNotFoundError
from gliner_fast.hub import (
    HubOptions,
    Revision,
    conversion_folder,
    find_local,
    local_revision,
    resolve,
)
from samples import DATA, VARIANTS, copied
from variants import LABELS, TEXTS

LOAD = f"""
import json, sys
from gliner_fast import GLiNER, GlinerFastError
try:
    model = GLiNER.from_pretrained(sys.argv[1], **json.loads(sys.argv[2]))
except GlinerFastError as error:
    answer = {{"error": type(error).__name__, "message": str(error)}}
else:
    engine = model.engine
    entities = model.predict_entities({TEXTS[0]!r}, {LABELS!r}, threshold=0.2)
    answer = {{
        "id": engine.model_id, "revision": engine.revision, "precision": engine.precision,
        "entities": entities, "converted": "converting" in "".join(sys.stderr.written),
    }}
print(json.dumps(answer))
"""
#: Keeps what the progress bar of a conversion writes, to tell that there was one.
KEEP_STDERR = """
import sys
class Kept:
    def __init__(self, stream):
        self.stream, self.written = stream, []
    def write(self, text):
        self.written.append(text)
        return self.stream.write(text)
    def __getattr__(self, name):
        return getattr(self.stream, name)
sys.stderr = Kept(sys.stderr)
"""
REPOSITORY = "somebody/tiny-gliner"


@dataclass
class Machine:
    """A user's machine: its two caches and its way to the Hub."""

    home: Path
    hub: FakeHub

    def environment(self, offline: bool) -> dict[str, str]:
        return {
            **os.environ,
            "HF_ENDPOINT": self.hub.url,
            "HF_HOME": str(self.home / "hf"),
            "HF_HUB_OFFLINE": str(int(offline)),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "GLINER_FAST_CACHE": str(self.home / "cache"),
        }

    def start(self, name: str, offline: bool = False, **arguments: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", KEEP_STDERR + LOAD, name, json.dumps(arguments)],
            env=self.environment(offline),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def load(self, name: str = REPOSITORY, offline: bool = False, **arguments: Any) -> Any:
        """What a fresh process says after loading a model."""
        return self.finish(self.start(name, offline, **arguments))

    @staticmethod
    def finish(process: subprocess.Popen[str]) -> Any:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return json.loads(out.splitlines()[-1])


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, hub: FakeHub) -> Machine:
    return Machine(tmp_path, hub)


def _files(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "reference.npz"
    }


CHECKPOINT = ["gliner_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


def test_a_model_is_downloaded_and_converted_once(tmp_path: Path) -> None:
    with fake_hub() as hub:
        machine = Machine(tmp_path, hub)
        commit = hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
        first = machine.load()
        assert first["converted"]
        assert (first["id"], first["revision"]) == (REPOSITORY, commit)
        assert len(first["entities"]) > 1
        assert hub.downloads() == CHECKPOINT

        again = {**first, "converted": False}
        assert machine.load() == again
        assert hub.downloads() == []
    # The Hub is down now: nothing listens on its port.
    assert machine.load() == again
    assert machine.load(offline=True) == again
    assert machine.load(local_files_only=True) == again
    shutil.rmtree(tmp_path / "hf")
    assert machine.load(offline=True) == again
    assert machine.load() == again
    # A precision that was never converted needs the files again.
    answer = machine.load(precision="fp16")
    assert answer["error"] == "ModelNotFoundError"
    assert "Traceback" not in answer["message"]


def test_the_download_is_enough_to_convert_offline(machine: Machine) -> None:
    machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    machine.load()
    answer = machine.load(offline=True, precision="fp16")
    assert (answer["converted"], answer["precision"]) == (True, "fp16")


def _download_by_another_program(machine: Machine) -> None:
    subprocess.run(
        [sys.executable, "-c", f"import huggingface_hub as h; h.snapshot_download({REPOSITORY!r})"],
        env=machine.environment(offline=False),
        check=True,
        capture_output=True,
    )


def test_what_another_program_downloaded_will_do_offline(machine: Machine) -> None:
    commit = machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    _download_by_another_program(machine)
    answer = machine.load(offline=True)
    assert (answer["converted"], answer["revision"]) == (True, commit)


def test_a_conversion_outlives_what_another_program_downloaded(machine: Machine) -> None:
    """The Hub itself was never asked for this name."""
    commit = machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    _download_by_another_program(machine)
    again = {**machine.load(offline=True), "converted": False}
    shutil.rmtree(machine.home / "hf")
    assert machine.load(offline=True) == again
    # The commit itself needs nobody's word.
    shutil.rmtree(machine.home / "cache" / "models--somebody--tiny-gliner" / "downloaded-refs")
    assert machine.load(offline=True, revision=commit) == again
    machine.hub.asked.clear()
    assert machine.load(revision=commit) == again
    assert machine.hub.asked == []
    answer = machine.load(offline=True)
    assert answer["message"] == f"{REPOSITORY}: is not cached, and offline mode is on"


def test_a_damaged_conversion_is_made_again(machine: Machine) -> None:
    commit = machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    first = machine.load()
    conversion = machine.home / "cache" / "models--somebody--tiny-gliner" / commit / "fp32"
    for arguments in ({}, {"offline": True, "revision": commit}):
        (conversion / "tokenizer.json").unlink()
        assert machine.load(**arguments) == first


def test_a_new_commit_is_converted_anew_and_a_pinned_one_stays(machine: Machine) -> None:
    old = machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    first = machine.load()
    new = machine.hub.commit(REPOSITORY, _files(VARIANTS / "no-rnn"))
    second = machine.load()
    assert (second["revision"], second["converted"]) == (new, True)
    assert second["entities"] != first["entities"]
    machine.hub.downloads()
    pinned = machine.load(revision=old)
    assert pinned == {**first, "converted": False}
    assert machine.hub.downloads() == []
    assert machine.load(offline=True, revision=old) == pinned
    # The name itself still stands for the newest.
    assert machine.load(offline=True)["revision"] == new


def test_branches_and_tags(machine: Machine) -> None:
    machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    other = machine.hub.commit(REPOSITORY, _files(VARIANTS / "no-rnn"), branch="refs/pr/1")
    assert machine.load(revision="refs/pr/1")["revision"] == other
    assert machine.load(revision="refs/pr/1", offline=True)["revision"] == other


def test_force_download_downloads_and_converts_again(machine: Machine) -> None:
    machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    machine.load()
    machine.hub.downloads()
    assert machine.load(force_download=True)["converted"]
    assert machine.hub.downloads() == CHECKPOINT


def test_what_is_not_on_the_hub(machine: Machine) -> None:
    answer = machine.load("somebody/secret")
    assert answer == {
        "error": "ModelNotFoundError",
        "message": "somebody/secret: no such repository on the Hub (or it is private: "
        "log in or pass a token)",
    }
    machine.hub.commit(REPOSITORY, {"README.md": b"nothing"})
    answer = machine.load(revision="v9")
    assert answer["error"] == "ModelNotFoundError"
    assert answer["message"].startswith(f"{REPOSITORY}: no such revision on the Hub")
    answer = machine.load()
    assert answer["error"] == "ModelNotFoundError"
    assert "has neither gliner_fast.json" in answer["message"]


def test_without_hub_and_cache(tmp_path: Path) -> None:
    with fake_hub() as hub:
        machine = Machine(tmp_path, hub)
    answer = machine.load()
    assert answer["error"] == "ModelNotFoundError"
    assert f"{REPOSITORY}: is not cached, and the Hub cannot be reached" in answer["message"]
    answer = machine.load(offline=True)
    assert answer["message"] == f"{REPOSITORY}: is not cached, and offline mode is on"


def test_only_one_kind_of_weights_is_fetched(machine: Machine) -> None:
    files = _files(VARIANTS / "standard")
    files |= {
        "pytorch_model.bin": (VARIANTS / "pickle" / "pytorch_model.bin").read_bytes(),
        "onnx/model.onnx": b"large",
        "README.md": b"text",
        "runs/events.out": b"large",
    }
    machine.hub.commit(REPOSITORY, files)
    assert machine.load()["converted"]
    assert machine.hub.downloads() == CHECKPOINT


def test_weights_as_a_pickle(machine: Machine) -> None:
    machine.hub.commit(REPOSITORY, _files(VARIANTS / "pickle"))
    assert machine.load()["converted"]
    assert "pytorch_model.bin" in machine.hub.downloads()


def test_a_converted_model_on_the_hub_needs_no_conversion(machine: Machine, standard: Path) -> None:
    commit = machine.hub.commit(REPOSITORY, _files(standard) | {"model.safetensors": b"large"})
    answer = machine.load()
    assert (answer["converted"], answer["revision"]) == (False, commit)
    assert machine.hub.downloads() == sorted(path.name for path in standard.iterdir())


def test_a_graph_that_gliner_exported_on_the_hub(machine: Machine) -> None:
    files = _files(DATA / "gliner_export")
    files["onnx/model.onnx"] = files.pop("model.onnx")
    files |= {"onnx/model_quantized.onnx": b"large", "model.safetensors": b"large"}
    machine.hub.commit(REPOSITORY, files)
    answer = machine.load(load_onnx_model=True, onnx_model_file="onnx/model.onnx")
    assert len(answer["entities"]) > 1
    fetched = machine.hub.downloads()
    assert "onnx/model.onnx" in fetched
    assert not {"onnx/model_quantized.onnx", "model.safetensors"} & set(fetched)


def _spm_model() -> bytes:
    """A SentencePiece model of DeBERTa's form, of any vocabulary."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter([*TEXTS, *LABELS] * 20),
        model_writer=model,
        vocab_size=70,
        hard_vocab_limit=False,
        minloglevel=2,
        **{f"{name}_id": i for i, name in enumerate(("pad", "bos", "eos", "unk"))},
        **{
            f"{name}_piece": f"[{piece}]"
            for name, piece in zip(
                ("pad", "bos", "eos", "unk"), ("PAD", "CLS", "SEP", "UNK"), strict=True
            )
        },
    )
    return model.getvalue()


@pytest.mark.parametrize("spm", [False, True], ids=["tokenizer.json", "spm.model"])
def test_encoder_and_tokenizer_come_from_the_base_model(machine: Machine, spm: bool) -> None:
    files = _files(VARIANTS / "base-model")
    base = {
        name.rsplit("/")[-1]: files.pop(name) for name in list(files) if name.startswith("base/")
    }
    base |= {"model.safetensors": b"large", "pytorch_model.bin": b"large", "tf_model.h5": b"large"}
    config = json.loads(files["gliner_config.json"])
    if spm:
        # A vocabulary of its own, whose marker ids the rows of the checkpoint still cover.
        del base["tokenizer.json"]
        base["spm.model"] = _spm_model()
        config["class_token_index"] = -1
    files["gliner_config.json"] = json.dumps({**config, "model_name": "base/tiny"}).encode()
    machine.hub.commit("base/tiny", base)
    machine.hub.commit(REPOSITORY, files)
    answer = machine.load()
    assert "error" not in answer, answer
    tokenizer = "spm.model" if spm else "tokenizer.json"
    assert machine.hub.downloads() == sorted(
        {"config.json", *CHECKPOINT} - {"tokenizer.json"} | {tokenizer}
    )
    again = machine.load(offline=True)
    assert again == {**answer, "converted": False}


def test_a_base_model_that_is_not_there(machine: Machine) -> None:
    files = _files(VARIANTS / "base-model")
    machine.hub.commit(REPOSITORY, {n: c for n, c in files.items() if "base/" not in n})
    answer = machine.load()
    assert answer["error"] == "ModelNotFoundError"
    assert "its base model (model_name) cannot be had: base/tiny-deberta" in answer["message"]


def test_processes_that_start_together_convert_once(machine: Machine) -> None:
    machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    processes = [machine.start(REPOSITORY) for _ in range(3)]
    answers = [machine.finish(process) for process in processes]
    assert sum(answer["converted"] for answer in answers) == 1
    assert all(answer["entities"] == answers[0]["entities"] for answer in answers)


def test_a_folder_in_the_hubs_cache_layout(machine: Machine, tmp_path: Path) -> None:
    """``snapshot_download`` gives a folder of links to blobs."""
    commit = machine.hub.commit(REPOSITORY, _files(VARIANTS / "standard"))
    expected = machine.load()
    snapshot = tmp_path / "hf/hub/models--somebody--tiny-gliner/snapshots" / commit
    assert (snapshot / "model.safetensors").is_symlink()
    first = machine.load(str(snapshot), offline=True)
    assert first["converted"]
    assert first["entities"] == expected["entities"]
    assert not machine.load(str(snapshot), offline=True)["converted"]


def test_a_local_checkpoint_is_converted_again_when_it_changes(machine: Machine) -> None:
    folder = copied("standard", machine.home / "checkpoint")
    assert machine.load(str(folder))["converted"]
    assert not machine.load("./checkpoint")["converted"]
    shutil.copy(VARIANTS / "no-rnn" / "model.safetensors", folder)
    shutil.copy(VARIANTS / "no-rnn" / "gliner_config.json", folder)
    assert machine.load(str(folder))["converted"]
    assert machine.hub.asked == []


def test_what_the_cache_knows_a_local_checkpoint_by(tmp_path: Path) -> None:
    folder = copied("standard", tmp_path / "checkpoint")
    weights = folder / "model.safetensors"
    seen = [local_revision(folder, weights).commit]
    assert local_revision(folder, weights).commit == seen[0]
    for name in ("tokenizer.json", "tokenizer_config.json", "gliner_config.json", weights.name):
        with (folder / name).open("ab") as stream:
            stream.write(b"\n")
        seen.append(local_revision(folder, weights).commit)
    (folder / "spm.model").write_bytes(b"another tokenizer")
    seen.append(local_revision(folder, weights).commit)
    (folder / "notes.txt").write_bytes(b"nothing that a conversion reads")
    assert local_revision(folder, weights).commit == seen[-1]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere", "a/b/c", "a\\b"])
def test_what_can_only_be_a_path_is_not_looked_up(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="is not a folder"):
        find_local(name)


@pytest.mark.parametrize("name", ["", "two words", "a/b?c", "-x/y", "a--b/c..d", "x" * 200])
def test_names_that_no_repository_can_have(name: str) -> None:
    with pytest.raises(InvalidInputError, match="model: expected a folder or a Hub name"):
        resolve(name, HubOptions())


def test_folders_of_revisions_stay_within_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLINER_FAST_CACHE", "/cache")
    folder = conversion_folder(Revision("../../etc", "abc"), "fp32")
    assert folder.resolve().is_relative_to("/cache")
    monkeypatch.delenv("GLINER_FAST_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert conversion_folder(Revision("a/b", "c"), "int8") == Path(
        "/xdg/gliner-fast/models--a--b/c/int8"
    )
