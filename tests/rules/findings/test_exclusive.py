"""EKSKLUSIF: two programmes that exclude each other, at the unit of the rule and in the same month."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

K1, K2 = "3201010101100001", "3201010101100002"
JAN, MAR, APR, JUN = date(2023, 1, 1), date(2023, 3, 31), date(2023, 4, 1), date(2023, 6, 30)


def test_two_members_of_one_family_by_two_programmes(b: Builder) -> None:
    b.row("dukcapil", "wife", keluarga="k1", no_kk=K1)
    b.row("dukcapil", "man", keluarga="k1", no_kk=K1)
    big = b.pay("pkh", "wife", JAN, MAR, 750_000, keluarga="k1")
    small = b.pay("blt_desa", "man", JAN, date(2023, 1, 31), 300_000, keluarga="k1")
    b.pay("blt_desa", "man", date(2023, 7, 1), date(2023, 7, 31), 300_000, keluarga="k1", baris=3)  # after it
    found = b.findings("EKSKLUSIF")
    assert [(f["program"], f["tingkat"], f["bayar"], f["nominal_pasti"]) for f in found] == [
        ("blt_desa", "TINGGI", [small], 300_000)  # the smaller of the two, and once
    ]
    assert "PKH" in found[0]["ringkas"]
    assert big not in found[0]["bayar"]
    assert found[0]["alias"] == ["DUA_PROGRAM_EKSKLUSIF"]


def test_families_on_two_cards_and_programmes_that_go_together(b: Builder) -> None:
    for who, card in (("mother", K1), ("son", K2)):  # one family of today, two when the money was paid
        b.row("regsosek", who, keluarga="k1", no_kk=card)
    b.pay("pkh", "mother", JAN, MAR, 750_000, keluarga="k1")
    b.pay("blt_desa", "son", JAN, date(2023, 1, 31), 300_000, keluarga="k1")
    b.pay("bpnt", "mother", JAN, date(2023, 1, 31), 200_000, keluarga="k1")
    assert b.findings("EKSKLUSIF") == []


def test_a_person_programme_meets_the_family_programme_in_the_family(b: Builder) -> None:
    b.pay("pkh", "wife", APR, JUN, 750_000, keluarga="k1")
    b.pay("permakanan", "grandmother", APR, date(2023, 4, 30), 900_000, keluarga="k1")
    b.pay("permakanan", "neighbour", APR, date(2023, 4, 30), 900_000, keluarga="k2")
    found = b.findings("EKSKLUSIF")
    assert [(f["program"], f["nominal_pasti"]) for f in found] == [("pkh", 750_000)]
