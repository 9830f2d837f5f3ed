"""Compiled functions come back from disk without numba, and only while their code is what was compiled."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import pytest
from numba.core.errors import TypingError

from blocking import native
from blocking.jit import Kernel, each, kernel

ROOT = Path(__file__).parents[2]
STEP = 2


@kernel
def stepped(x: Any) -> Any:
    return x + STEP


@kernel
def summed(values: np.ndarray, out: np.ndarray) -> tuple[float, int, bool]:
    total = 0.0
    for i in range(len(values)):
        total += values[i]
        out[i] = stepped(values[i])
    return total, len(values), total > 0


@kernel
def made_inside(n: int) -> float:
    return np.zeros(n).sum()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(native, "folders", lambda: (tmp_path / "none" / "file", tmp_path))
    (tmp_path / "none").write_bytes(b"")
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.padan"))


def again(function: Callable[..., Any]) -> Kernel:
    """The kernel as a new process has it."""
    assert isinstance(function, Kernel)
    return Kernel(function.function)


def test_arrays_tuples_and_strides(empty: Path) -> None:
    values, out = np.arange(12.0).reshape(4, 3), np.empty(4)
    assert again(summed)(values[:, 1], out) == (22.0, 4, True)
    assert out.tolist() == [3.0, 6.0, 9.0, 12.0]
    assert len(kept(empty)) == 1  # in the second folder: the first cannot be written


def test_kept_code_is_loaded_and_broken_code_is_made_again(empty: Path) -> None:
    out = np.empty(3)
    again(summed)(np.ones(3), out)
    (file,) = kept(empty)
    good = file.read_bytes()
    time = file.stat().st_mtime_ns
    assert again(summed)(np.ones(3), out) == (3.0, 3, True)
    assert file.stat().st_mtime_ns == time
    file.write_bytes(good[:-7])
    assert again(summed)(np.ones(3), out) == (3.0, 3, True)
    assert file.read_bytes()[:20] == good[:20]
    assert len(file.read_bytes()) == len(good)


def test_a_change_of_what_is_called_is_noticed(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = np.empty(1)
    again(summed)(np.ones(1), out)
    assert out[0] == 3
    # The constant is that of the function called, and it is compiled in.
    monkeypatch.setitem(globals(), "STEP", 5)
    monkeypatch.setattr(stepped, "_dispatcher", None)
    again(summed)(np.ones(1), out)
    assert out[0] == 6
    code = stepped.function.__code__  # type: ignore[attr-defined]
    other: CodeType = code.replace(co_consts=(*code.co_consts, 7))
    monkeypatch.setattr(stepped, "function", FunctionType(other, globals()))
    before = kept(empty)[0].read_bytes()
    again(summed)(np.ones(1), out)
    assert kept(empty)[0].read_bytes()[:40] != before[:40]


def test_where_it_is_not_tried_numba_calls_what_it_compiled(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = np.empty(4)
    monkeypatch.setattr(native, "HERE", False)
    assert again(summed)(np.arange(12.0).reshape(4, 3)[:, 1], out) == (22.0, 4, True)
    assert out.tolist() == [3.0, 6.0, 9.0, 12.0]
    assert not kept(empty)


def test_a_kernel_that_makes_an_array_is_refused(empty: Path) -> None:
    with pytest.raises(TypingError, match="array"):
        again(made_inside)(3)
    assert not kept(empty)


def test_numbers_across_words_are_refused() -> None:
    crooked = np.frombuffer(b"\0" * 25, dtype=np.float64, count=3, offset=1)
    with pytest.raises(ValueError, match="words"):
        summed(crooked, np.empty(3))


def test_a_second_process_needs_no_numba() -> None:
    code = (
        "import sys, numpy as np; from blocking.mix import mix; from blocking.pairs import block;"
        "print(block(mix(np.arange(9) % 3 + 1)).pairs, 'numba' in sys.modules)"
    )
    for _time in range(2):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9", "False"]


def test_each_gives_what_was_made_in_order_and_tells_of_a_failure() -> None:
    assert each(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    assert each(str, [1]) == ["1"]
    assert each(str, []) == []

    def fails(n: int) -> int:
        if n == 7:
            raise ValueError("seven")
        return n

    with pytest.raises(ValueError, match="seven"):
        each(fails, range(9))
