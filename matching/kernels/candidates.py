"""The one loop over candidate pairs: built from sorted keys, left to the pass that found them first, compared, counted.

A cell is a stratum (pass, pair of lists) and a pattern of levels, with the comparisons that some pass which knows
nothing of them found the pair by. The model needs no more than how many pairs each cell has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel
from blocking.kernels import mixed, pairs_within
from blocking.prefetch import prefetch
from matching.kernels.batches import Room, find_patterns
from matching.kernels.conditions import Program, Tables

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Slots = npt.NDArray[np.int32]

COUNT, HOLD, FIND = range(3)
_U1 = np.uint64(1)
_SOON = 12  # pairs
_STRATUM = np.uint64(48)  # bit from which the stratum stands in a cell


@inlined
def _slot(slots: Slots, cells: U64, free: U64, cell: Scalar, mask: Scalar) -> Scalar:
    """Where a cell stands in the table, or the empty place where it would."""
    z = (cell ^ (mask * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    at = (z ^ (z >> np.uint64(29))) & np.uint64(len(slots) - 1)
    while slots[at] and (cells[slots[at] - 1] != cell or free[slots[at] - 1] != mask):
        at = (at + _U1) & np.uint64(len(slots) - 1)
    return at


@inlined
def _earlier(keys: U64, number: Scalar, i: Scalar, j: Scalar) -> Scalar:
    """Whether a pass before `number` holds the pair."""
    for q in range(number):
        if keys[i, q] == keys[j, q] and keys[i, q] != 0:
            return True
    return False


@inlined
def _list_of(begins: U32, i: Scalar) -> Scalar:
    """The list that a row stands in. Counting is quicker than to look it up: a row may be anywhere in memory."""
    number = 0
    for begin in begins:
        number += i >= begin
    return number


@inlined
def _shared(keys: U64, i: Scalar, j: Scalar) -> Scalar:
    """A bit for each pass that holds the pair."""
    out = np.uint64(0)
    for q in range(keys.shape[1]):
        # No branch: it would be guessed wrong too often.
        out |= np.uint64((keys[i, q] == keys[j, q]) & (keys[i, q] != 0)) << np.uint64(q)
    return out


@inlined
def _ahead(first: U32, order: U32, start: I64, stop: I64, block: Scalar) -> None:
    """Have what is looked up of the first rows of a block that comes soon loaded."""
    at = block + 8
    if at < len(start) and len(first) > 0:
        for x in range(start[at], min(stop[at], start[at] + 4)):
            prefetch(first, order[x])


@kernel
def _fill_table(slots: Slots, cells: U64, free: U64, n: Scalar) -> None:
    """Make `slots` (a power of two) a table of the first `n` cells."""
    for k in range(len(slots)):
        slots[k] = 0
    for k in range(n):
        slots[_slot(slots, cells, free, cells[k], free[k])] = k + 1


class Found(NamedTuple):
    """What was found: cells, the comparisons free of their key, their pairs; and pairs held with the cell of each."""

    cells: U64
    free: U64
    count: I64
    left: U32
    right: U32
    cell_of: U32

    @classmethod
    def of(cls, cells: int, pairs: int) -> Found:
        """Room for so many cells and pairs."""
        return cls(
            np.zeros(cells, dtype=np.uint64),
            np.zeros(cells, dtype=np.uint64),
            np.zeros(cells, dtype=np.int64),
            *(np.empty(pairs, dtype=np.uint32) for _ in range(3)),
        )

    def first(self, cells: int, pairs: int) -> Found:
        """The first of them, in memory of their own."""
        return Found(
            self.cells[:cells].copy(), self.free[:cells].copy(), self.count[:cells].copy(),
            self.left[:pairs].copy(), self.right[:pairs].copy(), self.cell_of[:pairs].copy(),
        )  # fmt: skip

    def with_more_cells(self) -> Found:
        """Room for twice as many cells."""
        cells, free, count = (np.concatenate((one, np.zeros_like(one))) for one in self[:3])
        return self._replace(cells=cells, free=free, count=count)


class Source(NamedTuple):
    """Keys (n, passes) of all rows, which stand in the order of their lists.

    `first`: the block of each row in the first pass, 0 for none, where a later pass asks for it; `begins`: the first
    row of every list but the first; `free`: one bit per comparison that the key of a pass leaves alone.
    """

    keys: U64
    first: U32
    begins: U32
    free: U64


def compare_blocks(
    p: Program,
    t: Tables,
    rows: Source,
    sources: int,
    across: bool,
    number: int,
    order: U32,
    start: I64,
    stop: I64,
    known: U64,
    wanted: npt.NDArray[np.bool_],
    mode: int,
) -> Found:
    """Pairs of the blocks of pass `number`.

    `across`: pairs within one list are left out. COUNT counts cells, HOLD also gives every pair with the number of its
    cell, FIND gives the pairs whose cell is `wanted` of the cells `known` and counts nothing.
    """
    found = Found.of(max(len(known), 1 << 10), int(pairs_within(start, stop)) if mode != COUNT else 0)
    found.cells[: len(known)] = known
    slots = np.zeros(1 << max((4 * len(known)).bit_length(), 12), dtype=np.int32)
    _fill_table(slots, found.cells, found.free, len(known))
    at = np.array([0, start[0], start[0] + 1, len(known), 0], dtype=np.int64)
    given = (p, t, Room.of(t), rows, sources, int(across), number, order, start, stop, wanted, mode)
    while not _compare(*given, slots, at, found):
        # No room for more cells: it goes on where it stopped.
        found = found.with_more_cells()
        slots = np.zeros(4 * len(found.cells), dtype=np.int32)
        _fill_table(slots, found.cells, found.free, int(at[USED]))
    return found.first(int(at[USED]), int(at[PAIRS]))


BLOCK, ROW, PARTNER, USED, PAIRS = range(5)  # of where the comparing stands


@inlined
def _next_pairs(
    rows: Source, across: Scalar, number: Scalar, order: U32, start: I64, stop: I64, at: I64, pairs: U32, shared: U64
) -> Scalar:
    """Write the next pairs of the blocks that no earlier pass holds, and the passes that do; returns how many.

    There may be any number of them, even none before the end.
    """
    block, x, y = at[BLOCK], at[ROW], at[PARTNER]
    n = 0
    while block < len(start) and n < len(pairs):
        i, j = min(order[x], order[y]), max(order[x], order[y])
        pairs[n, 0], pairs[n, 1] = i, j
        # Most pairs of a later pass are those of the first: four bytes tell, where the keys of a row fill a line.
        known = len(rows.first) > 0 and rows.first[i] == rows.first[j] and rows.first[i] != 0
        if not known and ((not across) | (_list_of(rows.begins, i) != _list_of(rows.begins, j))):
            prefetch(rows.keys, i)
            prefetch(rows.keys, j)
            n += 1
        y += 1
        if y >= stop[block]:
            x += 1
            y = x + 1
            if y >= stop[block]:
                block += 1
                if block < len(start):
                    x, y = start[block], start[block] + 1
                    _ahead(rows.first, order, start, stop, block)
    at[BLOCK], at[ROW], at[PARTNER] = block, x, y
    earlier = (_U1 << np.uint64(number)) - _U1
    kept = 0
    for k in range(n):
        pairs[kept, 0], pairs[kept, 1] = pairs[k, 0], pairs[k, 1]
        shared[kept] = _shared(rows.keys, pairs[k, 0], pairs[k, 1])
        kept += shared[kept] & earlier == 0
    return kept


@kernel
def _compare(
    p: Program, t: Tables, room: Room, rows: Source, sources: Scalar, across: Scalar, number: Scalar, order: U32,
    start: I64, stop: I64, wanted: npt.NDArray[np.bool_], mode: Scalar, slots: Slots, at: I64, found: Found,
) -> Scalar:  # fmt: skip
    """Compare until the end, or until there may be no room for the cells of a batch; whether it is done.

    `at` says where it stands.
    """
    used, held, pairs = at[USED], at[PAIRS], room.pairs
    while mode == FIND or used + len(pairs) <= len(found.cells):
        n = _next_pairs(rows, across, number, order, start, stop, at, pairs, room.shared)
        if n == 0 and at[BLOCK] >= len(start):
            return True
        find_patterns(p, t, room, n)
        for k in range(n):
            i, j = pairs[k, 0], pairs[k, 1]
            stratum = np.uint64((number * sources + _list_of(rows.begins, i)) * sources + _list_of(rows.begins, j))
            cell = room.patterns[k] | (stratum << _STRATUM)
            mask = np.uint64(0)
            if mode != FIND:
                for q in range(number, len(rows.free)):
                    if (room.shared[k] >> np.uint64(q)) & _U1:
                        mask |= rows.free[q]
            place = _slot(slots, found.cells, found.free, cell, mask)
            if slots[place] == 0:
                if mode == FIND:
                    continue
                found.cells[used] = cell
                found.free[used] = mask
                used += 1
                slots[place] = used
            one = slots[place] - 1
            found.count[one] += 1
            if mode == HOLD or (mode == FIND and wanted[one]):
                found.left[held] = i
                found.right[held] = j
                found.cell_of[held] = one
                held += 1
        at[USED], at[PAIRS] = used, held
    return False


@kernel
def keep_wanted(found: Found, rows: U32, wanted: npt.NDArray[np.bool_], left: U32, right: U32, row: U32) -> None:
    """Write the pairs whose cell is `wanted`, with the number in `rows` that stands for it."""
    n = 0
    for k in range(len(found.left)):
        cell = found.cell_of[k]
        if wanted[cell]:
            left[n], right[n], row[n] = found.left[k], found.right[k], rows[cell]
            n += 1


@kernel
def fill_fellows(begins: U32, order: U32, start: I64, stop: I64, left: U32, right: U32, weight: F64) -> Scalar:
    """Write the neighbours of one list in the blocks of a pass; returns how many.

    A run of n rows of a list gives n - 1 of its n (n - 1) / 2 pairs, each with the weight n / 2.
    """
    n = 0
    for block in range(len(start)):
        x = start[block]
        while x < stop[block]:
            y = x + 1
            while y < stop[block] and _list_of(begins, order[y]) == _list_of(begins, order[x]):
                y += 1
            for z in range(x, y - 1):
                left[n], right[n], weight[n] = order[z], order[z + 1], (y - x) / 2.0
                n += 1
            x = y
    return n


@kernel
def keep_unshared(keys: U64, number: Scalar, left: U32, right: U32, weight: F64) -> Scalar:
    """Move the pairs that no pass before `number` holds to the front; returns how many."""
    n, kept = len(left), 0
    for k in range(n):
        if k + _SOON < n:
            prefetch(keys, left[k + _SOON])
            prefetch(keys, right[k + _SOON])
        if not _earlier(keys, number, left[k], right[k]):
            left[kept], right[kept], weight[kept] = left[k], right[k], weight[k]
            kept += 1
    return kept


@kernel
def draw(order: U32, both: U64) -> None:
    """Fill `both` with pairs of rows drawn by their places in `order`: the smaller row above the larger, 0 for no pair.

    Draw k takes the places that the mixes of 2k and 2k + 1 fall on.
    """
    n = np.uint64(len(order))
    for k in range(len(both)):
        x, y = mixed(np.uint64(2 * k)) % n, mixed(np.uint64(2 * k + 1)) % n
        i, j = np.uint64(order[x]), np.uint64(order[y])
        both[k] = min(i, j) << np.uint64(32) | max(i, j) if i != j else np.uint64(0)
