"""The model recovers what generated the patterns, and its score splits into terms that sum to it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocking.passes import Pass
from matching.explain import split_score
from matching.fit import fit, normalised, stated_prior
from matching.levels import REGISTERS
from matching.model import Model, PatternTable, Strata
from matching.specification import Comparison, LatentClass, Specification

SPEC = Specification(
    (
        Comparison("nama", "name", ("missing", "same", "variant", "alike", "different")),
        Comparison("lahir", "birth date", ("missing", "same", "near", "different")),
        # Two cases of what is known, each with levels of its own.
        Comparison("id", "number", ("missing", *("same", "slip", "different") * 2), (0, 1, 1, 1, 2, 2, 2)),
        Comparison("tempat", "place", ("missing", "same", "near", "different")),
        Comparison("telepon", "phone", ("missing", "same", "different")),
    ),
    (LatentClass("sama"), LatentClass("sama_pindah", 200.0), LatentClass("serumah", 200.0), LatentClass("asing")),
    {"lahir:tidak_sama": (2, 3), "id:tidak_sama": (2, 3, 5, 6)},
    padanan=2,
)
PASSES = [
    Pass("id", lambda e: e, ("id",)),
    Pass("lahir", lambda e: e, ("lahir",), ("id:tidak_sama",)),
    Pass("tempat", lambda e: e, ("tempat",), ("id:tidak_sama", "lahir:tidak_sama")),
]
SHARES = np.array([[0.85, 0.10, 0.03, 0.02], [0.30, 0.10, 0.10, 0.50], [0.05, 0.03, 0.22, 0.70]])
FIELDS = range(len(SPEC.comparisons))


def draw_theta(seed: int, spec: Specification = SPEC) -> list[np.ndarray]:
    """Level probabilities per class: matches mostly agree, the others mostly differ, each in its own way."""
    rng = np.random.default_rng(seed)
    slopes = np.linspace(1.4, -1.0, len(spec.classes))
    theta = []
    for c in spec.comparisons:
        k = len(c.tingkat) - 1
        fall = np.concatenate([np.linspace(2, -2, int((c.groups == g).sum())) for g in range(1, c.groups.max() + 1)])
        rows = [np.exp(s * fall + rng.normal(0, 0.3, k)) for s in slopes]
        theta.append(np.array([normalised(np.r_[0.0, r], c.groups) for r in rows]))
    return theta


@dataclass
class Drawn:
    """Pairs drawn as the model says."""

    theta: list[np.ndarray]
    levels: np.ndarray
    where: np.ndarray
    kelas: np.ndarray

    @property
    def table(self) -> PatternTable:
        cell = self.where.astype(np.uint64) << np.uint64(48) | SPEC.pack(self.levels)
        seen, count = np.unique(cell, return_counts=True)
        return PatternTable(
            seen & np.uint64((1 << 48) - 1), (seen >> np.uint64(48)).astype(np.uint16), count.astype(np.int64)
        )

    @property
    def anchors(self) -> dict[str, list[np.ndarray]]:
        """True for the held classes, away from the truth for those that may move."""
        out = {c.nama: [self.theta[f][i] * 50_000 for f in FIELDS] for i, c in enumerate(SPEC.classes)}
        for c in SPEC.classes:
            if np.isfinite(c.kekuatan):
                for f in FIELDS:
                    known = SPEC.comparisons[f].groups > 0
                    out[c.nama][f] = out[c.nama][f] * 0.7 + known * 15_000 / known.sum()
        return out


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    theta, n = draw_theta(1), 80_000
    rng = np.random.default_rng(2)
    masks = SPEC.allowed_levels(PASSES)
    where = rng.integers(0, len(PASSES), n)
    cumulative = SHARES.cumsum(axis=1)
    kelas = (rng.random(n)[:, None] > cumulative[where]).sum(axis=1)
    levels = np.zeros((n, len(SPEC.comparisons)), dtype=np.uint8)
    for f, one in enumerate(SPEC.comparisons):
        known = rng.integers(1, one.groups.max() + 1, n)  # what is known does not depend on the class
        for k, c, g in product(range(len(PASSES)), range(len(SPEC.classes)), range(1, one.groups.max() + 1)):
            p = theta[f][c] * (masks[k][f] & (one.groups == g))
            if p.any():
                here = np.flatnonzero((where == k) & (kelas == c) & (known == g))
                levels[here, f] = rng.choice(len(p), size=len(here), p=p / p.sum())
    levels[rng.random(levels.shape) < 0.1] = 0
    return Drawn(theta, levels, where, kelas)


@pytest.fixture(scope="module")
def fitted(drawn: Drawn) -> Model:
    return fit(drawn.table, Strata(PASSES, 1), drawn.anchors, SPEC)


def test_em_recovers_the_share_of_matches(fitted: Model) -> None:
    assert fitted.info["konvergen"]
    for k, truth in enumerate(SHARES):
        assert fitted.share[k][:2].sum() == pytest.approx(truth[:2].sum(), abs=0.02)


def test_em_moves_the_movable_classes_towards_the_truth(fitted: Model, drawn: Drawn) -> None:
    household = SPEC.class_names.index("serumah")
    start = [normalised(drawn.anchors["serumah"][f], c.groups) for f, c in enumerate(SPEC.comparisons)]
    before = np.mean([np.abs(start[f] - drawn.theta[f][household]).sum() / 2 for f in FIELDS])
    after = np.mean([np.abs(fitted.theta[f][household] - drawn.theta[f][household]).sum() / 2 for f in FIELDS])
    assert after < 0.5 * before


def test_held_classes_stay_at_their_anchors(fitted: Model, drawn: Drawn) -> None:
    for f in FIELDS:
        assert fitted.theta[f][0] == pytest.approx(drawn.theta[f][0], abs=1e-4)


def test_probabilities_are_calibrated(fitted: Model, drawn: Drawn) -> None:
    _, p = fitted.score(SPEC.pack(drawn.levels), drawn.where.astype(np.uint16))
    for part in np.array_split(np.argsort(p), 10):
        assert p[part].mean() == pytest.approx((drawn.kelas[part] < 2).mean(), abs=0.03)


def test_starts_agree_and_the_classes_are_told_apart(fitted: Model) -> None:
    assert fitted.info["awalan"] == 3
    assert fitted.info["beda_antar_awalan"] < 0.05
    assert fitted.info["tumpang_tindih"]["asing"] < fitted.info["tumpang_tindih"]["serumah"] < 0.9


def test_a_level_without_data_takes_the_stated_prior_and_says_what_it_touches(drawn: Drawn) -> None:
    anchors = {name: [counts.copy() for counts in rows] for name, rows in drawn.anchors.items()}
    anchors["sama"][4][:] = 0
    model = fit(drawn.table, Strata(PASSES, 1), anchors, SPEC, starts=1)
    assert model.theta[4][0] == pytest.approx(stated_prior(SPEC.comparisons[4]))
    told = {
        (row["pembanding"], row["tingkat"], row["kelas"]): row["pasangan"] for row in model.info["tingkat_tanpa_data"]
    }
    assert told == {("telepon", level, "sama"): int((drawn.levels[:, 4] == level).sum()) for level in (1, 2)}


def test_evidence_that_a_pass_demands_has_no_weight(fitted: Model) -> None:
    levels = np.ones((1, len(SPEC.comparisons)), dtype=np.uint8)
    assert (fitted.log_terms(levels, np.array([0], dtype=np.uint16))[0, SPEC.column("id")] == 0).all()


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*(st.integers(0, len(c.tingkat) - 1) for c in REGISTERS.comparisons)),
    st.integers(0, 1),
    st.integers(0, 99),
)
def test_the_shown_terms_sum_to_the_score(row: tuple[int, ...], k: int, seed: int) -> None:
    passes = [Pass("a", lambda e: e), Pass("nik", lambda e: e, ("nik",), ("nama:depan_sama", "keluarga:desa_sama"))]
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(len(REGISTERS.classes)), 2)
    model = Model(draw_theta(seed, REGISTERS), share, Strata(passes, 1), {}, REGISTERS)
    levels = np.array([row], dtype=np.uint8)
    for f, mask in enumerate(REGISTERS.allowed_levels(passes)[k]):
        if mask.any() and not mask[levels[0, f]]:
            levels[0, f] = 0
    weight, _ = model.score(REGISTERS.pack(levels), np.array([k], dtype=np.uint16))
    start, terms = split_score(model, levels[0], k)
    assert start + terms.sum() == pytest.approx(weight[0], abs=1e-9)


def test_a_model_survives_being_written(fitted: Model) -> None:
    again = Model.from_dict(fitted.to_dict(["a"]), PASSES, SPEC)
    assert all((a == b).all() for a, b in zip(fitted.theta, again.theta, strict=True))
    assert (fitted.share == again.share).all()
