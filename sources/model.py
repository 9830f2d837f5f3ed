"""What goes into and comes out of this package: inputs, settings, grids of cells, loaded tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read. `sumber`: register, or `bayar_<program>`; None lets the layout decide."""

    path: Path
    sumber: str | None = None
    tanggal: date | None = None  # dates a file that has no date of its own (FILE@2022-10-31)
    sha256: str | None = None  # of its bytes, where that is known already


@dataclass(slots=True)
class SourceSettings:
    """Settings of reading. `overrides`: per file name, canonical column -> header text in the file."""

    mode_uji: bool = False  # admits kecamatan 90-99 and impossible card numbers (synthetic data)
    tanggal_acuan: date | None = None
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bridge: Path | None = None  # own bridge of kode wilayah (csv: kode, kode_bps)


@dataclass(slots=True)
class Grid:
    """Every cell of a sheet as text. Nothing is decided here: titles, headers and totals are rows like others."""

    name: str | None  # sheet name; None where the format has no sheets
    cells: pl.DataFrame  # c0 .. cN, all String
    rows: pl.Series  # UInt32, the number a person sees in Excel or a text editor
    broken: pl.Series  # Boolean: the line could not be cut into cells for certain
    numeric: Callable[[int], pl.Series | None]  # column index -> Boolean: the cell was stored as a number


@dataclass(slots=True)
class Book:
    """An opened file."""

    path: Path
    format: str  # xlsx, xls, ods, csv, parquet, json, ndjson, xml, html
    sha256: str
    grids: list[Grid]
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet for the return files: cells as the sender wrote them.

    `frame`: columns c0 .. cN as text, all rows from the top of the sheet that hold anything; `rows`: their row
    numbers. `header_row` / `data_start_row` are row numbers too.
    """

    name: str | None
    frame: pl.DataFrame
    rows: pl.Series
    header_row: int
    data_start_row: int


@dataclass(slots=True)
class Loaded:
    """The tables of this stage, each checked against `rules.tables`."""

    records: pl.DataFrame
    rejected: pl.DataFrame
    files: pl.DataFrame
    payments: pl.DataFrame
    families: pl.DataFrame
    catatan: list[str] = field(default_factory=list)  # things to tell the user that stop nothing
