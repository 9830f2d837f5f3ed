"""Levels of many pairs of rows: comparison by comparison, condition by condition, so that each is one short loop.

What a comparison is lies in registers while all pairs of a batch pass through it, the processor sees the same branch
taken again and again, and what the next loop looks at is being loaded.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel
from blocking.prefetch import prefetch
from matching.kernels.conditions import (
    BASE,
    BEGIN,
    COLUMN,
    DIFFERENT,
    END,
    EQUAL,
    F64,
    I64,
    KIND,
    LEVEL,
    LOW,
    MASK,
    OTHER,
    SHIFT,
    TABLE,
    TEXT,
    WORD,
    Letters,
    Program,
    Tables,
    fulfilled,
    level_or_swap,
    same_level,
)
from matching.kernels.letters import MARKS

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
BATCH: Final = 64  # pairs: their rows fit into the nearest cache


class Room(NamedTuple):
    """What one thread needs for a batch: pairs and their patterns, and where numbers are spelled and letters marked."""

    pairs: U32  # (BATCH, 2)
    shared: U64  # the passes that hold each pair
    patterns: U64
    open: I64  # pairs whose level in the present comparison is not known yet
    memo: F64  # (BATCH, 2) how alike the texts of each are, kept from condition to condition
    letters: Letters
    rows: I64

    @classmethod
    def of(cls, t: Tables) -> Room:
        """Room for texts of these tables."""
        return cls(
            np.empty((BATCH, 2), dtype=np.uint32),
            np.empty(BATCH, dtype=np.uint64),
            np.empty(BATCH, dtype=np.uint64),
            np.empty(BATCH, dtype=np.int64),
            np.empty((BATCH, 2)),
            np.empty(2 * t.longest + 32, dtype=t.letters.dtype),
            np.zeros(MARKS + 3 * (t.longest + 32), dtype=np.int64),
        )


@inlined
def find_patterns(p: Program, t: Tables, r: Room, n: Scalar) -> None:
    """The levels of the first `n` pairs of `r`, packed as `matching.specification.Specification.pack` does.

    Level 0 is a missing value; then the conditions in order; the last level is "different".
    """
    for k in range(n):
        prefetch(t.rows, r.pairs[k, 0])
        prefetch(t.rows, r.pairs[k, 1])
        r.patterns[k] = 0
    crossed = False
    for f in range(len(p.comparisons)):
        if p.comparisons[f, OTHER] >= 0:
            crossed = True
        else:
            _compare(p, t, r, n, f)
    if crossed:
        for k in range(n):
            _look_for_swaps(p, t, r, k)


@kernel
def _compare(p: Program, t: Tables, r: Room, n: Scalar, f: Scalar) -> None:
    """Add the levels of comparison f, which looks for no swap."""
    column, kind, base = p.comparisons[f, COLUMN], p.comparisons[f, KIND], p.comparisons[f, BASE]
    shift = np.uint64(p.comparisons[f, SHIFT])
    left = 0
    for k in range(n):
        i, j = r.pairs[k, 0], r.pairs[k, 1]
        va, vb = t.rows[i, column], t.rows[j, column]
        if va == vb:
            if va != 0:  # without a level `equal`, equal values fulfil whatever comes first
                r.patterns[k] |= np.uint64(same_level(p, t, f, i, va)) << shift
        elif va != 0 and vb != 0:
            r.open[left] = k
            r.memo[left, 0] = -1.0
            left += 1
    if kind == TEXT:
        _load_texts(t, r, column, base, left)
    for c in range(p.comparisons[f, BEGIN], p.comparisons[f, END]):
        if p.conditions[c, WORD] != EQUAL:
            left = _sieve(p, t, r, f, c, left)
    for q in range(left):
        r.patterns[r.open[q]] |= np.uint64(p.comparisons[f, DIFFERENT]) << shift


@inlined
def _load_texts(t: Tables, r: Room, column: Scalar, base: Scalar, n: Scalar) -> None:
    """Have what the first `n` open pairs differ in loaded: places of the texts, then letters."""
    for q in range(n):
        i, j = r.pairs[r.open[q], 0], r.pairs[r.open[q], 1]
        prefetch(t.texts, base + (t.rows[i, column] & LOW))
        prefetch(t.texts, base + (t.rows[j, column] & LOW))
    for q in range(n):
        for side in range(2):
            text = base + (t.rows[r.pairs[r.open[q], side], column] & LOW)
            prefetch(t.letters, t.texts[text, 0] >> 16)


@kernel
def _sieve(p: Program, t: Tables, r: Room, f: Scalar, c: Scalar, n: Scalar) -> Scalar:
    """Give those of the first `n` open pairs that fulfil condition c its level; returns how many stay open."""
    column, kind, base = p.comparisons[f, COLUMN], p.comparisons[f, KIND], p.comparisons[f, BASE]
    word, number, table = p.conditions[c, WORD], p.numbers[c], p.conditions[c, TABLE]
    level = np.uint64(p.conditions[c, LEVEL]) << np.uint64(p.comparisons[f, SHIFT])
    left = 0
    for q in range(n):
        k = r.open[q]
        i, j = r.pairs[k, 0], r.pairs[k, 1]
        if fulfilled(
            t, word, number, table, kind, base, t.rows[i, column], t.rows[j, column],
            t.floats[i, column], t.floats[j, column], r.letters, r.rows, r.memo, q,
        ):  # fmt: skip
            r.patterns[k] |= level
        else:
            r.open[left] = k
            r.memo[left, 0], r.memo[left, 1] = r.memo[q, 0], r.memo[q, 1]
            left += 1
    return left


@kernel
def _look_for_swaps(p: Program, t: Tables, r: Room, k: Scalar) -> None:
    """Add the levels of the comparisons of pair k that look for a swap with another column."""
    i, j = r.pairs[k, 0], r.pairs[k, 1]
    pattern = r.patterns[k]
    swapped = np.uint64(0)  # columns whose values a swap explained
    for f in range(len(p.comparisons)):
        if p.comparisons[f, OTHER] >= 0:
            level, swap = level_or_swap(p, t, f, i, j, r.letters, r.rows, r.memo)
            if swap:
                swapped |= np.uint64(1) << np.uint64(p.comparisons[f, OTHER])
            pattern |= np.uint64(level) << np.uint64(p.comparisons[f, SHIFT])
    if swapped:
        for f in range(len(p.comparisons)):
            # A swap is counted once, by the comparison that looks for it.
            if p.comparisons[f, OTHER] < 0 and (swapped >> np.uint64(p.comparisons[f, COLUMN])) & np.uint64(1):
                pattern &= ~(np.uint64(p.comparisons[f, MASK]) << np.uint64(p.comparisons[f, SHIFT]))
    r.patterns[k] = pattern


def patterns_of(p: Program, t: Tables, a: U32, b: U32) -> U64:
    """The pattern of every pair of rows."""
    out = np.empty(len(a), dtype=np.uint64)
    _fill_patterns(p, t, Room.of(t), a, b, out)
    return out


@kernel
def _fill_patterns(p: Program, t: Tables, r: Room, a: U32, b: U32, out: U64) -> None:
    for begin in range(0, len(a), BATCH):
        n = min(len(a) - begin, BATCH)
        for k in range(n):
            r.pairs[k, 0], r.pairs[k, 1] = a[begin + k], b[begin + k]
        find_patterns(p, t, r, n)
        for k in range(n):
            out[begin + k] = r.patterns[k]
