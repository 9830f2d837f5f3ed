"""Writing workbooks row by row with xlsxwriter in constant memory: formats, tables with a header, safe cells.

Every text is written with `write_string`, so a cell that begins with = + - @ can never become a formula, and an id of
sixteen digits stays text. (`polars.write_excel` is not used: on a constant-memory workbook it writes an empty sheet.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal, Self

import polars as pl
import xlsxwriter

from reports import bulk
from reports.bulk import CELL_LIMIT, LARGE_FROM, Bulk, Deal
from reports.labels import number
from reports.private import private
from reports.stencil import FAR, Stencil
from rules.i18n import _

MAX_ROWS: Final = 50_000
Kind = Literal["text", "wrap", "id", "count", "rupiah", "percent", "date", "prob"]
INK, PALE, LINE, BAND = "#1F3A5F", "#EEF2F7", "#C9D3DF", "#F7F9FB"
SEVERITY_FILL: Final = {0: "#F8D7D4", 1: "#FBE5D0", 2: "#FBF3D0", 3: "#E9EEF3"}
# Thousand points whatever the language of Excel: the separator of "#,##0" would follow the PC, not the report.
_SMALL: Final = r"[>=1000000]#\.000\.000;[>=1000]#\.000;0"
_NEGATIVE: Final = r"[<=-1000000]-#\.000\.000;[<=-1000]-#\.000;-0"
_LARGE: Final = r"[>=1000000000000]#\.000\.000\.000\.000;[>=1000000000]#\.000\.000\.000;0"
_TINTED: Final = 2  # first columns of a row that carry its `tint`: ink for a signal, not for the page
_NUMBERS: Final = ("count", "rupiah", "percent", "prob")
MANY: Final = 200  # rows from which a table is written by the column


@dataclass(frozen=True, slots=True)
class Style:
    """More format properties of a row, by its value in `column`; `tint` colours the first two cells only.

    `values` are those it may have, where they are told beforehand.
    """

    column: str
    of: Callable[[Any], Mapping[str, object]]
    values: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: key in the frame, heading, width in characters, kind, more formats of cell and heading."""

    key: str
    title: str
    width: float = 14
    kind: Kind = "text"
    look: Mapping[str, object] = field(default_factory=dict)
    head: Mapping[str, object] = field(default_factory=dict)


def plain(text: str) -> str:
    """`text` as a cell may hold it: not too long, and never what xlsxwriter would take for ready-made markup."""
    cut = text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 3] + "..."
    return f" {cut}" if cut.startswith("<r>") else cut


@dataclass(frozen=True, slots=True)
class Laid:
    """A table laid out: its `rows`, for each which of the `looks` (more format properties) it has, its `lines`.

    `heights` are the points of a row of 0, 1, 2 ... lines. `dealt`: see `reports.bulk.Bulk`.
    """

    columns: Sequence[Column]
    rows: pl.DataFrame
    which: pl.Series
    looks: list[Mapping[str, object]]
    lines: pl.Series
    heights: list[float]
    dealt: Deal | None = None

    def dealt_by(self, key: pl.Series) -> Laid:
        """The rows of each value of `key` (equal ones stand together) for a workbook of its own, of one `Stencil`."""
        return replace(self, dealt=Deal(self.rows, self.which, self.lines, key))


