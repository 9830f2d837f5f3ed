"""`kill -9` at any moment: the same command goes on, and what comes out is the same, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.padan.helpers import arguments, every_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")

# Runs the command and kills itself when the named function is called for the n-th time.
KILLER = """
import os, signal, sys
from importlib import import_module
place, count, *words = sys.argv[1:]
module, name = place.split(":")
owner, left = import_module(module), [int(count)]
real = getattr(owner, name)
def deadly(*args, **more):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **more)
setattr(owner, name, deadly)
from padan.cli import cli
cli.main(words)
"""
MOMENTS = (
    ("padan.store:put", 2),  # one table of the first stage has its name, the others not
    ("padan.store:write_json", 2),  # the tables of the second stage have theirs, the stamp not
    ("reports.returns:_write_text", 3),  # in the middle of the return files; the village lists are whole
)


def test_a_killed_run_goes_on_to_the_same_bytes(registers: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [*arguments(registers), "--out", str(out), "--quiet"]
    for place, count in MOMENTS:
        done = subprocess.run([sys.executable, "-c", KILLER, place, str(count), *command], check=False)
        assert done.returncode == -signal.SIGKILL, place
        assert not (out / "run.json").exists() or b'"selesai": true' not in (out / "run.json").read_bytes()
    pause = random.Random(os.getpid()).uniform(0.2, 2.5)
    process = subprocess.Popen([sys.executable, "-m", "padan", *command])
    try:
        process.wait(pause)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert subprocess.run([sys.executable, "-m", "padan", *command], check=False).returncode == 0
    whole, resumed = every_file(finished), every_file(out)
    assert [name for name in whole if whole[name] != resumed.get(name)] == []
    assert whole.keys() == resumed.keys()
    assert not list((out / ".padan").rglob("*.bagian"))
    assert not (out / ".padan" / "sementara").exists()
