"""Name, sex and birth date against the NIK."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

NIK = "3201011705800001"


def test_n09_sex_against_the_nik(b: Builder) -> None:
    bad = b.row("dtks", "a", nik=NIK, jenis_kelamin="P", mutu=["N09"])
    b.row("dtks", "c", nik=NIK, jenis_kelamin="P", mutu=["N09", "N10:lain"])  # perhaps somebody else's NIK
    for k in range(4):
        b.row("dtks", f"p{k}", nik=NIK)
    assert [f["baris"] for f in b.findings("N09")] == [[bad]]


def test_n10_and_st57_a_date_that_dukcapil_confirms_is_lawful(b: Builder) -> None:
    wrong = b.row("dtks", "a", nik=NIK, nik_kode="N10", nik_mutu="LEMAH", mutu=["N10:lain"])
    swapped = b.row("dtks", "c", nik=NIK, mutu=["N10:tukar_hari_bulan"])
    right = b.row("dtks", "d", nik="3201011705810009", tanggal_lahir=date(1981, 6, 17), mutu=["N10:satu_digit"])
    b.row("dukcapil", "d", nik="3201011705810009", tanggal_lahir=date(1981, 6, 17), mutu=["N10:satu_digit"])
    for k in range(4):
        b.row("dtks", f"p{k}", nik=NIK)
    assert {f["baris"][0]: f["tingkat"] for f in b.findings("N10")} == {wrong: "SEDANG", swapped: "INFO"}
    assert [(f["kode"], f["baris"], f["tingkat"]) for f in b.findings("ST57")] == [("ST57", [right], "INFO")]


def test_st56_another_name_under_one_nik(b: Builder) -> None:
    other = b.row("dtks", "a", nik=NIK, nama="WAHYUNINGSIH")
    b.row("dukcapil", "a", nik=NIK, nama="BUDI SANTOSO")
    b.row("dtks", "c", nik="3201011705800002", nama="SUTRISNO")
    b.row("dukcapil", "c", nik="3201011705800002", nama="SUTRISNO HADI")  # a second name added later
    b.row("p3ke", "d", nik="3201011705800003", nama="MUHAMAD SOLEH")
    b.row("dukcapil", "d", nik="3201011705800003", nama="MUHAMMAD SHOLEH")
    for k, (listed, right) in enumerate(
        (
            ("PURWANTO", "ABDULLAH PURWANTO"),
            ("LESTARI", "NAYLA L"),
            ("WAHYUNI", "SITI WAYUNI"),
            ("EEM", "EM"),
            ("AMELIA", "HASSANAH"),
            ("SOETIKTINI", "SUTI KTINI"),
            ("ELMA S", "SETYANINGSIH"),
        )
    ):  # a name dropped, shortened or mistyped is no other name
        b.row("dtks", f"p{k}", nik=f"320101170580001{k}", nama=listed)
        b.row("dukcapil", f"p{k}", nik=f"320101170580001{k}", nama=right)
    assert [f["baris"] for f in b.findings("ST56")] == [[other]]


def test_st56_one_birth_date_on_one_card_is_one_person_whatever_the_linkage_says(b: Builder) -> None:
    card = {"nik": NIK, "no_kk": "3201010101100001"}
    other = b.row("dtks", "a", nama="TRI WAHYUNI", **card)
    b.row("dukcapil", "a2", nama="BUDI SANTOSO", **card)
    b.row("dtks", "c", nik=NIK, nama="AGUS SALIM", no_kk="3201010101100002")  # a number mistyped in another house
    assert [f["baris"] for f in b.findings("ST56")] == [[other]]