def lay(
    columns: Sequence[Column],
    frame: pl.DataFrame,
    style: Style | None,
    max_lines: int = 9,
    line_height: float = 12.75,
) -> Laid:
    """Lay out `frame` as `Sheet.table` says; a column that it has not is empty."""
    rows = frame.select(
        pl.col(c.key) if c.key in frame.columns else pl.lit(None, dtype=pl.String).alias(c.key) for c in columns
    )
    wrapped = [c for c in columns if c.kind == "wrap" and rows.schema[c.key] == pl.String]
    of_cell = (bulk.text_lines(pl.col(c.key), c.width * 12.75 / line_height) for c in wrapped)
    lines = rows.select(
        pl.max_horizontal(pl.lit(1, dtype=pl.Int32), *of_cell).clip(upper_bound=max_lines).alias("_lines")
    ).to_series()
    if lines.len() != rows.height:
        lines = lines.new_from_index(0, rows.height)
    heights = [min(3 + line_height * n, 409) for n in range(max_lines + 1)]
    if style is None or style.column not in frame.columns:
        one = pl.Series([0], dtype=pl.UInt32).new_from_index(0, rows.height)
        return Laid(columns, rows, one, [style.of(None) if style else {}], lines, heights)
    values = style.values or frame[style.column].unique(maintain_order=True).to_list()
    looks: list[Mapping[str, object]] = []
    for value in values:
        if (extra := style.of(value)) not in looks:
            looks.append(extra)
    number = [looks.index(style.of(value)) for value in values]
    which = frame[style.column].replace_strict(values, number, return_dtype=pl.UInt32)
    return Laid(columns, rows, which, looks, lines, heights)


