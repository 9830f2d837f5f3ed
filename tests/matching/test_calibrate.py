"""Calibration by labels: it mends what is wrong, leaves alone what is right, and few labels move little."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.calibrate import Calibration, Labels, calibrator, held_out_loss
from matching.labels import SCHEMA, chances, draw, empty, logit, settled


def labelled(n: int, seed: int, slope: float, shift: float) -> tuple[Labels, np.ndarray]:
    """Labels of pairs whose true log odds are `slope` times the model's plus `shift`; and the true probabilities."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(-6, 6, n)
    true = 1 / (1 + np.exp(-(slope * score + shift)))
    return Labels(1 / (1 + np.exp(-score)), rng.random(n) < true, np.full(n, 0.1)), true


@pytest.mark.parametrize("n", [60, 200, 2_000])
def test_an_overconfident_model_is_mended(n: int) -> None:
    labels, true = labelled(n, 1, 0.4, -1.0)
    made = calibrator(labels)
    assert made.kind in ("platt", "isotonic")
    before, after = np.abs(labels.probability - true).mean(), np.abs(made(labels.probability) - true).mean()
    assert after < before / 2
    assert made.info["held_out_loss"][made.kind] < made.info["held_out_loss"]["none"]


def test_a_right_model_is_hardly_touched() -> None:
    moved = []
    for seed in range(8):
        labels, true = labelled(400, seed, 1.0, 0.0)
        moved.append(np.abs(calibrator(labels)(labels.probability) - true).mean())
    assert np.median(moved) < 0.01
    assert np.mean(moved) < 0.03


def test_few_labels_move_nothing() -> None:
    labels, _true = labelled(15, 1, 0.2, -2.0)
    made = calibrator(labels)
    assert made.kind == "none"
    assert made.info["why"] == "too_few"
    assert (made(labels.probability) == labels.probability).all()
    one_sided = Labels(np.full(50, 0.9), np.ones(50, dtype=bool), np.ones(50))
    assert calibrator(one_sided).kind == "none"


def test_the_fewer_labels_the_stiffer() -> None:
    moved = []
    for n in (30, 100, 600):
        shifts = []
        for seed in range(5):
            labels, _true = labelled(n, seed, 1.0, -2.0)
            made = calibrator(labels)
            shifts.append(-float(logit(made(np.array([0.5])))[0]))
        moved.append(np.mean(shifts))
    assert moved[0] < moved[1] < moved[2] + 0.1
    assert moved[2] == pytest.approx(2.0, abs=0.6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from([40, 300]), st.floats(-1.0, 2.0), st.floats(-3, 3))
def test_a_calibration_never_turns_two_pairs_round(seed: int, n: int, slope: float, shift: float) -> None:
    made = calibrator(labelled(n, seed, slope, shift)[0])
    p = np.linspace(0.0001, 0.9999, 200)
    mapped = made(p)
    assert (np.diff(mapped) >= -1e-12).all()
    assert ((mapped >= 0) & (mapped <= 1)).all()
    again = Calibration.from_dict(made.to_dict())
    assert (again(p) == mapped).all()


def test_labels_are_weighted_by_their_chance() -> None:
    # Drawn mostly where the answer is "different": unweighted, the calibration would learn the draw, not the truth.
    labels, _true = labelled(4_000, 3, 1.0, 0.0)
    chance = np.where(labels.same, 0.1, 0.5)
    taken = np.random.default_rng(5).random(4_000) < chance
    biased = Labels(labels.probability[taken], labels.same[taken], chance[taken])
    even = Labels(biased.probability, biased.same, np.full(len(biased.same), 0.1))
    p = np.array([0.5])
    assert abs(calibrator(biased)(p)[0] - 0.5) < 0.06
    assert abs(calibrator(even)(p)[0] - 0.5) > 0.15
    assert held_out_loss(biased, None) > 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 150), st.integers(0, 99))
def test_chances_sum_to_the_number_asked_for(n: int, wanted: int, seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 0.3, n)
    chance = chances(p, wanted)
    assert ((chance > 0) & (chance <= 1)).all()
    assert chance.sum() == pytest.approx(min(n, wanted), rel=0.02)


def pairs(n: int, seed: int) -> pl.DataFrame:
    p = np.random.default_rng(seed).beta(0.2, 0.2, n)
    return pl.DataFrame(
        {"kiri": [f"a{k:05d}" for k in range(n)], "kanan": [f"b{k:05d}" for k in range(n)], "peluang": p}
    )


def test_a_draw_depends_on_the_seed_and_on_nothing_else() -> None:
    table = pairs(3_000, 1)
    one = draw(table, 100, 7)
    assert abs(one.height - 100) <= 1
    assert one.equals(draw(table.sample(fraction=1.0, shuffle=True, seed=2), 100, 7))
    assert not one.equals(draw(table, 100, 8))
    assert abs(one["peluang"].to_numpy()[:50].mean() - one["peluang"].to_numpy()[50:].mean()) < 0.2  # blinded order


def test_weighting_a_draw_gives_back_the_whole() -> None:
    table = pairs(3_000, 1)
    guesses = []
    for seed in range(60):
        drawn = draw(table, 150, seed)
        guesses.append(float((drawn["peluang"] / drawn["pangsa"]).sum()))
    assert np.mean(guesses) == pytest.approx(table["peluang"].sum(), rel=0.03)


def test_the_unsure_region_and_the_ends_are_both_asked() -> None:
    p = draw(pairs(5_000, 2), 200, 1)["peluang"].to_numpy()
    assert ((p > 0.05) & (p < 0.95)).mean() > 0.4
    assert (p > 0.999).sum() >= 5
    assert (p < 0.001).sum() >= 5


def test_answers_are_settled_by_majority_and_the_last_word() -> None:
    rows = [
        ("a", "b", "sama", "ana", 1), ("a", "b", "beda", "ana", 2),
        ("c", "d", "sama", "ana", 1), ("c", "d", "beda", "budi", 2), ("c", "d", "sama", "citra", 3),
        ("e", "f", "sama", "ana", 1), ("e", "f", "beda", "budi", 2),
        ("g", "h", "ragu", "ana", 1),
    ]  # fmt: skip
    answers = pl.DataFrame(
        [(k, n, j, o, w, 0.5, 0.1) for k, n, j, o, w in rows], schema=list(SCHEMA), orient="row"
    ).cast(dict(SCHEMA))
    assert settled(answers).select("kiri", "sama").rows() == [("a", False), ("c", True)]
    assert settled(empty()).height == 0
