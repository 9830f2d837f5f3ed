"""Kernels of blocking: keys mixed, rows sorted by key, pairs built block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel, leaf

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_U1 = np.uint64(1)
_SMALL = 24  # rows of a bucket that insertion sorts faster than anything


@leaf
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
def mix_into(key: U64, part: U64) -> None:
    """Mix a part into every key; a key of 0 (a part was missing) stays 0."""
    for i in range(len(key)):
        if key[i] and part[i]:
            made = mixed(key[i] ^ mixed(part[i]))
            key[i] = made if made else _U1
        else:
            key[i] = 0


@leaf
def _sort_small(keys: U64, rows: U32, start: Scalar, stop: Scalar) -> None:
    """Insertion sort by key; rows of equal keys keep their order."""
    for i in range(start + _U1, stop):
        key, row = keys[i], rows[i]
        j: Scalar = i
        while j > start and keys[j - _U1] > key:
            keys[j], rows[j] = keys[j - _U1], rows[j - _U1]
            j -= _U1
        keys[j], rows[j] = key, row


@kernel
def sort_rows(keys: U64, rows: U32, bits: Scalar) -> tuple[U64, U32]:
    """`rows` and their `keys` sorted by key, rows of equal keys in the order given.

    Keys lie evenly below their largest, as mixes and labels do: two scatters by their leading bits (`bits` in all,
    about log2 of their number) leave buckets of a few rows.
    """
    n = len(rows)
    high = np.uint64(max(bits - bits // 2, 1))
    low = np.uint64(bits // 2)
    largest = np.uint64(0)
    for i in range(n):
        largest = max(largest, keys[i])
    width = high + low
    while width < np.uint64(64) and largest >> width:
        width += _U1
    shift = width - high
    start = np.zeros((1 << np.int64(high)) + 1, dtype=np.uint64)
    for i in range(n):
        start[(keys[i] >> shift) + _U1] += _U1
    for b in range(1, len(start)):
        start[b] += start[b - 1]
    at = start.copy()
    key_one = np.empty(n, dtype=np.uint64)
    row_one = np.empty(n, dtype=np.uint32)
    for i in range(n):
        b = keys[i] >> shift
        key_one[at[b]] = keys[i]
        row_one[at[b]] = rows[i]
        at[b] += _U1
    key_two = np.empty(n, dtype=np.uint64)
    row_two = np.empty(n, dtype=np.uint32)
    inner = np.zeros((1 << np.int64(low)) + 1, dtype=np.uint64)
    mask = (_U1 << low) - _U1
    finer = shift - low
    for b in range(len(start) - 1):
        lo, hi = start[b], start[b + 1]
        inner[:] = 0
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
                _sort_small(key_two, row_two, begin, inner[k])
            else:
                _sort_large(key_two, row_two, begin, inner[k])
            begin = inner[k]
    return key_two, row_two


@kernel
def _sort_large(keys: U64, rows: U32, start: Scalar, stop: Scalar) -> None:
    """A bucket of many rows holds few different keys, each many times: most need no sorting at all."""
    sorted_ = True
    for i in range(start + _U1, stop):
        if keys[i] < keys[i - _U1]:
            sorted_ = False
            break
    if not sorted_:
        order = np.argsort(keys[start:stop], kind="mergesort")
        keys[start:stop] = keys[start:stop][order]
        rows[start:stop] = rows[start:stop][order]


@kernel
def blocks_of(keys: U64, least: Scalar) -> tuple[I64, I64]:
    """(start, stop) of the runs of equal `keys` of `least` members or more."""
    n = len(keys)
    count = 0
    begin = 0
    for i in range(1, n + 1):
        if i == n or keys[i] != keys[i - 1]:
            count += i - begin >= least
            begin = i
    start = np.empty(count, dtype=np.int64)
    stop = np.empty(count, dtype=np.int64)
    count = 0
    begin = 0
    for i in range(1, n + 1):
        if i == n or keys[i] != keys[i - 1]:
            if i - begin >= least:
                start[count] = begin
                stop[count] = i
                count += 1
            begin = i
    return start, stop


@kernel
def keyed_rows(keys: U64) -> tuple[U64, U32]:
    """(keys, rows) of the rows that have a key."""
    count = 0
    for i in range(len(keys)):
        count += keys[i] != 0
    found = np.empty(count, dtype=np.uint64)
    rows = np.empty(count, dtype=np.uint32)
    count = 0
    for i in range(len(keys)):
        if keys[i]:
            found[count] = keys[i]
            rows[count] = i
            count += 1
    return found, rows


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
