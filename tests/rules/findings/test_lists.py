"""What one list says of a card, a family or itself that cannot be."""

from __future__ import annotations

from datetime import date

from tests.rules.findings.builder import Builder

F, G = "3201012001000001", "3201012001000002"
K1, K2 = "3201010101100001", "3201011503210002"
HERE, THERE = "3201012001", "3201012002"


def test_st14_two_spouses(b: Builder) -> None:
    b.row("dukcapil", "a", no_kk=K1, hub_kk="KEPALA")
    two = [
        b.row("dukcapil", who, no_kk=K1, hub_kk="PASANGAN", nama=name, tanggal_lahir=date(year, 3, 4))
        for who, name, year in (("c", "RUKMINI", 1980), ("d", "HALIMAH", 1985))
    ]
    b.row("dtsen", "h", no_kk=K1, hub_kk="KEPALA")
    for who, name in (("i", "LILIS"), ("j", "LIILIS")):  # one person whom the linkage left in two
        b.row("dtsen", who, no_kk=K1, hub_kk="PASANGAN", nama=name)
    b.row("dukcapil", "e", no_kk=K2, hub_kk="KEPALA")
    b.row("dukcapil", "f", no_kk=K2, hub_kk="PASANGAN")
    b.row("dukcapil", "f", no_kk=K2, hub_kk="PASANGAN")  # one person entered twice is one spouse
    b.row("dukcapil", "g", no_kk=K2, hub_kk="PASANGAN", keberadaan="MENINGGAL")
    found = b.findings("ST14")
    assert [(f["baris"], f["tingkat"]) for f in found] == [(two, "SEDANG")]


def test_st14_a_split_off_family_under_the_same_number_has_its_own_spouse(b: Builder) -> None:
    for code, who in ((1, "a"), (2, "c")):
        b.row("regsosek", who, no_kk=K1, hub_kk="KEPALA", kode_kk=code, no_bangunan="7", no_keluarga=str(code))
        b.row("regsosek", f"{who}2", no_kk=K1, hub_kk="PASANGAN", kode_kk=code, no_bangunan="7", no_keluarga=str(code))
    b.row("regsosek", "x", no_kk=K1, hub_kk="PASANGAN", kode_kk=0, no_bangunan="99")  # a number mistyped elsewhere
    assert b.findings("ST14") == []


def test_k06_a_card_in_two_desa(b: Builder) -> None:
    rows = [b.row("regsosek", f"p{k}", no_kk=K1, kode_wilayah=HERE if k < 2 else THERE) for k in range(4)]
    for k in range(3):  # one mistyped code
        b.row("regsosek", f"q{k}", no_kk=K2, kode_wilayah=HERE if k else THERE)
    assert [f["baris"] for f in b.findings("K06")] == [rows]


def test_k07_thirteen_people_on_a_card(b: Builder) -> None:
    many = [b.row("dukcapil", f"p{k}", no_kk=K1) for k in range(13)]
    for k in range(12):
        b.row("dukcapil", f"q{k}", no_kk=K2)
    assert [f["baris"] for f in b.findings("K07")] == [many]
    assert b.findings("K08") == []


def test_k08_a_filler_is_told_once(b: Builder) -> None:
    for k in range(61):
        b.row("dukcapil", f"p{k}", no_kk=K1)
    found = b.findings("K08")
    assert [f["baris"] for f in found] == [[0]]
    assert "61 rows" in found[0]["ringkas"]
    assert b.findings("K07") == []


def test_st64_all_members_moved_one_way(b: Builder) -> None:
    for who, card, before, now in (("a", K1, 1, 5), ("c", K1, 2, 5), ("d", K2, 1, 4), ("e", K2, 3, 4)):
        b.row("p3ke", who, desil=before)
        b.row("dtsen", who, no_kk=card, desil=now)
    assert [f["baris"] for f in b.findings("ST64")] == [[1, 3]]


def test_st65_a_file_without_a_date(b: Builder) -> None:
    first = b.row("p3ke", "a", tanggal_data=None)
    b.row("p3ke", "c", tanggal_data=None)
    b.row("dtks", "d", tanggal_data=None, tanggal_perbarui=date(2022, 1, 1), berkas="other.csv")
    assert [f["baris"] for f in b.findings("ST65")] == [[first]]


def test_st76_a_lost_row(b: Builder) -> None:
    short = [b.row("dtks", f"p{k}", id_art=f"{F}0{k}", jumlah_anggota=4) for k in range(1, 4)]
    for k in range(1, 4):  # the dead member is counted or not: both are right
        b.row("dtks", f"q{k}", id_art=f"{G}0{k}", jumlah_anggota=2, keberadaan="MENINGGAL" if k == 3 else "ADA")
    for k in range(1, 5):
        b.row("dtks", f"r{k}", id_art=f"32010120010000030{k}", jumlah_anggota=4)
    assert [f["baris"] for f in b.findings("ST76")] == [short]


def test_k04_st54_st61_are_other_names_of_one_fact(b: Builder) -> None:
    for who in ("a", "c"):
        b.row("regsosek", who, no_kk=K1, hub_kk="KEPALA")
    assert [f["alias"] for f in b.findings("ST13")] == [["K04"]]
    b.row("dtks", "d", id_art=F + "01")
    b.row("regsosek", "d", keberadaan="LUAR_NEGERI")
    b.row("dtks", "e", id_art=G + "01")
    b.row("regsosek", "e", keberadaan="PINDAH")
    assert sorted(f["alias"] for f in b.findings("ST52")) == [["PINDAH"], ["PINDAH", "ST54"]]
    b.row("dtks", "f", tanggal_perbarui=date(2017, 6, 1))
    b.row("dtks", "g", tanggal_perbarui=date(2018, 6, 1))
    for k in range(4):
        b.row("dtks", f"p{k}", tanggal_perbarui=date(2024, 6, 1))
    assert sorted(f["alias"] for f in b.findings("ST60")) == [[], ["ST61"]]
