"""Match pairs -> entities: the closure, with weak bridges cut, and rows of one clean list kept apart.

Links are taken from the strongest down. Where a component has more than two rows, a link that would join two groups
whose rows, taken all together, speak against it goes to review. Nothing depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.mix import U64
from blocking.pairs import Blocks, Index, pairs_of
from matching.closure import closure, join
from matching.kernels.clusters import grow, tally
from matching.terms import F64

LARGE = 300  # rows of a component above which only its links are looked at
CAP = 6.0  # log2 odds that one pair of rows counts at most for or against a join


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[i]` is the smallest row number of i's cluster; `cut` marks the links that were not followed."""

    label: npt.NDArray[np.int64]
    cut: npt.NDArray[np.bool_]


def cluster(
    content: U64,
    a: Index,
    b: Index,
    weight: F64,
    against: Callable[[Index, Index], F64],
    side: npt.NDArray[np.uint8] | None = None,
) -> Clusters:
    """Cluster the match links (a, b) of log2 odds `weight`; `against` scores any pair of rows.

    `content` of every row: ties fall by it, not by where a row stands. `side`: the list of each row, when each list is
    clean: then no cluster holds two rows of one list.
    """
    n = len(content)
    cut = np.zeros(len(a), dtype=bool)
    label = closure(n, a, b)
    rows, links = np.zeros(n, dtype=np.uint32), np.zeros(n, dtype=np.uint32)
    tally(label, a, rows, links)
    # In a component of which every pair is a link nothing speaks against a join.
    large = np.flatnonzero(rows > 2)
    size = rows[large].astype(np.int64)
    if side is None:
        open_ = (links[large] < size * (size - 1) // 2) | (weight.min(initial=0.0) < 0)
        large, size = large[(size <= LARGE) & open_], size[(size <= LARGE) & open_]
    if len(large) == 0:
        return Clusters(label, cut)
    care = np.zeros(n, dtype=bool)
    care[large] = True
    member = np.flatnonzero(care[label]).astype(np.uint32)
    member = member[np.argsort(label[member], kind="stable")]
    stop = np.cumsum(size)
    start = stop - size
    few = size <= LARGE
    said = [against(x, y) for x, y in pairs_of(Blocks(member, start[few], stop[few]), 1_000_000)]
    edges = np.flatnonzero(care[label[a]])
    rank = np.empty(n, dtype=np.uint32)  # of the members
    rank[member[np.lexsort((member, content[member]))]] = np.arange(len(member), dtype=np.uint32)
    one, two = rank[a[edges]], rank[b[edges]]
    edges = edges[np.lexsort((np.maximum(one, two), np.minimum(one, two), -weight[edges], label[a[edges]]))]
    grow(
        member,
        start,
        stop,
        np.concatenate([*said, np.zeros(0)]),
        LARGE,
        edges,
        np.concatenate(([0], np.cumsum(links[large]))).astype(np.int64),
        a,
        b,
        weight,
        CAP,
        side if side is not None else np.zeros(0, dtype=np.uint8),
        cut,
        rank,
        np.zeros(int(size.max()), dtype=np.int64),
        np.zeros((int(size[few].max(initial=1)),) * 2),
    )
    if cut.any():
        kept = edges[~cut[edges]]
        label[member] = member
        join(a[kept], b[kept], label)
    return Clusters(label, cut)
