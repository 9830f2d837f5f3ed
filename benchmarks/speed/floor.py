"""The floor: what any engine on these passes must do at least. Reads the lists and counts one hash join per pass.

    python -m benchmarks.speed.floor OUT A.parquet B.parquet [C.parquet] [--within]

Keys are joined as 64-bit hashes of their parts: of the ways tried in Polars the quickest, 2.5 times as fast as text.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from benchmarks.speed.stages import FILLER, KEYS, Stages


def _keys() -> list[pl.Expr]:
    """The key of every pass as one integer; null where a part is missing."""
    parts = {
        "nik": pl.when(pl.col("nik") != FILLER).then(pl.col("nik")),
        "nama1": pl.col("nama").str.split_exact(" ", 1).struct.field("field_0"),
        "nama3": pl.col("nama").str.head(3),
    }
    keys = []
    for number, key in enumerate(KEYS):
        whole = [parts.get(name, pl.col(name)) for name in key]
        mixed = whole[0].hash(1)
        for part in whole[1:]:
            mixed = mixed * 0x9E3779B97F4A7C15 ^ part.hash(2)
        known = pl.all_horizontal(part.is_not_null() for part in whole)  # the hash of null is a value
        keys.append(pl.when(known).then(mixed).alias(str(number)))
    return keys


def main() -> None:
    """Parse the command line, read, join, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--within", action="store_true", help="pairs inside a list too")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    stages = Stages()
    with stages.stage("read"):
        frames = [pl.read_parquet(path) for path in args.lists]
    with stages.stage("key"):
        ready = [one.lazy().select(_keys()).collect() for one in frames]
        left, right = [pl.concat(ready)] * 2 if args.within or len(ready) > 2 else ready
    joined = 0
    with stages.stage("join"):
        for name in left.columns:
            both = left.lazy().select(name).join(right.lazy().select(name), on=name).select(pl.len())
            joined += int(both.collect().item())
    stages.write(args.out, joined=joined)


if __name__ == "__main__":
    main()
