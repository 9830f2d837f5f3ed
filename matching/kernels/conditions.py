"""The conditions of the grammar (`matching.generic.grammar`) on one pair of rows.

A row is one integer per column. A text is its code in the low 32 bits (0: no value) and above them how common it is; a
date is packed digits with the same above them; digits are packed as in matching.kernels.digits; a number is the bits
of a float. The program lists the comparisons and their conditions as integers; `matching.generic.program` writes it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel
from matching.kernels import digits
from matching.kernels.letters import (
    all_words_in,
    common_prefix,
    edits_in,
    equal_texts,
    jaro_bound,
    jaro_in,
    jaro_needed,
    most_shared,
    shared_words,
    winkler,
)

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Letters = npt.NDArray[np.unsignedinteger]

TEXT, DIGITS, DATE, NUMBER = range(4)
# Conditions. CODE: both values have one code in a table (soundex, first letters ...).
EQUAL, CROSSED, JARO, WINKLER, EDITS, TURNED, CODE, INITIAL, JACCARD, SUBSET, ONE_DIGIT, PLACES = range(12)
FIRST, LAST, DAY_MONTH, ONE_PART, YEAR, YEARS, DAYS, WITHIN, PERCENT = range(12, 21)

# Places of a comparison in the program, and of a condition.
COLUMN, KIND, BASE, BEGIN, END, DIFFERENT, SHIFT, MASK, OTHER, OTHER_KIND, OTHER_BASE, CLASS = range(12)
WORD, LEVEL, TABLE = range(3)

LOW: Final = 0xFFFFFFFF  # the bits of the code of a text, or of a date
_ABOVE: Final = -2  # CLASS of values that have their class above bit 32
_NEAR: Final = 1e-12  # what a cut may be missed by
_KINDS: Final = 0xFFFFFFFE  # of a signature: which letters there are, blanks not counted
_NO_BOUND = np.uint64(0xFFFFFFFFFFFFFFFF)


class Program(NamedTuple):
    """Comparisons (F, 12) and conditions (O, 3) as integers, and the number of each condition (O,)."""

    comparisons: I64
    conditions: I64
    numbers: F64


class Tables(NamedTuple):
    """What rows and texts hold.

    `texts` (T, 2), of all columns one after another: place << 16 | length, and signature.
    """

    rows: I64  # (n, columns)
    floats: F64  # the same memory
    letters: Letters
    texts: I64
    codes: I64  # the tables of CODE and INITIAL, one after another
    longest: int  # letters of the longest text


@inlined
def _alike(
    x: Letters, a: Scalar, n_a: Scalar, one: Scalar, b: Scalar, n_b: Scalar, two: Scalar, least: Scalar,
    boosted: Scalar, memo: F64, m: Scalar, room: I64,
) -> Scalar:  # fmt: skip
    """Whether two texts reach the similarity `least`.

    Row m of `memo` keeps Jaro's and the common prefix, once computed; before that -2 and the bound, or -1.
    """
    if memo[m, 0] == -1.0:
        memo[m, 0] = -2.0
        memo[m, 1] = jaro_bound(most_shared(one, n_a, two, n_b), n_a, n_b)
    if memo[m, 0] == -2.0:
        most = memo[m, 1]
        prefix = 0
        if boosted:
            if winkler(most, 4) < least - _NEAR:
                return False
            prefix = common_prefix(x, a, n_a, b, n_b)
            most = winkler(most, prefix)
        if most < least - _NEAR:
            return False
        found = jaro_in(x, a, n_a, b, n_b, jaro_needed(least, prefix) if boosted else least - _NEAR, room)
        if found < 0.0:
            memo[m, 1] = -found
            return False
        memo[m, 0] = found
        memo[m, 1] = prefix if boosted else common_prefix(x, a, n_a, b, n_b)
    return (winkler(memo[m, 0], memo[m, 1]) if boosted else memo[m, 0]) >= least - _NEAR


@inlined
def _text(kind: Scalar, base: Scalar, v: Scalar) -> Scalar:
    """Number of the text that a value of a row stands for; -1 for digits that are in the value itself."""
    if kind == TEXT:
        return base + (v & LOW)
    return base + (v & 0x0FFFFFFFFFFFFFFF) if digits.is_long(v) else -1


@kernel
def _spelled(t: Tables, text: Scalar, v: Scalar, out: Letters, at: Scalar) -> Scalar:
    """Write the text from place `at` of `out`; returns how many letters it has."""
    if text < 0:
        return digits.spell(v, out, at)
    start, n = t.texts[text, 0] >> 16, t.texts[text, 0] & 0xFFFF
    for k in range(n):
        out[at + k] = t.letters[start + k]
    return n


@inlined
def _on_texts(
    t: Tables, word: Scalar, number: Scalar, kind: Scalar, base: Scalar, va: Scalar, other_kind: Scalar,
    other_base: Scalar, vb: Scalar, room: Letters, rows: I64, memo: F64, m: Scalar,
) -> Scalar:  # fmt: skip
    """A condition on the letters of two values, which may be of different columns; equal ones fulfil it."""
    i, j = _text(kind, base, va), _text(other_kind, other_base, vb)
    if i >= 0 and j >= 0:
        x = t.letters
        a, n_a = t.texts[i, 0] >> 16, t.texts[i, 0] & 0xFFFF
        b, n_b = t.texts[j, 0] >> 16, t.texts[j, 0] & 0xFFFF
        one, two = np.uint64(t.texts[i, 1]), np.uint64(t.texts[j, 1])
    else:
        x = room
        a = 0
        n_a = _spelled(t, i, va, room, 0)
        b = n_a
        n_b = _spelled(t, j, vb, room, b)
        one = two = _NO_BOUND
    if word in (JARO, WINKLER, CROSSED):
        if word == CROSSED and equal_texts(x, a, n_a, b, n_b):
            return True
        return _alike(x, a, n_a, one, b, n_b, two, number, word != JARO, memo, m, rows)
    most = np.int64(number)
    if word in (FIRST, LAST):
        if min(n_a, n_b) < most:
            return False
        if word == LAST:
            a, b = a + n_a - most, b + n_b - most
        return equal_texts(x, a, most, b, most)
    if word in (ONE_DIGIT, PLACES):
        return _places(x, a, n_a, b, n_b, most if word == PLACES else -1)
    if max(n_a, n_b) - most_shared(one, n_a, two, n_b) > most:
        return False
    return edits_in(x, a, n_a, b, n_b, most, word == TURNED, rows) <= most


@kernel
def _places(x: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar, most: Scalar) -> Scalar:
    """Whether at most `most` places differ; with -1: one place, or two neighbours turned round."""
    if n_a != n_b:
        return False
    apart, at = 0, 0
    for k in range(n_a):
        if x[a + k] != x[b + k]:
            apart += 1
            at = k
    if most >= 0:
        return apart <= most
    turned = apart == 2 and at > 0 and x[a + at - 1] == x[b + at] and x[a + at] == x[b + at - 1]
    return apart == 1 or turned


@inlined
def _on_words(t: Tables, word: Scalar, number: Scalar, i: Scalar, j: Scalar) -> Scalar:
    a, n_a = t.texts[i, 0] >> 16, t.texts[i, 0] & 0xFFFF
    b, n_b = t.texts[j, 0] >> 16, t.texts[j, 0] & 0xFFFF
    if word == SUBSET:
        # A text with a letter that the other has not is no part of it.
        one, two = t.texts[i, 1], t.texts[j, 1]
        return (one & ~two & _KINDS == 0 and all_words_in(t.letters, a, n_a, b, n_b)) or (
            two & ~one & _KINDS == 0 and all_words_in(t.letters, b, n_b, a, n_a)
        )
    words_a, common = shared_words(t.letters, a, n_a, b, n_b)
    if common == 0:
        return False
    words_b, _common = shared_words(t.letters, b, n_b, a, n_a)
    # A product instead of a quotient: 2/3 must reach a cut of 0.6666 written by hand.
    return common >= number * (words_a + words_b - common) - 1e-9


@inlined
def _on_dates(word: Scalar, number: Scalar, a: Scalar, b: Scalar) -> Scalar:
    if word == YEAR:
        return a >> 16 == b >> 16
    if word == DAY_MONTH:
        month_a, month_b = (a >> 8) & 0xFF, (b >> 8) & 0xFF
        known = month_a != 0x11 and month_b != 0x11
        return known and a >> 16 == b >> 16 and month_a == b & 0xFF and month_b == a & 0xFF
    if word == ONE_PART:
        same = (a >> 16 == b >> 16) + ((a >> 8) & 0xFF == (b >> 8) & 0xFF) + (a & 0xFF == b & 0xFF)
        return same >= 2 and (a >> 8) & 0xFF != 0x11 and (b >> 8) & 0xFF != 0x11
    if word == YEARS:
        return abs(digits.number(a >> 16) - digits.number(b >> 16)) <= number
    x, y = digits.day_number(a), digits.day_number(b)
    none = np.iinfo(np.int64).min
    return x != none and y != none and abs(x - y) <= number


@inlined
def fulfilled(
    t: Tables, word: Scalar, number: Scalar, table: Scalar, kind: Scalar, base: Scalar, va: Scalar, vb: Scalar,
    x: Scalar, y: Scalar, room: Letters, rows: I64, memo: F64, m: Scalar,
) -> Scalar:  # fmt: skip
    """A condition on two different values `va` and `vb` of one column; `x`, `y`: the same as floats."""
    if word == CODE:
        a, b = t.codes[table + (va & LOW)], t.codes[table + (vb & LOW)]
        return a == b and a != 0
    if word == INITIAL:
        a, b = t.codes[table + (va & LOW)], t.codes[table + (vb & LOW)]
        return a >> 1 == b >> 1 and ((a | b) & 1) == 1
    if word in (JACCARD, SUBSET):
        return _on_words(t, word, number, base + (va & LOW), base + (vb & LOW))
    if kind == NUMBER:
        within = number if word == WITHIN else number / 100.0 * max(abs(x), abs(y))
        return abs(x - y) <= within
    if kind == DATE:
        a, b = va & LOW, vb & LOW
        if word == ONE_DIGIT:
            return digits.one_digit(a, b)
        return digits.differing(a, b) <= number if word == PLACES else _on_dates(word, number, a, b)
    if kind == DIGITS and not digits.is_long(va) and not digits.is_long(vb):
        if word == ONE_DIGIT:
            return digits.one_digit(va, vb)
        if word == PLACES:
            return digits.differing(va, vb) <= number
        n = np.int64(number)
        if word in (FIRST, LAST):
            if min(digits.count(va), digits.count(vb)) < n or n > digits.MOST:
                return False
            if word == FIRST:
                return digits.first(va, n) == digits.first(vb, n)
            return digits.last(va, n) == digits.last(vb, n)
    return _on_texts(t, word, number, kind, base, va, kind, base, vb, room, rows, memo, m)


@kernel
def _in_place_of(
    p: Program, t: Tables, f: Scalar, this: Scalar, other: Scalar, least: Scalar, room: Letters, rows: I64, memo: F64
) -> Scalar:
    """Whether a value of the column of comparison f stands as `other` in the column it is crossed with."""
    kind, base = p.comparisons[f, KIND], p.comparisons[f, BASE]
    other_kind, other_base = p.comparisons[f, OTHER_KIND], p.comparisons[f, OTHER_BASE]
    memo[0, 0] = -1.0
    return _on_texts(t, CROSSED, least, kind, base, this, other_kind, other_base, other, room, rows, memo, 0)


@kernel
def _crossed(
    p: Program, t: Tables, f: Scalar, i: Scalar, j: Scalar, least: Scalar, room: Letters, rows: I64, memo: F64
) -> Scalar:
    """Both values stand in the other's column; or one does and the other is unknown on a side."""
    this_a, this_b = t.rows[i, p.comparisons[f, COLUMN]], t.rows[j, p.comparisons[f, COLUMN]]
    other_a, other_b = t.rows[i, p.comparisons[f, OTHER]], t.rows[j, p.comparisons[f, OTHER]]
    if other_a == other_b and other_a != 0:
        return False
    known_one, known_two = this_a != 0 and other_b != 0, this_b != 0 and other_a != 0
    one = known_one and _in_place_of(p, t, f, this_a, other_b, least, room, rows, memo)
    if not one and known_one:
        return False
    two = known_two and _in_place_of(p, t, f, this_b, other_a, least, room, rows, memo)
    return (one and (two or not known_two)) or (two and not known_one)


