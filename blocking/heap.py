"""Memory: matrices laid out for the cache, and what is free given back to the system, which else still counts it."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LINE: Final = 64  # bytes that the processor loads at once


def lined(rows: int, columns: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    """An uninitialised matrix of which every row lies in as few cache lines as can be.

    It has more than `columns` columns where that takes it: the next power of two of them, or a whole line.
    """
    width = np.dtype(kind).itemsize
    line = _LINE // width
    columns = -(-columns // line) * line if columns > line else 1 << (columns - 1).bit_length()
    room = np.empty(rows * columns * width + _LINE, dtype=np.uint8)
    begin = -room.__array_interface__["data"][0] % _LINE
    return room[begin : begin + rows * columns * width].view(kind).reshape(rows, columns)


def trim() -> None:
    """Hand back what large arrays left behind; does nothing where the C library knows no such thing."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
