"""Memory that is laid out ahead is that in which the first arrays are made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import sys, threading
from pathlib import Path
from padan import allocator
allocator.settle()
import numpy as np
from blocking.heap import resident
before = resident()
allocator.reserve([Path(sys.argv[1]), Path("is not there")])
for one in threading.enumerate():
    if one.name == "padan-lay-out":
        one.join()
laid = resident()
np.empty(64 << 20, dtype=np.uint8)[:] = 1
print(laid - before, resident() - laid)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux only")
@pytest.mark.parametrize(("size", "laid_out"), [(20 << 20, True), (1 << 20, False)])
def test_arrays_are_made_in_memory_that_was_laid_out(tmp_path: Path, size: int, laid_out: bool) -> None:
    with (tmp_path / "list").open("wb") as file:
        file.truncate(size)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "list")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    laid, more = map(int, done.stdout.split())
    if laid_out:
        assert laid > 100 << 20
        assert more < 8 << 20
    else:
        assert laid < 8 << 20
        assert more > 56 << 20
