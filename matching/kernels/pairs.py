"""The columns of a table of pairs, filled in one look at each pair and without the interpreter's lock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


@kernel
def pack(a: U32, b: U32, out: U64) -> None:
    """Pairs of rows as one number each, the smaller row in its upper half."""
    for k in range(len(a)):
        out[k] = np.uint64(min(a[k], b[k])) << np.uint64(32) | np.uint64(max(a[k], b[k]))


@kernel
def lay_out(
    packed: U64,
    order: U32,
    cell: U32,
    source: U8,
    row: U32,
    weight: F64,
    probability: F64,
    sources: U8,
    rows: U32,
    weights: F64,
    probabilities: F64,
) -> None:
    """Fill the columns of pairs that are `packed`; pair k has the cell `cell[order[k]]`.

    `source`, `row`: of every row; `weight`, `probability`: of every cell. Of `sources` and `rows` (2, pairs) the first
    row tells of the smaller row of each pair, the second of the larger.
    """
    low = np.uint64(0xFFFFFFFF)
    for k in range(len(packed)):
        left, right, here = packed[k] >> np.uint64(32), packed[k] & low, cell[order[k]]
        sources[0, k], sources[1, k] = source[left], source[right]
        rows[0, k], rows[1, k] = row[left], row[right]
        weights[k], probabilities[k] = weight[here], probability[here]
