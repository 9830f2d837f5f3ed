"""The linkage model: Fellegi-Sunter with four latent classes, fitted on pattern counts.

Family registers break the two-class model: relatives share card, mother, village and half of a name. So the classes are
the same person (M), another of the household (H), a namesake or neighbour (N) and an unrelated person (U). M and U are
held at their anchors (high-purity blocks, random pairs); H and N start at theirs and may move. What a pass demands
of a comparison is conditioned on, so the key's own evidence is never counted twice. A missing value has no weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blocking.encode import U32
from blocking.passes import Pass
from matching.levels import COMPARISONS, NARROWED, unpack

F64 = npt.NDArray[np.float64]

CLASSES: Final = ("orang_sama", "serumah", "senama", "asing")
MATCH: Final = 0
# Strength of the anchor of the classes that may move, in pairs.
PRIOR_PAIRS: Final = 2_000.0
SMOOTH: Final = 0.5


@dataclass(frozen=True, slots=True)
class PatternTable:
    """Counts of (pattern, stratum) cells. A stratum is one pass and one pair of sources."""

    pattern: U32
    stratum: npt.NDArray[np.uint16]
    count: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Strata:
    """What each stratum number stands for: index of its pass, and its pair of source codes."""

    passes: list[Pass]
    n_sources: int

    def number(self, pass_index: int, s: npt.NDArray[np.uint8], t: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
        """Stratum of pairs found by a pass between records of sources s and t (order does not matter)."""
        low, high = np.minimum(s, t).astype(np.uint16), np.maximum(s, t).astype(np.uint16)
        return np.asarray((pass_index * self.n_sources + low) * self.n_sources + high, dtype=np.uint16)

    @property
    def size(self) -> int:
        """Number of strata, empty ones included."""
        return len(self.passes) * self.n_sources**2

    def pass_of(self, stratum: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
        """Index of the pass of each stratum."""
        return np.asarray(stratum // (self.n_sources**2), dtype=np.int64)


def allowed_levels(passes: Sequence[Pass]) -> list[list[npt.NDArray[np.bool_]]]:
    """Per pass and comparison the levels that can occur there (index 0, missing, is always False)."""
    masks = []
    for one in passes:
        cases = {case.partition(":")[0]: NARROWED[case] for case in one.narrowed}
        row = []
        for comparison in COMPARISONS:
            mask = np.zeros(len(comparison.tingkat), dtype=bool)
            if comparison.nama not in one.fixed:
                mask[list(cases.get(comparison.nama, range(1, len(mask))))] = True
            row.append(mask)
        masks.append(row)
    return masks


@dataclass(slots=True)
class Model:
    """A fitted model. `theta[f]` is (classes, levels) with column 0 unused; `share` is (strata, classes)."""

    theta: list[F64]
    share: F64
    strata: Strata
    info: dict[str, Any]

    def to_dict(self, sources: Sequence[str]) -> dict[str, Any]:
        """Plain values from which `from_dict` makes the same model; `sources` names the source codes."""
        used = np.flatnonzero((self.share != self.share[:, :1]).any(axis=1))
        return {
            **self.info,
            "kelas": list(CLASSES),
            "sumber": list(sources),
            "lintasan": [p.nama for p in self.strata.passes],
            "theta": {c.nama: self.theta[f].tolist() for f, c in enumerate(COMPARISONS)},
            "pangsa": {str(int(s)): self.share[s].tolist() for s in used},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], passes: Sequence[Pass]) -> Model:
        """The model that `to_dict` wrote; `passes` are those it was fitted with."""
        by_name = {p.nama: p for p in passes}
        strata = Strata([by_name[name] for name in data["lintasan"]], len(data["sumber"]))
        share = np.full((strata.size, len(CLASSES)), 1.0 / len(CLASSES))
        for stratum, row in data["pangsa"].items():
            share[int(stratum)] = row
        return cls([np.array(data["theta"][c.nama]) for c in COMPARISONS], share, strata, {})

    def log_terms(self, levels: npt.NDArray[np.uint8], passes: npt.NDArray[np.int64]) -> F64:
        """(rows, comparisons, classes) natural-log likelihood terms, conditioned on what the pass demands."""
        masks = allowed_levels(self.strata.passes)
        out = np.zeros((len(levels), len(COMPARISONS), len(CLASSES)))
        for f in range(len(COMPARISONS)):
            table = np.zeros((len(masks), self.theta[f].shape[1], len(CLASSES)))
            for k, row in enumerate(masks):
                for mask in _by_group(row[f], COMPARISONS[f].groups):
                    mass = self.theta[f][:, mask].sum(axis=1)
                    table[k][mask] = np.log(self.theta[f][:, mask] / mass[:, None]).T
            out[:, f, :] = table[passes, levels[:, f]]
        return out

    def score(self, pattern: U32, stratum: npt.NDArray[np.uint16]) -> tuple[F64, F64]:
        """(weight in log2 odds, probability of the match class) per (pattern, stratum) cell."""
        joint = self.log_terms(unpack(pattern), self.strata.pass_of(stratum)).sum(axis=1) + np.log(self.share[stratum])
        other = np.logaddexp.reduce(joint[:, 1:], axis=1)
        odds = joint[:, MATCH] - other
        return odds / np.log(2), 1.0 / (1.0 + np.exp(-odds))


def _by_group(mask: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64]) -> list[npt.NDArray[np.bool_]]:
    """`mask` cut into its groups of levels; empty ones left out."""
    parts = [mask & (groups == g) for g in range(1, int(groups.max()) + 1)]
    return [part for part in parts if part.any()]


def _theta_from(counts: F64, groups: npt.NDArray[np.int64]) -> F64:
    """Level probabilities within each group from counts (missing left out), smoothed so that no level is impossible."""
    known = counts + SMOOTH
    known[groups == 0] = 0
    for g in range(1, int(groups.max()) + 1):
        known[groups == g] /= known[groups == g].sum()
    return np.asarray(known, dtype=np.float64)


def level_counts(levels: npt.NDArray[np.uint8], weight: F64 | None = None) -> list[F64]:
    """Counts per comparison and level of a set of pairs."""
    return [
        np.bincount(levels[:, f], weights=weight, minlength=len(c.tingkat)).astype(float)
        for f, c in enumerate(COMPARISONS)
    ]


def fit(
    table: PatternTable, strata: Strata, anchors: dict[str, list[F64]], *, rounds: int = 200, tolerance: float = 1e-5
) -> Model:
    """Fit the class shares of each stratum and the movable classes by EM (MAP with Dirichlet priors at the anchors)."""
    theta = [np.stack([_theta_from(anchors[c][f], one.groups) for c in CLASSES]) for f, one in enumerate(COMPARISONS)]
    prior = [t.copy() for t in theta]
    passes = strata.pass_of(table.stratum)
    levels = unpack(table.pattern)
    masks = allowed_levels(strata.passes)
    used = np.unique(table.stratum)
    where = np.searchsorted(used, table.stratum)
    n = table.count.astype(float)
    used_pass = strata.pass_of(used)
    share = np.full((len(used), len(CLASSES)), 1.0 / len(CLASSES))
    model = Model(theta, np.full((strata.size, len(CLASSES)), 0.25), strata, {})
    movable = [c for c in range(len(CLASSES)) if CLASSES[c] in ("serumah", "senama")]
    last = -np.inf
    done = 0
    for step in range(rounds):
        joint = model.log_terms(levels, passes).sum(axis=1) + np.log(share[where])
        total = np.logaddexp.reduce(joint, axis=1)
        resp = np.exp(joint - total[:, None]) * n[:, None]
        likelihood = float((total * n).sum() / max(n.sum(), 1.0))
        per_stratum = np.stack([np.bincount(where, weights=r, minlength=len(used)) for r in resp.T], axis=1)
        # A thin stratum borrows the shares of its pass.
        per_pass = np.zeros((len(strata.passes), len(CLASSES)))
        np.add.at(per_pass, used_pass, per_stratum)
        per_pass = (per_pass + 0.25) / (per_pass + 0.25).sum(axis=1, keepdims=True)
        share = per_stratum + 20.0 * per_pass[used_pass] + 1e-3
        share /= share.sum(axis=1, keepdims=True)
        for f in range(len(COMPARISONS)):
            for c in movable:
                parts = [_by_group(m[f], COMPARISONS[f].groups) for m in masks]
                theta[f][c] = _update(theta[f][c], prior[f][c], levels[:, f], resp[:, c], passes, parts)
                theta[f][c] = _normalised(theta[f][c], COMPARISONS[f].groups)
        done = step + 1
        if abs(likelihood - last) < tolerance:
            break
        last = likelihood
    model.share[used] = share
    model.info = {
        "putaran": done,
        "konvergen": done < rounds,
        "log_kemungkinan": last,
        "sel": len(table.count),
        "strata": len(used),
    }
    return model


def _update(
    theta: F64,
    prior: F64,
    level: npt.NDArray[np.uint8],
    weight: F64,
    passes: npt.NDArray[np.int64],
    parts: list[list[npt.NDArray[np.bool_]]],
) -> F64:
    """M-step of one class and comparison when passes show only part of the levels (truncated multinomials)."""
    seen = PRIOR_PAIRS * prior
    exposure = np.full(len(theta), PRIOR_PAIRS)
    for k, groups in enumerate(parts):
        here = passes == k
        counts = np.bincount(level[here], weights=weight[here], minlength=len(theta))
        for mask in groups:
            seen = seen + counts * mask
            exposure = exposure + mask * (counts[mask].sum() / max(float(theta[mask].sum()), 1e-12))
    return np.asarray(seen / exposure, dtype=np.float64)


def _normalised(theta: F64, groups: npt.NDArray[np.int64]) -> F64:
    """Each group of levels sums to one; no level is impossible."""
    out = np.where(groups == 0, 0.0, np.maximum(theta, 1e-9))
    for g in range(1, int(groups.max()) + 1):
        out[groups == g] /= out[groups == g].sum()
    return out
