from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from reports.context import Context
from reports.village import write_villages
from rules.i18n import _


@pytest.fixture(scope="module")
def files(context: Context, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_villages(context, tmp_path_factory.mktemp("desa"))


def _texts(path: Path) -> list[str]:
    return [str(v) for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True) for v in row if v]


def test_each_village_gets_its_own_list(files: list[Path], context: Context) -> None:
    assert [p.stem for p in files] == sorted(set(context.tables.records["kode_wilayah"].unique()))
    for path in files:
        sheet = load_workbook(path)[_("Families")]
        assert context.region(path.stem) in str(sheet["A1"].value)
        assert sheet.max_row > 6


def test_paper_shows_no_id_and_no_birth_date(files: list[Path], context: Context) -> None:
    born = {d.strftime("%d-%m-%Y") for d in context.tables.records["tanggal_lahir"].drop_nulls()}
    for path in files:
        for text in _texts(path):
            assert not re.search(r"\d{11,}", text), text
            assert not born & set(re.findall(r"\d\d-\d\d-\d{4}", text)), text


def test_a_list_can_be_printed_filled_in_and_signed(files: list[Path]) -> None:
    sheet: Any = load_workbook(files[0])[_("Families")]
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert sheet.print_title_rows is not None
    assert "&P" in sheet.oddFooter.right.text
    texts = _texts(files[0])
    assert texts.count("☐") >= 4
    assert _("Verifying officer,") in texts
    for title in ("Update", "Propose", "Remove", "Wrong alarm"):
        assert _(title) in texts


def test_all_families_of_all_villages_are_somewhere(files: list[Path], context: Context) -> None:
    found = context.keyed.filter(pl.col("kelompok").is_in(["usang", "ganda", "bayar"]))
    total = 0
    for path in files:
        sheet = load_workbook(path)[_("Families")]
        total += sum(1 for row in sheet.iter_rows(min_row=6, values_only=True) if isinstance(row[0], int))
    assert total == found["kunci"].n_unique()


def test_small_batches_give_the_same_lists(
    files: list[Path], context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import reports.village

    monkeypatch.setattr(reports.village, "_BATCH", 5)
    again = write_villages(replace(context), tmp_path)
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in files]
