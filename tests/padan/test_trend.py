from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from padan import store, trend
from rules.tables import Tables


@pytest.fixture(scope="module")
def run(finished: Path) -> Tables:
    return store.read_run(finished)


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = trend.summary(frame)["jumlah"]
    return counts


def test_a_run_beside_itself_is_all_still_open(run: Tables) -> None:
    found = trend.compare(run, run)
    assert _counts(found) == {"BARU": 0, "TETAP": run.findings.height, "SELESAI": 0, "ALARM": 0}
    assert (found["temuan_id"] == found["temuan_id_lama"]).all()


def test_new_and_solved_are_told_apart(run: Tables) -> None:
    half = run.findings.height // 2
    now, before = replace(run, findings=run.findings.tail(-half)), replace(run, findings=run.findings.head(half + 10))
    found = trend.compare(now, before)
    counts = _counts(found)
    assert counts["BARU"] + counts["TETAP"] == now.findings.height
    assert counts["SELESAI"] + counts["TETAP"] == before.findings.height
    assert counts["TETAP"] >= 10
    assert found.filter(pl.col("status") == "SELESAI")["temuan_id"].null_count() == counts["SELESAI"]


def test_a_mended_row_does_not_make_its_finding_new(run: Tables) -> None:
    """Every row gets another content hash; who it is about is told by NIK, ART id, family record or name."""
    before = replace(
        run,
        records=run.records.with_columns(pl.col("sidik").str.reverse()),
        findings=run.findings.with_columns(pl.col("temuan_id").str.reverse()),
    )
    found = trend.compare(run, before)
    assert not set(before.findings["temuan_id"]) & set(run.findings["temuan_id"])
    open_still = found.filter(pl.col("status") == "TETAP")
    assert open_still.height > 0.9 * run.findings.height
    assert {"nik", "keluarga"} <= set(open_still["kunci"])
    assert open_still["temuan_id"].is_unique().all()
    assert open_still["temuan_id_lama"].is_unique().all()
    codes = run.findings.select("temuan_id", "kode").join(
        before.findings.select(temuan_id_lama="temuan_id", kode_lama="kode"), how="cross"
    )
    both = open_still.select("temuan_id", "temuan_id_lama").join(codes, on=["temuan_id", "temuan_id_lama"])
    assert (both["kode"] == both["kode_lama"]).all()


def test_a_false_alarm_is_not_counted_as_solved(run: Tables) -> None:
    alarm = run.findings.head(1)
    decided = alarm.with_columns(
        putusan=pl.lit("ALARM"), oleh=pl.lit("A"), tanggal=pl.date(2026, 1, 1), catatan=pl.lit(None, dtype=pl.String)
    )
    now = replace(run, findings=run.findings.tail(-1), diputuskan=decided)
    counts = _counts(trend.compare(now, run))
    assert counts == {"BARU": 0, "TETAP": run.findings.height - 1, "SELESAI": 0, "ALARM": 1}
    unknown = replace(run, findings=run.findings.tail(-1))
    assert _counts(trend.compare(now, unknown))["ALARM"] == 0  # called a false alarm before the earlier run


def test_the_summary_adds_up(run: Tables) -> None:
    half = replace(run, findings=run.findings.gather_every(2))
    summary = trend.summary(trend.compare(run, half))
    for part in ("per_kode", "per_tingkat", "per_desa"):
        for status, total in summary["jumlah"].items():
            assert sum(counts[status] for counts in summary[part].values()) == total
