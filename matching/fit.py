"""Fitting the linkage model by EM on pattern counts, with several starts and a report on how far it can be trusted.

A class is held at its anchor or may move from it under a Dirichlet prior (Specification). The shares of the classes
are free per stratum (pair of sources and pass); a thin stratum borrows from its pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blocking.jit import in_background
from matching.kernels.conditioning import Data, Freedom, maximise
from matching.model import MATCH, Model, PatternTable, Strata
from matching.specification import Comparison, Levels, Specification
from matching.terms import F64, Layout

# Jeffreys' prior of a multinomial: what a level without data is worth.
SMOOTH: Final = 0.5
# Anchor pairs that must show a comparison before its levels are taken from data and not from the stated prior.
LEAST_PAIRS: Final = 100
# Stated prior of the match class where no anchor shows a comparison: each level a third as likely as the one before.
PRIOR_RATIO: Final = 1 / 3
BORROWED: Final = 20.0  # pairs that the share of a pass is worth to each of its strata
STARTS: Final = 3

Anchors = Mapping[str, list[F64]]


def level_counts(levels: Levels, comparisons: Sequence[Comparison], weight: F64 | None = None) -> list[F64]:
    """Counts per comparison and level of a set of pairs."""
    return [
        np.bincount(levels[:, f], weights=weight, minlength=len(c.tingkat)).astype(float)
        for f, c in enumerate(comparisons)
    ]


def normalised(theta: F64, groups: npt.NDArray[np.int64]) -> F64:
    """Each group of levels sums to one; no level is impossible."""
    out = np.where(groups == 0, 0.0, np.maximum(theta, 1e-9))
    for g in range(1, int(groups.max()) + 1):
        out[groups == g] /= out[groups == g].sum()
    return out


def stated_prior(comparison: Comparison) -> F64:
    """Level probabilities of the match class without data: falling from agreement to disagreement."""
    groups = comparison.groups
    rank = np.array([(groups[:level] == group).sum() for level, group in enumerate(groups)], dtype=float)
    return normalised(PRIOR_RATIO**rank, groups)


def theta_of(counts: F64, comparison: Comparison, *, match: bool) -> F64:
    """Level probabilities within each group of levels from anchor counts, smoothed so that no level is impossible."""
    groups = comparison.groups
    prior = stated_prior(comparison) if match else normalised(np.ones(len(groups)), groups)
    known = np.where(groups == 0, 0.0, counts)
    for g in range(1, int(groups.max()) + 1):
        inside = groups == g
        total = known[inside].sum()
        # Below the least number of pairs the prior counts like that many.
        lacking = max(LEAST_PAIRS - total, 0.0)
        known[inside] += SMOOTH * (lacking == 0) + lacking * prior[inside]
    return normalised(known, groups)


@dataclass(slots=True)
class _Cells:
    """The pattern table as the EM reads it."""

    levels: Levels
    passes: npt.NDArray[np.int64]
    pair: npt.NDArray[np.int64]
    used: npt.NDArray[np.uint16]  # strata that occur
    where: npt.NDArray[np.int64]  # cell -> position in `used`
    n: F64


def _cells(table: PatternTable, strata: Strata, spec: Specification, layout: Layout) -> _Cells:
    # Not np.unique, which imports a fiftieth of a second of masked arrays.
    occurs = np.bincount(table.stratum) > 0
    used, where = np.flatnonzero(occurs).astype(np.uint16), (np.cumsum(occurs) - 1)[table.stratum]
    return _Cells(
        spec.unpack(table.pattern),
        strata.pass_of(table.stratum),
        layout.pair(strata.pair_of(table.stratum)),
        used,
        where.astype(np.int64),
        table.count.astype(float),
    )


@dataclass(slots=True)
class _Start:
    """What one start of the EM came to."""

    theta: list[F64]
    share: F64  # (used strata, classes)
    likelihood: float  # mean log-likelihood per pair
    rounds: int
    converged: bool
    matches: float  # expected number of matches


def fit(
    table: PatternTable,
    strata: Strata,
    anchors: Anchors,
    spec: Specification,
    *,
    rounds: int = 200,
    tolerance: float = 1e-5,
    starts: int = STARTS,
    known: list[F64] | None = None,
) -> Model:
    """Fit class shares of each stratum and the movable classes (MAP), keeping the best of `starts` starts.

    `anchors[class][comparison]` are level counts of anchor pairs; `known` is that of Model. The model's `info` tells
    starts, convergence, how far the starts agree, and which levels rest on the stated prior with the pairs they touch.
    """
    layout = Layout.of(spec, strata.passes, known)
    cells = _cells(table, strata, spec, layout)
    prior = [
        np.stack([theta_of(anchors[c][f], one, match=k < spec.padanan) for k, c in enumerate(spec.class_names)])
        for f, one in enumerate(spec.comparisons)
    ]
    run = partial(_run, cells, strata, spec, layout, prior, rounds, tolerance)
    # A thread for each other start, also where there are fewer cores: nobody then waits for one that has a core alone.
    begun = [in_background(partial(run, start)) for start in range(1, starts)]
    found = [run(0), *(ended() for ended in begun)]
    best = max(found, key=lambda s: s.likelihood)  # the first of equals: the start at the anchors
    share = np.full((strata.size, len(spec.classes)), 1.0 / len(spec.classes))
    share[cells.used] = best.share
    return Model(best.theta, share, strata, _info(cells, spec, anchors, found, best), spec, known)


def _begin(prior: list[F64], spec: Specification, strata: int, start: int) -> tuple[list[F64], F64]:
    """Start 0 stands at the anchors; later ones move the movable classes off and the shares with them."""
    theta = [t.copy() for t in prior]
    share = np.full((strata, len(spec.classes)), 1.0 / len(spec.classes))
    if start == 0:
        return theta, share
    rng = np.random.default_rng(start)
    for f, comparison in enumerate(spec.comparisons):
        for c, kind in enumerate(spec.classes):
            if np.isfinite(kind.kekuatan):
                theta[f][c] = normalised(theta[f][c] * np.exp(rng.normal(0, 0.7, len(theta[f][c]))), comparison.groups)
    share = share * np.exp(rng.normal(0, 1.0, len(spec.classes)))
    return theta, share / share.sum(axis=1, keepdims=True)


def _run(
    cells: _Cells,
    strata: Strata,
    spec: Specification,
    layout: Layout,
    prior: list[F64],
    rounds: int,
    tolerance: float,
    start: int,
) -> _Start:
    first, share = _begin(prior, spec, len(cells.used), start)
    theta = layout.padded(first)
    strength = np.array([kind.kekuatan for kind in spec.classes])
    data = Data(
        cells.levels,
        cells.passes,
        cells.pair,
        cells.where,
        cells.n,
        layout.size,
        layout.group,
        layout.konteks,
        layout.case,
        layout.allowed,
        layout.demanded,
        layout.known,
    )
    movable = np.flatnonzero(np.isfinite(strength))
    likelihood, done, matches = maximise(
        data,
        Freedom(layout.padded(prior), strength, movable, _lenders(strata, cells.used)),
        2 * len(strata.passes),
        BORROWED,
        spec.padanan,
        rounds,
        tolerance,
        theta,
        share,
    )
    moved = [theta[f, :, : len(one.tingkat)] for f, one in enumerate(spec.comparisons)]
    return _Start(moved, share, likelihood, done, done < rounds, matches)


def _lenders(strata: Strata, used: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """From which strata together a thin one borrows: those of its pass, a list with itself apart."""
    return np.asarray(2 * strata.pass_of(used) + strata.within(used), dtype=np.int64)


def _info(cells: _Cells, spec: Specification, anchors: Anchors, found: list[_Start], best: _Start) -> dict[str, Any]:
    """How the fit went, for run.json."""
    matches = [s.matches for s in found]
    return {
        "putaran": best.rounds,
        "konvergen": best.converged,
        "log_kemungkinan": best.likelihood,
        "sel": len(cells.n),
        "strata": len(cells.used),
        "awalan": len(found),
        # Starts that end at the same answer: the data, not the start, says how many matches there are.
        "beda_antar_awalan": (max(matches) - min(matches)) / max(*matches, 1.0),
        "tumpang_tindih": _overlap(best.theta, spec),
        "tingkat_tanpa_data": _without_data(cells, spec, anchors),
    }


def _overlap(theta: list[F64], spec: Specification) -> dict[str, float]:
    """Bhattacharyya coefficient of the match class with each other class over all comparisons; 1 = not told apart."""
    out = {}
    for c, name in enumerate(spec.class_names):
        if c < spec.padanan:
            continue
        product = 1.0
        for f, comparison in enumerate(spec.comparisons):
            groups = comparison.groups
            full = groups == int(groups.max())  # the case where all parts of the comparison are known
            product *= float(np.sqrt(theta[f][MATCH][full] * theta[f][c][full]).sum())
        out[name] = product
    return out


def _without_data(cells: _Cells, spec: Specification, anchors: Anchors) -> list[dict[str, Any]]:
    """Levels that no anchor pair of the match or of the last (unrelated) class shows, and the pairs they touch."""
    out = []
    for f, comparison in enumerate(spec.comparisons):
        pairs = np.bincount(cells.levels[:, f], weights=cells.n, minlength=len(comparison.tingkat))
        for k in (MATCH, len(spec.classes) - 1):
            name = spec.class_names[k]
            for level in np.flatnonzero((anchors[name][f] == 0) & (comparison.groups > 0) & (pairs > 0)):
                out.append(
                    {"pembanding": comparison.nama, "tingkat": int(level), "kelas": name, "pasangan": int(pairs[level])}
                )
    return out