@inlined
def same_level(p: Program, t: Tables, f: Scalar, i: Scalar, v: Scalar) -> Scalar:
    """The level of equal values: the first, and above it as many as the value is more common."""
    place = p.comparisons[f, CLASS]
    return 1 + (t.rows[i, place] if place >= 0 else (v >> 32 if place == _ABOVE else 0))


@kernel
def level_or_swap(
    p: Program, t: Tables, f: Scalar, i: Scalar, j: Scalar, room: Letters, rows: I64, memo: F64
) -> tuple[Scalar, Scalar]:
    """The level of a comparison that looks for a swap with another column, and whether it found one."""
    column = p.comparisons[f, COLUMN]
    va, vb = t.rows[i, column], t.rows[j, column]
    known = va != 0 and vb != 0
    kind, base = p.comparisons[f, KIND], p.comparisons[f, BASE]
    memo[0, 0] = -1.0
    for k in range(p.comparisons[f, BEGIN], p.comparisons[f, END]):
        word = p.conditions[k, WORD]
        if word == CROSSED:
            # A swap may leave one side empty, so that it is looked for in unknown values too.
            hit = _crossed(p, t, f, i, j, p.numbers[k], room, rows, memo)
            memo[0, 0] = -1.0
        elif not known:
            hit = False
        elif va == vb:
            if word == EQUAL:
                return same_level(p, t, f, i, va), False
            hit = True
        else:
            hit = word != EQUAL and fulfilled(
                t, word, p.numbers[k], p.conditions[k, TABLE], kind, base, va, vb,
                t.floats[i, column], t.floats[j, column], room, rows, memo, 0,
            )  # fmt: skip
        if hit:
            return p.conditions[k, LEVEL], word == CROSSED
    return p.comparisons[f, DIFFERENT] if known else 0, False
