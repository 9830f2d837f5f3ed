"""Payments that the registers known at that time speak against."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

K1 = "3201010101100001"
START, END = date(2023, 4, 1), date(2023, 6, 30)


def test_st70_paid_after_the_record_was_made_inactive(b: Builder) -> None:
    b.row("dtks", "a", nonaktif=True)
    early = b.pay("pkh", "a", date(2022, 7, 1), date(2022, 9, 30), 750_000)
    late = b.pay("pkh", "a", START, END, 750_000)
    found = b.findings("ST70")
    assert [(f["tingkat"], f["bayar"], f["nominal_pasti"]) for f in found] == [("KRITIS", [late], 750_000)]
    assert early not in found[0]["bayar"]


def test_st70_a_register_that_calls_the_person_active_or_the_dead(b: Builder) -> None:
    b.row("dtks", "a", nonaktif=True)
    b.row("regsosek", "a", nonaktif=False)
    b.row("dtks", "dead", nonaktif=True)
    b.row("dukcapil", "dead", keberadaan="MENINGGAL", tanggal_status=date(2022, 1, 1))  # ST51 tells of it
    for who in ("a", "dead"):
        b.pay("pkh", who, START, END)
    assert b.findings("ST70") == []


def test_d02_a_civil_servant_in_the_family(b: Builder) -> None:
    b.row("dukcapil", "wife", keluarga="k1", no_kk=K1)
    b.row("dukcapil", "man", keluarga="k1", no_kk=K1, pekerjaan="TNI", tanggal_data=date(2023, 1, 1))
    b.row("dukcapil", "other", keluarga="k2", pekerjaan="PETANI")
    b.pay("pkh", "wife", START, END, keluarga="k1")
    b.pay("pkh", "other", START, END, keluarga="k2")
    found = b.findings("D02")
    assert [(f["tingkat"], f["alias"]) for f in found] == [("TINGGI", ["ASN_TNI_POLRI", "D03"])]
    assert found[0]["nominal_mungkin"] == 0  # a flag makes no rupiah unlawful
    b.row("dtsen", "man", keluarga="k1", pekerjaan="PETANI")  # two years later: he was a soldier all the same
    assert len(b.findings("D02")) == 1
    b.row("regsosek", "man", keluarga="k1", pekerjaan="PETANI", tanggal_data=date(2023, 3, 1))  # known at the time
    assert b.findings("D02") == []


def test_d02_who_is_an_official_by_the_first_word_only_after_the_payment(b: Builder) -> None:
    b.pay("pkh", "wife", START, END, keluarga="k1")
    b.row("dtsen", "man", keluarga="k1", pekerjaan="TNI")
    assert len(b.findings("D02")) == 1


def test_d02_an_exact_word_is_better_than_the_wide_class_of_regsosek(b: Builder) -> None:
    b.pay("pkh", "wife", START, END, keluarga="k1")
    b.row("regsosek", "man", keluarga="k1", pekerjaan="ASN_TNI_POLRI_BUMN_PEJABAT")
    assert [f["alias"] for f in b.findings("D02")] == [["ASN_TNI_POLRI"]]
    exact = b.row("dtks", "man", keluarga="k1", pekerjaan="PERANGKAT_DESA")
    (found,) = b.findings("D02")
    assert found["alias"] == ["ASN_TNI_POLRI", "D07", "APARAT_DESA"]
    assert exact in {e["baris_id"] for e in found["bukti"]}


def test_d14_decile_known_before_the_period(b: Builder) -> None:
    due = (date(2025, 7, 1), date(2025, 9, 30))
    for who, decile, day in (("a", 7, 3), ("c", 3, 3), ("d", 9, 28)):
        b.row("dtsen", who, desil=decile, tanggal_data=date(2025, 7 if day == 28 else 2, day))
        b.pay("pkh", who, *due)
    found = b.findings("D14")
    assert [f["person_id"] for f in found] == ["a"]
    assert "decile 7" in found[0]["ringkas"]
