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
from reports.sheets import SEVERITY_STYLE, Book, Column, Laid, Style, lay, severity_tint
from reports.stencil import mark

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


def _written(path: Path, frame: pl.DataFrame) -> Path:
    with Book(path) as book:
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


def test_rows_by_the_column_are_those_of_xlsxwriter(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick: Any = load_workbook(_written(tmp_path / "a.xlsx", frame))
    monkeypatch.setattr(sheets, "MANY", 10**9)
    slow: Any = load_workbook(_written(tmp_path / "b.xlsx", frame))
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
    first = _written(tmp_path / "a.xlsx", frame).read_bytes()
    assert first == _written(tmp_path / "b.xlsx", frame).read_bytes()


@pytest.mark.parametrize("rows", [60, 3, 337])
def test_a_filled_stencil_is_a_workbook_of_its_own(frame: pl.DataFrame, tmp_path: Path, rows: int) -> None:
    style = Style("urut", severity_tint, range(5))
    key = pl.Series([name for name, n in (("A", 60), ("B", 3), ("C", 337)) for _ in range(n)])
    whose = {60: "A", 3: "B", 337: "C"}[rows]

    def write(book: Book, title: str, laid: Laid) -> None:
        first = book.sheet("Keterangan")
        first.heading(title, "tetap")
        sheet = book.sheet("X")
        sheet.heading(title)
        sheet.put(laid, freeze=1)
        sheet.sheet.data_validation(2, 0, sheet.row - 1, 0, {"validate": "list", "source": ["x"]})
        sheet.lines(["di bawah", title])
        sheet.sheet.print_area(0, 0, sheet.row, len(COLUMNS) - 1)
        sheet.print_setup(footer=title)

    with Book(None, title=mark("judul")) as book:
        write(book, mark("judul"), lay(COLUMNS, frame, style).dealt_by(key))
    filled = book.stencil().filled(whose, {"judul": "Desa <A> 90000"})
    (tmp_path / "a.xlsx").write_bytes(filled)
    assert filled == book.stencil().filled(whose, {"judul": "Desa <A> 90000"})
    with Book(tmp_path / "b.xlsx", title="Desa <A> 90000") as book:
        write(book, "Desa <A> 90000", lay(COLUMNS, frame.filter(key == whose), style))
    quick, slow = (load_workbook(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert quick.properties.title == slow.properties.title
    for one, other in zip(quick, slow, strict=True):
        assert one.dimensions == other.dimensions
        assert (one.auto_filter.ref, one.print_area, one.print_title_rows) == (
            other.auto_filter.ref, other.print_area, other.print_title_rows,
        )  # fmt: skip
        assert one.oddFooter.left.text == other.oddFooter.left.text
        assert [str(d.sqref) for d in one.data_validations.dataValidation] == [
            str(d.sqref) for d in other.data_validations.dataValidation
        ]
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
