"""Who leads a family and who is married to whom."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

F, G = "3201012001000001", "3201012001000002"
K1, K2, K3 = "3201010101100001", "3201011503210002", "3201012004220003"


def test_st11_a_dead_head_without_successor(b: Builder) -> None:
    dead = {"keberadaan": "MENINGGAL", "hub_krt": "KEPALA"}
    head = b.row("dtks", "a", id_art=F + "01", tanggal_status=date(2022, 1, 1), **dead)
    wife = b.row("dtks", "c", id_art=F + "02", hub_krt="PASANGAN")
    b.row("dtks", "d", id_art=G + "01", tanggal_status=date(2022, 9, 1), **dead)  # within the days
    b.row("dtks", "e", id_art=G + "02", hub_krt="PASANGAN")
    found = b.findings("ST11")
    assert [f["baris"] for f in found] == [[head]]
    assert wife in {e["baris_id"] for e in found[0]["bukti"]}
    b.row("dtks", "f", id_art=F + "03", hub_krt="KEPALA")
    assert b.findings("ST11") == []


def test_st12_a_head_who_left(b: Builder) -> None:
    head = b.row("dtks", "a", id_art=F + "01", hub_krt="KEPALA", keberadaan="PINDAH")
    b.row("dtks", "c", id_art=F + "02", hub_krt="PASANGAN")
    b.row("dtks", "d", id_art=G + "01", hub_krt="KEPALA", keberadaan="PINDAH")  # the whole family left
    b.row("dtks", "e", id_art=G + "02", hub_krt="PASANGAN", keberadaan="PINDAH")
    assert [f["baris"] for f in b.findings("ST12")] == [[head]]


def test_st15_children_alone(b: Builder) -> None:
    head = b.row("dukcapil", "a", no_kk=K1, hub_kk="KEPALA", tanggal_lahir=date(2008, 1, 1))
    b.row("dukcapil", "c", no_kk=K1, hub_kk="LAINNYA", tanggal_lahir=date(2012, 1, 1))
    b.row("dukcapil", "d", no_kk=K2, hub_kk="KEPALA", tanggal_lahir=date(2008, 1, 1))
    b.row("dukcapil", "e", no_kk=K2, hub_kk="LAINNYA", tanggal_lahir=date(1950, 1, 1))  # a grandmother
    b.row("dukcapil", "f", no_kk=K3, hub_kk="KEPALA", tanggal_lahir=date(2018, 1, 1))
    b.row("dtks", "f", tanggal_lahir=date(1981, 1, 1))  # a typing error: another list knows an adult
    assert [f["baris"] for f in b.findings("ST15")] == [[head]]


def test_st16_two_heads_of_one_family_in_two_lists(b: Builder) -> None:
    head = b.row("dtks", "old", id_art=F + "01", hub_krt="KEPALA")
    b.row("dtks", "son", id_art=F + "02", hub_krt="ANAK")
    b.row("dukcapil", "son", no_kk=K1, hub_kk="KEPALA")
    b.row("dukcapil", "old", no_kk=K1, hub_kk="ORTU_MERTUA")
    # A head who lives on a stranger's card is no question of who leads this family.
    b.row("dtks", "x", id_art=G + "01", hub_krt="KEPALA")
    b.row("dukcapil", "x", no_kk=K2, hub_kk="LAINNYA")
    b.row("dukcapil", "y", no_kk=K2, hub_kk="KEPALA")
    found = b.findings("ST16")
    assert [(f["baris"], f["tingkat"]) for f in found] == [([head], "INFO")]


def test_st04_a_marriage_on_the_same_card(b: Builder) -> None:
    single = {"hub_krt": "ANAK", "status_kawin": "BELUM_KAWIN"}
    b.row("dtks", "head", id_art=F + "01", hub_krt="KEPALA", tanggal_lahir=date(1970, 1, 1))
    child = b.row("dtks", "son", id_art=F + "02", tanggal_lahir=date(2000, 1, 1), **single)
    b.row("dtks", "girl", id_art=F + "03", tanggal_lahir=date(2001, 1, 1), **single)
    b.row("dukcapil", "head", no_kk=K1, hub_kk="KEPALA")
    for who, status in (("son", "KAWIN"), ("girl", "BELUM_KAWIN")):
        b.row("dukcapil", who, no_kk=K1, hub_kk="ANAK", status_kawin=status, tanggal_lahir=date(2000, 1, 1))
    assert [f["baris"] for f in b.findings("ST04")] == [[child]]


def couple(b: Builder, family: str, man: str, woman: str) -> list[int]:
    return [
        b.row("dtks", man, id_art=family + "01", hub_krt="KEPALA"),
        b.row("dtks", woman, id_art=family + "02", hub_krt="PASANGAN"),
    ]


def test_st05_divorced_on_another_card(b: Builder) -> None:
    pair = couple(b, F, "a", "c")
    b.row("dukcapil", "a", no_kk=K1, hub_kk="KEPALA", status_kawin="CERAI_HIDUP")
    b.row("dukcapil", "c", no_kk=K2, hub_kk="KEPALA", status_kawin="CERAI_HIDUP")
    assert [f["baris"] for f in b.findings("ST05")] == [pair]


def test_st05_a_card_each_or_one_mistyped_number_parts_nobody(b: Builder) -> None:
    couple(b, F, "a", "c")
    b.row("dukcapil", "a", no_kk=K1, hub_kk="KEPALA", status_kawin="KAWIN")
    b.row("dukcapil", "c", no_kk=K2, hub_kk="KEPALA", status_kawin="KAWIN")
    couple(b, G, "d", "e")
    b.row("dukcapil", "d", no_kk=K3, hub_kk="KEPALA", status_kawin="KAWIN")
    b.row("dukcapil", "e", no_kk=K3[:-1] + "4", hub_kk="PASANGAN", status_kawin="CERAI_HIDUP")
    b.row("dukcapil", "z", no_kk=K3[:-1] + "4", hub_kk="KEPALA")
    assert b.findings("ST05") == []


def test_st05_a_head_and_the_spouse_of_another_card_are_no_couple(b: Builder) -> None:
    b.row("dtks", "a", id_art=F + "01", hub_kk="KEPALA", no_kk=K1)
    b.row("dtks", "c", id_art=F + "02", hub_kk="PASANGAN", no_kk=K2)
    b.row("dukcapil", "a", no_kk=K1, hub_kk="KEPALA", status_kawin="CERAI_MATI")
    b.row("dukcapil", "c", no_kk=K2, hub_kk="PASANGAN", status_kawin="KAWIN")
    b.row("dukcapil", "z", no_kk=K2, hub_kk="KEPALA", status_kawin="KAWIN")
    assert b.findings("ST05") == []
