"""A column of text -> integers (`Coded`): numbered by distinct value, cleaned once per distinct value, packed.

What a kernel can do on ASCII letters it does; the rest is the work of `matching.generic.cleaning`, with one result.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.mix import U64
from matching.generic.arrow import chunks
from matching.generic.cleaning import clean
from matching.generic.columns import LONG, Coded, Texts
from matching.generic.spec import Column
from matching.kernels.coding import STEPS, clean_texts, factor, foreign, look_up, pack_digits
from matching.kernels.conditions import TEXT

I64 = npt.NDArray[np.int64]
_DAYS: Final = 1_000_000  # dates within so many days of each other are looked up in a table
_HARMLESS: Final = frozenset({"lower", "upper", "digits", "no_blanks", "collapse", "alnum"})  # to the digits of a value
_NO_FLAGS: Final = np.zeros(0, dtype=np.bool_)
_NO_MIXES: Final = np.zeros(0, dtype=np.uint64)


def coded(name: str, values: pl.Series, column: Column) -> Coded:
    """The column `values` (text or dates) as `column` says it is kept and cleaned."""
    if column.kind == "date" and values.dtype == pl.Date and not (column.clean or column.words or column.null):
        found = _days(name, values)
        if found is not None:
            return found
    raw = chunks(values.cast(pl.String))
    if column.kind == "digits":
        nulls = [one.strip() for one in column.null]
        spelled = all(one.isascii() and one.isdigit() for one in nulls)
        plain = spelled and _HARMLESS.issuperset(column.clean) and not column.words
        digits = pack_digits(raw, _digit_mixes(nulls)) if plain else None
        if digits is not None:
            given, packed, too_long = digits
            return _with_long(Coded(name, column.kind, packed, given), values, too_long)
    known = factor(raw)
    distinct = Texts(known.data, known.begin)
    if column.kind == "text":
        return _text(name, known.mix, known.code, known.rows, distinct, column)
    made = clean(distinct.series(), column)
    values_of = _packed(name, made, column)
    return Coded(name, column.kind, values_of.values[known.code], known.mix, values_of.texts)


def _mixes(texts: list[str]) -> U64:
    """What the kernels know texts by."""
    if not texts:
        return _NO_MIXES
    return factor(chunks(pl.Series(texts, dtype=pl.String))).mix


def _digit_mixes(texts: list[str]) -> U64:
    """What `pack_digits` knows texts of digits by."""
    found = pack_digits(chunks(pl.Series(texts, dtype=pl.String)), _NO_MIXES)
    assert found is not None, "digits are ASCII"
    return found[0]


def _text(name: str, given: U64, code: I64, rows: I64, distinct: Texts, column: Column) -> Coded:
    if not (column.clean or column.words or column.null):
        return Coded(name, "text", code, given, distinct, rows)
    again = factor(chunks(_cleaned(distinct, column).series()))
    texts = Texts(again.data, again.begin)
    counts = np.bincount(again.code, weights=rows, minlength=len(texts)).astype(np.int64)
    counts[0] = 0
    return Coded(name, "text", again.code[code], given, texts, counts)


def _cleaned(distinct: Texts, column: Column) -> Texts:
    """The distinct texts after the steps, in their order."""
    here = all(step in STEPS for step in column.clean) and not column.words
    strange = foreign(distinct.data, distinct.begin) if here else _NO_FLAGS
    if not here or strange.any():
        # Letters that are not ASCII: only Polars knows their small ones, their accents, and which are letters at all.
        some = distinct.series() if not here else distinct.series().filter(pl.Series(strange))
        made = clean(some, column)
        if not here:
            return Texts.of(made)
        whole = distinct.series().scatter(pl.Series(np.flatnonzero(strange)), made.fill_null(""))
        distinct = Texts.of(whole)
    steps = np.array([STEPS[step] for step in column.clean], dtype=np.int64)
    nulls = _mixes([one.strip().lower() for one in column.null])
    return Texts(*clean_texts(distinct.data, distinct.begin, strange, steps, nulls))


def _packed(name: str, made: pl.Series, column: Column) -> Coded:
    """Cleaned distinct values of a column that is no text, as integers."""
    if column.kind == "number":
        numbers = made.cast(pl.Float64, strict=False).to_numpy()
        # 0 means no value, so that zero itself is kept as minus zero.
        values = np.where(numbers == 0, -0.0, numbers).view(np.int64)
        return Coded(name, column.kind, np.where(made.is_null().to_numpy(), 0, values), _NO_MIXES)
    found = pack_digits(chunks(made), _NO_MIXES)
    assert found is not None, "digits are ASCII"
    given, packed, too_long = found
    return _with_long(Coded(name, column.kind, packed, given), made, too_long)


def _with_long(column: Coded, raw: pl.Series, too_long: int) -> Coded:
    """`column` with its values of more than sixteen digits numbered; they are few."""
    if not too_long:
        return column
    rows = np.flatnonzero(column.values == -1)
    texts = ["".join(c for c in str(text) if c in "0123456789") for text in raw.gather(pl.Series(rows)).to_list()]
    distinct = sorted(set(texts))
    number = {text: LONG | k for k, text in enumerate(distinct, start=1)}
    column.values[rows] = np.array([number[text] for text in texts], dtype=np.uint64).view(np.int64)
    column.texts = Texts.of(pl.Series(["", *distinct]))
    return column


def _days(name: str, values: pl.Series) -> Coded | None:
    """A column of dates; None where they lie too far apart for a table."""
    days = values.to_physical()
    low, high = days.min(), days.max()
    if not isinstance(low, int) or not isinstance(high, int):  # no date is known
        return Coded(name, "date", np.zeros(len(days), dtype=np.int64), np.zeros(len(days), dtype=np.uint64))
    if high - low > _DAYS:
        return None
    # The day before the first stands for no date.
    every = pl.Series([None, *range(low, high + 1)], dtype=pl.Int32).cast(pl.Date).cast(pl.String)
    found = pack_digits(chunks(every), _NO_MIXES)
    assert found is not None, "dates are ASCII"
    given, packed, _none = found
    values_of, mixes = np.empty(len(days), dtype=np.int64), np.empty(len(days), dtype=np.uint64)
    look_up(days.fill_null(low - 1).to_numpy(), low - 1, packed, given, values_of, mixes)
    return Coded(name, "date", values_of, mixes)


def classed(column: Coded, cuts: tuple[float, ...]) -> I64:
    """How many of `cuts` (shares of the known rows) a value lies above: of each distinct text, or (n,) of each row.

    0 for no value.
    """
    if column.how == TEXT:
        return _above(cuts, column.counts, max(int(column.counts.sum()), 1))
    known = column.values != 0
    return np.where(known, _above(cuts, column.sizes(), max(int(known.sum()), 1)), 0)


def _above(cuts: tuple[float, ...], counts: I64, total: int) -> I64:
    """How many of a few cuts the share of each count lies above; a search in so few is slower."""
    share = counts / total
    return np.asarray(np.sum([share > cut for cut in cuts], axis=0), dtype=np.int64)
