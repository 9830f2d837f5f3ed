"""Match pairs -> entities: the closure, with weak bridges cut, and rows of one clean list kept apart.

Links are taken from the strongest down. Where a component has more than two rows, a link that would join two groups
whose rows, taken all together, speak against it goes to review. Nothing depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.pairs import Blocks, Index, block, pairs_of
from matching.closure import closure
from matching.kernels.clusters import grow
from matching.terms import F64

LARGE = 300  # rows of a component above which only its links are looked at
CAP = 6.0  # log2 odds that one pair of rows counts at most for or against a join


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[i]` is the smallest row number of i's cluster; `cut` marks the links that were not followed."""

    label: npt.NDArray[np.int64]
    cut: npt.NDArray[np.bool_]


def cluster(
    order: Index,
    a: Index,
    b: Index,
    weight: F64,
    against: Callable[[Index, Index], F64],
    side: npt.NDArray[np.uint8] | None = None,
) -> Clusters:
    """Cluster the match links (a, b) of log2 odds `weight`; `against` scores any pair of rows.

    `order`: all rows by content, so that ties do not fall by where a row stands. `side`: the list of each row, when
    each list is clean: then no cluster holds two rows of one list.
    """
    n = len(order)
    cut = np.zeros(len(a), dtype=bool)
    label = closure(n, a, b)
    size = np.bincount(label, minlength=n)
    links = np.bincount(label[a], minlength=n)
    # In a component of which every pair is a link nothing speaks against a join.
    care = size > 2
    if side is None:
        care &= (size <= LARGE) & ((links < size * (size - 1) // 2) | (weight.min(initial=0.0) < 0))
    if not care.any():
        return Clusters(label, cut)
    inner = np.where(care[label], label.astype(np.uint64) + np.uint64(1), np.uint64(0))
    whole = block(inner)
    few = whole.stop - whole.start <= LARGE
    said = [against(x, y) for x, y in pairs_of(Blocks(whole.order, whole.start[few], whole.stop[few]), 1_000_000)]
    edges = np.flatnonzero(care[label[a]])
    rank = np.empty(n, dtype=np.uint32)
    rank[order] = np.arange(n, dtype=np.uint32)
    one, two = rank[a[edges]], rank[b[edges]]
    ordered = np.lexsort((np.maximum(one, two), np.minimum(one, two), -weight[edges], label[a[edges]]))
    edges = edges[ordered]
    first = np.concatenate(([0], np.cumsum(links[label[whole.order[whole.start]]])))
    grow(
        whole.order,
        whole.start,
        whole.stop,
        np.concatenate([*said, np.zeros(0)]),
        LARGE,
        edges,
        first.astype(np.int64),
        a,
        b,
        weight,
        CAP,
        side if side is not None else np.zeros(0, dtype=np.uint8),
        cut,
        np.zeros(n, dtype=np.uint32),
        np.zeros(int(size.max()), dtype=np.int64),
        np.zeros((int(size[size <= LARGE].max(initial=1)),) * 2),
    )
    return Clusters(closure(n, a[~cut], b[~cut]) if cut.any() else label, cut)
