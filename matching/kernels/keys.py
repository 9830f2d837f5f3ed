"""Keys of all passes, row by row: the values of a row lie side by side, and so do its keys."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.jit import Scalar, inlined, kernel
from blocking.kernels import mixed
from blocking.prefetch import prefetch

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

# What a part of a key is made of: bits of a column, and a table that says what they stand for.
PASS, COLUMN, SHIFT, MASK, NOUGHT, TABLE, BY_ROW = range(7)
_BATCH: Final = 256  # rows: they and their keys fit into the nearest cache
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # codes are small: the bits of one have to reach those of a key all over


@kernel
def fill_keys(rows: I64, parts: I64, tables: I64, first: Scalar, last: Scalar, keys: U64, together: U64) -> None:
    """Write the keys of rows `first` to `last` into `keys` (passes, n) and, side by side, into `together` (n, passes).

    A key is 0 where a part is not known; bits that are NOUGHT are not. `parts` stand in the order of their passes.
    """
    for begin in range(first, last, _BATCH):
        end = min(begin + _BATCH, last)
        for k in range(len(keys)):
            for i in range(begin, end):
                keys[k, i] = np.uint64(k + 2)
        for p in range(len(parts)):
            _add(rows, parts, p, tables, begin, end, keys)
        for i in range(begin, end):
            for k in range(len(keys)):
                together[i, k] = keys[k, i]
            for k in range(len(keys), together.shape[1]):
                together[i, k] = 0


@inlined
def _add(rows: I64, parts: I64, p: Scalar, tables: I64, begin: Scalar, end: Scalar, keys: U64) -> None:
    """Mix part p into the keys of rows `begin` to `end`."""
    number, column, nought = parts[p, PASS], parts[p, COLUMN], parts[p, NOUGHT]
    shift, mask, table = parts[p, SHIFT], parts[p, MASK], parts[p, TABLE]
    if table < 0:
        for i in range(begin, end):
            keys[number, i] = _with(keys[number, i], (rows[i, column] >> shift) & mask, nought)
    elif parts[p, BY_ROW]:
        for i in range(begin, end):
            keys[number, i] = _with(keys[number, i], tables[table + i], nought)
    else:
        for i in range(begin, end):
            prefetch(tables, table + ((rows[i, column] >> shift) & mask))
        for i in range(begin, end):
            keys[number, i] = _with(keys[number, i], tables[table + ((rows[i, column] >> shift) & mask)], nought)


@inlined
def _with(key: Scalar, code: Scalar, nought: Scalar) -> Scalar:
    """A key with a code mixed into it."""
    made = mixed(key ^ (np.uint64(code) * _SPREAD))
    made |= np.uint64(made == 0)
    # A product for a branch, which would be guessed wrong and done one by one.
    return made * np.uint64((code != nought) & (code != 0) & (key != 0))
