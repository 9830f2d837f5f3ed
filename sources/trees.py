"""Parquet, JSON, XML and HTML tables turned into grids whose first row holds the names of the fields."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
import polars as pl
from defusedxml.common import DefusedXmlException

from rules.errors import InputError, Place
from rules.i18n import _
from sources.model import Grid


class _Number(str):
    """A JSON number with a fraction or exponent: text, but known to have been a float."""

    __slots__ = ()


def _grid(
    frame: pl.DataFrame, name: str | None = None, numeric: Callable[[int], pl.Series | None] | None = None
) -> Grid:
    """Put the names of the fields on top as row 1."""
    columns = [f"c{i}" for i in range(frame.width)]
    head = pl.DataFrame(
        {c: [old] for c, old in zip(columns, frame.columns, strict=True)}, schema=dict.fromkeys(columns, pl.String)
    )
    cells = pl.concat([head, frame.rename(dict(zip(frame.columns, columns, strict=True)))])
    return _bare(cells, name, numeric)


def _bare(
    cells: pl.DataFrame, name: str | None = None, numeric: Callable[[int], pl.Series | None] | None = None
) -> Grid:
    return Grid(
        name=name,
        cells=cells,
        rows=pl.Series("nomor_baris", range(1, cells.height + 1), dtype=pl.UInt32),
        broken=pl.Series("rusak", [False] * cells.height, dtype=pl.Boolean),
        numeric=numeric or (lambda _column: None),
    )


def parquet(data: bytes, path: Path) -> list[Grid]:
    """A parquet file; columns of floats are remembered as numbers, integers are exact and count as text."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            _("the parquet file is damaged"), place=Place(file=path.name), hint=_("Copy or download it again.")
        ) from error
    text = []
    floats: dict[int, pl.Series] = {}
    for index, series in enumerate(frame.get_columns()):
        if series.dtype.is_float():
            whole = series.is_not_null() & (series == series.round(0)) & (series.abs() < 1e18)
            integer = series.cast(pl.Int64, strict=False).cast(pl.String)
            floats[index] = series.is_not_null()
            text.append(
                pl.select(pl.when(whole).then(integer).otherwise(series.cast(pl.String))).to_series().alias(series.name)
            )
        elif series.dtype.is_nested():
            text.append(pl.Series(series.name, [None] * frame.height, dtype=pl.String))
        else:
            text.append(series.cast(pl.String))

    def numeric(column: int) -> pl.Series | None:
        flags = floats.get(column)
        return None if flags is None else pl.concat([pl.Series([False]), flags.alias("")])

    return [_grid(pl.DataFrame(text), numeric=numeric)]


