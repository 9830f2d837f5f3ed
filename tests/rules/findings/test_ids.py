"""Findings per row about NIK and KK."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rules.findings.builder import Builder

NIK_CODES = ["N01", "N02", "N03", "N04", "N05", "N07", "N08", "N15"]
KK_CODES = ["K01", "K02", "K03"]


@pytest.mark.parametrize("kode", NIK_CODES)
def test_a_row_with_the_deciding_check_is_found(b: Builder, kode: str) -> None:
    bad = b.row("dtks", "ani", nik_asli="320101", nik_mutu="TAK_TEPERCAYA", nik_kode=kode)
    b.row("dtks", "budi", nik="3201019001900001")
    found = b.findings(kode)
    assert [f["baris"] for f in found] == [[bad]]
    assert found[0]["tingkat"] == "TINGGI"
    assert found[0]["bukti"][0]["nilai"] == "320101"
    assert "320101" not in found[0]["ringkas"]


@pytest.mark.parametrize("kode", KK_CODES)
def test_a_row_with_a_broken_kk_is_found(b: Builder, kode: str) -> None:
    decided = b.row("regsosek", "ani", kk_kode=kode, kk_mutu="TAK_TEPERCAYA")
    flagged = b.row("regsosek", "cici", mutu=[kode])
    b.row("regsosek", "budi", no_kk="3201010101100001", mutu=["K05"])
    assert sorted(f["baris"][0] for f in b.findings(kode)) == [decided, flagged]


def test_a_person_whose_nik_is_known_elsewhere_is_easier_to_mend(b: Builder) -> None:
    b.row("dtks", "ani", nik_mutu="TAK_TEPERCAYA", nik_kode="N01")
    b.row("dukcapil", "ani", nik="3201014101900001")
    assert b.findings("N01")[0]["tingkat"] == "SEDANG"


def test_n14_wants_crossed_columns(b: Builder) -> None:
    crossed = b.row("dtks", "ani", nik_kode="N14", nik_mutu="TAK_TEPERCAYA", mutu=["N14:tertukar"])
    # One number in both columns that fits the birth date: the KK column alone is wrong (K03), nothing is swapped.
    b.row("dtks", "cici", nik="3201014101900001", mutu=["N14:sama"], kk_kode="K03", kk_mutu="TAK_TEPERCAYA")
    assert [f["baris"] for f in b.findings("N14")] == [[crossed]]


def test_a_womans_nik_in_a_swapped_kk_column_has_both_names(b: Builder) -> None:
    swapped = {"nik_kode": "N14", "kk_kode": "N14", "mutu": ["N14:tertukar"]}
    b.row("dtks", "ani", nik_asli="3201010203100001", no_kk_asli="3201014505850003", **swapped)
    b.row("dtks", "budi", nik_asli="3201010203100001", no_kk_asli="3201010505850003", **swapped)
    assert sorted(f["alias"] for f in b.findings("N14")) == [[], ["K03"]]


def test_the_province_of_a_card_is_no_finding_about_the_nik(b: Builder) -> None:
    b.row("dtks", "ani", nik="3201014101900001", kk_kode="N05", kk_mutu="LEMAH", mutu=["N05"])
    assert b.findings("N05") == []


def test_n15_looks_at_the_written_birth_date_too(b: Builder) -> None:
    future = b.row("dtks", "ani", nik="3201014101900001", tanggal_lahir=date(2024, 1, 1))
    ancient = b.row("dtks", "budi", tanggal_lahir=date(1890, 1, 1))
    b.row("dtks", "cici", tanggal_lahir=date(1905, 1, 1))  # 117 years: rare, not impossible
    assert sorted(f["baris"][0] for f in b.findings("N15")) == [future, ancient]


def test_n15_a_list_without_a_date_is_not_judged_by_the_date_of_another(b: Builder) -> None:
    b.row("dtks", "ani", tanggal_lahir=date(1990, 1, 1))  # 2022, the newest date the run knows
    b.row("dtsen", "newborn", tanggal_data=None, tanggal_lahir=date(2025, 1, 20))
    unborn = b.row("dtsen", "typo", tanggal_data=None, tanggal_lahir=date(2052, 1, 20))
    assert [f["baris"] for f in b.findings("N15")] == [[unborn]]


def test_warnings_are_no_findings_of_invalid_nik(b: Builder) -> None:
    b.row("dtks", "ani", nik="3201014101900001", nik_mutu="LEMAH", nik_kode="N10", mutu=["N10:tahun", "N09", "N06"])
    assert all(not b.findings(kode) for kode in NIK_CODES)


def test_n17_no_identity_card(b: Builder) -> None:
    due = b.row("dukcapil", "a", mutu=["N17"])
    b.row("dukcapil", "c", mutu=["N17"], keberadaan="MENINGGAL")
    found = b.findings("N17")
    assert [(f["kode"], f["baris"], f["tingkat"]) for f in found] == [("N17", [due], "INFO")]
