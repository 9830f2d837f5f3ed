"""Headers without what differs from file to file."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NUMBERING = re.compile(r"\s*\(\s*-?\d+\s*\)\s*$")


@lru_cache(maxsize=65_536)
def key(header: str) -> str:
    """A header without case, blanks, marks and its column number: `Desa/Kelurahan (9)` is `desakelurahan`."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    plain = _NUMBERING.sub("", plain)
    return re.sub(r"[^a-z0-9]", "", plain)
