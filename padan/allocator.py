"""How memory is asked of the system; set once, before anything large is made.

A tenth of the time of a linkage went into pages that were given back and asked for anew. Figures: docs/adr/0031.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

# Large pages, kept for some seconds; as many heaps as cores, so that one thread takes what another has freed.
_POLARS: Final = f"thp:always,dirty_decay_ms:3000,narenas:{max(os.cpu_count() or 1, 2)}"
# Of mallopt(3): what is free at the end of the heap stays, arrays are made in the heap, threads share one heap.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE: Final = 1 << 30  # bytes
_HUGE: Final = 14  # of madvise(2): pages of two megabytes where there are
_HUGE_PAGE: Final = 1 << 21  # bytes
_TIMES: Final = 6  # bytes of arrays for a byte of a packed list, at least
_LITTLE, _MOST = 16 << 20, 256 << 20  # bytes; a million people take twice as much


def settle() -> None:
    """Keep freed memory for what comes next; `blocking.heap.trim` gives it back. Linux with the GNU C library only."""
    if sys.platform == "linux":
        os.environ.setdefault("_RJEM_MALLOC_CONF", _POLARS)
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            for what, value in ((_TRIM_THRESHOLD, _LARGE), (_MMAP_THRESHOLD, _LARGE), (_ARENA_MAX, 1)):
                library.mallopt(what, value)


def reserve(lists: Sequence[Path]) -> None:
    """Have the system lay out memory for what will be made of the lists, or some of it, in a thread.

    As it is, whoever first writes into a page waits until it is cleared, and while libraries are imported one core has
    nothing to do. Linux with the GNU C library only; little is not worth a thread.
    """
    size = min(_TIMES * sum(one.stat().st_size for one in lists if one.is_file()), _MOST)
    if sys.platform == "linux" and size >= _LITTLE:
        threading.Thread(target=_lay_out, args=(size,), name="padan-lay-out", daemon=True).start()


def _lay_out(size: int) -> None:
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        library.free.argtypes = [ctypes.c_void_p]
        library.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
        library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        room = library.malloc(size)
        if room:
            first = -(-room // _HUGE_PAGE) * _HUGE_PAGE
            library.madvise(first, room + size - first, _HUGE)
            # Writing, not madvise: other memory can be had meanwhile. One call: it need not wait for the interpreter.
            library.memset(first, 0, room + size - first)
            library.free(room)  # stays in the heap, see `settle`
