"""``pytorch_model.bin`` is read without torch, and nothing in it is ever run."""

from __future__ import annotations

import os
import pickle
import pickletools
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gliner_fast.convert.unpickle import bfloat16_to_float32, load_state_dict
from gliner_fast.convert.weights import open_weights
from gliner_fast.errors import CorruptModelError, UnsafeCheckpointError
from samples import VARIANTS

REAL = VARIANTS / "pickle" / "pytorch_model.bin"
STORAGE = np.arange(24, dtype="<f4")

# Pickles are written opcode by opcode: what a hostile one holds, no honest pickler writes.


def _value(value: object) -> bytes:
    """Opcodes that push a plain value."""
    return pickle.dumps(value, 2)[2:-1]


def _name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


def _storage(key: object = "0", kind: bytes = _name("torch", "FloatStorage")) -> bytes:
    return b"(" + _value("storage") + kind + _value(key) + _value("cpu") + _value(24) + b"tQ"


def _tensor(
    offset: object = 0,
    size: object = (2, 3),
    stride: object = (3, 1),
    storage: bytes | None = None,
    function: str = "_rebuild_tensor_v2",
) -> bytes:
    arguments = [storage or _storage(), _value(offset), _value(size), _value(stride), b"\x89"]
    return _call(_name("torch._utils", function), *arguments)


def _state(tensor: bytes) -> bytes:
    """A dictionary with one tensor."""
    return b"}" + _value("weight") + tensor + b"s"


def _build(target: bytes, state: bytes) -> bytes:
    """Opcodes that set an object's state, and leave the object."""
    return target + state + b"b"


def _archive(
    path: Path,
    program: bytes,
    storages: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    storages = {"0": STORAGE.tobytes()} if storages is None else storages
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("model/data.pkl", b"\x80\x02" + program + b".")
        for key, content in storages.items():
            file.writestr(f"model/data/{key}", content, compression)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    return lambda *a, **k: _archive(tmp_path / "pytorch_model.bin", *a, **k)


def test_a_file_that_torch_wrote() -> None:
    state = load_state_dict(REAL)
    assert len(state) > 50
    assert all(value.dtype == np.float32 for value in state.values())
    words = state["token_rep_layer.bert_layer.model.embeddings.word_embeddings.weight"]
    assert words.shape == (86, 24)
    # The generator that made it draws from a normal distribution of this width.
    assert abs(float(words.std()) - 1.2 / 24**0.5) < 0.02
    name = "token_rep_layer.bert_layer.model.embeddings.word_embeddings.weight"
    assert np.array_equal(open_weights(REAL).get(name, 86, 24), words)


def test_tensors_are_views_of_the_file(archive: Callable[..., Path]) -> None:
    state = load_state_dict(archive(_state(_tensor(1, (2, 3), (4, 1)))))
    assert np.array_equal(state["weight"], [[1, 2, 3], [5, 6, 7]])
    assert not state["weight"].flags.writeable
    assert state["weight"].base is not None


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("FloatStorage", "<f4"),
        ("DoubleStorage", "<f8"),
        ("HalfStorage", "<f2"),
        ("LongStorage", "<i8"),
        ("IntStorage", "<i4"),
        ("ShortStorage", "<i2"),
        ("CharStorage", "|i1"),
        ("ByteStorage", "|u1"),
        ("BoolStorage", "|b1"),
    ],
)
def test_every_type_of_storage(archive: Callable[..., Path], kind: str, dtype: str) -> None:
    values = np.array([0, 1, 1, 0, 1, 0], dtype)
    program = _state(_tensor(storage=_storage(kind=_name("torch", kind))))
    state = load_state_dict(archive(program, {"0": values.tobytes()}))
    assert state["weight"].dtype == np.dtype(dtype)
    assert np.array_equal(state["weight"].ravel(), values)


