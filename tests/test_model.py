"""``GLiNER`` answers gliner's calls as gliner does, and loads what gliner's users have."""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gliner_fast
from gliner_fast import GLiNER, InvalidInputError, ModelNotFoundError, UnsupportedModelError
from gliner_fast.errors import CorruptModelError, DeviceUnavailableError, ModelError
from samples import DATA, VARIANTS, assert_slices, assert_within, copied

GOLDEN = json.loads((DATA / "golden_gliner_api.json").read_text(encoding="utf-8"))
EXPORT = DATA / "gliner_export"
TEXT = GOLDEN["texts"][0]
LABELS = ["first_name", "city", "date"]
#: Of float32 sums in another order.
TOLERANCE = 1e-4
#: gliner's parameters as of 0.2.29, in order, with the defaults; None where there is none.
SIGNATURES = {
    "inference": {
        "texts": None,
        "labels": None,
        "flat_ner": True,
        "threshold": 0.5,
        "multi_label": False,
        "batch_size": 8,
        "packing_config": None,
        "input_spans": None,
        "return_class_probs": False,
    },
    "predict_entities": {
        "text": None,
        "labels": None,
        "flat_ner": True,
        "threshold": 0.5,
        "multi_label": False,
        "return_class_probs": False,
    },
    "batch_predict_entities": {
        "texts": None,
        "labels": None,
        "flat_ner": True,
        "threshold": 0.5,
        "multi_label": False,
    },
}


@pytest.mark.parametrize("method", SIGNATURES)
def test_parameters_come_as_in_gliner(method: str) -> None:
    ours = list(inspect.signature(getattr(GLiNER, method)).parameters.values())[1:]
    expected = SIGNATURES[method]
    found = {
        p.name: None if p.default is inspect.Parameter.empty else p.default
        for p in ours[: len(expected)]
    }
    assert list(found.items()) == list(expected.items())
    assert all(p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for p in ours[: len(expected)])


def test_the_rest_of_gliners_parameters_go_by_name() -> None:
    of_inference = set(inspect.signature(GLiNER.inference).parameters)
    assert of_inference >= {"return_vectors", "return_label_vectors"}
    taken = list(inspect.signature(GLiNER.from_pretrained).parameters.values())
    assert [p.name for p in taken if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD] == [
        "model_id", "revision", "cache_dir", "force_download",
    ]  # fmt: skip
    assert {p.name for p in taken} >= {
        "local_files_only", "token", "map_location", "quantize", "dtype", "load_onnx_model",
        "onnx_model_file", "max_length", "max_width", "runtime_model_file",
    }  # fmt: skip


@pytest.mark.parametrize("call", GOLDEN["calls"], ids=lambda call: str(call["arguments"])[:60])
def test_inference_gives_gliners_entities(standard: Path, call: dict[str, Any]) -> None:
    found = GLiNER.from_pretrained(standard).inference(GOLDEN["texts"], **call["arguments"])
    assert len(found) == len(GOLDEN["texts"])
    for text, ours, theirs in zip(GOLDEN["texts"], found, call["entities"], strict=True):
        assert_slices(text, ours)
        assert_within(ours, theirs, TOLERANCE)
        for one, other in zip(
            ours, sorted(theirs, key=lambda e: (e["start"], e["end"], e["label"])), strict=True
        ):
            assert one.keys() == other.keys()
            # Of labels that are all but impossible, float32 decides the order.
            likely = {k: p for k, p in other.get("class_probs", {}).items() if p > 1e-9}
            probs = one.get("class_probs", {})
            assert list(probs)[: len(likely)] == list(likely)
            assert all(abs(probs[k] - p) <= TOLERANCE for k, p in likely.items())


def test_one_text_is_a_batch_of_one(model: GLiNER) -> None:
    together = model.inference(GOLDEN["texts"], LABELS, threshold=0.3)
    for text, expected in zip(GOLDEN["texts"], together, strict=True):
        assert_within(model.predict_entities(text, LABELS, threshold=0.3), expected, 1e-5)
    assert model.inference(TEXT, LABELS, threshold=0.3) == [
        model.predict_entities(TEXT, LABELS, threshold=0.3)
    ]
    with pytest.warns(FutureWarning, match="batch_predict_entities is deprecated; use inference"):
        older = model.batch_predict_entities(GOLDEN["texts"], LABELS, threshold=0.3, batch_size=2)
    assert older == model.inference(GOLDEN["texts"], LABELS, threshold=0.3, batch_size=2)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_batch_size_changes_nothing(model: GLiNER, size: int) -> None:
    texts = GOLDEN["texts"] * 3
    expected = model.inference(texts, LABELS, threshold=0.1)
    found = model.inference(texts, LABELS, threshold=0.1, batch_size=size)
    for one, other in zip(found, expected, strict=True):
        assert_within(one, other, 1e-5)


