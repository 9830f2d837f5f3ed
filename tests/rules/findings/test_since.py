"""What has happened since a list was drawn up: a new card, a stale status, a move of a payee."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

F = "3201012001000001"
OLD, NEW = "3201010101100001", "3201011503240002"
START, END = date(2023, 4, 1), date(2023, 6, 30)


def family(b: Builder, *, kk: str = OLD) -> list[int]:
    return [b.row("dtks", who, id_art=f"{F}0{k}", no_kk=kk) for k, who in enumerate(("a", "c"), 1)]


def test_st07_the_whole_family_on_a_younger_card(b: Builder) -> None:
    rows = family(b)
    b.row("dtsen", "a", no_kk=NEW, hub_kk="KEPALA")
    b.row("dtsen", "c", no_kk=NEW, hub_kk="PASANGAN")
    found = b.findings("ST07")
    assert [(f["baris"], f["tingkat"]) for f in found] == [(rows, "SEDANG")]
    assert "2024" in found[0]["ringkas"]


def test_st07_not_a_part_of_the_family_nor_a_mistyped_number(b: Builder) -> None:
    family(b)
    b.row("dtsen", "a", no_kk=NEW, hub_kk="KEPALA")
    b.row("dtsen", "c", no_kk=OLD, hub_kk="KEPALA")
    assert b.findings("ST07") == []
    other = Builder()
    family(other)
    for who, hub in (("a", "KEPALA"), ("c", "PASANGAN")):
        other.row("dtsen", who, no_kk="3201010101240001", hub_kk=hub)  # one digit from the number in the DTKS
    assert other.findings("ST07") == []


def test_st62_a_record_older_than_the_stage(b: Builder) -> None:
    stale = b.row("bayar_pkh", "a")
    fresh = b.row("bayar_pkh", "c")
    for k, payee in enumerate((stale, fresh, *(b.row("bayar_pkh", f"p{i}") for i in range(3)))):
        b.pay("pkh", "-", START, END, baris=payee)
        who = b.who[payee]["person_id"]
        b.row("dtks", who, id_art=f"{F}{k + 1:02}", tanggal_data=date(2023, 3, 1) if k else date(2022, 9, 30))
    found = b.findings("ST62")
    assert [(f["baris"], f["tingkat"]) for f in found] == [([stale], "SEDANG")]
    assert "6 months" in found[0]["ringkas"]


def test_d12_paid_after_a_move(b: Builder) -> None:
    b.row("dukcapil", "a", keberadaan="PINDAH", tanggal_status=date(2023, 2, 10))
    early = b.pay("pkh", "a", date(2023, 1, 1), date(2023, 3, 31))
    late = b.pay("pkh", "a", START, END)
    b.row("regsosek", "c", keberadaan="PINDAH")
    b.pay("bpnt", "c", START, END)
    found = {f["person_id"]: f for f in b.findings("D12")}
    assert set(found) == {"a", "c"}
    assert found["a"]["alias"] == ["N16"]
    assert found["c"]["alias"] == []
    assert found["a"]["tingkat"] == "TINGGI"
    assert found["a"]["nominal_mungkin"] == 0  # who moved may keep what is not bound to the desa
    shown = {e["nilai"] for e in found["a"]["bukti"] if e["kolom"] == "periode"}
    assert shown == {"2023-04-01 – 2023-06-30"}
    assert early != late


def test_d12_who_was_met_again_stayed_and_the_dead_are_others(b: Builder) -> None:
    b.row("dukcapil", "a", keberadaan="PINDAH", tanggal_status=date(2023, 2, 10))
    b.row("dtsen", "a")
    b.row("dukcapil", "c", keberadaan="PINDAH", tanggal_status=date(2020, 1, 1))
    b.row("regsosek", "c", keberadaan="MENINGGAL")
    for who in ("a", "c"):
        b.pay("pkh", who, START, END)
    assert b.findings("D12") == []


def test_n16_and_st72_are_names_of_a_dead_payee(b: Builder) -> None:
    b.row("dukcapil", "a", keberadaan="MENINGGAL", tanggal_status=date(2022, 1, 1))
    b.row("regsosek", "c", keberadaan="MENINGGAL")
    b.row("dukcapil", "d", keberadaan="MENINGGAL", tanggal_status=date(2022, 1, 1))
    b.row("dtks", "d", id_art=F + "01")
    b.pay("pkh", "a", START, END)
    b.pay("pbi_jkn", "c", START, END)
    names = {f["person_id"]: f["alias"][2:] for f in b.findings("ST51")}
    assert names == {"a": ["N16", "ST72"], "c": [], "d": []}
