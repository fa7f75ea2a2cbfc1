"""Read ``pytorch_model.bin`` without torch and without running anything it contains.

A pickle is a program. This reader knows the few names that a dictionary of tensors needs and
refuses every other one before it is looked up, so a hostile file ends in
:class:`UnsafeCheckpointError` and nothing of it has run. Nor can a small file take much memory or
time: what torch never writes is refused, compressed members and later protocols among it. Tensor
data is memory-mapped from the zip archive (torch stores it uncompressed), so reading costs no copy.

Format: torch's zip serialisation (torch >= 1.6), an archive with ``NAME/data.pkl`` and one file
``NAME/data/KEY`` per storage.
"""

from __future__ import annotations

import collections
import math
import pickle
import pickletools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from gliner_fast.errors import CorruptModelError, UnsafeCheckpointError

__all__ = ["bfloat16_to_float32", "load_state_dict"]

_STORAGE_DTYPES: dict[str, str] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
#: Bytes of a program. One of 400 tensors has 100 kB; of every byte, a hostile one makes an object.
_LONGEST_PROGRAM = 16_000_000
#: numpy's own limit.
_MOST_DIMENSIONS = 64
_LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


# What a pickle can reach must not be changeable from within it: its BUILD opcode sets attributes
# on any object that has a ``__dict__`` or a ``__setstate__``. Named tuples and slotted instances
# have neither.


class _StorageType(NamedTuple):
    """Stands for ``torch.FloatStorage`` and its kin: a dtype, nothing callable."""

    dtype: str


class _Storage(NamedTuple):
    """Flat values of a storage; only :meth:`_TensorUnpickler.persistent_load` makes one."""

    data: npt.NDArray[Any]
    dtype: str


def bfloat16_to_float32(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Widen bfloat16, given as its 16 bits, to float32. Exact. Same shape."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


class _Archive:
    """The storages of a torch zip file, as read-only memory maps."""

    def __init__(self, path: Path, file: zipfile.ZipFile, root: str) -> None:
        self._path = path
        self._file = file
        self._root = root

    def storage(self, key: str, dtype: str) -> npt.NDArray[Any]:
        name = f"{self._root}data/{key}"
        try:
            info = self._file.getinfo(name)
        except KeyError:
            raise CorruptModelError(f"{self._path.name}: storage {key!r} is missing") from None
        raw = np.dtype("<u2" if dtype == "bfloat16" else dtype)
        if info.file_size % raw.itemsize:
            raise CorruptModelError(
                f"{self._path.name}: storage {key!r} has {info.file_size} bytes, "
                f"expected a multiple of {raw.itemsize}"
            )
        _check_stored(self._path, info, f"storage {key!r}")
        count = info.file_size // raw.itemsize
        if count == 0:
            return np.empty(0, dtype=raw)
        # The local header repeats the name and has its own extra field, so its length is read.
        with self._path.open("rb") as stream:
            stream.seek(info.header_offset + 26)
            lengths = np.frombuffer(stream.read(4), dtype="<u2")
        offset = info.header_offset + 30 + int(lengths.sum())
        if offset + info.file_size > self._path.stat().st_size:
            raise CorruptModelError(f"{self._path.name}: storage {key!r} is cut off")
        return np.memmap(self._path, dtype=raw, mode="r", offset=offset, shape=(count,))


def _check_stored(path: Path, info: zipfile.ZipInfo, what: str) -> None:
    if info.compress_type != zipfile.ZIP_STORED:
        # A kilobyte can stand for a gigabyte.
        raise CorruptModelError(f"{path.name}: {what} is compressed, which torch never does")


class _RebuildTensor:
    """The one operation a checkpoint may ask for: view a storage with a shape and strides."""

    __slots__ = ()

    def __call__(
        self,
        storage: object,
        offset: int,
        size: tuple[int, ...],
        stride: tuple[int, ...],
        *_ignored: object,
    ) -> npt.NDArray[Any]:
        if type(storage) is not _Storage:
            # A forged storage, such as another view, would have another length than its memory.
            raise CorruptModelError("a tensor is not built from a storage")
        data = storage.data
        whole = (offset, *size, *stride)
        if not len(size) == len(stride) <= _MOST_DIMENSIONS or any(
            type(n) is not int or not 0 <= n < 2**63 for n in whole
        ):
            # Numbers may be of any length here, and their product would take as long.
            raise CorruptModelError("a tensor has an impossible shape or strides")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if math.prod(size) > len(data) or (all(size) and last >= len(data)):
            raise CorruptModelError(
                f"a tensor needs {max(last + 1, math.prod(size))} values "
                f"of a storage that has {len(data)}"
            )
        view = np.lib.stride_tricks.as_strided(
            data[offset:],
            shape=size,
            strides=tuple(step * data.itemsize for step in stride),
            writeable=False,
        )
        if storage.dtype == "bfloat16":
            return bfloat16_to_float32(np.ascontiguousarray(view))
        return view


class _RebuildParameter:
    __slots__ = ()

    def __call__(self, data: object, *_ignored: object) -> object:
        return data


class _EmptyDict:
    """``OrderedDict()``. With arguments it would hash what it is given."""

    __slots__ = ()

    def __call__(self) -> collections.OrderedDict[str, Any]:
        return collections.OrderedDict()


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _EmptyDict(),
    ("torch._utils", "_rebuild_tensor"): _RebuildTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch._utils", "_rebuild_parameter"): _RebuildParameter(),
    **{("torch", name): _StorageType(dtype) for name, dtype in _STORAGE_DTYPES.items()},
}