def test_the_order_of_texts_changes_nothing(model: GLiNER) -> None:
    texts = GOLDEN["texts"]
    expected = model.inference(texts, LABELS, threshold=0.1)
    found = model.inference(texts[::-1], LABELS, threshold=0.1)
    for one, other in zip(found[::-1], expected, strict=True):
        assert_within(one, other, 1e-5)


def test_labels_of_each_text(model: GLiNER) -> None:
    texts = GOLDEN["texts"][:2]
    found = model.inference(texts, [["date"], {"MAIL": "email"}], threshold=0.3)
    assert [{e["label"] for e in each} for each in found] == [{"date"}, {"MAIL"}]
    assert model.inference([], LABELS) == []
    assert model.inference(texts, [[], ["email"]], threshold=0.3)[0] == []


def test_a_description_is_read_in_place_of_its_label(model: GLiNER) -> None:
    described = model.predict_entities(
        TEXT, {"WHO": "first_name", "WHERE": "city", "WHEN": "date"}, return_class_probs=True
    )
    plain = model.predict_entities(TEXT, LABELS, return_class_probs=True)
    names = dict(zip(LABELS, ("WHO", "WHERE", "WHEN"), strict=True))
    assert described == [
        {
            **e,
            "label": names[e["label"]],
            "class_probs": {names[k]: p for k, p in e["class_probs"].items()},
        }
        for e in plain
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": {"a": "x", "b": "x"}}, "a different description for each label"),
        ({"labels": {"a": None}}, "labels: expected descriptions as strings, got None"),
        ({"labels": [["a"], ["b"]]}, "labels: expected one set for each of 1 texts, got 2"),
        ({"labels": [["a"], "b"], "texts": ["x", "y"]}, r"labels\[1\]: expected a list"),
        ({"labels": None}, "labels: expected a list of strings, got None"),
        ({"threshold": "0.5"}, r"threshold: expected .*, got a str of 3 characters"),
        ({"threshold": float("nan")}, r"threshold: expected .*, got nan"),
        ({"threshold": True}, "threshold: expected .*, got True"),
        ({"flat_ner": 2}, "flat_ner: expected true or false, got 2"),
        ({"multi_label": "no"}, "multi_label: expected true or false, got a str of 2 characters"),
        ({"batch_size": 0}, "batch_size: expected a whole number >= 1, got 0"),
        ({"batch_size": True}, "batch_size: expected a whole number >= 1, got True"),
        ({"return_class_probs": "yes"}, "return_class_probs: expected true or false"),
        ({"texts": b"secret"}, "texts: expected a string or a list of strings, got a bytes"),
        ({"texts": 7}, "texts: expected a string or a list of strings, got a number"),
        ({"texts": ["a", b"secret"]}, r"texts\[1\]: expected a string, got a bytes of 6 items"),
        (
            {"input_spans": [[]]},
            "input_spans: expected nothing, as it is not supported, got a list",
        ),
        ({"packing_config": object()}, "packing_config: expected nothing, as it is not supported"),
        ({"return_vectors": True}, "return_vectors: expected nothing, as it is not supported"),
        ({"return_label_vectors": True}, "return_label_vectors: expected nothing, as it is not"),
    ],
)
def test_wrong_arguments_are_named_and_not_quoted(
    model: GLiNER, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        model.inference(**{"texts": ["secret"], "labels": ["email"], **arguments})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "labels",
    [
        tuple(LABELS),
        dict.fromkeys(LABELS).keys(),
        np.array(LABELS, object),
        (label for label in LABELS),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_labels_of_any_iterable(model: GLiNER, labels: Any) -> None:
    expected = model.predict_entities(TEXT, LABELS, threshold=0.1)
    found = model.inference(np.array([TEXT, TEXT], object), labels, threshold=0.1)
    for each in found:
        assert_within(each, expected, 1e-5)


def test_one_label_may_be_a_string(model: GLiNER) -> None:
    expected = model.predict_entities(TEXT, ["date"], threshold=0.1)
    assert model.predict_entities(TEXT, "date", threshold=0.1) == expected != []
    assert model.inference(iter([TEXT]), "date", threshold=0.1) == [expected]
    assert model.detect(TEXT, "date") == model.detect(TEXT, ["date"])
    with pytest.raises(InvalidInputError, match="labels: expected a list of strings, got a dict"):
        model.detect(TEXT, {"WHEN": "date"})


def test_nothing_is_found_in_what_is_no_text(model: GLiNER) -> None:
    expected = model.predict_entities(TEXT, LABELS, threshold=0.1)
    found = model.inference([None, TEXT, float("nan"), 7, " "], LABELS, threshold=0.1)  # type: ignore[list-item]
    assert found == [[], expected, [], [], []]
    assert model.predict_entities(None, LABELS) == []


def test_flags_and_numbers_of_other_types(model: GLiNER) -> None:
    plain = model.inference([TEXT], LABELS, True, 0.25, False, 2, None, None, True)
    loose: dict[str, Any] = {
        "flat_ner": 1,
        "threshold": np.float32(0.25),
        "multi_label": None,
        "batch_size": np.int64(2),
        "return_class_probs": np.bool_(True),
        "return_vectors": False,
    }
    assert model.inference([TEXT], LABELS, **loose) == plain
    assert "class_probs" in plain[0][0]
    size = np.int32(100)
    assert model.detect(TEXT, LABELS, chunk_length=size, overlap=size // 4, flat_ner=0) == (
        model.detect(TEXT, LABELS, chunk_length=100, overlap=25)
    )


def test_thresholds_beyond_every_score(model: GLiNER) -> None:
    all_ = model.predict_entities(TEXT, LABELS, threshold=-1)
    assert all_ == model.predict_entities(TEXT, LABELS, threshold=0) != []
    with pytest.warns(UserWarning, match="threshold: nothing scores above 1, got 1.5"):
        assert model.predict_entities(TEXT, LABELS, threshold=1.5) == []
    with pytest.raises(
        InvalidInputError, match=r"threshold: expected a number in \[0, 1\], got 1.5"
    ):
        model.detect(TEXT, LABELS, threshold=1.5)


def test_predict_entities_takes_one_text(model: GLiNER) -> None:
    with pytest.raises(InvalidInputError, match="text: expected a string, got a list of 1 items"):
        model.predict_entities([TEXT], LABELS)  # type: ignore[arg-type]


def test_unknown_arguments_are_type_errors(model: GLiNER) -> None:
    with pytest.raises(TypeError, match="treshold"):
        model.predict_entities(TEXT, LABELS, treshold=0.5)
    with pytest.raises(TypeError, match="unexpected arguments: devise, no_such"):
        GLiNER.from_pretrained(None, devise="cpu", no_such=1)


def test_arguments_that_concern_torch_are_accepted() -> None:
    loaded = GLiNER.from_pretrained(
        None,
        map_location="cpu",
        strict=False,
        load_tokenizer=True,
        resize_token_embeddings=True,
        compile_torch_model=False,
        proxies=None,
        low_cpu_mem_usage=True,
        post_fusion_schema=None,
        runtime_options={},
    )
    assert loaded.eval() is loaded
    engine = loaded.engine
    assert loaded.to("cpu") is loaded
    assert loaded.engine is engine
    assert loaded.device == "cpu"
    assert loaded.config.max_width == 16


def test_another_length_and_width(standard: Path) -> None:
    """Scores are those of gliner 0.2.29 with the same arguments."""
    loaded = GLiNER.from_pretrained(standard, max_width=1, max_length=6)
    assert (loaded.config.max_width, loaded.config.max_len) == (1, 6)
    text = GOLDEN["texts"][1][:33]
    found = loaded.predict_entities(text, LABELS, threshold=0.05)
    assert [(e["start"], e["end"], e["label"], round(e["score"], 3)) for e in found] == [
        (0, 6, "first_name", 0.286),
        (7, 11, "first_name", 0.158),
        (12, 14, "first_name", 0.123),
        (15, 17, "first_name", 0.112),
        (18, 30, "first_name", 0.119),
        (31, 33, "first_name", 0.12),
    ]
    # What gliner leaves out is read here.
    longer = loaded.predict_entities(GOLDEN["texts"][1], LABELS, threshold=0.05)
    assert longer[:4] == found[:4]
    assert longer[-1]["start"] > 33
    with pytest.raises(InvalidInputError, match=r"max_width: expected at most \d+, .* got 1000"):
        GLiNER.from_pretrained(standard, max_width=1000)
    for name in ("max_width", "max_length"):
        with pytest.raises(InvalidInputError, match=f"{name}: expected a whole number >= 1, got 0"):
            GLiNER.from_pretrained(standard, **{name: 0})


def test_a_folder_in_place_of_the_name(standard: Path, tmp_path: Path) -> None:
    assert GLiNER.from_pretrained("a/b", model_dir=standard)._files.folder == standard
    with pytest.raises(ModelNotFoundError, match="absent: is not a folder"):
        GLiNER.from_pretrained(standard, model_dir=str(tmp_path / "absent"))


def test_the_environments_device(standard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE", "tpu")
    with pytest.raises(InvalidInputError, match=r"device: expected one of .* got 'tpu'"):
        GLiNER.from_pretrained(standard)
    assert GLiNER.from_pretrained(standard, device="cpu").device == "cpu"
    assert GLiNER.from_pretrained(standard, map_location="cpu").device == "cpu"
    monkeypatch.setenv("DEVICE", "")
    assert GLiNER.from_pretrained(standard).device in ("cpu", "cuda")


@pytest.mark.parametrize(
    ("arguments", "precision"),
    [
        ({}, "fp32"),
        ({"precision": "fp16"}, "fp16"),
        ({"dtype": "float16"}, "fp16"),
        ({"dtype": "torch.float16"}, "fp16"),
    ],
)
def test_precisions_by_gliners_names(arguments: dict[str, str], precision: str) -> None:
    loaded = GLiNER.from_pretrained(VARIANTS / "standard", **arguments)
    assert loaded.engine.precision == precision


@pytest.mark.parametrize(
    "arguments",
    [{"precision": "int8"}, {"quantize": "int8"}, {"quantize": "int8", "precision": "int8"}],
)
def test_int8_that_loses_entities_is_never_loaded_silently(arguments: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="int8 does not keep this model's entities"):
        GLiNER.from_pretrained(VARIANTS / "standard", **arguments)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"precision": "fp64"}, "precision"),
        ({"quantize": "int4"}, "quantize"),
        ({"quantize": True}, "quantize"),
        ({"dtype": "bfloat16"}, "dtype"),
        ({"dtype": "fp16", "quantize": "int8"}, "precision"),
        ({"precision": "fp32", "quantize": "int8"}, "precision"),
        ({"device": "gpu"}, "device"),
        ({"map_location": "cuda:7"}, "device"),
    ],
)
def test_wrong_settings_are_named(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{field}: expected"):
        GLiNER.from_pretrained(VARIANTS / "standard", **arguments)


def test_a_converted_model_has_one_precision(standard: Path) -> None:
    assert GLiNER.from_pretrained(standard, precision="fp32").engine.precision == "fp32"
    with pytest.raises(InvalidInputError, match=r"precision: expected fp32, which .* got 'int8'"):
        GLiNER.from_pretrained(standard, precision="int8")


def test_the_default_model_has_one_precision() -> None:
    with pytest.raises(InvalidInputError, match="precision: expected int8, which pii-default"):
        GLiNER.from_pretrained(precision="fp32")


@pytest.mark.parametrize("arguments", [{}, {"load_onnx_model": True}], ids=["plain", "asked for"])
def test_a_graph_that_gliner_exported(arguments: dict[str, Any]) -> None:
    """Entities are those of gliner with torch, for the checkpoint that it exported."""
    golden = json.loads((EXPORT / "entities.json").read_text(encoding="utf-8"))
    texts, labels, expected = (golden.pop(name) for name in ("texts", "labels", "entities"))
    loaded = GLiNER.from_pretrained(EXPORT, **arguments)
    assert (loaded.engine.model_id, loaded.engine.precision) == ("gliner_export", "unknown")
    found = loaded.inference(texts, labels, **golden)
    assert sum(map(len, found)) > 10
    for text, ours, theirs in zip(texts, found, expected, strict=True):
        assert_slices(text, ours)
        assert_within(ours, theirs, TOLERANCE)
    # Its graphs count labels over the batch: requests of different labels still mix.
    mixed = loaded.inference(texts, [labels, labels[:2], labels], **golden)
    assert_within(mixed[0], expected[0], TOLERANCE)
    assert_within(mixed[1], loaded.inference(texts[1], labels[:2], **golden)[0], 1e-5)


def test_a_graph_of_another_name(tmp_path: Path) -> None:
    folder = shutil.copytree(EXPORT, tmp_path / "export")
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model_fp32.onnx")
    with pytest.raises(ModelNotFoundError, match="has neither"):
        GLiNER.from_pretrained(folder)
    loaded = GLiNER.from_pretrained(
        folder, load_onnx_model=True, onnx_model_file="onnx/model_fp32.onnx"
    )
    assert loaded.predict_entities("Jane Roe", ["person"], threshold=0.0)
    GLiNER.from_pretrained(folder, runtime="onnxruntime", runtime_model_file="onnx/model_fp32.onnx")


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    import onnx

    folder = shutil.copytree(EXPORT, tmp_path / "export")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["logits"])],
        "other",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])],
        [onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, [1])],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), folder / "model.onnx"
    )
    with pytest.raises(UnsupportedModelError, match=r"inputs of the ONNX graph: \['x'\]"):
        GLiNER.from_pretrained(folder)


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x09" * 50])
def test_a_damaged_graph_is_corrupt(tmp_path: Path, content: bytes) -> None:
    folder = shutil.copytree(EXPORT, tmp_path / "export")
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(CorruptModelError, match=r"model\.onnx: cannot be loaded"):
        GLiNER.from_pretrained(folder)


