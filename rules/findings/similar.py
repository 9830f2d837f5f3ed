"""How alike two written names are, for the few pairs a rule has to judge."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist


def name_similarity(frame: pl.DataFrame, left: str, right: str) -> pl.Series:
    """Jaro-Winkler (0-1) of two name columns with marks dropped and words sorted; null where a name is missing.

    Where one name is a single word it is also compared with the first word of the other, and the better value counts:
    a second name added later changes nobody.
    """
    if frame.is_empty():
        return pl.Series("kemiripan", [], dtype=pl.Float64)

    def plain(column: str) -> pl.Expr:
        letters = pl.col(column).str.to_uppercase().str.replace_all(r"\(.*?\)|[^A-Z ]", " ")
        return letters.str.replace_all(r"\b(BIN|BINTI|HJ|H|KH|DR|DRS|DRA|IR|ALM|ALMH)\b", " ")

    def sorted_words(column: str) -> pl.Expr:
        return plain(column).str.extract_all(r"[A-Z]+").list.sort().list.join(" ").fill_null("")

    def first_word(column: str) -> pl.Expr:
        return plain(column).str.extract(r"([A-Z]{3,})").fill_null("")

    both = frame.select(
        a=sorted_words(left), b=sorted_words(right), c=first_word(left), d=first_word(right),
        known=pl.col(left).is_not_null() & pl.col(right).is_not_null(),
    )  # fmt: skip
    whole = cpdist(both["a"].to_list(), both["b"].to_list(), scorer=JaroWinkler.similarity)
    first = cpdist(both["c"].to_list(), both["d"].to_list(), scorer=JaroWinkler.similarity)
    best = pl.Series(
        "kemiripan", np.maximum(whole, np.where((both["c"] != "").to_numpy(), first, 0)).astype(np.float64)
    )
    return both.select(pl.when("known").then(best).alias("kemiripan")).to_series()


def digits_apart(left: str, right: str, width: int = 16) -> pl.Expr:
    """Number of places in which two digit strings of `width` differ (UInt32)."""
    return pl.sum_horizontal(
        (pl.col(left).str.slice(i, 1) != pl.col(right).str.slice(i, 1)).cast(pl.UInt32) for i in range(width)
    )
