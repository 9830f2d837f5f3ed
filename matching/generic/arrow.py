"""Text between Polars and numpy where it lies, without a copy: chunks of a column as Arrow's string views, and back.

By Arrow's C interfaces (https://arrow.apache.org/docs/format/CDataInterface.html, CStreamInterface.html), because
importing pyarrow takes a tenth of a second.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from itertools import count
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.kernels.coding import Chunk

_RELEASE: Final = CFUNCTYPE(None, c_void_p)
_VIEW: Final = 16  # bytes


class _Schema(ctypes.Structure):
    _fields_ = (
        ("format", c_char_p), ("name", c_char_p), ("metadata", c_void_p), ("flags", c_int64), ("n_children", c_int64),
        ("children", c_void_p), ("dictionary", c_void_p), ("release", _RELEASE), ("private", c_void_p),
    )  # fmt: skip


class _Array(ctypes.Structure):
    _fields_ = (
        ("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
        ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", c_void_p), ("dictionary", c_void_p),
        ("release", _RELEASE), ("private", c_void_p),
    )  # fmt: skip

    def __del__(self) -> None:
        if self.release:
            self.release(ctypes.addressof(self))


class _Stream(ctypes.Structure):
    _fields_ = (
        ("get_schema", CFUNCTYPE(c_int, c_void_p, c_void_p)), ("get_next", CFUNCTYPE(c_int, c_void_p, c_void_p)),
        ("get_last_error", c_void_p), ("release", _RELEASE), ("private", c_void_p),
    )  # fmt: skip


class _Memory:
    """Memory of an array of Arrow, as numpy takes it; it lives as long as the numpy array."""

    def __init__(self, owner: _Array, address: int, shape: tuple[int, ...], kind: str) -> None:
        self.owner = owner
        self.__array_interface__ = {"version": 3, "data": (address, False), "shape": shape, "typestr": kind}


def chunks(column: pl.Series) -> list[Chunk]:
    """The chunks of a column of text; they live on without it."""
    capsule: Any = column.__arrow_c_stream__()
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = c_void_p, (ctypes.py_object, c_char_p)
    address = pointer(capsule, b"arrow_array_stream")
    stream = _Stream.from_address(address)
    schema = _Schema()
    failed = stream.get_schema(address, ctypes.addressof(schema))
    if failed or schema.format != b"vu":
        raise AssertionError(f"a column of text comes as {schema.format!r}, not as string views")
    schema.release(ctypes.addressof(schema))
    found: list[Chunk] = []
    while True:
        array = _Array()
        if stream.get_next(address, ctypes.addressof(array)):
            raise AssertionError("a column of text does not come")
        if not array.release:
            return found
        if array.length:
            found.append(_chunk(array))


def _chunk(array: _Array) -> Chunk:
    n, first = array.length, array.offset
    valid, views, *data = (array.buffers[k] or 0 for k in range(array.n_buffers - 1))  # the last holds their sizes

    def part(address: int, shape: tuple[int, ...], kind: str) -> npt.NDArray[Any]:
        return np.asarray(_Memory(array, address, shape, kind))

    begin = views + _VIEW * first
    bits = part(valid, (first + n + 7 >> 3,), "|u1") if valid and array.null_count else np.zeros(0, dtype=np.uint8)
    # Where each buffer begins, seen from the views: all of them are parts of one memory.
    shifts = np.array([(one - begin) % 2**64 for one in data], dtype=np.uint64)
    return Chunk(part(begin, (_VIEW * n,), "|u1"), part(begin, (n, 4), "<u4"), bits, first, shifts)


_OWNERS: Final[dict[int, tuple[Any, ...]]] = {}  # what Polars still reads, by the `private` of its array
_NUMBERS: Final = count(1)


def _ending(kind: type[_Schema | _Array]) -> Any:  # noqa: ANN401 - a function as C knows it
    """What Polars calls when it needs a struct of this kind no more. It lives for ever: a column may outlive us."""
    owners, nothing = _OWNERS, _RELEASE()

    def let_go(address: int) -> None:
        taken = kind.from_address(address)
        owners.pop(taken.private, None)
        taken.release = nothing

    made = _RELEASE(let_go)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
    return made


_schema_done: Final = _ending(_Schema)
_array_done: Final = _ending(_Array)


class _Column:
    """Values as an array of Arrow that who asks for it takes over: its form, length, and buffers after the first."""

    def __init__(self, form: bytes, length: int, *parts: npt.NDArray[Any]) -> None:
        self.form, self.length = form, length
        self.parts = [np.ascontiguousarray(part) for part in parts]

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        number, n = next(_NUMBERS), 1 + len(self.parts)
        buffers = (c_void_p * n)(None, *(part.ctypes.data for part in self.parts))  # none says which are null
        schema = _Schema(format=self.form, name=b"", private=None, release=_schema_done)
        array = _Array(length=self.length, n_buffers=n, buffers=buffers, private=number, release=_array_done)
        _OWNERS[number] = (buffers, *self.parts)
        self.given = (schema, array)
        capsule = ctypes.pythonapi.PyCapsule_New
        capsule.restype, capsule.argtypes = ctypes.py_object, (c_void_p, c_char_p, c_void_p)
        return tuple(
            capsule(ctypes.addressof(part), name, None)
            for part, name in zip(self.given, (b"arrow_schema", b"arrow_array"), strict=True)
        )


def column_of(data: npt.NDArray[np.uint8], begin: npt.NDArray[np.uint64]) -> pl.Series:
    """The column `v` of texts; number k is data[begin[k]:begin[k + 1]] in UTF-8, which must not be changed any more."""
    form = b"U"  # text with 64-bit places
    return pl.Series(_Column(form, len(begin) - 1, begin, data), dtype=pl.String).alias("v")


def column_of_views(views: npt.NDArray[np.uint64], data: npt.NDArray[np.uint8], piece: int) -> pl.Series:
    """The column `v` of texts of which `views` (n * 2) tell as Arrow does, in buffers that are pieces of `data`.

    It is taken as it is, unchecked and without a copy.
    """
    pieces = [data[k : k + piece] for k in range(0, len(data), piece)]
    sizes = np.array([len(one) for one in pieces], dtype=np.int64)
    return pl.Series(_Column(b"vu", len(views) // 2, views, *pieces, sizes), dtype=pl.String).alias("v")


_FORMS: Final = {"uint8": b"C", "uint32": b"I", "float64": b"g"}


def column_of_numbers(values: npt.NDArray[Any]) -> pl.Series:
    """The column `v` of numbers, none of them null; taken without a copy, so `values` must not be changed any more.

    Polars itself would copy them, and import numpy.ma to ask whether some are masked.
    """
    return pl.Series(_Column(_FORMS[values.dtype.name], len(values), values)).alias("v")
