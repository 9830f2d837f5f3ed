from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import polars as pl
import pytest

from reports.data import SORT_KEYS, write_persons_csv, write_tables
from rules.tables import SCHEMAS, Tables, check


def _shuffled(tables: Tables) -> Tables:
    """The same tables with their rows in another order and in several chunks."""
    changed = {}
    for one in fields(tables):
        frame = getattr(tables, one.name)
        if isinstance(frame, pl.DataFrame) and frame.height > 1:
            half = frame.height // 2
            changed[one.name] = pl.concat([frame[half:].reverse(), frame[:half]], rechunk=False)
    return replace(tables, **changed)


def test_equal_tables_give_equal_bytes(tables: Tables, tmp_path: Path) -> None:
    first = write_tables(tables, tmp_path / "a")
    write_tables(_shuffled(tables), tmp_path / "b")
    for path in first:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes(), path.name


def test_tables_come_back_as_they_were(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path)
    for name in SCHEMAS:
        back = check(name, pl.read_parquet(tmp_path / "data" / f"{name}.parquet"))
        assert back.height == getattr(tables, name).height
        keys = list(SORT_KEYS[name])
        assert back.select(keys).equals(back.select(keys).sort(keys, nulls_last=True))


def test_run_json_counts_rows_and_nothing_is_readable_by_others(tables: Tables, tmp_path: Path) -> None:
    written = write_tables(tables, tmp_path)
    info = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert info["baris"]["records"] == tables.records.height
    assert info["tanggal_acuan"] == "2024-03-31"
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_text_of_the_csv_starts_a_formula(tables: Tables, tmp_path: Path, start: str) -> None:
    persons = tables.persons.with_columns(nama=pl.lit(f"{start}cmd"))
    lines = write_persons_csv(persons, tmp_path / "p.csv").read_text(encoding="utf-8-sig").splitlines()
    names = [line.split(",")[persons.columns.index("nama")] for line in lines[1:]]
    assert set(names) == {f"'{start}cmd"}
