"""Comparison levels: packing is lossless; digit rules hold; string likeness is the reference library's."""

from __future__ import annotations

import jellyfish
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.compare import _digits_apart, _jw, _shared_tokens, _transposed
from matching.levels import COMPARISONS, REGISTERS


@given(st.lists(st.tuples(*(st.integers(0, len(c.tingkat) - 1) for c in COMPARISONS)), min_size=1, max_size=30))
def test_packing_is_lossless(rows: list[tuple[int, ...]]) -> None:
    levels = np.array(rows, dtype=np.uint8)
    assert (REGISTERS.unpack(REGISTERS.pack(levels)) == levels).all()


@given(
    st.lists(st.tuples(st.text("ABDEHIKLMNRSTU ", max_size=14), st.text("ABDEHIKLMNRSTU ", max_size=14)), min_size=1)
)
def test_jaro_winkler_agrees_with_jellyfish(pairs: list[tuple[str, str]]) -> None:
    pairs = [(a, b) for a, b in pairs if a and b]
    if not pairs:
        return
    ours = _jw([a for a, _ in pairs], [b for _, b in pairs])
    theirs = [jellyfish.jaro_winkler_similarity(a, b) for a, b in pairs]
    # jellyfish boosts only above 0.7, as Winkler's code does; rapidfuzz does the same.
    assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "value"), [("MARTHA", "MARHTA", 0.961), ("DIXON", "DICKSONX", 0.813), ("DWAYNE", "DUANE", 0.84)]
)
def test_jaro_winkler_of_the_literature(a: str, b: str, value: float) -> None:
    # Winkler (1990), the values every paper repeats.
    assert _jw([a], [b])[0] == pytest.approx(value, abs=5e-4)


sixteen = st.integers(10**15, 10**16 - 1)


@given(sixteen, st.integers(0, 15), st.integers(1, 9))
def test_one_changed_digit_is_one_apart(number: int, place: int, shift: int) -> None:
    digit = number // 10**place % 10
    changed = number + ((digit + shift) % 10 - digit) * 10**place
    assert _digits_apart(np.array([number]), np.array([changed])).tolist() == [1]
    assert not _transposed(np.array([number]), np.array([changed]))[0]


@given(sixteen, st.integers(0, 14))
def test_swapped_neighbours_are_seen(number: int, place: int) -> None:
    text = str(number)
    k = 14 - place
    swapped = int(text[:k] + text[k + 1] + text[k] + text[k + 2 :])
    assert _transposed(np.array([number]), np.array([swapped]))[0] == (text[k] != text[k + 1])


def test_shared_tokens_ignore_padding() -> None:
    left = np.array([[3, 5, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0]], dtype=np.uint32)
    right = np.array([[5, 0, 0, 0], [4, 3, 2, 1], [0, 0, 0, 0]], dtype=np.uint32)
    assert _shared_tokens(left, right).tolist() == [1, 4, 0]
