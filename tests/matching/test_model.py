"""The model recovers what generated the patterns, and its score splits into terms that sum to it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocking.passes import Pass
from matching.explain import split_score
from matching.fit import fit, normalised
from matching.levels import COMPARISONS, REGISTERS
from matching.model import Model, PatternTable, Strata

CLASSES = REGISTERS.class_names

PASSES = [
    Pass("nik", lambda e: e.kartu, ("nik",)),
    Pass("lahir+nama", lambda e: e.kartu, ("lahir",), ("nik:tidak_sama", "nama:depan_sama")),
    Pass("desa", lambda e: e.kartu, ("wilayah",), ("nik:tidak_sama", "lahir:tidak_tepat")),
]
SHARES = np.array([[0.97, 0.02, 0.005, 0.005], [0.30, 0.05, 0.35, 0.30], [0.05, 0.15, 0.40, 0.40]])


def draw_theta(seed: int) -> list[np.ndarray]:
    """Level probabilities per class: matches mostly agree, the others mostly differ, each in its own way."""
    rng = np.random.default_rng(seed)
    theta = []
    for c in COMPARISONS:
        k = len(c.tingkat) - 1
        slope = np.linspace(3, -3, k)
        rows = [np.exp(s * slope + rng.normal(0, 0.3, k)) for s in (1.2, 0.1, -0.3, -0.9)]
        theta.append(np.array([normalised(np.r_[0.0, r], c.groups) for r in rows]))
    return theta


def simulate(theta: list[np.ndarray], n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(levels, pass, class) of n pairs, drawn as the model says, a tenth of all values missing."""
    rng = np.random.default_rng(seed)
    masks = REGISTERS.allowed_levels(PASSES)
    where = rng.integers(0, len(PASSES), n)
    cls = np.array([rng.choice(len(CLASSES), p=SHARES[k]) for k in range(len(PASSES)) for _ in range(n)])
    cls = cls.reshape(len(PASSES), n)[where, np.arange(n)]
    levels = np.zeros((n, len(COMPARISONS)), dtype=np.uint8)
    for f, one in enumerate(COMPARISONS):
        # Which of a comparison's parts are known does not depend on the class.
        known = rng.integers(1, one.groups.max() + 1, n)
        for k, c, g in product(range(len(PASSES)), range(len(CLASSES)), range(1, one.groups.max() + 1)):
            mask = masks[k][f] & (one.groups == g)
            if mask.any():
                here = np.flatnonzero((where == k) & (cls == c) & (known == g))
                p = theta[f][c] * mask
                levels[here, f] = rng.choice(len(p), size=len(here), p=p / p.sum())
    levels[rng.random(levels.shape) < 0.1] = 0
    return levels, where, cls


def table_of(levels: np.ndarray, where: np.ndarray) -> PatternTable:
    cell = where.astype(np.uint64) << np.uint64(32) | REGISTERS.pack(levels).astype(np.uint64)
    seen, count = np.unique(cell, return_counts=True)
    return PatternTable(
        (seen & np.uint64(0xFFFFFFFF)).astype(np.uint32), (seen >> np.uint64(32)).astype(np.uint16), count
    )


@pytest.fixture(scope="module")
def fitted() -> tuple[Model, list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    theta = draw_theta(1)
    levels, where, cls = simulate(theta, 60_000, 2)
    anchors = {c: [theta[f][i] * 50_000 for f in range(len(COMPARISONS))] for i, c in enumerate(CLASSES)}
    # The movable classes start away from the truth.
    for c in ("serumah", "senama"):
        for f in range(len(COMPARISONS)):
            anchors[c][f] = anchors[c][f] * 0.7 + (COMPARISONS[f].groups > 0) * 15_000 / len(anchors[c][f])
    model = fit(table_of(levels, where), Strata(PASSES, 1), anchors, REGISTERS)
    return model, theta, levels, where, cls


def test_em_recovers_the_class_shares(fitted: tuple) -> None:
    model = fitted[0]
    assert model.info["konvergen"]
    for k, truth in enumerate(SHARES):
        assert model.share[k][0] == pytest.approx(truth[0], abs=0.02)
        assert model.share[k][1:].sum() == pytest.approx(truth[1:].sum(), abs=0.02)


def test_em_moves_the_household_class_towards_the_truth(fitted: tuple) -> None:
    model, theta = fitted[0], fitted[1]
    household = CLASSES.index("serumah")
    apart = [np.abs(model.theta[f][household] - theta[f][household]).sum() / 2 for f in range(len(COMPARISONS))]
    assert np.mean(apart) < 0.10


def test_probabilities_are_calibrated(fitted: tuple) -> None:
    model, _, levels, where, cls = fitted
    _, p = model.score(REGISTERS.pack(levels), where.astype(np.uint16))
    order = np.argsort(p)
    for part in np.array_split(order, 10):
        assert p[part].mean() == pytest.approx((cls[part] == 0).mean(), abs=0.03)


def test_evidence_that_a_pass_demands_has_no_weight(fitted: tuple) -> None:
    model = fitted[0]
    levels = np.ones((1, len(COMPARISONS)), dtype=np.uint8)
    terms = model.log_terms(levels, np.array([0]))
    assert (terms[0, [c.nama for c in COMPARISONS].index("nik")] == 0).all()


@settings(max_examples=60, deadline=None)
@given(st.tuples(*(st.integers(0, len(c.tingkat) - 1) for c in COMPARISONS)), st.integers(0, 2), st.integers(0, 99))
def test_the_shown_terms_sum_to_the_score(row: tuple[int, ...], k: int, seed: int) -> None:
    theta = draw_theta(seed)
    share = np.vstack([SHARES])
    model = Model(theta, share, Strata(PASSES, 1), {}, REGISTERS)
    levels = np.array([row], dtype=np.uint8)
    masks = REGISTERS.allowed_levels(PASSES)[k]
    for f, mask in enumerate(masks):
        if mask.any() and not mask[levels[0, f]]:
            levels[0, f] = 0
    stratum = np.array([k], dtype=np.uint16)
    weight, _ = model.score(REGISTERS.pack(levels), stratum)
    start, terms = split_score(model, REGISTERS.unpack(REGISTERS.pack(levels))[0], k)
    assert start + terms.sum() == pytest.approx(weight[0], abs=1e-9)


def test_a_model_survives_being_written() -> None:
    model = Model(draw_theta(5), np.vstack([SHARES]), Strata(PASSES, 1), {}, REGISTERS)
    again = Model.from_dict(model.to_dict(["a"]), PASSES, REGISTERS)
    assert all((a == b).all() for a, b in zip(model.theta, again.theta, strict=True))
    assert (model.share == again.share).all()
