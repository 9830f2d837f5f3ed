from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from reports.codes import PATTERN, codes, installation_key, key_path
from reports.context import Context
from reports.village import write_villages
from reports.village_sheet import DATE_ROW, FILL_COLUMN
from rules.errors import ConfigError
from rules.i18n import _

KEY = bytes(32)


@pytest.fixture(scope="module")
def folder(context: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("desa")
    write_villages(context, out / "desa", key=KEY, register=out / "daftar")
    return out


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Path]:
    return sorted((folder / "desa").glob("*.xlsx"))


@pytest.fixture(scope="module")
def register(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(p) for p in sorted((folder / "daftar").iterdir())])


def _texts(path: Path) -> list[str]:
    return [str(v) for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True) for v in row if v]


def _pdf_text(path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def test_each_village_gets_its_own_lists(files: list[Path], context: Context) -> None:
    assert [p.stem for p in files] == sorted(set(context.tables.records["kode_wilayah"].unique()))
    for path in files:
        sheet = load_workbook(path)[_("Families")]
        assert context.region(path.stem) in str(sheet["A1"].value)
        assert sheet.max_row > 6
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")


def test_paper_shows_no_id_and_no_birth_date(files: list[Path], context: Context) -> None:
    born = {d.strftime("%d-%m-%Y") for d in context.tables.records["tanggal_lahir"].drop_nulls()}
    for path in files:
        for text in [*_texts(path), *_pdf_text(path.with_suffix(".pdf")).split("\n")]:
            assert not re.search(r"\d{11,}", text), text
            assert not born & set(re.findall(r"\d\d-\d\d-\d{4}", text)), text


def test_a_list_can_be_printed_filled_in_and_signed(files: list[Path]) -> None:
    sheet: Any = load_workbook(files[0])[_("Families")]
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert sheet.print_title_rows is not None
    assert "&P" in sheet.oddFooter.right.text
    texts = _texts(files[0])
    assert _("Verifying officer,") in texts
    for title in ("Update", "Propose", "Remove", "Wrong alarm", "Line code"):
        assert _(title) in texts


def test_only_the_cells_to_fill_in_can_be_written_to(files: list[Path]) -> None:
    sheet: Any = load_workbook(files[0])[_("Families")]
    assert sheet.protection.sheet
    head = DATE_ROW + 5
    titles = [cell.value for cell in sheet[head]]
    boxes = [titles.index(_(t)) for t in ("Update", "Propose", "Remove", "Wrong alarm", "Remark")]
    line = sheet[head + 1]
    assert [i for i, cell in enumerate(line) if not cell.protection.locked] == boxes
    for row in (DATE_ROW + 1, DATE_ROW + 2):
        assert not sheet.cell(row, FILL_COLUMN + 1).protection.locked


def test_the_pdf_holds_every_line_with_its_code_and_page_numbers(files: list[Path], register: pl.DataFrame) -> None:
    for path in files:
        text = _pdf_text(path.with_suffix(".pdf"))
        lines = register.filter(pl.col("kode_desa") == path.stem)
        assert set(lines["kode_baris"]) <= set(re.findall(PATTERN, text))
        pages = text.count("\f")
        for page in range(1, pages + 1):
            assert f"{_('Page')} {page} / {pages}" in text
        assert text.count(_("Verifying officer,")) == 1


def test_paper_holds_the_worst_and_says_what_the_workbook_holds_beside(
    files: list[Path], register: pl.DataFrame, context: Context, tmp_path: Path
) -> None:
    again = write_villages(context, tmp_path, key=KEY, register=tmp_path / "daftar", printed=1)
    (kept,) = (tmp_path / "daftar").iterdir()
    assert pl.read_parquet(kept).equals(register)
    for path, old in zip((p for p in again if p.suffix == ".xlsx"), files, strict=True):
        mine = register.filter((pl.col("kode_desa") == path.stem) & (pl.col("jenis") == "temuan"))
        first = pl.col("nomor").str.split(".").list.first() == "1"
        more = len(set(mine.filter(~first)["nomor"].str.split(".").list.first()))
        text = _pdf_text(path.with_suffix(".pdf"))
        assert all(code in text for code in mine.filter(first)["kode_baris"])
        assert not any(code in text for code in mine.filter(~first)["kode_baris"])
        said = _("NOT ON PAPER: {n} more families with {lines} lines.").format(n=more, lines=mine.filter(~first).height)
        pages = text.split("\f")[:-1]
        assert (said in pages[0]) and (said in pages[-1]) if more else said[:10] not in text
        # The workbook holds every line as before, and tells how far the paper goes.
        texts, before = _texts(path), _texts(old)
        assert set(before) - set(texts) == ({before[1]} if more else set())


def test_fonts_are_in_the_pdf(files: list[Path]) -> None:
    if shutil.which("pdffonts") is None:
        pytest.skip("pdffonts is not installed")
    shown = subprocess.run(["pdffonts", str(files[0].with_suffix(".pdf"))], capture_output=True, check=True).stdout
    fonts = [line.split() for line in shown.decode().splitlines()[2:]]
    assert {f[0].partition("+")[2].split("-")[0] for f in fonts} <= {"SourceSansPro"}
    assert all(f[-5] == "yes" for f in fonts)  # emb


def test_every_finding_of_every_family_is_on_one_line(register: pl.DataFrame, context: Context) -> None:
    found = context.keyed.filter(pl.col("kelompok").is_in(["usang", "ganda", "bayar"]))
    listed = register.filter(pl.col("jenis") == "temuan").explode("temuan")["temuan"].struct.field("temuan_id")
    assert sorted(listed) == sorted(found["temuan_id"])
    assert register["kode_baris"].is_unique().all()
    assert register.filter(pl.col("jenis") == "pasangan").height


def test_codes_depend_on_the_key_and_on_nothing_else(
    files: list[Path], folder: Path, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import reports.village

    monkeypatch.setattr(reports.village, "_BATCH", 5)  # however the villages are cut into batches
    again = write_villages(replace(context), tmp_path / "a", key=KEY)
    before = sorted((folder / "desa").iterdir())
    assert [p.name for p in again] == [p.name for p in before]
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in before]
    other = write_villages(replace(context), tmp_path / "b", key=bytes(31) + b"\1")
    assert not set(re.findall(PATTERN, " ".join(_texts(other[1])))) & set(
        re.findall(PATTERN, " ".join(_texts(files[0])))
    )


def test_decided_findings_are_not_asked_again(context: Context, register: pl.DataFrame, tmp_path: Path) -> None:
    first = context.tables.findings.filter(pl.col("kode") == "ST01").head(1)
    decided = first.with_columns(
        putusan=pl.lit("HAPUS"), oleh=pl.lit("A"), tanggal=pl.lit(context.as_of), catatan=pl.lit(None, dtype=pl.String)
    )
    tables = replace(context.tables, diputuskan=decided)
    write_villages(replace(context, tables=tables), tmp_path / "desa", key=KEY, register=tmp_path / "daftar")
    left = pl.concat([pl.read_parquet(p) for p in (tmp_path / "daftar").iterdir()])
    asked = left.explode("temuan")["temuan"].struct.field("temuan_id").drop_nulls()
    assert first["temuan_id"][0] not in asked
    assert asked.len() == register.explode("temuan")["temuan"].struct.field("temuan_id").drop_nulls().len() - 1


def test_the_key_of_the_installation_is_made_once_and_kept_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADAN_KUNCI", str(tmp_path / "a" / "kunci"))
    key = installation_key()
    assert installation_key() == key
    assert key_path().stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in key_path().parent.iterdir()) == ["kunci"]
    assert codes(key, ["x", "y"]) == codes(key, ["x", "y"])
    assert all(re.fullmatch(PATTERN, c) for c in codes(key, ["x", "y"]))
    key_path().write_bytes(b"short")
    with pytest.raises(ConfigError):
        installation_key()
