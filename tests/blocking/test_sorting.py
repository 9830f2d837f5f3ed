"""Sorting by keys is numpy's stable order; blocks are the keys that several rows have, in that order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocking.mix import U64, mix
from blocking.sorting import find_blocks, order_of, sort_rows

keys_of = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=200)


def drawn(kind: str, n: int) -> U64:
    """Keys as they come: each row its own, most of them twice, few for many rows, labels, pairs of labels."""
    rng = np.random.default_rng(n)
    numbers = rng.integers(0, n, n).astype(np.uint64)
    if kind == "mixes":
        return mix(numbers)
    if kind == "few":
        return mix(numbers % np.uint64(7))
    if kind == "one":
        return np.full(n, 2**63 + 5, dtype=np.uint64)
    if kind == "pairs":
        return (numbers % np.uint64(50)) << np.uint64(32) | numbers
    return numbers


@given(keys_of)
def test_any_keys_are_sorted_and_equal_ones_keep_their_order(keys: list[int]) -> None:
    array = np.array(keys, dtype=np.uint64)
    assert order_of(array).tolist() == np.argsort(array, kind="stable").tolist()


@pytest.mark.parametrize("kind", ["mixes", "few", "one", "pairs", "labels"])
@pytest.mark.parametrize("n", [300, 20_000])
def test_rows_of_every_kind_of_keys_are_sorted(kind: str, n: int) -> None:
    keys = drawn(kind, n)
    rows = np.random.default_rng(1).permutation(n).astype(np.uint32)
    order = np.argsort(keys, kind="stable")
    ordered, moved = sort_rows(keys.copy(), rows.copy(), spare=True)
    assert (ordered == keys[order]).all()
    assert (moved == rows[order]).all()


@pytest.mark.parametrize("kind", ["mixes", "few", "one", "pairs", "labels"])
def test_blocks_are_the_runs_of_sorted_keys_even_of_a_column_of_a_matrix(kind: str) -> None:
    keys = drawn(kind, 20_000)
    keys[::10] = 0
    matrix = np.zeros((len(keys), 3), dtype=np.uint64)
    matrix[:, 1] = keys
    order, start, stop = find_blocks(matrix[:, 1])
    sorted_rows = np.argsort(keys, kind="stable")
    _values, first, size = np.unique(keys[sorted_rows], return_index=True, return_counts=True)
    wanted = [
        sorted_rows[at : at + n].tolist()
        for at, n in zip(first, size, strict=True)
        if n > 1 and keys[sorted_rows[at]] != 0
    ]
    assert [order[a:b].tolist() for a, b in zip(start, stop, strict=True)] == wanted
    assert len(order) == sum(map(len, wanted))
