"""Candidate pairs of a plan compared by the kernels: counted in cells, and held or found again when they are wanted.

A pair takes twelve bytes when it is held. Where memory is short only the cells are counted; once the model says which
of them matter, the pairs are built a second time and only those kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from blocking.candidates import Plan
from blocking.jit import each
from blocking.kernels import parts_within
from blocking.mix import U64
from blocking.pairs import Index, PassCount
from blocking.tally import distinct
from matching.generic.prepare import Prepared
from matching.generic.spec import LinkageSpec
from matching.kernels.batches import patterns_of
from matching.kernels.candidates import COUNT, FIND, HOLD, Found, Source, compare_blocks, keep_wanted
from matching.kernels.conditions import Program, Tables
from matching.model import PatternTable
from matching.specification import MOST_BITS, Levels, Specification

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
PAIR_BYTES = 24  # of a candidate pair while the parts are put together
PARTS = 16  # of the pairs, at least, so that all cores have work to the end
_NO_CELLS = np.zeros(0, dtype=np.uint64)
_NO_FLAGS = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Cells:
    """Counted pairs. `table` has one row per (pattern, stratum); a mark splits its pairs by `free`.

    Mark m belongs to row `cell[m]` and has `count[m]` pairs that some pass found without the comparisons in the bits of
    `free[m]`.
    """

    table: PatternTable
    cell: I64
    free: U64
    count: I64


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs: two record numbers (left < right) and the row of `Cells.table`."""

    a: Index
    b: Index
    cell: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Held:
    """Pairs as the threads found them, with their own cells, and which row of `Cells.table` each of those cells is."""

    parts: list[Found]
    rows: list[npt.NDArray[np.uint32]]

    def where(self, wanted: Bools) -> Pairs:
        """The pairs whose cell is `wanted`."""
        kept = [int(part.count[wanted[numbers]].sum()) for part, numbers in zip(self.parts, self.rows, strict=True)]
        ends = np.cumsum([0, *kept]).tolist()
        a, b, cell = (np.empty(ends[-1], dtype=np.uint32) for _ in range(3))

        def take(k: int) -> None:
            here = slice(ends[k], ends[k + 1])
            numbers = self.rows[k]
            keep_wanted(self.parts[k], numbers, wanted[numbers], a[here], b[here], cell[here])

        each(take, range(len(kept)))
        return Pairs(a, b, cell)


