"""Families that moved on."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rules.findings.builder import Builder

F = "3201012001000001"
OLD, OWN = "3201010101100001", "3201011503210002"


def dtks_family(b: Builder) -> None:
    b.row("dtks", "father", id_art=F + "01", hub_kk="KEPALA", no_kk=OLD, tanggal_lahir=date(1965, 1, 1))
    b.row("dtks", "mother", id_art=F + "02", hub_kk="PASANGAN", no_kk=OLD, tanggal_lahir=date(1968, 1, 1))
    b.row("dtks", "child", id_art=F + "03", hub_kk="ANAK", no_kk=OLD, tanggal_lahir=date(1995, 1, 1))


def register(b: Builder, source: str, child_kk: str, hub: str, married: str | None, head_kk: str = OLD) -> None:
    b.row(source, "father", hub_kk="KEPALA", no_kk=head_kk, status_kawin="KAWIN", tanggal_lahir=date(1965, 1, 1))
    b.row(source, "mother", hub_kk="PASANGAN", no_kk=head_kk, status_kawin="KAWIN", tanggal_lahir=date(1968, 1, 1))
    b.row(source, "child", hub_kk=hub, no_kk=child_kk, status_kawin=married, tanggal_lahir=date(1995, 1, 1))


@pytest.mark.parametrize("source", ["dukcapil", "dtsen", "regsosek"])
def test_st01_a_married_child_with_an_own_card(b: Builder, source: str) -> None:
    dtks_family(b)
    register(b, source, OWN, "KEPALA", "KAWIN")
    found = b.findings("ST01")
    assert [f["baris"] for f in found] == [[2]]
    assert {e["nilai"] for e in found[0]["bukti"] if e["kolom"] == "no_kk"} == {OLD, OWN}
    assert b.findings("ST02") == []


def test_st02_an_unmarried_child_with_an_own_card(b: Builder) -> None:
    dtks_family(b)
    register(b, "dukcapil", OWN, "KEPALA", "BELUM_KAWIN")
    assert [f["baris"] for f in b.findings("ST02")] == [[2]]
    assert b.findings("ST01") == []


def test_st01_compares_with_the_present_card_of_the_head(b: Builder) -> None:
    """The DTKS prints an old card; child and head are both on the new one: nothing was split."""
    dtks_family(b)
    register(b, "dukcapil", OWN, "ANAK", "KAWIN", head_kk=OWN)
    assert b.findings("ST01") == b.findings("ST02") == []


def test_st01_a_mistyped_or_old_card_of_one_row_is_no_split(b: Builder) -> None:
    dtks_family(b)
    register(b, "dtsen", "3201010101100008", "ANAK", "KAWIN")  # one digit
    register(b, "regsosek", "3201010909990077", "ANAK", "BELUM_KAWIN")  # an old number, no head on it
    assert b.findings("ST01") == b.findings("ST02") == []


def test_st01_a_daughter_on_her_husbands_card(b: Builder) -> None:
    dtks_family(b)
    register(b, "dukcapil", OWN, "PASANGAN", "KAWIN")
    b.row("dukcapil", "husband", hub_kk="KEPALA", no_kk=OWN)
    assert [f["baris"] for f in b.findings("ST01")] == [[2]]


def test_st01_not_where_the_dtks_knows_the_second_family(b: Builder) -> None:
    """Several KKs in one kitchen are lawful: the child heads its own family in the same DTKS id."""
    b.row("dtks", "father", id_art=F + "01", hub_krt="KEPALA", hub_kk="KEPALA", nuk=1)
    b.row("dtks", "child", id_art=F + "03", hub_krt="ANAK", hub_kk="KEPALA", nuk=2)
    register(b, "dukcapil", OWN, "KEPALA", "KAWIN")
    assert b.findings("ST01") == []


def test_st03_split_off_family_inside_one_dtks_family(b: Builder) -> None:
    dtks_family(b)
    b.row("dtks", "bride", id_art=F + "04", hub_kk="MENANTU", no_kk=OLD)
    b.row("regsosek", "child", no_kk=OLD, no_keluarga="7", kode_kk=2, hub_kk="KEPALA")
    b.row("regsosek", "bride", no_kk=OLD, no_keluarga="7", kode_kk=2, hub_kk="PASANGAN")
    b.row("regsosek", "father", no_kk=OLD, no_keluarga="6", kode_kk=1, hub_kk="KEPALA")
    assert [f["baris"] for f in b.findings("ST03")] == [[2, 3]]


def test_st03_not_when_the_dtks_family_is_the_split_off_family(b: Builder) -> None:
    b.row("dtks", "child", id_art=F + "01", hub_kk="KEPALA")
    b.row("dtks", "bride", id_art=F + "02", hub_kk="PASANGAN")
    b.row("regsosek", "child", no_kk=OLD, no_keluarga="7", kode_kk=2)
    b.row("regsosek", "bride", no_kk=OLD, no_keluarga="7", kode_kk=2)
    assert b.findings("ST03") == []


def test_st43_members_on_several_cards(b: Builder) -> None:
    dtks_family(b)
    register(b, "dukcapil", OWN, "KEPALA", "KAWIN")
    found = b.findings("ST43")
    assert [f["baris"] for f in found] == [[0, 1, 2]]
    assert found[0]["keluarga_id"] == f"dtks:DTKS:{F}"


def test_st43_one_wrong_number_is_no_second_family(b: Builder) -> None:
    dtks_family(b)
    register(b, "dukcapil", "3201010909990077", "ANAK", "BELUM_KAWIN")
    assert b.findings("ST43") == []


def card(b: Builder, source: str, number: str, *people: tuple[str, str]) -> None:
    for who, hub in people:
        b.row(source, who, no_kk=number, hub_kk=hub, tanggal_lahir=BORN[who])


BORN = {who: date(1960 + 7 * k, 1 + k, 3) for k, who in enumerate(("father", "mother", "child", "bride", "x", "y"))}
ELDERS = (("father", "KEPALA"), ("mother", "PASANGAN"))
COUPLE = (("child", "ANAK"), ("bride", "MENANTU"))


def test_st45_p3ke_family_is_part_of_a_card(b: Builder) -> None:
    for family, members in (("P1", COUPLE), ("P3", ELDERS), ("P2", (("x", ""), ("y", "")))):
        for who, _ in members:
            b.row("p3ke", who, id_keluarga=family, tanggal_lahir=BORN[who])
    card(b, "regsosek", OLD, *ELDERS, *COUPLE)
    card(b, "regsosek", OWN, ("x", "KEPALA"), ("y", "PASANGAN"))
    found = b.findings("ST45")
    assert sorted(f["baris"] for f in found) == [[0, 1], [2, 3]]
    assert {f["tingkat"] for f in found} == {"INFO"}


def test_st45_a_later_spouse_a_birth_and_a_double_entry_are_no_part(b: Builder) -> None:
    for who in ("father", "mother"):
        b.row("p3ke", who, id_keluarga="P1", tanggal_lahir=BORN[who])
    card(b, "regsosek", OLD, *ELDERS)
    b.row("regsosek", "baby", no_kk=OLD, hub_kk="ANAK", tanggal_lahir=date(2022, 9, 1))  # born after P3KE
    card(b, "dtsen", OLD, *ELDERS, ("bride", "MENANTU"))  # more than a year later
    b.row("dukcapil", "gone", no_kk=OLD, hub_kk="ANAK")  # known to the civil register alone
    card(b, "dukcapil", OLD, *ELDERS)
    assert b.findings("ST45") == []


def test_st45_a_member_whom_the_linkage_left_apart_is_no_other_person(b: Builder) -> None:
    b.row("p3ke", "father", id_keluarga="P1", tanggal_lahir=BORN["father"])
    b.row("p3ke", "mother", id_keluarga="P1", tanggal_lahir=BORN["mother"])
    card(b, "regsosek", OLD, ("father", "KEPALA"))
    b.row("regsosek", "mother apart", no_kk=OLD, hub_kk="PASANGAN", tanggal_lahir=BORN["mother"])
    assert b.findings("ST45") == []


def test_st45_an_elder_with_a_form_of_his_own_came_to_the_card_since(b: Builder) -> None:
    for who in ("father", "mother"):
        b.row("p3ke", who, id_keluarga="P1", tanggal_lahir=BORN[who], status_kawin="KAWIN")
    b.row("p3ke", "granny", id_keluarga="P2", tanggal_lahir=date(1940, 1, 1), status_kawin="CERAI_MATI")
    card(b, "regsosek", OLD, *ELDERS)
    b.row("regsosek", "granny", no_kk=OLD, hub_kk="ORTU_MERTUA", tanggal_lahir=date(1940, 1, 1))
    assert b.findings("ST45") == []


def test_st45_a_minor_on_the_card_of_the_parents_needs_no_second_list(b: Builder) -> None:
    for who in ("father", "mother"):
        b.row("p3ke", who, id_keluarga="P1", tanggal_lahir=BORN[who], status_kawin="KAWIN")
    card(b, "dtks", OLD, *ELDERS)
    b.row("dtks", "grown", no_kk=OLD, hub_kk="ANAK", tanggal_lahir=date(1999, 1, 1))  # may have left since
    assert b.findings("ST45") == []
    b.row("dtks", "minor", no_kk=OLD, hub_kk="ANAK", tanggal_lahir=date(2010, 1, 1))
    assert [f["baris"] for f in b.findings("ST45")] == [[0, 1]]


def test_st45_a_neighbour_with_a_mistyped_number_stands_in_another_building(b: Builder) -> None:
    for who in ("father", "mother"):
        b.row("p3ke", who, id_keluarga="P1", tanggal_lahir=BORN[who], status_kawin="KAWIN")
        b.row("regsosek", who, no_kk=OLD, hub_kk=dict(ELDERS)[who], no_bangunan="001", tanggal_lahir=BORN[who])
    b.row("regsosek", "neighbour", no_kk=OLD, hub_kk="ANAK", no_bangunan="007", tanggal_lahir=date(1999, 1, 1))
    assert b.findings("ST45") == []


def test_st02_a_lodger_on_a_strangers_card_is_a_double_entry(b: Builder) -> None:
    dtks_family(b)
    card(b, "regsosek", OLD, *ELDERS)
    b.row("regsosek", "stranger", no_kk=OWN, hub_kk="KEPALA")
    b.row("regsosek", "child", no_kk=OWN, hub_kk="LAINNYA", status_kawin="BELUM_KAWIN")
    assert b.findings("ST02") == []


def test_st02_a_child_who_stayed_with_kin_when_the_parent_married_away_is_found(b: Builder) -> None:
    dtks_family(b)
    b.row("regsosek", "father", no_kk=OLD, hub_kk="PASANGAN", status_kawin="KAWIN")
    b.row("regsosek", "uncle", no_kk=OWN, hub_kk="KEPALA")
    b.row("regsosek", "child", no_kk=OWN, hub_kk="LAINNYA", status_kawin="BELUM_KAWIN")
    assert [f["baris"] for f in b.findings("ST02")] == [[2]]


@pytest.mark.parametrize(("register", "found"), [("regsosek", [[2]]), ("dukcapil", [])])
def test_st02_an_heir_is_no_split_unless_a_surveyor_met_the_parent(
    b: Builder, register: str, found: list[list[int]]
) -> None:
    dtks_family(b)
    b.row(register, "father", no_kk=OLD, hub_kk="KEPALA", status_kawin="CERAI_MATI")
    b.row(register, "child", no_kk=OWN, hub_kk="KEPALA", status_kawin="BELUM_KAWIN")
    assert [f["baris"] for f in b.findings("ST02")] == found


def test_st02_the_married_spouse_stands_in_for_a_head_whom_the_linkage_left_apart(b: Builder) -> None:
    dtks_family(b)
    b.row("regsosek", "father apart", no_kk=OLD, hub_kk="KEPALA", status_kawin="KAWIN")
    b.row("regsosek", "mother", no_kk=OLD, hub_kk="PASANGAN", status_kawin="KAWIN")
    b.row("regsosek", "child", no_kk=OWN, hub_kk="KEPALA", status_kawin="BELUM_KAWIN")
    assert [f["baris"] for f in b.findings("ST02")] == [[2]]


def test_st02_a_child_of_two_families_is_of_nobody_known(b: Builder) -> None:
    dtks_family(b)
    b.rows[2]["nama_ibu"] = "MOTHER"
    b.row("dtks", "child", id_art="320101200100000903", hub_kk="ANAK", no_kk=OWN, tanggal_lahir=date(1995, 1, 1))
    register(b, "dukcapil", OWN, "KEPALA", "BELUM_KAWIN")
    assert b.findings("ST02") == []


def test_st01_a_double_entry_in_a_strangers_family_is_no_split(b: Builder) -> None:
    dtks_family(b)
    b.row("dtks", "guest", id_art=F + "04", hub_kk="ANAK", no_kk=OLD, tanggal_lahir=date(1996, 1, 1), nama_ibu="SURTI")
    b.row("dtks", "guest", id_art="320101200100000901", hub_kk="KEPALA", no_kk=OWN, tanggal_lahir=date(1996, 1, 1))
    register(b, "dukcapil", OLD, "ANAK", "BELUM_KAWIN")
    b.row("dukcapil", "guest", no_kk=OWN, hub_kk="KEPALA", status_kawin="KAWIN")
    assert b.findings("ST01") == []


def test_st01_relisted_child_is_known_by_the_mothers_name(b: Builder) -> None:
    dtks_family(b)
    b.rows[2]["nama_ibu"] = "MOTHER"
    b.row("dtks", "child", id_art="320101200100000901", hub_kk="KEPALA", no_kk=OWN, tanggal_lahir=date(1995, 1, 1))
    register(b, "dukcapil", OWN, "KEPALA", "KAWIN")
    assert [f["baris"] for f in b.findings("ST01")] == [[2]]


def test_st02_the_survivors_of_a_dead_head_did_not_split(b: Builder) -> None:
    """Nobody recorded the father's death: he keeps the old card, the widow has a new one with the child."""
    dtks_family(b)
    b.row("dukcapil", "father", hub_kk="KEPALA", no_kk=OLD, status_kawin="KAWIN")
    b.row("dukcapil", "mother", hub_kk="KEPALA", no_kk=OWN, status_kawin="CERAI_MATI")
    b.row("dukcapil", "child", hub_kk="ANAK", no_kk=OWN, status_kawin="BELUM_KAWIN")
    assert b.findings("ST02") == b.findings("ST01") == []


def test_st02_is_another_name_where_an_older_register_said_unmarried(b: Builder) -> None:
    dtks_family(b)
    register(b, "regsosek", OWN, "KEPALA", "BELUM_KAWIN")
    register(b, "dtsen", OWN, "KEPALA", "KAWIN")
    assert [f["alias"] for f in b.findings("ST01")] == [["ST02"]]
    assert b.findings("ST02") == []
