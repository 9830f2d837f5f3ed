"""How alike two texts are, on arrays of letter codes: Jaro, Jaro-Winkler, Levenshtein and optimal string alignment.

A text is `length` letters of an array from a place on. Its signature holds two bits for each of 32 buckets of letters
(one letter of the bucket or more, two or more); it bounds how many letters two texts share without looking at them.
Definitions: Jaro (1989), Winkler (1990), Levenshtein (1966), with the conventions of rapidfuzz.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.prefetch import bits_set, eight

Letters = npt.NDArray[np.unsignedinteger]
I64 = npt.NDArray[np.int64]
_ONE, _EIGHT = np.uint64(1), np.uint64(8)
MARKS = 256  # letters of so small a number are found by their marks
WORD = 64  # letters that the bits of one integer stand for


@kernel
def signature(letters: Letters, start: Scalar, length: Scalar) -> Scalar:
    """Two bits for each bucket of letters: at least one, at least two."""
    once = np.uint64(0)
    twice = np.uint64(0)
    for k in range(start, start + length):
        bit = np.uint64(1) << np.uint64(letters[k] & 31)
        twice |= once & bit
        once |= bit
    return once | (twice << np.uint64(32))


@kernel
def most_shared(one: Scalar, n_one: Scalar, two: Scalar, n_two: Scalar) -> Scalar:
    """Letters that two texts of these signatures and lengths can share at most."""
    return min(n_one - bits_set(one & ~two), n_two - bits_set(two & ~one))


@kernel
def equal_texts(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar) -> Scalar:
    """Whether two texts are the same."""
    if n_a != n_b:
        return False
    for k in range(n_a):
        if letters[a + k] != letters[b + k]:
            return False
    return True


@kernel
def is_blank(letter: Scalar) -> Scalar:
    """Whether it parts words."""
    return letter == 32 or (9 <= letter <= 13)


@kernel
def _next_word(letters: Letters, at: Scalar, stop: Scalar) -> tuple[Scalar, Scalar]:
    """Where the next word from `at` on begins and ends; nothing at `stop` where there is none."""
    while at < stop and is_blank(letters[at]):
        at += 1
    end = at
    while end < stop and not is_blank(letters[end]):
        end += 1
    return at, end


@kernel
def _is_word_of(letters: Letters, start: Scalar, end: Scalar, at: Scalar, stop: Scalar) -> Scalar:
    """Whether the word `start` to `end` is one of those from `at` to `stop`."""
    while at < stop:
        first, at = _next_word(letters, at, stop)
        if at > first and equal_texts(letters, first, at - first, start, end - start):
            return True
    return False


@kernel
def shared_words(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar) -> tuple[Scalar, Scalar]:
    """(different words of the first text, those of them that the second has too)."""
    words = 0
    shared = 0
    stop, end = a + n_a, a
    while end < stop:
        start, end = _next_word(letters, end, stop)
        if end > start and not _is_word_of(letters, start, end, a, start):
            words += 1
            shared += _is_word_of(letters, start, end, b, b + n_b)
    return words, shared


@kernel
def all_words_in(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar) -> Scalar:
    """Whether the first text has words, and the second has all of them."""
    stop, end = a + n_a, a
    some = False
    while end < stop:
        start, end = _next_word(letters, end, stop)
        if end > start:
            if not _is_word_of(letters, start, end, b, b + n_b):
                return False
            some = True
    return some


@kernel
def common_prefix(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar) -> Scalar:
    """Letters that both begin with, four at most."""
    return np.int64(_beginning(letters, np.uint64(a), np.uint64(b), np.uint64(min(n_a, n_b, 4))))


@kernel
def winkler(jaro: float, prefix: Scalar) -> Scalar:
    """Jaro's similarity raised by a common prefix, above 0.7 only."""
    return jaro + 0.1 * prefix * (1.0 - jaro) if jaro > 0.7 else jaro


@kernel
def jaro_bound(shared: Scalar, n_a: Scalar, n_b: Scalar) -> Scalar:
    """The similarity of two texts that share `shared` letters, all in order."""
    return (shared / n_a + shared / n_b + 1.0) / 3.0 if shared > 0 else 0.0


@kernel
def jaro_needed(least: float, prefix: Scalar) -> float:
    """Jaro's similarity that two texts need to reach `least` once a common prefix has raised it, or a little less."""
    raised = (least - 0.1 * prefix) / (1.0 - 0.1 * prefix)
    return min(max(raised, 0.7), least) - 1e-9