def test_bfloat16_is_widened_exactly(archive: Callable[..., Path]) -> None:
    values = np.array([1.0, -2.5, 3e38, 1e-38, 0.0, np.inf], np.float32)
    bits = (values.view(np.uint32) >> 16).astype("<u2")
    expected = (bits.astype(np.uint32) << 16).view(np.float32)
    assert np.array_equal(bfloat16_to_float32(bits), expected)
    program = _state(_tensor(storage=_storage(kind=_name("torch", "BFloat16Storage"))))
    state = load_state_dict(archive(program, {"0": bits.tobytes()}))
    assert np.array_equal(state["weight"].ravel(), expected)


def test_the_other_forms_that_torch_writes(archive: Callable[..., Path]) -> None:
    tensor = _tensor(function="_rebuild_tensor")
    parameter = _call(_name("torch._utils", "_rebuild_parameter"), _tensor(), b"\x88", b"}")
    ordered = _call(_name("collections", "OrderedDict"))
    program = ordered + _value("a") + tensor + b"s" + _value("b") + parameter + b"s"
    state = load_state_dict(archive(program))
    assert np.array_equal(state["a"], state["b"])
    scalar = load_state_dict(archive(_state(_tensor(5, (), ()))))["weight"]
    assert scalar.shape == () and scalar == 5
    empty = load_state_dict(archive(_state(_tensor(0, (0, 3), (3, 1))), {"0": b""}))["weight"]
    assert empty.shape == (0, 3)


def test_attributes_of_a_dictionary_change_nothing(archive: Callable[..., Path]) -> None:
    ordered = _call(_name("collections", "OrderedDict"))
    attributes = b"}" + b"".join(
        _value(name) + _name("collections", "OrderedDict") + b"s" for name in ("items", "keys")
    )
    program = _build(ordered + _value("weight") + _tensor() + b"s", attributes)
    assert load_state_dict(archive(program))["weight"].shape == (2, 3)


def _hostile(canary: Path) -> dict[str, bytes]:
    """Programs that create the canary when they are run by an ordinary unpickler."""
    command = _value(f"touch {canary}")
    code = _value(f"__import__('pathlib').Path({str(canary)!r}).touch()")
    system = _call(_name("os", "system"), command)
    return {
        "os.system": system,
        "posix.system": _call(_name("posix", "system"), command),
        "os.system in a state dict": b"}" + _value("weight") + system + b"s",
        "os.system among a tensor's arguments": _state(
            _call(_name("torch._utils", "_rebuild_tensor_v2"), _storage(), system)
        ),
        "os.system as a storage's key": b"(" + _value("storage") + system + b"tQ",
        "builtins.eval": _call(_name("builtins", "eval"), code),
        "builtins.exec": _call(_name("builtins", "exec"), code),
        "__builtin__.eval, Python 2's name": _call(_name("__builtin__", "eval"), code),
        "getattr chain": _call(
            _call(
                _name("builtins", "getattr"),
                _call(_name("builtins", "__import__"), _value("os")),
                _value("system"),
            ),
            command,
        ),
        "subprocess.Popen by NEWOBJ": _name("subprocess", "Popen")
        + b"(("
        + _value("touch")
        + _value(str(canary))
        + b"tt\x81",
        "os.system by INST": b"(" + command + b"ios\nsystem\n",
        "os.system by OBJ": b"(" + _name("os", "system") + command + b"o",
        "numpy's own unpickler": _call(_name("numpy.lib._npyio_impl", "loadtxt"), command),
        "numpy runs a string": _call(_name("numpy.f2py.crackfortran", "myeval"), code),
        "numpy.core.multiarray": _call(
            _name("numpy._core.multiarray", "scalar"), _name("numpy", "dtype")
        ),
        "pickle within a pickle": _call(
            _name("pickle", "loads"), _value(b"\x80\x02" + system + b".")
        ),
        "a dotted name through an allowed module": _call(
            _name("collections", "abc.sys.modules"), command
        ),
        "another name of an allowed module": _call(_name("torch._utils", "os.system"), command),
        "torch.load": _call(_name("torch", "load"), command),
        "os.system by BUILD of an allowed class": _build(
            _name("collections", "OrderedDict"), b"}" + _value("__init__") + system + b"s"
        ),
    }


