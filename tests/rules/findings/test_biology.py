"""Ages and sexes against the relation, inside one card or household."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.rules.findings.builder import Builder

K1, K2 = "3201010101100001", "3201011503210002"
F = "3201012001000001"


def card(b: Builder, *members: tuple[str, str, int, str], kk: str = K1, sumber: str = "dukcapil") -> list[int]:
    """Rows (person, relation, year of birth, sex) on one card."""
    return [
        b.row(sumber, who, no_kk=kk, hub_kk=hub, tanggal_lahir=date(year, 3, 3), jenis_kelamin=sex)
        for who, hub, year, sex in members
    ]


def rows(found: list[dict[str, Any]]) -> list[list[int]]:
    return sorted(f["baris"] for f in found)


def test_st30_a_father_hardly_older(b: Builder) -> None:
    _, child, _ = card(b, ("f", "KEPALA", 1990, "L"), ("c", "ANAK", 2002, "L"), ("d", "ANAK", 2010, "P"))
    assert rows(b.findings("ST30")) == [[child]]


def test_st30_a_stepchild_or_a_household_of_two_heads_is_none(b: Builder) -> None:
    card(b, ("f", "KEPALA", 1990, "L"), ("m", "PASANGAN", 1980, "P"), ("c", "ANAK", 2002, "L"))
    card(b, ("g", "KEPALA", 1990, "L"), ("h", "KEPALA", 1960, "L"), ("i", "ANAK", 2002, "L"), kk=K2)
    b.row("dtks", "j", id_art=F + "01", hub_krt="KEPALA", tanggal_lahir=date(1990, 1, 1))
    b.row("dtks", "k", id_art=F + "02", hub_krt="CUCU", hub_kk="ANAK", tanggal_lahir=date(1999, 1, 1))
    assert b.findings("ST30") == []


def test_st31_a_mother_of_sixty(b: Builder) -> None:
    _, _, child, _ = card(
        b, ("f", "KEPALA", 1940, "L"), ("m", "PASANGAN", 1950, "P"), ("c", "ANAK", 2010, "L"), ("d", "ANAK", 2005, "L")
    )
    assert b.findings("ST31") == []  # she may be a stepmother
    b.row("dtks", "c", nama_ibu="M", tanggal_lahir=date(2010, 1, 1))
    b.row("dtks", "d", nama_ibu="M", tanggal_lahir=date(2005, 1, 1))
    assert rows(b.findings("ST31")) == [[child]]  # 2005: the mother was 55


def test_st31_a_woman_who_heads_the_card_is_the_mother(b: Builder) -> None:
    _, child = card(b, ("m", "KEPALA", 1950, "P"), ("c", "ANAK", 2010, "L"))
    assert rows(b.findings("ST31")) == [[child]]


def test_st32_both_niks_are_of_men(b: Builder) -> None:
    born = date(1980, 5, 17)
    man, woman = {"nik": "3201011705800001"}, {"nik": "3201015705800002"}
    pair = [
        b.row("dukcapil", "f", no_kk=K1, hub_kk="KEPALA", tanggal_lahir=born, **man),
        b.row("dukcapil", "m", no_kk=K1, hub_kk="PASANGAN", tanggal_lahir=born, nik="3201011705800003"),
    ]
    b.row("dukcapil", "g", no_kk=K2, hub_kk="KEPALA", tanggal_lahir=born, **man)
    b.row("dukcapil", "n", no_kk=K2, hub_kk="PASANGAN", tanggal_lahir=born, **woman)
    assert rows(b.findings("ST32")) == [pair]


def test_st32_a_nik_that_holds_another_birth_date_proves_nothing(b: Builder) -> None:
    b.row("dukcapil", "f", no_kk=K1, hub_kk="KEPALA", nik="3201011705800001")
    b.row("dukcapil", "m", no_kk=K1, hub_kk="PASANGAN", nik="3201010909820003")  # somebody else's number
    assert b.findings("ST32") == []


def test_st33_child_older_and_parent_younger(b: Builder) -> None:
    _, _, child, parent = card(
        b, ("f", "KEPALA", 1980, "L"), ("m", "PASANGAN", 1982, "P"), ("c", "ANAK", 1979, "L"),
        ("p", "ORTU_MERTUA", 1985, "P"),
    )  # fmt: skip
    assert rows(b.findings("ST33")) == [[child], [parent]]


def test_st33_a_man_may_be_older_than_his_father_in_law(b: Builder) -> None:
    card(b, ("f", "KEPALA", 1960, "L"), ("m", "PASANGAN", 1985, "P"), ("p", "ORTU_MERTUA", 1962, "L"))
    b.row("dukcapil", "x", no_kk=K2, hub_kk="KEPALA", tanggal_lahir=date(1990, 7, 1), lahir_mutu="TAHUN")
    b.row("dukcapil", "y", no_kk=K2, hub_kk="ANAK", tanggal_lahir=date(1990, 1, 1))  # only the year is known
    assert b.findings("ST33") == []


def test_st34_no_lawful_day_for_the_wedding(b: Builder) -> None:
    kawin = {"status_kawin": "KAWIN"}
    child = b.row("dtks", "a", tanggal_lahir=date(2008, 1, 1), **kawin)
    young = b.row("dtsen", "c", tanggal_lahir=date(2006, 6, 1), **kawin)
    b.row("dtks", "d", tanggal_lahir=date(2003, 10, 1), tanggal_data=date(2022, 1, 1), **kawin)  # 16 before the new law
    b.row("dtks", "e", tanggal_lahir=date(2000, 1, 1), **kawin)
    assert rows(b.findings("ST34")) == [[child], [young]]


def test_st35_who_cannot_be_pregnant(b: Builder) -> None:
    wrong = [
        b.row("regsosek", "a", hamil=True, jenis_kelamin="L"),
        b.row("regsosek", "c", hamil=True, jenis_kelamin="P", tanggal_lahir=date(1960, 1, 1)),
        b.row("regsosek", "d", hamil=True, jenis_kelamin="P", status_kawin="BELUM_KAWIN"),
    ]
    b.row("regsosek", "e", hamil=True, jenis_kelamin="P", status_kawin="KAWIN")
    b.row("regsosek", "f", hamil=False, jenis_kelamin="L")
    assert rows(b.findings("ST35")) == [[n] for n in wrong]


def test_st36_secondary_school_of_a_child(b: Builder) -> None:
    early = b.row("dtsen", "a", pendidikan="SLTA/SEDERAJAT", tanggal_lahir=date(2014, 1, 1))
    b.row("dtsen", "c", pendidikan="SLTA/SEDERAJAT", tanggal_lahir=date(2004, 1, 1))
    b.row("dtsen", "d", pendidikan="BELUM TAMAT SD/SEDERAJAT", tanggal_lahir=date(2014, 1, 1))
    found = b.findings("ST36")
    assert [(f["baris"], f["tingkat"]) for f in found] == [([early], "SEDANG")]
    assert "at 11 years" in found[0]["ringkas"]
