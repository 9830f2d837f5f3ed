"""How the text of a column is cleaned: the steps of a specification on whole columns.

Nothing here is fast, so it is run on the distinct values of a column (`matching.generic.coding`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from matching.generic.spec import Column

_STEPS = {
    "accents": lambda e: e.str.normalize("NFKD").str.replace_all(r"\p{M}", ""),
    "lower": lambda e: e.str.to_lowercase(),
    "upper": lambda e: e.str.to_uppercase(),
    "letters": lambda e: e.str.replace_all(r"[^\p{L} ]", " "),
    "digits": lambda e: e.str.replace_all(r"[^0-9]", ""),
    "alnum": lambda e: e.str.replace_all(r"[^\p{L}0-9 ]", " "),
    "collapse": lambda e: e.str.replace_all(r"\s+", " ").str.strip_chars(" "),
    "no_blanks": lambda e: e.str.replace_all(r"\s+", ""),
    "leading_zeros": lambda e: e.str.strip_chars_start("0"),
}


def clean(values: pl.Series, column: Column) -> pl.Series:
    """`values` after the cleaning steps of `column`; what means "not known", or cannot be read, is null."""
    name = values.name
    text = pl.col(name).str.strip_chars()
    frame = values.to_frame().with_columns(text)
    nulls = [one.strip().lower() for one in column.null]
    if nulls:
        frame = frame.with_columns(
            pl.when(~pl.col(name).str.to_lowercase().is_in(nulls)).then(pl.col(name)).alias(name)
        )
    for step in column.clean:
        if step == "indonesian_name":
            from rules.names import add_name_columns

            named = add_name_columns(frame, name, "_", sex=None, region=None)
            frame = named.select(pl.col("_kunci").alias(name))
        else:
            frame = frame.with_columns(_STEPS[step](pl.col(name)).alias(name))
    frame = frame.with_columns(pl.col(name).str.strip_chars())
    if column.words:
        swap = pl.col(name).str.split(" ").list.eval(pl.element().replace(column.words)).list.join(" ")
        frame = frame.with_columns(swap.str.replace_all(" +", " ").str.strip_chars(" ").alias(name))
    if column.kind == "digits":
        frame = frame.with_columns(pl.col(name).str.replace_all(r"[^0-9]", ""))
    if column.kind == "number":
        frame = frame.with_columns(pl.col(name).cast(pl.Float64, strict=False).cast(pl.String))
    if column.kind == "date":
        frame = frame.select(_date(pl.col(name), column.formats).alias(name))
    return frame.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)).to_series()


def _date(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """yyyy-mm-dd, taken part by part: a miswritten month 99 is kept, because it is evidence of what was written."""
    text = text.str.replace(r"[T ]+\d{1,2}:\d{2}.*$", "")  # a spreadsheet adds a time of day
    found = []
    for form in formats:
        # Parts that touch must have their full width.
        touching = re.search(r"%[Ymd]%[Ymd]", form) is not None
        width = "{2}" if touching else "{1,2}"
        pattern, order = "^", []
        for piece in re.findall(r"%[Ymd]|[^%]", form):
            if piece.startswith("%"):
                order.append(piece[1])
                pattern += r"([0-9]{4})" if piece == "%Y" else rf"([0-9]{width})"
            else:
                pattern += re.escape(piece)
        part = {sign: text.str.extract(pattern + "$", k + 1) for k, sign in enumerate(order)}
        none = pl.when(part["Y"].is_not_null()).then(pl.lit("00"))
        found.append(
            pl.concat_str(
                part["Y"],
                part.get("m", none).str.zfill(2),
                part.get("d", none).str.zfill(2),
                separator="-",
            )
        )
    return pl.coalesce(found)