HOSTILE = list(_hostile(Path("canary")))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_run_nothing(
    tmp_path: Path, archive: Callable[..., Path], name: str
) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(UnsafeCheckpointError, match=r"asks for .* Nothing was run\."):
        load_state_dict(archive(_hostile(canary)[name]))
    assert not canary.exists()


@pytest.mark.skipif(os.name != "posix", reason="the programs use touch")
@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "getattr chain", "os.system by OBJ"]
)
def test_an_ordinary_unpickler_would_have_run_them(tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    pickle.loads(b"\x80\x02" + _hostile(canary)[name] + b".").__class__  # noqa: B018
    assert canary.exists()


TORCH = "torch._utils"
REBUILD = _name(TORCH, "_rebuild_tensor_v2")
DAMAGED: dict[str, bytes] = {
    "negative offset": _state(_tensor(-1)),
    "negative size": _state(_tensor(size=(-2, 3))),
    "negative stride": _state(_tensor(offset=20, stride=(-3, 1))),
    "offset past the end": _state(_tensor(offset=19)),
    "size past the end": _state(_tensor(size=(9, 3))),
    "stride past the end": _state(_tensor(stride=(100, 1))),
    "huge size": _state(_tensor(size=(2**62, 2**62))),
    "huge stride": _state(_tensor(stride=(2**63, 1))),
    "huge size of no stride": _state(_tensor(size=(2**40, 2**20), stride=(0, 0))),
    "overlapping more than there is": _state(_tensor(size=(5, 5), stride=(0, 1))),
    "huge beside zero": _state(_tensor(size=(0, 2**70), stride=(1, 1))),
    "a size of a million digits": _state(_tensor(size=(0, 10**1_000_000), stride=(1, 1))),
    "too many dimensions": _state(_tensor(size=(1,) * 65, stride=(1,) * 65)),
    "more strides than sizes": _state(_tensor(stride=(3, 1, 1))),
    "sizes that are no numbers": _state(_tensor(size=("a", "b"))),
    "sizes that are fractions": _state(_tensor(size=(2.0, 3.0))),
    "sizes that are truth values": _state(_tensor(size=(True, True))),
    "no size": _state(_tensor(size=None)),
    "too few arguments": _state(_call(REBUILD, _storage())),
    "a number as storage": _state(_tensor(storage=_value(7))),
    "a storage type as storage": _state(_tensor(storage=_name("torch", "FloatStorage"))),
    "a tensor as storage": _state(_tensor(storage=_tensor(size=(4,), stride=(0,)))),
    "a forged storage by NEWOBJ": _state(
        _tensor(storage=_name("torch", "FloatStorage") + b"(" + _value("<f4") + b"t\x81")
    ),
    "a storage that is not there": _state(_tensor(storage=_storage("../../etc/passwd"))),
    "a storage key that is no text": _state(_tensor(storage=_storage(7))),
    "a storage of no type": _state(_tensor(storage=_storage(kind=_value("FloatStorage")))),
    "a storage of a callable type": _state(_tensor(storage=_storage(kind=REBUILD))),
    "a persistent id of another form": _state(_value("storage") + b"Q"),
    "calling a storage type": _state(_call(_name("torch", "FloatStorage"))),
    "BUILD of a storage": _state(_tensor(storage=_build(_storage(), b"}X\x04\0\0\0dataK\x01s"))),
    "BUILD of a storage type": _state(
        _tensor(
            storage=_storage(
                kind=_build(_name("torch", "FloatStorage"), b"}" + _value("x") + b"Ns")
            )
        )
    ),
    "BUILD of a function": _state(
        _call(_build(REBUILD, b"N}" + _value("__call__") + b"Ns\x86"), _storage())
    ),
    "BUILD of a tensor": _state(_build(_tensor(), _value((1, (99,), None, False, "")))),
    "BUILD of a class": _build(_name("collections", "OrderedDict"), b"}" + _value("x") + b"Ns"),
    "a list": b"]" + _tensor() + b"a",
    "a number": b"K\x01",
    "an empty dictionary": b"}",
    "a value that is no tensor": _state(_value("x")),
    "a name that is no text": b"}K\x01" + _tensor() + b"s",
    "a nested dictionary": b"}" + _value("model") + _state(_tensor()) + b"s",
    "an empty program": b"",
    "opcodes that do not exist": b"\xff\xfe",
    "an empty stack": b"0000",
    "a program that is cut off": _state(_tensor())[:-20],
    "text of more bytes than there are": b"X\xff\xff\xff\x7fabc",
    "an extension code": b"\x82\x01",
}


#: A few hundred bytes that take 2 ** 40 steps to hash.
TWOFOLD = b")" + b"2\x86" * 40
DAMAGED |= {
    "a key that takes hours": b"}" + TWOFOLD + b"Ns",
    "a key that takes hours, among others": b"}(" + _value("a") + b"N" + TWOFOLD + b"Nu",
    "a key that takes hours, in a new dictionary": b"(" + TWOFOLD + b"Nd",
    "a key that takes hours, in an argument": _call(
        _name("collections", "OrderedDict"), b"]" + TWOFOLD + b"N\x86a"
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_programs(archive: Callable[..., Path], name: str) -> None:
    with pytest.raises(CorruptModelError, match=r"pytorch_model\.bin|^a tensor "):
        load_state_dict(archive(DAMAGED[name]))


@pytest.mark.parametrize("name", [name for name in DAMAGED if name.endswith("as storage")])
def test_only_a_storage_of_the_archive_makes_a_tensor(
    archive: Callable[..., Path], name: str
) -> None:
    """A view that repeats four bytes claims to be longer than the memory behind it."""
    with pytest.raises(CorruptModelError, match="a tensor is not built from a storage"):
        load_state_dict(archive(DAMAGED[name]))


def test_a_storage_reaches_no_byte_outside_its_own(archive: Callable[..., Path]) -> None:
    """The last value can be read, the one after it cannot, though the file goes on."""
    secret = np.full(8, 7.0, "<f4").tobytes()
    storages = {"0": STORAGE.tobytes(), "1": secret}
    last = load_state_dict(archive(_state(_tensor(23, (1,), (1,))), storages))["weight"]
    assert last.tolist() == [23.0]
    with pytest.raises(CorruptModelError, match="needs 25 values of a storage that has 24"):
        load_state_dict(archive(_state(_tensor(23, (2,), (1,))), storages))


def _real_with(tmp_path: Path, change: Callable[[bytearray], object]) -> Path:
    content = bytearray(REAL.read_bytes())
    change(content)
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(content)
    return path


def _longer_storages(content: bytearray) -> None:
    """Multiply the sizes of all members in the zip's directory."""
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        stored = struct.unpack_from("<II", content, at + 20)
        struct.pack_into("<II", content, at + 20, *(size * 1000 for size in stored))
        at = content.find(b"PK\x01\x02", at + 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.clear(), "is not a torch checkpoint"),
        (lambda c: c.__delitem__(slice(50_000, None)), "is not a torch checkpoint"),
        (lambda c: c.__delitem__(slice(0, 5000)), "cannot be read|cut off|is not a torch"),
        (_longer_storages, "cannot be read|is cut off"),
    ],
    ids=["empty", "cut off", "begins late", "sizes that lie"],
)
def test_damaged_archives(
    tmp_path: Path, change: Callable[[bytearray], object], message: str
) -> None:
    with pytest.raises(CorruptModelError, match=message):
        load_state_dict(_real_with(tmp_path, change))


def test_archives_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("hello.txt", "hello")
    with pytest.raises(CorruptModelError, match=r"expected one data\.pkl, found 0"):
        load_state_dict(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", b".")
        file.writestr("b/data.pkl", b".")
    with pytest.raises(CorruptModelError, match=r"expected one data\.pkl, found 2"):
        load_state_dict(path)


def test_the_format_of_old_torch_is_named(tmp_path: Path) -> None:
    """torch before 1.6 wrote pickles one after another; the first holds a magic number."""
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2))
    with pytest.raises(CorruptModelError, match=r"format of torch before 1\.6; save it again"):
        load_state_dict(path)
    path.write_bytes(pickle.dumps({"weight": [1.0]}, 2))
    with pytest.raises(CorruptModelError, match="is not a torch checkpoint"):
        load_state_dict(path)


