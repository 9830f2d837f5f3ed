from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from padan import decisions, store
from rules.errors import ConfigError
from rules.findings.keys import evidence_keys
from rules.tables import Tables


@pytest.fixture(scope="module")
def run(finished: Path) -> Tables:
    return store.read_run(finished)


def _decision(jenis: str, kunci: str, putusan: str, urut: int = 1, day: date = date(2026, 1, 1)) -> pl.DataFrame:
    values = dict.fromkeys(decisions.SCHEMA, None) | {
        "jenis": jenis, "kunci": kunci, "putusan": putusan, "oleh": "A", "tanggal": day, "ditanya": True,
        "sidik": kunci.split("|"),
    }  # fmt: skip
    frame = pl.DataFrame({c: [v] for c, v in values.items()}, schema=decisions.SCHEMA)
    return frame.select(pl.lit(urut, dtype=pl.Int64).alias("urut"), *decisions.SCHEMA)


def test_a_store_keeps_what_was_added_and_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "baru" / "k.duckdb"
    one = _decision("temuan", "abc", "ALARM").drop("urut")
    two = _decision("pasangan", "x|y", "DUA").drop("urut")
    assert decisions.add(path, one) == 1
    assert decisions.add(path, pl.concat([one, two, two])) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert decisions.read(path).drop("urut").equals(pl.concat([one, two]))
    with pytest.raises(ConfigError):
        decisions.read(tmp_path / "none.duckdb")


def test_the_newest_decision_counts() -> None:
    old = _decision("temuan", "abc", "ALARM", 1, date(2026, 1, 1))
    new = _decision("temuan", "abc", "HAPUS", 2, date(2026, 2, 1))
    late = _decision("temuan", "abc", "USULKAN", 3, date(2026, 1, 15))  # added last, but decided before
    assert decisions.latest(pl.concat([old, new, late]))["putusan"].to_list() == ["HAPUS"]
    assert decisions.digest(pl.concat([old, new]), "temuan") != decisions.digest(old, "temuan")
    assert decisions.digest(pl.concat([old, new]), "pasangan") == decisions.digest(decisions.none(), "pasangan")


def test_a_false_alarm_is_not_raised_again_until_its_evidence_changes(run: Tables) -> None:
    findings = run.findings.filter(pl.col("bukti").list.len() > 1).head(50)
    keys = evidence_keys(findings, run.records)
    assert keys["kunci"].is_unique().all()
    decided = _decision("temuan", keys["kunci"][0], "ALARM")
    left, known = decisions.split(findings, decided, run.records)
    assert left.height == findings.height - 1
    assert known["temuan_id"].to_list() == [keys["temuan_id"][0]]

    # Other row numbers, other dates of the files, another order: the same evidence.
    top = run.records.height
    renumbered = run.records.with_columns(baris_id=top - 1 - pl.col("baris_id"))
    moved = findings.with_columns(
        pl.col("baris").list.eval(top - 1 - pl.element()).list.sort(),
        pl.col("bukti").list.reverse().list.eval(
            pl.element().struct.with_fields(
                tanggal=pl.lit(date(2030, 1, 1)), baris_id=top - 1 - pl.field("baris_id")
            )
        ),
    )  # fmt: skip
    assert decisions.split(moved, decided, renumbered)[0].height == findings.height - 1

    # Another value in the evidence, or another content of the subject row: raised again.
    value = pl.element().struct.with_fields(nilai=pl.field("nilai") + "X")
    other = findings.with_columns(pl.col("bukti").list.eval(value))
    assert decisions.split(other, decided, run.records)[0].height == findings.height
    mended = run.records.with_columns(pl.col("sidik") + "X")
    assert decisions.split(findings, decided, mended)[0].height == findings.height


def test_other_outcomes_stay_findings(run: Tables) -> None:
    key = evidence_keys(run.findings.head(1), run.records)["kunci"][0]
    left, known = decisions.split(run.findings, _decision("temuan", key, "HAPUS"), run.records)
    assert left.equals(run.findings)
    assert known["putusan"].to_list() == ["HAPUS"]
    assert decisions.split(run.findings, decisions.none(), run.records)[1].is_empty()


def test_linkage_hears_of_pairs_whose_rows_are_still_there(run: Tables) -> None:
    a, b, c = run.records["sidik"].head(3)
    given = pl.concat(
        [
            _decision("pasangan", f"{a}|{b}", "SATU"),
            _decision("pasangan", f"{a}|{c}", "DUA"),
            _decision("pasangan", f"{a}|gone", "DUA"),
            _decision("pasangan", f"{b}|{c}", "SATU").with_columns(ditanya=pl.lit(False)),
        ]
    )
    frame = decisions.linkage_decisions(given, run.records)
    assert frame.to_dicts() == [
        {"kiri": 0, "kanan": 1, "sama": True},
        {"kiri": 0, "kanan": 2, "sama": False},
    ]
    assert decisions.linkage_decisions(decisions.none(), run.records).is_empty()
