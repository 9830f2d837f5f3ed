"""Decisions of people on pairs: a confirmed match or non-match holds, whatever the model and the constraints say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.pairs import Index

CERTAIN = 60.0  # log2 odds of a pair that a person confirmed; far above what evidence reaches


@dataclass(frozen=True, slots=True)
class Decided:
    """Pairs with left < right, ascending: `sama` says whether a person called them one."""

    a: Index
    b: Index
    sama: npt.NDArray[np.bool_]
    pangsa: npt.NDArray[np.float64]  # of a drawn sample: the chance with which the pair was drawn; else 1

    @property
    def key(self) -> npt.NDArray[np.uint64]:
        """One ascending number per pair."""
        return pair_key(self.a, self.b)

    @property
    def apart(self) -> tuple[Index, Index]:
        """The pairs that are two persons."""
        return self.a[~self.sama], self.b[~self.sama]


def pair_key(a: Index, b: Index) -> npt.NDArray[np.uint64]:
    """One number per pair of record numbers."""
    return np.asarray(a.astype(np.uint64) << np.uint64(32) | b.astype(np.uint64), dtype=np.uint64)


def decided(frame: pl.DataFrame | None) -> Decided:
    """From a frame with `kiri`, `kanan` (baris_id, either order), `sama` and, of a sample, `pangsa`.

    Of a pair given twice the last counts.
    """
    if frame is None:
        frame = pl.DataFrame(schema={"kiri": pl.UInt32, "kanan": pl.UInt32, "sama": pl.Boolean})
    frame = (
        frame.select(
            a=pl.min_horizontal("kiri", "kanan").cast(pl.UInt32),
            b=pl.max_horizontal("kiri", "kanan").cast(pl.UInt32),
            sama="sama",
            pangsa=pl.col("pangsa") if "pangsa" in frame.columns else pl.lit(1.0),
        )
        .filter(pl.col("a") != pl.col("b"))
        .unique(["a", "b"], keep="last", maintain_order=True)
        .sort("a", "b")
    )
    return Decided(*(frame[column].to_numpy() for column in ("a", "b", "sama", "pangsa")))


def rows_of(decisions: Decided, a: Index, b: Index) -> npt.NDArray[np.int64]:
    """Where each decided pair stands among the candidate pairs (a, b); -1 where it is none of them."""
    row = np.full(len(decisions.a), -1, dtype=np.int64)
    if len(row) and len(a):
        key = pair_key(a, b)
        order = np.argsort(key, kind="stable")
        place = np.minimum(np.searchsorted(key[order], decisions.key), len(key) - 1)
        hit = key[order[place]] == decisions.key
        row[hit] = order[place[hit]]
    return row
