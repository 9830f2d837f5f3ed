"""Log-likelihood terms of every level, given what the passes settled: the formula that fitting and scoring share.

Within one pass a comparison is conditioned on what the pass's key demands, per group of levels; and on what earlier
passes took, over all groups and the missing values together: a match whose NIKs are not equal has most likely none on
one side, so a missing value is evidence there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.passes import Pass
from matching.kernels.conditioning import fill_terms
from matching.specification import Specification

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layout:
    """A specification, the cases of its passes and the known shares as arrays padded to one number of levels.

    F comparisons, L levels, C classes, P passes, K different cases of a comparison, S pairs of sources, G groups.
    """

    size: I64  # (F,) levels of each comparison
    group: I64  # (F, L) group of each level; 0: missing
    konteks: Bools  # (F,)
    case: I64  # (F, P) case of each pass
    allowed: Bools  # (F, K, L) levels that can occur in a case; never level 0
    demanded: Bools  # (F, K, L) levels by what the pass's own key demands; level 0: whether the value may be missing
    known: F64  # (F, S, G + 1) how often each group is known whatever the class; 0: nothing known of that

    @classmethod
    def of(cls, spec: Specification, passes: Sequence[Pass], known: Sequence[F64] | None) -> Layout:
        """The layout of a specification and its passes; `known` as in `matching.model.Model`."""
        width = max(len(c.tingkat) for c in spec.comparisons)
        n = len(spec.comparisons)
        group = np.zeros((n, width), dtype=np.int64)
        for f, comparison in enumerate(spec.comparisons):
            group[f, : len(comparison.tingkat)] = comparison.groups
        cases: list[list[tuple[Bools, Bools]]] = [[] for _ in range(n)]
        case = np.zeros((n, len(passes)), dtype=np.int64)
        for p, (can, must) in enumerate(zip(spec.allowed_levels(passes), spec.demanded_levels(passes), strict=True)):
            for f in range(n):
                same = [k for k, (a, d) in enumerate(cases[f]) if (a == can[f]).all() and (d == must[f]).all()]
                case[f, p] = same[0] if same else len(cases[f])
                if not same:
                    cases[f].append((can[f], must[f]))
        allowed = np.zeros((n, max(map(len, cases)), width), dtype=np.bool_)
        demanded = np.zeros_like(allowed)
        for f, found in enumerate(cases):
            for k, (a, d) in enumerate(found):
                allowed[f, k, : len(a)], demanded[f, k, : len(d)] = a, d
        pairs = 1 if known is None else max(len(table) for table in known)
        shares = np.zeros((n, pairs, int(group.max()) + 1))
        for f, table in enumerate(known or []):
            shares[f, :, : table.shape[1]] = table
        size = np.array([len(c.tingkat) for c in spec.comparisons], dtype=np.int64)
        context = np.array([c.konteks for c in spec.comparisons], dtype=np.bool_)
        return cls(size, group, context, case, allowed, demanded, shares)

    def padded(self, theta: Sequence[F64]) -> F64:
        """(F, C, L) of the tables `theta[f]` (C, levels)."""
        out = np.zeros((len(theta), len(theta[0]), self.group.shape[1]))
        for f, table in enumerate(theta):
            out[f, :, : table.shape[1]] = table
        return out

    def pair(self, pair: I64) -> I64:
        """Row of `known` for each number of a pair of sources."""
        return pair if self.known.shape[1] > 1 else np.zeros_like(pair)

    def terms(self, theta: Sequence[F64]) -> tuple[F64, F64]:
        """(F, K, L, C) log terms of the levels, and (F, K, S, G + 1, C) what is taken off them per pair of sources."""
        full = self.padded(theta)
        n, classes, width = full.shape
        level = np.zeros((n, self.allowed.shape[1], width, classes))
        norm = np.zeros((n, self.allowed.shape[1], self.known.shape[1], self.known.shape[2], classes))
        every, room = np.arange(classes), np.zeros((3, self.known.shape[2]))
        fill_terms(
            full, self.size, self.group, self.konteks, self.allowed, self.demanded, self.known, every, level, norm, room
        )
        return level, norm
