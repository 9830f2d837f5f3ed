"""Keys of all passes, row by row: the values of a row lie side by side, and so do its keys."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, kernel
from blocking.kernels import mixed
from blocking.prefetch import prefetch

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

# What a part of a key is made of: bits of a column, and a table that says what they stand for.
PASS, COLUMN, SHIFT, MASK, NOUGHT, TABLE, BY_ROW = range(7)
_AHEAD: Final = 16  # rows
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # codes are small: the bits of one have to reach those of a key all over
_U1 = np.uint64(1)


@kernel
def _code(rows: I64, parts: I64, p: Scalar, i: Scalar) -> Scalar:
    """The bits of part p in row i, or its place in the table."""
    if parts[p, BY_ROW]:
        return parts[p, TABLE] + i
    code = (rows[i, parts[p, COLUMN]] >> parts[p, SHIFT]) & parts[p, MASK]
    return code if parts[p, TABLE] < 0 else parts[p, TABLE] + code


@kernel
def fill_keys(rows: I64, parts: I64, tables: I64, first: Scalar, last: Scalar, out: U64) -> None:
    """Write the keys of rows `first` to `last` into `out` (n, passes); 0 where a part is not known.

    `parts` stand in the order of their passes. Bits that are NOUGHT are not known.
    """
    for i in range(first, last):
        for k in range(out.shape[1]):
            out[i, k] = np.uint64(k + 2)
        for p in range(len(parts)):
            if parts[p, TABLE] >= 0 and i + _AHEAD < len(rows):
                prefetch(tables, _code(rows, parts, p, i + _AHEAD))
            code = _code(rows, parts, p, i)
            if parts[p, TABLE] >= 0:
                code = tables[code]
            key = out[i, parts[p, PASS]]
            if code == parts[p, NOUGHT] or code == 0 or key == 0:
                out[i, parts[p, PASS]] = 0
            else:
                key = mixed(key ^ (np.uint64(code) * _SPREAD))
                out[i, parts[p, PASS]] = key if key else _U1
