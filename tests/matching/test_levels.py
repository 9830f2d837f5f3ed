"""Comparison levels: packing is lossless; digit rules hold; string likeness is the reference library's."""

from __future__ import annotations

import jellyfish
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matching.compare import described, packed_digits
from matching.kernels.letters import MARKS
from matching.kernels.registers import LEAST_JARO, digit_marks, likeness, one_edit, one_slip, shared_tokens
from matching.levels import COMPARISONS, REGISTERS


@given(st.lists(st.tuples(*(st.integers(0, len(c.tingkat) - 1) for c in COMPARISONS)), min_size=1, max_size=30))
def test_packing_is_lossless(rows: list[tuple[int, ...]]) -> None:
    levels = np.array(rows, dtype=np.uint8)
    assert (REGISTERS.unpack(REGISTERS.pack(levels)) == levels).all()


words = st.text("ABDEHIKLMNRSTU ", min_size=1, max_size=20)


def room() -> np.ndarray:
    return np.zeros(MARKS + 3 * 21, dtype=np.int64)


def alike(a: str, b: str) -> float:
    letters, texts = described(pl.Series(["", a, b]))
    return float(likeness(letters, texts[1], texts[2], room()))


@given(words, words)
def test_jaro_winkler_agrees_with_jellyfish_where_a_level_asks(a: str, b: str) -> None:
    # jellyfish adds Winkler's prefix only above 0.7, as Winkler's code does.
    theirs = jellyfish.jaro_winkler_similarity(a, b)
    assert alike(a, b) == pytest.approx(theirs if theirs >= LEAST_JARO or alike(a, b) else 0.0, abs=1e-6)


@given(words, words)
def test_one_edit_agrees_with_rapidfuzz(a: str, b: str) -> None:
    letters, texts = described(pl.Series(["", a, b]))
    assert one_edit(letters, texts[1], texts[2], room()) == (OSA.distance(a, b) <= 1)


@pytest.mark.parametrize(
    ("a", "b", "value"), [("MARTHA", "MARHTA", 0.961), ("DIXON", "DICKSONX", 0.813), ("DWAYNE", "DUANE", 0.84)]
)
def test_jaro_winkler_of_the_literature(a: str, b: str, value: float) -> None:
    # Winkler (1990), the values every paper repeats.
    assert alike(a, b) == pytest.approx(value, abs=5e-4)


sixteen = st.integers(10**15, 10**16 - 1)


@given(sixteen, st.integers(0, 15), st.integers(1, 9))
def test_one_changed_digit_is_one_apart(number: int, place: int, shift: int) -> None:
    digit = number // 10**place % 10
    changed = number + ((digit + shift) % 10 - digit) * 10**place
    a, b = packed_digits(np.array([number, changed]))
    assert int(digit_marks(a, b)).bit_count() == 1
    assert one_slip(a, b)


@given(sixteen, st.integers(0, 14))
def test_swapped_neighbours_are_one_slip(number: int, place: int) -> None:
    text = str(number)
    k = 14 - place
    swapped = int(text[:k] + text[k + 1] + text[k] + text[k + 2 :])
    assert one_slip(*packed_digits(np.array([number, swapped]))) == (text[k] != text[k + 1])


@given(sixteen, sixteen)
def test_digits_apart_are_counted(x: int, y: int) -> None:
    a, b = packed_digits(np.array([x, y]))
    assert int(digit_marks(a, b)).bit_count() == sum(p != q for p, q in zip(str(x), str(y), strict=True))


def test_shared_tokens_ignore_padding() -> None:
    left = np.array([[3, 5, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0]], dtype=np.uint32)
    right = np.array([[5, 0, 0, 0], [4, 3, 2, 1], [0, 0, 0, 0]], dtype=np.uint32)
    assert [shared_tokens(a, b) for a, b in zip(left, right, strict=True)] == [1, 4, 0]
