"""Memory: matrices laid out for the cache, and what is free given back to the system, which else still counts it."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LINE: Final = 64  # bytes that the processor loads at once
_WORTH: Final = 1 << 30  # bytes
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


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


class _Figures(ctypes.Structure):
    """What mallinfo2(3) of the GNU C library tells."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "free", "top")
    )


def resident(file: Path = Path("/proc/self/statm")) -> int:
    """Bytes of this process that are in memory; 0 where the system does not tell."""
    try:
        return int(file.read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0


def trim() -> None:
    """Hand back what large arrays left behind; does nothing where the C library knows no such thing.

    Less than `_WORTH` is kept for what comes next: asking for it anew takes longer.
    """
    if sys.platform == "linux" and resident() >= _WORTH:  # looking through the heap takes some milliseconds
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallinfo2.restype = _Figures
            if library.mallinfo2().free >= _WORTH:
                library.malloc_trim(0)
