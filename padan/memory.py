"""Memory of this computer and of this process: what is free, what was used at most, and a guard against running out.

A run plans within a budget (`padan.planning`). Should it need more than planned, the guard ends it in good order while
the system still has memory: whatever was finished stands in the run folder, and the same command goes on from there.
"""

from __future__ import annotations

import gc
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from blocking.heap import resident, trim
from rules.errors import ConfigError, PadanError
from rules.i18n import _
from rules.masking import mask_text

if TYPE_CHECKING:
    import psutil

NO_MEMORY: Final = 5  # exit code, see docs/batch.md
MB: Final = 1_000_000
_UNITS: Final = {"": 1, "K": 1_000, "M": MB, "G": 1_000 * MB, "T": 1_000_000 * MB}
_SIZE: Final = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*([KMGT]?)I?B?\s*$", re.IGNORECASE)
_CGROUP: Final = Path("/sys/fs/cgroup")
_PERIOD: Final = 0.1  # seconds between two looks; each takes the interpreter's lock from those who work
_EVERY: Final = 10  # looks between two at the child processes
_RESERVE: Final = 0.03  # share of the computer's memory that must stay free


class MemoryNeededError(PadanError):
    """A run needs more memory than it may use. Nothing is lost: finished stages stand in the run folder."""

    exit_code = NO_MEMORY


def parse(text: str) -> int:
    """Bytes of `4GB`, `512MB`, `4.5G`: decimal units, as memory is sold. Raises ConfigError for anything else."""
    found = _SIZE.match(text)
    size = int(float(found[1].replace(",", ".")) * _UNITS[found[2].upper()]) if found else 0
    if size < 100 * MB:
        raise ConfigError(
            _("{value} is no amount of memory").format(value=mask_text(text)),
            hint=_("write it like 4GB or 800MB; less than 100MB is not enough for anything"),
        )
    return size


def words(size: float) -> str:
    """`3.2 GB` or `640 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / MB:.0f} MB"


def free() -> int:
    """Bytes that can be taken without pushing anything out: of the computer, or of the container where it is less."""
    return min(_computer("MemAvailable"), *_container(("memory.max", "memory.current")), _MOST)


_MOST: Final = 1 << 62


# Of Linux we know where it says what psutil tells, which takes a fiftieth of a second to import.
def _computer(what: str, file: Path = Path("/proc/meminfo")) -> int:
    """Bytes of the computer: `MemTotal`, or `MemAvailable` of them."""
    with suppress(OSError):
        found = re.search(rf"^{what}: +(\d+) kB", file.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    import psutil

    known = psutil.virtual_memory()
    return int(known.total if what == "MemTotal" else known.available)


def _resident(file: Path = Path("/proc/self/statm")) -> int:
    """Bytes of this process that are in memory."""
    known = resident(file)
    if known:
        return known
    import psutil

    return int(psutil.Process().memory_info().rss)


def _descendants(tasks: Path = Path("/proc/self/task")) -> list[psutil.Process]:
    """The processes that this one started, and theirs."""
    told = [_text_of(task / "children") for task in tasks.iterdir()] if tasks.is_dir() else []
    known = [text for text in told if text is not None]
    if known and not any(known):  # where no thread has such a file the kernel does not tell
        return []
    import psutil

    return list(psutil.Process().children(recursive=True))


def _text_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes().strip()
    except OSError:  # the thread has ended since
        return None


def _container(names: tuple[str, str], folder: Path = _CGROUP) -> list[int]:
    """What a container (cgroup v2) leaves; nothing where there is none or it sets no bound."""
    try:
        bound, used = (int((folder / name).read_text(encoding="ascii")) for name in names)
        cache = re.search(r"^inactive_file (\d+)$", (folder / "memory.stat").read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return []
    return [max(bound - used + (int(cache[1]) if cache else 0), 0)]


def _container_size(folder: Path = _CGROUP) -> list[int]:
    try:
        return [int((folder / "memory.max").read_text(encoding="ascii"))]
    except (OSError, ValueError):
        return []


def budget(wanted: str | None) -> int:
    """Bytes a run may use: what was `wanted`, at most what is free; half of what is free when nothing was said."""
    available = free()
    return available // 2 if wanted is None else min(parse(wanted), available)


def bound(wanted: str | None) -> int:
    """Bytes above which a run is refused: what was `wanted`, else nearly all that is free."""
    return budget(wanted) if wanted is not None else int(0.9 * free())


class Gauge:
    """Peak memory of this process and its children, in bytes, while the block runs; `reset` starts a new stage.

    On Linux the kernel's own high-water mark is used beside the samples, so no short peak is missed. `starved` is
    called (once, from the sampling thread) when more than `bound` is in use and hardly anything is free.
    """

    def __init__(self, bound: int | None = None, starved: Callable[[int], None] | None = None) -> None:
        self._bound, self._starved = bound, starved
        self._children: list[psutil.Process] = []
        self._most = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="padan-memory", daemon=True)
        self._little = _RESERVE * min(_computer("MemTotal"), *_container_size(), _MOST)

    def __enter__(self) -> Gauge:
        self.reset()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        self._thread.join()

    def reset(self) -> None:
        """Forget the peak so far."""
        with suppress(OSError):  # Linux only
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._most = self._now()

    @property
    def peak(self) -> int:
        """Bytes in use at most since the last `reset`."""
        return max(self._most, self._now(), high_water())

    def _now(self) -> int:
        used = _resident()
        if self._children:
            import psutil

            for child in self._children:
                with suppress(psutil.Error):  # it has ended
                    used += int(child.memory_info().rss)
        return used

    def _watch(self) -> None:
        looks = 0
        while not self._end.wait(_PERIOD):
            looks += 1
            if looks % _EVERY == 0:
                self._children = _descendants()
            used = self._now()
            self._most = max(self._most, used)
            if self._starved and self._bound and used > self._bound and looks % 2 == 0 and free() < self._little:
                self._starved(used)
                return


def high_water() -> int:
    """The kernel's high-water mark of this process since `Gauge.reset`, in bytes; 0 where it cannot be reset."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def give_back() -> None:
    """Return to the system what is no longer used. glibc keeps freed memory for later, and later is the next stage."""
    gc.collect()
    trim()


def needed(message: str) -> MemoryNeededError:
    """The error for a run that cannot fit, or no longer does."""
    return MemoryNeededError(
        message,
        hint=_("close other programs, give --memory where more is free, or run one kabupaten at a time"),
    )


def give_up(tell: Callable[[PadanError], None]) -> Callable[[int], None]:
    """What the guard does: say it, and end the process at once; nothing in the run folder is ever half a file."""

    def end(used: int) -> None:
        try:
            tell(
                MemoryNeededError(
                    _("stopped at {used}: this computer has hardly any memory left").format(used=words(used)),
                    hint=_("close other programs, then give the same command again: it continues where it stopped"),
                )
            )
        finally:
            os._exit(NO_MEMORY)

    return end
