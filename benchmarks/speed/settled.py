"""Bring the machine to rest before something is measured: what was written is on the disk, free memory is at hand.

    python -m benchmarks.speed.settled

A virtual machine gives memory that nobody uses back to its host, some seconds after it became free, and has to ask for
it again page by page: what runs first after a pause pays for that, up to half of its own time where that is short. So
as much memory as the largest case may use is taken and let go, alike before every engine. Does nothing but on Linux.
"""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import suppress

import psutil

MOST = 8 << 30  # bytes: what three lists of ten million people may take
_POPULATE = 23  # MADV_POPULATE_WRITE of madvise(2), which Python 3.11 has no name for


def main() -> None:
    """Wait for the disk, take memory and let it go."""
    if sys.platform != "linux":
        return
    os.sync()
    free = psutil.virtual_memory().free  # holds nothing, not even the cache of a file
    size = min(MOST, free * 3 // 4) & ~(mmap.PAGESIZE - 1)
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as taken:
        taken.madvise(mmap.MADV_HUGEPAGE)
        with suppress(OSError):  # a kernel before 5.14
            taken.madvise(_POPULATE)


if __name__ == "__main__":
    main()
