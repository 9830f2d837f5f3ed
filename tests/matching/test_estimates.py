"""Error estimates: trees are cut where they should be, and ranges hold what is drawn from the probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.estimates import cut_sizes, estimate, spread


def test_a_chain_of_four_is_cut_into_1_3_2_2_and_3_1() -> None:
    a, b = np.array([0, 1, 2], dtype=np.uint32), np.array([1, 2, 3], dtype=np.uint32)
    p, across = cut_sizes(4, a, b, np.array([0.9, 0.8, 0.7]))
    assert dict(zip(p.round(3).tolist(), across.tolist(), strict=True)) == {0.9: 3.0, 0.8: 4.0, 0.7: 3.0}


def test_a_weak_link_beside_two_strong_ones_bears_no_risk() -> None:
    a, b = np.array([0, 1, 0], dtype=np.uint32), np.array([1, 2, 2], dtype=np.uint32)
    p, _ = cut_sizes(3, a, b, np.array([0.999, 0.999, 0.6]))
    assert sorted(p.round(4).tolist()) == [0.999, 0.999]


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 30), st.integers(0, 10_000))
def test_every_cut_of_a_tree_parts_it_in_two(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parent = np.array([rng.integers(0, i) for i in range(1, n)])
    p, across = cut_sizes(n, parent.astype(np.uint32), np.arange(1, n, dtype=np.uint32), rng.random(n - 1))
    assert len(p) == n - 1
    assert ((across >= n - 1) & (across <= n * n / 4)).all()
    assert np.isclose(across.min(), n - 1)  # a leaf


def test_ranges_hold_what_is_drawn() -> None:
    """Pairs drawn with their stated probabilities: missed and wrong counts lie inside in at least 90 of 100 draws."""
    rng = np.random.default_rng(7)
    n = 4_000
    a, b = np.arange(0, n, 2, dtype=np.uint32), np.arange(1, n, 2, dtype=np.uint32)
    p = np.clip(rng.beta(0.3, 0.2, n // 2), 0.001, 0.99)
    joined = p >= 0.9
    label = np.arange(n, dtype=np.uint32)
    label[b[joined]] = a[joined]
    told = estimate(n, label, (a, b), p, np.zeros(len(p), dtype=bool), None)
    inside = 0
    for _ in range(100):
        same = rng.random(len(p)) < p
        missed = (same & ~joined).sum()
        inside += told["pasangan_terlewat"]["bawah"] <= missed <= told["pasangan_terlewat"]["atas"]
    assert inside >= 90
    assert told["pasangan_digabung"] == joined.sum()


def test_a_higher_threshold_trades_wrong_for_missed() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(1_000)
    a = np.arange(0, 2_000, 2, dtype=np.uint32)
    told = estimate(2_000, np.arange(2_000, dtype=np.uint32), (a, a + 1), p, np.zeros(1_000, dtype=bool), 5.0)
    false = [row["laju_salah_gabung"]["harapan"] for row in told["ambang"]]
    missed = [row["laju_terlewat"]["harapan"] for row in told["ambang"]]
    assert false == sorted(false, reverse=True)
    assert missed == sorted(missed)


def test_nothing_expected_is_nothing() -> None:
    assert spread(0.0, 0.0).to_dict() == {"harapan": 0.0, "bawah": 0.0, "atas": 0.0}
    wide, narrow = spread(5.0, 20.0), spread(500.0, 500.0)
    assert wide.atas / wide.bawah > narrow.atas / narrow.bawah
    assert narrow.harapan == pytest.approx(500.0)
