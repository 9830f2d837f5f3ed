"""How alike two written names are, for the few pairs a rule has to judge."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from rules.lists import ascending

_TITLE: Final = r"\b(BIN|BINTI|HJ|H|KH|DR|DRS|DRA|IR|ALM|ALMH)\b"
_ODD: Final = rf"[^A-Z ]|{_TITLE}|  |^ | $"


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
    (a, first_a), (b, first_b) = (_words(frame.get_column(name)) for name in ("a", "b"))
    whole = cpdist(a.to_list(), b.to_list(), scorer=JaroWinkler.similarity)
    first = cpdist(first_a.to_list(), first_b.to_list(), scorer=JaroWinkler.similarity)
    best = pl.Series(np.maximum(whole, np.where((first_a != "").to_numpy(), first, 0)).astype(np.float64))
    known = pl.col("a").is_not_null() & pl.col("b").is_not_null()
    return frame.select(pl.when(known).then(best)).to_series()


def _words(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The words of each name in alphabetical order, and its first word of three letters or more; "" for none."""
    # Nearly every name is capitals and single blanks: only the others are mended.
    odd = names.str.contains(_ODD).fill_null(value=True).arg_true()
    mended = names.gather(odd).str.to_uppercase().str.replace_all(r"\(.*?\)|[^A-Z ]", " ").str.replace_all(_TITLE, " ")
    mended = mended.str.replace_all(" +", " ").str.strip_chars(" ").fill_null("")
    plain = names.clone().scatter(odd, mended)
    words = plain.str.splitn(" ", 2).struct.unnest()
    first, rest = words.get_columns()
    short = (first.str.len_bytes() < 3).arg_true()
    first = first.scatter(short, plain.gather(short).str.extract(r"([A-Z]{3,})").fill_null(""))
    # Two words are exchanged where they must be; lists are made, and sorted, of the names with more.
    one, two = pl.col(words.columns[0]), pl.col(words.columns[1])
    ordered = words.select(pl.when(two < one).then(two + " " + one).otherwise(plain)).to_series()
    more = rest.str.contains(" ", literal=True).fill_null(value=False).arg_true()
    sorted_words = ascending(plain.gather(more).str.split(" ")).list.join(" ")
    return ordered.scatter(more, sorted_words), first


def digits_apart(left: str, right: str, width: int = 16) -> pl.Expr:
    """Number of places in which two digit strings of `width` differ (UInt32)."""
    return pl.sum_horizontal(
        (pl.col(left).str.slice(i, 1) != pl.col(right).str.slice(i, 1)).cast(pl.UInt32) for i in range(width)
    )
