from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from reports import progress
from reports.context import Context
from reports.page import render_page
from reports.workbook import write_workbook
from rules.i18n import _
from rules.tables import Tables, check


@pytest.fixture(scope="module")
def compared(context: Context) -> Context:
    """The run with a trend: every third finding new, one false alarm, ten of an earlier run solved."""
    findings = context.tables.findings
    status = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("BARU")).otherwise(pl.lit("TETAP"))
    here = findings.select("temuan_id", "kode", "tingkat", "kode_wilayah", status=status)
    gone = findings.head(10).select(
        "kode", "tingkat", "kode_wilayah", temuan_id_lama="temuan_id", status=pl.lit("SELESAI")
    )
    alarm = findings.head(1).select("temuan_id", "kode", "tingkat", "kode_wilayah", status=pl.lit("ALARM"))
    trend = pl.concat([here, gone, alarm], how="diagonal_relaxed").with_columns(
        kunci=pl.lit("id"), temuan_id_lama=pl.coalesce("temuan_id_lama", "temuan_id")
    )
    decided = findings.head(2).with_columns(
        putusan=pl.Series(["ALARM", "HAPUS"]), oleh=pl.lit("SITI"), tanggal=pl.date(2026, 1, 1), catatan=pl.lit("=1+1")
    )
    tables = replace(
        context.tables,
        tren=check("tren", trend),
        diputuskan=check("diputuskan", decided),
        info={**context.tables.info, "tren": {"tanggal_acuan_sebelumnya": "2023-12-31"}},
    )
    return replace(context, tables=tables)


def test_every_status_is_counted_once_per_rule_and_per_village(compared: Context) -> None:
    total = progress.counted(compared).row(0, named=True)
    n = compared.tables.findings.height
    assert total["BARU"] + total["TETAP"] == n
    assert (total["SELESAI"], total["ALARM"]) == (10, 1)
    assert total["selisih"] == total["BARU"] - 11
    for frame in (progress.by_code(compared), progress.by_severity(compared), progress.by_village(compared)):
        assert {s: frame[s].sum() for s in ("BARU", "TETAP", "SELESAI", "ALARM")} == {
            s: total[s] for s in ("BARU", "TETAP", "SELESAI", "ALARM")
        }


def test_page_and_workbook_show_trend_and_decisions(compared: Context, tmp_path: Path) -> None:
    page = render_page(compared)
    assert 'id="tren"' in page
    assert "31-12-2023" in page
    assert _("Decided by the villages") in page
    book = load_workbook(write_workbook(compared, tmp_path / "laporan.xlsx"), read_only=True)
    assert {_("Trend by code"), _("Trend by village"), _("Decided")} <= set(book.sheetnames)
    cells = [v for row in book[_("Decided")].iter_rows(values_only=True) for v in row]
    assert "=1+1" in cells  # a remark is text, never a formula
    assert "SITI" in cells


def test_without_an_earlier_run_nothing_is_said(context: Context, tables: Tables) -> None:
    assert tables.tren.is_empty()
    assert 'id="tren"' not in render_page(context)
