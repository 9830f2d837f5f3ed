from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from reports.apart import workbook_apart
from reports.context import Context
from reports.write import make_context, rule_infos, write_reports
from rules.tables import SCHEMAS, Tables, empty

REGIONS = pl.DataFrame(
    {"kode": ["33"], "nama": ["Jawa Tengah"], "tingkat": [1], "induk": [None], "status": ["berlaku"]}
)


def test_a_run_folder_holds_everything(tables: Tables, tmp_path: Path) -> None:
    steps: list[float] = []
    written = write_reports(tables, tmp_path, progress=lambda _step, share: steps.append(share), regions=REGIONS)
    names = {str(p.relative_to(tmp_path)) for p in written}
    assert {"laporan.xlsx", "laporan.html", "run.json", "data/persons.csv"} <= names
    assert {f"data/{name}.parquet" for name in SCHEMAS} <= names
    assert sum(name.startswith("desa/") for name in names) == 10  # a PDF and a workbook each
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in written)
    assert steps == sorted(steps)
    assert steps[-1] == 1.0


def test_an_empty_run_still_gets_its_reports(tables: Tables, tmp_path: Path) -> None:
    blank = Tables(**{name: empty(name) for name in SCHEMAS}, info={})
    written = write_reports(blank, tmp_path, regions=REGIONS)
    assert {p.name for p in written} >= {"laporan.xlsx", "laporan.html"}
    no_findings = replace(tables, findings=empty("findings"), links=empty("links"), payments=empty("payments"))
    assert write_reports(no_findings, tmp_path / "b", regions=REGIONS)


def test_titles_come_from_the_rules_themselves(tables: Tables) -> None:
    infos = rule_infos()
    assert {"ST01", "ST10", "BG01", "N01"} <= set(infos)
    context = make_context(tables, regions=REGIONS)
    assert context.title("ST01") == infos["ST01"].judul
    assert context.title("TIDAK_ADA") == "TIDAK_ADA"
    assert context.notes == ("Aturan ST53 tidak dapat dijalankan: perlu Regsosek dengan kolom 404.",)


def test_a_large_workbook_is_the_same_from_a_process_of_its_own(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import reports.write

    write_reports(tables, tmp_path / "a")
    monkeypatch.setattr(reports.write, "_LARGE", 1)
    write_reports(tables, tmp_path / "b")
    assert (tmp_path / "a" / "laporan.xlsx").read_bytes() == (tmp_path / "b" / "laporan.xlsx").read_bytes()


def test_a_process_that_fails_is_replaced(context: Context, tmp_path: Path) -> None:
    # There are no tables in the folder, so the other process cannot do its work.
    with workbook_apart(context, tmp_path) as book:
        assert book().stat().st_size > 10_000
