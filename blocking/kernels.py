"""Kernels of blocking: keys mixed, pairs built block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_U1 = np.uint64(1)


@kernel
def mixed(z: Scalar) -> Scalar:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators")."""
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def mix_each(values: U64, out: U64) -> None:
    """Write the mix of each value into `out`."""
    for i in range(len(values)):
        out[i] = mixed(values[i])


@kernel
def mixed_into(key: Scalar, part: Scalar) -> Scalar:
    """A key with a part mixed into it; 0 (a part was missing) stays 0."""
    if key and part:
        made = mixed(key ^ mixed(part))
        return made if made else _U1
    return np.uint64(0)


@kernel
def mix_into(key: U64, part: U64) -> None:
    """Mix a part into every key."""
    for i in range(len(key)):
        key[i] = mixed_into(key[i], part[i])


@kernel
def pairs_within(start: I64, stop: I64) -> Scalar:
    """Number of pairs that the blocks `start` to `stop` hold."""
    n = np.int64(0)
    for k in range(len(start)):
        n += (stop[k] - start[k]) * (stop[k] - start[k] - 1) // 2
    return n


@kernel
def largest_of(start: I64, stop: I64) -> Scalar:
    """Rows of the largest block."""
    most = np.int64(0)
    for k in range(len(start)):
        most = max(most, stop[k] - start[k])
    return most


@kernel
def find_places(start: I64, stop: I64, places: I64, which: I64, within: I64) -> None:
    """For places, ascending, in the row of all pairs of the blocks: which block each is in, and which of its pairs."""
    block, done = 0, np.int64(0)
    for p in range(len(places)):
        size = stop[block] - start[block]
        while done + (size * (size - 1) >> 1) <= places[p]:
            done += size * (size - 1) >> 1
            block += 1
            size = stop[block] - start[block]
        which[p] = block
        within[p] = places[p] - done


@kernel
def number_blocks(order: U32, start: I64, stop: I64, out: U32) -> None:
    """Write the number of the block, from 1, of every row that is in one."""
    for k in range(len(start)):
        for x in range(start[k], stop[k]):
            out[order[x]] = k + 1


@kernel
def parts_within(start: I64, stop: I64, most: Scalar, ends: I64) -> Scalar:
    """Cut the blocks into runs of at most `most` pairs, or of one block; writes where each ends, returns how many."""
    held, count = np.int64(0), 0
    for k in range(len(start)):
        pairs = (stop[k] - start[k]) * (stop[k] - start[k] - 1) // 2
        if held > 0 and held + pairs > most:
            ends[count] = k
            count += 1
            held = np.int64(0)
        held += pairs
    if held > 0:
        ends[count] = len(start)
        count += 1
    return count


@kernel
def pairs_between(order: U32, position: I64, stop: I64, first: Scalar, last: Scalar, left: U32, right: U32) -> Scalar:
    """Write the pairs that members `first` to `last` open with those after them in their block; returns how many.

    `position` and `stop`: where each member stands in `order`, and where its block ends.
    """
    n = 0
    for m in range(first, last):
        a = order[position[m]]
        for q in range(position[m] + 1, stop[m]):
            b = order[q]
            left[n] = min(a, b)
            right[n] = max(a, b)
            n += 1
    return n


@kernel
def unshared(a: U32, b: U32, keys: U64, keep: npt.NDArray[np.bool_]) -> None:
    """Clear `keep` of the pairs whose rows share a key."""
    for i in range(len(a)):
        if keep[i] and keys[a[i]] and keys[a[i]] == keys[b[i]]:
            keep[i] = False
