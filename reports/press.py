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
from queue import Queue
from types import TracebackType
from typing import Any, Final, Self

from reports import paper
from reports.aside import Aside
from reports.private import private

_WORTH: Final = 1_000  # lines on paper from which a process is worth its start
_WAITING: Final = 400  # lists that may wait to be drawn, some 0.1 MB each


class Press:
    """Draws lists into files; a context manager, at whose end every file is there. `lines`: how many are to come.

    Orders wait in a queue, so that nobody waits for a page to be drawn. Raises ChildProcessError when the process
    failed; with `lines` = 0 there is none.
    """

    def __init__(self, lines: int) -> None:
        worth = lines >= _WORTH and (os.cpu_count() or 1) > 1
        self._job = started("reports.press") if worth else None
        self._orders: Queue[bytes | None] = Queue(_WAITING)
        self._handed_over = Aside(self._hand_over) if self._job else None

    def __enter__(self) -> Self:
        return self

    def draw(self, data: str, path: Path) -> None:
        """Draw the list `data` (JSON, of `reports.village_page.page_data`) into `path`."""
        if self._job is None:
            _draw(json.loads(data), path)
            return
        self._orders.put(f"[{json.dumps(str(path))}, {data}]\n".encode())

    def _hand_over(self) -> bool:
        """Write the orders into the pipe; whether the process took them all."""
        whole = True
        pipe = self._job.stdin if self._job else None
        while (order := self._orders.get()) is not None:
            try:
                if pipe and whole:
                    pipe.write(order)
            except OSError:
                whole = False  # the rest is taken from the queue and thrown away: nobody may wait for ever
        with suppress(OSError):
            if pipe:
                pipe.close()
        return whole

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._job is None or self._handed_over is None:
            return
        if kind is not None:
            self._job.kill()
        self._orders.put(None)
        whole = self._handed_over.result()
        if (self._job.wait() != 0 or not whole) and kind is None:
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
