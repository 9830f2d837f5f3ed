"""Write laporan.xlsx in a process of its own, beside the other reports.

Writing cells is plain Python and takes longer than all other reports together. The process reads the tables that
stand in `out`/data, so nothing large is handed over, and both ways give the same bytes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl

from reports.context import Context
from reports.workbook import write_workbook
from rules.i18n import language, set_language
from rules.tables import SCHEMAS, Tables

NAME = "laporan.xlsx"


@contextmanager
def workbook_apart(context: Context, out: Path) -> Iterator[Callable[[], Path]]:
    """Start the process; yields a function that waits for it and returns the file.

    A process that cannot start or fails is replaced by writing here, which also raises the error in the right place.
    """
    job = _ordered(out, context.tables.info)

    def wait() -> Path:
        return out / NAME if job and job.wait() == 0 else write_workbook(context, out / NAME)

    try:
        yield wait
    finally:
        if job and job.poll() is None:
            job.kill()
            job.wait()
        if job and job.stdin:
            with suppress(OSError):
                job.stdin.close()


def _ordered(out: Path, info: Mapping[str, Any]) -> subprocess.Popen[bytes] | None:
    order = json.dumps({"out": str(out), "bahasa": language(), "info": info}, default=str)
    job = started("reports.apart")
    if job and job.stdin:
        # The pipe stays open: when this process is killed it closes, and the other one ends too.
        with suppress(OSError):  # it may be gone already; `wait` finds out
            job.stdin.write(order.encode() + b"\n")
            job.stdin.flush()
    return job


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


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, so that nobody writes into a run that goes on."""

    def watch() -> None:
        # Not through sys.stdin: its lock would be held at the end of the interpreter.
        while os.read(0, 1):
            pass
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def main() -> None:
    """Read the order from standard input and write the workbook."""
    from reports.write import make_context  # imports this module itself

    order = json.loads(sys.stdin.buffer.readline())
    _end_with_parent()
    set_language(order["bahasa"])
    out = Path(order["out"])
    frames = {name: pl.read_parquet(out / "data" / f"{name}.parquet") for name in SCHEMAS}
    write_workbook(make_context(Tables(info=order["info"], **frames)), out / NAME)
    sys.stdout.flush()
    os._exit(0)  # the watching thread waits for input that never comes


if __name__ == "__main__":
    main()
