"""Rows that links hold together: components of a graph, and groups grown link by link."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Rows = npt.NDArray[np.integer]


def closure(n: int, a: Rows, b: Rows) -> npt.NDArray[np.int64]:
    """(n,) smallest row number of each row's component when the links (a, b) are followed."""
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    first = np.full(int(part.max(initial=-1)) + 1, n, dtype=np.int64)
    np.minimum.at(first, part, np.arange(n))
    return np.asarray(first[part], dtype=np.int64)


class Groups:
    """Union-find over row numbers, for the few components that are walked link by link."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def root(self, x: int) -> int:
        """The row that stands for the group of x."""
        while (up := self.parent.get(x, x)) != x:
            self.parent[x] = self.parent.get(up, up)
            x = up
        return x
