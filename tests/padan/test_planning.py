"""Plans: sizes told from outside, pairs told from keys, parts chosen by the budget, what cannot fit refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from padan import memory, planning
from padan.cli import cli
from padan.costs import costs
from padan.sizes import FileSize, look
from tests.padan.helpers import arguments


def sized(rows: int) -> list[FileSize]:
    return [FileSize("a.csv", "dtks", "teks", 150 * rows, rows)]


def test_rows_are_told_from_outside(tmp_path: Path) -> None:
    frame = pl.DataFrame({"nama": [f"ORANG {n}" for n in range(40_000)], "nik": [f"{n:016d}" for n in range(40_000)]})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    frame.head(3_000).write_excel(tmp_path / "a.xlsx")
    assert abs(look(tmp_path / "a.csv", "a.csv", "dtks").baris - 40_001) < 400
    assert look(tmp_path / "a.parquet", "a.parquet", "dtks").baris == 40_000
    assert abs(look(tmp_path / "a.xlsx", "a.xlsx", "dtks").baris - 3_001) < 100
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    assert look(tmp_path / "broken.xlsx", "broken.xlsx", "dtks").baris == 0
    assert look(tmp_path / "none.csv", "none.csv", "dtks").baris == 0


def test_a_small_budget_makes_parts_and_a_smaller_one_is_refused() -> None:
    roomy = planning.first_look(sized(4_000_000), 100_000 * memory.MB)
    assert roomy.fits
    assert roomy.at_once == planning.AT_ONCE
    bare = costs().stages["taut"].memory({**roomy.ukuran, "sekaligus": 0})
    tight = planning.first_look(sized(4_000_000), bare + 100 * memory.MB, ("taut",))
    assert tight.fits
    assert tight.partitions > roomy.partitions
    assert tight.tahap[0].bita <= tight.anggaran
    none = planning.first_look(sized(4_000_000), 300 * memory.MB)
    assert not none.fits
    with pytest.raises(memory.MemoryNeededError) as error:
        planning.ensure(none)
    assert error.value.exit_code == memory.NO_MEMORY
    assert error.value.hint


def test_pairs_are_held_where_there_is_room() -> None:
    roomy = planning.first_look(sized(1_000_000), 100_000 * memory.MB, ("link",))
    assert roomy.held
    bare = costs().stages["link"].memory({**roomy.ukuran, "ditahan": 0})
    tight = planning.first_look(sized(1_000_000), bare + 20 * memory.MB, ("link",))
    assert not tight.held
    assert tight.fits
    assert tight.tahap[0].bita < roomy.tahap[0].bita


def test_more_rows_need_more() -> None:
    small, large = (planning.first_look(sized(n), 10**12) for n in (100_000, 10_000_000))
    for a, b in zip(small.tahap, large.tahap, strict=True):
        assert a.bita < b.bita
        assert a.detik < b.detik


def test_plan_counts_what_run_compares(registers: Path, finished: Path) -> None:
    words = ["plan", *arguments(registers)[1:], "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    info = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    counted = {one["nama"]: one["pasangan"] for one in info["penautan"]["penyaringan"]["lintasan"]}
    assert {one["nama"]: one["pasangan"] for one in told["lintasan"]} == counted
    assert told["ukuran"]["rekaman"] == info["jumlah"]["records"]
    assert set(told["tahap"]) == set(info["tahap"])


def test_a_run_that_cannot_fit_is_refused_before_it_reads(registers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(cli, [*arguments(registers), "--out", str(out), "--memory", "120MB"])
    assert result.exit_code == memory.NO_MEMORY
    assert "Traceback" not in result.output
    assert not out.exists()
    plan = CliRunner().invoke(cli, ["plan", *arguments(registers)[1:], "--memory", "120MB"])
    assert plan.exit_code == memory.NO_MEMORY
