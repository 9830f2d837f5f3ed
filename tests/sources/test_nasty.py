"""Every nasty file either reads right or ends in one clear message; no row is ever lost on the way."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rules.errors import InputError
from rules.i18n import set_language
from sources.load import load
from sources.model import Input, Loaded, SourceSettings

NASTY = Path(__file__).parents[2] / "fixtures" / "nasty"
KK = "3201931503080001"
NIK = ("3201932005700001", "3201934112750001", "3201931508980001", "3201934910040001")
WRONG = {
    "kosong.csv": "empty",
    "spasi_saja.csv": "empty",
    "judul_saja.csv": "no rows",
    "gambar.xlsx": "PNG",
    "bersandi.xlsx": "password",
    "terpotong.xlsx": "damaged",
    "pembatas_aneh.csv": "delimiter",
    "bukan_daftar.csv": "column names",
    "halaman_masuk.xls": "web page",
    "rusak.json": "JSON",
    "entitas.xml": "entities",
    "biner.csv": "binary",
    "pura_pura.parquet": "parquet",
    "tanpa_kolom_wajib.csv": "required column",
}
GOOD = sorted(p.name for p in NASTY.iterdir() if p.name not in WRONG)


@pytest.fixture(autouse=True)
def _english() -> Any:
    set_language("en")
    yield
    set_language("id")


@cache
def _load(name: str, sumber: str | None) -> Loaded:
    return load([Input(NASTY / name, sumber)], SourceSettings(mode_uji=True, tanggal_acuan=date(2023, 1, 1)))


def read(name: str, sumber: str | None = None) -> Loaded:
    return _load(name, sumber)


def column(loaded: Loaded, name: str) -> list[Any]:
    return loaded.records.sort("lembar", "nomor_baris").get_column(name).to_list()


@pytest.mark.parametrize("name", GOOD)
def test_no_row_is_lost(name: str) -> None:
    loaded = read(name, "bayar_pkh" if name.startswith("bayar") else None)
    files = loaded.files
    assert files["baris_dibaca"].sum() > 0
    assert (files["baris_dibaca"] == files["baris_dipakai"] + files["baris_ditolak"]).all()
    assert files["baris_ditolak"].sum() == loaded.rejected.height
    persons = files.filter(~pl.col("jenis").str.starts_with("bayar"))
    if persons.height and "regsosek_buku" not in files["jenis"].to_list():
        assert persons["baris_dipakai"].sum() == loaded.records.height
    assert loaded.records["sidik"].is_unique().all()
    assert loaded.records["baris_id"].to_list() == list(range(loaded.records.height))


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_input_ends_in_one_clear_message(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read(name)
    assert WRONG[name] in caught.value.message
    assert caught.value.place.file == name
    assert caught.value.hint


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "folder"), (tmp_path / "tiada.csv", "no such file")):
        with pytest.raises(InputError, match=words) as caught:
            load([Input(path)], SourceSettings())
        assert caught.value.place.file == path.name


def test_the_missing_column_is_named_with_its_row_and_the_nearest_header() -> None:
    with pytest.raises(InputError) as caught:
        read("tanpa_kolom_wajib.csv", "dtks")
    assert caught.value.place.row == 1
    assert "NAMMA PEMOHON" in (caught.value.hint or "")
    told = SourceSettings(overrides={"tanpa_kolom_wajib.csv": {"nama": "NAMMA PEMOHON"}})
    mended = load([Input(NASTY / "tanpa_kolom_wajib.csv", "dtks")], told)
    assert mended.records["nama"].to_list() == ["SUTRISNO"]


def test_ids_that_were_floats_are_untrusted_and_never_repaired() -> None:
    text = read("nik_float.csv")
    assert column(text, "nik_kode") == ["N02", "N02", None]
    assert column(text, "nik") == [None, None, NIK[2]]
    assert column(text, "nik_asli") == ["3,20193E+15", "3.20193E+15", NIK[2]]
    assert column(text, "no_kk") == [KK, KK, None]
    cells = read("nik_sel_angka.xlsx")
    assert column(cells, "nik_kode") == ["N02", None, None]
    assert column(cells, "kk_kode") == [None, "K01", None]
    assert column(read("nik_pecahan.parquet"), "nik_kode") == ["N02"] * 4
    assert column(read("nik_pecahan.parquet"), "no_kk") == [KK] * 4  # integers are exact
    assert column(read("data.ndjson"), "nik_kode") == [None, "N02"]
    assert set(column(read("nik_bulat_15_digit.csv"), "nik_kode")) == {"N02"}  # decided for the column


def test_ids_that_can_be_mended_are_mended() -> None:
    assert column(read("nik_akhiran_titik_nol.csv"), "nik") == [NIK[0], NIK[1]]
    assert column(read("nik_kutip_nbsp.csv"), "nik") == list(NIK)
    assert column(read("nik_kutip_nbsp.csv"), "nama") == ["SUTRISNO", "SITI AMINAH", "BUDI SANTOSO", "DEWI LESTARI"]
    dotted = read("nik_bertitik_siak.csv")
    assert column(dotted, "nik") == [NIK[0]]
    assert column(dotted, "no_kk") == [KK]


def test_placeholders_are_no_ids() -> None:
    loaded = read("id_pengisi.csv")
    assert column(loaded, "nik_mutu") == ["KOSONG"] * 4 + ["TAK_TEPERCAYA", "TEPERCAYA"]
    assert column(loaded, "nik_kode")[4] == "N04"
    assert column(loaded, "no_kk")[5] is None


def test_dtks_ids_lose_their_blanks_and_region_codes_get_their_zeros_back() -> None:
    loaded = read("idbdt_spasi_dan_nol_hilang.csv")
    assert set(column(loaded, "id_keluarga")) == {"3201170003000123"}
    assert column(loaded, "id_art") == [f"32011700030001230{n}" for n in (1, 2, 3, 4)]
    assert column(loaded, "sufiks_art") == ["01", "02", "03", "04"]
    assert set(column(loaded, "kode_wilayah_asli")) == {"3201170003"}
    assert set(column(loaded, "skema_wilayah")) == {"BPS"}
    assert column(loaded, "hub_kk") == ["KEPALA", "PASANGAN", "ANAK", "ANAK"]
    assert set(column(loaded, "id_rumah_tangga")) == {"3201170003000123"}


def test_member_ids_in_the_family_column_are_recognised_by_the_whole_column() -> None:
    loaded = read("id_art_di_kolom_keluarga.csv")
    assert loaded.records["id_keluarga"].n_unique() == 6
    assert set(column(loaded, "sufiks_art")) == {"01", "02", "03", "04"}
    assert loaded.families.filter(pl.col("satuan") == "DTKS")["jumlah_baris"].to_list() == [4] * 6


def test_columns_under_each_others_header_are_exchanged() -> None:
    loaded = read("nik_kk_tertukar.csv")
    assert set(column(loaded, "no_kk")) == {KK}
    assert set(column(loaded, "nik_mutu")) == {"TEPERCAYA"}
    assert all("N14:kolom" in flags for flags in column(loaded, "mutu"))


def test_dates_of_all_kinds_in_one_column() -> None:
    loaded = read("tanggal_campur.csv")
    the_day = date(1970, 5, 20)
    assert column(loaded, "tanggal_lahir") == [
        the_day, date(1975, 12, 1), date(1998, 8, 15), date(2004, 10, 13), the_day, the_day, the_day, the_day,
        date(1970, 7, 1), date(1990, 7, 1), None, None,
    ]  # fmt: skip
    assert column(loaded, "lahir_mutu") == ["LENGKAP"] * 8 + ["TAHUN"] * 2 + ["KOSONG"] * 2
    aged = read("bdt2015_umur_saja.xlsx")
    assert column(aged, "lahir_mutu") == ["UMUR"] * 4
    assert column(aged, "tanggal_lahir")[0] == date(1970, 7, 1)
    assert column(aged, "id_art")[1] == "32012100070000012302"
    assert set(column(aged, "desil")) == {2}


def test_null_words_are_null_and_names_keep_their_marks() -> None:
    loaded = read("kata_kosong.csv")
    for name in ("nama_ibu", "dusun", "rt", "pekerjaan", "nik"):
        assert set(column(loaded, name)) == {None}, name
    assert column(read("nama.csv"), "nama") == [
        "H. SUTRISNO, S.PD", "SITI AMINAH BINTI KARTA", "KARTO (ALM)", "MUH. ALI ALIAS ALI", "SRI WAHYUNI",
    ]  # fmt: skip


def test_spellings_of_sex_and_of_rt_rw() -> None:
    assert column(read("jenis_kelamin.csv"), "jenis_kelamin") == ["L", "P"] * 4 + ["L", "P", None]
    loaded = read("rt_rw.csv")
    assert column(loaded, "rt") == ["007", "007", "007", None, "007", "007"]
    assert column(loaded, "rw") == ["003", "003", "003", None, "003", "003"]


def test_the_same_code_means_something_else_in_another_list() -> None:
    assert column(read("hubungan_kode_siak.csv"), "hub_kk") == ["PASANGAN", "PASANGAN"]  # 2 husband, 3 wife
    assert column(read("hubungan_kode_survei.csv"), "hub_kk") == ["PASANGAN", "ANAK"]  # 2 spouse, 3 child


def test_regions_by_name() -> None:
    assert column(read("wilayah_teks.csv"), "kode_wilayah") == ["3201011007", "3201011007", "3171011001", "320101"]


def test_cells_that_look_like_formulas_are_text() -> None:
    assert column(read("rumus.csv"), "alamat") == ["=1+1", "+62 812", "@MAWAR", "-5"]


@pytest.mark.parametrize(
    ("name", "rows", "address"),
    [
        ("pipa_latin1.csv", 2, "JL. CAFÉ"),
        ("titik_koma_cp1252_crlf.csv", 1, "JL. “MAWAR” – 1"),
        ("tab.tsv", 2, "JL. MAWAR NO 1"),
        ("bom_koma.csv", 1, 'JL. "A", NO 1'),
        ("utf16.csv", 2, "JL. MAWAR NO 1"),
        ("petunjuk_sep.csv", 1, "JL. MAWAR NO 1"),
        ("lembar.ods", 2, "JL. MAWAR NO 1"),
        ("data.parquet", 4, "JL. MAWAR NO 1"),
    ],
)
def test_formats_delimiters_and_encodings(name: str, rows: int, address: str) -> None:
    loaded = read(name)
    assert loaded.records.height == rows
    assert column(loaded, "alamat")[0] == address
    assert column(loaded, "nik")[0] == NIK[0]


@pytest.mark.parametrize("name", ["data.json", "data.xml", "halaman_web.xls"])
def test_records_in_json_xml_and_html(name: str) -> None:
    loaded = read(name, "dtks")
    assert column(loaded, "nik") == list(NIK)
    assert column(loaded, "tanggal_lahir")[3] == date(2004, 10, 9)


def test_broken_lines_are_mended_or_refused_with_their_line_number() -> None:
    loaded = read("kutip_terbuka.csv")
    rows = {row["nomor_baris"]: row for row in loaded.records.iter_rows(named=True)}
    assert rows[3]["alamat"] == '"JL. TANPA PENUTUP' or rows[3]["alamat"] == "JL. TANPA PENUTUP"
    assert rows[4]["alamat"] == "JL. DUA BARIS"
    assert rows[6]["alamat"] == 'JL "MELATI" 5'  # the record before takes two lines
    middle = next(row for row in rows.values() if row["nama"] == "PATAH TENGAH")
    assert middle["alamat"] == "JL. PATAH DI TENGAH"
    assert loaded.rejected["aturan"].to_list() == ["BARIS_RUSAK"] * 2
    assert loaded.rejected["nomor_baris"].to_list() == [58, 59]
    assert not loaded.rejected["nilai"].str.contains(r"\d{9}").any()  # ids are masked


def test_misspelt_repeated_and_doubled_headers() -> None:
    loaded = read("judul_salah_eja.csv", "dtks")
    assert column(loaded, "nama") == ["SUTRISNO"]
    assert column(loaded, "nama_ibu") == ["SULASTRI"]
    assert column(loaded, "tanggal_lahir") == [date(1970, 5, 20)]
    assert column(loaded, "kode_wilayah") == ["3201011007"]
    assert column(read("judul_rangkap.csv"), "nik") == [NIK[0]]
    again = read("judul_ulang_dan_jumlah.csv")
    assert column(again, "nomor_baris") == [6, 7, 10]  # as counted in the file, titles and blanks included
    assert again.rejected["aturan"].to_list() == ["BARIS_JUMLAH"]
    assert again.files["tanggal_data"].to_list() == [date(2022, 10, 31)]  # from the title row


def test_the_p3ke_hand_out_fills_merged_family_cells() -> None:
    loaded = read("p3ke_serahan.xlsx")
    assert column(loaded, "nomor_baris") == [13, 14, 15, 16, 17]
    assert column(loaded, "id_keluarga") == ["320101100700001"] * 4 + ["320101100700002"]
    assert column(loaded, "alamat") == ["JL. MAWAR"] * 4 + [None]  # never from one family into the next
    assert column(loaded, "desil") == [1, 1, 1, 1, 2]
    assert column(loaded, "hub_kk") == ["KEPALA", "PASANGAN", "ANAK", "ANAK", "KEPALA"]
    assert column(loaded, "tanggal_lahir")[1] == date(1975, 12, 1)


def test_bip_carries_the_kk_line_down() -> None:
    loaded = read("bip.xls")
    assert column(loaded, "no_kk") == [KK, KK, "3201931503080002"]
    assert column(loaded, "nama") == ["SUTRISNO", "SITI AMINAH", "BUDI SANTOSO"]
    assert column(loaded, "tanggal_lahir")[0] == date(1970, 5, 20)  # an Excel serial
    assert column(loaded, "rt") == ["001", "001", None]
    assert column(loaded, "nama_ayah")[0] == "KARTO (ALM)"
    assert column(loaded, "status_kawin") == ["KAWIN", "KAWIN", "BELUM_KAWIN"]


def test_the_regsosek_workbook_joins_its_sheets() -> None:
    loaded = read("regsosek_lima_lembar.xlsx")
    assert column(loaded, "no_kk_asli") == [KK] * 4 + ["1234567890123450"]
    assert column(loaded, "kode_kk") == [0, 0, 0, 0, None]
    assert column(loaded, "keberadaan") == ["ADA", "ADA", "ADA", "LUAR_NEGERI", "MENINGGAL"]
    assert column(loaded, "tanggal_lahir")[0] == date(1970, 5, 20)
    assert set(column(loaded, "skema_wilayah")) == {"BPS"}
    assert loaded.rejected["aturan"].to_list() == ["TANPA_PASANGAN"]


def test_several_sheets_of_persons_are_all_read() -> None:
    loaded = read("dua_lembar.xlsx")
    assert loaded.files["lembar"].to_list() == ["RW 01", "RW 02"]
    assert column(loaded, "nomor_baris") == [2, 3, 2]


def test_opensid_aid_reads_the_payee_by_the_target_group() -> None:
    loaded = read("opensid_bantuan.xlsx")
    assert loaded.records.height == 1  # equal payees are one record
    assert column(loaded, "no_kk") == [KK]
    assert loaded.payments.height == 2  # what stands below ### is not read
    assert loaded.payments["program"].unique().to_list() == ["blt_desa"]
    assert loaded.payments["periode_awal"].to_list() == [date(2023, 1, 1)] * 2
    assert loaded.payments["periode_akhir"].to_list() == [date(2023, 3, 31)] * 2


def test_a_payment_list_of_a_local_form() -> None:
    loaded = read("bayar_bentuk_lokal.csv", "bayar_pkh")
    paid = loaded.payments.sort("nomor_baris")
    assert paid["nominal"].to_list() == [1_500_000, 200_000, 200_000, 1_500_000, 600_000, 300_000, None]
    assert [(a.month, b.month) for a, b in paid.select("periode_awal", "periode_akhir").rows()] == [
        (1, 1), (1, 1), (1, 2), (1, 3), (4, 4), (4, 6), (1, 1),
    ]  # fmt: skip
    assert paid["program"].unique().to_list() == ["pkh"]
    assert loaded.rejected["aturan"].to_list() == ["BARIS_JUMLAH"]