def test_a_zip_bomb_is_not_inflated(archive: Callable[..., Path]) -> None:
    """torch never compresses, so a compressed member is not read, however small it says it is."""
    bomb = {"0": bytes(64_000_000)}
    program = _state(_tensor(size=(16_000_000,), stride=(1,)))
    path = archive(program, bomb, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(CorruptModelError, match="is compressed"):
        load_state_dict(path)


def test_a_compressed_program_is_not_inflated(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model/data.pkl", b"\x80\x02" + b"N" * 10_000_000 + b".")
    assert path.stat().st_size < 20_000
    with pytest.raises(CorruptModelError, match=r"data\.pkl is compressed, which torch never does"):
        load_state_dict(path)


def test_a_program_of_many_megabytes_is_not_run(archive: Callable[..., Path]) -> None:
    path = archive(b"N" * 16_000_000)
    with pytest.raises(CorruptModelError, match=r"16000003 bytes, expected at most 16000000"):
        load_state_dict(path)


LATER = [op for op in pickletools.opcodes if op.proto > 2]


@pytest.mark.parametrize("opcode", LATER, ids=lambda op: op.name)
def test_opcodes_of_later_protocols(
    archive: Callable[..., Path], opcode: pickletools.OpcodeInfo
) -> None:
    """BYTEARRAY8 makes what it says it is followed by, before it looks."""
    path = archive(b"]" + opcode.code.encode("latin-1") + struct.pack("<Q", 2**31))
    tracemalloc.start()
    with pytest.raises(CorruptModelError, match=r"pickled with a later protocol than 2"):
        load_state_dict(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_names_of_later_protocols_run_nothing(tmp_path: Path, archive: Callable[..., Path]) -> None:
    canary = tmp_path / "canary"
    command = _value("os") + _value("system") + b"\x93(" + _value(f"touch {canary}") + b"tR"
    with pytest.raises(CorruptModelError, match="later protocol"):
        load_state_dict(archive(command))
    assert not canary.exists()


def test_a_large_memo_index_takes_no_memory(archive: Callable[..., Path]) -> None:
    path = archive(_state(_tensor()) + b"r" + struct.pack("<I", 2**27))
    tracemalloc.start()
    load_state_dict(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_storage_that_holds_no_whole_number_of_values(archive: Callable[..., Path]) -> None:
    with pytest.raises(CorruptModelError, match="has 23 bytes, expected a multiple of 4"):
        load_state_dict(archive(_state(_tensor()), {"0": bytes(23)}))


def test_random_damage_is_an_error_or_a_tensor(tmp_path: Path) -> None:
    """No byte of the real program can be changed into anything but a clear error."""
    with zipfile.ZipFile(REAL) as file:
        members = {name: file.read(name) for name in file.namelist()}
    program = next(name for name in members if name.endswith("data.pkl"))
    assert sum(1 for _ in pickletools.genops(members[program])) > 1000
    random = np.random.default_rng(5)
    path = tmp_path / "pytorch_model.bin"
    outcomes: dict[type[Any], int] = {}
    for _ in range(120):
        damaged = bytearray(members[program])
        for at in random.integers(0, len(damaged), 3):
            damaged[at] = random.integers(256)
        with zipfile.ZipFile(path, "w") as file:
            for name, content in members.items():
                file.writestr(name, bytes(damaged) if name == program else content)
        outcome: type[Any] = dict
        try:
            state = load_state_dict(path)
            assert all(np.isfinite(np.asarray(v, np.float64)).any() for v in state.values())
        except (CorruptModelError, UnsafeCheckpointError) as error:
            outcome = type(error)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert set(outcomes) >= {CorruptModelError, UnsafeCheckpointError}
