"""Loading as a whole: order of files and rows, ids by content, families, payments, layouts recognised by themselves."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rules import tables
from sources.formats import open_book
from sources.header import find
from sources.inspecting import inspect, raw_sheets
from sources.layout import aliases, layout, layouts
from sources.load import load
from sources.model import Grid, Input, SourceSettings
from sources.reading import candidates
from sources.shape import data_start, shape

SETTINGS = SourceSettings(mode_uji=True, tanggal_acuan=date(2023, 6, 30))
HEAD = (
    "ID DTKS|PROVINSI|KABUPATEN/KOTA|KECAMATAN|DESA/KELUARAHAN|NOKK|NIK|NAMA|TANGGAL LAHIR|JENIS KELAMIN|"
    "NAMA IBU KANDUNG|HUB KELUARGA|KETERANGAN PADAN"
)


def dtks_rows(count: int) -> list[str]:
    rows = []
    for i in range(count):
        day, sex = i % 28 + 1, "LP"[i % 2]
        nik = f"320193{day + (40 if sex == 'P' else 0):02d}0580{i // 28 + 1:04d}"
        hub = ("KEPALA KELUARGA", "ISTRI", "ANAK", "ANAK")[i % 4]
        rows.append(
            f"320101000700{i // 4:04d}|JAWA BARAT|KAB. BOGOR|CIBINONG|PAKANSARI|32019315030800{i // 4 + 1:02d}|{nik}|"
            f"ORANG {i}|{day:02d}/05/1980|{sex}|IBU {i // 4}|{hub}|Padan"
        )
    rows.append(rows[-1])  # the same row twice
    return rows


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return path


def test_neither_the_order_of_files_nor_of_rows_changes_anything_but_row_numbers(tmp_path: Path) -> None:
    rows = dtks_rows(60)
    first, second = write(tmp_path / "a.csv", rows[:30]), write(tmp_path / "b.csv", rows[30:])
    inputs = [Input(first, "dtks", date(2022, 9, 30)), Input(second, "dtks", date(2022, 9, 30))]
    forward, backward = load(inputs, SETTINGS), load(inputs[::-1], SETTINGS)
    for name in ("records", "rejected", "files", "payments", "families"):
        assert getattr(forward, name).equals(getattr(backward, name)), name
    shuffled = rows[:30]
    random.Random(1).shuffle(shuffled)
    write(first, shuffled)
    mixed = load(inputs, SETTINGS)
    assert mixed.records.drop("nomor_baris").equals(forward.records.drop("nomor_baris"))
    assert mixed.families.equals(forward.families)


def test_equal_rows_are_numbered_and_ids_come_from_content(tmp_path: Path) -> None:
    rows = dtks_rows(8)
    one = load([Input(write(tmp_path / "a.csv", rows), "dtks", date(2022, 9, 30))], SETTINGS)
    assert one.records["sidik"].n_unique() == 9
    renamed = load([Input(write(tmp_path / "lain.csv", rows), "dtks", date(2023, 1, 31))], SETTINGS)
    assert (
        renamed.records["sidik"].to_list() == one.records["sidik"].to_list()
    )  # neither name nor date of the file count
    other = load([Input(tmp_path / "a.csv", "p3ke")], SETTINGS)
    assert not set(other.records["sidik"]) & set(one.records["sidik"])  # the register does


def test_the_same_list_as_csv_xlsx_and_parquet_has_the_same_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", dtks_rows(12))
    frame = pl.read_csv(path, separator="|", infer_schema=False)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_excel(tmp_path / "a.xlsx")
    ids = [
        load([Input(tmp_path / f"a.{kind}", "dtks")], SETTINGS).records["sidik"].to_list()
        for kind in ("csv", "parquet", "xlsx")
    ]
    assert ids[0] == ids[1] == ids[2]


def test_rows_without_identity_are_refused(tmp_path: Path) -> None:
    rows = [*dtks_rows(4), "3201010007000001|JAWA BARAT|KAB. BOGOR|CIBINONG|PAKANSARI|-|0|TIDAK ADA|||||"]
    loaded = load([Input(write(tmp_path / "a.csv", rows), "dtks")], SETTINGS)
    assert loaded.rejected.select("aturan", "nomor_baris").rows() == [("TANPA_IDENTITAS", 7)]
    assert loaded.files.select("baris_dibaca", "baris_dipakai", "baris_ditolak").rows() == [(6, 5, 1)]


def test_a_family_file_enriches_its_persons_and_families(tmp_path: Path) -> None:
    person = tmp_path / "p3ke_individu.csv"
    person.write_text(
        "id_keluarga_P3KE,id_individu,nama,nik,jenis_kelamin,hubungan_dengan_kepala_keluarga,tanggal_lahir\n"
        "320101,1,SUTRISNO,3201932005700001,Laki-Laki,Kepala Keluarga,20/5/1970 0:00:00\n"
        "320101,2,SITI,3201934112750001,Perempuan,Istri/Suami,1/12/1975 0:00:00\n"
    )
    family = tmp_path / "p3ke_keluarga.csv"
    family.write_text(
        "id_keluarga_P3KE,kepala_keluarga,nik,desil_kesejahteraan,alamat,jumlah_anggota_keluarga,kode_kemdagri,kepemilikan_rumah\n"
        "320101,SUTRISNO,3201932005700001,2,JL MAWAR,3,3201011007,Milik Sendiri\n"
        "320102,KARTINI,3201934112750009,1,JL MELATI,1,3201011007,Milik Sendiri\n"
    )
    both = load([Input(person, "p3ke"), Input(family, "p3ke")], SETTINGS)
    assert both.records.select("desil", "jumlah_anggota", "alamat").unique().rows() == [(2, 3, "JL MAWAR")]
    assert both.families.select("keluarga_id", "desil", "jumlah_anggota", "jumlah_baris", "nama_kepala").rows() == [
        ("p3ke:BKKBN:320101", 2, 3, 2, "SUTRISNO"),
        ("p3ke:BKKBN:320102", 1, 1, 0, "KARTINI"),
    ]
    assert both.files["baris_dipakai"].sum() == 4
    alone = load([Input(person, "p3ke")], SETTINGS)
    assert (
        alone.records["sidik"].to_list() == both.records["sidik"].to_list()
    )  # enrichment is not the row's own content
    heads = load([Input(family, "p3ke")], SETTINGS)  # without persons its heads are what is known
    assert sorted(heads.records["nama"].to_list()) == ["KARTINI", "SUTRISNO"]


def test_families_are_stated_per_register_and_unit(tmp_path: Path) -> None:
    loaded = load([Input(write(tmp_path / "a.csv", dtks_rows(8)[:8]), "dtks", date(2022, 9, 30))], SETTINGS)
    families = loaded.families
    assert families["satuan"].value_counts().sort("satuan").rows() == [("KK", 2), ("DTKS", 2)]
    kk = families.filter(pl.col("keluarga_id") == "dtks:KK:3201931503080001").row(0, named=True)
    assert (kk["nama_kepala"], kk["jumlah_baris"], kk["kode_wilayah"]) == ("ORANG 0", 4, "3201011007")
    members = loaded.records.filter(pl.col("no_kk") == "3201931503080001")["baris_id"].sort().to_list()
    assert kk["baris"] == members


def test_a_family_says_what_its_newest_rows_and_most_of_them_say(tmp_path: Path) -> None:
    head = "id_keluarga_P3KE,nama,nik,jenis_kelamin,hubungan_dengan_kepala_keluarga,tanggal_lahir,kode_kemdagri,desil"
    rows = [
        "320101,ANAK,3201931112990003,Laki-Laki,Anak,11/12/1999,3201011008,",
        "320101,SITI,3201934112750001,Perempuan,Kepala Keluarga,1/12/1975,3201011007,4",
        "320101,BUDI,3201930112700001,Laki-Laki,Kepala Keluarga,1/12/1970,3201011007,3",
        "320102,KARTO,3201930112710001,Laki-Laki,Kepala Keluarga,1/12/1971,3201011008,2",
        "320102,MINAH,,Perempuan,Istri/Suami,1/12/1972,3201011007,2",
    ]
    old, new = tmp_path / "p3ke_20211231.csv", tmp_path / "p3ke_20221231.csv"
    old.write_text("\n".join([head, *rows]) + "\n")
    new.write_text("\n".join([head, rows[1].replace("SITI", "SITI AMINAH").replace(",4", ",1")]) + "\n")
    loaded = load([Input(old, "p3ke"), Input(new, "p3ke")], SETTINGS)
    found = loaded.families.sort("id_sumber").rows(named=True)
    first, second = found
    assert (first["nama_kepala"], first["desil"], first["tanggal_data"]) == ("SITI AMINAH", 1, date(2022, 12, 31))
    assert (first["kode_wilayah"], first["jumlah_baris"]) == ("3201011007", 4)
    assert second["kode_wilayah"] == "3201011007"  # one row each: the smaller code
    assert [len(row["baris"]) for row in found] == [4, 2]
    assert all(row["baris"] == sorted(row["baris"]) for row in found)


def test_a_column_that_says_nothing_is_like_a_column_that_is_not_there(tmp_path: Path) -> None:
    rows = dtks_rows(10)
    plain = load([Input(write(tmp_path / "a.csv", rows), "dtks")], SETTINGS).records
    wide = tmp_path / "b.csv"
    wide.write_text("\n".join([HEAD + "|PEKERJAAN|RT", *(row + "||" for row in rows)]) + "\n", encoding="utf-8")
    other = load([Input(wide, "dtks")], SETTINGS).records
    assert other["sidik"].to_list() == plain["sidik"].to_list()
    assert plain["sidik"].is_sorted()
    assert plain["baris_id"].to_list() == list(range(plain.height))


def test_equal_payees_are_one_record_and_payments_point_to_it(tmp_path: Path) -> None:
    path = tmp_path / "bayar.csv"
    rows = [f"SITI AMINAH;3201934112750001;3201931503080001;2023-0{m};200000;6013011" for m in (1, 2, 3, 3)]
    path.write_text(
        "\n".join(["NAMA PENERIMA;NIK KTP;NO KK;PERIODE;NOMINAL;NO KARTU", *rows, "KARTO;;;2023-01;200000;6013012"])
    )
    loaded = load([Input(path, "bayar_bpnt")], SETTINGS)
    assert loaded.records["sumber"].unique().to_list() == ["bayar_bpnt"]
    assert loaded.records.height == 2
    assert loaded.payments.height == 5
    assert loaded.payments["bayar_id"].is_unique().all()
    siti = loaded.records.filter(pl.col("nik").is_not_null())["baris_id"][0]
    assert loaded.payments.filter(pl.col("baris_id") == siti)["nominal"].sum() == 800_000
    assert loaded.files.select("baris_dibaca", "baris_dipakai", "tanggal_data").rows() == [(5, 5, date(2023, 3, 1))]
    tables.check("payments", loaded.payments)
    later = tmp_path / "bayar_april.csv"
    later.write_text("NAMA;NIK;NO KK;PERIODE;NOMINAL\nSITI AMINAH;3201934112750001;3201931503080001;2023-04;200000\n")
    both = load([Input(path, "bayar_bpnt"), Input(later, "bayar_bpnt")], SETTINGS)
    assert both.records.height == 2  # one payee in the lists of several months is one record
    assert both.payments.height == 6


@pytest.mark.parametrize("name", [one.nama for one in layouts() if not one.nama.endswith("_umum")])
def test_every_layout_recognises_its_own_header(name: str) -> None:
    chosen = layout(name)
    by_column: dict[str, str] = {}
    for spelling, canonical in aliases(name).items():
        by_column.setdefault(canonical, spelling)
    header = list(dict.fromkeys([*chosen.tanda, *by_column.values()]))
    cells = pl.DataFrame([header, ["x"] * len(header)], schema=[f"c{i}" for i in range(len(header))], orient="row")
    grid = Grid(None, cells, pl.Series([1, 2], dtype=pl.UInt32), pl.Series([False, False]), lambda _column: None)
    rivals = [one for one in layouts() if not one.nama.endswith("_umum")]
    other = "regsosek_buku" if name == "regsosek_flat" else "regsosek_flat" if name == "regsosek_buku" else ""
    found = find(grid, [one for one in rivals if one.nama != other])
    assert found is not None
    assert found.layout.nama == name
    assert not found.missing


def test_inspect_says_what_it_saw_and_what_is_wrong(tmp_path: Path) -> None:
    rows = [*dtks_rows(6), "3201010007000009|JAWA BARAT|KAB. BOGOR|CIBINONG|PAKANSARI||123|SALAH|31-31-2020|X||SEPUPU|"]
    path = write(tmp_path / "a.csv", rows)
    found = inspect([path, tmp_path / "tiada.csv"], SETTINGS)
    sheet = found[0].lembar[0]
    assert (sheet.tata_letak, sheet.baris_judul, sheet.baris_data, sheet.jumlah_data) == ("dtks_desa", 1, 2, 8)
    nik = next(c for c in sheet.kolom if c.kanonik == "nik")
    assert nik.mutu is not None
    assert (nik.kolom, nik.keyakinan, nik.cara) == ("G", 1.0, "alias")
    assert nik.mutu.tidak_sah == {"N01": 1}
    assert nik.mutu.ganda == 1
    relation = next(c for c in sheet.kolom if c.kanonik == "hub_kk")
    assert relation.mutu is not None
    assert relation.mutu.tak_dimengerti == {"SEPUPU": 1}
    assert found[1].galat is not None
    assert found[1].to_dict()["galat"]["tempat"] == {"file": "tiada.csv"}


def test_raw_sheets_hand_the_cells_back_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("DAFTAR|||\n\nNIK|NAMA|NO KK|ALAMAT\n'3201932005700001| Sutrisno |3201931503080001|jl. mawar\n")
    sheet = raw_sheets(path)[0]
    assert (sheet.header_row, sheet.data_start_row) == (3, 4)
    assert sheet.frame.row(-1) == ("'3201932005700001", " Sutrisno ", "3201931503080001", "jl. mawar")
    assert sheet.rows.to_list() == [1, 3, 4]


@pytest.mark.parametrize("empty", [0, 3, 1_200])
def test_data_of_a_long_list_begin_where_they_begin_when_all_its_rows_are_looked_at(tmp_path: Path, empty: int) -> None:
    path = tmp_path / "a.csv"
    lines = ["DAFTAR|||", "NIK|NAMA|NO KK|ALAMAT", "1|2|3|4", *["|| |"] * empty]
    lines += [f"32019320057{k:05}|SUTRISNO|3201931503080001|jl. mawar" for k in range(1_500)]
    path.write_text("\n".join([*lines, "|JUMLAH||"]) + "\n", encoding="utf-8")
    grid = open_book(path).grids[0]
    header = find(grid, candidates(open_book(path), None))
    assert header is not None
    assert data_start(grid, header) == shape(grid, header).data_start == 4 + empty
    assert raw_sheets(path)[0].data_start_row == 4 + empty


def test_the_civil_register_says_who_has_no_identity_card(tmp_path: Path) -> None:
    head = "Nomor KK,NIK,Nama Penduduk,Status,Tanggal Lahir,Kelamin,Status Kawin,SHDK,NIK Ayah,NIK Ibu,Cetak KTP"
    people = [("DUE", "17-05-1980", "BELUM"), ("CHILD", "17-05-2015", "BELUM"), ("DONE", "17-05-1980", "SUDAH")]
    lines = [
        f"320193150308000{k},32019317058000{k:02},{name},HIDUP,{born},LAKI-LAKI,BELUM KAWIN,ANAK,,,{card}"
        for k, (name, born, card) in enumerate(people, 1)
    ]
    path = tmp_path / "dukcapil.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    records = load([Input(path, "dukcapil", date(2023, 6, 30))], SETTINGS).records
    flagged = records.filter(pl.col("mutu").list.contains("N17"))
    assert flagged["nama"].to_list() == ["DUE"]
