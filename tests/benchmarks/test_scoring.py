"""The evaluator against hand-worked values and the examples of Bagga and Baldwin (1998)."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy.scoring import (
    Scored,
    best_entities,
    best_pair_weight,
    calibration_error,
    closure,
    entity_figures,
    judge,
    log_odds,
    pair_figures,
    true_pairs,
    weight_grid,
)

# Bagga and Baldwin: chains 1-5, 6-7, 8-12.
CHAINS = np.repeat([0, 1, 2], [5, 2, 5]).astype(np.int64)


def scored(pairs: list[tuple[int, int, float]]) -> Scored:
    a, b, p = (np.array(column) for column in zip(*pairs, strict=True))
    return Scored(a.astype(np.int64), b.astype(np.int64), np.log2(p / (1 - p)), p.astype(float))


def test_b_cubed_of_the_published_example() -> None:
    joined_small = entity_figures(CHAINS, np.where(CHAINS == 0, 0, 1))  # 6-7 joined to 8-12
    joined_large = entity_figures(CHAINS, np.where(CHAINS == 1, 1, 0))  # 1-5 joined to 8-12
    assert joined_small["b3_presisi"] == pytest.approx(16 / 21)
    assert joined_large["b3_presisi"] == pytest.approx(7 / 12)
    assert joined_small["b3_perolehan"] == joined_large["b3_perolehan"] == 1.0


def test_pairwise_and_exact_clusters_by_hand() -> None:
    found = entity_figures(CHAINS, np.where(CHAINS == 0, 0, 1))
    # 10 + 1 + 10 true pairs; 10 + 21 found; of three persons only 1-5 stands exactly.
    assert (found["pasangan_benar"], found["pasangan_ditemukan"]) == (21, 31)
    assert found["presisi"] == pytest.approx(21 / 31)
    assert found["perolehan"] == 1.0
    assert found["f1"] == pytest.approx(2 * 21 / (21 + 31))
    assert found["gugus_tepat"] == pytest.approx(1 / 3)


def test_rows_of_unknown_persons_count_nowhere() -> None:
    truth = np.array([0, 0, -1, -1], dtype=np.int64)
    assert true_pairs(truth) == 1
    assert entity_figures(truth, np.array([5, 5, 5, 5]))["presisi"] == 1.0
    assert pair_figures(truth, scored([(0, 1, 0.9), (1, 2, 0.9), (2, 3, 0.9)]), 0.0)["presisi"] == 1.0


def test_pairs_need_no_closure_and_entities_do() -> None:
    truth = np.array([0, 0, 0, 1], dtype=np.int64)
    chain = scored([(0, 1, 0.95), (1, 2, 0.95), (2, 3, 0.5)])
    assert pair_figures(truth, chain, log_odds(0.9))["perolehan"] == pytest.approx(2 / 3)
    assert entity_figures(truth, closure(4, chain, log_odds(0.9)))["perolehan"] == 1.0
    assert entity_figures(truth, closure(4, chain, log_odds(0.4)))["presisi"] == pytest.approx(3 / 6)


def test_the_best_threshold_is_found_with_the_truth() -> None:
    truth = np.array([0, 0, 1, 1, 2, 3], dtype=np.int64)
    pairs = scored([(0, 1, 0.999), (2, 3, 0.97), (4, 5, 0.96), (1, 2, 0.91)])
    assert best_pair_weight(truth, pairs) == pytest.approx(log_odds(0.97))
    weight, figures = best_entities(lambda w: closure(6, pairs, w), truth, weight_grid(pairs), rounds=3)
    assert log_odds(0.96) < weight <= log_odds(0.97)
    assert figures["f1"] == 1.0
    everything = judge(truth, pairs, 0.9)
    assert everything["entitas"]["f1"] < everything["entitas_terbaik"]["f1"] == 1.0
    assert everything["perolehan_penyaringan"] == 1.0


def test_calibration_error_by_hand() -> None:
    # 20 pairs said to be 0.8 of which 12 are true, 20 said to be 0.3 of which 6 are: |0.8-0.6| and 0, half each.
    truth = np.zeros(80, dtype=np.int64)
    truth[1::2] = [0 if k < 12 or 20 <= k < 26 else 1 for k in range(40)]
    p = np.repeat([0.8, 0.3], 20)
    a = np.arange(0, 80, 2)
    found, count = calibration_error(truth, Scored(a, a + 1, np.log2(p / (1 - p)), p))
    # Bins of four pairs: their sizes are equal, so the error is the mean gap of the bins, at least the gap by value.
    assert count == 40
    by_bin = [abs(0.3 - t / 4) for t in (4, 2, 0, 0, 0)] + [abs(0.8 - t / 4) for t in (4, 4, 4, 0, 0)]
    assert found == pytest.approx(np.mean(by_bin))


def test_sure_pairs_do_not_count_in_the_calibration() -> None:
    truth = np.array([0, 1], dtype=np.int64)
    assert calibration_error(truth, scored([(0, 1, 0.99)])) == (0.0, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_figures_agree_with_counting_every_pair(rows: list[tuple[int, int]]) -> None:
    truth, label = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    same, joined, both = 0, 0, 0
    for i, j in itertools.combinations(range(len(rows)), 2):
        t, f = truth[i] == truth[j], label[i] == label[j]
        same, joined, both = same + int(t), joined + int(f), both + int(t and f)
    found = entity_figures(truth, label)
    assert found["pasangan_benar"] == both
    assert found["pasangan_ditemukan"] == joined
    assert found["pasangan_sebenarnya"] == same
    precision = [np.mean(truth[label == label[i]] == truth[i]) for i in range(len(rows))]
    assert found["b3_presisi"] == pytest.approx(float(np.mean(precision)))
    groups = pl.DataFrame({"t": truth, "f": label})
    exact = sum(
        set(np.flatnonzero(truth == t)) in [set(np.flatnonzero(label == f)) for f in groups["f"].unique()]
        for t in groups["t"].unique()
    )
    assert found["gugus_tepat"] == pytest.approx(exact / groups["t"].n_unique())
