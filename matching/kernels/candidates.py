"""The one loop over candidate pairs: built from sorted keys, left to the pass that found them first, compared, counted.

A cell is a stratum (pass, pair of lists) and a pattern of levels, with the comparisons that some pass which knows
nothing of them found the pair by. The model needs no more than how many pairs each cell has.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel, leaf
from blocking.prefetch import prefetch
from matching.kernels.conditions import Program, Tables, fetch_row, pattern_of
from matching.kernels.letters import MARKS

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

COUNT, HOLD, FIND = range(3)
_U1 = np.uint64(1)
_STRATUM = np.uint64(48)  # bit from which the stratum stands in a cell


@leaf
def _slot(slots: npt.NDArray[np.int32], cells: U64, free: U64, cell: Scalar, mask: Scalar) -> Scalar:
    """Where a cell stands in the table, or the empty place where it would."""
    z = (cell ^ (mask * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    at = (z ^ (z >> np.uint64(29))) & np.uint64(len(slots) - 1)
    while slots[at] and (cells[slots[at] - 1] != cell or free[slots[at] - 1] != mask):
        at = (at + _U1) & np.uint64(len(slots) - 1)
    return at


@leaf
def _earlier(keys: U64, number: Scalar, i: Scalar, j: Scalar) -> Scalar:
    """Whether a pass before `number` holds the pair."""
    for q in range(number):
        if keys[i, q] == keys[j, q] and keys[i, q] != 0:
            return True
    return False


@leaf
def _free_of(keys: U64, free: U64, number: Scalar, i: Scalar, j: Scalar) -> Scalar:
    """The comparisons of which pass `number` or a later one that holds the pair says nothing."""
    mask = free[number]
    for q in range(number + 1, keys.shape[1]):
        if keys[i, q] == keys[j, q] and keys[i, q] != 0:
            mask |= free[q]
    return mask


@leaf
def _ahead(t: Tables, keys: U64, order: U32, start: I64, stop: I64, block: Scalar) -> None:
    """Have the values and keys of the first rows of a block that comes soon loaded."""
    at = block + 8
    if at < len(start):
        for x in range(start[at], min(stop[at], start[at] + 4)):
            fetch_row(t, order[x])
            prefetch(keys, order[x])


@kernel
def _table(cells: U64, free: U64, n: Scalar, size: Scalar) -> npt.NDArray[np.int32]:
    """A table of `size` places (a power of two) that holds the first `n` cells."""
    slots = np.zeros(size, dtype=np.int32)
    for k in range(n):
        slots[_slot(slots, cells, free, cells[k], free[k])] = k + 1
    return slots


@kernel
def _longer(values: U32) -> U32:
    return np.concatenate((values, np.empty_like(values)))


@kernel
def _twice(values: U64) -> U64:
    return np.concatenate((values, np.zeros_like(values)))


@kernel
def compare_blocks(
    p: Program,
    t: Tables,
    keys: U64,
    source: U8,
    sources: Scalar,
    across: Scalar,
    number: Scalar,
    free: U64,
    order: U32,
    start: I64,
    stop: I64,
    known: U64,
    wanted: npt.NDArray[np.bool_],
    mode: Scalar,
) -> tuple[U64, U64, I64, U32, U32, U32]:
    """Pairs of the blocks of pass `number`: (cells, comparisons free of the key, pairs of each; left, right, cell).

    `keys` (n, passes). `across`: pairs within one list are left out. `free`: for each pass one bit per comparison that
    its key does not touch. COUNT counts cells, HOLD also gives every pair with the number of its cell, FIND gives the
    pairs whose cell is `wanted` of the cells `known` and counts nothing.
    """
    room = np.empty(2 * t.longest + 32, dtype=t.letters.dtype)
    rows = np.zeros(MARKS + 3 * (t.longest + 32), dtype=np.int64)
    memo = np.empty(2)
    cells = known.copy() if mode == FIND else np.zeros(1 << 10, dtype=np.uint64)
    masks = np.zeros_like(cells)
    count = np.zeros(len(cells), dtype=np.int64)
    used = len(known) if mode == FIND else 0
    size = 1 << 12
    while size < 4 * used:
        size *= 2
    slots = _table(cells, masks, used, size)
    left = np.empty(1 << 10 if mode != COUNT else 1, dtype=np.uint32)
    right = np.empty_like(left)
    cell_of = np.empty_like(left)
    held = 0
    for block in range(len(start)):
        _ahead(t, keys, order, start, stop, block)
        for x in range(start[block], stop[block] - 1):
            for y in range(x + 1, stop[block]):
                i, j = min(order[x], order[y]), max(order[x], order[y])
                if across and source[i] == source[j]:
                    continue
                if _earlier(keys, number, i, j):
                    continue
                low, high = min(source[i], source[j]), max(source[i], source[j])
                stratum = np.uint64((number * sources + low) * sources + high)
                cell = pattern_of(p, t, i, j, room, rows, memo) | (stratum << _STRATUM)
                mask = _free_of(keys, free, number, i, j) if mode != FIND else np.uint64(0)
                at = _slot(slots, cells, masks, cell, mask)
                if slots[at] == 0:
                    if mode == FIND:
                        continue
                    if used == len(cells):
                        cells, masks = _twice(cells), _twice(masks)
                        count = np.concatenate((count, np.zeros_like(count)))
                    cells[used] = cell
                    masks[used] = mask
                    used += 1
                    slots[at] = used
                    if 2 * used > len(slots):
                        slots = _table(cells, masks, used, 4 * len(slots))
                        at = _slot(slots, cells, masks, cell, mask)
                found = slots[at] - 1
                count[found] += 1
                if mode == HOLD or (mode == FIND and wanted[found]):
                    if held == len(left):
                        left, right, cell_of = _longer(left), _longer(right), _longer(cell_of)
                    left[held] = i
                    right[held] = j
                    cell_of[held] = found
                    held += 1
    return (
        cells[:used].copy(),
        masks[:used].copy(),
        count[:used].copy(),
        left[:held].copy(),
        right[:held].copy(),
        cell_of[:held].copy(),
    )
