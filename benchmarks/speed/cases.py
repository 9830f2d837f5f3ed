"""What is measured: linkage cases, the engines that run each, and how often."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import with_padan
from benchmarks.speed.lists import write

SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)  # people; a list holds 80 % of them
TRIO = (1_000_000, 10_000_000)
ENGINES = ("padan", "splink", "recordlinkage", "floor")
SEED = 1
# Above these an engine is left out: it would take hours, or all memory.
LARGEST = {
    "link": {"splink": 3_000_000, "recordlinkage": 100_000},
    "trio": {"splink": 1_000_000, "recordlinkage": 0, "floor": 1_000_000},
}
LARGE = 1_000_000  # above it the peers run once


@dataclass(frozen=True, slots=True)
class Case:
    """Lists of `people` people: two lists linked, or three linked and searched for duplicates (`within`)."""

    kind: str  # link, trio
    people: int

    @property
    def key(self) -> str:
        """Its name in the results."""
        return f"{self.kind}/{self.people}"

    @property
    def lists(self) -> tuple[str, ...]:
        """Names of the lists."""
        return ("A", "B") if self.kind == "link" else ("A", "B", "C")

    @property
    def within(self) -> bool:
        """Whether duplicates inside a list are looked for."""
        return self.kind == "trio"

    def engines(self, wanted: list[str]) -> list[str]:
        """Those of `wanted` that run this case."""
        largest = LARGEST[self.kind]
        return [one for one in ENGINES if one in wanted and self.people <= largest.get(one, self.people)]

    def repeats(self, engine: str, repeats: int) -> int:
        """How often `engine` is measured."""
        return repeats if engine == "padan" or self.people <= LARGE else 1

    @property
    def memory(self) -> str | None:
        """What padan is allowed: three lists above a million people must do with that of an office computer."""
        return "8GB" if self.within and self.people > LARGE else None

    def folder(self, work: Path) -> Path:
        """Where the lists stand."""
        return work / f"lists-{self.people}"

    def files(self, work: Path) -> list[Path]:
        """The lists."""
        return [self.folder(work) / f"{name}.parquet" for name in self.lists]

    def make(self, work: Path) -> list[Path]:
        """Write the lists where they are not there yet, and read them once, so that no engine waits for the disk."""
        write(self.people, SEED, self.folder(work))
        files = self.files(work)
        for path in files:
            with path.open("rb") as stream:
                while stream.read(1 << 24):
                    pass
        return files


def cases(kinds: list[str], sizes: list[int]) -> list[Case]:
    """The cases of `kinds` at `sizes`, those that matter most first."""
    found = [Case("link", n) for n in SIZES if "link" in kinds and n in sizes]
    found += [Case("trio", n) for n in TRIO if "trio" in kinds and n in sizes]
    return sorted(found, key=lambda one: (one.people > LARGE, one.people != LARGE, one.people, one.kind))


def command(engine: str, case: Case, files: list[Path], out: Path) -> list[str]:
    """The command line with which `engine` links `files` into `out`."""
    if engine == "padan":
        return with_padan.command(out.parent, files, out, within=case.within, memory=case.memory)
    module = engine if engine == "floor" else f"with_{engine}"
    base = [sys.executable, "-m", f"benchmarks.speed.{module}", str(out), *map(str, files)]
    return [*base, "--within"] if case.within else base


def size(text: str) -> int:
    """A number of people as `300k` or `3m`."""
    for mark, factor in (("k", 1_000), ("m", 1_000_000)):
        if text.lower().endswith(mark):
            return round(float(text[:-1]) * factor)
    return int(text)
