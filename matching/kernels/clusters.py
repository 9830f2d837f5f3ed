"""Groups of rows grown link by link, and the ids of the entities that came of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.kernels import mixed

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


@kernel
def grow(
    order: U32,
    start: I64,
    stop: I64,
    said: F64,
    most_rows: Scalar,
    edge: I64,
    first_edge: I64,
    a: U32,
    b: U32,
    weight: F64,
    cap: Scalar,
    side: npt.NDArray[np.uint8],
    cut: Bools,
) -> None:
    """Take the links of each component from the first on and mark in `cut` those that would join what must stay apart.

    Component k is `order[start[k]:stop[k]]`, its links are `edge[first_edge[k]:first_edge[k + 1]]`, the strongest
    first. Two groups stay apart whose rows taken together speak against each other: `said` holds what every pair of
    rows says (components of at most `most_rows`, in the order of their members), the links what they weigh, `cap` at
    most. With `side` (else empty) no group holds two rows of one list.
    """
    local = np.zeros(int(order.max()) + 1 if len(order) else 1, dtype=np.int32)
    at = 0
    for k in range(len(start)):
        m = stop[k] - start[k]
        for x in range(m):
            local[order[start[k] + x]] = x
        group = np.arange(m)
        whole = m <= most_rows
        between = np.zeros((m, m) if whole else (1, 1))
        if whole:
            for x in range(m):
                for y in range(x + 1, m):
                    value = min(max(said[at], -cap), cap)
                    between[x, y] = between[y, x] = value
                    at += 1
            for e in edge[first_edge[k] : first_edge[k + 1]]:
                x, y = local[a[e]], local[b[e]]
                between[x, y] = between[y, x] = min(weight[e], cap)
        for e in edge[first_edge[k] : first_edge[k + 1]]:
            x, y = group[local[a[e]]], group[local[b[e]]]
            if x == y:
                continue
            x, y = min(x, y), max(x, y)
            if (whole and between[x, y] < 0) or (len(side) > 0 and _share_list(order, start[k], group, side, x, y)):
                cut[e] = True
                continue
            for z in range(m):
                if group[z] == y:
                    group[z] = x
            if whole:
                for z in range(m):
                    between[x, z] += between[y, z]
                    between[z, x] = between[x, z]


@kernel
def _share_list(order: U32, start: Scalar, group: I64, side: npt.NDArray[np.uint8], x: Scalar, y: Scalar) -> Scalar:
    """Whether two groups both hold a row of one list."""
    lists = np.zeros(256, dtype=np.bool_)
    for z in range(len(group)):
        if group[z] == x:
            lists[side[order[start + z]]] = True
    for z in range(len(group)):
        if group[z] == y and lists[side[order[start + z]]]:
            return True
    return False


@kernel
def entity_ids(label: I64, order: U32, content: U64) -> npt.NDArray[np.uint8]:
    """(n * 16) letters: the id of each row's entity, from the content of its first row in the `order` of content.

    Entities whose first rows have one content are told apart by how many such rows stand before them.
    """
    n = len(label)
    id_of = np.zeros(n, dtype=np.uint64)
    done = np.zeros(n, dtype=np.bool_)
    again = np.uint64(0)
    for k in range(n):
        row = order[k]
        if k > 0 and content[order[k - 1]] == content[row]:
            again += np.uint64(1)
        else:
            again = np.uint64(0)
        if not done[label[row]]:
            done[label[row]] = True
            id_of[label[row]] = mixed(content[row] + again * np.uint64(0x9E3779B97F4A7C15))
    out = np.empty(16 * n, dtype=np.uint8)
    for row in range(n):
        value = id_of[label[row]]
        for k in range(16):
            digit = (value >> np.uint64(60 - 4 * k)) & np.uint64(15)
            out[16 * row + k] = digit + (np.uint64(48) if digit < np.uint64(10) else np.uint64(87))
    return out
