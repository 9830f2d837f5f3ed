from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from reports.context import Context
from reports.figures import headline, side_by_side
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


def test_an_error_beside_the_lists_is_raised(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "laporan.xlsx").mkdir()
    with pytest.raises(OSError, match=r"laporan\.xlsx"):
        write_reports(tables, tmp_path, regions=REGIONS)


def test_a_figure_is_found_once_for_all_reports(context: Context) -> None:
    assert headline(context) is headline(context)
    assert side_by_side(context, 6) is side_by_side(context, 6)
    assert not side_by_side(context, 6).equals(side_by_side(context, 10))
    assert headline(replace(context, kept={})) == headline(context)
