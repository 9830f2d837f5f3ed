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
from matching.kernels.clusters import grow, lone, rows_of, unite
from matching.terms import F64

LARGE = 300  # rows of a component above which only its links are looked at
CAP = 6.0  # log2 odds that one pair of rows counts at most for or against a join


@dataclass(frozen=True, slots=True)
class Clusters:
    """`label[i]` is the smallest row number of i's cluster; `cut` marks the links that were not followed."""

    label: npt.NDArray[np.uint32]
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
    label = np.arange(n, dtype=np.uint32)
    links, rest = np.zeros(n, dtype=np.uint8), np.empty(len(a), dtype=np.uint32)
    rest = rest[: lone(a, b, links, label, rest)]  # nearly all links are lone: the others are few
    unite(a, b, rest, label)
    member = np.empty(2 * len(rest), dtype=np.uint32)
    member = member[: rows_of(a, b, rest, links, member)]
    member, of = _sorted_by(label[member], member)
    start = np.flatnonzero(np.concatenate((of[:1] == of[:1], of[1:] != of[:-1])))
    size = np.diff(np.append(start, len(of)))
    component = np.empty(n, dtype=np.uint32)  # of the members
    component[member] = np.repeat(np.arange(len(size), dtype=np.uint32), size)
    number = component[a[rest]]
    count = np.bincount(number, minlength=len(size))
    care = size > 2
    if side is None:
        # In a component of which every pair is a link nothing speaks against a join.
        care &= (size <= LARGE) & ((count < size * (size - 1) // 2) | (weight.min(initial=0.0) < 0))
    if not care.any():
        return Clusters(label, cut)
    rest = _sorted_by(number, rest)[0][np.repeat(care, count)]
    member, size = member[np.repeat(care, size)], size[care]
    stop = np.cumsum(size)
    start, few = stop - size, size <= LARGE
    said = [against(x, y) for x, y in pairs_of(Blocks(member, start[few], stop[few]), 1_000_000)]
    grow(
        member,
        start,
        stop,
        np.concatenate([*said, np.zeros(0)]),
        LARGE,
        rest,
        np.concatenate(([0], np.cumsum(count[care]))),
        a,
        b,
        weight,
        content,
        CAP,
        side if side is not None else np.zeros(0, dtype=np.uint8),
        cut,
        component,  # no longer needed
        np.zeros(int(size.max()), dtype=np.int64),
        np.zeros((int(size[few].max(initial=1)),) * 2),
    )
    if cut.any():
        label[member] = member
        unite(a, b, rest[~cut[rest]], label)
    return Clusters(label, cut)


def _sorted_by(first: Index, numbers: Index) -> tuple[Index, Index]:
    """`numbers` sorted by what stands for each in `first`, then by themselves; and the sorted `first`."""
    both = np.sort(first.astype(np.uint64) << np.uint64(32) | numbers)
    return both.astype(np.uint32), (both >> np.uint64(32)).astype(np.uint32)
