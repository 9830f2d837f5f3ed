from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from reports import lists
from reports.context import Context
from reports.sheets import Book, Column
from reports.workbook import write_workbook
from rules.i18n import _

SHEETS = (
    "Summary", "Control totals", "Findings by code", "Overlap of registers", "Districts side by side",
    "Villages side by side", "Stale families", "Duplicate people", "Double payments by region", "Double recipients",
    "Identity problems", "Pairs to review", "Rejected rows", "Legend of codes", "Settings",
)  # fmt: skip


@pytest.fixture(scope="module")
def book(context: Context, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = write_workbook(context, tmp_path_factory.mktemp("buku") / "laporan.xlsx")
    assert path.stat().st_mode & 0o777 == 0o600
    return load_workbook(path)


def _rows(sheet: Any, key: str) -> tuple[list[str], list[list[Any]]]:
    """Header (the row that holds `key`) and the rows below it."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    top = next(i for i, row in enumerate(rows) if key in row)
    return [str(v) for v in rows[top]], rows[top + 1 :]


def test_every_question_has_its_sheet(book: Any) -> None:
    assert book.sheetnames == [_(name)[:31] for name in SHEETS]


def test_lists_have_frozen_headers_and_filters(book: Any) -> None:
    for name in SHEETS[6:13]:
        sheet = book[_(name)[:31]]
        assert sheet.freeze_panes is not None, name
        assert sheet.auto_filter.ref is not None, name


def test_ids_are_text_and_dates_are_dates(book: Any) -> None:
    head, rows = _rows(book[_("Duplicate people")], "NIK")
    nik, born = head.index("NIK"), head.index(_("Birth date"))
    assert rows
    assert all(isinstance(row[nik], str) and len(row[nik]) == 16 for row in rows)
    assert all(isinstance(row[born], datetime) for row in rows)


def test_rows_of_one_person_stand_together_and_say_why(book: Any) -> None:
    head, rows = _rows(book[_("Duplicate people")], "NIK")
    groups = [row[0] for row in rows]
    assert groups == sorted(groups)
    assert all(groups.count(g) >= 2 for g in groups)
    same, differ = head.index(_("Equal")), head.index(_("Different"))
    assert all(_("name") in f"{row[same]}, {row[differ]}" for row in rows)


def test_no_cell_is_a_formula(book: Any) -> None:
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    assert all(c.data_type != "f" for c in texts)
    assert any(c.value == "=CMD|' /C calc'!A0" for c in texts) or any("=CMD|' /C calc'!A0" in c.value for c in texts)


def test_control_totals_stand_in_the_report(book: Any, context: Context) -> None:
    head, rows = _rows(book[_("Control totals")], _("Rows read"))
    read = [row[head.index(_("Rows read"))] for row in rows]
    assert read[-1] == sum(read[:-1]) == context.tables.files["baris_dibaca"].sum()
    assert rows[-1][head.index(_("Difference"))] == 0


def test_stale_families_come_worst_first(context: Context) -> None:
    rows = lists.stale_families(context, 1000).rows
    keys = list(zip(rows["urut"].to_list(), [-n for n in rows["n_aturan"].to_list()], strict=True))
    assert keys == sorted(keys)
    assert rows["kunci"].n_unique() == rows.height
    assert rows["bukti_teks"].str.contains("DTKS 31-10-2022").any()
    assert rows["bukti_teks"].str.contains("Dukcapil 31-01-2024").any()


def test_the_order_does_not_depend_on_the_order_of_findings(context: Context) -> None:
    turned = replace(context, tables=replace(context.tables, findings=context.tables.findings.reverse()))
    assert lists.stale_families(turned, 50).rows.equals(lists.stale_families(context, 50).rows)
    assert lists.double_list(turned, 50).rows.equals(lists.double_list(context, 50).rows)


def test_a_list_that_is_cut_says_so(context: Context, tmp_path: Path) -> None:
    book = load_workbook(write_workbook(context, tmp_path / "k.xlsx", limit=4))
    sheet = book[_("Stale families")]
    text = " ".join(str(row[0]) for row in sheet.iter_rows(max_row=3, values_only=True))
    assert "data/findings.parquet" in text
    assert "4" in text
    _head, rows = _rows(sheet, _("Severity"))
    assert len(rows) == 4


def test_equal_runs_give_equal_workbooks(context: Context, tmp_path: Path) -> None:
    first = write_workbook(context, tmp_path / "a.xlsx").read_bytes()
    assert first == write_workbook(context, tmp_path / "b.xlsx").read_bytes()


def test_double_recipients_show_their_payments_side_by_side(context: Context) -> None:
    rows = lists.double_list(context, 100).rows
    assert rows.height > 0
    assert (rows["n_bayar"] == 2).all()
    assert rows["pembayaran"].str.count_matches("\n").to_list() == [1] * rows.height
    assert rows["pembayaran"].str.contains("Rp750").all()


def test_long_lists_stream_without_holding_cells(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["=1+1"] * 200, "b": list(range(200))})
    with Book(tmp_path / "x.xlsx") as book:
        sheet = book.sheet("X")
        assert sheet.table([Column("a", "A"), Column("b", "B", kind="count")], frame, limit=150) == 150
    found = load_workbook(tmp_path / "x.xlsx")["X"]
    assert found.max_row == 151
    assert found["A2"].data_type in ("s", "inlineStr")


def test_a_text_that_looks_like_markup_stays_text(tmp_path: Path) -> None:
    # xlsxwriter takes <r>...</r> for a ready-made rich string and would write it raw.
    with Book(tmp_path / "x.xlsx") as book:
        book.sheet("X").table([Column("a", "A")], pl.DataFrame({"a": ["<r><t>x</t></r>", "</t></is>"]}))
    found = load_workbook(tmp_path / "x.xlsx")["X"]
    assert [found["A2"].value.strip(), found["A3"].value] == ["<r><t>x</t></r>", "</t></is>"]
