"""The rule engine: registry, notes, one line per file, ids, parameters."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rules import tables
from rules.errors import ConfigError
from rules.findings import catalogue, run_rules
from rules.findings.codes import TOLD_WITH, UNANSWERED
from rules.findings.parameters import load_parameters
from rules.findings.programme import load_programmes
from rules.findings.registry import all_rules
from rules.findings.run import sentences
from tests.rules.findings.builder import Builder

F = "3201012001000001"
HERE = Path(__file__).parent


def test_every_rule_has_a_test_that_names_its_code() -> None:
    tests = "".join(p.read_text(encoding="utf-8") for p in sorted(HERE.glob("test_*.py")) if p.name != "test_run.py")
    missing = [r.kode for r in all_rules() if f'"{r.kode}"' not in tests]
    assert missing == []


def test_every_code_of_the_domain_is_a_rule_another_name_or_listed_with_the_reason() -> None:
    wanted = [f"ST{n:02}" for a, z in ((1, 7), (10, 16), (20, 37), (40, 46), (50, 57), (60, 65), (70, 76))
              for n in range(a, z + 1)]  # fmt: skip
    wanted += [f"{kind}{n:02}" for kind, last in (("N", 17), ("K", 8), ("D", 16)) for n in range(1, last + 1)]
    rules = {r.kode for r in all_rules()}
    names = rules | {name for r in all_rules() for name in r.alias}
    assert [code for code in wanted if code not in names | set(TOLD_WITH) | set(UNANSWERED)] == []
    assert not names & set(UNANSWERED)
    assert not rules & set(TOLD_WITH)
    assert all(set(told) <= rules for told, _when in TOLD_WITH.values())


def test_the_catalogue_in_docs_is_the_generated_one() -> None:
    assert catalogue.FILE.read_text(encoding="utf-8") == catalogue.text("en")


def test_rules_without_their_sources_say_so(b: Builder) -> None:
    b.row("dtks", "ani", id_art=F + "01")
    _, notes = run_rules(b.tables(), language="en")
    lacking = {n["kode"]: n for n in notes if n["jenis"] == "sumber_kurang"}
    assert {"ST01", "ST51", "ST53", "BG01", "ST45"} <= set(lacking)
    assert "Regsosek" in lacking["ST53"]["pesan"]
    assert "ST13" not in lacking
    # In a report the rules that wait for the same list are one sentence, and none is forgotten.
    told = sentences(notes)
    assert len(told) < len(notes) / 2
    assert all(any(code in line for line in told) for code in lacking)
    assert not any("ST53" in line and "BG01" in line for line in told)


def test_an_unknown_programme_is_checked_by_person_only(b: Builder) -> None:
    for who in ("ani", "ani", "budi"):
        b.pay("kartu_desa", who, date(2023, 1, 1), date(2023, 1, 31), nik=f"32010190019000{len(who):02}", keluarga="f")
    found, notes = run_rules(b.tables(), language="en")
    assert {"BG01"} == set(found["kode"]) & {"BG01", "BG02", "BG03"}
    assert [n["program"] for n in notes if n["jenis"] == "program_tak_dikenal"] == ["kartu_desa"]


def test_a_format_rule_that_touches_most_of_a_file_is_told_once(b: Builder) -> None:
    for k in range(1, 8):
        b.row("dtks", f"p{k}", id_art=F + "00" if k > 2 else f"{F}0{k}")
    found, notes = run_rules(b.tables(), language="en")
    told = found.filter(pl.col("kode") == "ST20").to_dicts()
    assert [f["baris"] for f in told] == [[2, 3, 4, 5, 6]]
    assert "5 of 7 rows of dtks.csv" in told[0]["ringkas"]
    assert [e["nilai"] for e in told[0]["bukti"]] == ["5 / 7"]
    assert [n["berkas"] for n in notes if n["jenis"] == "satu_baris_per_berkas" and n["kode"] == "ST20"] == ["dtks.csv"]


def test_the_line_of_a_file_keeps_the_other_names_of_its_findings(b: Builder) -> None:
    for k in range(4):
        b.row("dtks", f"p{k}", id_art=f"{F}0{k + 1}", tanggal_perbarui=date(2017 + k, 6, 1))
    assert [(f["baris"], f["alias"]) for f in b.findings("ST60")] == [([0, 1, 2, 3], ["ST61"])]


def test_finding_ids_come_from_content(b: Builder) -> None:
    b.row("dtks", "ani", nik_kode="N01", nik_mutu="TAK_TEPERCAYA")
    b.row("dtks", "ani", id_art=F + "01", nik="3201019001900001")
    b.row("dtsen", "ani", nik="3201019001900002")
    whole = b.tables()
    first, _ = run_rules(whole, language="en")
    again, _ = run_rules(whole, language="en")
    assert first.equals(again)
    # Other row numbers, same content: the same ids.
    shuffled = {0: 2, 1: 0, 2: 1}
    renumber = pl.col("baris_id").replace_strict(shuffled, return_dtype=pl.UInt32)
    whole.records = whole.records.with_columns(renumber).sort("baris_id")
    whole.entities = whole.entities.with_columns(renumber)
    other, _ = run_rules(whole, language="en")
    assert first["temuan_id"].to_list() == other["temuan_id"].to_list()


def test_findings_are_worst_first_and_hold_no_ids_in_sentences(b: Builder) -> None:
    b.row("dukcapil", "ani", keberadaan="MENINGGAL", tanggal_status=date(2022, 1, 1), nik="3201014101900001")
    b.row("dtks", "ani", id_art=F + "01", nik="3201014101900002")
    b.pay("pkh", "ani", date(2023, 1, 1), date(2023, 3, 31), nik="3201014101900001", no_kk="3201010101100001")
    found, _ = run_rules(b.tables(), language="en")
    assert found["tingkat"][0] == "KRITIS"
    assert not found["ringkas"].str.contains(r"\d{9,}|\d{4}-\d{2}-\d{2}").any()


def test_an_empty_run_has_no_findings() -> None:
    nothing = tables.Tables(**{name: tables.empty(name) for name in tables.SCHEMAS})
    found, notes = run_rules(nothing, language="en")
    assert found.is_empty()
    assert {n["jenis"] for n in notes} <= {"sumber_kurang"}


def test_parameters_may_be_overruled_and_wrong_ones_are_named(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("basi_bulan = 12\n[sufiks_maks]\nnilai = 15\n", encoding="utf-8")
    values = load_parameters(own)
    assert (values.basi_bulan.nilai, values.sufiks_maks.nilai) == (12, 15)
    own.write_text("basi_bulan = 'long'\nno_such_key = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_parameters(own)
    assert "basi_bulan" in caught.value.message
    assert "no_such_key" in caught.value.message


def test_programme_units() -> None:
    units = {code: p.satuan for code, p in load_programmes().items()}
    known = {"pkh": "KELUARGA", "bpnt": "KELUARGA", "blt_desa": "KELUARGA", "pbi_jkn": "ORANG"}
    assert known.items() <= units.items()
