"""padan itself: files read and linked as `padan run` does it with default settings, without findings and reports."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.accuracy import febrl
from benchmarks.accuracy.registers import Registers
from benchmarks.accuracy.results import engine_version
from benchmarks.accuracy.scoring import I64, SURE, UNKNOWN, Scored, judge, log_odds, true_pairs
from benchmarks.accuracy.task import Task
from matching.engine import link
from matching.generic import Linkage, Result, read_spec
from matching.settings import LinkSettings
from rules.tables import empty
from sources.load import load
from sources.model import Input, SourceSettings

ROOT = Path(__file__).resolve().parents[2]
# Thresholds at which the best is looked for; the setting allows nothing at or below one half.
THRESHOLDS = (0.55, 0.75, 0.85, 0.90, 0.95, 0.98, 0.995)
FEW = (0.75, 0.90, 0.97)  # on FEBRL, and where no peer runs beside it


def command(*args: object) -> str:
    """Run one padan command and return what it printed; its failure is ours."""
    done = subprocess.run(
        [sys.executable, "-m", "padan", *map(str, args)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def run(folder: Path, out: Path, lists: dict[str, list[str]]) -> None:
    """Read and link lists (source -> file@date) of a synthetic folder with default settings; tables go to `out`/data.

    Nothing is done again when this very code made `out`.
    """
    made_by, version = out / "versi", engine_version("padan")
    if made_by.is_file() and made_by.read_text(encoding="utf-8") == version:
        return
    inputs = []
    for source, files in lists.items():
        for name, _at, day in (one.partition("@") for one in files):
            inputs.append(Input(folder / name, source, date.fromisoformat(day)))
    loaded = load(inputs, SourceSettings(mode_uji=True))
    linked = link(loaded.records, loaded.families, LinkSettings())
    (out / "data").mkdir(parents=True, exist_ok=True)
    loaded.records.write_parquet(out / "data" / "records.parquet")
    linked.entities.write_parquet(out / "data" / "entities.parquet")
    made_by.write_text(version, encoding="utf-8")


def _labels(entities: pl.DataFrame) -> I64:
    """Entity of every record as an integer, in the order of baris_id."""
    return entities.sort("baris_id")["person_id"].rank("dense").to_numpy().astype(np.int64)


def run_labels(out: Path) -> I64:
    """The entities that the run in `out` formed."""
    return _labels(pl.read_parquet(out / "data" / "entities.parquet"))


def registers(out: Path, data: Registers, task: Task, thresholds: tuple[float, ...]) -> dict[str, Any]:
    """All figures of the run in `out`. Its best of `thresholds` is found by linking the same records again at each."""
    families = empty("families")  # they do not bear on who is who
    default, own = LinkSettings().padan, run_labels(out)
    # Calibration looks further down than the review band reaches.
    low = link(data.records, families, LinkSettings(tinjau=SURE[0])).links.sort("kiri", "kanan")

    def scored(links: pl.DataFrame) -> Scored:
        a, b, weight, probability = (links[c].to_numpy() for c in ("kiri", "kanan", "bobot", "peluang"))
        return Scored(a.astype(np.int64), b.astype(np.int64), weight, probability)

    def at(weight: float) -> I64:
        threshold = round(1 / (1 + 2.0**-weight), 9)
        if threshold == default:
            return own
        settings = LinkSettings(padan=threshold, pasti=max(LinkSettings().pasti, threshold))
        return _labels(link(data.records, families, settings).entities)

    return judge(
        data.truth,
        scored(low),
        default,
        label=own,
        label_at=at,
        weights=np.array([log_odds(t) for t in thresholds]),
        rounds=1,
        decided=scored(low.filter(pl.col("alasan").is_null())),
        blocking_recall=_held(task),
    )


def generic(name: str, task: Task, work: Path) -> dict[str, Any]:
    """`padan link` with the one specification on a FEBRL data set; other thresholds through its Python interface."""
    files = febrl.write(name, work)
    out = work / "hasil"
    command("link", febrl.SPEC, *files, "--out", out, "--quiet")
    rows = _Rows([path.name for path in files], [frame.height for frame in febrl.frames(name)])
    spec = read_spec(febrl.SPEC)
    frames = febrl.frames(name)
    own = rows.labels(pl.read_parquet(out / "entities.parquet"))

    def linked(**cut: float) -> Result:
        chosen = replace(spec, thresholds=replace(spec.thresholds, **cut))
        return Linkage(chosen).run(frames, rows.sources)

    def at(weight: float) -> I64:
        threshold = round(1 / (1 + 2.0**-weight), 9)
        if threshold == spec.thresholds.match:
            return own
        return rows.labels(linked(match=threshold, review=min(spec.thresholds.review, threshold / 2)).entities)

    pairs = linked(review=SURE[0]).pairs
    left, right = rows.number(pairs, "_l"), rows.number(pairs, "_r")
    return judge(
        task.truth,
        Scored(
            np.minimum(left, right),
            np.maximum(left, right),
            pairs["weight"].to_numpy(),
            pairs["probability"].to_numpy(),
        ),
        spec.thresholds.match,
        label=own,
        label_at=at,
        weights=np.array([log_odds(t) for t in FEW]),
        rounds=1,
        blocking_recall=_held(task),
    )


def _held(task: Task) -> float:
    """The share of true pairs that some pass holds."""
    a, b = task.pairs()
    return int(((task.truth[a] == task.truth[b]) & (task.truth[a] != UNKNOWN)).sum()) / max(true_pairs(task.truth), 1)


class _Rows:
    """Numbers the rows of all files from 0, in order, as tasks do."""

    def __init__(self, sources: list[str], heights: list[int]) -> None:
        self.sources, self.n = sources, sum(heights)
        self._first = pl.DataFrame({"source": sources, "first": np.cumsum([0, *heights])[:-1]})

    def number(self, frame: pl.DataFrame, side: str = "") -> I64:
        """Row number of the columns source<side>, row<side> (rows from 1)."""
        named = frame.select(source=f"source{side}", row=f"row{side}")
        joined = named.join(self._first, on="source", how="left", maintain_order="left")
        return joined.select(pl.col("first") + pl.col("row").cast(pl.Int64) - 1).to_series().to_numpy()

    def labels(self, entities: pl.DataFrame) -> I64:
        """The entity of every row as an integer."""
        label = np.empty(self.n, dtype=np.int64)
        label[self.number(entities)] = entities["entity_id"].rank("dense").to_numpy()
        return label
