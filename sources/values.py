"""Cleaning of single values: text, numbers, RT/RW, money. Columns go in as written text and come out typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import polars as pl

_BLANKS: Final = "[\\s\u00a0\u200b\u200c\u200d\u2007\u202f\u2060\ufeff]+"
_DIRTY: Final = '[\u00a0\u200b\u200c\u200d\u2007\u202f\u2060\ufeff\t\r\n]|  |^[ \'`"]|[ "]$|_x000D_'
_NOT_PLAIN: Final = "[^ -`{-~]|" + _DIRTY  # what this finds nowhere is tidy and in capitals: one look instead of two
# All that the tidying of a dirty column can change; wider than what calls for it.
_TOUCHED: Final = '[\\s--\\x20]|[\u00a0\u200b\u200c\u200d\u2007\u202f\u2060\ufeff]|  |^[ \'`"]|[ "`]$|_x000D_'
# Words that mean "nothing"; met in village systems and hand-outs.
NULL_WORDS: Final = (
    "", "-", "--", "---", "–", "—", ".", "?", "*", "NULL", "NONE", "NAN", "N/A", "#N/A", "NA", "#REF!", "#VALUE!",
    "NIHIL", "TIDAK ADA", "TDK ADA", "TIDAK TAHU", "TDK TAHU", "TDK TH", "KOSONG", "BELUM ADA", "TANPA KETERANGAN",
    "0", "00", "000", "99", "XX", "X", "UNDEFINED",
)  # fmt: skip


_PROBE: Final = 5_000  # rows by which a column is known to repeat itself; shorter columns are not worth the look
_REPEATS: Final = 4  # from so many rows per value on, distinct values are worked on instead of rows


def on_distinct(values: pl.Series, function: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`function(values)`, worked out once per distinct value where the values of a column repeat (villages, codes).

    `function` must judge each value by itself, or by what values the column holds, never by how often.
    """
    probe = values.head(_PROBE)
    if len(values) <= _PROBE or probe.n_unique() * _REPEATS > _PROBE:
        return function(values)
    distinct = values.unique()
    if len(distinct) * _REPEATS > len(values):
        return function(values)
    found = function(distinct)
    if found.dtype == values.dtype and found.equals(distinct):  # as most columns are: nothing to put back
        return values.alias(found.name)
    return values.replace_strict(distinct, found, default=None, return_dtype=found.dtype).alias(found.name)


def text(values: pl.Series) -> pl.Series:
    """Upper case, blanks of every kind collapsed, stray quotes and null words gone."""
    return values if values.null_count() == len(values) else on_distinct(values, _text)


def _text(values: pl.Series) -> pl.Series:
    name = values.name
    plain = not values.str.contains(_NOT_PLAIN).any()
    if not plain and values.str.contains(_DIRTY).any():
        rows = values.str.contains(_TOUCHED).arg_true()
        tidy = values.gather(rows)
        tidy = (
            tidy.str.replace_all("_x000D_", " ", literal=True)  # a line break as some xlsx writers leave it
            .str.replace_all(_BLANKS, " ")
            .str.strip_chars(" `")
            .str.replace(r'^"([^"]*)"$', "$1")
            .str.strip_chars_start("'")
            .str.strip_chars(" ")
        )
        values = values.clone().scatter(rows, tidy)
    upper = values if plain else values.str.to_uppercase()
    nothing = upper.is_in(list(NULL_WORDS))
    return pl.select(pl.when(~nothing).then(upper)).to_series().alias(name)


def ident(values: pl.Series) -> pl.Series:
    """An id that is no NIK or KK (family id, member id, card number): marks around it gone, `.0` tail gone.

    Scientific notation is left as it is: the digits it hides are lost. Zeros only count as no value.
    """
    return on_distinct(values, _ident)


_PLAIN_IDENT: Final = r"^[1-9]\d{5,}$"


def _ident(values: pl.Series) -> pl.Series:
    """Nearly every id is digits and nothing else; what is not is looked at."""
    odd = (~values.str.contains(_PLAIN_IDENT)).arg_true()
    return values.clone().scatter(odd, _odd_ident(values.gather(odd))) if len(odd) < len(values) else _odd_ident(values)


def _odd_ident(values: pl.Series) -> pl.Series:
    tidy = (
        values.str.replace_all("[\\s\u00a0\u200b\u2060\ufeff'`\"=]+", "")
        .str.replace(r"^(\d{6,})[.,]0{1,2}$", "$1")
        .str.to_uppercase()
    )
    nothing = tidy.is_in([*NULL_WORDS, "TIDAKADA", "TDKADA"]) | tidy.str.contains(r"^0+$")
    return pl.select(pl.when(~nothing).then(tidy)).to_series().alias(values.name)


def whole(values: pl.Series, most: int = 65_535) -> pl.Series:
    """A whole number out of text such as `7`, `07`, `7.0`, `7 orang`; out of range becomes null."""
    return on_distinct(values, partial(_whole, most=most))


def _whole(values: pl.Series, most: int) -> pl.Series:
    number = values.str.extract(r"(\d+)", 1).cast(pl.Int64, strict=False)
    return pl.select(pl.when(number.is_between(0, most)).then(number)).to_series().alias(values.name)


def decile(values: pl.Series) -> pl.Series:
    """1 to 10 out of `3`, `Desil 3`, `D03`, `3.0`; anything else becomes null."""
    return on_distinct(values, _decile)