# The unpickler in Python, not the one in C: that one sizes its memo by the largest index that a
# pickle names, so five bytes can ask for 64 GB. A state dict is a few thousand opcodes.
class _TensorUnpickler(pickle._Unpickler):
    #: What to do for each opcode; changed below the class.
    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def __init__(self, stream: IO[bytes], archive: _Archive, name: str) -> None:
        super().__init__(stream, encoding="utf-8")
        self._archive = archive
        self._name = name

    def refuse_opcode(self) -> None:
        """Of a later protocol. BYTEARRAY8 takes nine bytes to ask for any amount of memory."""
        raise CorruptModelError(
            f"{self._name}: is pickled with a later protocol than 2, which torch uses; "
            "save it again without pickle_protocol"
        )

    def check_keys(self, keys: list[Any]) -> None:
        """A tuple that holds a tuple twice, and so on forty times, takes hours to hash."""
        if not all(type(key) is str for key in keys):
            raise CorruptModelError(f"{self._name}: a key of a dictionary is not text")

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise UnsafeCheckpointError(
                f"{self._name}: asks for {module}.{name}, which no dictionary of tensors needs. "
                "Nothing was run. Get the model as model.safetensors from somebody you trust."
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        if (
            not isinstance(pid, tuple)
            or len(pid) < 4
            or pid[0] != "storage"
            or not isinstance(pid[1], _StorageType)
            or not isinstance(pid[2], str)
        ):
            raise CorruptModelError(f"{self._name}: a storage has an unknown form")
        return _Storage(self._archive.storage(pid[2], pid[1].dtype), pid[1].dtype)


def _with_text_keys(opcode: bytes, keys: slice) -> Callable[[_TensorUnpickler], None]:
    """What an opcode does, after a look at the keys on the stack."""
    load: Any = pickle._Unpickler.dispatch[opcode[0]]

    def checked(self: _TensorUnpickler) -> None:
        self.check_keys(self.stack[keys])
        load(self)

    return checked


_TensorUnpickler.dispatch |= {
    **{ord(op.code): _TensorUnpickler.refuse_opcode for op in pickletools.opcodes if op.proto > 2},
    pickle.SETITEM[0]: _with_text_keys(pickle.SETITEM, slice(-2, -1)),
    pickle.SETITEMS[0]: _with_text_keys(pickle.SETITEMS, slice(None, None, 2)),
    pickle.DICT[0]: _with_text_keys(pickle.DICT, slice(None, None, 2)),
}


def load_state_dict(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Tensors of a torch checkpoint by name, memory-mapped where stored uncompressed.

    Raises:
        UnsafeCheckpointError: The pickle names anything but tensors. Nothing was run.
        CorruptModelError: The file is damaged, or in the format of torch before 1.6.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            legacy = stream.read(len(_LEGACY_MAGIC)) == _LEGACY_MAGIC
        reason = (
            "is in the format of torch before 1.6; save it again with a newer torch"
            if legacy
            else "is not a torch checkpoint (no zip archive)"
        )
        raise CorruptModelError(f"{path.name}: {reason}")
    try:
        with zipfile.ZipFile(path) as file:
            programs = [n for n in file.namelist() if n == "data.pkl" or n.endswith("/data.pkl")]
            if len(programs) != 1:
                raise CorruptModelError(
                    f"{path.name}: expected one data.pkl, found {len(programs)}"
                )
            program = file.getinfo(programs[0])
            _check_stored(path, program, "data.pkl")
            if program.file_size > _LONGEST_PROGRAM:
                raise CorruptModelError(
                    f"{path.name}: data.pkl has {program.file_size} bytes, "
                    f"expected at most {_LONGEST_PROGRAM}"
                )
            archive = _Archive(path, file, programs[0].removesuffix("data.pkl"))
            with file.open(program) as stream:
                state = _TensorUnpickler(stream, archive, path.name).load()
    except (CorruptModelError, UnsafeCheckpointError):
        raise
    except Exception as error:
        # The unpickler raises whatever its input makes it raise; all of it means one thing.
        raise CorruptModelError(f"{path.name}: cannot be read ({type(error).__name__})") from error
    # Not state.items(): an OrderedDict takes attributes, "items" among them, from BUILD.
    tensors = dict.items(state) if isinstance(state, dict) else ()
    if not tensors or not all(
        isinstance(name, str) and isinstance(value, np.ndarray) for name, value in tensors
    ):
        raise CorruptModelError(f"{path.name}: expected a dictionary of named tensors")
    return dict(tensors)