def json_rows(data: bytes, path: Path) -> list[Grid]:
    """A JSON array of objects, an object holding one, or one object per line."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        found = _load(text)
        records = _records(found)
    except json.JSONDecodeError:
        records = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                records.append(_load(line))
            except json.JSONDecodeError as error:
                raise InputError(
                    _("this is not valid JSON"),
                    place=Place(file=path.name, row=number),
                    hint=_("Expected an array of objects, or one object per line."),
                ) from error
    return [_from_records([r for r in records if isinstance(r, dict)], path)]


def _load(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    return json.loads(text, parse_int=str, parse_float=_Number)


def _records(found: Any) -> list[Any]:  # noqa: ANN401 - JSON is anything
    """The longest list of objects in a JSON value: APIs wrap it as {"data": [...]}."""
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        inner = [_records(value) for value in found.values() if isinstance(value, list | dict)]
        best = max(inner, key=len, default=[])
        return best if best and isinstance(best[0], dict) else [found]
    return []


def _flat(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key} ")
        elif isinstance(value, list):
            continue
        elif isinstance(value, bool):
            yield prefix + key, "YA" if value else "TIDAK"
        else:
            yield prefix + key, value


def _from_records(records: list[dict[str, Any]], path: Path) -> Grid:
    flat = [dict(_flat(record)) for record in records]
    names = list(dict.fromkeys(key for record in flat for key in record))
    if not names:
        raise InputError(_("no rows found"), place=Place(file=path.name), hint=_("Expected an array of objects."))
    columns = {name: [record.get(name) for record in flat] for name in names}

    def numeric(column: int) -> pl.Series | None:
        if column >= len(names):
            return None
        return pl.Series([False] + [isinstance(value, _Number) for value in columns[names[column]]])

    frame = pl.DataFrame(
        {name: [None if v is None else str(v) for v in values] for name, values in columns.items()},
        schema=dict.fromkeys(names, pl.String),
    )
    return _grid(frame, numeric=numeric)


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def xml_rows(data: bytes, path: Path) -> list[Grid]:
    """Row-like elements: the tag that repeats most and has children or attributes. Excel 2003 XML is one of them."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(data)
    except DefusedXmlException as error:
        raise InputError(
            _("the XML declares entities, which is not allowed"),
            place=Place(file=path.name),
            hint=_("Export the data again as plain XML or csv."),
        ) from error
    except ParseError as error:
        raise InputError(
            _("this is not valid XML"),
            place=Place(file=path.name, row=error.position[0]),
            hint=_("Export the data again, or send it as csv."),
        ) from error
    if _local(root.tag) == "Workbook":
        return _spreadsheet(root, path)
    tags = Counter(_local(e.tag) for e in root.iter() if e is not root and (len(e) > 0 or e.attrib))
    if not tags:
        raise InputError(_("no rows found"), place=Place(file=path.name), hint=_("Expected one element per person."))
    row_tag = tags.most_common(1)[0][0]
    records = []
    for element in root.iter():
        if element is not root and _local(element.tag) == row_tag:
            record: dict[str, Any] = {_local(key): value for key, value in element.attrib.items()}
            record.update({_local(child.tag): child.text for child in element if len(child) == 0})
            records.append(record)
    return [_from_records(records, path)]


def _spreadsheet(root: Element, path: Path) -> list[Grid]:
    grids = []
    for sheet in (e for e in root if _local(e.tag) == "Worksheet"):
        rows: list[list[str | None]] = []
        for row in (e for e in sheet.iter() if _local(e.tag) == "Row"):
            index = next((int(v) for k, v in row.attrib.items() if _local(k) == "Index"), len(rows) + 1)
            rows.extend([] for _blank in range(index - len(rows) - 1))
            cells: list[str | None] = []
            for cell in (e for e in row if _local(e.tag) == "Cell"):
                at = next((int(v) for k, v in cell.attrib.items() if _local(k) == "Index"), len(cells) + 1)
                cells.extend([None] * (at - len(cells) - 1))
                cells.append("".join(cell.itertext()).strip() or None)
            rows.append(cells)
        name = next((v for k, v in sheet.attrib.items() if _local(k) == "Name"), None)
        grids.append(_ragged(rows, name, path))
    return grids


def _ragged(rows: list[list[str | None]], name: str | None, path: Path) -> Grid:
    width = max((len(row) for row in rows), default=0)
    if width == 0:
        raise InputError(_("no rows found"), place=Place(file=path.name, sheet=name), hint=_("The table is empty."))
    padded = [row + [None] * (width - len(row)) for row in rows]
    schema = {f"c{i}": pl.String for i in range(width)}
    return _bare(pl.DataFrame(padded, schema=schema, orient="row"), name)


class _Tables(HTMLParser):
    """Collects the rows of every table: many web applications save an HTML table under the name .xls."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str | None]]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1]:
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = int(span) if span.isdigit() else 1
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            text = "".join(self._cell).strip()
            self.tables[-1][-1].extend([text or None] + [None] * (self._span - 1))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def html_tables(data: bytes, path: Path) -> list[Grid]:
    """The largest table of an HTML page."""
    parser = _Tables()
    try:
        parser.feed(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        parser.feed(data.decode("cp1252", errors="replace"))
    largest = max(parser.tables, key=len, default=[])
    if not largest:
        raise InputError(
            _("the content is a web page without a table"),
            place=Place(file=path.name),
            hint=_("Download the list itself, not the page that shows it."),
        )
    return [_ragged(largest, None, path)]
