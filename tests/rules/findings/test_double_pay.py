"""One entitlement paid twice; two families of one kitchen."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

A, B = "3201019001900001", "3201019001900002"
JAN, FEB, MAR = (date(2023, m, 1) for m in (1, 2, 3))
JAN_END, FEB_END, MAR_END = date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31)


def test_bg01_same_nik_overlapping_periods(b: Builder) -> None:
    first = b.pay("bpnt", "ani", JAN, JAN_END, nik=A, no_kartu="1")
    extra = b.pay("bpnt", "ani", JAN, JAN_END, nik=A, no_kartu="2")
    found = b.findings("BG01")
    assert [f["baris"] for f in found] == [[0, 1]]
    assert found[0]["bayar"] == [extra] != [first]
    assert found[0]["nominal_pasti"] == 200_000
    assert (found[0]["program"], found[0]["periode_awal"]) == ("bpnt", JAN)
    assert {e["nilai"] for e in found[0]["bukti"] if e["kolom"] == "no_kartu"} == {"1", "2"}


def test_bg01_identical_payees_are_one_record(b: Builder) -> None:
    b.pay("pbi_jkn", "ani", JAN, JAN_END, nik=A)
    b.pay("pbi_jkn", "ani", JAN, JAN_END, nik=A, baris=0)
    assert [f["baris"] for f in b.findings("BG01")] == [[0]]


def test_bg01_consecutive_stages_are_no_double(b: Builder) -> None:
    b.pay("bpnt", "ani", JAN, JAN_END, nik=A)
    b.pay("bpnt", "ani", FEB, FEB_END, nik=A)
    b.pay("pkh", "ani", JAN, MAR_END, nik=A)  # another programme: an expected pair
    assert b.findings("BG01") == []


def test_bg01_a_bundled_tranche_covers_its_months(b: Builder) -> None:
    b.pay("bpnt", "ani", JAN, MAR_END, 600_000, nik=A)
    extra = [b.pay("bpnt", "ani", FEB, FEB_END, nik=A), b.pay("bpnt", "ani", MAR, MAR_END, nik=A)]
    found = b.findings("BG01")
    assert found[0]["bayar"] == extra
    assert found[0]["nominal_mungkin"] == 400_000


def test_bg01_without_periods_compares_stages(b: Builder) -> None:
    b.pay("bpnt", "ani", None, None, nik=A, tahap="1")
    b.pay("bpnt", "ani", None, None, nik=A, tahap="2")
    assert b.findings("BG01") == []
    b.pay("bpnt", "ani", None, None, nik=A, tahap="2")
    assert len(b.findings("BG01")) == 1


def test_bg02_two_identities(b: Builder) -> None:
    b.pay("pkh", "ani", JAN, MAR_END, nik=A)
    b.pay("pkh", "ani", JAN, MAR_END, nik=B)
    assert [f["baris"] for f in b.findings("BG02")] == [[0, 1]]
    assert b.findings("BG01") == []


def test_bg02_reads_review_pairs_and_leaves_them_out_of_bg03(b: Builder) -> None:
    b.pay("pkh", "ani", JAN, MAR_END, nik=A, keluarga="f")
    b.pay("pkh", "ani?", JAN, MAR_END, nik=B, keluarga="f")
    assert len(b.findings("BG03")) == 1
    b.review(0, 1, 0.8)
    found = b.findings("BG02")
    assert (found[0]["peluang"], found[0]["tingkat"], found[0]["nominal_pasti"]) == (0.8, "TINGGI", 0)
    assert b.findings("BG03") == []


def test_bg02_a_shared_nik_is_not_one_person(b: Builder) -> None:
    b.pay("pbi_jkn", "mother", JAN, MAR_END, nik=A)
    b.pay("pbi_jkn", "child", JAN, MAR_END, nik=A)
    assert b.findings("BG01") == b.findings("BG02") == []


def test_bg03_two_members_of_one_family(b: Builder) -> None:
    b.pay("pkh", "ani", JAN, MAR_END, 750_000, nik=A, keluarga="f")
    b.pay("pkh", "budi", JAN, MAR_END, 750_000, nik=B, keluarga="f")
    found = b.findings("BG03")
    assert [f["baris"] for f in found] == [[0, 1]]
    assert found[0]["nominal_pasti"] == 750_000
    assert set(found[0]["alias"]) == {"ST73", "GANDA_PROGRAM"}
    assert found[0]["family_id"] == "f"


def test_bg03_person_programmes_and_other_families_are_free(b: Builder) -> None:
    b.pay("pbi_jkn", "ani", JAN, MAR_END, nik=A, keluarga="f")
    b.pay("pbi_jkn", "budi", JAN, MAR_END, nik=B, keluarga="f")
    b.pay("pkh", "cici", JAN, MAR_END, keluarga="g")
    b.pay("pkh", "dedi", JAN, MAR_END, keluarga="h")
    assert b.findings("BG03") == []


def test_st44_two_families_of_one_kitchen(b: Builder) -> None:
    for k, (who, family) in enumerate((("father", "f"), ("son", "g"), ("mother", "f")), start=1):
        b.row("dtks", who, id_art=f"32010120010000010{k}", keluarga=family)
    b.pay("pkh", "father", JAN, MAR_END, keluarga="f")
    b.pay("pkh", "son", JAN, MAR_END, keluarga="g")
    b.pay("bpnt", "father", JAN, MAR_END, keluarga="f")
    b.pay("bpnt", "mother", JAN, MAR_END, keluarga="f")
    found = b.findings("ST44")
    assert [f["baris"] for f in found] == [[3, 4]]
    assert (found[0]["tingkat"], found[0]["bayar"], found[0]["nominal_mungkin"]) == ("INFO", [], 0)
    assert [f["baris"] for f in b.findings("BG03")] == [[5, 6]]


def test_an_unstated_amount_is_possible_money_only(b: Builder) -> None:
    b.pay("bpnt", "ani", JAN, FEB_END, nik=A)
    b.pay("bpnt", "ani", JAN, FEB_END, None, nik=A)  # type: ignore[arg-type]
    found = b.findings("BG01")
    assert (found[0]["nominal_pasti"], found[0]["nominal_mungkin"]) == (0, 400_000)


def test_bg03_counts_the_family_of_the_time_of_payment(b: Builder) -> None:
    """A mother and a son were two families when paid and are one family today."""
    b.pay("pkh", "mother", JAN, MAR_END, nik=A, keluarga="f")
    b.pay("pkh", "son", JAN, MAR_END, nik=B, keluarga="f")
    assert len(b.findings("BG03")) == 1
    b.row("dukcapil", "mother", no_kk="3201010101100001", hub_kk="KEPALA")
    b.row("dukcapil", "son", no_kk="3201010202150002", hub_kk="KEPALA")
    assert b.findings("BG03") == []


def test_bg03_one_wrong_card_is_outvoted(b: Builder) -> None:
    b.pay("pkh", "ani", JAN, MAR_END, nik=A, no_kk="3201010101100001")
    b.pay("pkh", "budi", JAN, MAR_END, nik=B, no_kk="3201010101100001")
    for source, second in (("dukcapil", "3201010101100001"), ("regsosek", "3201010101100007")):
        b.row(source, "ani", no_kk="3201010101100001", hub_kk="KEPALA")
        b.row(source, "budi", no_kk=second, hub_kk="PASANGAN")
    assert [f["baris"] for f in b.findings("BG03")] == [[0, 1]]


def test_bg02_twins_of_one_register_are_two_people(b: Builder) -> None:
    b.pay("pbi_jkn", "twin one", JAN, MAR_END, nik=A)
    b.pay("pbi_jkn", "twin two", JAN, MAR_END, nik=B)
    b.review(0, 1, 0.9)
    assert len(b.findings("BG02")) == 1
    b.row("dukcapil", "twin one", nik=A)
    b.row("dukcapil", "twin two", nik=B)
    assert b.findings("BG02") == []