@pytest.mark.parametrize("missing", ["gliner_config.json", "tokenizer.json"])
def test_an_export_without_its_other_files(tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(EXPORT, tmp_path / "export")
    (folder / missing).unlink()
    with pytest.raises(ModelNotFoundError, match=missing):
        GLiNER.from_pretrained(folder)


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="has neither"):
        GLiNER.from_pretrained(tmp_path)


def test_a_local_checkpoint_is_converted_once(tmp_path: Path) -> None:
    source = copied("no-rnn", tmp_path / "source")
    first = GLiNER.from_pretrained(source)
    manifest = first._files.folder / "gliner_fast.json"
    written = manifest.stat().st_mtime_ns
    again = GLiNER.from_pretrained(source)
    assert again._files == first._files
    assert manifest.stat().st_mtime_ns == written
    assert first.engine.model_id == "source"


@pytest.mark.parametrize("device", ["cuda", "mps", "cuda:0"])
def test_a_device_that_is_not_there_says_what_to_install(device: str) -> None:
    import onnxruntime

    provider = {"c": "CUDAExecutionProvider", "m": "CoreMLExecutionProvider"}[device[0]]
    if provider in onnxruntime.get_available_providers():
        pytest.skip(f"this machine has {provider}")
    with pytest.raises(DeviceUnavailableError, match=f"needs ONNX Runtime's {provider}.*install"):
        GLiNER.from_pretrained(device=device)


