"""The engines on a small pair of lists, as processes: what they are given is the same, what they cost is counted."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks import kill
from benchmarks.speed import judge, quality, with_padan
from benchmarks.speed.cases import LARGE, SIZES, Case, cases, command, size
from benchmarks.speed.measured import CommandError, measure
from benchmarks.speed.stages import FILLER, KEYS

SMALL = Case("link", 3_000)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speed")
    SMALL.make(folder)
    return folder


def finished(engine: str, work: Path) -> tuple[dict[str, Any], Path]:
    out = work / engine
    return measure(command(engine, SMALL, SMALL.files(work), out), work, engine), out


def candidate_pairs(files: list[Path]) -> int:
    """The candidate pairs of the passes, by joins."""
    left, right = (
        pl.read_parquet(path)
        .with_columns(pl.col("nama", "nama_ibu").str.strip_chars())
        .with_columns(
            pl.when(pl.col("nik") != FILLER).then("nik").alias("nik"),
            pl.col("nama").str.split(" ").list.first().alias("nama1"),
            pl.col("nama").str.head(3).alias("nama3"),
        )
        for path in files
    )
    found = [left.select("id", *key).join(right.select("id", *key), on=key).select("id", "id_right") for key in KEYS]
    return pl.concat(found).unique().height


def test_padan_compares_the_pairs_of_the_passes_and_is_judged(work: Path) -> None:
    cost, out = finished("padan", work)
    assert cost["cpu"] > 0.2
    assert 50 < cost["peak_mb"] < 2_000
    files = SMALL.files(work)
    assert with_padan.info(out)["pairs"] == candidate_pairs(files)
    told = judge.judged("padan", SMALL, SMALL.folder(work), out)
    assert told["pasangan"]["f1"] > 0.95
    assert told["pasangan_terbaik"]["f1"] >= told["pasangan"]["f1"] - 0.01
    assert told["entitas"]["f1"] > 0.95


def test_the_floor_joins_every_pass(work: Path) -> None:
    _cost, out = finished("floor", work)
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert info["joined"] >= candidate_pairs(SMALL.files(work))
    assert set(info["stages"]) == {"read", "key", "join"}


@pytest.mark.parametrize("engine", ["splink", "recordlinkage"])
def test_peers_find_most_people(work: Path, engine: str) -> None:
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    _cost, out = finished(engine, work)
    told = judge.judged(engine, SMALL, SMALL.folder(work), out)
    assert told["pasangan_terbaik"]["f1"] > 0.9
    truth = quality.truth_of(SMALL.folder(work), SMALL.lists)
    assert pl.read_parquet(out / "entities.parquet").height == truth.height


def test_a_failed_command_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, "x")


def test_memory_is_that_of_the_command_with_its_children(tmp_path: Path) -> None:
    hold = "import time; x = bytearray(80_000_000); time.sleep(0.5)"
    alone = measure([sys.executable, "-c", hold], tmp_path, "x")
    child = f"import subprocess, sys; x = bytearray(80_000_000); subprocess.run([sys.executable, '-c', {hold!r}])"
    both = measure([sys.executable, "-c", child], tmp_path, "x")
    assert 80 < alone["peak_mb"] < 130
    assert 160 < both["peak_mb"] < 230
    assert alone["wall"] >= 0.5 > alone["cpu"]


def test_cases_leave_out_what_a_peer_cannot_do() -> None:
    found = cases(["link", "trio"], list(SIZES))
    assert [one.key for one in found[:2]] == ["link/1000000", "trio/1000000"]
    wanted = ["padan", "splink", "recordlinkage", "floor"]
    assert Case("link", 100_000).engines(wanted) == wanted
    assert Case("link", 3_000_000).engines(wanted) == ["padan", "splink", "floor"]
    assert Case("trio", 10_000_000).engines(wanted) == ["padan"]
    assert (Case("link", 3 * LARGE).repeats("splink", 3), Case("link", LARGE).repeats("splink", 3)) == (1, 3)
    assert [size("300k"), size("3m"), size("1.5M"), size("70")] == [300_000, 3_000_000, 1_500_000, 70]


def test_a_broken_run_is_resumed_and_compared(tmp_path: Path) -> None:
    script = tmp_path / "steps.py"
    # Keeps each step it has done, like a run, and writes one file that is never the same.
    script.write_text(
        "import sys, time, pathlib\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1]); out.mkdir(exist_ok=True)\n"
        "for k in range(12):\n"
        "    part = out / f'{k}.txt'\n"
        "    if not part.exists():\n"
        "        time.sleep(0.05); (out / 'draft').write_text(str(k)); (out / 'draft').replace(part)\n"
        "(out / 'run.json').write_text(str(time.time()))\n"
        "(out / 'jam.txt').write_text(str(time.time()))\n",
        encoding="utf-8",
    )
    found = kill.torment([sys.executable, str(script)], tmp_path, kills=4, seed=1)
    assert found["kali"] == 4
    assert set(found["beda"]) - {"draft"} == {"jam.txt"}
    assert found["berkas"] == 13
