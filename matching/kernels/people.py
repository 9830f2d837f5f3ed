"""Of the rows of each person the one whose value is taken. `label` names a person by its smallest row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


def first_rows(label: U32, rank: U64, usable: Bools) -> I64:
    """(n,) at each label the usable row of the lowest rank, the first of equals; -1 where the person has none."""
    out = np.full(len(label), -1)
    _first_rows(label, rank, usable, out)
    return out


@kernel
def _first_rows(label: U32, rank: U64, usable: Bools, out: I64) -> None:
    for i in range(len(label)):
        if usable[i]:
            best = out[label[i]]
            if best < 0 or rank[i] < rank[best]:
                out[label[i]] = i


def gathered_bits(group: U32, bits: U64, n: int) -> U64:
    """(n,) all bits of the members of each group."""
    out = np.zeros(n, dtype=np.uint64)
    _gather_bits(group, bits, out)
    return out


@kernel
def _gather_bits(group: U32, bits: U64, out: U64) -> None:
    for i in range(len(group)):
        out[group[i]] |= bits[i]


def commonest_rows(label: U32, late: Bools, rank: U64, code: I64, usable: Bools) -> I64:
    """As `first_rows`, but rows that are not `late` go first, then those whose code most rows of the person have."""
    n = len(label)
    out = np.full(n, -1)
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(label[usable], minlength=n), out=start[1:])
    member = np.empty(start[n], dtype=np.int64)
    _commonest_rows(label, late, rank, code, usable, start, start[:n].copy(), member, out)
    return out


@kernel
def _commonest_rows(
    label: U32, late: Bools, rank: U64, code: I64, usable: Bools, start: I64, filled: I64, member: I64, out: I64
) -> None:
    n = len(label)
    for i in range(n):
        if usable[i]:
            member[filled[label[i]]] = i
            filled[label[i]] += 1
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
