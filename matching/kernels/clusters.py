"""Groups of rows grown link by link, and the ids of the entities that came of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, each, kernel, parts_of
from blocking.kernels import mixed
from blocking.prefetch import prefetch
from matching.closure import root

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SOON = 24  # rows
PIECE = 1 << 30  # bytes; a view holds 31 bits of where its text begins


@kernel
def lone(a: U32, b: U32, links: U8, label: U32, rest: U32) -> Scalar:
    """Label the two rows of every link that no other link meets; number the others in `rest` and say how many.

    `links`: one 0 per row; it ends with the links of each row, two standing for any more. `label` starts as the numbers
    of the rows.
    """
    two = np.uint8(2)
    for k in range(len(a)):
        links[a[k]] = min(links[a[k]] + np.uint8(1), two)
        links[b[k]] = min(links[b[k]] + np.uint8(1), two)
    found = 0
    for k in range(len(a)):
        if links[a[k]] == 1 and links[b[k]] == 1:
            label[max(a[k], b[k])] = min(a[k], b[k])
        else:
            rest[found] = k
            found += 1
    return found


@kernel
def unite(a: U32, b: U32, edge: U32, label: U32) -> None:
    """Follow the links `edge`; the label of every row they meet becomes the smallest row of its component."""
    for e in edge:
        x, y = root(label, a[e]), root(label, b[e])
        label[max(x, y)] = min(x, y)
    for e in edge:
        label[a[e]], label[b[e]] = root(label, a[e]), root(label, b[e])


@kernel
def rows_of(a: U32, b: U32, edge: U32, links: U8, out: U32) -> Scalar:
    """Write the rows that the links `edge` meet, each once, and say how many; their `links` are 0 afterwards."""
    found = 0
    for e in edge:
        for row in (a[e], b[e]):
            if links[row]:
                links[row] = 0
                out[found] = row
                found += 1
    return found


@kernel
def count_entities(label: U32, several: Bools) -> tuple[int, int]:
    """How many labels there are, and how many of more than one row; `several`: one False per row."""
    n = len(label)
    alone = more = 0
    for row in range(n):
        if label[row] == row:
            alone += 1
        elif not several[label[row]]:
            several[label[row]] = True
            more += 1
    return alone, more


@kernel
def grow(
    order: U32,
    start: I64,
    stop: I64,
    said: F64,
    most_rows: Scalar,
    edge: U32,
    first_edge: I64,
    a: U32,
    b: U32,
    weight: F64,
    content: U64,
    cap: Scalar,
    side: U8,
    cut: Bools,
    local: U32,
    group_room: I64,
    between_room: F64,
) -> None:
    """Take the links of each component from the strongest down and mark in `cut` those that join what must stay apart.

    Component k is `order[start[k]:stop[k]]`, its links are `edge[first_edge[k]:first_edge[k + 1]]`, which are sorted.
    Two groups stay apart whose rows taken together speak against each other: `said` holds what every pair of
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
        links = edge[first_edge[k] : first_edge[k + 1]]
        _strongest_first(links, a, b, weight, content)
        whole = m <= most_rows
        if whole:
            for x in range(m):
                between[x, x] = 0.0
            for x in range(m):
                for y in range(x + 1, m):
                    value = min(max(said[at], -cap), cap)
                    between[x, y] = between[y, x] = value
                    at += 1
            for e in links:
                x, y = local[a[e]], local[b[e]]
                between[x, y] = between[y, x] = min(weight[e], cap)
        for e in links:
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
def _strongest_first(edge: U32, a: U32, b: U32, weight: F64, content: U64) -> None:
    """Shell sort: most components have two links."""
    step = len(edge) // 2
    while step > 0:
        for k in range(step, len(edge)):
            one, place = edge[k], k
            while place >= step and _stronger(one, edge[place - step], a, b, weight, content):
                edge[place] = edge[place - step]
                place -= step
            edge[place] = one
        step = 1 if step == 2 else step * 5 // 11


