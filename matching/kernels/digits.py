"""Up to sixteen digits in one integer: four bits a digit, which hold the digit + 1; the last digit stands lowest.

0 is no value. Leading zeros count, as they do in numbers that name something. Numbers of more digits have 15 in the top
four bits and their place in a list of texts in the others. A date is eight digits: year, month, day.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.prefetch import bits_set

I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
MOST = 16
_ONES = np.uint64(0x1111111111111111)


@kernel
def is_long(x: Scalar) -> Scalar:
    """Whether there are more digits than an integer holds."""
    return (np.uint64(x) >> np.uint64(60)) == np.uint64(15)


@kernel
def count(x: Scalar) -> Scalar:
    """Number of digits."""
    return bits_set(_marks(x, 0))  # no digit is kept as four bits of 0


@kernel
def _marks(a: Scalar, b: Scalar) -> Scalar:
    """One bit in each place where two numbers differ."""
    x = np.uint64(a) ^ np.uint64(b)
    x |= x >> np.uint64(2)
    x |= x >> np.uint64(1)
    return x & _ONES


@kernel
def differing(a: Scalar, b: Scalar) -> Scalar:
    """Places in which two numbers of one length differ; 99 where the lengths differ."""
    return bits_set(_marks(a, b)) if count(a) == count(b) else 99


@kernel
def one_digit(a: Scalar, b: Scalar) -> Scalar:
    """Whether one digit differs, or two neighbours are turned round."""
    marks = _marks(a, b)
    apart = bits_set(marks)
    if apart == 0 or apart > 2 or count(a) != count(b):
        return False
    if apart == 1:
        return True
    low = marks & (~marks + np.uint64(1))
    if marks != low | (low << np.uint64(4)):
        return False
    mask = low * np.uint64(15)
    x, y = np.uint64(a), np.uint64(b)
    return (x & mask) << np.uint64(4) == y & (mask << np.uint64(4)) and (y & mask) << np.uint64(4) == x & (
        mask << np.uint64(4)
    )


@kernel
def first(x: Scalar, n: Scalar) -> Scalar:
    """The first `n` digits; all where there are fewer."""
    over = count(x) - n
    return np.int64(np.uint64(x) >> np.uint64(4 * over)) if over > 0 else x


@kernel
def last(x: Scalar, n: Scalar) -> Scalar:
    """The last `n` digits; all where there are fewer."""
    return np.int64(np.uint64(x) & ((np.uint64(1) << np.uint64(4 * n)) - np.uint64(1))) if n < MOST else x


@kernel
def spell(x: Scalar, out: npt.NDArray[np.unsignedinteger], at: Scalar) -> Scalar:
    """Write the digits as letters from place `at` of `out`; returns how many."""
    n = count(x)
    v = np.uint64(x)
    for k in range(n):
        out[at + n - 1 - k] = (v & np.uint64(15)) + np.uint64(47)
        v >>= np.uint64(4)
    return n


@kernel
def number(x: Scalar) -> Scalar:
    """The number that the digits write."""
    n = count(x)
    out: Scalar = 0
    for k in range(n - 1, -1, -1):
        out = out * 10 + np.int64((np.uint64(x) >> np.uint64(4 * k)) & np.uint64(15)) - 1
    return out


@kernel
def day_number(x: Scalar) -> Scalar:
    """Days from 1970-01-01 of a date; the smallest integer for a date that no calendar has.

    Howard Hinnant's days_from_civil, for the Gregorian calendar.
    """
    date = number(x)
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    if month < 1 or month > 12 or day < 1:
        return np.iinfo(np.int64).min
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 31 - (month in (4, 6, 9, 11))
    if month == 2:
        length = 28 + leap
    if day > length:
        return np.iinfo(np.int64).min
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
