"""How memory is asked of the system; set once, before anything large is made.

A tenth of the time of a linkage went into pages that were given back and asked for anew. Figures: docs/adr/0031.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

# Large pages, kept for some seconds; as many heaps as cores, so that one thread takes what another has freed.
_POLARS: Final = f"thp:always,dirty_decay_ms:3000,narenas:{max(os.cpu_count() or 1, 2)}"
# Of mallopt(3): what is free at the end of the heap stays, arrays are made in the heap, threads share one heap.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE: Final = 1 << 30  # bytes


def settle() -> None:
    """Keep freed memory for what comes next; `blocking.heap.trim` gives it back. Linux with the GNU C library only."""
    if sys.platform == "linux":
        os.environ.setdefault("_RJEM_MALLOC_CONF", _POLARS)
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            for what, value in ((_TRIM_THRESHOLD, _LARGE), (_MMAP_THRESHOLD, _LARGE), (_ARENA_MAX, 1)):
                library.mallopt(what, value)
