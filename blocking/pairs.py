"""Candidate pairs from integer keys by sorting, in chunks of bounded size.

Pairs are counted before they are built. A pair belongs to the first pass whose key it shares, so no global distinct is
needed. A block above the limit is refined by a finer key; what even that leaves out is counted, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.kernels import blocks_of, keyed_rows, pairs_between, sort_rows, unshared
from blocking.mix import U64, combine

Index = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Records sorted by key. `order` holds record numbers; block k is `order[start[k]:stop[k]]`, size >= 2."""

    order: Index
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """Number of pairs that all blocks hold."""
        size = self.stop - self.start
        return int((size * (size - 1) // 2).sum())


@dataclass(frozen=True, slots=True)
class PassCount:
    """What one pass holds: pairs built, and pairs left out because their block stays too large when refined."""

    nama: str
    pasangan: int
    blok_besar: int
    pasangan_dilewati: int


def block(keys: U64, *, only: npt.NDArray[np.bool_] | None = None) -> Blocks:
    """Sort records by `keys` (0 = no key) and find the blocks with two members or more."""
    found, rows = keyed_rows(keys if only is None else np.where(only, keys, np.uint64(0)))
    ordered, order = sort_rows(found, rows, max(len(rows).bit_length() - 1, 2))
    return Blocks(order, *blocks_of(ordered, 2))


def refine(keys: U64, finer: U64, limit: int) -> tuple[U64, int, int]:
    """Bound block sizes: keys of blocks above `limit` are split by `finer`; what stays above it loses its key.

    Returns the new keys, how many blocks were too large, and the number of pairs left out.
    """
    blocks = block(keys)
    large = blocks.stop - blocks.start > limit
    if not large.any():
        return keys, 0, 0
    member = np.zeros(len(keys), dtype=bool)
    for start, stop in zip(blocks.start[large], blocks.stop[large], strict=True):
        member[blocks.order[start:stop]] = True
    before = int(((blocks.stop - blocks.start)[large] * ((blocks.stop - blocks.start)[large] - 1) // 2).sum())
    out = keys.copy()
    out[member] = combine(97, keys[member], finer[member])
    again = block(out, only=member)
    still = again.stop - again.start > limit
    for start, stop in zip(again.start[still], again.stop[still], strict=True):
        out[again.order[start:stop]] = 0
    kept = (again.stop - again.start)[~still]
    return out, int(large.sum()), before - int((kept * (kept - 1) // 2).sum())


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
