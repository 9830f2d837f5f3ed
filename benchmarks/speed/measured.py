"""Run a command as a process of its own and write down its wall time, CPU time and peak memory.

    python -m benchmarks.speed.measured REPORT.json -- COMMAND ...

A small process starts the command, because a child counts as its own peak what its parent held when it started it.
The peak is that of the whole tree of processes: the largest of the high-water mark of any of them and of the sum of
what they held at one moment, looked at ten times a second, and what the system says at the end. Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAUSE = 0.1  # seconds between two looks: looking fifty times a second took a twelfth of a core from what was measured
NO_REST = "PADAN_BENCHMARK_NO_REST"  # set: engines run one after another as it comes
# Not handed on to what is measured. What pip installs is compiled to byte code; an environment that forbids it would
# have ours compiled at each start. And Polars, which the benchmark imports itself, leaves there how it asks for memory.
NOT_OURS = ("PYTHONDONTWRITEBYTECODE", "_RJEM_MALLOC_CONF", NO_REST)


class CommandError(RuntimeError):
    """A measured command failed; the message ends with what it said last."""


def measure(command: list[str], folder: Path, name: str) -> dict[str, Any]:
    """Run `command` in the project folder: `wall` and `cpu` in seconds, `peak_mb`; output goes to `folder`/`name`.log.

    Raises CommandError when it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report, log = folder / f"{name}.measured.json", folder / f"{name}.log"
    report.unlink(missing_ok=True)
    with log.open("wb") as out:
        launcher = [sys.executable, "-m", "benchmarks.speed.measured", str(report), "--", *command]
        subprocess.run(launcher, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {"exit": -1}
    if found.pop("exit") != 0:
        raise CommandError(f"{' '.join(command)}\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    return found


def settle() -> None:
    """Bring the machine to rest, by a process of its own: its memory must not count as that of what is measured."""
    if not os.environ.get(NO_REST):
        subprocess.run([sys.executable, "-m", "benchmarks.speed.settled"], cwd=ROOT, check=True)


def _status(pid: int) -> tuple[int, int]:
    """High-water mark and present size of a process in kB; zeros when it is gone."""
    high = now = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                high = int(line.split()[1])
            elif line.startswith("VmRSS:"):
                now = int(line.split()[1])
    except OSError:
        return 0, 0
    return high, now


def _tree(pid: int) -> list[int]:
    """`pid` and its descendants."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text(encoding="ascii").split())
            except OSError:
                continue
    return found


def _watch(pid: int, done: threading.Event, peak: list[int]) -> None:
    while not done.wait(PAUSE):
        seen = [_status(one) for one in _tree(pid)]
        peak[0] = max(peak[0], sum(now for _high, now in seen), *(high for high, _now in seen))


def main() -> None:
    """Start the command given after `--`, wait for it and write the report."""
    report, command = Path(sys.argv[1]), sys.argv[3:]
    peak = [0]
    done = threading.Event()
    begun = time.perf_counter()
    child = subprocess.Popen(command, env={k: v for k, v in os.environ.items() if k not in NOT_OURS})
    watcher = threading.Thread(target=_watch, args=(child.pid, done, peak), daemon=True)
    watcher.start()
    _pid, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    done.set()
    watcher.join()
    found = {
        "exit": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": max(peak[0], used.ru_maxrss) / 1024,
    }
    report.write_text(json.dumps(found), encoding="utf-8")
    child.returncode = found["exit"]


if __name__ == "__main__":
    main()
