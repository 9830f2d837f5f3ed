"""Candidate pairs from integer keys by sorting, in chunks of bounded size.

Pairs are counted before they are built. A pair belongs to the first pass whose key it shares, so no global distinct is
needed. A block above the limit is refined by a finer key; what even that leaves out is counted, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    chosen = np.flatnonzero(keys if only is None else (keys != 0) & only).astype(np.uint32)
    order = chosen[np.argsort(keys[chosen], kind="stable")]
    ordered = keys[order]
    if len(order) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Blocks(order, none, none)
    edge = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    start = np.concatenate(([0], edge)).astype(np.int64)
    stop = np.concatenate((edge, [len(order)])).astype(np.int64)
    keep = stop - start >= 2
    return Blocks(order, start[keep], stop[keep])


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
    opens = np.repeat(blocks.stop, size) - 1 - position
    reach = np.cumsum(opens)
    begin = 0
    while begin < total:
        done = int(reach[begin - 1]) if begin else 0
        end = int(np.searchsorted(reach, done + chunk, side="right"))
        end = max(end, begin + 1)
        count = opens[begin:end]
        left = np.repeat(position[begin:end], count)
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        a, b = blocks.order[left], blocks.order[left + 1 + within]
        if len(a):
            yield np.minimum(a, b), np.maximum(a, b)
        begin = end


def first_pass_only(a: Index, b: Index, earlier: Sequence[U64]) -> npt.NDArray[np.bool_]:
    """Which pairs share no key of an `earlier` pass; the others were built there already."""
    keep = np.ones(len(a), dtype=bool)
    for keys in earlier:
        left = keys[a]
        keep &= (left == 0) | (left != keys[b])
    return keep
