"""Counting and looking up 64-bit keys by hashing, where sorting all of them would cost more than the work itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel
from blocking.mix import U64

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _room(n: int) -> int:
    """Bits of a table at least twice as large as `n`."""
    return max(4, (2 * n - 1).bit_length())


@kernel
def _numbered(keys: U64, bits: int, table: I64, seen: U64, number: I64, count: I64) -> int:
    """Number the distinct keys as they come; -1 when `seen` is too small for them. `table`: 2^bits places of -1."""
    mask = np.uint64((1 << bits) - 1)
    shift = np.uint64(64 - bits)
    n = 0
    for k in range(len(keys)):
        at = (keys[k] * _GOLDEN) >> shift
        while table[at] >= 0 and seen[table[at]] != keys[k]:
            at = (at + np.uint64(1)) & mask
        if table[at] < 0:
            if n == len(seen):
                return -1
            table[at] = n
            seen[n] = keys[k]
            count[n] = 0
            n += 1
        number[k] = table[at]
        count[table[at]] += 1
    return n


@kernel
def _among(keys: U64, members: U64, bits: int, table: U64, used: Bools, out: Bools) -> None:
    mask = np.uint64((1 << bits) - 1)
    shift = np.uint64(64 - bits)
    for key in members:
        at = (key * _GOLDEN) >> shift
        while used[at] and table[at] != key:
            at = (at + np.uint64(1)) & mask
        used[at] = True
        table[at] = key
    for k in range(len(keys)):
        at = (keys[k] * _GOLDEN) >> shift
        while used[at] and table[at] != keys[k]:
            at = (at + np.uint64(1)) & mask
        out[k] = used[at]


def distinct(keys: U64) -> tuple[U64, I64, I64]:
    """The distinct keys ascending, the place of each key among them, and how often each occurs."""
    few = 1 << 16
    number = np.empty(len(keys), dtype=np.int64)
    for most in (few, len(keys)):
        seen, count = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.int64)
        bits = _room(most)
        n = _numbered(keys, bits, np.full(1 << bits, -1, dtype=np.int64), seen, number, count)
        if n >= 0:
            break
    order = np.argsort(seen[:n])
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    return seen[:n][order], place[number], count[:n][order]


def among(keys: U64, members: U64) -> Bools:
    """Which keys are among the members."""
    out = np.zeros(len(keys), dtype=np.bool_)
    if len(members):
        bits = _room(len(members))
        _among(keys, members, bits, np.empty(1 << bits, dtype=np.uint64), np.zeros(1 << bits, dtype=np.bool_), out)
    return out
