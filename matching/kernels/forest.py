"""The strongest spanning forest of links, and how many rows hang on each of its edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel
from matching.closure import root

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.unsignedinteger]


@kernel
def take_edges(order: I64, a: Rows, b: Rows, up: I64, taken: I64) -> int:
    """Write the edges of the forest to `taken`, best first; returns how many they are (Kruskal 1956).

    `order` are the edges from the best down; `up` is 0, 1, 2 ... at first.
    """
    n = 0
    for k in range(len(order)):
        x, y = root(up, np.int64(a[order[k]])), root(up, np.int64(b[order[k]]))
        if x != y:
            up[max(x, y)] = min(x, y)
            taken[n] = order[k]
            n += 1
    return n


@kernel
def count_below(left: Rows, right: Rows, degree: I64, edges: I64, size: I64, below: I64) -> None:
    """Fill `below` with the rows on one side of each edge of a forest, leaves first.

    `degree` and `edges` (rows,): how many edges a row has, and the exclusive or of their numbers; `size`: 1 each.
    """
    for row in range(len(degree)):
        leaf = np.int64(row)
        while degree[leaf] == 1:
            edge = edges[leaf]
            below[edge] = size[leaf]
            other = np.int64(left[edge]) ^ np.int64(right[edge]) ^ leaf
            degree[leaf] = 0
            degree[other] -= 1
            edges[other] ^= edge
            size[other] += size[leaf]
            leaf = other
