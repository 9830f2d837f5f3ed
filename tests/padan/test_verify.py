"""The village round trip: a list goes out, comes back filled, and the next run keeps to what was decided."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from padan import decisions
from padan.cli import cli
from padan.verify import read_register
from reports.codes import PATTERN
from reports.village_sheet import DATE_ROW, FAMILY_TEXTS, FILL_COLUMN
from tests.padan.helpers import arguments

FIRST = DATE_ROW + 6  # row of the first line, as seen in Excel
PERBARUI, USULKAN, HAPUS, ALARM = range(len(FAMILY_TEXTS) + 1, len(FAMILY_TEXTS) + 5)  # columns, from 1
CODE = ALARM + 2
SATU, DUA = 6, 7
DAY = date(2026, 3, 12)


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args])


def told(result: Result) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(result.stdout)
    return value


@pytest.fixture(scope="module")
def village(finished: Path) -> Path:
    """The longest list of the run."""
    lines = read_register(finished).filter(pl.col("jenis") == "temuan").group_by("kode_desa").len()
    return finished / "desa" / f"{lines.sort('len')['kode_desa'][-1]}.xlsx"


def fill(
    source: Path,
    out: Path,
    cells: Mapping[tuple[int, int], object],
    *,
    day: object = DAY,
    name: str | None = "SITI PETUGAS",
    sheet: int = 0,
) -> Path:
    """A copy of the list `source` with `cells` (row, column; as seen in Excel) written into it."""
    book = load_workbook(source)
    page: Any = book.worksheets[sheet]
    page.cell(DATE_ROW + 1, FILL_COLUMN + 1).value = day
    page.cell(DATE_ROW + 2, FILL_COLUMN + 1).value = name
    for (row, column), value in cells.items():
        page.cell(row, column).value = value
    book.save(out)
    return out


def through_libreoffice(book: Path, folder: Path) -> Path:
    """`book` opened and written anew by LibreOffice."""
    office = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profil').as_uri()}"]
    subprocess.run([*office, "--convert-to", "xlsx", "--outdir", str(folder / "lo"), str(book)],
                   check=True, capture_output=True)  # fmt: skip
    return folder / "lo" / book.name


def shuffled(source: Path, out: Path, file: str, number: int, was: str, becomes: str) -> None:
    """The registers of `source` with their rows in another order, and one value of row `number` of `file` changed."""
    out.mkdir()
    for path in sorted(source.glob("*.csv")):
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if path.name == file:
            assert rows[number - 2].count(f'"{was}"') == 1
            rows[number - 2] = rows[number - 2].replace(f'"{was}"', f'"{becomes}"')
        random.Random(path.name).shuffle(rows)
        (out / path.name).write_text("".join([head, *rows]), encoding="utf-8")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_list_filled_in_libreoffice_changes_the_next_run(
    registers: Path, finished: Path, village: Path, tmp_path: Path
) -> None:
    listed = read_register(finished).filter(pl.col("kode_desa") == village.stem)
    lines = listed.with_row_index("ke").with_columns(kode=pl.col("temuan").list.first().struct.field("kode"))
    twice = lines.row(by_predicate=pl.col("kode") == "ST29", named=True)
    held = lines.row(by_predicate=pl.col("nomor") == "2.1", named=True)  # of another family
    a, b = FIRST + held["ke"], FIRST + twice["ke"]
    ticks = {
        (a, ALARM): "x",
        (a, ALARM + 1): "serumah",
        (b, ALARM): "x",
        (FIRST, PERBARUI): "X",
        (FIRST + 1, HAPUS): "x",
    }
    mine = fill(village, tmp_path / "isi.xlsx", ticks)
    pairs = min(listed.filter(pl.col("jenis") == "pasangan").height, 2)  # the data has one or two
    fill(mine, mine, {(FIRST + i, (SATU, DUA)[i]): "x" for i in range(pairs)}, sheet=1)
    back, store = through_libreoffice(mine, tmp_path), tmp_path / "keputusan.duckdb"
    result = call("verify", finished, back, "--keputusan", store, "--json")
    assert result.exit_code == 0, result.output
    (one,) = told(result)["berkas"]
    assert one["dibaca"] == one["diputuskan"] + one["kosong"] + one["ditolak"] == listed.height
    assert one["putusan"] == {"ALARM": 2, "HAPUS": 1, "PERBARUI": 1} | dict.fromkeys(("SATU", "DUA")[:pairs], 1)
    assert one["hilang"] == 0
    everything = decisions.read(store)
    kept = everything.filter(pl.col("jenis") == "temuan")
    assert set(kept["oleh"]) == {"SITI PETUGAS"}
    assert set(kept["tanggal"]) == {DAY}
    assert kept.filter(pl.col("putusan") == "ALARM")["catatan"].drop_nulls().unique().to_list() == ["serumah"]

    again = call("verify", finished, back, "--keputusan", store, "--json")
    assert told(again)["baru"] == 0  # nothing is stored twice

    # The next edition: other row numbers everywhere, and one of the two rows about a false alarm says another name.
    out = tmp_path / "berikut"
    before, records = (pl.read_parquet(finished / "data" / f"{name}.parquet") for name in ("findings", "records"))
    about = before.filter(pl.col("temuan_id") == twice["temuan"][0]["temuan_id"]).row(0, named=True)
    row = records.row(by_predicate=pl.col("baris_id") == about["baris"][0], named=True)
    shuffled(registers, tmp_path / "edisi", row["berkas"], row["nomor_baris"], row["nama"], f"{row['nama']}H")
    result = call(
        *arguments(tmp_path / "edisi"), "--out", out, "--keputusan", store, "--sebelumnya", finished, "--json"
    )
    assert result.exit_code == 0, result.output
    after = pl.read_parquet(out / "data" / "findings.parquet")
    decided = pl.read_parquet(out / "data" / "diputuskan.parquet")
    alarms = decided.filter(pl.col("putusan") == "ALARM")
    assert alarms["temuan_id"].to_list() == [held["temuan"][0]["temuan_id"]]
    assert not set(after["temuan_id"]) & set(alarms["temuan_id"])
    people = {row["nama"], f"{row['nama']}H"}
    again = after.filter((pl.col("kode") == "ST29") & pl.col("bukti").list.eval(
        pl.element().struct.field("nilai").is_in(people)).list.any())  # fmt: skip
    assert again.height == 1  # raised again: its evidence is another
    asked = read_register(out).explode("temuan")["temuan"].struct.field("temuan_id").drop_nulls()
    assert not set(asked) & set(decided["temuan_id"])
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    moved = info["tren"]["jumlah"]
    assert moved["BARU"] + moved["TETAP"] == after.height
    assert moved["TETAP"] + moved["SELESAI"] + moved["ALARM"] == before.height
    assert moved["ALARM"] == info["diputuskan"]["ALARM"] == alarms.height
    assert sum(n["TETAP"] for n in info["tren"]["per_desa"].values()) == moved["TETAP"]

    # A confirmed match or non-match holds.
    moved_rows = pl.read_parquet(out / "data" / "records.parquet")
    assert moved_rows.join(records, on=["sidik", "nomor_baris"]).height < 0.1 * records.height
    records = moved_rows
    who = records.select("sidik").with_columns(pl.read_parquet(out / "data" / "entities.parquet")["person_id"])
    person = dict(who.iter_rows())
    for sidik, outcome, shown in (
        everything.filter(pl.col("jenis") == "pasangan").select("sidik", "putusan", "ditanya").iter_rows()
    ):
        if shown or outcome == "DUA":
            assert (person[sidik[0]] == person[sidik[1]]) == (outcome == "SATU")


def test_a_slip_refuses_its_line_and_no_other(finished: Path, village: Path, tmp_path: Path) -> None:
    slips = {(FIRST, ALARM): "x", (FIRST, HAPUS): "x", (FIRST + 1, HAPUS): "besok", (FIRST + 2, USULKAN): "v"}
    store = tmp_path / "k.duckdb"
    result = call("verify", finished, fill(village, tmp_path / "a.xlsx", slips), "--keputusan", store, "--json")
    assert result.exit_code == 3
    (one,) = told(result)["berkas"]
    assert (one["diputuskan"], one["ditolak"]) == (1, 2)
    assert one["dibaca"] == one["diputuskan"] + one["kosong"] + one["ditolak"]
    assert [r["baris"] for r in one["penolakan"]] == [FIRST, FIRST + 1]
    assert "besok" in one["penolakan"][1]["alasan"]
    assert set(decisions.read(store)["putusan"]) == {"USULKAN"}


TAMPERED: dict[str, dict[tuple[int, int], object]] = {
    "another name": {(FIRST + 1, 4): "ORANG LAIN"},
    "another code": {(FIRST + 1, CODE): "AAAA-BBBB-CCCC"},
    "no code": {(FIRST + 1, CODE): None},
    "another list code": {(DATE_ROW + 3, FILL_COLUMN + 1): "AAAA-BBBB-CCCC"},
}


@pytest.mark.parametrize("kind", sorted(TAMPERED))
def test_a_list_that_is_not_as_it_was_sent_is_refused_whole(
    finished: Path, village: Path, tmp_path: Path, kind: str
) -> None:
    path = fill(village, tmp_path / "desa.xlsx", {(FIRST, ALARM): "x", **TAMPERED[kind]})
    result = call("verify", finished, path, "--keputusan", tmp_path / "k.duckdb", "--json")
    assert result.exit_code == 3
    (one,) = told(result)["berkas"]
    assert one["ditolak"] == one["dibaca"] > 2
    assert one["diputuskan"] == one["kosong"] == 0
    assert not (tmp_path / "k.duckdb").exists()
    if kind != "another list code":
        assert [r["baris"] for r in one["penolakan"] if r["baris"]] == [FIRST + 1]
        shown = call("verify", finished, path, "--keputusan", tmp_path / "k.duckdb", "--lang", "en")
        assert f"file desa.xlsx, sheet {load_workbook(path).sheetnames[0]}, row {FIRST + 1}" in shown.output
    if kind in ("another code", "no code"):
        assert one["hilang"] == 1


def test_a_line_given_twice_is_refused(finished: Path, village: Path, tmp_path: Path) -> None:
    page: Any = load_workbook(village).worksheets[0]
    copy = {(FIRST + 1, c): page.cell(FIRST, c).value for c in range(1, CODE + 1)}
    result = call("verify", finished, fill(village, tmp_path / "a.xlsx", copy), "--json", "--keputusan", tmp_path / "k")
    (one,) = told(result)["berkas"]
    assert [r["baris"] for r in one["penolakan"] if r["baris"]] == [FIRST, FIRST + 1]


def test_who_and_when_must_be_known(finished: Path, village: Path, tmp_path: Path) -> None:
    store = tmp_path / "k.duckdb"
    tick = {(FIRST, ALARM): "x"}
    bare = fill(village, tmp_path / "a.xlsx", tick, day=None, name=None)
    result = call("verify", finished, bare, "--keputusan", store, "--json")
    assert result.exit_code == 3
    assert len([r for r in told(result)["berkas"][0]["penolakan"] if r["baris"] is None]) == 2
    words = fill(village, tmp_path / "b.xlsx", tick, day="kapan-kapan", name="A")
    assert "kapan-kapan" in call("verify", finished, words, "--keputusan", store, "--json").stdout
    assert not store.exists()
    given = call("verify", finished, bare, "--keputusan", store, "--oleh", "B", "--tanggal", "2026-04-01", "--json")
    assert given.exit_code == 0, given.output
    assert decisions.read(store).select("oleh", "tanggal").unique().row(0) == ("B", date(2026, 4, 1))
    empty = fill(village, tmp_path / "c.xlsx", {}, day=None, name=None)  # nothing decided, nothing to sign
    assert call("verify", finished, empty, "--keputusan", store).exit_code == 0


def test_contradictions_are_settled_by_people(finished: Path, village: Path, tmp_path: Path) -> None:
    store = tmp_path / "k.duckdb"
    one = fill(village, tmp_path / "satu.xlsx", {(FIRST, ALARM): "x", (FIRST + 1, ALARM): "x"})
    two = fill(village, tmp_path / "dua.xlsx", {(FIRST, HAPUS): "x", (FIRST + 1, ALARM): "x"})
    result = call("verify", finished, one, two, "--keputusan", store, "--json")
    assert result.exit_code == 3
    assert [f["ditolak"] for f in told(result)["berkas"]] == [1, 1]
    assert [f["diputuskan"] for f in told(result)["berkas"]] == [1, 1]
    assert call("verify", finished, one, "--keputusan", store).exit_code == 0
    assert call("verify", finished, two, "--keputusan", store).exit_code == 3  # the same day, but otherwise
    later = call("verify", finished, two, "--keputusan", store, "--tanggal", "2026-05-01")
    assert later.exit_code == 0, later.output
    counted = decisions.latest(decisions.read(store))
    assert set(counted.filter(pl.col("baris") == FIRST)["putusan"]) == {"HAPUS"}


def test_pairs_are_decided_for_all_rows_of_the_two(finished: Path, tmp_path: Path) -> None:
    pairs = read_register(finished).filter(pl.col("jenis") == "pasangan")
    wide = pairs.sort(pl.col("pasangan").list.len(), descending=True).row(0, named=True)
    source = finished / "desa" / f"{wide['kode_desa']}.xlsx"
    page: Any = load_workbook(source).worksheets[1]
    row = next(r for r in range(FIRST, page.max_row + 1) if page.cell(r, 9).value == wide["kode_baris"])
    store = tmp_path / "k.duckdb"
    result = call(
        "verify", finished, fill(source, tmp_path / "a.xlsx", {(row, DUA): "x"}, sheet=1), "--keputusan", store
    )
    assert result.exit_code == 0, result.output
    records = pl.read_parquet(finished / "data" / "records.parquet")
    frame = decisions.linkage_decisions(decisions.read(store), records)
    assert frame.height == len({tuple(sorted(p.values())) for p in wide["pasangan"]})
    assert not frame["sama"].any()
    assert (frame["kiri"] < frame["kanan"]).all()
    assert frame.schema["kiri"] == pl.UInt32


def test_a_list_of_another_run_is_told(finished: Path, village: Path, tmp_path: Path) -> None:
    page: Any = load_workbook(village).worksheets[0]
    rows = [r for r in range(FIRST, page.max_row + 1) if re.fullmatch(PATTERN, str(page.cell(r, CODE).value))]
    foreign: dict[tuple[int, int], object] = {(r, CODE): str(page.cell(r, CODE).value)[::-1] for r in rows}
    foreign[DATE_ROW + 3, FILL_COLUMN + 1] = "AAAA-BBBB-CCCC"
    book = fill(village, tmp_path / "a.xlsx", foreign)
    pairs = load_workbook(book)
    for name in pairs.sheetnames[1:]:
        del pairs[name]
    pairs.save(book)
    result = call("verify", finished, book, "--keputusan", tmp_path / "k", "--json", "--lang", "en")
    assert result.exit_code == 3
    (one,) = told(result)["berkas"]
    assert one["dibaca"] == one["ditolak"] == len(rows)
    assert one["desa"] is None
    assert "another run" in one["penolakan"][0]["alasan"]


def test_what_is_no_list_of_this_run_is_told(finished: Path, village: Path, tmp_path: Path) -> None:
    page = load_workbook(village)
    del page[page.sheetnames[0]]
    if len(page.sheetnames) > 1:
        del page[page.sheetnames[0]]
    page.save(tmp_path / "panduan.xlsx")
    result = call("verify", finished, tmp_path / "panduan.xlsx", "--keputusan", tmp_path / "k", "--json")
    assert result.exit_code == 3
    assert told(result)["berkas"][0]["penolakan"]
    assert call("verify", tmp_path, village).exit_code == 4
    (tmp_path / "x.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert call("verify", finished, tmp_path / "x.xlsx").exit_code == 3
    broken = tmp_path / "rusak.duckdb"
    broken.write_bytes(b"no store")
    assert call("verify", finished, village, "--keputusan", broken).exit_code == 4


def test_every_list_that_was_written_is_known(finished: Path) -> None:
    register = read_register(finished)
    assert register["kode_daftar"].n_unique() == len(list((finished / "desa").glob("*.xlsx")))
    assert register["kode_baris"].is_unique().all()
