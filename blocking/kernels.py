"""Kernels of blocking: keys mixed, rows sorted by key, pairs built block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_U1 = np.uint64(1)
_SMALL = 24  # rows of a bucket that insertion sorts faster than anything


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
def _sort_small(keys: U64, rows: U32, start: Scalar, stop: Scalar) -> None:
    """Insertion sort by key; rows of equal keys keep their order."""
    for i in range(start + _U1, stop):
        key, row = keys[i], rows[i]
        j: Scalar = i
        while j > start and keys[j - _U1] > key:
            keys[j], rows[j] = keys[j - _U1], rows[j - _U1]
            j -= _U1
        keys[j], rows[j] = key, row


def sort_rows(keys: U64, rows: U32, bits: int, *, spare: bool = False) -> tuple[U64, U32]:
    """`rows` and their `keys` sorted by key, rows of equal keys in the order given; in place where they can be spared.

    Keys lie evenly below their largest, as mixes and labels do: two scatters by their leading bits (`bits` in all,
    about log2 of their number) leave buckets of a few rows.
    """
    high, low = max(bits - bits // 2, 1), bits // 2
    n = len(rows)
    room = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint32)
    out = (keys, rows) if spare else (np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint32))
    starts = np.zeros((2, (1 << high) + 1), dtype=np.uint64)
    _scatter(keys, rows, high, low, *room, *out, starts, np.empty((1 << low) + 1, dtype=np.uint64))
    return out


def order_of(keys: U64) -> U32:
    """The order of keys as `sort_rows` takes them; equal ones keep theirs."""
    return sort_rows(keys, np.arange(len(keys), dtype=np.uint32), max(len(keys).bit_length() - 1, 2))[1]


@kernel
def _scatter(
    keys: U64, rows: U32, high: Scalar, low: Scalar, key_one: U64, row_one: U32, key_two: U64, row_two: U32,
    starts: U64, inner: U64,
) -> None:  # fmt: skip
    n = len(rows)
    largest = np.uint64(0)
    for i in range(n):
        largest = max(largest, keys[i])
    width = np.uint64(high + low)
    while width < np.uint64(64) and largest >> width:
        width += _U1
    shift = width - np.uint64(high)
    for i in range(n):
        starts[0, (keys[i] >> shift) + _U1] += _U1
    for b in range(1, starts.shape[1]):
        starts[0, b] += starts[0, b - 1]
    for b in range(starts.shape[1]):
        starts[1, b] = starts[0, b]
    for i in range(n):
        b = keys[i] >> shift
        at = starts[1, b]
        key_one[at] = keys[i]
        row_one[at] = rows[i]
        starts[1, b] = at + _U1
    finer = shift - np.uint64(low)
    for b in range(starts.shape[1] - 1):
        _scatter_again(
            starts[0, b], starts[0, b + 1], finer, (_U1 << np.uint64(low)) - _U1, key_one, row_one, key_two, row_two,
            inner,
        )  # fmt: skip


@kernel
def _scatter_again(
    lo: Scalar, hi: Scalar, finer: Scalar, mask: Scalar, key_one: U64, row_one: U32, key_two: U64, row_two: U32,
    inner: U64,
) -> None:  # fmt: skip
    """Sort the bucket `lo` to `hi` of the first scatter."""
    for k in range(len(inner)):
        inner[k] = 0
    for i in range(lo, hi):
        inner[((key_one[i] >> finer) & mask) + _U1] += _U1
    inner[0] = lo
    for k in range(1, len(inner)):
        inner[k] += inner[k - 1]
    for i in range(lo, hi):
        k = (key_one[i] >> finer) & mask
        key_two[inner[k]] = key_one[i]
        row_two[inner[k]] = row_one[i]
        inner[k] += _U1
    # After the scatter inner[k] is where bucket k ends.
    begin = lo
    for k in range(len(inner) - 1):
        if inner[k] - begin <= np.uint64(_SMALL):
            if inner[k] - begin > _U1:
                _sort_small(key_two, row_two, begin, inner[k])
        else:
            _sort_large(key_two, row_two, begin, inner[k], key_one, row_one)
        begin = inner[k]


@kernel
def _sort_large(keys: U64, rows: U32, start: Scalar, stop: Scalar, key_room: U64, row_room: U32) -> None:
    """Merge sort. A bucket of many rows holds few different keys, each many times: most need no sorting at all."""
    begin = start
    while begin < stop:
        end = min(begin + np.uint64(_SMALL), stop)
        _sort_small(keys, rows, begin, end)
        begin = end
    width = np.uint64(_SMALL)
    while width < stop - start:
        begin = start
        while begin + width < stop:
            middle, end = begin + width, min(begin + width + width, stop)
            if keys[middle - _U1] > keys[middle]:
                _merge(keys, rows, begin, middle, end, key_room, row_room)
            begin = end
        width += width


@kernel
def _merge(keys: U64, rows: U32, begin: Scalar, middle: Scalar, end: Scalar, key_room: U64, row_room: U32) -> None:
    """Merge two sorted runs that stand one behind the other."""
    for i in range(begin, middle):
        key_room[i], row_room[i] = keys[i], rows[i]
    i, j = begin, middle
    for at in range(begin, end):
        if i < middle and (j == end or key_room[i] <= keys[j]):
            keys[at], rows[at] = key_room[i], row_room[i]
            i += _U1
        else:
            keys[at], rows[at] = keys[j], rows[j]
            j += _U1


def blocks_of(keys: U64, least: int) -> tuple[I64, I64]:
    """(start, stop) of the runs of equal `keys` of `least` members or more."""
    most = len(keys) // least
    start, stop = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    count = _fill_blocks(keys, least, start, stop)
    return start[:count].copy(), stop[:count].copy()


@kernel
def _fill_blocks(keys: U64, least: Scalar, start: I64, stop: I64) -> Scalar:
    n = len(keys)
    count = 0
    begin = 0
    for i in range(1, n + 1):
        if i == n or keys[i] != keys[i - 1]:
            if i - begin >= least:
                start[count] = begin
                stop[count] = i
                count += 1
            begin = i
    return count


@kernel
def pairs_within(start: I64, stop: I64) -> Scalar:
    """Number of pairs that the blocks `start` to `stop` hold."""
    n = np.int64(0)
    for k in range(len(start)):
        n += (stop[k] - start[k]) * (stop[k] - start[k] - 1) // 2
    return n


def keyed_rows(keys: U64) -> tuple[U64, U32]:
    """(keys, rows) of the rows that have a key."""
    found, rows = np.empty(len(keys), dtype=np.uint64), np.empty(len(keys), dtype=np.uint32)
    count = _fill_keyed(keys, found, rows)
    return found[:count], rows[:count]


@kernel
def _fill_keyed(keys: U64, found: U64, rows: U32) -> Scalar:
    count = 0
    for i in range(len(keys)):
        if keys[i]:
            found[count] = keys[i]
            rows[count] = i
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