class Comparer:
    """Levels of any pairs of prepared rows."""

    def __init__(self, program: Program, tables: Tables, spec: Specification) -> None:
        self.program, self.tables, self.spec = program, tables, spec

    def release(self) -> None:
        """Let go of the rows and texts; nothing can be compared any more."""
        none = np.zeros((0, 0), dtype=np.int64)
        self.tables = Tables(
            none, none.view(np.float64), np.zeros(0, dtype=np.uint8), none, np.zeros(0, dtype=np.int64), 0
        )

    def patterns(self, a: Index, b: Index) -> U64:
        """The packed levels of pairs, by all cores."""
        step = max(-(-len(a) // PARTS), 10_000)
        parts = [slice(k, k + step) for k in range(0, len(a), step)]
        found = each(lambda part: patterns_of(self.program, self.tables, a[part], b[part]), parts)
        return np.concatenate([*found, _NO_CELLS])

    def levels(self, a: Index, b: Index) -> Levels:
        """(pairs, comparisons) levels in the order of the specification."""
        return self.spec.unpack(self.patterns(a, b))


class Candidates:
    """The pairs of a plan, each once, from the first pass that holds it."""

    def __init__(self, rows: Prepared, spec: LinkageSpec, chosen: Plan, compare: Comparer) -> None:
        self.rows, self.chosen, self.compare = rows, chosen, compare
        self.across = rows.n_sources > 1 and not spec.within
        self.free = np.array([_free(spec, parts) for parts in range(len(spec.keys))], dtype=np.uint64)
        total = sum(chosen.kandidat)
        self.chunk = min(max(-(-total // PARTS), 10_000), spec.limits.chunk)

    def _parts(self) -> list[tuple[int, int, int]]:
        """(pass, first block, last block) of about as many pairs each."""
        out = []
        for number, blocks in enumerate(self.chosen.blok):
            ends = np.empty(len(blocks.start), dtype=np.int64)
            count = parts_within(blocks.start, blocks.stop, self.chunk, ends)
            out += [(number, first, last) for first, last in pairwise([0, *ends[:count].tolist()])]
        return out

    def _run(self, mode: int, known: U64, wanted: Bools, tell: Callable[[float], None]) -> list[Found]:
        parts, keys, first_of = self._parts(), self.chosen.bersama, self.chosen.pertama
        assert keys is not None
        assert first_of is not None
        done = 0

        def one(part: tuple[int, int, int]) -> Found:
            number, first, last = part
            blocks = self.chosen.blok[number]
            return compare_blocks(
                self.compare.program,
                self.compare.tables,
                Source(keys, first_of if number else first_of[:0], self.rows.begins, self.free),
                self.rows.n_sources,
                self.across,
                number,
                blocks.order,
                blocks.start[first:last],
                blocks.stop[first:last],
                known,
                wanted,
                mode,
            )

        out: list[Found] = []
        for step in range(0, len(parts), PARTS):
            found = each(one, parts[step : step + PARTS])
            out += found
            done += len(found)
            tell(done / len(parts))
        return out

    def count(self, hold: bool, tell: Callable[[float], None]) -> tuple[Cells, Held | None]:
        """Count the pairs of every cell, and hold the pairs if so wished; sets what each pass built."""
        found = self._run(HOLD if hold else COUNT, _NO_CELLS, _NO_FLAGS, tell)
        cells = np.concatenate([*(part[0] for part in found), _NO_CELLS])
        free = np.concatenate([*(part[1] for part in found), _NO_CELLS])
        count = np.concatenate([*(part[2] for part in found), np.zeros(0, dtype=np.int64)]).astype(np.int64)
        seen, place, _count = distinct(cells)
        made = _cells(seen, place, free, count)
        self._told(made.table)
        if not hold:
            return made, None
        ends = np.cumsum([0, *(len(part.cells) for part in found)]).tolist()
        number = place.astype(np.uint32)
        return made, Held(found, [number[begin:end] for begin, end in pairwise(ends)])

    def find(self, cells: Cells, wanted: Bools) -> Pairs:
        """The pairs whose cell is `wanted`, built again."""
        known = cells.table.stratum.astype(np.uint64) << np.uint64(MOST_BITS) | cells.table.pattern
        found = self._run(FIND, known, wanted, lambda _share: None)
        none = np.zeros(0, dtype=np.uint32)
        return Pairs(*(np.concatenate([*(part[k] for part in found), none]).astype(np.uint32) for k in (3, 4, 5)))

    def _told(self, table: PatternTable) -> None:
        per_pass = table.stratum.astype(np.int64) // self.rows.n_sources**2
        built = np.bincount(per_pass, weights=table.count, minlength=len(self.chosen.hitung))
        self.chosen.hitung = [
            PassCount(old.nama, int(pairs), old.blok_besar, old.pasangan_dilewati)
            for old, pairs in zip(self.chosen.hitung, built, strict=True)
        ]


def _cells(seen: U64, place: I64, free: U64, count: I64) -> Cells:
    """The cells `seen` with marks; `place`, `free`, `count` are marks that may occur several times."""
    table = PatternTable(
        seen & np.uint64((1 << MOST_BITS) - 1),
        (seen >> np.uint64(MOST_BITS)).astype(np.uint16),
        np.bincount(place, weights=count, minlength=len(seen)).astype(np.int64),
    )
    order = np.lexsort((free, place))
    cell, free, count = place[order], free[order], count[order]
    edge = np.flatnonzero((cell[1:] != cell[:-1]) | (free[1:] != free[:-1])) + 1
    first = np.concatenate(([0], edge)).astype(np.int64) if len(cell) else np.zeros(0, dtype=np.int64)
    return Cells(table, cell[first], free[first], np.add.reduceat(count, first) if len(first) else count)


def _free(spec: LinkageSpec, number: int) -> int:
    """One bit for each comparison of which the key of a pass says nothing."""
    touched = {name for part in spec.keys[number] for name in (part.column, part.other)}
    out = 0
    for f, rule in enumerate(spec.comparisons):
        about: set[str | None] = {rule.column, *spec.columns[rule.column].join}
        about |= {name for name, column in spec.columns.items() if rule.column in column.join}
        about |= {rule.crossed} - {None}
        if not about & touched:
            out |= 1 << f
    return out