class Book:
    """A workbook of mode 0600, written from top to bottom. Use as a context manager.

    Without a `path` it is held in memory, to become a `stencil` for others. `created` is the date in the file's
    properties: never the clock, so that equal data gives equal bytes.
    """

    def __init__(self, path: Path | None, *, created: date | None = None, title: str = "") -> None:
        self.path = path and private(path)
        # Its tables come later (`later`).
        self._draft: Path | BytesIO = private(self.path.with_suffix(".part")) if self.path else BytesIO()
        self.book = xlsxwriter.Workbook(
            str(self._draft) if self.path else self._draft,
            {
                **({"constant_memory": True} if self.path else {"in_memory": True}),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": "Calibri", "font_size": 10, "valign": "top"},
            },
        )
        stamp = datetime.combine(created or date(2000, 1, 1), time(), tzinfo=UTC).replace(tzinfo=None)
        self.book.set_properties({"title": title, "author": "padan", "created": stamp})
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self.bulk: list[Bulk] = []  # tables whose rows come when the book is closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.book.close()
        if self.path is None or not isinstance(self._draft, Path):
            return
        if kind is None:
            if self.bulk:
                bulk.put_in(self._draft, self.bulk, self.path)
            else:
                self._draft.replace(self.path)
        self._draft.unlink(missing_ok=True)

    def stencil(self) -> Stencil:
        """What workbooks that are like this one are made from, once it is closed."""
        if isinstance(self._draft, Path):
            raise TypeError("a stencil has no path")
        return Stencil(self._draft, self.bulk)

    def format(self, **properties: object) -> Any:  # noqa: ANN401 - xlsxwriter has no types
        """A cell format, made once per set of properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
            self._formats[key] = self.book.add_format({**base, **properties})
        return self._formats[key]

    def later(self, sheet: Any, table: Bulk, samples: Sequence[Sequence[Any]]) -> None:  # noqa: ANN401
        """Leave the rows of `table` to `reports.bulk`; in their place stand `samples`, each the formats of a row."""
        for row, formats in enumerate(samples, start=table.first):
            for index, shown in enumerate(formats):
                sheet.write_blank(row, index, None, shown)
        self.bulk.append(table)

    def sheet(self, name: str) -> Sheet:
        """Add a sheet (at most 31 characters of name)."""
        return Sheet(self, self.book.add_worksheet(name[:31]))


class Sheet:
    """One sheet; `row` is the next free row (from 0)."""

    def __init__(self, book: Book, sheet: Any) -> None:  # noqa: ANN401
        self.book, self.sheet, self.row = book, sheet, 0
        self.head_row: int | None = None  # the heading that is repeated on every printed page
        sheet.hide_gridlines(2)

    @cached_property
    def _plain(self) -> dict[Kind, dict[str, Any]]:
        edge = {"bottom": 1, "bottom_color": LINE}
        right = {**edge, "align": "right"}
        edge = {**edge, "align": "left", "indent": 1}  # a text beside a right-aligned number needs air
        return {
            "text": edge,
            "wrap": {**edge, "text_wrap": True},
            "id": {**edge, "num_format": "@", "font_name": "Consolas", "font_size": 9.5},
            "count": {**right, "num_format": _SMALL},
            "rupiah": {**right, "num_format": _SMALL},
            "percent": {**right, "num_format": "0.0%"},
            "prob": {**right, "num_format": "0.000"},
            "date": {**edge, "num_format": "dd-mm-yyyy"},
        }

    def heading(self, text: str, *notes: str) -> None:
        """A title line and, below it, one line per note."""
        self.sheet.set_row(self.row, 24)
        self.sheet.write_string(self.row, 0, text, self.book.format(bold=True, font_size=15, font_color=INK))
        self.row += 1
        for note in notes:
            self.sheet.write_string(self.row, 0, note, self.book.format(italic=True, font_color="#55606E"))
            self.row += 1

    def blank(self) -> None:
        """Leave one row empty."""
        self.row += 1

    def widths(self, columns: Sequence[Column]) -> None:
        """Set the column widths; call before the first row is written."""
        for index, column in enumerate(columns):
            self.sheet.set_column(index, index, column.width)

    def header(self, columns: Sequence[Column]) -> None:
        """The heading row of a table."""
        head = {
            "bold": True, "font_color": "#FFFFFF", "bg_color": INK, "text_wrap": True, "valign": "vcenter",
            "border": 1, "border_color": LINE,
        }  # fmt: skip
        longest = max((len(c.title) / max(c.width, 1) for c in columns), default=1)
        self.sheet.set_row(self.row, 18 if longest <= 0.85 else 32 if longest <= 1.7 else 46)
        for index, column in enumerate(columns):
            side = {"align": "right"} if column.kind in _NUMBERS else {"align": "left", "indent": 1}
            self.sheet.write_string(self.row, index, column.title, self.book.format(**{**head, **side, **column.head}))
        self.head_row = self.row
        self.row += 1

    def cell(self, index: int, value: object, kind: Kind, **style: object) -> None:
        """Write one cell of the current row; None is an empty cell with the row's style."""
        self._put(index, value, kind, self.book.format(**{**self._plain[kind], **style}), style)

    def _put(self, index: int, value: object, kind: Kind, shown: Any, style: Mapping[str, object]) -> None:  # noqa: ANN401
        if value is None or value == "":
            self.sheet.write_blank(self.row, index, None, shown)
        elif isinstance(value, str):
            self.sheet.write_string(self.row, index, plain(value), shown)
        elif isinstance(value, bool):
            self.sheet.write_string(self.row, index, _("yes") if value else _("no"), shown)
        elif isinstance(value, int) and kind in ("count", "rupiah") and not 0 <= value < LARGE_FROM:
            wide = self.book.format(**{**self._plain[kind], **style, "num_format": _NEGATIVE if value < 0 else _LARGE})
            self.sheet.write_number(self.row, index, value, wide)
        elif isinstance(value, int | float):
            self.sheet.write_number(self.row, index, value, shown)
        elif isinstance(value, date):
            self.sheet.write_datetime(self.row, index, datetime.combine(value, time()), shown)
        else:
            self.sheet.write_string(self.row, index, str(value), shown)

    def table(
        self,
        columns: Sequence[Column],
        frame: pl.DataFrame,
        *,
        freeze: int = 0,
        filters: bool = True,
        style: Style | None = None,
        limit: int = MAX_ROWS,
        max_lines: int = 9,
        line_height: float = 12.75,
    ) -> int:
        """Header and rows of `frame`; freezes the header and `freeze` columns (-1: nothing). Returns the rows written.

        A row is as high as its longest text needs, at most `max_lines` of `line_height` points, because LibreOffice
        and Excel do not measure the rows of a finished file.
        """
        return self.put(lay(columns, frame.head(limit), style, max_lines, line_height), freeze=freeze, filters=filters)

    def put(self, laid: Laid, *, freeze: int = 0, filters: bool = True) -> int:
        """`table` for rows that have been laid out."""
        columns, rows = laid.columns, laid.rows
        height = rows.height
        self.header(columns)
        top = self.row
        if freeze >= 0:
            self.sheet.freeze_panes(top, freeze)
        looks = [self._formats_of(columns, extra) for extra in laid.looks]
        if laid.dealt or (height >= MANY and bulk.fits(rows)):
            self._bulk(laid, looks)
        else:
            cells = zip(rows.rows(), laid.which.to_list(), laid.lines.to_list(), strict=True)
            for values, look, high in cells:
                if high > 1:
                    self.sheet.set_row(self.row, laid.heights[high])
                for index, (column, value, form) in enumerate(zip(columns, values, looks[look], strict=True)):
                    self._put(index, value, column.kind, form, column.look)
                self.row += 1
        if filters and columns:
            self.sheet.autofilter(top - 1, 0, max(self.row - 1, top), len(columns) - 1)
        if not height:
            quiet = self.book.format(italic=True, font_color="#55606E")
            self.sheet.write_string(self.row, 0, _("(nothing found)"), quiet)
            self.row += 1
        return height

    def _formats_of(self, columns: Sequence[Column], extra: Mapping[str, object]) -> list[Any]:
        tint = {"bg_color": extra["tint"]} if "tint" in extra else {}
        whole = {name: value for name, value in extra.items() if name != "tint"}
        return [
            self.book.format(**{**self._plain[c.kind], **whole, **(tint if i < _TINTED else {}), **c.look})
            for i, c in enumerate(columns)
        ]

    def _bulk(self, laid: Laid, looks: list[list[Any]]) -> None:
        """Leave the rows to `reports.bulk`; here stand samples of every look and height."""
        columns, heights = laid.columns, laid.heights
        numbers = frozenset(c.key for c in columns if c.kind in ("count", "rupiah"))
        table = Bulk(
            self.sheet.index + 1, self.row, laid.rows, laid.which, len(looks), laid.lines, max(len(heights) - 1, 1),
            numbers, variants=bulk.VARIANTS if numbers else 1, dealt=laid.dealt,
        )  # fmt: skip
        samples = [
            [
                self.book.format(**{**self._plain[column.kind], **column.look, "num_format": num_format})
                if num_format and column.key in numbers
                else shown
                for column, shown in zip(columns, formats, strict=True)
            ]
            for formats in looks
            for num_format in (None, _LARGE, _NEGATIVE)[: table.variants]
        ]
        self.book.later(self.sheet, table, samples)
        row = self.row + len(samples)
        for height in heights[2:]:
            self.sheet.set_row(row, height)
            self.sheet.write_blank(row, 0, None, looks[0][0])  # in constant memory a row without cells is not written
            row += 1
        self.row += FAR if laid.dealt else laid.rows.height

    def lines(self, texts: Iterable[str]) -> None:
        """Free text, one row per line, in the first column."""
        for text in texts:
            self.sheet.write_string(self.row, 0, text, self.book.format())
            self.row += 1

    def print_setup(self, *, landscape: bool = True, footer: str = "") -> None:
        """A4, fitted to one page wide, header rows repeated, page numbers in the footer."""
        sheet = self.sheet
        sheet.set_paper(9)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        if self.head_row is not None:
            sheet.repeat_rows(self.head_row)
        page = _("Page")
        sheet.set_footer(f"&L&8{footer.replace('&', '&&')}&R&8{page} &P / &N")


def severity_tint(rank: object) -> Mapping[str, object]:
    """Tint of a severity rank."""
    return {"tint": SEVERITY_FILL[rank]} if isinstance(rank, int) and rank in SEVERITY_FILL else {}


SEVERITY_STYLE: Final = Style("urut", severity_tint)
# The tint of groups alternates, so that rows that belong together are seen as one block.
GROUP_STYLE: Final = Style("grup", lambda number: {"bg_color": PALE} if int(number or 0) % 2 else {})


def left_out(shown: int, total: int, table: str) -> str:
    """What a list shows, and where the complete one is."""
    if shown >= total:
        return _("{n} rows, complete.").format(n=number(total))
    return _("The worst {shown} of {total} rows; {rest} are left out here. Complete: {table}").format(
        shown=number(shown), total=number(total), rest=number(total - shown), table=table
    )
