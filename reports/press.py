"""The PDFs of the villages, drawn in a process of their own beside the workbooks: drawing is plain Python.

The process is handed what a list shows and where it goes, one line of JSON each; it reads nothing and ends when its
input does, also when the process that started it is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from reports import paper
from reports.private import private

_WORTH: Final = 1_000  # lines on paper from which a process is worth its start


class Press:
    """Draws lists into files; a context manager, at whose end every file is there. `lines`: how many are to come.

    Raises ChildProcessError when the process failed; with `lines` = 0 there is none.
    """

    def __init__(self, lines: int) -> None:
        worth = lines >= _WORTH and (os.cpu_count() or 1) > 1
        self._job = started("reports.press") if worth else None

    def __enter__(self) -> Self:
        return self

    def draw(self, data: Mapping[str, Any], path: Path) -> None:
        """Draw the list `data` (of `reports.village_page.page_data`) into `path`."""
        if self._job is None or self._job.stdin is None:
            _draw(data, path)
            return
        order = json.dumps([str(path), data], ensure_ascii=False, separators=(",", ":"))
        try:
            self._job.stdin.write(order.encode() + b"\n")
        except OSError as error:
            raise ChildProcessError from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._job is None:
            return
        if kind is not None:
            self._job.kill()
        with suppress(OSError):
            if self._job.stdin:
                self._job.stdin.close()
        if self._job.wait() != 0 and kind is None:
            raise ChildProcessError


def started(module: str) -> subprocess.Popen[bytes] | None:
    """A process that runs `module` with a pipe as its input; None when it cannot start."""
    # A checkout that is not installed is found by its path only; -m needs no guard in the caller's main module.
    places = os.pathsep.join(p for p in sys.path if p)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": places},
        )
    except OSError:
        return None


def _draw(data: Mapping[str, Any], path: Path) -> None:
    (drawn,) = paper.render([data])
    private(path).write_bytes(drawn)


def main() -> None:
    """Draw what standard input orders."""
    for order in sys.stdin.buffer:
        path, data = json.loads(order)
        _draw(data, Path(path))


if __name__ == "__main__":
    main()
