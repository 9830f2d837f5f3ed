"""Deaths, births, moves and age that a list does not know of."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rules.findings.builder import Builder

F = "3201012001000001"
K1, K2 = "3201010101100001", "3201011503210002"
HERE, THERE = "3201012001", "3201012002"


def test_st10_dead_head_without_another(b: Builder) -> None:
    b.row("dtks", "father", id_art=F + "01", hub_krt="KEPALA")
    b.row("dtks", "mother", id_art=F + "02", hub_krt="PASANGAN")
    b.row("dukcapil", "father", keberadaan="MENINGGAL", tanggal_status=date(2021, 3, 1))
    found = b.findings("ST10")
    assert [f["baris"] for f in found] == [[0]]
    assert found[0]["tingkat"] == "KRITIS"
    b.row("dtks", "son", id_art=F + "03", hub_krt="KEPALA")
    assert b.findings("ST10") == []


def test_st50_a_small_child_of_a_dtks_family(b: Builder) -> None:
    b.row("dtks", "father", id_art=F + "01")
    b.row("dukcapil", "father", no_kk=K1, hub_kk="KEPALA")
    baby = b.row("dukcapil", "baby", nama="DEWI LESTARI", no_kk=K1, hub_kk="ANAK", tanggal_lahir=date(2022, 12, 1))
    b.row("dukcapil", "big", no_kk=K1, hub_kk="ANAK", tanggal_lahir=date(2010, 1, 1))
    b.row("dukcapil", "other baby", no_kk=K2, hub_kk="ANAK", tanggal_lahir=date(2022, 12, 2))
    found = b.findings("ST50")
    assert [f["baris"] for f in found] == [[baby]]
    assert found[0]["tingkat"] == "SEDANG"
    # An unlinked row of the family that may be the child: no finding.
    b.row("dtks", "unlinked", nama="DEWI L", id_art=F + "05", tanggal_lahir=date(2022, 12, 1))
    assert b.findings("ST50") == []


def test_st51_dead_but_active(b: Builder) -> None:
    b.row("dtks", "ani", id_art=F + "01")
    b.row("regsosek", "ani", keberadaan="MENINGGAL")
    b.row("dukcapil", "ani", keberadaan="MENINGGAL", tanggal_status=date(2022, 10, 1))
    found = b.findings("ST51")
    assert [f["baris"] for f in found] == [[0]]
    assert found[0]["tingkat"] == "TINGGI"
    assert found[0]["nominal_mungkin"] == 0


def test_st51_paid_after_the_death_is_critical_and_counts_only_that_money(b: Builder) -> None:
    b.row("dukcapil", "ani", keberadaan="MENINGGAL", tanggal_status=date(2023, 3, 10))
    early = b.pay("pkh", "ani", date(2023, 1, 1), date(2023, 3, 31), 750_000)
    late = b.pay("pkh", "ani", date(2023, 4, 1), date(2023, 6, 30), 750_000)
    found = b.findings("ST51")
    assert found[0]["tingkat"] == "KRITIS"
    assert found[0]["bayar"] == [late] != [early]
    assert found[0]["nominal_pasti"] == found[0]["nominal_mungkin"] == 750_000


def test_st51_a_row_marked_dead_moved_or_inactive_is_not_active(b: Builder) -> None:
    b.row("dukcapil", "ani", keberadaan="MENINGGAL")
    b.row("dtks", "ani", keberadaan="MENINGGAL", id_art=F + "01")
    b.row("dtsen", "ani", nonaktif=True)
    b.row("p3ke", "ani", keberadaan="PINDAH")
    assert b.findings("ST51") == []


def test_st51_a_dead_namesake_is_somebody_else(b: Builder) -> None:
    b.row("dukcapil", "sutrisno old", nama="SUTRISNO", keberadaan="MENINGGAL", tanggal_lahir=date(1940, 1, 1))
    b.row("dtks", "sutrisno young", nama="SUTRISNO", id_art=F + "01", tanggal_lahir=date(1980, 1, 1))
    assert b.findings("ST51") == []


@pytest.mark.parametrize(("peluang", "seen"), [(0.7, True), (0.3, False)])
def test_st51_reads_review_pairs_of_payees(b: Builder, peluang: float, seen: bool) -> None:
    dead = b.row("dukcapil", "ani", keberadaan="MENINGGAL", tanggal_status=date(2022, 1, 1))
    b.pay("bpnt", "ani?", date(2023, 1, 1), date(2023, 1, 31))
    b.review(dead, 1, peluang)
    found = b.findings("ST51")
    assert bool(found) == seen
    if seen:
        assert found[0]["tingkat"] == "TINGGI"  # never held on a pair under review
        assert found[0]["peluang"] == 0.7
        assert found[0]["nominal_pasti"] == 0 < found[0]["nominal_mungkin"]


def test_st52_other_desa_in_a_newer_source(b: Builder) -> None:
    b.row("dtks", "ani", id_art=F + "01", kode_wilayah=HERE)
    b.row("dukcapil", "ani", kode_wilayah=THERE, no_kk=K1)
    b.row("dtks", "budi", id_art="320101200100000201", kode_wilayah=HERE)
    b.row("regsosek", "budi", keberadaan="PINDAH", kode_wilayah=HERE)
    assert sorted(f["baris"][0] for f in b.findings("ST52")) == [0, 2]


def test_st52_no_bridge_no_older_source_no_single_typo(b: Builder) -> None:
    b.row("dtks", "ani", id_art=F + "01", kode_wilayah=HERE)
    b.row("dukcapil", "ani", kode_wilayah="320101")  # only the kecamatan is known
    b.row("dtks", "budi", id_art="320101200100000201", kode_wilayah=HERE)
    b.row("regsosek", "budi", kode_wilayah=THERE, tanggal_data=date(2021, 1, 1))
    b.row("dtks", "cici", id_art="320101200100000301", kode_wilayah=HERE)
    for who, desa in (("cici", THERE), ("x", HERE), ("y", HERE)):
        b.row("dukcapil", who, kode_wilayah=desa, no_kk=K1)
    b.row("dtks", "dedi", id_art="320101200100000401", kode_wilayah=HERE)
    b.row("dukcapil", "dedi", kode_wilayah=THERE, no_kk=K2)
    b.row("dtsen", "dedi", kode_wilayah=HERE, no_kk=K2)  # the newest source agrees with the DTKS
    assert b.findings("ST52") == []


def test_st53_not_found_in_the_field(b: Builder) -> None:
    b.row("dtks", "ani", id_art=F + "01")
    b.row("regsosek", "ani", keberadaan="TIDAK_DITEMUKAN")
    b.row("dtks", "budi", id_art=F + "02")  # absent from Regsosek: absence is no evidence
    assert [f["baris"] for f in b.findings("ST53")] == [[0]]


def test_st60_age_of_the_row(b: Builder) -> None:
    b.row("dtsen", "ref", tanggal_perbarui=date(2025, 1, 1))
    b.row("dtks", "ani", id_art=F + "01", tanggal_perbarui=date(2022, 8, 1))
    b.row("dtks", "budi", id_art=F + "02", tanggal_perbarui=date(2019, 8, 1))
    for k in range(3, 8):
        b.row("dtks", f"p{k}", id_art=f"{F}0{k}", tanggal_perbarui=date(2024, 8, 1))
    found = {f["baris"][0]: f["tingkat"] for f in b.findings("ST60")}
    assert found == {1: "SEDANG", 2: "TINGGI"}
    assert b.findings("ST60", tanggal_acuan=date(2022, 9, 1))[0]["baris"] == [2]
