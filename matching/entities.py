"""Links -> entities: the closure of the matches, with cannot-links kept apart and weak bridges cut.

Two rows of one edition of a list are two persons unless they resemble each other directly (a match, or a pair in the
review band without a reason against it): a third row that resembles both must not join them. Inside a component with
such a conflict the links are taken from the strongest down, and a link that would join what must stay apart goes to
review. Nothing depends on the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded
from blocking.mix import U64
from blocking.pairs import Index, block, pairs_of
from blocking.tally import among
from matching.closure import Groups, closure
from matching.compare import Comparer
from matching.constraints import NIK_DIFFERS, SAME_CARD, reasons
from matching.decided import pair_key
from matching.estimates import spanning_forest

F64 = npt.NDArray[np.float64]
LARGE = 200  # rows of a component that cannot be one person, whatever the lists


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[i]` is the smallest record number of i's cluster; `cut` marks the links taken out as weak bridges."""

    label: Index
    cut: npt.NDArray[np.bool_]


def _conflicts(e: Encoded, compare: Comparer, label: Index, linked: U64) -> tuple[Index, Index]:
    """Pairs inside a component that must stay apart."""
    size = np.bincount(label, minlength=e.n)[label]
    inner = np.where((size > 2) & (size <= LARGE), label.astype(np.uint64) + np.uint64(1), np.uint64(0))
    left, right = [], []
    for one, two in pairs_of(block(inner), 1_000_000):
        open_ = ~among(pair_key(one, two), linked)
        a, b = one[open_], two[open_]
        why = reasons(e, a, b, compare.levels(a, b))
        apart = (why == NIK_DIFFERS) | (why == SAME_CARD) | (e.edisi[a] == e.edisi[b])
        left.append(a[apart])
        right.append(b[apart])
    if not left:
        none = np.zeros(0, dtype=np.uint32)
        return none, none
    return np.concatenate(left), np.concatenate(right)


class _Union(Groups):
    """Union-find with cannot-links, for the few components that hold a conflict."""

    def __init__(self) -> None:
        super().__init__()
        self.apart: dict[int, set[int]] = {}

    def forbid(self, x: int, y: int) -> None:
        self.apart.setdefault(x, set()).add(y)
        self.apart.setdefault(y, set()).add(x)

    def join(self, x: int, y: int) -> bool:
        """Join the clusters of x and y unless something in one must stay apart from something in the other."""
        x, y = self.root(x), self.root(y)
        if x == y:
            return True
        if y in self.apart.get(x, ()):
            return False
        self.parent[y] = x
        for other in self.apart.pop(y, set()):
            self.apart[other].discard(y)
            self.forbid(x, other)
        return True


def cluster(
    e: Encoded,
    compare: Comparer,
    a: Index,
    b: Index,
    weight: F64,
    probability: F64,
    near: tuple[Index, Index] | None = None,
    apart: tuple[Index, Index] | None = None,
) -> Clusters:
    """Cluster the match links (a, b); `weight` orders them, ties broken by record number.

    `near` are pairs that may stand together besides the links: those in the review band without a reason. `apart` are
    pairs that must not, come what may.
    """
    cut = _apart_when_huge(e.n, a, b, probability)
    label = closure(e.n, a[~cut], b[~cut]).astype(np.uint32)
    allowed = pair_key(a, b)
    if near is not None:
        allowed = np.concatenate((allowed, pair_key(*near)))
    left, right = _conflicts(e, compare, label, allowed)
    if apart is not None:
        inside = label[apart[0]] == label[apart[1]]
        left, right = np.concatenate((left, apart[0][inside])), np.concatenate((right, apart[1][inside]))
    troubled = np.zeros(e.n, dtype=bool)
    troubled[label[left]] = True
    if len(left):
        union = _Union()
        for x, y in zip(left.tolist(), right.tolist(), strict=True):
            union.forbid(x, y)
        edges = np.flatnonzero(troubled[label[a]] & ~cut)
        edges = edges[np.lexsort((b[edges], a[edges], -weight[edges]))]
        for edge, x, y in zip(edges.tolist(), a[edges].tolist(), b[edges].tolist(), strict=True):
            cut[edge] = not union.join(x, y)
        label = closure(e.n, a[~cut], b[~cut]).astype(np.uint32)
    return Clusters(label, cut)


def weakest_links(n: int, label: Index, a: Index, b: Index, probability: F64) -> F64:
    """Per record the probability of the weakest link of its cluster's strongest spanning tree; 1 for a single row."""
    low = np.ones(n)
    forest = spanning_forest(n, a, b, probability)
    # From the strongest down: the last stays. Rounded to 2^-52 as in earlier versions, so that results stay the same.
    low[label[a[forest]]] = 2.0 - (2.0 - probability[forest])
    return np.asarray(low[label], dtype=np.float64)


def _apart_when_huge(n: int, a: Index, b: Index, probability: F64) -> npt.NDArray[np.bool_]:
    """Links that go to review because they hold a component together that is far too large for one person."""
    cut = np.zeros(len(a), dtype=bool)
    for least in (0.99, 0.999, 0.9999, 0.99999, 1.1):
        label = closure(n, a[~cut], b[~cut])
        huge = np.bincount(label, minlength=n)[label] > LARGE
        if not huge.any():
            break
        cut |= huge[a] & (probability < least)
    return cut
