"""Memberships of persons in source families: who stands where twice, who is head, who is shared by two registers.

A membership is a row of the arrays `family`, `person`, `row` (of the records), in the order of family and person. Those
of person p are `of_person[place[p]:place[p + 1]]`, those of family f are `start[f]` to `start[f + 1]`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


@kernel
def mark_strays(
    family: U32, person: U32, start: I64, of_person: U32, place: I64, register: U8, called_head: Bools, out: Bools
) -> None:
    """Mark memberships of persons listed in several families of one register, beside nobody they stand with elsewhere.

    A head, and who is alone in the family, is none.
    """
    for i in range(len(family)):
        f, p = family[i], person[i]
        if start[f + 1] - start[f] == 1 or called_head[i]:
            continue
        twice = False
        known = False
        for a in range(place[p], place[p + 1]):
            g = family[of_person[a]]
            if g == f:
                continue
            twice |= register[g] == register[f]
            for m in range(start[g], start[g + 1]):
                fellow = person[m]
                if fellow != p and not known:
                    for b in range(place[fellow], place[fellow + 1]):
                        known |= family[of_person[b]] == f
        out[i] = twice and not known


@kernel
def find_heads(person: U32, row: U32, start: I64, called_head: Bools, order: I64, head: I64, heads: I64) -> None:
    """Fill `heads` with how many of each family are called head, and `head` with one of them (a person; -1: nobody).

    Of several the first by the `order` of its row, then by the row.
    """
    for f in range(len(head)):
        best = np.int64(-1)
        for i in range(start[f], start[f + 1]):
            if called_head[i]:
                heads[f] += 1
                ahead = best < 0
                if not ahead:
                    here, there = order[row[i]], order[row[best]]
                    ahead = here < there or (here == there and row[i] < row[best])
                if ahead:
                    best = i
        head[f] = np.int64(person[best]) if best >= 0 else -1


@kernel
def pair_memberships(family: U32, person: U32, of_person: U32, place: I64, register: U8, left: U32, right: U32) -> int:
    """Write the pairs of memberships of one person in two registers, `left` in the lower one; returns their number.

    Without room they are only counted.
    """
    n = 0
    for i in range(len(family)):
        for a in range(place[person[i]], place[person[i] + 1]):
            j = of_person[a]
            if register[family[i]] < register[family[j]]:
                if len(left) > 0:
                    left[n], right[n] = i, j
                n += 1
    return n
