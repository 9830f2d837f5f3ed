"""Shared, double and differing numbers; one person twice in a register."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

A, B, C = "3201019001900001", "3201019001900002", "3201014505850003"
K1, K2 = "3201010101100001", "3201010202150002"
JAN, JUN = date(2023, 1, 1), date(2023, 6, 30)


def test_n12_a_child_under_the_mothers_nik(b: Builder) -> None:
    b.row("dtks", "siti aminah", nik=C, tanggal_lahir=date(1985, 5, 5), jenis_kelamin="P")
    b.row("dukcapil", "siti aminah", nik=C, tanggal_lahir=date(1985, 5, 5), jenis_kelamin="P")
    b.row("dtks", "rudi hartono", nik=C, tanggal_lahir=date(2015, 3, 1), jenis_kelamin="L")
    found = b.findings("N12")
    assert [f["baris"] for f in found] == [[0, 1, 2]]
    assert found[0]["alias"] == ["NIK_GANDA"]
    assert found[0]["person_id"] is None


def test_n12_is_not_one_person_whom_the_linkage_left_in_two(b: Builder) -> None:
    b.row("dtks", "p1", nama="MUHAMMAD RIZKI", nik=A, tanggal_lahir=date(1990, 1, 1))
    b.row("dtsen", "p2", nama="MUHAMAD RIZKY", nik=A, tanggal_lahir=date(1990, 1, 10))
    b.row("dtsen", "p3", nama="SUTRISNO HADI", nik=B, tanggal_lahir=date(1990, 1, 1))
    b.row("dtks", "p4", nama="SUTRISNO", nik=B, tanggal_lahir=date(1990, 2, 1))
    assert b.findings("N12") == []


def test_n12_born_on_one_day_and_known_under_an_own_nik(b: Builder) -> None:
    born = {"tanggal_lahir": date(2019, 9, 22)}
    rows = [b.row("dukcapil", "a", nik="3201012209190001", nama="ANNISA PUTRI", **born)]
    rows.append(b.row("dtks", "c", nik="3201012209190001", nama="NABILA AZ ZAHRA", **born))
    assert b.findings("N12") == []  # may be one child with two names
    b.row("dukcapil", "c", nik="3201012209190002", nama="NABILA AZ ZAHRA", **born)
    assert [f["baris"] for f in b.findings("N12")] == [rows]


def test_st41_counts_payment_lists_and_only_valid_niks(b: Builder) -> None:
    b.row("dtks", "ani", nik=A)
    b.pay("pkh", "ani", JAN, JUN, nik=B)
    b.row("regsosek", "ani", nik_asli="3201", nik_mutu="TAK_TEPERCAYA", nik_kode="N01")
    b.row("dtks", "budi", nik=C)
    b.row("dtsen", "budi", nik=C)
    found = b.findings("ST41")
    assert [f["baris"] for f in found] == [[0, 1]]
    assert found[0]["alias"] == ["N13"]


def test_st42_wants_two_registers_with_different_cards(b: Builder) -> None:
    b.row("dtks", "ani", no_kk=K1)
    b.row("dukcapil", "ani", no_kk=K2, kode_wilayah="3201012002")
    b.row("dtks", "budi", no_kk=K1)
    b.row("dukcapil", "budi", no_kk=K1)
    b.row("dtks", "cici", no_kk=K1)
    b.pay("pkh", "cici", JAN, JUN, no_kk=K2)  # a payment list is no register
    b.row("regsosek", "dedi", no_kk=K1)
    b.row("regsosek", "dedi", no_kk=K2)  # one register only: that is a duplicate, not a difference
    found = b.findings("ST42")
    assert [f["baris"] for f in found] == [[0, 1]]
    assert found[0]["tingkat"] == "TINGGI"  # the desa differs too


def test_st29_one_person_under_two_art_ids_and_its_other_names(b: Builder) -> None:
    b.row("dtks", "ani", id_art="320101200100000102", nik=A)
    b.row("dtks", "ani", id_art="320101200100000902", nik=A)
    b.row("dtks", "budi", id_art="320101200100000203")
    b.row("dtks", "budi", id_art="320101200100000205")
    found = {tuple(f["baris"]): f for f in b.findings("ST29")}
    assert set(found) == {(0, 1), (2, 3)}
    assert found[0, 1]["alias"] == ["GANDA_DAFTAR", "ST40", "NIK_GANDA"]
    assert found[2, 3]["alias"] == ["GANDA_DAFTAR"]
    assert b.findings("ST40") == b.findings("GANDA_DAFTAR") == []  # one fact, one code


def test_duplicates_count_inside_one_edition_only(b: Builder) -> None:
    b.row("dtks", "ani", id_art="320101200100000102", nik=A, tanggal_data=date(2020, 1, 31))
    b.row("dtks", "ani", id_art="320101200100000902", nik=A)
    b.row("dtsen", "ani", no_kk=K1, nik=A)
    assert all(not b.findings(kode) for kode in ("ST29", "ST40", "GANDA_DAFTAR"))


def test_st40_one_nik_in_two_families(b: Builder) -> None:
    b.row("regsosek", "ani", nik=A, no_kk=K1)
    b.row("regsosek", "ani", nik=A, no_kk=K2)
    found = b.findings("ST40")
    assert [f["baris"] for f in found] == [[0, 1]]
    assert found[0]["tingkat"] == "TINGGI"
    assert set(found[0]["alias"]) == {"NIK_GANDA", "GANDA_DAFTAR"}


def test_st40_is_critical_when_both_families_are_paid(b: Builder) -> None:
    b.row("regsosek", "ani", nik=A, no_kk=K1)
    b.row("regsosek", "ani", nik=A, no_kk=K2)
    b.row("regsosek", "father", no_kk=K1)
    b.row("regsosek", "husband", no_kk=K2)
    b.pay("pkh", "father", JAN, JUN)
    assert b.findings("ST40")[0]["tingkat"] == "TINGGI"
    b.pay("pkh", "husband", JAN, JUN)
    assert b.findings("ST40")[0]["tingkat"] == "KRITIS"


def test_ganda_daftar_one_person_however_written(b: Builder) -> None:
    b.row("p3ke", "ani", nama="SITI AMINAH", id_keluarga="F1")
    b.row("p3ke", "ani", nama="ST. AMINAH", id_keluarga="F1")
    b.row("p3ke", "twin one", tanggal_lahir=date(2010, 1, 1), id_keluarga="F1")
    b.row("p3ke", "twin two", tanggal_lahir=date(2010, 1, 1), id_keluarga="F1")
    assert [f["baris"] for f in b.findings("GANDA_DAFTAR")] == [[0, 1]]


def test_the_probability_is_that_of_the_weakest_link(b: Builder) -> None:
    b.row("regsosek", "ani", nik=A, no_kk=K1, keyakinan=0.97)
    b.row("regsosek", "ani", nik=A, no_kk=K2, keyakinan=0.93)
    assert b.findings("ST40")[0]["peluang"] == 0.93
