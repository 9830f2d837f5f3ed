"""Groups of rows grown link by link, and the ids of the entities that came of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.kernels import mixed
from blocking.prefetch import prefetch

U8 = npt.NDArray[np.uint8]
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
    side: U8,
    cut: Bools,
    local: U32,
    group_room: I64,
    between_room: F64,
) -> None:
    """Take the links of each component from the first on and mark in `cut` those that would join what must stay apart.

    Component k is `order[start[k]:stop[k]]`, its links are `edge[first_edge[k]:first_edge[k + 1]]`, the strongest
    first. Two groups stay apart whose rows taken together speak against each other: `said` holds what every pair of
    rows says (components of at most `most_rows`, in the order of their members), the links what they weigh, `cap` at
    most. With `side` (else empty) no group holds two rows of one list. `local`: one place per row; `group_room`: per
    row of the largest component; `between_room`: rows by rows of the largest that `said` tells of.
    """
    at = 0
    for k in range(len(start)):
        m = stop[k] - start[k]
        for x in range(m):
            local[order[start[k] + x]] = x
        group, between = group_room[:m], between_room
        for x in range(m):
            group[x] = x
        whole = m <= most_rows
        if whole:
            for x in range(m):
                between[x, x] = 0.0
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
def _share_list(order: U32, start: Scalar, group: I64, side: U8, x: Scalar, y: Scalar) -> Scalar:
    """Whether two groups both hold a row of one list. Groups of a clean list are small: one row of each list."""
    for z in range(len(group)):
        if group[z] == x:
            for w in range(len(group)):
                if group[w] == y and side[order[start + z]] == side[order[start + w]]:
                    return True
    return False


def entity_ids(label: I64, order: U32, content: U64) -> U8:
    """(n * 16) letters: the id of each row's entity, from the content of its first row in the `order` of content.

    Entities whose first rows have one content are told apart by how many such rows stand before them.
    """
    n = len(label)
    out = np.empty(2 * n, dtype="<u8")
    _fill_ids(label, order, content, np.zeros(n, dtype=np.uint64), np.zeros(n, dtype=np.bool_), out)
    return out.view(np.uint8)


@kernel
def _fill_ids(label: I64, order: U32, content: U64, id_of: U64, done: Bools, out: U64) -> None:
    n = len(label)
    again = np.uint64(0)
    for k in range(n):
        if k + 24 < n:
            prefetch(label, order[k + 24])
            prefetch(content, order[k + 24])
            prefetch(done, label[order[k + 12]])
        row = order[k]
        if k > 0 and content[order[k - 1]] == content[row]:
            again += np.uint64(1)
        else:
            again = np.uint64(0)
        if not done[label[row]]:
            done[label[row]] = True
            id_of[label[row]] = mixed(content[row] + again * np.uint64(0x9E3779B97F4A7C15))
    for row in range(n):
        if row + 24 < n:
            prefetch(id_of, label[row + 24])
        value = id_of[label[row]]
        out[2 * row] = _spelled(value >> np.uint64(32))
        out[2 * row + 1] = _spelled(value & np.uint64(0xFFFFFFFF))


@kernel
def _spelled(x: Scalar) -> Scalar:
    """Eight hexadecimal digits of 32 bits as letters, the highest in the lowest byte."""
    x = (x << np.uint64(32) | x >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    x = (x << np.uint64(16) | x >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    x = (x << np.uint64(8) | x >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    above_nine = ((x + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    return x + np.uint64(0x3030303030303030) + above_nine * np.uint64(39)
