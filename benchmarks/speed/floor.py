"""The floor: what any engine on these passes must do at least. Reads the lists and counts one hash join per pass.

python -m benchmarks.speed.floor OUT A.parquet B.parquet [C.parquet] [--within]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from benchmarks.speed.stages import FILLER, KEYS, Stages


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
        frames = [pl.read_parquet(path).with_columns(list=pl.lit(k, pl.UInt8)) for k, path in enumerate(args.lists)]
    pairs = 0
    with stages.stage("join"):
        ready = [
            one.with_columns(
                pl.when(pl.col("nik") != FILLER).then("nik").alias("nik"),
                pl.col("nama").str.extract(r"^([^ ]*)").alias("nama1"),
                pl.col("nama").str.head(3).alias("nama3"),
            )
            for one in frames
        ]
        left, right = [pl.concat(ready)] * 2 if args.within or len(ready) > 2 else ready
        for key in KEYS:
            joined = left.lazy().select(key).join(right.lazy().select(key), on=key).select(pl.len())
            pairs += int(joined.collect().item())
    stages.write(args.out, joined=pairs)


if __name__ == "__main__":
    main()
