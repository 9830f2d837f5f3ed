"""What the gate says of small hand-made lists: held for the certain, asked about for the rest, lawful families paid."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rules import i18n
from rules.findings.programme import load_programmes
from rules.gate.additions import additions, coverage
from rules.gate.frames import Frames
from rules.gate.judge import verdicts
from rules.gate.parameters import load_gate_parameters
from rules.gate.registry import gate_rules
from rules.gate.view import View
from tests.rules.findings.builder import Builder

JAN, MAR = date(2023, 1, 1), date(2023, 3, 31)
BORN = date(1980, 5, 17)
A, B, C = "3201905705800001", "3201905705800002", "3201901705800003"
KK, KK2 = "3201900101150001", "3201900101150002"
OTHER_DESA = "3201012002"


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.set_language("en")


def view(b: Builder, program: str, berkas: str | None = None, local: tuple[Path, ...] = ()) -> View:
    """The list of `program` (or the file `berkas`) against everything else of the builder."""
    data = b.tables()
    chosen = (pl.col("program") == program) if berkas is None else (pl.col("berkas") == berkas)
    frames = Frames.of(data.records.lazy(), data.entities, data.links, data.payments.with_columns(dinilai=chosen))
    known = load_programmes(local)
    return View(frames, known[program], known, load_gate_parameters())


def judged(b: Builder, program: str = "pkh", **options: Any) -> dict[str, tuple[str, str]]:
    """bayar_id -> (verdict, codes)."""
    found = verdicts(view(b, program, **options))
    return {r["bayar_id"]: (str(r["putusan"]), r["kode"]) for r in found.to_dicts()}


def pay(b: Builder, orang: str, program: str = "pkh", awal: date = JAN, akhir: date = MAR, **values: Any) -> str:
    return b.pay(program, orang, awal, akhir, 750_000, **{"nik": A, "no_kk": KK, "keluarga": "K1"} | values)


def dead(
    b: Builder, orang: str, *, sumber: str = "dukcapil", mati: date | None = date(2022, 6, 1), **values: Any
) -> int:
    facts = {"nik": A, "keberadaan": "MENINGGAL", "tanggal_status": mati, "keluarga": "K1"} | values
    return b.row(sumber, orang, **facts)


# -- D01 ---------------------------------------------------------------------------------------------------------------


def test_a_death_at_dukcapil_of_this_very_person_is_held() -> None:
    b = Builder()
    dead(b, "ani")
    paid = pay(b, "ani")
    found = verdicts(view(b, "pkh")).to_dicts()[0]
    assert (found["bayar_id"], str(found["putusan"]), found["kode"]) == (paid, "TAHAN", "D01")
    assert found["bukti"] == [0]
    assert "06-2022" in found["alasan"]
    assert A not in found["alasan"]


@pytest.mark.parametrize(
    ("row", "payee"),
    [
        ({"sumber": "regsosek"}, {}),  # another source than Dukcapil
        ({"nama": "BUDIMAN HARAHAP"}, {}),  # another name under the NIK, joined by the linkage
        ({"tanggal_lahir": date(1980, 5, 18)}, {}),  # a corrected birth date
        ({}, {"nik": B}),  # the linkage says so, the NIK does not
        ({}, {"nik_mutu": "LEMAH", "nik_kode": "N10"}),
        ({}, {"tanggal_lahir": None, "lahir_mutu": "KOSONG"}),  # the list states no birth date
        ({"mati": None, "tanggal_data": date(2023, 6, 30)}, {}),  # dead, nobody knows since when
    ],
)
def test_every_other_death_is_asked_about(row: dict[str, Any], payee: dict[str, Any]) -> None:
    b = Builder()
    dead(b, "ani", **row)
    paid = pay(b, "ani", **payee)
    assert judged(b)[paid] == ("VERIFIKASI", "D01")


def test_who_was_seen_after_his_death_is_asked_about() -> None:
    b = Builder()
    dead(b, "ani")
    b.row("regsosek", "ani", nik=A, keberadaan="ADA", keluarga="K1")
    paid = pay(b, "ani")
    assert judged(b)[paid] == ("VERIFIKASI", "D01")
    # A list that nobody made by visiting is no sign of life: it still carries the dead.
    b = Builder()
    dead(b, "ani")
    b.row("dtsen", "ani", nik=A, keberadaan="ADA", keluarga="K1")
    paid = pay(b, "ani")
    assert judged(b)[paid] == ("TAHAN", "D01")


def test_a_death_during_the_survey_is_not_contradicted_by_it() -> None:
    b = Builder()
    dead(b, "ani", mati=date(2022, 10, 20))
    b.row("regsosek", "ani", nik=A, keberadaan="ADA", keluarga="K1", tanggal_data=date(2022, 11, 14))
    paid = pay(b, "ani")
    assert judged(b)[paid] == ("TAHAN", "D01")


def test_a_death_within_or_after_the_period_holds_nothing() -> None:
    b = Builder()
    dead(b, "ani", mati=date(2023, 2, 3))
    first = pay(b, "ani")
    second = pay(b, "ani", awal=date(2023, 4, 1), akhir=date(2023, 6, 30))
    assert judged(b) == {first: ("LAYAK", ""), second: ("TAHAN", "D01")}


def test_a_review_pair_with_the_dead_is_asked_about_and_a_widow_is_paid() -> None:
    b = Builder()
    gone = dead(b, "slamet", nik=C, jenis_kelamin="L", no_kk=KK)
    b.row("dukcapil", "siti", nik=A, no_kk=KK, keluarga="K1", jenis_kelamin="P")
    widow = pay(b, "siti")
    assert judged(b)[widow] == ("LAYAK", "")
    like = pay(b, "selamet", nik=None, keluarga="K2", no_kk=None)
    b.review(gone, len(b.rows) - 1, 0.8)
    assert judged(b)[like][0] == "VERIFIKASI"
    assert "D01" in judged(b)[like][1]


# -- D13, N12 ----------------------------------------------------------------------------------------------------------


def test_an_unusable_nik_is_held_only_without_any_link_to_a_good_one() -> None:
    bad: dict[str, Any] = {"nik": None, "nik_asli": "123", "nik_mutu": "TAK_TEPERCAYA", "nik_kode": "N01"}
    b = Builder()
    alone = pay(b, "ani", **bad)
    assert judged(b)[alone] == ("TAHAN", "D13, TIDAK_TERDAFTAR")
    good = b.row("dukcapil", "orang lain", nik=A)
    b.review(0, good, 0.3)  # a weak link is a doubt, and a doubt holds nobody
    assert judged(b)[alone][0] == "VERIFIKASI"
    b = Builder()
    b.row("dukcapil", "ani", nik=A)
    paid = pay(b, "ani", **bad)
    assert judged(b)[paid] == ("VERIFIKASI", "D13")


def test_an_empty_nik_is_asked_about_and_a_warning_is_none_of_the_gates_business() -> None:
    b = Builder()
    empty = pay(b, "ani", nik=None)
    for code, flag in (("N06", "N06"), ("N09", "N09"), ("N11", "N11:provinsi")):
        b.row("dukcapil", code, nik=B, nama=code, keluarga=code, tanggal_lahir=BORN)
        paid = pay(b, code, nik=B, nama=code, keluarga=code, no_kk=None, mutu=[flag])
        assert judged(b)[paid][0] == "LAYAK", code
        b.rows[-1]["nik"] = b.rows[-2]["nik"] = "3201905705800009"
    assert judged(b)[empty][0] == "VERIFIKASI"


def test_a_nik_of_somebody_else_is_asked_about() -> None:
    b = Builder()
    b.row("dukcapil", "pemilik", nik=A, nama="SUTRISNO", tanggal_lahir=date(1951, 2, 3))
    wrong = pay(b, "ani", nama="RATNA DEWI")
    assert judged(b)[wrong] == ("VERIFIKASI", "N12, TIDAK_TERDAFTAR")
    for same in ({"nama": "SUTRISNO HADI"}, {"nama": "RATNA DEWI", "tanggal_lahir": date(1951, 2, 3)}):
        b = Builder()
        b.row("dukcapil", "ani", nik=A, nama="SUTRISNO", tanggal_lahir=date(1951, 2, 3))
        paid = pay(b, "ani", **same)
        assert judged(b)[paid] == ("LAYAK", "")  # a longer name, a corrected birth date


def test_a_nik_of_the_registers_is_listed_even_where_the_linkage_left_it_apart() -> None:
    b = Builder()
    b.row("dukcapil", "abdul hakim", nik=A)
    assert judged(b) == {}
    paid = pay(b, "hakim")
    assert judged(b)[paid] == ("LAYAK", "")
    assert judged(b, "bpnt") == {}  # a list without a single row


# -- D12 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("program", "verdict"), [("blt_desa", "TAHAN"), ("pkh", "VERIFIKASI")])
def test_a_move_holds_only_what_is_bound_to_the_desa(program: str, verdict: str) -> None:
    b = Builder()
    b.row("dukcapil", "ani", nik=A, keberadaan="PINDAH", tanggal_status=date(2022, 9, 1), keluarga="K1")
    paid = pay(b, "ani", program=program)
    assert judged(b, program)[paid] == (verdict, "D12")


@pytest.mark.parametrize("program", ["blt_desa", "pkh"])
def test_who_moved_in_is_paid(program: str) -> None:
    b = Builder()
    left: dict[str, Any] = {"nik": A, "keberadaan": "PINDAH", "tanggal_status": date(2022, 9, 1), "keluarga": "K1"}
    b.row("dukcapil", "ani", kode_wilayah=OTHER_DESA, **left)
    b.row("dtsen", "ani", nik=A, keberadaan="ADA", keluarga="K1")
    paid = pay(b, "ani", program=program)
    assert judged(b, program)[paid] == ("LAYAK", "")


# -- doubles -----------------------------------------------------------------------------------------------------------


def test_of_two_payments_under_one_nik_one_is_held() -> None:
    b = Builder()
    one = pay(b, "ani", no_kartu="1")
    two = pay(b, "ani", no_kartu="2", nama="ANI")
    other_stage = pay(b, "ani", awal=date(2023, 4, 1), akhir=date(2023, 6, 30))
    found = judged(b)
    assert found[one][0] == found[other_stage][0] == "LAYAK"
    assert found[two][0] == "TAHAN"
    assert found[two][1].startswith("BG01")
    told = verdicts(view(b, "pkh")).filter(pl.col("bayar_id") == two).to_dicts()[0]
    assert told["bukti_bayar"] == [one]
    assert "pkh.csv row 2" in told["alasan"]  # the payment that stays, not the one that is held


def test_equal_rows_that_hold_a_name_only_may_be_two_people() -> None:
    b = Builder()
    bare: dict[str, Any] = {"nik": None, "no_kk": None, "tanggal_lahir": None, "lahir_mutu": "KOSONG"}
    one = pay(b, "siti", program="blt_desa", **bare)
    two = pay(b, "siti", program="blt_desa", baris=0)
    found = judged(b, "blt_desa")
    assert found[one][0] == found[two][0] == "VERIFIKASI"
    assert "BG01" in found[two][1]


def test_a_bundled_tranche_beside_a_month_of_it_is_a_double_and_a_later_month_is_none() -> None:
    b = Builder()
    bundle = pay(b, "ani", program="bpnt")
    inside = pay(b, "ani", program="bpnt", awal=date(2023, 2, 1), akhir=date(2023, 2, 28), baris=0)
    after = pay(b, "ani", program="bpnt", awal=date(2023, 4, 1), akhir=date(2023, 4, 30), baris=0)
    found = judged(b, "bpnt")
    assert [found[p][0] for p in (bundle, inside, after)] == ["LAYAK", "TAHAN", "LAYAK"]


@pytest.mark.parametrize(("keyakinan", "verdict"), [(0.995, "TAHAN"), (0.95, "VERIFIKASI")])
def test_another_identity_is_held_when_certain(keyakinan: float, verdict: str) -> None:
    b = Builder()
    b.row("dukcapil", "ani", nik=A, keyakinan=keyakinan)
    kept = pay(b, "ani", keyakinan=keyakinan)
    second = pay(b, "ani", nik=B, keyakinan=keyakinan)
    found = judged(b)
    assert found[kept] == ("LAYAK", "")
    assert found[second] == (verdict, "BG02")


def test_twins_whom_the_registers_know_under_two_niks_are_not_held() -> None:
    b = Builder()
    for nik in (A, B):
        b.row("dukcapil", "ani", nik=nik)
    first, second = pay(b, "ani"), pay(b, "ani", nik=B)
    found = judged(b)
    assert {found[first][0], found[second][0]} == {"LAYAK", "VERIFIKASI"}


def family(
    b: Builder, *, second_card: str = KK, regsosek: str | None = KK, printed: str | None = KK
) -> tuple[str, str]:
    for orang, nik, hub in (("budi", C, "KEPALA"), ("ani", A, "PASANGAN")):
        card = KK if orang == "budi" else second_card
        b.row("dukcapil", orang, nik=nik, no_kk=card, hub_kk=hub, keluarga="K1", nama=orang.upper())
        if regsosek:
            b.row("regsosek", orang, nik=nik, no_kk=KK if orang == "budi" else regsosek, hub_kk=hub, keluarga="K1")
    return pay(b, "budi", nik=C), pay(b, "ani", no_kk=printed)


def test_a_family_paid_twice_is_held_when_all_registers_say_one_card() -> None:
    b = Builder()
    first, second = family(b)
    found = judged(b)
    assert sorted((found[first][0], found[second][0])) == ["LAYAK", "TAHAN"]


@pytest.mark.parametrize(
    "case",
    [{"regsosek": None}, {"printed": KK2}, {"printed": None, "regsosek": None}],
    ids=["only a later register", "the list prints two cards", "one later register"],
)
def test_a_family_that_may_have_parted_is_asked_about(case: dict[str, Any]) -> None:
    b = Builder()
    first, second = family(b, **case)
    found = judged(b)
    assert sorted((found[first][0], found[second][0])) == ["LAYAK", "VERIFIKASI"]


def test_two_families_of_one_kitchen_are_paid_and_reported_as_such() -> None:
    b = Builder()
    paid = []
    for n, (orang, nik, card) in enumerate((("budi", C, KK), ("ani", A, KK2)), 1):
        b.row("dtks", orang, id_art=f"320190010112345{n:04}", id_keluarga="32019001011234500", no_kk=card, nik=nik,
              keluarga=f"K{n}")  # fmt: skip
        b.row("dukcapil", orang, nik=nik, no_kk=card, hub_kk="KEPALA", keluarga=f"K{n}")
        paid.append(pay(b, orang, nik=nik, no_kk=card, keluarga=f"K{n}"))
    found = judged(b)
    assert [found[p][0] for p in paid] == ["LAYAK", "LAYAK"]
    assert "ST44" in {found[p][1] for p in paid}


def test_a_person_programme_pays_every_member_of_a_family() -> None:
    b = Builder()
    family(b)
    first, second = pay(b, "budi", program="pbi_jkn", nik=C), pay(b, "ani", program="pbi_jkn")
    found = judged(b, "pbi_jkn")
    assert [found[p][0] for p in (first, second)] == ["LAYAK", "LAYAK"]


def test_what_another_list_paid_before_is_a_double_but_an_earlier_version_of_the_list_is_none() -> None:
    b = Builder()
    for n in range(4):
        b.pay("pkh", f"o{n}", JAN, MAR, nik=f"320190570580100{n}", no_kk=None, keluarga=f"K{n}", berkas="lama.csv")
        b.paid[-1]["berkas"] = "lama.csv"
    again = pay(b, "o0", nik="3201905705801000", no_kk=None, keluarga="K0")
    rest = [pay(b, f"x{n}", nik=f"320190570580200{n}", no_kk=None, keluarga=f"X{n}") for n in range(4)]
    assert judged(b, berkas="pkh.csv")[again][0] == "TAHAN"
    more = [pay(b, f"o{n}", nik=f"320190570580100{n}", no_kk=None, keluarga=f"K{n}") for n in range(1, 4)]
    for n in range(4, 9):
        pay_lama = b.pay("pkh", f"x{n - 4}", JAN, MAR, nik=f"320190570580200{n - 4}", no_kk=None)
        assert pay_lama
        b.paid[-1]["berkas"] = "lama.csv"
        if n == 7:
            break
    seen = view(b, "pkh", berkas="pkh.csv")
    assert seen.versi_lama == ["lama.csv"]
    found = judged(b, berkas="pkh.csv")
    assert {found[p][0] for p in (again, *rest, *more)} == {"LAYAK"}


# -- conditions --------------------------------------------------------------------------------------------------------


def test_work_asks_for_a_verification_by_its_newest_word() -> None:
    b = Builder()
    b.row("dukcapil", "budi", nik=C, pekerjaan="ASN", keluarga="K1")
    paid = pay(b, "ani")
    assert judged(b)[paid][:1] == ("VERIFIKASI",)
    assert "D02" in judged(b)[paid][1]
    b.row("dtsen", "budi", nik=C, pekerjaan="PETANI/PEKEBUN", keluarga="K1", tanggal_data=date(2022, 12, 1))
    assert "D02" not in judged(b)[paid][1]  # a farmer when the period began, whatever came of him later


def test_a_decile_counts_from_the_day_the_limit_holds_and_absence_says_nothing() -> None:
    b = Builder()
    b.row("dtsen", "ani", nik=A, desil=8, keluarga="K1")
    early = pay(b, "ani")
    late = pay(b, "ani", awal=date(2025, 4, 1), akhir=date(2025, 6, 30))
    absent = pay(b, "orang baru", nik=B, keluarga="K9", no_kk=None, awal=date(2025, 4, 1), akhir=date(2025, 6, 30))
    found = judged(b)
    assert found[early] == ("LAYAK", "")
    assert found[late] == ("VERIFIKASI", "D14")
    assert found[absent] == ("LAYAK", "TIDAK_TERDAFTAR")


def test_programmes_exclude_each_other_in_the_same_month_only() -> None:
    b = Builder()
    pay(b, "ani", program="blt_desa", awal=JAN, akhir=date(2023, 1, 31))
    beside = pay(b, "ani")
    after = pay(b, "ani", awal=date(2023, 4, 1), akhir=date(2023, 6, 30), baris=1)
    pay(b, "ani", program="bpnt")  # expected beside PKH, no exclusion
    found = judged(b)
    assert found[beside][1] == "EKSKLUSIF, TIDAK_TERDAFTAR"
    assert found[beside][0] == "VERIFIKASI"
    assert found[after][0] == "LAYAK"


def test_age_and_inactive_rows_are_asked_about() -> None:
    b = Builder()
    young = pay(b, "ani", program="permakanan")
    assert judged(b, "permakanan")[young][:1] == ("VERIFIKASI",)
    assert "UMUR" in judged(b, "permakanan")[young][1]
    b = Builder()
    b.row("dtks", "ani", nik=A, nonaktif=True)
    paid = pay(b, "ani")
    assert judged(b)[paid] == ("VERIFIKASI", "ST70")


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_local_programme_is_judged_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "lokal.toml").write_text(
        'kode = "bantuan_kab"\nnama = "Bantuan Kabupaten"\nsatuan = "KELUARGA"\ndasar = "Perbup"\nstatus_bukti = "F"\n'
        'terikat_desa = true\n[[eksklusif]]\nprogram = "pkh"\nberlaku_dari = 2022-01-01\ndasar = "Perbup"\n'
        'status_bukti = "F"\n',
        encoding="utf-8",
    )
    b = Builder()
    pay(b, "ani")
    mine = pay(b, "ani", program="bantuan_kab")
    assert judged(b, "bantuan_kab", local=(tmp_path,))[mine][1] == "EKSKLUSIF, TIDAK_TERDAFTAR"


def test_additions_are_for_review_and_say_how_complete_the_list_is() -> None:
    b = Builder()
    b.row("dtsen", "ani", nik=A, desil=1, keluarga="K1", no_kk=KK)
    pay(b, "ani", awal=date(2025, 4, 1), akhir=date(2025, 6, 30))
    poor = b.row(
        "dtsen", "miskin", nik=B, desil=1, keluarga="K2", no_kk=KK2, hub_kk="KEPALA", tanggal_lahir=date(2015, 1, 1)
    )
    b.row("dtsen", "mampu", nik=C, desil=9, keluarga="K3", no_kk=None)
    b.row("dtsen", "jauh", nik="5171905705800001", desil=1, keluarga="K4", kode_wilayah="5171012001")
    b.row("dtsen", "tanpa komponen", nik="3201905705800008", desil=1, keluarga="K5")
    found = additions(view(b, "pkh"))
    assert found["baris_id"].to_list() == [poor]
    assert coverage(view(b, "pkh")) == {"dtsen": 1.0}
    pay(b, "miskin", program="pkh", nik=B, no_kk=KK2, keluarga="K2", awal=date(2025, 4, 1), akhir=date(2025, 6, 30))
    assert additions(view(b, "pkh")).is_empty()


def test_who_gets_pkh_is_proposed_for_bpnt() -> None:
    b = Builder()
    beside = pay(b, "ani")
    assert beside
    pay(b, "budi", program="bpnt", nik=C, no_kk=KK2, keluarga="K2")
    found = additions(view(b, "bpnt"))
    assert found["jenis"].to_list() == ["PELENGKAP"]
    assert "PKH" in found["alasan"][0]


def test_nothing_depends_on_the_order_of_rows() -> None:
    b = Builder()
    family(b)
    dead(b, "mati", nik=B)
    pay(b, "mati", nik=B, keluarga="K7")
    seen = view(b, "pkh")
    whole = verdicts(seen)
    turned = Frames.of(
        seen.frames.records, seen.frames.entities.reverse(), seen.frames.links, seen.frames.payments.reverse()
    )
    assert verdicts(View(turned, seen.programme, seen.programmes, seen.p)).equals(whole)


def test_every_rule_says_what_it_rests_on() -> None:
    for rule in gate_rules():
        assert rule.dasar
        assert rule.tindakan
        assert rule.tanda in "SFPA"
