"""Judge the folder that an engine left: `python -m benchmarks.speed.judge ENGINE KEY LISTS OUT`.

Prints one JSON object. A process of its own gives all memory back before the next engine is measured.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.speed import quality, with_padan, with_recordlinkage, with_splink
from benchmarks.speed.cases import Case
from benchmarks.speed.stages import ENTITIES, PAIRS

THRESHOLD = {"splink": with_splink.THRESHOLD, "recordlinkage": with_recordlinkage.THRESHOLD}


def judged(engine: str, case: Case, folder: Path, out: Path) -> dict[str, Any]:
    """The figures of `benchmarks.speed.quality.judge` for the run of `engine` in `out`; lists stand in `folder`."""
    truth = quality.truth_of(folder, case.lists)
    if engine == "padan":
        pairs, entities = with_padan.read(out, [folder / f"{name}.parquet" for name in case.lists])
        matched = pl.col("match")
    else:
        ids = [pl.col(c).cast(pl.UInt32) for c in ("id_l", "id_r")]
        pairs = pl.read_parquet(out / PAIRS).with_columns(ids)
        entities = pl.read_parquet(out / ENTITIES).with_columns(pl.col("id").cast(pl.UInt32))
        matched = pl.col("probability") >= THRESHOLD[engine]
    return quality.judge(pairs, matched, entities, truth, within=case.within)


def main() -> None:
    """Judge what the command line names."""
    engine, key, folder, out = sys.argv[1:]
    kind, people = key.split("/")
    print(json.dumps(judged(engine, Case(kind, int(people)), Path(folder), Path(out))))


if __name__ == "__main__":
    main()
