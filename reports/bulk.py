"""The rows of a large table as sheet xml, made by the column, and put into a finished workbook.

xlsxwriter makes a cell in some ten microseconds of plain Python; Polars joins the text of all cells of a column at
once, thirty times as fast. xlsxwriter still writes everything else. What a cell format is called in the file is read
from sample rows, which it writes in the place of the table and which go when the true rows come.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import polars as pl

from rules.i18n import _

_SLICE: Final = 5_000  # rows turned to xml at a time
LEVEL: Final = 2  # of zlib: a quarter larger than the usual 6, in a third of the time
_ROW: Final = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.S)
_STYLE: Final = re.compile(r'<c r="[A-Z]+\d+" s="(\d+)"')
_SIZE: Final = re.compile(r'(<dimension ref="A1:[A-Z]+)(\d+)')
_HEIGHT: Final = re.compile(r' ht="[^"]*" customHeight="1"')
_EPOCH: Final = pl.date(1899, 12, 31)
CELL_LIMIT: Final = 32_000  # Excel holds 32,767 characters in a cell
LARGE_FROM: Final = 1_000_000_000
VARIANTS: Final = 3  # sample rows of a look: as the columns say, large numbers, negative numbers


@dataclass(frozen=True, slots=True)
class Bulk:
    """A table to come: `rows` (only what is shown) start at row `first` (from 0) of sheet number `sheet` (from 1).

    `look` says for each row which of the `looks` it has, `lines` how many lines high it is. In the place of the table
    stand `variants` sample rows per look, then a row as high as 2, 3 ... `highest` lines. `numbers` are the columns
    whose large numbers have a format of their own. Without `blanks` an empty cell has no format: it is not there.
    `dealt`: the rows are those of several workbooks.
    """

    sheet: int
    first: int
    rows: pl.DataFrame
    look: pl.Series
    looks: int
    lines: pl.Series
    highest: int
    numbers: frozenset[str]
    blanks: bool = True
    variants: int = VARIANTS
    dealt: Deal | None = None

    @property
    def samples(self) -> int:
        """Sample rows that stand in the place of the table."""
        return self.looks * self.variants + self.highest - 1


class Deal:
    """Rows that are dealt over workbooks of one make: they become xml together, since small frames cost most.

    `rows`, `look`, `lines` as in `Bulk`, of all workbooks one after the other; equal values of `key` stand together.
    `hands`: value of `key` -> its first row and how many it has.
    """

    def __init__(self, rows: pl.DataFrame, look: pl.Series, lines: pl.Series, key: pl.Series) -> None:
        self.rows, self.look, self.lines = rows, look, lines
        self._place = key.to_frame("_key").select(pl.int_range(pl.len()).over("_key")).to_series()
        begins = self._place.eq(0).arg_true().to_list()
        self.hands: dict[Any, tuple[int, int]] = {key[a]: (a, b - a) for a, b in pairwise([*begins, rows.height])}
        self._made: dict[tuple[object, ...], pl.Series] = {}

    def drawn(self, table: Bulk, samples: Sequence[re.Match[str]]) -> pl.Series:
        """The xml of each row, as the sample rows of `table` look, at its place in the workbook it goes to."""
        styles, heights = _looks(table, samples)
        key = (table.first, tuple(map(tuple, styles)), tuple(heights))
        if key not in self._made:
            self._made[key] = pl.concat(_drawn(table, self._place, styles, heights))
        return self._made[key]


def fits(rows: pl.DataFrame) -> bool:
    """Whether every column of `rows` is of a kind this module writes."""
    return all(
        kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Date, pl.Null) or isinstance(kind, pl.Enum)
        for kind in rows.dtypes
    )


def letters(index: int) -> str:
    """The name of a column: 0 is A, 26 is AA."""
    name, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        name = chr(65 + digit) + name
    return name


def text_lines(column: pl.Expr, width: float) -> pl.Expr:
    """How many lines a text takes in a wrapped cell of `width` characters; 1 where there is none."""
    longer = (pl.element().str.len_chars().cast(pl.Float64) - 1).clip(0) // (width * 1.08)
    return column.str.split("\n").list.eval(longer + 1).list.sum().cast(pl.Int32).fill_null(1).clip(1)


def put_in(source: Path | BytesIO, tables: Sequence[Bulk], path: Path) -> None:
    """Write the workbook `source` into `path`, with the rows of `tables` in place of their sample rows."""
    by_sheet: dict[str, list[Bulk]] = {}
    for table in tables:
        by_sheet.setdefault(f"xl/worksheets/sheet{table.sheet}.xml", []).append(table)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as new:
        for info in old.infolist():
            # By its name: a ZipInfo would have a level and a date of its own. The date is then that of all, in 1980.
            with new.open(info.filename, "w", force_zip64=info.filename in by_sheet) as stream:
                for piece in _sheet(old.read(info), by_sheet.get(info.filename, [])):
                    stream.write(piece)


def _sheet(xml: bytes, tables: Sequence[Bulk]) -> Iterator[bytes]:
    if not tables:
        yield xml
        return
    last = max(table.first + table.rows.height for table in tables)
    text = _SIZE.sub(lambda found: f"{found[1]}{max(int(found[2]), last)}", xml.decode(), count=1)
    done = 0
    for table in sorted(tables, key=lambda one: one.first):
        samples = samples_of(table, text)
        yield text[done : samples[0].start()].encode()
        yield from _rows(table, samples)
        done = samples[-1].end()
    yield text[done:].encode()


def samples_of(table: Bulk, text: str) -> list[re.Match[str]]:
    """The sample rows of `table` in the xml of its sheet."""
    found = {int(m[1]) - 1: m for m in _ROW.finditer(text)}
    return [found[table.first + k] for k in range(table.samples)]


def _rows(table: Bulk, samples: Sequence[re.Match[str]]) -> Iterator[bytes]:
    place = pl.int_range(table.rows.height, eager=True)
    yield from ("".join(part).encode() for part in _drawn(table, place, *_looks(table, samples)))


def _looks(table: Bulk, samples: Sequence[re.Match[str]]) -> tuple[list[list[str]], list[str]]:
    """What the sample rows tell: numbers of formats by look and column, height by lines."""
    styles = [_STYLE.findall(one[3]) for one in samples[: table.looks * table.variants]]
    heights = [""] * 2 + [found[0] if (found := _HEIGHT.search(one[2])) else "" for one in samples[len(styles) :]]
    return styles, heights


def _drawn(table: Bulk, place: pl.Series, styles: list[list[str]], heights: Sequence[str]) -> Iterator[pl.Series]:
    """The xml of each row of `table`, which stand at these places below the first."""
    pieces = table.rows.select(_prepared(pl.col(n), kind).alias(n) for n, kind in table.rows.schema.items())
    whole = pieces.with_columns(
        _number=(place + (table.first + 1)).cast(pl.String),
        _look=table.look,
        _height=pl.Series(heights, dtype=pl.String).gather(table.lines),
    )
    cells = [_cell(table, index, name, kind, styles) for index, (name, kind) in enumerate(table.rows.schema.items())]
    head = (pl.lit('<row r="'), pl.col("_number"), pl.lit('"'), pl.col("_height"), pl.lit(">"))
    row = pl.concat_str(*head, *cells, pl.lit("</row>"))
    for part in whole.iter_slices(_SLICE):
        yield part.select(row).to_series()


def _prepared(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """The value as it stands in the xml; null for an empty cell."""
    if kind == pl.Boolean:
        column = pl.when(column).then(pl.lit(_("yes"))).when(~column).then(pl.lit(_("no")))
    elif kind == pl.Date:
        days = (column - _EPOCH).dt.total_days()
        return days + (days > 59).cast(pl.Int64)  # Excel's calendar has a 29 February 1900
    elif kind.is_numeric():
        return column
    text = column.cast(pl.String)
    text = (
        pl.when(text.str.len_bytes() <= CELL_LIMIT).then(text).otherwise(text.map_batches(_cut, return_dtype=pl.String))
    )
    for letter, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.str.replace_all(letter, escaped, literal=True)
    # What Excel takes for an escaped character, and characters that xml cannot hold; hardly ever there.
    text = text.str.replace_all(r"(_x[0-9a-fA-F]{4}_)", "_x005F$1")
    text = text.map_batches(_without_controls, return_dtype=pl.String)
    return pl.when(text != "").then(text)


def _cut(texts: pl.Series) -> pl.Series:
    # Few cells are so long, most often none.
    long = texts.filter(texts.str.len_chars() > CELL_LIMIT).unique()
    return texts.replace({text: f"{text[: CELL_LIMIT - 3]}..." for text in long}) if long.len() else texts


def _without_controls(texts: pl.Series) -> pl.Series:
    def escaped(text: str) -> str:
        return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda found: f"_x{ord(found[0]):04X}_", text)

    # Cells of one column repeat; Python looks only at those that hold such a character.
    odd = texts.filter(texts.str.contains("[\\x00-\\x08\\x0b-\\x1f\ufffe\uffff]")).drop_nulls().unique()
    return texts.replace({text: escaped(text) for text in odd}) if odd.len() else texts


def _cell(table: Bulk, index: int, name: str, kind: pl.DataType, styles: list[list[str]]) -> pl.Expr:
    value = pl.col(name)
    begin = pl.lit(f'<c r="{letters(index)}')
    variant = pl.lit(0)
    if name in table.numbers and kind.is_integer():
        variant = pl.when(value >= LARGE_FROM).then(1).when(value < 0).then(2).otherwise(0)
        variant = variant.fill_null(0)
    one_style = len({row[index] for row in styles}) == 1
    style: pl.Expr
    if one_style:
        style = pl.lit(styles[0][index])
    else:
        known = pl.Series([row[index] for row in styles], dtype=pl.String)
        style = pl.lit(known).gather((pl.col("_look") * table.variants + variant).cast(pl.UInt32))
    opening = (begin, pl.col("_number"), pl.lit('" s="'), style)
    blank = pl.concat_str(*opening, pl.lit('"/>')) if table.blanks else pl.lit("")
    if kind.is_numeric() or kind == pl.Date:
        text = value.map_batches(_sixteen_digits, return_dtype=pl.String) if kind.is_float() else value.cast(pl.String)
        filled = pl.concat_str(*opening, pl.lit('"><v>'), text, pl.lit("</v></c>"))
    else:
        kept = pl.when(value.str.contains(r"^\s|\s$")).then(pl.lit(' xml:space="preserve"')).otherwise(pl.lit(""))
        filled = pl.concat_str(
            *opening, pl.lit('" t="inlineStr"><is><t'), kept, pl.lit(">"), value, pl.lit("</t></is></c>")
        )
    return pl.when(value.is_null()).then(blank).otherwise(filled)


def _sixteen_digits(values: pl.Series) -> pl.Series:
    known = values.drop_nulls().unique()
    return values.replace_strict(known, [f"{one:.16G}" for one in known], default=None, return_dtype=pl.String)
