"""Payment periods as lists write them, turned into a first and a last day."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from sources.dates import MONTH_NUMBER, MONTH_PATTERN

_MONTH = re.compile(rf"\b({MONTH_PATTERN})[a-z]*\b")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)[-/. ]?(0[1-9]|1[0-2])(?:[-/.](\d{1,2}))?(?!\d)")
_REVERSED = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[-/.](20\d\d)(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[-/.](0?[1-9]|1[0-2])[-/.](20\d\d)(?!\d)")
_STAGE = re.compile(r"\b(?:tahap|thp|termin|triwulan|tw|kuartal|q)\W*(?:ke\W*)?([1-4]|iv|i{1,3})\b")
_HALF = re.compile(r"\bsemester\W*(?:ke\W*)?(1|2|i{1,2})\b")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long a stage (tahap) of a programme is, in months: PKH and BPNT pay by quarters."""

    stage_months: int = 3


def _last(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _span(first: tuple[int, int], last: tuple[int, int]) -> tuple[date, date] | None:
    start, end = date(first[0], first[1], 1), _last(*last)
    return (start, end) if start <= end else None


def one(  # noqa: PLR0911 - one return per way of writing a period
    text: str, rhythm: Rhythm | None = None, year: int | None = None
) -> tuple[date, date] | None:
    """First and last day of a period such as `2023-01`, `Januari 2023`, `JAN-FEB 2023`, `Tahap 1 2023`, `202301`.

    `year` is used where the text has none. None where nothing is understood.
    """
    low = " ".join(re.sub(r"[\u00a0_]", " ", text.lower()).split())
    days = [(int(y), int(m)) for _d, m, y in _DAY_FIRST.findall(low)]
    months = (
        days
        or [(int(y), int(m)) for y, m, _d in _ISO.findall(low)]
        or [(int(y), int(m)) for m, y in _REVERSED.findall(low)]
    )
    if months:
        return _span(min(months), max(months))
    years = [int(y) for y in _YEAR.findall(low)]
    when = years[-1] if years else year
    if when is None:
        return None
    named = [MONTH_NUMBER[m] for m in _MONTH.findall(low)]
    if named:
        begin = years[0] if len(years) > 1 else (when - 1 if named[0] > named[-1] else when)
        return _span((begin, named[0]), (when, named[-1]))
    stage, half = _STAGE.search(low), _HALF.search(low)
    if stage:
        number = int(_ROMAN.get(stage.group(1), 0) or stage.group(1))
        long = (rhythm or Rhythm()).stage_months
        if number * long > 12:
            return None
        return _span((when, (number - 1) * long + 1), (when, number * long))
    if half:
        number = int(_ROMAN.get(half.group(1), 0) or half.group(1))
        return _span((when, 1 + 6 * (number - 1)), (when, 6 * number))
    rest = re.sub(r"[^0-9 ]", " ", low).split()
    bare = [int(n) for n in rest if n.isdigit() and 1 <= int(n) <= 12]
    if bare and years and len(rest) <= 3:
        return _span((when, min(bare)), (when, max(bare)))
    if bare and not years and len(rest) == 1:  # a month number beside a column of years
        return _span((when, bare[0]), (when, bare[0]))
    return _span((when, 1), (when, 12)) if years else None


def parse(values: pl.Series, years: pl.Series | None = None, rhythm: Rhythm | None = None) -> pl.DataFrame:
    """Columns `awal`, `akhir` (Date), one row per value of the text column; `years` helps texts without one."""
    frame = pl.DataFrame(
        {"t": values, "y": years if years is not None else pl.Series([None] * len(values), dtype=pl.Int32)}
    )
    distinct = frame.unique().drop_nulls("t")
    found = [one(text, rhythm, year) for text, year in distinct.rows()]
    table = distinct.with_columns(
        pl.Series("awal", [f[0] if f else None for f in found], dtype=pl.Date),
        pl.Series("akhir", [f[1] if f else None for f in found], dtype=pl.Date),
    )
    return frame.join(table, on=["t", "y"], how="left", nulls_equal=True, maintain_order="left").select("awal", "akhir")
