from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from reports import sheets
from reports.sheets import SEVERITY_STYLE, Book, Column

COLUMNS = [
    Column("teks", "Teks", 12, "wrap"),
    Column("nik", "NIK", 18, "id"),
    Column("n", "N", 9, "count"),
    Column("p", "P", 9, "prob"),
    Column("hari", "Hari", 11, "date"),
    Column("ya", "Ya", 6),
    Column("tiada", "Tiada", 6),
]
TEXTS = ["=1+1", "a & <b>", "baris\nkedua\nketiga", " tepi ", "_x0041_", "\x01", "<r>x</r>", "", None, "x" * 40_000]


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    n = 400
    return pl.DataFrame(
        {
            "teks": [TEXTS[i % len(TEXTS)] for i in range(n)],
            "nik": [f"{3201990000000000 + i}" if i % 7 else None for i in range(n)],
            "n": [[0, 1500, -20_000, 2_500_000_000, None][i % 5] for i in range(n)],
            "p": [[0.1 + 0.2, 1.0, 0.99, None][i % 4] for i in range(n)],
            "hari": [[date(1893, 6, 21), date(1950, 2, 3), date(2023, 12, 31), None][i % 4] for i in range(n)],
            "ya": [[True, False, None][i % 3] for i in range(n)],
            "urut": pl.Series([i % 5 for i in range(n)], dtype=pl.UInt8),
        }
    )


def _written(path: Path, frame: pl.DataFrame, *, small: bool) -> Path:
    with Book(path, small=small) as book:
        sheet = book.sheet("X")
        sheet.heading("Judul")
        sheet.table(COLUMNS, frame, style=SEVERITY_STYLE)
        sheet.lines(["di bawah"])
        book.sheet("Y").table([Column("nik", "NIK")], frame.head(3))
    return path


@pytest.mark.parametrize("small", [True, False])
def test_rows_by_the_column_are_those_of_xlsxwriter(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    quick: Any = load_workbook(_written(tmp_path / "a.xlsx", frame, small=small))
    monkeypatch.setattr(sheets, "MANY", 10**9)
    slow: Any = load_workbook(_written(tmp_path / "b.xlsx", frame, small=small))
    assert quick.sheetnames == slow.sheetnames
    for one, other in zip(quick, slow, strict=True):
        assert one.dimensions == other.dimensions
        assert one.auto_filter.ref == other.auto_filter.ref
        for left, right in zip(one.iter_rows(), other.iter_rows(), strict=True):
            number = left[0].row
            assert one.row_dimensions[number].height == other.row_dimensions[number].height
            for a, b in zip(left, right, strict=True):
                # A text like ready-made markup cannot be taken for it here, so it needs no blank in front.
                # openpyxl resolves _xHHHH_ in shared strings, but not in strings that stand in their cells.
                read = {str(a.value).strip(), unescape(str(a.value)).strip()}
                assert str(b.value).strip() in read, a.coordinate
                assert (a.data_type, a.number_format) == (b.data_type, b.number_format), a.coordinate
                assert repr((a.fill, a.font, a.border, a.alignment)) == repr((b.fill, b.font, b.border, b.alignment))


def test_equal_tables_give_equal_bytes(frame: pl.DataFrame, tmp_path: Path) -> None:
    first = _written(tmp_path / "a.xlsx", frame, small=False).read_bytes()
    assert first == _written(tmp_path / "b.xlsx", frame, small=False).read_bytes()