@kernel
def jaro_in(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar, least: float, room: I64) -> Scalar:
    """Jaro's similarity, 0 to 1; two empty texts are alike. Below `least` it may be minus a bound of it instead.

    `room`: MARKS + n_a + n_b places, of which the first MARKS are 0 and will be so again.

    Where each letter stands in the first text is kept as bits, so that no letter is looked for one by one (Hyyrö 2005).
    """
    if n_a == 0 or n_b == 0:
        return 1.0 if n_a == n_b else 0.0
    # Unsigned places: numba need not look whether they count from the end.
    from_a, from_b = np.uint64(a), np.uint64(b)
    if n_a > WORD or n_b > WORD:
        return _long_jaro(letters, a, n_a, b, n_b, room)
    # What both begin with: each of its letters finds its like in the same place, the first that is still free.
    head = _beginning(letters, from_a, from_b, np.uint64(min(n_a, n_b)))
    if not _marked(letters, from_a, head, np.uint64(n_a), room):
        return _long_jaro(letters, a, n_a, b, n_b, room)
    reach = np.uint64(max(max(n_a, n_b) // 2 - 1, 0))
    begun = _lowest(head)
    in_a = in_b = begun
    window = _lowest(reach + _ONE) << head | (begun ^ _lowest(head - min(head, reach)))
    for j in range(head, np.uint64(n_b)):
        letter = letters[from_b + j]
        found = np.uint64(room[letter]) & window & ~in_a if letter < MARKS else np.uint64(0)
        # No branch: whether a letter is found is anybody's guess.
        in_a |= found & (~found + _ONE)
        in_b |= np.uint64(found != np.uint64(0)) << j
        window = (window << _ONE) | np.uint64(j < reach)
    for i in range(head, np.uint64(n_a)):
        room[letters[from_a + i]] = 0
    shared = bits_set(in_b)
    if shared == 0:
        return 0.0
    if jaro_bound(shared, n_a, n_b) < least:
        return -jaro_bound(shared, n_a, n_b)
    apart = 0
    in_a, in_b = in_a ^ begun, in_b ^ begun
    while in_b:
        # The lowest letters still marked stand against each other.
        i, j = bits_set((in_a & (~in_a + _ONE)) - _ONE), bits_set((in_b & (~in_b + _ONE)) - _ONE)
        apart += letters[from_a + np.uint64(i)] != letters[from_b + np.uint64(j)]
        in_a &= in_a - _ONE
        in_b &= in_b - _ONE
    return (shared / n_a + shared / n_b + (shared - apart // 2) / shared) / 3.0


@kernel
def _beginning(letters: Letters, a: Scalar, b: Scalar, most: Scalar) -> Scalar:
    """Letters that both begin with, `most` at most."""
    k = np.uint64(0)
    if letters.itemsize == 1:
        while most - k >= _EIGHT:
            unlike = eight(letters, a + k) ^ eight(letters, b + k)
            if unlike:
                return k + np.uint64(bits_set((unlike & (~unlike + _ONE)) - _ONE) >> 3)
            k += _EIGHT
    while k < most and letters[a + k] == letters[b + k]:
        k += _ONE
    return k


@kernel
def _lowest(n: Scalar) -> Scalar:
    """The lowest `n` bits, up to all of them."""
    return ~np.uint64(0) >> (np.uint64(WORD) - n) if n else np.uint64(0)


@kernel
def _marked(letters: Letters, start: Scalar, first: Scalar, n: Scalar, room: I64) -> Scalar:
    """Mark where each letter from `first` on stands; with one that has no mark none is marked: the answer is no."""
    for i in range(first, n):
        if letters[start + i] >= MARKS:
            return False
    for i in range(first, n):
        room[letters[start + i]] |= np.int64(_ONE << i)
    return True


@kernel
def _long_jaro(letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar, room: I64) -> Scalar:
    reach = max(max(n_a, n_b) // 2 - 1, 0)
    in_a, in_b = MARKS, MARKS + n_a  # where the flags of the letters of each text begin
    for k in range(n_a + n_b):
        room[in_a + k] = 0
    shared = 0
    for j in range(n_b):
        for i in range(max(j - reach, 0), min(j + reach + 1, n_a)):
            if letters[a + i] == letters[b + j] and not room[in_a + i]:
                room[in_a + i] = room[in_b + j] = 1
                shared += 1
                break
    if shared == 0:
        return 0.0
    apart = 0
    i = 0
    for j in range(n_b):
        if room[in_b + j]:
            while not room[in_a + i]:
                i += 1
            apart += letters[a + i] != letters[b + j]
            i += 1
    return (shared / n_a + shared / n_b + (shared - apart // 2) / shared) / 3.0


@kernel
def edits_in(
    letters: Letters, a: Scalar, n_a: Scalar, b: Scalar, n_b: Scalar, most: Scalar, turned: bool, rows: I64
) -> Scalar:
    """Edit distance if it is at most `most`, else `most` + 1. `turned`: two neighbours turned round are one edit.

    `rows`: room of MARKS + 3 (n_b + 1) places, of which the first MARKS are left alone.
    Only cells of the table that lie within `most` of its diagonal are filled (Ukkonen 1985).
    """
    # What both begin and end with costs nothing, in either distance.
    while n_a > 0 and n_b > 0 and letters[a] == letters[b]:
        a, b, n_a, n_b = a + 1, b + 1, n_a - 1, n_b - 1
    while n_a > 0 and n_b > 0 and letters[a + n_a - 1] == letters[b + n_b - 1]:
        n_a, n_b = n_a - 1, n_b - 1
    if abs(n_a - n_b) > most:
        return most + 1
    if n_a == 0 or n_b == 0:
        return max(n_a, n_b)
    width = n_b + 1
    far = most + 1
    before, last, now = MARKS, MARKS + width, MARKS + 2 * width
    for j in range(width):
        rows[last + j] = j if j <= most else far
    for i in range(1, n_a + 1):
        low, high = max(1, i - most), min(n_b, i + most)
        rows[now + low - 1] = i if low == 1 and i <= most else far
        least = rows[now + low - 1]
        for j in range(low, high + 1):
            cost = rows[last + j - 1] + (letters[a + i - 1] != letters[b + j - 1])
            cost = min(cost, rows[now + j - 1] + 1)
            if j < i + most:
                cost = min(cost, rows[last + j] + 1)
            if (
                turned
                and i > 1
                and j > 1
                and letters[a + i - 1] == letters[b + j - 2]
                and letters[a + i - 2] == letters[b + j - 1]
            ):
                cost = min(cost, rows[before + j - 2] + 1)
            cost = min(cost, far)
            rows[now + j] = cost
            least = min(least, cost)
        if least >= far and not turned:
            return far
        if high < n_b:
            rows[now + high + 1] = far
        before, last, now = last, now, before
    return min(rows[last + n_b], far)
