"""How large the input files are, told from little of them: bytes, and rows to about two per cent.

Nothing is parsed. Text is sampled at three places, a workbook at the head of each sheet, parquet says it itself.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

TEXT, SHEET, COLUMNS = "teks", "lembar", "kolom"  # what the bytes are of, see costs.toml
_HEAD: Final = 1 << 18
_XLS_ROW: Final = 200  # bytes of a row where nothing better is known
_TREE_ROW: Final = 600  # of a record in json or xml


@dataclass(frozen=True, slots=True)
class FileSize:
    """A file as its outside shows it. `bita` are bytes of `jenis`: text, sheets unpacked, or columns unpacked."""

    berkas: str
    sumber: str
    jenis: str
    bita: int
    baris: int


def look(path: Path, name: str, source: str, *, packed: bool = False) -> FileSize:
    """The size of `path`. A file that cannot be opened or is no table counts as nothing: reading it will say so.

    `packed`: the bytes of columns are those on disk, which are told sooner.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
        if head.startswith(b"PAR1"):
            return FileSize(name, source, COLUMNS, *((size, _rows(path)) if packed else _parquet(path)))
        if head.startswith(b"PK"):
            return FileSize(name, source, SHEET, *_workbook(path))
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return FileSize(name, source, SHEET, 4 * size, size // _XLS_ROW)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"["):
            return FileSize(name, source, TEXT, size, size // _TREE_ROW)
        return FileSize(name, source, TEXT, size, _lines(path, size))
    except (OSError, ValueError, zipfile.BadZipFile, pl.exceptions.PolarsError):
        return FileSize(name, source, TEXT, 0, 0)


def _lines(path: Path, size: int) -> int:
    """Lines of a text file: counted in its head, its middle and its end; a small file is counted whole."""
    seen = marks = 0
    with path.open("rb") as file:
        for place in (0,) if size <= 3 * _HEAD else (0, (size - _HEAD) // 2, size - _HEAD):
            file.seek(place)
            part = file.read(size if size <= 3 * _HEAD else _HEAD)
            seen += len(part)
            marks += part.count(b"\n") or part.count(b"\r")
    return round(size * marks / seen) if seen else 0


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _parquet(path: Path) -> tuple[int, int]:
    import pyarrow.parquet as pq

    meta = pq.read_metadata(path)
    return sum(meta.row_group(k).total_byte_size for k in range(meta.num_row_groups)), meta.num_rows


def _workbook(path: Path) -> tuple[int, int]:
    """Unpacked bytes and rows of all sheets of an xlsx or ods file."""
    size = rows = 0
    with zipfile.ZipFile(path) as book:
        for one in book.infolist():
            if one.filename == "content.xml" or one.filename.startswith("xl/worksheets/sheet"):
                mark = b"<table:table-row" if one.filename == "content.xml" else b"<row"
                with book.open(one) as file:
                    head = file.read(_HEAD)
                size += one.file_size
                rows += round(one.file_size * head.count(mark) / max(len(head), 1))
            elif one.filename == "xl/sharedStrings.xml":
                size += one.file_size
    return size, rows
