"""Stratified samples: exact sizes, repeatable, unbiased, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.sampling import allocate, draw, estimate, wilson


def findings(sizes: dict[tuple[str, float], int]) -> pl.DataFrame:
    rows = [(f"{kode}{p}{i:05}", kode, p) for (kode, p), n in sizes.items() for i in range(n)]
    return pl.DataFrame(rows, schema=["temuan_id", "kode", "peluang"], orient="row")


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40), st.integers(1, 500))
def test_allocation_uses_the_whole_sample_and_no_more_than_there_is(sizes: list[int], n: int) -> None:
    many = allocate(sizes, n)
    assert sum(many) == min(n, sum(sizes))
    assert all(0 <= take <= size for take, size in zip(many, sizes, strict=True))
    if n >= 2 * len(sizes):
        assert all(take >= min(2, size) for take, size in zip(many, sizes, strict=True))


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_findings() -> None:
    all_ = findings({("BG01", 1.0): 300, ("BG02", 0.95): 100, ("BG02", 0.5): 40})
    one = draw(all_, 50, 1)
    assert one.equals(draw(all_.sample(fraction=1, shuffle=True, seed=3), 50, 1))
    assert set(one["temuan_id"]) != set(draw(all_, 50, 2)["temuan_id"])
    assert one.height == 50
    assert one["temuan_id"].is_unique().all()
    assert one.group_by("kode", "pita").len()["len"].min() >= 2


def test_wilson_has_its_reference_values() -> None:
    # Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20)[0] == 0
    assert wilson(10, 10, 10) == (1.0, 1.0)  # all were looked at: nothing is left to chance


def test_the_estimate_weighs_strata_by_their_size() -> None:
    told = pl.DataFrame({"populasi": [900, 100], "dijawab": [10, 10], "benar": [10, 0]})
    found = estimate(told)
    assert found.laju == pytest.approx(0.9)
    assert found.bawah < 0.9 < found.atas
    whole = estimate(pl.DataFrame({"populasi": [10, 5], "dijawab": [10, 5], "benar": [9, 0]}))
    assert (whole.bawah, whole.atas) == pytest.approx((0.6, 0.6))
    with pytest.raises(ValueError, match="no answers"):
        estimate(pl.DataFrame({"populasi": [3], "dijawab": [0], "benar": [0]}))


def test_the_interval_holds_the_truth_in_about_95_of_100_samples() -> None:
    rng = np.random.default_rng(4)
    sizes, rates = [4000, 600, 80], [0.97, 0.7, 0.3]
    true = [rng.random(n) < p for n, p in zip(sizes, rates, strict=True)]
    rate = sum(t.sum() for t in true) / sum(sizes)
    many = allocate(sizes, 150)
    inside = 0
    for _ in range(400):
        hits = [int(rng.choice(t, k, replace=False).sum()) for t, k in zip(true, many, strict=True)]
        found = estimate(pl.DataFrame({"populasi": sizes, "dijawab": many, "benar": hits}))
        inside += found.bawah <= rate <= found.atas
    assert inside >= 0.93 * 400
