from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

import reports.returns
from reports.context import Context
from reports.returns import remark_titles, row_remarks, write_returns


@dataclass
class Raw:
    lembar: str | None
    header_rows: list[list[str | None]]
    frame: pl.DataFrame
    delimiter: str = "|"
    encoding: str = "latin-1"


def _raw(context: Context, source: str, lembar: str | None) -> Raw:
    """The rows of a register as its sender wrote them, with rejected rows and a header of two lines."""
    rows = context.tables.records.filter(pl.col("sumber") == source).sort("nomor_baris")
    frame = rows.select("nomor_baris", pl.col("nik").alias("NIK"), pl.col("nama").alias("Nama Lengkap"))
    return Raw(lembar, [["DAFTAR WARGA CAFÉ", None], ["NIK", "Nama Lengkap"]], frame)


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_goes_back_in_its_own_shape(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(reports.returns, "_SLICE", 2)  # a byte order mark belongs at the beginning of the file only
    raw = _raw(context, "dtks", None)
    raw.encoding = encoding
    (path,) = write_returns(context, {"dtks_purbalingga.csv": [raw]}, tmp_path)
    with path.open(encoding=encoding, newline="") as stream:
        lines = list(csv.reader(stream, delimiter="|"))
    assert path.name == "dtks_purbalingga.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    assert lines[0][0] == "DAFTAR WARGA CAFÉ"
    assert lines[1] == ["NIK", "Nama Lengkap", *remark_titles()]
    assert [line[:2] for line in lines[2:]] == [list(r) for r in raw.frame.select("NIK", "Nama Lengkap").iter_rows()]
    told = [line for line in lines[2:] if line[2]]
    assert told
    assert all(line[3] and line[4] and line[5] for line in told)


def test_every_subject_row_of_a_finding_is_told(context: Context) -> None:
    remarks = row_remarks(context)
    findings = context.tables.findings.filter(pl.col("kode") == "GANDA_DAFTAR")
    rows = context.tables.records.join(findings.select(baris_id="baris").explode("baris_id"), on="baris_id", how="semi")
    told = remarks.filter(pl.col("kode").str.contains("GANDA_DAFTAR"))
    assert set(told["nomor_baris"]) == set(rows["nomor_baris"])
    assert remarks.select("berkas", "lembar", "nomor_baris").is_duplicated().sum() == 0


def test_a_payment_finding_is_told_on_the_payments_it_counts(context: Context) -> None:
    remarks = row_remarks(context).filter(pl.col("berkas") == "pkh_tahap1.csv")
    counted = context.tables.findings.filter(pl.col("kode") == "BG01").select(bayar_id="bayar").explode("bayar_id")
    rows = context.tables.payments.join(counted, on="bayar_id", how="semi")
    assert set(remarks.filter(pl.col("kode").str.contains("BG01"))["nomor_baris"]) == set(rows["nomor_baris"])


def test_rejected_rows_are_told_their_reason(context: Context) -> None:
    remarks = row_remarks(context).join(context.tables.rejected, on=["berkas", "nomor_baris"], how="semi")
    assert set(remarks["kode"]) == {"BARIS_KOSONG", "TANPA_IDENTITAS", "BARIS_RUSAK"}


def test_a_workbook_goes_back_with_every_sheet(context: Context, tmp_path: Path) -> None:
    raw = _raw(context, "p3ke", "Sheet1")
    other = Raw("Catatan", [["Isi"]], pl.DataFrame({"nomor_baris": [2], "Isi": ["=2+2"]}))
    (path,) = write_returns(context, {"P3KE individu.xlsx": lambda: [raw, other]}, tmp_path)
    book = load_workbook(path)
    assert book.sheetnames == ["Sheet1", "Catatan"]
    assert [c.value for c in book["Sheet1"][2]] == ["NIK", "Nama Lengkap", *remark_titles()]
    assert isinstance(book["Sheet1"]["A3"].value, str)
    assert book["Catatan"]["A2"].data_type != "f"
    assert book["Catatan"]["A2"].value == "=2+2"


def test_a_long_sheet_goes_back_with_the_cells_of_a_short_one(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = _raw(context, "dtks", "Sheet1")
    remarks = row_remarks(context).filter(pl.col("berkas") == "dtks_purbalingga.csv")
    remarks = remarks.with_columns(berkas=pl.lit("dtks.xlsx"))
    monkeypatch.setattr(reports.returns, "row_remarks", lambda _context: remarks)
    raw.frame = raw.frame.with_columns(
        pl.when(pl.col("nomor_baris") % 3 == 0).then(pl.lit(" =1+1 & <b>")).otherwise(pl.col("NIK")).alias("NIK")
    )
    cells = []
    for limit, name in ((1, "a"), (1_000_000, "b")):
        monkeypatch.setattr(reports.returns, "MANY", limit)
        (path,) = write_returns(context, {"dtks.xlsx": [raw]}, tmp_path / name)
        sheet = load_workbook(path)["Sheet1"]
        cells.append(
            [
                (cell.coordinate, cell.value, cell.number_format, cell.fill.fgColor.rgb)
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            ]
        )
        assert sheet.auto_filter.ref
    assert cells[0] == cells[1]
    assert len({fill for *_cell, fill in cells[0]}) > 2


def test_a_file_that_comes_back_twice_keeps_one_set_of_columns(context: Context, tmp_path: Path) -> None:
    raw = _raw(context, "dtks", None)
    raw.frame = raw.frame.with_columns(pl.lit("lama").alias(title) for title in remark_titles())
    raw.header_rows = [["NIK", "Nama Lengkap", *remark_titles()]]
    (path,) = write_returns(context, {"dtks_purbalingga.csv": [raw]}, tmp_path)
    with path.open(encoding="latin-1", newline="") as stream:
        lines = list(csv.reader(stream, delimiter="|"))
    assert lines[0] == ["NIK", "Nama Lengkap", *remark_titles()]
    assert all("lama" not in line for line in lines)


def test_files_of_one_name_do_not_overwrite_each_other(context: Context, tmp_path: Path) -> None:
    raw = _raw(context, "dtks", "Lembar1")
    names = ["utara/dtks.csv", "selatan/dtks.csv", "daftar.xls", "Daftar.xlsx", "data.json", "data.xml"]
    paths = write_returns(context, {name: [raw] for name in names}, tmp_path)
    assert sorted(p.name for p in paths) == [
        "Daftar.xlsx", "daftar_2.xlsx", "data.parquet", "data_2.parquet", "selatan_dtks.csv", "utara_dtks.csv",
    ]  # fmt: skip
    assert all(p.is_file() and p.parent == tmp_path for p in paths)
