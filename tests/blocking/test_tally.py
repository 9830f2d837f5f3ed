"""Counting and looking up by hashing gives what sorting gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blocking.tally import among, distinct

keys = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=60)


@given(keys)
def test_distinct_is_that_of_sorting(values: list[int]) -> None:
    array = np.array(values, dtype=np.uint64)
    for ours, theirs in zip(distinct(array), np.unique(array, return_inverse=True, return_counts=True), strict=True):
        assert ours.tolist() == theirs.tolist()


def test_more_distinct_keys_than_the_first_table_holds() -> None:
    array = np.arange(200_000, dtype=np.uint64)[::-1] // np.uint64(2)
    seen, place, count = distinct(array)
    assert (seen[place] == array).all()
    assert (count == 2).all()


@given(keys, keys)
def test_among_is_membership(values: list[int], members: list[int]) -> None:
    found = among(np.array(values, dtype=np.uint64), np.array(members, dtype=np.uint64))
    assert found.tolist() == [value in members for value in values]