def test_detect_is_the_endpoints_call(model: GLiNER) -> None:
    defaults = {name: p.default for name, p in inspect.signature(GLiNER.detect).parameters.items()}
    expected = {"threshold": 0.3, "chunk_length": 384, "overlap": None, "flat_ner": False}
    assert {name: defaults[name] for name in expected} == expected
    with pytest.raises(InvalidInputError, match=r"overlap: expected less than chunk_length \(10\)"):
        model.detect(TEXT, LABELS, chunk_length=10, overlap=10)
    with pytest.raises(InvalidInputError, match="chunk_length: expected a whole number >= 1"):
        model.detect(TEXT, LABELS, chunk_length=0)
    alone = model.detect(TEXT, LABELS, threshold=0.1, chunk_length=60)
    assert alone == model.detect(TEXT, LABELS, threshold=0.1, chunk_length=60, overlap=20) != []


def test_progress_is_shown_when_asked(model: GLiNER, capsys: pytest.CaptureFixture[str]) -> None:
    model.inference([TEXT], LABELS)
    assert capsys.readouterr().err == ""
    model.inference([TEXT], LABELS, show_progress=True)
    assert "detecting" in capsys.readouterr().err


def test_the_package_names_its_version() -> None:
    from importlib.metadata import version

    assert gliner_fast.__version__ == version("gliner-fast")
