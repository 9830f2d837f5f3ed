"""Rows sorted by 64-bit keys, and the blocks of rows that share one.

A scatter by the leading bits leaves buckets of some hundred rows, which fit into the nearest cache. There a row is one
word: what is left of its key, and below it its place in the bucket. A second scatter brings the words of a bucket close
to where they belong, insertion does the rest.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_U1 = np.uint64(1)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_MOVES: Final = 8  # of a word on the average, before merging is quicker than insertion
_RUN = np.uint64(16)  # words
_NO_ROWS: Final = np.zeros(0, dtype=np.uint32)


def sort_rows(keys: U64, rows: U32, *, spare: bool = False) -> tuple[U64, U32]:
    """`rows` and their `keys` sorted by key, rows of equal keys in the order given; in place where they can be spared.

    Keys lie evenly below their largest, as mixes and labels do; others only take longer.
    """
    n = len(rows)
    high, low = _bits(n)
    shift = max(int(keys.max(initial=0)).bit_length(), high + low) - high
    starts = _starts(keys, shift, high, whole=True)
    room = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint32)
    _scatter(keys, rows, shift, True, starts[1], *room)
    out = (keys, rows) if spare else (np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint32))
    _write_rows(*room, shift, low, starts[0], *_work(starts, low), *out)
    return out


def order_of(keys: U64) -> U32:
    """The order of keys as `sort_rows` takes them; equal ones keep theirs."""
    return sort_rows(keys, np.arange(len(keys), dtype=np.uint32))[1]


def find_blocks(keys: U64) -> tuple[U32, I64, I64]:
    """(order, start, stop): block k is `order[start[k]:stop[k]]`, all rows of a key that two rows or more have.

    Keys are mixes, 0 means none; they may be a column of a matrix. Blocks stand in the order of their keys, the rows of
    a block in theirs.
    """
    high, low = _bits(len(keys))
    shift = 64 - high
    starts = _starts(keys, shift, high, whole=False)
    n = int(starts[0, -1])
    key, row = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint32)
    _scatter(keys, _NO_ROWS, shift, False, starts[1], key, row)
    # What is never written takes no memory, so nothing is copied. One place more: a row is written, then counted.
    order, most = np.empty(n, dtype=np.uint32), n // 2 + 1
    start, stop = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    members, count = _write_blocks(key, row, shift, low, starts[0], *_work(starts, low), order, start, stop)
    return order[:members], start[:count], stop[:count]


def _bits(n: int) -> tuple[int, int]:
    """Bits of the first and second scatter of `n` keys; a place in a bucket takes fewer than the first."""
    bits = max(n.bit_length() - 1, 2)
    high = bits // 2 + 1
    return high, max(bits - high, 1)


def _starts(keys: U64, shift: int, high: int, *, whole: bool) -> U64:
    """(2, buckets + 1): where each bucket begins, twice."""
    starts = np.zeros((2, (1 << high) + 1), dtype=np.uint64)
    _count(keys, shift, whole, starts[0])
    starts[0] = np.cumsum(starts[0])
    starts[1] = starts[0]
    return starts


def _work(starts: U64, low: int) -> tuple[U32, U64]:
    """Room for the second scatter and for the words of the largest bucket, three times."""
    most = int((starts[0, 1:] - starts[0, :-1]).max(initial=1))
    return np.empty((1 << low) + 1, dtype=np.uint32), np.empty((3, most), dtype=np.uint64)


@kernel
def _count(keys: U64, shift: Scalar, whole: Scalar, starts: U64) -> None:
    """Count the keys of bucket b in `starts[b + 1]`; key 0 only where the `whole` is asked for."""
    by = np.uint64(shift)
    for i in range(len(keys)):
        starts[(keys[i] >> by) + _U1] += np.uint64((keys[i] != 0) | whole)


@kernel
def _scatter(keys: U64, rows: U32, shift: Scalar, whole: Scalar, ends: U64, key: U64, row: U32) -> None:
    """Write keys and rows into their buckets; `ends`: where each begins, then where it ends. No `rows`: all of them."""
    by = np.uint64(shift)
    for i in range(len(keys)):
        one = keys[i]
        if one or whole:
            at = ends[one >> by]
            key[at] = one
            row[at] = rows[i] if len(rows) else i
            ends[one >> by] = at + _U1


@inlined
def _sorted_words(
    keys: U64, lo: Scalar, hi: Scalar, shift: Scalar, low: Scalar, inner: U32, words: U64
) -> Scalar:  # fmt: skip
    """Sort the bucket `lo` to `hi`: in `words[0]` what tells its keys apart, above the place of each in the bucket.

    Returns how many bits the place takes.
    """
    size = hi - lo
    place = np.uint64(64) - np.uint64(shift)
    if size >> place:
        _merge_keys(keys, lo, hi, words)
        return _HALF
    finer, mask = np.uint64(shift) - np.uint64(low), (_U1 << np.uint64(low)) - _U1
    for b in range(len(inner)):
        inner[b] = 0
    for i in range(lo, hi):
        inner[((keys[i] >> finer) & mask) + _U1] += np.uint32(1)
    for b in range(1, len(inner)):
        inner[b] += inner[b - 1]
    for i in range(lo, hi):
        b = (keys[i] >> finer) & mask
        words[0, inner[b]] = (keys[i] << place) | (i - lo)
        inner[b] += np.uint32(1)
    if not _insert(words, np.uint64(0), size, _MOVES * size):
        _merge_words(words, size)
    return place


@inlined
def _insert(words: U64, begin: Scalar, end: Scalar, most: Scalar) -> Scalar:
    """Insertion sort of `words[0, begin:end]`; False where it would take more than about `most` moves."""
    moves = 0
    for i in range(begin + _U1, end):
        one = words[0, i]
        j: Scalar = i
        while j > begin and words[0, j - _U1] > one:
            words[0, j] = words[0, j - _U1]
            j -= _U1
        words[0, j] = one
        moves += i - j
        if moves > most:
            return False
    return True


@kernel
def _merge_words(words: U64, size: Scalar) -> None:
    """Merge sort of the first `size` of `words[0]`; `words[1]` is room. Words in order already take one look."""
    for begin in range(np.uint64(0), size, _RUN):
        _insert(words, begin, min(begin + _RUN, size), size * _RUN)
    width = _RUN
    while width < size:
        for begin in range(np.uint64(0), size - min(width, size), width + width):
            middle, end = begin + width, min(begin + width + width, size)
            if words[0, middle - _U1] > words[0, middle]:
                for k in range(begin, middle):
                    words[1, k] = words[0, k]
                i: Scalar = begin
                j: Scalar = middle
                for at in range(begin, end):
                    if i < middle and (j == end or words[1, i] <= words[0, j]):
                        words[0, at] = words[1, i]
                        i += _U1
                    else:
                        words[0, at] = words[0, j]
                        j += _U1
        width += width


@kernel
def _merge_keys(keys: U64, lo: Scalar, hi: Scalar, words: U64) -> None:
    """Words of a bucket whose places do not fit below its keys: by the lower half of the keys, then by the upper."""
    size = hi - lo
    for k in range(size):
        words[0, k] = (keys[lo + k] << _HALF) | k
    _merge_words(words, size)
    for k in range(size):
        words[2, k] = words[0, k] & _LOW
    for k in range(size):
        words[0, k] = (keys[lo + words[2, k]] >> _HALF) << _HALF | k
    _merge_words(words, size)
    number = np.uint64(0)
    for k in range(size):
        at = words[2, words[0, k] & _LOW]
        if k > 0 and keys[lo + at] != keys[lo + (words[0, k - 1] & _LOW)]:
            number += _U1
        words[0, k] = number << _HALF | at


@kernel
def _write_rows(
    key: U64, row: U32, shift: Scalar, low: Scalar, starts: U64, inner: U32, words: U64, keys: U64, rows: U32
) -> None:  # fmt: skip
    """Sort every bucket into `keys` and `rows`."""
    for b in range(len(starts) - 1):
        lo, hi = starts[b], starts[b + 1]
        place = _sorted_words(key, lo, hi, shift, low, inner, words)
        for k in range(hi - lo):
            at = lo + (words[0, k] & ((_U1 << place) - _U1))
            keys[lo + k], rows[lo + k] = key[at], row[at]


@kernel
def _write_blocks(
    key: U64, row: U32, shift: Scalar, low: Scalar, starts: U64, inner: U32, words: U64, order: U32, start: I64,
    stop: I64,
) -> tuple[Scalar, Scalar]:  # fmt: skip
    """Sort every bucket and write the rows of keys that several have; returns how many rows and blocks those are."""
    member, opened, closed = np.uint64(0), np.uint64(0), np.uint64(0)
    for b in range(len(starts) - 1):
        lo, size = starts[b], starts[b + 1] - starts[b]
        place = _sorted_words(key, lo, lo + size, shift, low, inner, words)
        mask = (_U1 << place) - _U1
        like = False  # the row before it
        for k in range(size):
            one = words[0, k]
            next_like = k + _U1 < size and words[0, k + _U1] >> place == one >> place
            # Everything is written, and counted where it holds: no branch could be guessed here.
            order[member], start[opened], stop[closed] = row[lo + (one & mask)], member, member + _U1
            member += np.uint64(like | next_like)
            opened += np.uint64(next_like & (not like))
            closed += np.uint64(like & (not next_like))
            like = next_like
    return member, closed
