"""Region tables against published counts, the scheme of a column, and the ways from codes and names to codes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from rules import wilayah as w
from rules.build_wilayah import build
from rules.errors import ConfigError


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return w.load_wilayah()


@pytest.fixture(scope="module")
def desa(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter(pl.col("tingkat") == 4, pl.col("status") == "berlaku")


def test_counts_are_those_of_the_regulation(table: pl.DataFrame, desa: pl.DataFrame) -> None:
    now = table.filter(pl.col("status") == "berlaku").group_by("tingkat").len().sort("tingkat")
    assert now["len"].to_list() == [38, 514, 7285, 83762]
    kind = desa.group_by(pl.col("kode").str.slice(6, 1)).len().sort("kode")
    assert kind.rows() == [("1", 8496), ("2", 75252), ("3", 14)]  # kelurahan, desa, desa adat
    assert set(table.filter(pl.col("tingkat") == 1)["kode"]) == set(w.PROVINCES)


def test_the_table_is_whole(table: pl.DataFrame) -> None:
    assert table["kode"].is_unique().all()
    assert table["kode_bps"].drop_nulls().is_unique().all()
    assert table["kode"].is_sorted()
    parents = table.filter(pl.col("tingkat") > 1).join(table, left_on="induk", right_on="kode", how="anti")
    assert parents.is_empty()
    successors = table.filter(pl.col("pengganti").is_not_null())
    assert (successors["status"] == "dicabut").all()
    current = table.filter(pl.col("status") == "berlaku")
    assert successors.join(current, left_on="pengganti", right_on="kode", how="anti").is_empty()
    assert w.TABLE.stat().st_size < 2_000_000


def test_the_bridge_agrees_with_an_independent_count(table: pl.DataFrame) -> None:
    # Counted elsewhere on a joined list: 315 of 514 kab/kota codes agree, 479 strings exist in both, 164 mean another.
    kab = table.filter(pl.col("tingkat") == 2, pl.col("status") == "berlaku").select("kode", "kode_bps")
    assert kab.filter(pl.col("kode") == pl.col("kode_bps")).height == 315
    both = kab.join(kab, left_on="kode", right_on="kode_bps", suffix="_k")
    assert both.height == 479
    assert both.filter(pl.col("kode") != pl.col("kode_k")).height == 164


def test_papua_2022_and_renames(table: pl.DataFrame) -> None:
    successor = dict(table.filter(pl.col("status") == "dicabut").select("kode", "pengganti").iter_rows())
    told = {"9101": "9301", "9102": "9501", "9104": "9401", "9109": "9404", "9201": "9601", "9271": "9671"}
    assert {code: successor[code] for code in told} == told
    names = dict(table.select("kode", "nama_lain").iter_rows())
    assert names["7601"] == "Kabupaten Mamuju Utara"
    assert names["8103"] == "Kabupaten Maluku Tenggara Barat"
    bps = dict(table.filter(pl.col("tingkat") == 1).select("kode", "kode_bps").iter_rows())
    assert [bps[code] for code in ("91", "92", "93", "94", "95", "96")] == ["94", "91", "95", "96", "97", "92"]


def test_the_scheme_of_a_single_regency_is_told_from_either_column(desa: pl.DataFrame) -> None:
    bridged = desa.filter(pl.col("kode_bps").is_not_null()).with_columns(kab=pl.col("kode").str.head(4))
    some = bridged.select(pl.col("kab").unique().sort().gather_every(13))
    for (_kab,), rows in bridged.join(some, on="kab").group_by("kab"):
        assert w.detect_scheme(rows["kode"]).skema == "KEMENDAGRI"
        assert w.detect_scheme(rows["kode_bps"]).skema == "BPS"


def test_a_few_typing_errors_settle_nothing(desa: pl.DataFrame) -> None:
    codes = desa.filter(pl.col("kode").str.starts_with("3201"))["kode"]
    assert w.detect_scheme(pl.concat([codes, pl.Series(["3201010001", "3201019001"])])).skema == "KEMENDAGRI"


def test_short_codes_are_judged_as_a_column() -> None:
    assert w.detect_scheme(pl.Series(["3201", "3202"])).skema == "KEMENDAGRI"  # the same places in both
    assert w.detect_scheme(pl.Series(["1101", "1102"])).skema == "TIDAK_DIKETAHUI"  # other places in each
    assert w.detect_scheme(pl.Series(["3201010", "3201011"])).skema == "BPS"
    assert w.detect_scheme(pl.Series(["32.01.01", "32.01.02"])).skema == "KEMENDAGRI"
    assert w.detect_scheme(pl.Series(["x", None])).skema == "TIDAK_DIKETAHUI"


def test_codes_into_current_codes(table: pl.DataFrame, desa: pl.DataFrame) -> None:
    known = desa.filter(pl.col("kode_bps").is_not_null())
    assert w.to_kemendagri(known, "kode_bps", "BPS")["kode_bps"].equals(known["kode"], check_names=False)
    assert w.to_kemendagri(desa, "kode", "KEMENDAGRI")["kode"].equals(desa["kode"])
    gone = table.filter(pl.col("pengganti").is_not_null())
    assert w.to_kemendagri(gone, "kode", "KEMENDAGRI")["kode"].equals(gone["pengganti"], check_names=False)
    odd = pl.DataFrame({"k": ["32.01.01.9999", "99", None, "9101019999"]})
    assert w.to_kemendagri(odd, "k", "KEMENDAGRI")["k"].to_list() == ["320101", None, None, "930101"]
    assert w.to_kemendagri(odd, "k", "TIDAK_DIKETAHUI")["k"].null_count() == 4


def test_a_bridge_of_the_dinas_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "jembatan.csv"
    file.write_text("kode,kode_bps\n32.01.01.1001,3201999999\n", encoding="utf-8")
    frame = pl.DataFrame({"k": ["3201999999"]})
    assert w.to_kemendagri(frame, "k", "BPS")["k"].to_list() == ["3201"]
    assert w.to_kemendagri(frame, "k", "BPS", w.read_bridge(file))["k"].to_list() == ["3201011001"]
    file.write_text("kode,kode_bps\n3201011001,3201999999\n3201011002,3201999999\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="3201999999"):
        w.read_bridge(file)
    file.write_text("kode\n1\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        w.read_bridge(file)


def test_names_lead_back_to_their_codes(desa: pl.DataFrame) -> None:
    some = w.names_of(desa["kode"].gather_every(11))
    found = w.region_by_names(some, "provinsi", "kabupaten", "kecamatan", "desa")
    deep = found.str.len_bytes() == 10
    assert deep.mean() > 0.999  # type: ignore[operator] # two desa of one name in one kecamatan stay open
    assert (found == some["kode"]).filter(deep).all()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("JAWA BARAT", "KAB. BANDUNG", "KEC. SOREANG", "DESA PARUNGSERAB"), "3204372020"),
        (("JABAR", "KOTA BANDUNG", "COBLONG", "DAGO"), "3273021004"),
        (("DKI JAKARTA", "KOTA ADM. JAKARTA SELATAN", "TEBET", "KEL. MANGGARAI"), "3174011007"),
        (("PAPUA", "KAB. MERAUKE", None, None), "9301"),  # as the lists wrote it before 2022
        (("SUMATERA UTARA", "TOBA SAMOSIR", None, None), "1212"),
        (("D.I. YOGYAKARTA", "SLEMAN", "DEPOK", "CATURTUNGGAL"), "3404072001"),
        (("JAWA BARAT", "BANDUNG", "TIDAK ADA", "DAGO"), "3204"),  # never a desa without its parents
        (("ATLANTIS", "KAB. BANDUNG", None, None), None),
    ],
)
def test_names_as_people_write_them(names: tuple[str | None, ...], code: str | None) -> None:
    frame = pl.DataFrame([names], schema=dict.fromkeys(("p", "k", "c", "d"), pl.String), orient="row")
    assert w.region_by_names(frame, "p", "k", "c", "d").to_list() == [code]
    if code and names[0] != "JABAR":
        assert w.region_by_names(frame, None, "k", "c", "d").to_list() == [code]


def test_names_of_keeps_the_order_and_the_depth() -> None:
    got = w.names_of(pl.Series(["3201", "9101", "32", "3201011001", "0000"]))
    assert got["kabupaten"].to_list() == ["Kabupaten Bogor", "Kabupaten Merauke", None, "Kabupaten Bogor", None]
    assert got["desa"].to_list()[:3] == [None, None, None]


def _edition(rows: list[tuple[str, str]], lengths: tuple[int, ...] = w.LENGTHS) -> pl.DataFrame:
    level = {length: n for n, length in enumerate(lengths, 1)}
    return pl.DataFrame(rows, schema=["kode", "nama"], orient="row").with_columns(
        tingkat=pl.col("kode").str.len_chars().replace_strict(level, return_dtype=pl.UInt8)
    )


def test_partners_are_found_inside_the_partner_of_the_parent_and_never_guessed() -> None:
    current = _edition([
        ("32", "Jawa Barat"), ("3201", "Kabupaten Bogor"), ("320101", "Utara"), ("320102", "Selatan"),
        ("3201012001", "Sukamaju"), ("3201012002", "Mekarsari"), ("3201022001", "Sukamaju"), ("3201022002", "Baru"),
    ])  # fmt: skip
    older = _edition([
        ("32", "JAWA BARAT"), ("3201", "KAB. BOGOR"), ("320109", "Selatan"), ("3201092001", "Suka Maju"),
        ("3201092005", "Hilang"), ("3201092006", "Ganda"), ("3201092007", "Ganda"),
    ])  # fmt: skip
    bps = _edition(
        [("32", "Jawa Barat"), ("3201", "Kabupaten Bogor"), ("3201010", "Selatan"), ("3201010001", "Sukamaju"),
         ("3201010002", "Mekar Sari")], (2, 4, 7, 10),
    )  # fmt: skip
    table, lines = build(current, older, bps)
    rows = {row["kode"]: row for row in table.to_dicts()}
    assert rows["320109"]["pengganti"] == "320102"
    assert rows["3201092001"]["pengganti"] == "3201022001"
    assert rows["3201092005"]["pengganti"] is None
    assert rows["3201092006"]["pengganti"] is None
    assert rows["3201022001"]["kode_bps"] == "3201010001"
    assert rows["3201012001"]["kode_bps"] is None
    assert rows["3201012002"]["kode_bps"] == "3201010002"  # another kecamatan, but one of that name in the kabupaten
    assert len(lines) == 4