def _decile(values: pl.Series) -> pl.Series:
    number = whole(values)
    return pl.select(pl.when(number.is_between(1, 10)).then(number)).to_series().cast(pl.UInt8)


def decile_of_percentile(values: pl.Series) -> pl.Series:
    """BDT ranks households by percentile: 1-10 is the first decile."""
    return on_distinct(values, _decile_of_percentile)


def _decile_of_percentile(values: pl.Series) -> pl.Series:
    number = (
        values.str.replace(",", ".", literal=True).str.extract(r"(\d+(?:\.\d+)?)", 1).cast(pl.Float64, strict=False)
    )
    return pl.select(pl.when(number.is_between(0.0001, 100)).then((number / 10).ceil())).to_series().cast(pl.UInt8)


def three_digits(values: pl.Series) -> pl.Series:
    """RT or RW as three digits: `7`, `07`, `RT.007`, `7.0`; zero and 99 mean none."""
    return on_distinct(values, _three_digits)


def _three_digits(values: pl.Series) -> pl.Series:
    number = values.str.extract(r"(\d{1,3})", 1)
    number = pl.select(pl.when(~number.str.contains(r"^(?:0+|0?99|999)$")).then(number.str.zfill(3))).to_series()
    return number.alias(values.name)


_RT_RW: Final = (
    r"(?i)\bRT\.?\s*/\s*RW\.?\s*[:.]?\s*0*(\d{1,3})\s*[-/ ]\s*0*(\d{1,3})",  # RT/RW 7-3
    r"(?i)\bRT\s*[:.]?\s*0*(\d{1,3})\s*[,/ ]*\s*RW\s*[:.]?\s*0*(\d{1,3})",  # RT 007 RW 003, RT.07/RW.03
    r"(?i)\bRT\s*[:.]?\s*0*(\d{1,3})\s*/\s*0*(\d{1,3})",  # RT.07/03
)
_BARE_RT_RW: Final = r"^\s*0*(\d{1,3})\s*[-/]\s*0*(\d{1,3})\s*$"


def rt_rw(values: pl.Series, *, bare: bool = False) -> pl.DataFrame:
    """Columns `rt`, `rw` found inside text; `bare` also reads `007/003` (a column of its own, not an address)."""
    patterns = [*_RT_RW, _BARE_RT_RW] if bare else _RT_RW
    if not bare and not on_distinct(values, lambda distinct: distinct.str.contains(r"(?i)\bRT\b")).any():
        return pl.DataFrame(
            {
                "rt": pl.Series([None] * len(values), dtype=pl.String),
                "rw": pl.Series([None] * len(values), dtype=pl.String),
            }
        )

    def part(group: int) -> pl.Series:
        return on_distinct(values, partial(_first_match, patterns=patterns, group=group))

    parts = [part(1), part(2)]
    if parts[0].null_count():
        lone = on_distinct(values, lambda distinct: distinct.str.extract(r"(?i)\bRT\s*[:.]?\s*0*(\d{1,3})\b", 1))
        parts[0] = pl.select(pl.coalesce(parts[0], lone)).to_series()
    return pl.DataFrame({"rt": three_digits(parts[0]), "rw": three_digits(parts[1])})


def _first_match(values: pl.Series, patterns: Sequence[str], group: int) -> pl.Series:
    column = pl.col("t")
    return values.to_frame("t").select(pl.coalesce([column.str.extract(p, group) for p in patterns])).to_series()


def rupiah(values: pl.Series) -> pl.Series:
    """Whole rupiah out of `1.500.000`, `Rp 200.000,00`, `200000.00`, `1,500,000`, `600 ribu`; null when unreadable."""
    return on_distinct(values, _rupiah)


def _rupiah(values: pl.Series) -> pl.Series:
    plain = values.str.to_lowercase().str.replace_all(r"rp\.?|idr|[\s\u00a0]|,-+$|\.-+$", "")
    factor = (
        pl.when(plain.str.contains(r"(?:ribu|rb)$"))
        .then(1_000)
        .when(plain.str.contains(r"(?:juta|jt)$"))
        .then(1_000_000)
        .otherwise(1)
    )
    digits = plain.str.replace(r"(?:ribu|rb|juta|jt)$", "")
    cents = digits.str.replace(r"[.,]\d{1,2}$", "").str.replace_all(r"[.,]", "")
    number = cents.cast(pl.Int64, strict=False)
    broken = pl.select(
        pl.when(factor > 1)
        .then(
            (digits.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False) * factor).round(0).cast(pl.Int64)
        )
        .otherwise(number)
    )
    return broken.to_series().alias(values.name)


def text_keep(values: pl.Series) -> pl.Series:
    """As `text`, but codes such as 0 and 99 are kept: they mean something in a code list."""
    return on_distinct(values, _text_keep)


def _text_keep(values: pl.Series) -> pl.Series:
    cleaned = values.str.replace_all(_BLANKS, " ").str.strip_chars(" '`\"").str.to_uppercase()
    nothing = cleaned.is_in(
        [word for word in NULL_WORDS if not word.isdigit() and word not in ("X", "TIDAK ADA", "BELUM ADA", "?")]
    )
    return pl.select(pl.when(~nothing).then(cleaned)).to_series().alias(values.name)
