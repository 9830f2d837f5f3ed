"""The linkage model: Fellegi-Sunter with latent classes beyond match and non-match, on pattern counts.

Family registers break the two-class model: relatives share card, mother, village and half of a name. The classes and
comparisons come from a specification. What a pass demands of a comparison is conditioned on, so the key's own evidence
is never counted twice. A missing value has no weight. `matching.fit` estimates the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blocking.passes import Pass
from matching.specification import Patterns, Specification

F64 = npt.NDArray[np.float64]

MATCH: Final = 0  # the first class of every specification is a match class


@dataclass(frozen=True, slots=True)
class PatternTable:
    """Counts of (pattern, stratum) cells. A stratum is one pass and one pair of sources."""

    pattern: Patterns
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


@dataclass(slots=True)
class Model:
    """A fitted model. `theta[f]` is (classes, levels) with column 0 unused; `share` is (strata, classes)."""

    theta: list[F64]
    share: F64
    strata: Strata
    info: dict[str, Any]
    spec: Specification

    def to_dict(self, sources: Sequence[str]) -> dict[str, Any]:
        """Plain values from which `from_dict` makes the same model; `sources` names the source codes."""
        used = np.flatnonzero((self.share != self.share[:, :1]).any(axis=1))
        return {
            **self.info,
            "kelas": list(self.spec.class_names),
            "sumber": list(sources),
            "lintasan": [p.nama for p in self.strata.passes],
            "theta": {c.nama: self.theta[f].tolist() for f, c in enumerate(self.spec.comparisons)},
            "pangsa": {str(int(s)): self.share[s].tolist() for s in used},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], passes: Sequence[Pass], spec: Specification) -> Model:
        """The model that `to_dict` wrote; `passes` are those it was fitted with."""
        by_name = {p.nama: p for p in passes}
        strata = Strata([by_name[name] for name in data["lintasan"]], len(data["sumber"]))
        share = np.full((strata.size, len(spec.classes)), 1.0 / len(spec.classes))
        for stratum, row in data["pangsa"].items():
            share[int(stratum)] = row
        return cls([np.array(data["theta"][c.nama]) for c in spec.comparisons], share, strata, {}, spec)

    def log_terms(self, levels: npt.NDArray[np.uint8], passes: npt.NDArray[np.int64]) -> F64:
        """(rows, comparisons, classes) natural-log likelihood terms, conditioned on what the pass demands."""
        masks = self.spec.allowed_levels(self.strata.passes)
        comparisons, classes = self.spec.comparisons, len(self.spec.classes)
        out = np.zeros((len(levels), len(comparisons), classes))
        for f, comparison in enumerate(comparisons):
            table = np.zeros((len(masks), self.theta[f].shape[1], classes))
            for k, row in enumerate(masks):
                for mask in by_group(row[f], comparison.groups):
                    mass = self.theta[f][:, mask].sum(axis=1)
                    table[k][mask] = np.log(self.theta[f][:, mask] / mass[:, None]).T
            out[:, f, :] = table[passes, levels[:, f]]
        return out

    def score(self, pattern: Patterns, stratum: npt.NDArray[np.uint16]) -> tuple[F64, F64]:
        """(weight in log2 odds, probability of a match) per (pattern, stratum) cell."""
        joint = self.log_terms(self.spec.unpack(pattern), self.strata.pass_of(stratum)).sum(axis=1) + np.log(
            self.share[stratum]
        )
        split = self.spec.padanan
        odds = np.logaddexp.reduce(joint[:, :split], axis=1) - np.logaddexp.reduce(joint[:, split:], axis=1)
        return odds / np.log(2), 1.0 / (1.0 + np.exp(-odds))


def by_group(mask: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64]) -> list[npt.NDArray[np.bool_]]:
    """`mask` cut into its groups of levels; empty ones left out."""
    parts = [mask & (groups == g) for g in range(1, int(groups.max()) + 1)]
    return [part for part in parts if part.any()]
