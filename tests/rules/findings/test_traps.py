"""The false-alarm traps: lawful families that all rules together must leave alone, or name for what they are."""

from __future__ import annotations

from datetime import date

import polars as pl

from rules.findings import run_rules
from rules.wilayah import to_kemendagri
from tests.rules.findings.builder import Builder

F = "3201012001000001"
OLD, NEW, OTHER = "3201010101100001", "3201011503210002", "3201012004150003"
START, END = date(2023, 4, 1), date(2023, 6, 30)
BORN = {"head": date(1970, 3, 4), "wife": date(1973, 5, 6), "one": date(1996, 7, 8), "two": date(1999, 9, 1)}
NAMES = {"head": "SUTRISNO", "wife": "RUKMINI", "one": "HALIMAH", "two": "BAGAS"}


def told(b: Builder) -> dict[str, str]:
    """Code -> severity of everything that all rules together say."""
    found, _notes = run_rules(b.tables(), language="en")
    return {row["kode"]: row["tingkat"] for row in found.select("kode", pl.col("tingkat").cast(pl.String)).to_dicts()}


def person(b: Builder, sumber: str, who: str, **values: object) -> int:
    """A row of one of the family above, with name and birth date."""
    return b.row(sumber, who, **({"nama": NAMES[who], "tanggal_lahir": BORN[who]} | values))


def at_dukcapil(b: Builder, kk: str, **roles: str) -> None:
    for who, hub in roles.items():
        person(b, "dukcapil", who, no_kk=kk, hub_kk=hub)


def test_a_p3ke_family_is_not_a_kk(b: Builder) -> None:
    at_dukcapil(b, OLD, head="KEPALA", wife="PASANGAN", one="ANAK")
    person(b, "p3ke", "head", id_keluarga="3201012001100001", hub_kk="KEPALA", status_kawin="KAWIN")
    person(b, "p3ke", "wife", id_keluarga="3201012001100001", hub_kk="PASANGAN", status_kawin="KAWIN")
    person(b, "p3ke", "one", id_keluarga="3201012001100002", hub_kk="KEPALA", status_kawin="KAWIN")
    assert set(told(b)) <= {"ST45"}
    assert set(told(b).values()) <= {"INFO"}


def test_several_kks_in_one_kitchen_are_paid_side_by_side(b: Builder) -> None:
    for k, (who, kk, hub) in enumerate((("head", OLD, "KEPALA"), ("one", NEW, "KEPALA")), 1):
        person(b, "dtks", who, id_art=f"{F}0{k}", hub_krt="KEPALA" if k == 1 else "LAINNYA", hub_kk=hub, no_kk=kk)
        person(b, "dukcapil", who, no_kk=kk, hub_kk="KEPALA", keluarga=f"k{k}")
        b.pay("pkh", who, START, END, keluarga=f"k{k}", nama=NAMES[who], tanggal_lahir=BORN[who])
    found = told(b)
    assert found.pop("ST44") == "INFO"
    assert found.pop("ST43") == "SEDANG"  # several cards under one id: mark the household, nothing is wrong
    assert set(found) <= {"ST62"}  # the date of the record has nothing to do with the kitchen


def test_a_nik_issued_elsewhere(b: Builder) -> None:
    for source in ("dtks", "dukcapil"):
        person(b, source, "head", nik="9471010403700001", no_kk=OLD, hub_kk="KEPALA", mutu=["N11:provinsi"])
    assert told(b) == {}


def test_a_region_that_was_split_or_renamed(b: Builder) -> None:
    codes = pl.DataFrame({"kode": ["9101011002", "9301011002"]})  # Samkai, Merauke: Papua, then Papua Selatan
    now = to_kemendagri(codes, "kode", "KEMENDAGRI")["kode"].to_list()
    assert now[0] == now[1]
    person(b, "dtks", "head", id_art="940101000100000101", hub_kk="KEPALA", no_kk=OLD, kode_wilayah=now[0])
    person(b, "dukcapil", "head", hub_kk="KEPALA", no_kk=OLD, kode_wilayah=now[1])
    assert told(b) == {}


def test_a_kk_reissued_after_a_move_inside_the_regency(b: Builder) -> None:
    """A new number alone is told as such, for the next musdes; nobody split, parted or stands twice."""
    roles = {"head": "KEPALA", "wife": "PASANGAN", "one": "ANAK"}
    for k, (who, hub) in enumerate(roles.items(), 1):
        person(b, "dtks", who, id_art=f"{F}0{k}", hub_kk=hub, no_kk=OLD)
        person(b, "regsosek", who, hub_kk=hub, no_kk=NEW)
        person(b, "dukcapil", who, hub_kk=hub, no_kk=NEW)
    found = told(b)
    assert set(found) == {"ST42"}
    assert found["ST42"] == "SEDANG"


def test_a_corrected_birth_date(b: Builder) -> None:
    wrong = {"tanggal_lahir": date(1971, 4, 4), "mutu": ["N10:lain"]}
    for source in ("dtsen", "dukcapil"):
        person(b, source, "head", nik="3201010403700001", hub_kk="KEPALA", no_kk=OLD, **wrong)
    assert told(b) == {"ST57": "INFO"}


def test_newborns_are_appended(b: Builder) -> None:
    for k, (who, born) in enumerate((("head", 1970), ("wife", 1973), ("one", 2010), ("two", 2015), ("baby", 2022)), 1):
        hub = ("KEPALA", "PASANGAN", "ANAK", "ANAK", "ANAK")[k - 1]
        b.row("dtks", who, id_art=f"{F}0{k}", hub_kk=hub, no_kk=OLD, tanggal_lahir=date(born, 2, 3))
    assert told(b) == {}


def test_a_widow_who_is_01_and_has_no_02(b: Builder) -> None:
    person(b, "dtks", "wife", id_art=F + "01", hub_kk="KEPALA", no_kk=OLD)
    person(b, "dtks", "one", id_art=F + "02", hub_kk="ANAK", no_kk=OLD)
    assert told(b) == {}
