"""Of the rows of each person the one whose value is taken. `label` names a person by its smallest row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


@kernel
def first_rows(label: U32, rank: U64, usable: Bools) -> I64:
    """(n,) at each label the usable row of the lowest rank, the first of equals; -1 where the person has none."""
    out = np.full(len(label), -1)
    for i in range(len(label)):
        if usable[i]:
            best = out[label[i]]
            if best < 0 or rank[i] < rank[best]:
                out[label[i]] = i
    return out


@kernel
def commonest_rows(label: U32, late: Bools, rank: U64, code: I64, usable: Bools) -> I64:
    """As `first_rows`, but rows that are not `late` go first, then those whose code most rows of the person have."""
    n = len(label)
    start = np.zeros(n + 1, dtype=np.int64)
    for i in range(n):
        if usable[i]:
            start[label[i] + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    member = np.empty(start[n], dtype=np.int64)
    filled = start[:n].copy()
    for i in range(n):
        if usable[i]:
            member[filled[label[i]]] = i
            filled[label[i]] += 1
    out = np.full(n, -1)
    for k in range(n):
        most = 0
        for x in range(start[k], start[k + 1]):
            i = member[x]
            times = 0
            for y in range(start[k], start[k + 1]):
                times += code[member[y]] == code[i]
            best = out[k]
            if best < 0 or late[i] < late[best]:
                ahead = True
            elif late[i] > late[best] or times < most:
                ahead = False
            else:
                ahead = times > most or rank[i] < rank[best]
            if ahead:
                out[k], most = i, times
    return out
