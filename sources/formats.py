"""Opening a file by what it holds, not by what it is called; wrong inputs end in one clear InputError."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import fastexcel
import polars as pl

from rules.errors import InputError, Place
from rules.i18n import _
from sources import csvtext, trees
from sources.model import Book, Grid

_FOREIGN = (  # magic bytes of what people send by mistake
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3", "SQLite"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


NO_HASH: Final = "-"  # for `open_book`, where nobody asks for the hash of the file
_KEPT: list[dict[Path, Book]] = []


@contextmanager
def books_kept() -> Iterator[None]:
    """Inside it every file is read once, and held: for work that loads a list and gives the same list back."""
    _KEPT.append({})
    try:
        yield
    finally:
        _KEPT.pop()


def open_book(path: Path, sha256: str | None = None) -> Book:
    """Read every sheet of `path` as text cells. Raises InputError for anything that is no table.

    `sha256` is that of its bytes, where it is known already.
    """
    if not _KEPT:
        return _read(path, sha256)
    if path not in _KEPT[-1]:
        _KEPT[-1][path] = _read(path, sha256)
    return _KEPT[-1][path]


def _read(path: Path, known: str | None) -> Book:
    data = _bytes(path)
    kind = detect(data, path)
    with ThreadPoolExecutor(1) as beside:  # the fingerprint needs a core of its own for a while
        sha256 = beside.submit(lambda: known or hashlib.sha256(data).hexdigest())
        if kind in {"xlsx", "xls", "ods"}:
            return Book(path, kind, sha256.result(), _workbook(data, path))
        if kind == "csv":
            text = csvtext.read(data, path)
            return Book(path, kind, sha256.result(), [text.grid], text.encoding, text.delimiter)
        reader = {"parquet": trees.parquet, "json": trees.json_rows, "xml": trees.xml_rows, "html": trees.html_tables}
        return Book(path, kind, sha256.result(), reader[kind](data, path))


def _bytes(path: Path) -> bytes:
    place = Place(file=path.name)
    if path.is_dir():
        raise InputError(_("this is a folder, not a file"), place=place, hint=_("Name the files in it one by one."))
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(_("there is no such file"), place=place, hint=_("Check the path.")) from error
    except OSError as error:
        raise InputError(
            _("the file cannot be opened: {why}").format(why=error.strerror or ""),
            place=place,
            hint=_("Is it open in another program, or are you not allowed to read it?"),
        ) from error
    if csvtext.is_blank(data, b"\xef\xbb\xbf \t\r\n\0"):
        raise InputError(_("the file is empty"), place=place, hint=_("Ask the sender for it again."))
    return data


def detect(data: bytes, path: Path) -> str:
    """Format by content: xlsx, xls, ods, parquet, json, xml, html or csv."""
    place = Place(file=path.name)
    for magic, name in _FOREIGN:
        if data.startswith(magic):
            raise InputError(
                _("the content is {kind}, not a table").format(kind=name),
                place=place,
                hint=_("Send the list itself as xlsx, csv or parquet; unpack archives first."),
            )
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise _locked(place)
        return "xls"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(path, place)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<"):
        return "html" if b"<table" in data[:200_000].lower() or b"<html" in head else "xml"
    if head.startswith(b"{") or (head.startswith(b"[") and head[1:].lstrip()[:1] in {b"{", b"[", b"]"}):
        return "json"
    return "csv"


def _locked(place: Place) -> InputError:
    return InputError(
        _("the workbook is protected by a password"),
        place=place,
        hint=_("Open it in Excel, remove the password (File > Info > Protect Workbook) and save it again."),
    )


def _zip_kind(path: Path, place: Place) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mimetype = archive.read("mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InputError(
            _("the file is damaged: it begins like a workbook but ends too early"),
            place=place,
            hint=_("Copy or download it again."),
        ) from error
    if any(name.startswith("xl/workbook") for name in names):
        return "xlsx"
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    raise InputError(
        _("the content is a zip archive, not a table"),
        place=place,
        hint=_("Unpack it and name the file inside."),
    )


def _workbook(data: bytes, path: Path) -> list[Grid]:
    try:
        reader = fastexcel.read_excel(data)
        return [_sheet(reader, index, name, path) for index, name in enumerate(reader.sheet_names)]
    except fastexcel.FastExcelError as error:
        text = str(error).lower()
        if "password" in text or "encrypt" in text:
            raise _locked(Place(file=path.name)) from error
        raise InputError(
            _("the workbook cannot be read"),
            place=Place(file=path.name),
            hint=_("Open it in Excel or LibreOffice and save it again as xlsx."),
        ) from error


def _sheet(reader: fastexcel.ExcelReader, index: int, name: str, path: Path) -> Grid:
    try:
        frame = reader.load_sheet(index, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise InputError(
            _("the sheet cannot be read"),
            place=Place(file=path.name, sheet=name),
            hint=_("Open the workbook in Excel or LibreOffice and save it again as xlsx."),
        ) from error
    width = frame.width
    frame = frame.rename({old: f"c{i}" for i, old in enumerate(frame.columns)})

    def numeric(column: int) -> pl.Series | None:
        # asked for booleans, calamine answers for numbers and gives null for text: the only way to see a cell's type
        if column >= width:
            return None
        flags = reader.load_sheet(index, header_row=None, skip_rows=0, use_columns=[column], dtypes="boolean")
        return flags.to_polars().to_series(0).is_not_null()

    rows = pl.Series("nomor_baris", range(1, frame.height + 1), dtype=pl.UInt32)
    broken = pl.Series("rusak", [False] * frame.height, dtype=pl.Boolean)
    return Grid(name=name, cells=frame, rows=rows, broken=broken, numeric=numeric)
