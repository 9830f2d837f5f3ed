"""Match pairs -> entities: the closure, with weak bridges cut, and rows of one clean list kept apart.

Links are taken from the strongest down. Where a component has more than two rows, a link that would join two groups
whose rows, taken all together, speak against it goes to review. Nothing depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.pairs import Index, block, pairs_of
from matching.closure import Groups, closure
from matching.terms import F64

LARGE = 300  # rows of a component above which only its links are looked at
CAP = 6.0  # log2 odds that one pair of rows counts at most for or against a join


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[i]` is the smallest row number of i's cluster; `cut` marks the links that were not followed."""

    label: npt.NDArray[np.int64]
    cut: npt.NDArray[np.bool_]


class _Groups(Groups):
    """Growing groups with what their rows say of one another, for the components that need care."""

    def __init__(self, side: dict[int, int] | None) -> None:
        super().__init__()
        self.between: dict[int, dict[int, float]] = {}
        self.sides = {row: {source} for row, source in side.items()} if side is not None else None

    def say(self, x: int, y: int, weight: float) -> None:
        self.between.setdefault(x, {})[y] = weight
        self.between.setdefault(y, {})[x] = weight

    def join(self, x: int, y: int) -> bool:
        """Join the groups of x and y unless the rows of the two speak against it on the whole."""
        x, y = sorted((self.root(x), self.root(y)))
        if x == y:
            return True
        if self.between.get(x, {}).get(y, 0.0) < 0:
            return False
        if self.sides is not None:
            if self.sides[x] & self.sides[y]:
                return False
            self.sides[x] |= self.sides.pop(y)
        self.parent[y] = x
        mine = self.between.setdefault(x, {})
        for other, weight in self.between.pop(y, {}).items():
            self.between[other].pop(y)
            if other != x:
                mine[other] = self.between[other][x] = mine.get(other, 0.0) + weight
        mine.pop(y, None)
        return True


def cluster(
    n: int,
    a: Index,
    b: Index,
    weight: F64,
    against: Callable[[Index, Index], F64],
    side: npt.NDArray[np.uint8] | None = None,
) -> Clusters:
    """Cluster the match links (a, b) of log2 odds `weight`; `against` scores any pair of rows.

    `side`: the list of each row, when each list is clean: then no cluster holds two rows of one list.
    """
    label = closure(n, a, b)
    size = np.bincount(label, minlength=n)[label]
    cut = np.zeros(len(a), dtype=bool)
    care = (size > 2) & (size <= LARGE) if side is None else size > 2
    if not care.any():
        return Clusters(label, cut)
    groups = _Groups({int(i): int(side[i]) for i in np.flatnonzero(care)} if side is not None else None)
    inner = np.where(care & (size <= LARGE), label.astype(np.uint64) + np.uint64(1), np.uint64(0))
    for x, y in pairs_of(block(inner), 1_000_000):
        said = np.clip(against(x, y), -CAP, CAP)
        for one, two, value in zip(x.tolist(), y.tolist(), said.tolist(), strict=True):
            groups.say(one, two, value)
    # The links themselves count as what they were scored in their pass.
    edges = np.flatnonzero(care[a])
    for edge in edges.tolist():
        if size[a[edge]] <= LARGE:
            groups.say(int(a[edge]), int(b[edge]), min(float(weight[edge]), CAP))
    order = edges[np.lexsort((b[edges], a[edges], -weight[edges]))]
    for edge in order.tolist():
        cut[edge] = not groups.join(int(a[edge]), int(b[edge]))
    return Clusters(closure(n, a[~cut], b[~cut]), cut)
