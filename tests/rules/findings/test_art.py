"""Heads of units and ART suffixes as written."""

from __future__ import annotations

from datetime import date

import polars as pl

from rules.wilayah import load_wilayah
from tests.rules.findings.builder import Builder

F = "3201012001000001"
G = "3201012001000002"


def member(b: Builder, suffix: str, hub: str, family: str = F, **values: object) -> int:
    orang = str(values.pop("orang", f"p{family}{suffix}"))
    return b.row("dtks", orang, id_art=family + suffix, hub_krt=hub, **values)


def sound(b: Builder, family: str = G) -> None:
    """A family without fault, so that no rule touches most of the file."""
    for suffix, hub, born in (
        ("01", "KEPALA", 1970),
        ("02", "PASANGAN", 1972),
        ("03", "ANAK", 1999),
        ("04", "ANAK", 2001),
    ):
        member(b, suffix, hub, family, tanggal_lahir=date(born, 3, 3))


def test_st13_household_heads_per_dtks_id(b: Builder) -> None:
    member(b, "01", "KEPALA")
    member(b, "02", "KEPALA")
    sound(b)
    assert [f["baris"] for f in b.findings("ST13")] == [[0, 1]]


def test_st13_family_heads_per_kk_never_mixed_with_households(b: Builder) -> None:
    kk1, kk2 = "3201010101100001", "3201010101100002"
    # A kitchen of two KKs: one household head, a family head on each card.
    member(b, "01", "KEPALA", hub_kk="KEPALA", no_kk=kk1)
    member(b, "02", "ANAK", hub_kk="KEPALA", no_kk=kk2)
    member(b, "03", "LAINNYA", hub_kk="PASANGAN", no_kk=kk2)
    assert b.findings("ST13") == []
    b.row("regsosek", "x", no_kk=kk1, hub_kk="ANAK")
    b.row("regsosek", "y", no_kk=kk1, hub_kk="ANAK")
    found = b.findings("ST13")
    assert [f["baris"] for f in found] == [[3, 4]]
    assert "0 heads" in found[0]["ringkas"]


def test_st20_missing_or_00_suffix(b: Builder) -> None:
    bad = [
        b.row("dtks", "a", id_art=F + "00"),
        b.row("dtks", "c", id_art=F + "0A"),
        b.row("dtks", "d", id_keluarga=F),
    ]
    sound(b)
    assert sorted(f["baris"][0] for f in b.findings("ST20")) == bad


def test_st20_wants_art_ids_in_the_file(b: Builder) -> None:
    b.row("dtks", "a", id_keluarga=F)
    b.row("dtks", "c", id_keluarga=F)
    assert b.findings("ST20") == []


def test_st21_and_st23_first_and_gap(b: Builder) -> None:
    first = [member(b, "02", "PASANGAN"), member(b, "03", "ANAK")]
    hole = [member(b, s, h, "3201012001000003") for s, h in (("01", "KEPALA"), ("03", "ANAK"))]
    for k in range(4, 7):
        sound(b, f"320101200100000{k}")
    assert [f["baris"] for f in b.findings("ST21")] == [first]
    assert [f["baris"] for f in b.findings("ST23")] == [hole]


def test_st22_one_art_id_on_two_persons(b: Builder) -> None:
    two = [member(b, "02", "ANAK", orang="a"), member(b, "02", "ANAK", orang="c")]
    member(b, "03", "ANAK", orang="d")
    member(b, "03", "ANAK", orang="d")  # the same person on a repeated row shares no id with another
    sound(b)
    assert [f["baris"] for f in b.findings("ST22")] == [two]


def test_st24_suffix_above_the_limit(b: Builder) -> None:
    high = member(b, "21", "ANAK")
    member(b, "20", "ANAK")
    sound(b)
    assert [f["baris"] for f in b.findings("ST24")] == [[high]]


def test_st25_ids_of_two_families(b: Builder) -> None:
    wrong = b.row("dtks", "a", id_art=F + "01", id_keluarga=G)
    sound(b)
    assert [f["baris"] for f in b.findings("ST25")] == [[wrong]]


def test_st26_relation_against_suffix(b: Builder) -> None:
    member(b, "01", "PASANGAN")
    member(b, "02", "ANAK")
    member(b, "03", "KEPALA")
    sound(b)
    assert sorted(f["baris"][0] for f in b.findings("ST26")) == [0, 1, 2]


def test_st26_a_widow_with_a_child_02_is_normal(b: Builder) -> None:
    member(b, "01", "KEPALA")
    member(b, "02", "ANAK")
    assert b.findings("ST26") == []


def test_st27_children_out_of_order(b: Builder) -> None:
    member(b, "01", "KEPALA")
    older, younger = (member(b, s, "ANAK", tanggal_lahir=date(y, 1, 1)) for s, y in (("03", 2008), ("04", 2005)))
    member(b, "05", "CUCU", tanggal_lahir=date(1990, 1, 1))  # no child
    member(b, "06", "ANAK", tanggal_lahir=date(2001, 1, 1), lahir_mutu="UMUR")  # an age proves no order
    sound(b)
    assert [f["baris"] for f in b.findings("ST27")] == [[older, younger]]


def test_st28_id_of_another_desa(b: Builder) -> None:
    villages = load_wilayah().filter(
        pl.col("tingkat") == 4, pl.col("kode_bps").is_not_null(), pl.col("status") == "berlaku"
    )
    one_to_one = villages.filter(pl.len().over("kode_bps") == 1).sort("kode").head(2)
    (here, here_bps), (other, _) = one_to_one.select("kode", "kode_bps").rows()
    b.row("dtks", "a", id_art=here_bps + "000001" + "01", kode_wilayah=other)
    b.row("dtks", "c", id_art=here_bps + "000001" + "02", kode_wilayah=other)
    b.row("dtks", "d", id_art=here_bps + "000002" + "01", kode_wilayah=here)
    b.row("dtks", "e", id_art="9999999999" + "000003" + "01", kode_wilayah=here)  # no bridge, no finding
    assert [f["baris"] for f in b.findings("ST28")] == [[0, 1]]


def test_st26_a_second_card_of_the_kitchen_has_its_own_head(b: Builder) -> None:
    """Only the relation to the head of the KK is written (DTKS village export)."""
    kk1, kk2 = "3201010101100001", "3201010101100002"
    rows = (("01", "KEPALA", kk1), ("02", "PASANGAN", kk1), ("03", "KEPALA", kk2), ("04", "PASANGAN", kk2))
    for suffix, hub, kk in rows:
        b.row("dtks", suffix, id_art=F + suffix, hub_kk=hub, no_kk=kk)
    assert b.findings("ST26") == []
    b.row("dtks", "second head", id_art=F + "05", hub_kk="KEPALA", no_kk=kk1)
    assert [f["baris"] for f in b.findings("ST26")] == [[4]]


def test_st13_a_split_off_family_lawfully_adds_a_head(b: Builder) -> None:
    kk = "3201010101100009"
    for who, code in (("a", 1), ("c", 2)):
        b.row("regsosek", who, no_kk=kk, hub_kk="KEPALA", kode_kk=code)
    assert b.findings("ST13") == []
    other = b.row("regsosek", "d", no_kk=kk, hub_kk="KEPALA", kode_kk=1)
    assert [f["baris"] for f in b.findings("ST13")] == [[0, other]]
