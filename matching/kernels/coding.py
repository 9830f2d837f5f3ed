"""Columns of text -> integers, mixed to 64 bits, numbered by distinct value, cleaned, packed.

A column comes as Arrow holds it: the bytes of all values, and where each begins and the last ends. Two texts count as
equal when their 64-bit mixes are: of ten million different texts two are mistaken for one another once in 400,000
runs. Steps are done on ASCII letters here; other values come cleaned already (`matching.generic.prepare`).
Places are unsigned: numba need not look whether they count from the end.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.kernels import mixed
from matching.kernels.digits import MOST
from matching.kernels.letters import signature

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

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


@kernel
def text_mix(data: npt.NDArray[np.unsignedinteger], start: Scalar, stop: Scalar) -> Scalar:
    """64 bits of a text (FNV-1a of its letters, finished by a mix); 0 for no letters only."""
    if start == stop:
        return np.uint64(0)
    h = np.uint64(0xCBF29CE484222325)
    for k in range(start, stop):
        h = (h ^ np.uint64(data[k])) * np.uint64(0x100000001B3)
    h = mixed(h)
    return h if h else _U1


@kernel
def _is_blank(c: Scalar) -> Scalar:
    return c == _BLANK or (9 <= c <= 13)


@kernel
def _is_letter(c: Scalar) -> Scalar:
    return 65 <= (c & 0xDF) <= 90


@kernel
def _edges(data: Bytes, start: Scalar, stop: Scalar) -> tuple[Scalar, Scalar]:
    while start < stop and _is_blank(data[start]):
        start += _U1
    while stop > start and _is_blank(data[stop - _U1]):
        stop -= _U1
    return start, stop


def factor(data: Bytes, offsets: U64) -> tuple[U64, I32, U64, I64]:
    """(mix of each value, code of each, first row of each code, rows of each code) of a column of text.

    Blanks at the edges do not count. Codes count from 1 in the order of first appearance, 0 is no value.
    """
    n = len(offsets) - 1
    mix, code = np.zeros(n, dtype=np.uint64), np.zeros(n, dtype=np.int32)
    mixes, first = np.empty(n + 1, dtype=np.uint64), np.empty(n + 1, dtype=np.uint64)
    rows = np.zeros(n + 1, dtype=np.int64)
    slots = np.zeros(1 << max(n.bit_length(), 4), dtype=np.int32)
    used = _factor(data, offsets, slots, mixes, mix, code, first, rows)
    return mix, code, first[:used].copy(), rows[:used].copy()


@kernel
def _factor(data: Bytes, offsets: U64, slots: I32, mixes: U64, mix: U64, code: I32, first: U64, rows: I64) -> Scalar:
    """Fill the outputs of `factor`; returns how many codes there are. `slots`: a power of two of zeros."""
    mask = np.uint64(len(slots) - 1)
    used = 1
    first[0] = 0
    for i in range(len(code)):
        start, stop = _edges(data, offsets[i], offsets[i + 1])
        h = text_mix(data, start, stop)
        if h == np.uint64(0):
            continue
        mix[i] = h
        at = h & mask
        while True:
            found = slots[at]
            if found == 0:
                slots[at] = found = used
                mixes[used] = h
                first[used] = i
                used += 1
                break
            if mixes[found] == h:
                break
            at = (at + _U1) & mask
        code[i] = found
        rows[found] += 1
    return used


def gather_texts(data: Bytes, offsets: U64, rows: U64) -> tuple[Bytes, U64]:
    """(bytes, where each begins) of the values in `rows` without blanks at the edges; of row 0 of `rows` nothing."""
    begin, out = np.zeros(len(rows) + 1, dtype=np.uint64), np.empty(len(data), dtype=np.uint8)
    _gather(data, offsets, rows, begin, out)
    return out[: int(begin[-1])].copy(), begin


@kernel
def _gather(data: Bytes, offsets: U64, rows: U64, begin: U64, out: Bytes) -> None:
    at = np.uint64(0)
    for k in range(1, len(rows)):
        start, stop = _edges(data, offsets[rows[k]], offsets[rows[k] + _U1])
        for p in range(start, stop):
            out[at] = data[p]
            at += _U1
        begin[k + 1] = at


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
                if (48 <= c <= 57) if step == 4 else not _is_blank(c):
                    work[m] = c
                    m += 1
            n = m
        elif step == 6:
            m = 0
            for k in range(n):
                if not _is_blank(work[k]):
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


def pack_digits(data: Bytes, offsets: U64, nulls: U64) -> tuple[U64, I64, Scalar]:
    """(mix of each value, its digits packed as in matching.kernels.digits, how many have too many digits).

    Whatever is no digit is left out. A value of more than sixteen digits gets -1.
    """
    n = len(offsets) - 1
    mix, out = np.zeros(n, dtype=np.uint64), np.zeros(n, dtype=np.int64)
    return mix, out, _pack(data, offsets, nulls, np.empty(1 << 10, dtype=np.uint8), mix, out)


@kernel
def _pack(data: Bytes, offsets: U64, nulls: U64, lowered: Bytes, mix: U64, out: I64) -> Scalar:
    too_long = 0
    for i in range(len(out)):
        start, stop = _edges(data, offsets[i], offsets[i + 1])
        if start == stop:
            continue
        mix[i] = text_mix(data, start, stop)
        length = np.int64(stop - start)
        if len(nulls) > 0 and length <= len(lowered) and _is_null(data[start:stop], length, lowered, nulls):
            continue
        v = np.uint64(0)
        size = 0
        for k in range(start, stop):
            c = np.uint64(data[k]) - np.uint64(48)
            if c <= np.uint64(9):
                v = (v << np.uint64(4)) | (c + _U1)
                size += 1
        out[i] = np.int64(v)
        if size > MOST:
            out[i] = -1
            too_long += 1
    return too_long


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
def mix_rows(content: U64, column: U64) -> None:
    """Mix the next column into what stands for the content of every row."""
    for i in range(len(content)):
        content[i] = mixed((content[i] ^ column[i]) * np.uint64(0x9E3779B97F4A7C15) + _U1)


@kernel
def words_of(letters: npt.NDArray[np.unsignedinteger], begin: U64, first: I64, words: I64) -> Scalar:
    """Write the words of each text as 64 bits each, ascending and each once; returns how many there are.

    `first` (texts + 1) is told where those of each text begin; `words` has room for one per letter.
    """
    n = 0
    for k in range(len(begin) - 1):
        first[k] = n
        start, stop = begin[k], begin[k + 1]
        while start < stop:
            end = start
            while end < stop and not _is_blank(letters[end]):
                end += _U1
            if end > start:
                value = np.int64(text_mix(letters, start, end))
                at = n
                while at > first[k] and words[at - 1] > value:
                    at -= 1
                if at == first[k] or words[at - 1] != value:
                    for p in range(n, at, -1):
                        words[p] = words[p - 1]
                    words[at] = value
                    n += 1
            start = end + _U1
    first[len(begin) - 1] = n
    return n


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
            while stop < begin[k + 1] and not _is_blank(letters[stop]):
                stop += _U1
        out[k] = np.int64(text_mix(letters, start, stop))
