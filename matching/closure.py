"""Rows that links hold together: components of a graph, and groups grown link by link."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel

Rows = npt.NDArray[np.integer]


@inlined
def root(up: Rows, x: Scalar) -> Scalar:
    """The row that stands for the component of row x; the way to it gets shorter."""
    while up[x] != x:
        up[x] = up[up[x]]
        x = up[x]
    return x


@kernel
def join(a: Rows, b: Rows, up: npt.NDArray[np.int64]) -> None:
    """Union-find in which the smaller row always stands for the larger; `up` ends with the root of every row."""
    for k in range(len(a)):
        x, y = root(up, np.int64(a[k])), root(up, np.int64(b[k]))
        if x < y:
            up[y] = x
        elif y < x:
            up[x] = y
    for x in range(len(up)):
        up[x] = up[up[x]]  # a root stands before all that it stands for, so it is known by now


def closure(n: int, a: Rows, b: Rows) -> npt.NDArray[np.int64]:
    """(n,) smallest row number of each row's component when the links (a, b) are followed."""
    up = np.arange(n, dtype=np.int64)
    join(a, b, up)
    return up


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
