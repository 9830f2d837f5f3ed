"""Memory: amounts as people write them, peaks as they were, and a guard that ends a run before the system does."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from padan import memory
from rules.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GB", 4_000_000_000), ("4.5 gb", 4_500_000_000), ("4,5G", 4_500_000_000), ("800MB", 800_000_000),
     ("2GiB", 2_000_000_000), ("300000000", 300_000_000)],
)  # fmt: skip
def test_amounts_are_read(text: str, size: int) -> None:
    assert memory.parse(text) == size


@pytest.mark.parametrize("text", ["", "much", "4XB", "-3GB", "5MB", "GB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"memor"):
        memory.parse(text)


def test_a_budget_is_never_more_than_is_free() -> None:
    assert memory.budget("900TB") <= memory.free() + 200 * memory.MB
    assert 0 < memory.budget(None) <= memory.free()


def test_a_container_bounds_what_is_free(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("2000000000\n")
    (tmp_path / "memory.current").write_text("1500000000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 300000000\n")
    names = ("memory.max", "memory.current")
    assert memory._container(names, tmp_path) == [800_000_000]
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(names, tmp_path) == []
    assert memory._container(names, tmp_path / "none") == []


def test_a_thread_that_ended_meanwhile_has_no_children(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "children").write_text("")
    (tmp_path / "2").mkdir()  # its file is gone
    assert memory._descendants(tmp_path) == []


def test_where_the_kernel_names_no_children_psutil_is_asked(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = [one.pid for one in memory._descendants(tmp_path)]
        child.communicate(b"\n")
    assert child.pid in found


def test_linux_says_what_psutil_tells(tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert memory._computer("MemTotal") == memory._computer("MemTotal", none)
    assert memory._computer("MemAvailable") == pytest.approx(memory._computer("MemAvailable", none), rel=0.1)
    assert memory._resident() == pytest.approx(memory._resident(none), rel=0.1)


def test_a_child_counts_once_it_is_seen() -> None:
    with memory.Gauge() as gauge:
        child = [sys.executable, "-c", "import time; room = bytearray(300_000_000); time.sleep(1.6)"]
        subprocess.run(child, check=True)
        assert gauge.peak > 300 * memory.MB


def test_a_peak_is_seen_and_forgotten() -> None:
    with memory.Gauge() as gauge:
        before = gauge.peak
        block = np.ones(20_000_000)
        assert gauge.peak - before > 0.9 * block.nbytes
        del block
        assert gauge.peak - before > 100 * memory.MB
        gauge.reset()
        assert gauge.peak - before < 80 * memory.MB


def test_the_guard_ends_the_process_with_one_message() -> None:
    script = textwrap.dedent(
        """
        import time
        from padan import console, memory
        memory.free = lambda: 0
        guard = memory.give_up(lambda error: console.show_error(error))
        with memory.Gauge(1, guard):
            time.sleep(20)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=15, check=False)
    assert done.returncode == memory.NO_MEMORY
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 2
