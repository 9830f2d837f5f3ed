"""Files of a run hold names and ids of real people: they are created readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path


def private(path: Path) -> Path:
    """Create (or empty) `path` with mode 0600, its folders included, and return it.

    The writer that opens it afterwards keeps the mode, so there is no moment at which others can read the content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    path.chmod(0o600)  # the file may have been there before with a wider mode
    return path


def write_private(path: Path, text: str) -> Path:
    """Write `text` as UTF-8 with line feeds into a file of mode 0600."""
    with private(path).open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    return path
