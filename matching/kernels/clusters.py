"""Groups of rows grown link by link, and the ids of the entities that came of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, each, kernel, parts_of
from blocking.kernels import mixed
from blocking.mix import mix
from blocking.prefetch import prefetch

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SOON = 24  # rows


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


@kernel
def tally(label: I64, a: U32, rows: U32, links: U32) -> None:
    """Count the rows and the links of every component at the place of its label; `a`: a row of each link."""
    for i in range(len(label)):
        rows[label[i]] += np.uint32(1)
    for k in range(len(a)):
        links[label[a[k]]] += np.uint32(1)


def entity_ids(label: I64, content: U64, again: U32, times: I64) -> U8:
    """(n * 16) letters: the id of each row's entity, from the least content of its rows, of the upper row of several.

    `label` is the smallest row number of each entity. Entities of one content are told apart by how many rows of it
    stand above their own: `again` are the rows that have any above them, `times` how many.
    """
    n = len(label)
    first, id_of = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint64)
    _fill_first(label, content, first, id_of)
    entity = label[again]
    chosen = first[entity] == again
    id_of[entity[chosen]] = mix(content[again[chosen]] + times[chosen].astype(np.uint64) * _GOLDEN)
    out = np.empty(2 * n, dtype="<u8")
    each(lambda part: _spell_ids(label[part], id_of, out[2 * part.start :]), parts_of(n))
    return out.view(np.uint8)


@kernel
def _fill_first(label: I64, content: U64, first: U32, id_of: U64) -> None:
    """The row by which each entity is known, and its id, both at the place of the label."""
    n = len(label)
    for row in range(n):
        if row + _SOON < n:
            prefetch(first, label[row + _SOON])
            prefetch(content, label[row + _SOON])
        one = label[row]
        if one == row or content[row] < content[first[one]]:
            first[one] = row
    for row in range(n):
        if label[row] == row:
            id_of[row] = mixed(content[first[row]])


@kernel
def _spell_ids(label: I64, id_of: U64, out: U64) -> None:
    n = len(label)
    for row in range(n):
        if row + _SOON < n:
            prefetch(id_of, label[row + _SOON])
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