@kernel
def _stronger(one: Scalar, two: Scalar, a: U32, b: U32, weight: F64, content: U64) -> Scalar:
    """Whether a link comes before another: by weight, then by the contents of its rows, of equal ones by the rows."""
    if weight[one] != weight[two]:
        return weight[one] > weight[two]
    first = _by_content(a[one], b[one], content)
    second = _by_content(a[two], b[two], content)
    if first[0] != second[0]:
        return _by_content(first[0], second[0], content)[0] == first[0]
    return first[1] != second[1] and _by_content(first[1], second[1], content)[0] == first[1]


@kernel
def _by_content(x: Scalar, y: Scalar, content: U64) -> tuple[Scalar, Scalar]:
    """Two rows in the order of their contents, of equal ones in their own."""
    if content[y] < content[x] or (content[y] == content[x] and y < x):
        return y, x
    return x, y


@kernel
def _share_list(order: U32, start: Scalar, group: I64, side: U8, x: Scalar, y: Scalar) -> Scalar:
    """Whether two groups both hold a row of one list. Groups of a clean list are small: one row of each list."""
    for z in range(len(group)):
        if group[z] == x:
            for w in range(len(group)):
                if group[w] == y and side[order[start + z]] == side[order[start + w]]:
                    return True
    return False


def entity_ids(label: U32, content: U64, again: U32, times: I64) -> tuple[U8, U64]:
    """(n * 16) letters and (n * 2) views of them: the id of each row's entity, from the least content of its rows.

    `label` is the smallest row number of each entity. Of several rows of the least content the upper one counts.
    Entities of one content are told apart by how many rows of it stand above their own: `again` are the rows that have
    any above them, `times` how many. A view is a text as Arrow knows it; each piece of `PIECE` letters is a buffer.
    """
    n = len(label)
    first, least = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint64)
    _fill_least(label, content, first, least)
    entity = label[again]
    chosen = first[entity] == again
    least[entity[chosen]] = content[again[chosen]] + times[chosen].astype(np.uint64) * _GOLDEN
    out, views = np.empty(2 * n, dtype="<u8"), np.empty(2 * n, dtype="<u8")
    each(lambda part: _spell_ids(label, least, part.start, part.stop, out, views), parts_of(n))
    return out.view(np.uint8), views


@kernel
def _fill_least(label: U32, content: U64, first: U32, least: U64) -> None:
    """The row by which each entity is known, and its content, both at the place of the label."""
    n = len(label)
    for row in range(n):
        if row + _SOON < n:
            prefetch(least, label[row + _SOON])
        one = label[row]
        if one == row or content[row] < least[one]:
            first[one] = row
            least[one] = content[row]


@kernel
def _spell_ids(label: U32, least: U64, start: Scalar, stop: Scalar, out: U64, views: U64) -> None:
    """The ids of the rows `start` to `stop`: the mix of their contents in hexadecimal digits."""
    half, piece = np.uint64(32), np.uint64(PIECE)
    for row in range(start, stop):
        if row + _SOON < stop:
            prefetch(least, label[row + _SOON])
        value = mixed(least[label[row]])
        out[2 * row] = _spelled(value >> half)
        out[2 * row + 1] = _spelled(value & np.uint64(0xFFFFFFFF))
        place = np.uint64(16 * row)
        views[2 * row] = out[2 * row] << half | np.uint64(16)  # how long it is, and its first four letters
        views[2 * row + 1] = place % piece << half | place // piece


@kernel
def _spelled(x: Scalar) -> Scalar:
    """Eight hexadecimal digits of 32 bits as letters, the highest in the lowest byte."""
    x = (x << np.uint64(32) | x >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    x = (x << np.uint64(16) | x >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    x = (x << np.uint64(8) | x >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    above_nine = ((x + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    return x + np.uint64(0x3030303030303030) + above_nine * np.uint64(39)
