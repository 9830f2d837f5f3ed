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

from blocking.pairs import Index
from blocking.passes import Pass
from blocking.tally import distinct
from matching.specification import MOST_BITS, Patterns, Specification
from matching.terms import F64, Layout

MATCH: Final = 0  # the first class of every specification is a match class


@dataclass(frozen=True, slots=True)
class PatternTable:
    """Counts of (pattern, stratum) cells. A stratum is one pass and one pair of sources."""

    pattern: Patterns
    stratum: npt.NDArray[np.uint16]
    count: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs with their packed pattern and stratum, four arrays of one length."""

    a: Index
    b: Index
    pattern: Patterns
    stratum: npt.NDArray[np.uint16]

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """All parts one after the other."""
        none = np.zeros(0, dtype=np.uint32)
        parts = [cls(none, none, none.astype(np.uint64), none.astype(np.uint16)), *parts]
        return cls(
            np.concatenate([part.a for part in parts]),
            np.concatenate([part.b for part in parts]),
            np.concatenate([part.pattern for part in parts]),
            np.concatenate([part.stratum for part in parts]),
        )

    def cells(self) -> tuple[PatternTable, npt.NDArray[np.int64]]:
        """Cells (pattern, stratum) with their counts, and the cell of every pair."""
        cell = self.stratum.astype(np.uint64) << np.uint64(MOST_BITS) | self.pattern
        seen, inverse, count = distinct(cell)
        pattern = seen & np.uint64((1 << MOST_BITS) - 1)
        stratum = (seen >> np.uint64(MOST_BITS)).astype(np.uint16)
        return PatternTable(pattern, stratum, count), inverse


@dataclass(frozen=True, slots=True)
class Strata:
    """What each stratum number stands for: index of its pass, and its pair of source codes."""

    passes: list[Pass]
    n_sources: int

    def __post_init__(self) -> None:
        if self.size > np.iinfo(np.uint16).max:
            raise ValueError(
                f"{self.n_sources} lists and {len(self.passes)} passes make more strata than can be told apart"
            )

    def number(self, pass_index: int, s: npt.NDArray[np.uint8], t: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
        """Stratum of pairs found by a pass between records of sources s and t (order does not matter)."""
        low, high = np.minimum(s, t).astype(np.uint16), np.maximum(s, t).astype(np.uint16)
        return np.asarray((pass_index * self.n_sources + low) * self.n_sources + high, dtype=np.uint16)

    @property
    def size(self) -> int:
        """Number of strata, empty ones included."""
        return len(self.passes) * self.n_sources**2

    def pair_of(self, stratum: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
        """Number of the pair of sources of each stratum."""
        return np.asarray(stratum % (self.n_sources**2), dtype=np.int64)

    def within(self, stratum: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
        """Whether the pairs of each stratum are of a list with itself."""
        pair = self.pair_of(stratum)
        return np.asarray(pair // self.n_sources == pair % self.n_sources, dtype=np.bool_)

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
    # Per comparison (pairs of sources, groups): how often each group is known whatever the class; column 0 is missing.
    # Without it a missing value has no weight anywhere.
    known: list[F64] | None = None

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
            "diketahui": None if self.known is None else [table.tolist() for table in self.known],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], passes: Sequence[Pass], spec: Specification) -> Model:
        """The model that `to_dict` wrote; `passes` are those it was fitted with."""
        by_name = {p.nama: p for p in passes}
        strata = Strata([by_name[name] for name in data["lintasan"]], len(data["sumber"]))
        share = np.full((strata.size, len(spec.classes)), 1.0 / len(spec.classes))
        for stratum, row in data["pangsa"].items():
            share[int(stratum)] = row
        known = data.get("diketahui")
        return cls(
            [np.array(data["theta"][c.nama]) for c in spec.comparisons],
            share,
            strata,
            {},
            spec,
            None if known is None else [np.array(table) for table in known],
        )

    def log_terms(self, levels: npt.NDArray[np.uint8], stratum: npt.NDArray[np.uint16]) -> F64:
        """(rows, comparisons, classes) natural-log likelihood terms, conditioned on what the passes settled."""
        layout = Layout.of(self.spec, self.strata.passes, self.known)
        level, norm = layout.terms(self.theta)
        passes, pair = self.strata.pass_of(stratum), layout.pair(self.strata.pair_of(stratum))
        out = np.empty((len(levels), len(self.spec.comparisons), len(self.spec.classes)))
        for f in range(len(self.spec.comparisons)):
            case, x = layout.case[f][passes], levels[:, f]
            out[:, f, :] = level[f, case, x] - norm[f, case, pair, layout.group[f][x]]
        return out

    def unconditioned(self, levels: npt.NDArray[np.uint8]) -> F64:
        """(comparisons, classes) natural-log terms of one pair that no pass settled anything about."""
        out = np.zeros((len(levels), len(self.spec.classes)))
        for f, level in enumerate(levels):
            if level:
                out[f] = np.log(self.theta[f][:, level])
        return out

    def score(self, pattern: Patterns, stratum: npt.NDArray[np.uint16]) -> tuple[F64, F64]:
        """(weight in log2 odds, probability of a match) per (pattern, stratum) cell."""
        joint = self.log_terms(self.spec.unpack(pattern), stratum).sum(axis=1) + np.log(self.share[stratum])
        split = self.spec.padanan
        odds = np.logaddexp.reduce(joint[:, :split], axis=1) - np.logaddexp.reduce(joint[:, split:], axis=1)
        return odds / np.log(2), 1.0 / (1.0 + np.exp(-odds))
