"""The lists of `padan link`: which rows and columns of a file they are, and their first columns read ahead.

Imports little: it is at work while the other libraries of a linkage are still being imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from matching.generic.reading import Ahead, Frame, reading_order
from matching.generic.spec import LinkageSpec, read_spec
from rules.errors import InputError, PadanError, Place
from rules.i18n import _
from sources.spelling import key

if TYPE_CHECKING:
    from sources.model import Grid

_HEADER_ROWS = 40  # rows searched for the header
_AHEAD = 2  # columns: as many as cores, which would be held at once anyway


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as read: the columns of the specification as text, one row per data row."""

    path: Path
    sheet: str | None
    header_row: int  # as Excel counts
    frame: Frame
    height: int
    lazy: bool = False  # read column by column when it is wanted


def read_list(path: Path, spec: LinkageSpec, *, whole: bool = False) -> ListFile:
    """The list in `path`: the sheet and row whose headers are those of the specification, and the rows under it.

    Blank lines are no rows; a parquet file is looked through for them only where it is read as a `whole`. Raises
    InputError for a file that is no table or lacks a column.
    """
    plain = None if whole else _parquet(path, spec)
    if plain is not None:
        return plain
    from sources.formats import open_book

    book = open_book(path)
    found = [(grid, *_header(grid, spec)) for grid in book.grids if grid.cells.height]
    most = max((len(columns) for _grid, _row, columns in found), default=0)
    given = [name for name, column in spec.columns.items() if column.own]
    if most == 0:
        raise InputError(
            _("no column of the specification is in this file: {names}").format(names=", ".join(given)),
            place=Place(file=path.name),
            hint=_("add the spellings of the file to `header` of each column in the specification"),
        )
    chosen = [one for one in found if len(one[2]) == most]
    if len(chosen) > 1:
        raise InputError(
            _("several sheets hold such a list: {names}").format(names=", ".join(str(g.name) for g, _r, _c in chosen)),
            place=Place(file=path.name),
            hint=_("keep the sheet to be linked and remove the others"),
        )
    grid, row, columns = chosen[0]
    needed = [name for name in given if not (spec.columns[name].optional or spec.columns[name].join)]
    missing = [name for name in needed if name not in columns]
    if missing:
        titles = [text for text in grid.cells.row(row) if text]
        from rapidfuzz import process

        near = process.extractOne(missing[0], titles, score_cutoff=60)
        raise InputError(
            _("the column {column} is not in this file").format(column=", ".join(missing))
            + (_("; did you mean {key}?").format(key=near[0]) if near else ""),
            place=Place(file=path.name, sheet=grid.name, row=int(grid.rows[row])),
            hint=_("add its spelling to `header` of the column, or say optional = true where a list may lack it"),
        )
    data = _data(grid, row, columns)
    return ListFile(path, grid.name, int(grid.rows[row]), data, data.height)


def _parquet(path: Path, spec: LinkageSpec) -> ListFile | None:
    """A parquet file of plain columns, left on disk until a column is wanted; None where it takes a closer look."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return None
        whole = pl.scan_parquet(path, glob=False)
        schema = whole.collect_schema()
        wanted = _spellings(spec)
        columns: dict[str, str] = {}
        for title in schema.names():
            if key(title) in wanted:
                columns.setdefault(wanted[key(title)], title)
        needed = {n for n, c in spec.columns.items() if c.own and not (c.optional or c.join)}
        if not needed <= set(columns) or any(not _plain(schema[title]) for title in columns.values()):
            return None
        frame = whole.select(pl.col(title).alias(name) for name, title in columns.items())
        return ListFile(path, None, 1, frame, int(whole.select(pl.len()).collect().item()), lazy=True)
    except (pl.exceptions.PolarsError, OSError):
        return None  # the reader of all formats knows what to say


def _plain(kind: pl.DataType) -> bool:
    return kind in (pl.String, pl.Date) or kind.is_integer()


def _spellings(spec: LinkageSpec) -> dict[str, str]:
    """The column that each header stands for."""
    wanted: dict[str, str] = {}
    for name, column in spec.columns.items():
        if column.own:
            for spelling in (*column.header, name):
                wanted.setdefault(key(spelling), name)
    return wanted


def _header(grid: Grid, spec: LinkageSpec) -> tuple[int, dict[str, int]]:
    """The row that holds most of the specification's headers, and where each column stands in it."""
    wanted = _spellings(spec)
    best: tuple[int, dict[str, int]] = (0, {})
    for number, cells in enumerate(grid.cells.head(_HEADER_ROWS).rows()):
        columns: dict[str, int] = {}
        for index, text in enumerate(cells):
            found = wanted.get(key(text or ""))
            if found is not None:
                columns.setdefault(found, index)
        if len(columns) > len(best[1]):
            best = (number, columns)
    return best


def _data(grid: Grid, header: int, columns: dict[str, int]) -> pl.DataFrame:
    cells = grid.cells.slice(header + 1)
    blank = pl.all_horizontal(
        (pl.col(name).is_null() | (pl.col(name).str.strip_chars(" \t\r\n\u00a0") == "")) for name in cells.columns
    )
    return cells.filter(~blank).select(pl.col(f"c{index}").alias(name) for name, index in columns.items())


def source_names(paths: Sequence[Path]) -> list[str]:
    """What the column `source` calls each file: its name, with as much of its folder as tells it from the others."""
    parts = [path.resolve().parts for path in paths]
    depth = 1
    while depth < max(map(len, parts)) and len({p[-depth:] for p in parts}) < len(parts):
        depth += 1
    return [Path(*p[-depth:]).as_posix() for p in parts]


@dataclass(frozen=True, slots=True)
class Begun:
    """Lists whose first columns a thread is reading."""

    spec: LinkageSpec
    lists: list[ListFile]
    ahead: Ahead


def begin_reading(spec_path: Path, paths: Sequence[Path]) -> Begun | None:
    """The lists, the columns that a linkage wants first being read; None where they are not all plain parquet files.

    Whatever is wrong with them is told by who reads them for good.
    """
    try:
        spec = read_spec(spec_path)
    except PadanError:
        return None
    lists = [one for one in (_parquet(path, spec) for path in paths) if one is not None]
    if len(lists) < len(paths):
        return None
    return Begun(spec, lists, Ahead([one.frame for one in lists], reading_order(spec)[:_AHEAD]))
