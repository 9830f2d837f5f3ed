"""Candidate pairs from integer keys by sorting, in chunks of bounded size.

Pairs are counted before they are built. A pair belongs to the first pass whose key it shares, so no global distinct is
needed. A block above the limit is refined by a finer key; what even that leaves out is counted, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.kernels import largest_of, pairs_between, pairs_within, unshared
from blocking.mix import U64, combine
from blocking.sorting import find_blocks

Index = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Records that share a key with others. Block k is the record numbers `order[start[k]:stop[k]]`, size >= 2."""

    order: Index
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """Number of pairs that all blocks hold."""
        return int(pairs_within(self.start, self.stop))

    @property
    def members(self) -> Index:
        """The records of all blocks."""
        edge = np.zeros(len(self.order) + 1, dtype=np.int8)
        edge[self.start] += 1
        edge[self.stop] -= 1
        return self.order[np.cumsum(edge[:-1]) > 0]

    def above(self, size: int) -> Blocks:
        """The blocks of more than `size` members."""
        large = self.stop - self.start > size
        return Blocks(self.order, self.start[large], self.stop[large])


@dataclass(frozen=True, slots=True)
class PassCount:
    """What one pass holds: pairs built, and pairs left out because their block stays too large when refined."""

    nama: str
    pasangan: int
    blok_besar: int
    pasangan_dilewati: int


def block(keys: U64, *, only: npt.NDArray[np.bool_] | None = None) -> Blocks:
    """Sort records by `keys` (0 = no key) and find the blocks with two members or more."""
    return Blocks(*find_blocks(keys if only is None else np.where(only, keys, np.uint64(0))))


def bounded(
    keys: U64, finer: Callable[[int], U64], limit: int, whole: int | None = None
) -> tuple[U64, Blocks, int, int]:
    """Bound block sizes: keys of blocks above `whole` are split by `finer`; what stays above `limit` loses its key.

    `whole` is `limit` where it is not given; `finer` is told the size of the largest block. Returns the new keys, their
    blocks, how many blocks were split, and the number of pairs left out.
    """
    blocks = block(keys)
    whole = limit if whole is None else min(whole, limit)
    largest = int(largest_of(blocks.start, blocks.stop))
    if largest <= whole:
        return keys, blocks, 0, 0
    large = blocks.above(whole)
    out = keys.copy()
    member = np.zeros(len(keys), dtype=bool)
    member[large.members] = True
    out[member] = combine(97, keys[member], finer(largest)[member])
    again = block(out, only=member)
    still = again.above(limit)
    out[still.members] = 0
    return out, block(out), len(large.start), large.pairs - (again.pairs - still.pairs)


def pairs_of(blocks: Blocks, chunk: int) -> Iterator[tuple[Index, Index]]:
    """All pairs inside the blocks as (left, right) record numbers with left < right, about `chunk` pairs at a time."""
    size = blocks.stop - blocks.start
    # Every member at offset p of a block of size s opens s - 1 - p pairs with the members after it.
    total = int(size.sum())
    if total == 0:
        return
    first = np.cumsum(size) - size
    position = np.repeat(blocks.start - first, size) + np.arange(total)
    stop = np.repeat(blocks.stop, size)
    reach = np.cumsum(stop - 1 - position)
    begin = done = 0
    while begin < total:
        end = int(np.searchsorted(reach, done + chunk, side="right"))
        end = max(end, begin + 1)
        count = int(reach[end - 1]) - done
        if count:
            a, b = np.empty(count, dtype=np.uint32), np.empty(count, dtype=np.uint32)
            pairs_between(blocks.order, position, stop, begin, end, a, b)
            yield a, b
        begin, done = end, int(reach[end - 1])


def first_pass_only(a: Index, b: Index, earlier: Sequence[U64]) -> npt.NDArray[np.bool_]:
    """Which pairs share no key of an `earlier` pass; the others were built there already."""
    keep = np.ones(len(a), dtype=bool)
    for keys in earlier:
        unshared(a, b, keys, keep)
    return keep
