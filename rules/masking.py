"""Masking of ids: a NIK can be rebuilt from kecamatan, sex and birth date, so only its last two digits may show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_LONG_DIGITS = re.compile(r"\d{9,}")


def mask_id(value: str | None) -> str:
    """`"3201014101900001"` becomes `"••••••••••••••01"`; the length stays visible, null becomes an empty string."""
    if not value:
        return ""
    return "•" * max(len(value) - 2, 0) + value[-2:]


def mask_expr(column: pl.Expr) -> pl.Expr:
    """Vectorised `mask_id` for a string column; null stays null."""
    import polars as pl

    hidden = (column.str.len_chars().cast(pl.Int64) - 2).clip(lower_bound=0)
    return pl.lit("•").repeat_by(hidden).list.join("") + column.str.tail(2)


def mask_text(text: str) -> str:
    """Mask every run of nine or more digits inside free text (log lines, error messages)."""
    return _LONG_DIGITS.sub(lambda found: mask_id(found.group()), text)
