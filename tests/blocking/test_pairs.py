"""Blocking: every pair that shares a key comes once, and what bounds leave out is counted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blocking.mix import combine, mix
from blocking.pairs import block, bounded, first_pass_only, pairs_of

keys_lists = st.lists(st.integers(0, 6), min_size=0, max_size=60)


def brute(keys: list[int]) -> set[tuple[int, int]]:
    return {(i, j) for i, j in combinations(range(len(keys)), 2) if keys[i] == keys[j] != 0}


def test_mix_is_the_published_splitmix64() -> None:
    # First three outputs of splitmix64 seeded with 0 (reference C code of Vigna).
    golden = 0x9E3779B97F4A7C15
    states = np.array([0, golden, (2 * golden) % 2**64], dtype=np.uint64)
    assert [int(x) for x in mix(states)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_combine_has_no_key_where_a_part_is_missing_and_keeps_passes_apart() -> None:
    a, b = np.array([1, 0, 5]), np.array([2, 3, 0])
    assert (combine(1, a, b) != 0).tolist() == [True, False, False]
    assert combine(1, a)[0] != combine(2, a)[0]
    assert combine(1, a, b)[0] != combine(1, b, a)[0]


@given(keys_lists, st.integers(1, 20))
def test_pairs_are_exactly_those_that_share_a_key(keys: list[int], chunk: int) -> None:
    array = np.array(keys, dtype=np.uint64)
    found = [(int(x), int(y)) for a, b in pairs_of(block(array), chunk) for x, y in zip(a, b, strict=True)]
    assert len(found) == len(set(found)) == block(array).pairs
    assert set(found) == brute(keys)


@given(keys_lists, st.data())
def test_a_pair_belongs_to_the_first_pass_that_holds_it(keys: list[int], data: st.DataObject) -> None:
    second = data.draw(st.lists(st.integers(0, 4), min_size=len(keys), max_size=len(keys)))
    first_keys, second_keys = np.array(keys, dtype=np.uint64), np.array(second, dtype=np.uint64)
    later: set[tuple[int, int]] = set()
    for a, b in pairs_of(block(second_keys), 7):
        keep = first_pass_only(a, b, [first_keys])
        later |= {(int(x), int(y)) for x, y in zip(a[keep], b[keep], strict=True)}
    assert later == brute(second) - brute(keys)


@given(keys_lists, st.data(), st.integers(2, 6))
def test_refining_bounds_blocks_and_counts_what_is_left_out(keys: list[int], data: st.DataObject, limit: int) -> None:
    finer = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(keys), max_size=len(keys))), dtype=np.uint64)
    before = np.array(keys, dtype=np.uint64)
    after, blocks, large, skipped = bounded(before, lambda _largest: finer, limit)
    assert blocks.pairs == block(after).pairs
    assert (blocks.stop - blocks.start <= limit).all()
    assert block(before).pairs == blocks.pairs + skipped
    assert (large > 0) == bool(((block(before).stop - block(before).start) > limit).any())


@given(keys_lists, st.data(), st.integers(2, 6), st.integers(2, 6))
def test_blocks_above_whole_keep_only_pairs_that_the_finer_key_joins(
    keys: list[int], data: st.DataObject, limit: int, whole: int
) -> None:
    finer = data.draw(st.lists(st.integers(1, 3), min_size=len(keys), max_size=len(keys)))
    split = np.array(finer, dtype=np.uint64)
    after, _, _, skipped = bounded(np.array(keys, dtype=np.uint64), lambda _largest: split, limit, whole)
    size = {key: keys.count(key) for key in keys}
    pairs = list(zip(keys, finer, strict=True))
    both = {pair: pairs.count(pair) for pair in pairs}
    expected = {
        (i, j)
        for i, j in brute(keys)
        if size[keys[i]] <= min(whole, limit) or (finer[i] == finer[j] and both[keys[i], finer[i]] <= limit)
    }
    assert brute(after.tolist()) == expected
    assert skipped == len(brute(keys)) - len(expected)
