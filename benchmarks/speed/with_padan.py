"""`padan link` with `benchmarks/specs/speed.toml` as it stands in a user's shell, and what its folder says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.speed.measured import ROOT
from benchmarks.speed.stages import ENTITIES, PAIRS

SPEC = ROOT / "benchmarks" / "specs" / "speed.toml"


def spec(folder: Path, *, within: bool) -> Path:
    """The specification, written to `folder` with `within = true` where duplicates are looked for."""
    if not within:
        return SPEC
    path = folder / "speed-within.toml"
    path.write_text("within = true\n" + SPEC.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def command(folder: Path, lists: list[Path], out: Path, *, within: bool, memory: str | None) -> list[str]:
    """The command line. `memory`: what it may use; its own choice where there is none."""
    base = [sys.executable, "-m", "padan", "link", str(spec(folder, within=within)), *map(str, lists)]
    return [*base, "--out", str(out), "--quiet", *(["--memory", memory] if memory else [])]


def info(out: Path) -> dict[str, Any]:
    """Seconds per stage and the number of pairs compared, out of run.json."""
    found = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return {"stages": found["measured"]["stages"], "pairs": found["pairs_compared"]}


def read(out: Path, lists: list[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(pairs with `match`, entities) in the form `quality` takes them."""
    number = pl.DataFrame({"source": [p.name for p in lists]}, schema={"source": pl.String}).with_row_index("list")
    number = number.with_columns(pl.col("list").cast(pl.UInt8))
    pairs = pl.scan_parquet(out / PAIRS)
    for side in "lr":
        names = number.lazy().rename({"list": f"list_{side}"})
        pairs = pairs.join(names, left_on=f"source_{side}", right_on="source", how="left")
    pairs = pairs.select(
        "list_l", id_l="row_l", list_r="list_r", id_r="row_r", weight="weight", match=pl.col("decision") == "match"
    )
    entities = pl.scan_parquet(out / ENTITIES).join(number.lazy(), on="source", how="left")
    return pairs.collect(), entities.select("list", id="row", entity="entity_id").collect()
