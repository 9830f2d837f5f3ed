"""The text of a Polars column where it lies: its chunks as Arrow's string views, without a copy.

Read by Arrow's C stream interface (https://arrow.apache.org/docs/format/CStreamInterface.html).
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
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
