"""Give memory that is free back to the system, which counts it against us as long as the C library keeps it."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def trim() -> None:
    """Hand back what large arrays left behind; does nothing where the C library knows no such thing."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
