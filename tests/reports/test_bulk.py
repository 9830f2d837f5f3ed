from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from reports import sheets
from reports.bulk import letters
from reports.sheets import SEVERITY_STYLE, Book, Column, Style, lay, severity_tint

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


def _read(cell: Any) -> set[str]:
    # A text like ready-made markup cannot be taken for it in a row of `bulk`, so it needs no blank in front.
    # openpyxl resolves _xHHHH_ in shared strings, but not in strings that stand in their cells.
    return {str(cell.value).strip(), unescape(str(cell.value)).strip()}


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
                assert _read(a) & _read(b), a.coordinate
                assert (a.data_type, a.number_format) == (b.data_type, b.number_format), a.coordinate
                assert repr((a.fill, a.font, a.border, a.alignment)) == repr((b.fill, b.font, b.border, b.alignment))


def test_equal_tables_give_equal_bytes(frame: pl.DataFrame, tmp_path: Path) -> None:
    first = _written(tmp_path / "a.xlsx", frame, small=False).read_bytes()
    assert first == _written(tmp_path / "b.xlsx", frame, small=False).read_bytes()


def test_dealt_rows_are_those_of_a_table_of_its_own(frame: pl.DataFrame, tmp_path: Path) -> None:
    sizes = [60, 3, frame.height - 63]  # the second is smaller than its samples, and written cell by cell
    key = pl.Series([name for name, n in zip("ABC", sizes, strict=True) for _ in range(n)])
    laid = lay(COLUMNS, frame, Style("urut", severity_tint, range(5)))
    for name, hand in laid.dealt_by(key).items():
        with Book(tmp_path / f"{name}.xlsx", small=True) as book:
            book.sheet("X").put(hand)
        with Book(tmp_path / f"{name}_alone.xlsx", small=True) as book:
            book.sheet("X").table(COLUMNS, frame.filter(key == name), style=SEVERITY_STYLE)
        one, other = (load_workbook(tmp_path / f)["X"] for f in (f"{name}.xlsx", f"{name}_alone.xlsx"))
        assert one.dimensions == other.dimensions
        for left, right in zip(one.iter_rows(), other.iter_rows(), strict=True):
            assert one.row_dimensions[left[0].row].height == other.row_dimensions[right[0].row].height
            assert all(_read(a) & _read(b) for a, b in zip(left, right, strict=True))
            assert [(c.fill.fgColor.rgb, c.number_format) for c in left] == [
                (c.fill.fgColor.rgb, c.number_format) for c in right
            ]


def test_a_sheet_states_its_true_size(frame: pl.DataFrame, tmp_path: Path) -> None:
    with Book(tmp_path / "a.xlsx") as book:
        book.sheet("X").table(COLUMNS, frame)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert f'<dimension ref="A1:{letters(len(COLUMNS) - 1)}{frame.height + 1}"/>' in sheet
