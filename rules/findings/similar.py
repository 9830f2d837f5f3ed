"""How alike two written names are, for the few pairs a rule has to judge."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist


def name_similarity(left: str, right: str) -> pl.Expr:
    """Jaro-Winkler (0-1) of two name columns with marks dropped and words sorted; null where a name is missing.

    Where one name is a single word it is also compared with the first word of the other, and the better value counts:
    a second name added later changes nobody. The column is called `kemiripan`.
    """
    both = pl.struct(a=left, b=right)
    return both.map_batches(_similarity, return_dtype=pl.Float64).alias("kemiripan")


def _similarity(pairs: pl.Series) -> pl.Series:
    frame = pairs.struct.unnest()
    if frame.is_empty():
        return pl.Series("kemiripan", [], dtype=pl.Float64)
    # The same two names stand in many lists: each pair is judged once.
    distinct = frame.filter(pl.col("a") != pl.col("b")).unique(maintain_order=True)
    judged = distinct.with_columns(kemiripan=_judged(distinct))
    same = pl.when(pl.col("a") == pl.col("b")).then(1.0)
    found = frame.join(judged, on=["a", "b"], how="left", maintain_order="left")
    return found.select(pl.coalesce("kemiripan", same).alias("kemiripan")).to_series()


def _judged(frame: pl.DataFrame) -> pl.Series:
    def plain(column: str) -> pl.Expr:
        letters = pl.col(column).str.to_uppercase().str.replace_all(r"\(.*?\)|[^A-Z ]", " ")
        return letters.str.replace_all(r"\b(BIN|BINTI|HJ|H|KH|DR|DRS|DRA|IR|ALM|ALMH)\b", " ")

    def sorted_words(column: str) -> pl.Expr:
        return plain(column).str.extract_all(r"[A-Z]+").list.sort().list.join(" ").fill_null("")

    def first_word(column: str) -> pl.Expr:
        return plain(column).str.extract(r"([A-Z]{3,})").fill_null("")

    both = frame.select(
        a=sorted_words("a"), b=sorted_words("b"), c=first_word("a"), d=first_word("b"),
        known=pl.col("a").is_not_null() & pl.col("b").is_not_null(),
    )  # fmt: skip
    whole = cpdist(both["a"].to_list(), both["b"].to_list(), scorer=JaroWinkler.similarity)
    first = cpdist(both["c"].to_list(), both["d"].to_list(), scorer=JaroWinkler.similarity)
    best = pl.Series(np.maximum(whole, np.where((both["c"] != "").to_numpy(), first, 0)).astype(np.float64))
    return both.select(pl.when("known").then(best)).to_series()


def digits_apart(left: str, right: str, width: int = 16) -> pl.Expr:
    """Number of places in which two digit strings of `width` differ (UInt32)."""
    return pl.sum_horizontal(
        (pl.col(left).str.slice(i, 1) != pl.col(right).str.slice(i, 1)).cast(pl.UInt32) for i in range(width)
    )
