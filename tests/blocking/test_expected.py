"""Pairs told beforehand are those that are built."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blocking.candidates import Plan, candidates
from blocking.expected import drawn, expected_pairs
from blocking.pairs import PassCount, block, pairs_of
from blocking.passes import standard


def plan_of(*keys: list[int]) -> Plan:
    passes = standard()[: len(keys)]
    arrays = [np.array(one, dtype=np.uint64) for one in keys]
    return Plan(passes, arrays, [PassCount(one.nama, 0, 0, 0) for one in passes])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_all_pairs_are_drawn_once_when_there_are_few(keys: list[int]) -> None:
    blocks = block(np.array(keys, dtype=np.uint64))
    a, b = drawn(blocks, 10_000)
    built = [pair for chunk in pairs_of(blocks, 50) for pair in zip(*(side.tolist() for side in chunk), strict=True)]
    assert sorted(zip(a.tolist(), b.tolist(), strict=True)) == sorted(built)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 5)), min_size=2, max_size=80))
def test_small_passes_are_told_exactly(rows: list[tuple[int, int, int]]) -> None:
    columns = [list(one) for one in zip(*rows, strict=True)]
    told = expected_pairs(plan_of(*columns))
    chosen = plan_of(*columns)
    for _chunk in candidates(chosen, 1000):
        pass
    assert [one.pasangan for one in told] == [count.pasangan for count in chosen.hitung]
    assert [one.kandidat for one in told] == chosen.kandidat


def test_a_sample_tells_large_passes_within_two_per_cent() -> None:
    rng = np.random.default_rng(3)
    n = 60_000
    first = rng.integers(1, 9_000, n)
    second = np.where(rng.random(n) < 0.6, first // 2, rng.integers(10_000, 10_700, n))
    chosen = plan_of(first.tolist(), second.tolist())
    told = expected_pairs(chosen, sample=20_000)
    for _chunk in candidates(chosen, 1_000_000):
        pass
    for one, count in zip(told, chosen.hitung, strict=True):
        assert abs(one.pasangan - count.pasangan) <= 0.02 * count.pasangan


def test_only_admitted_pairs_count() -> None:
    chosen = plan_of([1, 1, 1, 1])
    (told,) = expected_pairs(chosen, lambda a, b: (a + b) % 2 == 1)
    assert (told.kandidat, told.pasangan) == (6, 4)
