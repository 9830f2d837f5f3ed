"""Dates as people write them: mixed formats in one column, Excel serials, two-digit years, a year alone.

Distinct values are parsed, never rows: a million birth dates hold some thirty thousand different texts.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

_MONTHS: Final = {
    1: ("januari", "january", "jan"),
    2: ("februari", "pebruari", "february", "feb", "peb"),
    3: ("maret", "march", "mar", "mrt"),
    4: ("april", "apr"),
    5: ("mei", "may"),
    6: ("juni", "june", "jun"),
    7: ("juli", "july", "jul"),
    8: ("agustus", "august", "agust", "ags", "agt", "aug", "agu"),
    9: ("september", "sept", "sep"),
    10: ("oktober", "october", "okt", "oct"),
    11: ("november", "nopember", "nov", "nop"),
    12: ("desember", "december", "des", "dec"),
}
MONTH_NUMBER: Final = {name: number for number, names in _MONTHS.items() for name in names}
MONTH_PATTERN: Final = "|".join(sorted(MONTH_NUMBER, key=lambda n: (-len(n), n)))
_SERIAL_START: Final = date(1899, 12, 30)
_D: Final = r"(?:[/\-. ]\s*)"
_TIME: Final = r"(?:[t ]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?(?:\s*[ap]m)?)?"


def parse(values: pl.Series, newest: date | None = None) -> pl.DataFrame:
    """Columns `tanggal` (Date) and `mutu` (LENGKAP, TAHUN, KOSONG), one row per value of the text column `values`.

    A year alone, or with an impossible day, is stored as 1 July of it. Where day and month cannot be told apart the
    column decides: day first, unless it shows only the other order.
    Two-digit years after `newest` (after 30 when it is not given) are 19xx.
    """
    distinct = values.unique().drop_nulls().alias("asli").to_frame()
    if distinct.height == 0:
        return pl.DataFrame(
            {"tanggal": pl.Series([None] * len(values), dtype=pl.Date), "mutu": pl.Series(["KOSONG"] * len(values))}
        )
    table = _parse_distinct(distinct, newest)
    found = values.alias("asli").to_frame().join(table, on="asli", how="left", maintain_order="left")
    return found.select("tanggal", pl.col("mutu").fill_null("KOSONG"))


def _parse_distinct(distinct: pl.DataFrame, newest: date | None) -> pl.DataFrame:
    text = pl.col("asli").str.replace_all("\u00a0", " ").str.strip_chars(" \t\r\n'`\"").str.to_lowercase()
    frame = distinct.with_columns(
        t=text.str.replace(r"^(?:senin|selasa|rabu|kamis|jumat|jum'at|sabtu|minggu),?\s+", "")
    )
    three = frame.get_column("t").str.extract_groups(rf"^(\d{{1,2}}){_D}(\d{{1,2}}){_D}(\d{{4}}|\d{{2}}){_TIME}$")
    iso = frame.get_column("t").str.extract_groups(rf"^(\d{{4}}){_D}(\d{{1,2}}){_D}(\d{{1,2}}){_TIME}$")
    named = frame.get_column("t").str.extract_groups(
        rf"^(\d{{1,2}})[\s\-/.]*({MONTH_PATTERN})[a-z]*[\s\-/.,]*(\d{{4}}|\d{{2}}){_TIME}$"
    )
    whole = pl.col("t").str.extract(r"^(\d+)(?:[.,]0*)?$", 1)
    frame = frame.with_columns(
        _part(three, 0, "a"), _part(three, 1, "b"), _part(three, 2, "y3"), _long_year(three, "y3_pendek"),
        _part(iso, 0, "yi"), _part(iso, 1, "mi"), _part(iso, 2, "di"),
        _part(named, 0, "dn"), _month(named),
        _part(named, 2, "yn"), _long_year(named, "yn_pendek"),
        whole=whole,
    )  # fmt: skip
    day_first = frame.filter((pl.col("a") > 12) & (pl.col("b") <= 12)).height
    month_first = frame.filter((pl.col("b") > 12) & (pl.col("a") <= 12)).height
    swapped = (pl.col("b") > 12) & (pl.col("a") <= 12)
    if month_first and not day_first:
        swapped = swapped | ((pl.col("a") <= 12) & (pl.col("b") <= 12))
    frame = frame.with_columns(
        d3=pl.when(swapped).then("b").otherwise("a"), m3=pl.when(swapped).then("a").otherwise("b")
    )
    cut = (newest.year if newest else 2030) % 100
    for year, short in (("y3", "y3_pendek"), ("yn", "yn_pendek")):
        full = pl.when(pl.col(year) > cut).then(1900 + pl.col(year)).otherwise(2000 + pl.col(year))
        frame = frame.with_columns(pl.when(pl.col(short)).then(full).otherwise(pl.col(year)).alias(year))
    serial = pl.col("whole").cast(pl.Int32, strict=False)
    eight = pl.col("whole").str.len_chars() == 8
    head, tail = (
        pl.col("whole").str.head(4).cast(pl.Int32, strict=False),
        pl.col("whole").str.tail(4).cast(pl.Int32, strict=False),
    )
    year_like = (pl.lit(1850), pl.lit(2100))
    frame = frame.with_columns(
        full=pl.coalesce(
            _make("y3", "m3", "d3"),
            _make("yi", "mi", "di"),
            _make("yn", "mn", "dn"),
            pl.when(eight & head.is_between(*year_like)).then(pl.col("whole").str.to_date("%Y%m%d", strict=False)),
            pl.when(eight & tail.is_between(*year_like)).then(pl.col("whole").str.to_date("%d%m%Y", strict=False)),
            # A four-digit number is a year, a five-digit one an Excel serial (10000 = 1927-05-18).
            pl.when(serial.is_between(10_000, 60_000))
            .then(pl.lit(_SERIAL_START) + pl.duration(days=serial))
            .cast(pl.Date),
        ),
        year=pl.coalesce(
            pl.when(serial.is_between(1880, 2100)).then(serial),
            # Day or month is zero or impossible (30 February): the year may still be true.
            pl.when(pl.col("y3").is_between(1880, 2100) & ~pl.col("y3_pendek")).then("y3"),
            pl.when(pl.col("yi").is_between(1880, 2100)).then("yi"),
        ),
    )
    only_year = pl.date(pl.col("year"), 7, 1)
    # Zero dates of databases and of Excel stand for "none".
    full = pl.when(~pl.col("full").is_in([date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)])).then("full")
    return frame.select(
        "asli",
        tanggal=pl.coalesce(full, only_year),
        mutu=pl.when(full.is_not_null())
        .then(pl.lit("LENGKAP"))
        .when(only_year.is_not_null())
        .then(pl.lit("TAHUN"))
        .otherwise(pl.lit("KOSONG")),
    )


def _part(groups: pl.Series, index: int, name: str) -> pl.Series:
    return groups.struct.field(str(index + 1)).cast(pl.Int32, strict=False).alias(name)


def _month(groups: pl.Series) -> pl.Series:
    return groups.struct.field("2").replace_strict(MONTH_NUMBER, default=None, return_dtype=pl.Int32).alias("mn")


def _long_year(groups: pl.Series, name: str) -> pl.Series:
    return (groups.struct.field("3").str.len_chars() == 2).alias(name)


def _make(year: str, month: str, day: str) -> pl.Expr:
    good = pl.col(month).is_between(1, 12) & pl.col(day).is_between(1, 31) & pl.col(year).is_between(1850, 2100)
    text = pl.concat_str(
        pl.col(year).cast(pl.String),
        pl.col(month).cast(pl.String).str.zfill(2),
        pl.col(day).cast(pl.String).str.zfill(2),
        separator="-",
    )
    return pl.when(good).then(text).str.to_date("%Y-%m-%d", strict=False)


def from_parts(day: pl.Series, month: pl.Series, year: pl.Series, newest: date | None = None) -> pl.DataFrame:
    """As `parse`, for day, month and year in columns of their own (Regsosek 406)."""
    text = pl.select(
        pl.when(year.is_not_null()).then(
            pl.concat_str(
                day.str.strip_chars().fill_null("0"),
                month.str.strip_chars().fill_null("0"),
                year.str.strip_chars(),
                separator="/",
            )
        )
    ).to_series()
    return parse(text.str.replace_all(r"\.0\b", ""), newest)


def from_age(age: pl.Series, on: date | None) -> pl.Series:
    """1 July of the birth year of somebody of `age` years (text) on a day; null without a day."""
    if on is None:
        return pl.Series([None] * len(age), dtype=pl.Date)
    years = age.str.extract(r"(\d{1,3})", 1).cast(pl.Int32, strict=False)
    # Regsosek 407 writes 98 for 98 and older.
    return pl.select(pl.when(years.is_between(0, 120)).then(pl.date(pl.lit(on.year - years), 7, 1))).to_series()
