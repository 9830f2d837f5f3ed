"""People whom a list lacks: never more than information, told with the coverage of the list."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

F, G, H = "3201012001000001", "3201012001000002", "3201012001000003"
NEW, OLD = "3201010101220001", "3201010101100002"


def dukcapil_card(b: Builder, kk: str, *who: str) -> list[int]:
    """A card at Dukcapil: the first is its head."""
    return [b.row("dukcapil", w, no_kk=kk, hub_kk="KEPALA" if k == 0 else "ANAK") for k, w in enumerate(who)]


def test_st06_a_new_family_in_no_list(b: Builder) -> None:
    family = dukcapil_card(b, NEW, "a", "c")
    b.row("dtsen", "x", no_kk=OLD)
    b.row("dtks", "x", id_art=F + "01")
    found = b.findings("ST06")
    assert [(f["baris"], f["tingkat"]) for f in found] == [(family, "INFO")]
    assert "33 %" in found[0]["ringkas"]  # of three people one is in DTSEN
    b.row("bayar_pkh", "c")  # a payee is known
    assert b.findings("ST06") == []


def test_st06_an_old_card_a_lone_person_and_a_head_known_elsewhere_are_none(b: Builder) -> None:
    b.row("dtsen", "x")
    b.row("dtks", "h", id_art=F + "01")
    dukcapil_card(b, OLD, "a", "c")
    dukcapil_card(b, NEW, "d")
    dukcapil_card(b, "3201010101220003", "h", "e", "f")
    assert b.findings("ST06") == []


def test_st46_one_of_a_card_in_the_dtks(b: Builder) -> None:
    alone = b.row("dtks", "a", id_art=F + "01")
    dukcapil_card(b, OLD, "a", "c", "d")
    b.row("regsosek", "a")
    assert b.findings("ST46") == []  # nobody met the others: dead or gone without a record
    b.row("regsosek", "c")
    found = b.findings("ST46")
    assert [(f["baris"], f["tingkat"]) for f in found] == [([alone], "INFO")]
    assert "2 more people" in found[0]["ringkas"]
    b.row("dtks", "d", id_art=G + "01")  # another member is listed under an own id
    b.row("dtks", "e", id_art=G + "02")
    assert b.findings("ST46") == []


def test_st63_a_family_of_the_dtks_that_dtsen_lacks(b: Builder) -> None:
    lost = [b.row("dtks", w, id_art=f"{F}0{k}", no_kk=OLD) for k, w in enumerate(("a", "c"), 1)]
    b.row("dtks", "d", id_art=G + "01")
    b.row("dtks", "e", id_art=G + "02")
    b.row("dtsen", "e")
    found = b.findings("ST63")
    assert [(f["baris"], f["tingkat"]) for f in found] == [(lost, "INFO")]
    assert "25 %" in found[0]["ringkas"]
    b.row("dtsen", "z", no_kk=OLD)  # its card is there: the members may be, under rows that were not joined
    assert b.findings("ST63") == []


def test_st63_reads_doubtful_pairs_and_leaves_out_families_that_are_gone(b: Builder) -> None:
    left = b.row("dtks", "a", id_art=F + "01")
    right = b.row("dtsen", "a2", tanggal_data=date(2025, 2, 3))
    b.review(left, right, 0.6)
    b.row("dtks", "c", id_art=H + "01", keberadaan="MENINGGAL")
    assert b.findings("ST63") == []
