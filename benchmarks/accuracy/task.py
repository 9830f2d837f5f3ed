"""What every engine is given: one table of rows, the same candidate pairs, and nothing of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.accuracy.scoring import I64
from blocking.mix import U64
from blocking.pairs import block, first_pass_only, pairs_of

KEY = "lintasan_{k}"
CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """`rows` has one row per record in the order of `truth`; `keys` holds a key per pass and row, 0 = none.

    With `between` (the file of every row) only pairs of rows of different files are candidates.
    """

    rows: pl.DataFrame
    truth: I64
    keys: list[U64]
    between: npt.NDArray[np.int64] | None = None

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns in `table`."""
        return [KEY.format(k=k) for k in range(len(self.keys))]

    def table(self) -> pl.DataFrame:
        """`rows` with their number `baris` and the keys as columns, null where a row has none."""
        keys = [
            pl.Series(name, key).replace(0, None).alias(name)
            for name, key in zip(self.key_names, self.keys, strict=True)
        ]
        return self.rows.with_row_index("baris").with_columns(keys)

    def pairs(self) -> tuple[I64, I64]:
        """The candidate pairs (a < b), each once, ordered."""
        left, right = [], []
        for k, keys in enumerate(self.keys):
            for a, b in pairs_of(block(keys), CHUNK):
                keep = first_pass_only(a, b, self.keys[:k])
                if self.between is not None:
                    keep &= self.between[a] != self.between[b]
                left.append(a[keep])
                right.append(b[keep])
        first, second = np.concatenate(left).astype(np.int64), np.concatenate(right).astype(np.int64)
        order = np.lexsort((second, first))
        return first[order], second[order]
