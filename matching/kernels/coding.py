"""Columns of text -> integers, mixed to 64 bits, numbered by distinct value, cleaned, packed.

A column comes in chunks as Arrow holds it, distinct texts as their bytes and where each begins. Two texts count as
equal when their mixes are, of which a table keeps all but about one of 64 bits: of ten million different texts two are
mistaken for one another once in 100,000 runs. Steps are done on ASCII letters here; other values come cleaned already
(`matching.generic.prepare`). Places are unsigned: numba need not look whether they count from the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel
from blocking.kernels import mixed
from blocking.prefetch import eight, prefetch
from matching.kernels.digits import MOST
from matching.kernels.letters import is_blank, signature

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Line = tuple[I64, ...]  # of so many columns as a line of the cache holds
LINE: Final = 8

# The cleaning steps that are done here; `accents` changes no ASCII letter.
STEPS: Final = {
    "accents": 0,
    "lower": 1,
    "upper": 2,
    "letters": 3,
    "digits": 4,
    "alnum": 5,
    "collapse": 6,
    "no_blanks": 7,
    "leading_zeros": 8,
}
_BLANK = 32
_U1 = np.uint64(1)
_EIGHT = np.uint64(8)
_ZEROS = np.uint64(0x3030303030303030)
_BATCH = 32  # rows
_LINE_ROWS = 256  # that stay in the nearest cache until all their columns are there


@inlined
def text_mix(data: npt.NDArray[np.unsignedinteger], start: Scalar, stop: Scalar) -> Scalar:
    """64 bits of a text, by eight letters of a byte each, or by single wider ones; 0 for no letters only."""
    size = stop - start
    if size == np.uint64(0):
        return np.uint64(0)
    h = np.uint64(size)
    if data.itemsize > 1:
        for k in range(start, stop):
            h = mixed(h ^ np.uint64(data[k]))
        return h if h else _U1
    while stop - start >= _EIGHT:
        h = mixed(h ^ eight(data, start))
        start += _EIGHT
    rest = stop - start
    if rest:
        word = np.uint64(0)
        if size >= _EIGHT:
            word = eight(data, stop - _EIGHT) >> (_EIGHT * (_EIGHT - rest))
        else:
            for k in range(rest):
                word |= np.uint64(data[start + k]) << (_EIGHT * k)
        h = mixed(h ^ word)
    return h if h else _U1


@kernel
def _is_letter(c: Scalar) -> Scalar:
    return 65 <= (c & 0xDF) <= 90


@kernel
def _edges(data: Bytes, start: Scalar, stop: Scalar) -> tuple[Scalar, Scalar]:
    while start < stop and is_blank(data[start]):
        start += _U1
    while stop > start and is_blank(data[stop - _U1]):
        stop -= _U1
    return start, stop


class Chunk(NamedTuple):
    """A piece of a column of text as Arrow's string views.

    `data` are the bytes of the views (n, 16); places of texts are counted from there, wherever in memory they lie.
    """

    data: Bytes
    views: U32  # (n, 4) the same as numbers: length; then up to twelve letters, or a beginning, buffer and place
    valid: Bytes  # a bit for each row from `first` on; empty: all are known
    first: int
    buffers: U64  # where each buffer begins


@kernel
def _place(c: Chunk, i: Scalar) -> tuple[Scalar, Scalar]:
    """Where the text of row i begins and ends; nothing where it is not known."""
    bit = np.uint64(i + c.first)
    if len(c.valid) > 0 and not (c.valid[bit >> np.uint64(3)] >> np.uint8(bit & np.uint64(7))) & np.uint8(1):
        return np.uint64(0), np.uint64(0)
    n = np.uint64(c.views[i, 0])
    if n <= np.uint64(12):
        start = np.uint64(i) * np.uint64(16) + np.uint64(4)
    else:
        start = c.buffers[c.views[i, 2]] + np.uint64(c.views[i, 3])
    return start, start + n


class Numbered(NamedTuple):
    """A column of text by distinct values: codes count from 1 in the order of first appearance, 0 is no value."""

    mix: U64  # (n,) of each value
    code: I64  # (n,)
    data: Bytes  # the distinct texts, without blanks at the edges
    begin: U64  # where each begins, and the last ends; number 0 is empty
    rows: I64  # that bear each


def factor(chunks: Sequence[Chunk]) -> Numbered:
    """A column of text numbered. Blanks at the edges do not count."""
    n = sum(len(c.views) for c in chunks)
    mix, code = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.int64)
    slots = np.zeros(1 << max(n.bit_length(), 4), dtype=np.uint64)
    place, begin = np.empty(n + 1, dtype=np.uint64), np.empty(n + 2, dtype=np.uint64)
    rows = np.empty(n + 1, dtype=np.int64)
    begin[:2], rows[0] = 0, 0
    done, used, parts = 0, 1, [np.zeros(0, dtype=np.uint8)]
    for c in chunks:
        size, known = len(c.views), used
        here = slice(done, done + size)
        used = _factor(c, used, slots, place, begin, mix[here], code[here], rows)
        parts.append(np.empty(int(begin[used] - begin[known]), dtype=np.uint8))
        _copy(c, place, begin, known, used, parts[-1])
        done += size
    return Numbered(mix, code, np.concatenate(parts), begin[: used + 1].copy(), rows[:used].copy())


@kernel
def _factor(c: Chunk, used: Scalar, slots: U64, place: U64, begin: U64, mix: U64, code: I64, rows: I64) -> Scalar:
    """Number a chunk where `used` codes are known; returns how many are then.

    `slots`, a power of two: a code, and above it what of the mix does not say where it stands.
    """
    mask = np.uint64(len(slots) - 1)
    for least in range(0, len(code), _BATCH):
        most = min(least + _BATCH, len(code))
        # The table lies anywhere in memory: what a batch of rows will look at is loaded before it is looked at.
        for i in range(least, most):
            start, stop = _place(c, i)
            start, stop = _edges(c.data, start, stop)
            mix[i] = text_mix(c.data, start, stop)
            prefetch(slots, mix[i] & mask)
        for i in range(least, most):
            prefetch(rows, slots[mix[i] & mask] & mask)
        for i in range(least, most):
            h = mix[i]
            if h == np.uint64(0):
                code[i] = 0
                continue
            at = h & mask
            while slots[at] != 0 and (slots[at] ^ h) > mask:
                at = (at + _U1) & mask
            found = slots[at] & mask
            if slots[at] == 0:
                found = np.uint64(used)
                slots[at] = (h & ~mask) | found
                start, stop = _place(c, i)
                start, stop = _edges(c.data, start, stop)
                place[used] = start
                begin[used + 1] = begin[used] + (stop - start)
                rows[used] = 0
                used += 1
            code[i] = found
            rows[found] += 1
    return used


@kernel
def _copy(c: Chunk, place: U64, begin: U64, first: Scalar, last: Scalar, out: Bytes) -> None:
    """Copy texts `first` to `last` of `begin`, that stand at their `place`, to `out`."""
    for k in range(first, last):
        into = begin[k] - begin[first]
        for p in range(begin[k + 1] - begin[k]):
            out[into + p] = c.data[place[k] + p]


def laid(chunks: Sequence[Chunk]) -> tuple[Bytes, U64]:
    """(bytes, where each begins) of all values one behind the other as they are; of no value nothing."""
    begin = np.zeros(sum(len(c.views) for c in chunks) + 1, dtype=np.uint64)
    done, parts = 0, [np.zeros(0, dtype=np.uint8)]
    for c in chunks:
        here = begin[done : done + len(c.views) + 1]
        place = np.empty(len(c.views), dtype=np.uint64)
        _sizes(c, place, here)
        parts.append(np.empty(int(here[-1] - here[0]), dtype=np.uint8))
        _copy(c, place, here, 0, len(place), parts[-1])
        done += len(place)
    return np.concatenate(parts), begin


@kernel
def _sizes(c: Chunk, place: U64, begin: U64) -> None:
    for i in range(len(place)):
        start, stop = _place(c, i)
        place[i] = start
        begin[i + 1] = begin[i] + (stop - start)


@kernel
def _clean(work: Bytes, n: Scalar, steps: I64) -> Scalar:
    """Do the steps on the first `n` letters of `work`, in place; returns how many are left."""
    for step in steps:
        if step in (1, 2):
            low = 65 if step == 1 else 97
            for k in range(n):
                if low <= work[k] < low + 26:
                    work[k] ^= 32
        elif step in (3, 5):
            for k in range(n):
                c = work[k]
                if not (_is_letter(c) or (step == 5 and 48 <= c <= 57)):
                    work[k] = _BLANK
        elif step in (4, 7):
            m = 0
            for k in range(n):
                c = work[k]
                if (48 <= c <= 57) if step == 4 else not is_blank(c):
                    work[m] = c
                    m += 1
            n = m
        elif step == 6:
            m = 0
            for k in range(n):
                if not is_blank(work[k]):
                    work[m] = work[k]
                    m += 1
                elif m > 0 and work[m - 1] != _BLANK:
                    work[m] = _BLANK
                    m += 1
            n = m - 1 if m > 0 and work[m - 1] == _BLANK else m
        elif step == 8:
            zeros = 0
            while zeros < n and work[zeros] == 48:
                zeros += 1
            for k in range(n - zeros):
                work[k] = work[k + zeros]
            n -= zeros
    start, stop = _edges(work, np.uint64(0), np.uint64(n))
    for k in range(stop - start):
        work[k] = work[k + start]
    return np.int64(stop - start)


@kernel
def _is_null(work: Bytes, n: Scalar, lowered: Bytes, nulls: U64) -> Scalar:
    """Whether the text is one of those that mean "not known"; capitals make no difference."""
    if len(nulls) == 0:
        return False
    for k in range(n):
        c = work[k]
        lowered[k] = c + 32 if 65 <= c <= 90 else c
    found = text_mix(lowered, np.uint64(0), np.uint64(n))
    for one in nulls:
        if one == found:
            return True
    return False


def clean_texts(data: Bytes, begin: U64, ready: Bools, steps: I64, nulls: U64) -> tuple[Bytes, U64]:
    """(bytes, where each begins) of texts after the steps. No step makes a text of ASCII letters longer.

    `ready` marks texts that stay as they are (empty: none). `nulls` are the mixes of small texts that mean "not known".
    """
    out, into = np.empty(len(data), dtype=np.uint8), np.zeros_like(begin)
    work = np.empty((2, max(int(np.diff(begin).max(initial=1)), 1)), dtype=np.uint8)
    _fill_clean(data, begin, ready, steps, nulls, work[0], work[1], out, into)
    return out[: int(into[-1])].copy(), into


@kernel
def _fill_clean(
    data: Bytes, begin: U64, ready: Bools, steps: I64, nulls: U64, work: Bytes, lowered: Bytes, out: Bytes, into: U64
) -> None:
    at: Scalar = 0
    for k in range(len(begin) - 1):
        start = np.int64(begin[k])
        size: Scalar = np.int64(begin[k + 1]) - start
        for p in range(size):
            work[p] = data[start + p]
        if len(ready) == 0 or not ready[k]:
            size = 0 if _is_null(work, size, lowered, nulls) else _clean(work, size, steps)
        for p in range(size):
            out[at + p] = work[p]
        at += size
        into[k + 1] = at


def pack_digits(chunks: Sequence[Chunk], nulls: U64) -> tuple[U64, I64, int] | None:
    """(mix of each value, its digits packed as in matching.kernels.digits, how many have too many digits).

    Whatever is no digit is left out, blanks at the edges do not count. A value of more than sixteen digits gets -1, one
    whose mix is among `nulls` 0. None where there is a letter that is not ASCII.
    """
    n = sum(len(c.views) for c in chunks)
    mix, out = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.int64)
    done = too_long = 0
    for c in chunks:
        here = slice(done, done + len(c.views))
        found = _pack(c, nulls, mix[here], out[here])
        if found < 0:
            return None
        too_long += found
        done += len(c.views)
    return mix, out, too_long


@kernel
def _pack(c: Chunk, nulls: U64, mix: U64, out: I64) -> Scalar:
    """Fill the outputs of `pack_digits` for a chunk; returns how many values are too long, or -1."""
    too_long = 0
    for i in range(len(out)):
        start, stop = _place(c, i)
        start, stop = _edges(c.data, start, stop)
        begin, v = start, np.uint64(0)
        size: Scalar = 0
        while stop - start >= _EIGHT:
            word = eight(c.data, start)
            low = word & np.uint64(0x0F0F0F0F0F0F0F0F)
            # Eight digits at once: 0x30 above each, and none that six more would carry over nine.
            if word ^ low != _ZEROS or (low + np.uint64(0x0606060606060606)) & np.uint64(0xF0F0F0F0F0F0F0F0):
                break
            v = (v << np.uint64(32)) | (_nibbles(low) + np.uint64(0x11111111))
            size += 8
            start += _EIGHT
        while start < stop:
            letter = np.uint64(c.data[start])
            if letter >= np.uint64(128):
                return -1
            if letter - np.uint64(48) <= np.uint64(9):
                v = (v << np.uint64(4)) | (letter - np.uint64(47))
                size += 1
            start += _U1
        out[i] = np.int64(v)
        if np.uint64(size) == stop - begin and size <= MOST:
            mix[i] = mixed(v) if v else v  # no two texts of digits alone have one number
        else:
            mix[i] = text_mix(c.data, begin, stop)
        if size > MOST:
            out[i] = -1
            too_long += 1
        for one in nulls:
            if one == mix[i]:
                out[i] = 0
                too_long -= size > MOST
    return too_long


@kernel
def _nibbles(x: Scalar) -> Scalar:
    """The low four bits of eight bytes side by side, those of the first byte highest."""
    x = (x << np.uint64(4) | x >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    x = (x << np.uint64(8) | x >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (x << np.uint64(16) | x >> np.uint64(32)) & np.uint64(0xFFFFFFFF)


@kernel
def look_up(day: I32, first: Scalar, packed: I64, given: U64, values: I64, mixes: U64) -> None:
    """What the tables `packed` and `given` of the days from `first` on hold of the day of every row."""
    for row in range(len(day)):
        at = day[row] - first
        values[row] = packed[at]
        mixes[row] = given[at]


@kernel
def describe(letters: npt.NDArray[np.unsignedinteger], begin: U64, out: I64, first: Scalar, shift: Scalar) -> None:
    """Write place << 16 | length and signature of each text into the rows of `out` from `first`; `shift` moves places.

    Of a text longer than 65,535 letters only that many are compared.
    """
    for code in range(len(begin) - 1):
        start = np.int64(begin[code])
        length = min(np.int64(begin[code + 1]) - start, 0xFFFF)
        out[first + code, 0] = ((start + shift) << 16) | length
        out[first + code, 1] = np.int64(signature(letters, start, length))


def foreign(data: Bytes, begin: U64) -> Bools:
    """Which texts hold a letter that is not ASCII."""
    out = np.zeros(len(begin) - 1, dtype=np.bool_)
    _mark_foreign(data, begin, out)
    return out


@kernel
def _mark_foreign(data: Bytes, begin: U64, out: Bools) -> None:
    for k in range(len(out)):
        for p in range(begin[k], begin[k + 1]):
            if data[p] >= 128:
                out[k] = True
                break


@kernel
def add_mixes(content: U64, column: U64, number: Scalar) -> None:
    """Add the values of column `number` to what stands for the content of every row. No value adds nothing."""
    salt = mixed(np.uint64(number))
    for i in range(len(content)):
        content[i] += mixed(column[i] ^ salt) * np.uint64(column[i] != 0)


@inlined
def _fill_column(values: I64, above: I64, by_text: Scalar, rows: I64, at: Scalar, begin: Scalar, end: Scalar) -> None:
    """Write a column into rows `begin` to `end`, with what `above` adds to each text, or to each row."""
    if len(values) == 0:
        for i in range(begin, end):
            rows[i, at] = 0
    elif len(above) == 0:
        for i in range(begin, end):
            rows[i, at] = values[i]
    elif by_text:
        for i in range(begin, end):
            rows[i, at] = values[i] | above[np.uint64(values[i])]
    else:
        for i in range(begin, end):
            rows[i, at] = values[i] | above[i]


@kernel
def fill_line(
    columns: Line, above: Line, by_text: Bools, rows: I64, place: Scalar, first: Scalar, last: Scalar
) -> None:  # fmt: skip
    """Write a line of columns, from `place` on, into rows `first` to `last` of the matrix.

    `above` adds something to each text of a column, or to each row; an empty column is one of zeros.
    """
    for begin in range(np.uint64(first), np.uint64(last), np.uint64(_LINE_ROWS)):
        end = min(begin + np.uint64(_LINE_ROWS), np.uint64(last))
        for k in range(min(LINE, rows.shape[1] - place)):
            _fill_column(columns[k], above[k], by_text[k], rows, np.uint64(place + k), begin, end)


def word_mixes(letters: npt.NDArray[np.unsignedinteger], begin: U64, n: int, which: int) -> I64:
    """64 bits of the first `n` letters of each text (`which` 0), of the last `n` (1), or of its first word (2)."""
    out = np.zeros(len(begin) - 1, dtype=np.int64)
    _fill_mixes(letters, begin, n, which, out)
    return out


@kernel
def _fill_mixes(letters: npt.NDArray[np.unsignedinteger], begin: U64, n: Scalar, which: Scalar, out: I64) -> None:
    for k in range(len(out)):
        start, stop = begin[k], begin[k + 1]
        size = np.uint64(n)
        if which == 0 and stop - start > size:
            stop = start + size
        elif which == 1 and stop - start > size:
            start = stop - size
        elif which == 2:
            stop = start
            while stop < begin[k + 1] and not is_blank(letters[stop]):
                stop += _U1
        out[k] = np.int64(text_mix(letters, start, stop))
