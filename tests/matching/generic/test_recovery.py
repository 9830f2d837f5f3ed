"""EM finds the m, u and class shares of patterns drawn from a generic specification whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from blocking.passes import Pass
from matching.fit import fit, normalised
from matching.generic.anchors import SAME, classes
from matching.generic.compare import comparisons
from matching.generic.keys import narrowed
from matching.generic.spec import validate
from matching.model import PatternTable, Strata
from matching.specification import Specification
from tests.matching.generic.people import SPEC

PAIRS = 300_000
SHARES = np.array([[0.30, 0.70], [0.02, 0.98], [0.55, 0.45]])


@pytest.fixture(scope="module")
def drawn() -> tuple[Specification, Strata, list[np.ndarray], PatternTable, np.ndarray]:
    spec = validate({**SPEC, "model": {"match_strength": 20}})
    compared = comparisons(spec)
    model_spec = Specification(compared, classes(spec), narrowed(spec))
    passes = [
        Pass("number", lambda e: e, (), ("number:equal",)),
        Pass("born", lambda e: e),
        Pass("street", lambda e: e),
    ]
    strata = Strata(passes, 1)
    rng = np.random.default_rng(4)
    theta = []
    for one in compared:
        falling = 0.45 ** np.arange(len(one.tingkat)) * rng.uniform(0.7, 1.3, len(one.tingkat))
        theta.append(np.stack([normalised(falling, one.groups), normalised(falling[::-1], one.groups)]))
    where = rng.integers(0, 3, PAIRS)
    kind = (rng.random(PAIRS) > SHARES[where, 0]).astype(int)
    masks = model_spec.allowed_levels(passes)
    levels = np.zeros((PAIRS, len(compared)), dtype=np.uint8)
    for f in range(len(compared)):
        for k in range(3):
            for c in range(2):
                chosen = (where == k) & (kind == c)
                p = np.where(masks[k][f], theta[f][c], 0)
                levels[chosen, f] = rng.choice(len(p), size=int(chosen.sum()), p=p / p.sum())
    levels[rng.random(levels.shape) < 0.1] = 0  # missing by chance
    code = where.astype(np.uint64) << np.uint64(48) | model_spec.pack(levels)
    seen, count = np.unique(code, return_counts=True)
    table = PatternTable(seen & np.uint64((1 << 48) - 1), (seen >> np.uint64(48)).astype(np.uint16), count)
    return model_spec, strata, theta, table, kind


def test_m_and_the_shares_are_recovered(drawn: tuple) -> None:
    model_spec, strata, theta, table, _kind = drawn
    anchors = {
        SAME: [np.zeros(len(c.tingkat)) for c in model_spec.comparisons],  # m from the stated prior and the data alone
        "unrelated": [t[1] * 1e6 for t in theta],
    }
    model = fit(table, strata, anchors, model_spec)
    assert model.info["konvergen"]
    assert model.info["beda_antar_awalan"] < 0.01
    for found, wanted in zip(model.theta, theta, strict=True):
        assert found[0, 1:] == pytest.approx(wanted[0, 1:], abs=0.015)
        assert found[1, 1:] == pytest.approx(wanted[1, 1:], abs=0.002)
    assert model.share == pytest.approx(SHARES, abs=0.01)


def test_the_fitted_probabilities_are_calibrated(drawn: tuple) -> None:
    model_spec, strata, theta, table, kind = drawn
    anchors = {
        SAME: [np.zeros(len(c.tingkat)) for c in model_spec.comparisons],
        "unrelated": [t[1] * 1e6 for t in theta],
    }
    model = fit(table, strata, anchors, model_spec)
    _weight, p = model.score(table.pattern, table.stratum)
    assert float((p * table.count).sum()) == pytest.approx((kind == 0).sum(), rel=0.01)
