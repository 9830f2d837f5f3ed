"""recordlinkage with the passes of `benchmarks/specs/speed.toml`; needs `requirements-bench.lock`.

    python -m benchmarks.speed.with_recordlinkage OUT A.parquet B.parquet [--jobs N]

Blocks, compares, fits ECM, writes the pairs at or above 0.20 and the entities at 0.50 (its own threshold). ECM takes
binary comparisons: Jaro-Winkler from 0.88, numbers within a slip, the rest equal; a missing value counts as different.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np

from benchmarks.speed.stages import ENTITIES, FILLER, KEYS, PAIRS, Stages

NAME_CUT = 0.88
ONE_SLIP = 0.92  # of the Damerau-Levenshtein similarity: one digit of 16
THRESHOLD, REVIEW = 0.5, 0.2


def run(lists: list[Path], out: Path, jobs: int) -> None:  # noqa: PLR0915 - one step after the other
    """Link the two `lists` into the folder `out`."""
    stages = Stages()
    with stages.stage("import"):
        import pandas as pd
        import polars as pl
        import recordlinkage
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components
    warnings.simplefilter("ignore")
    with stages.stage("read"):
        frames = []
        for path in lists:
            one = pd.read_parquet(path).set_index("id")
            one["nik"] = one["nik"].where(one["nik"] != FILLER)
            one["nama1"], one["nama3"] = one["nama"].str.split(" ").str[0], one["nama"].str[:3]
            frames.append(one)
    left, right = frames
    with stages.stage("index"):
        indexer = recordlinkage.Index()
        for key in KEYS:
            indexer.block(list(key))
        pairs = indexer.index(left, right)
    with stages.stage("compare"):
        compare = recordlinkage.Compare(n_jobs=jobs)
        compare.string("nama", "nama", method="jarowinkler", threshold=NAME_CUT, label="nama")
        compare.string("nik", "nik", method="damerau_levenshtein", threshold=ONE_SLIP, label="nik")
        compare.string("no_kk", "no_kk", method="damerau_levenshtein", threshold=ONE_SLIP, label="no_kk")
        compare.exact("tanggal_lahir", "tanggal_lahir", label="tanggal_lahir")
        compare.exact("jenis_kelamin", "jenis_kelamin", label="jenis_kelamin")
        compare.string("nama_ibu", "nama_ibu", method="jarowinkler", threshold=NAME_CUT, label="nama_ibu")
        compare.exact("kode_wilayah", "kode_wilayah", label="kode_wilayah")
        features = compare.compute(pairs, left, right).astype(int)
    with stages.stage("model"):
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(features)
        p = classifier.prob(features).to_numpy().astype(np.float64)
    a, b = (pairs.get_level_values(k).to_numpy().astype(np.uint32) for k in (0, 1))
    with stages.stage("cluster"):
        n, matched = len(left) + len(right), p >= THRESHOLD
        ends = a[matched] - 1, b[matched] - 1 + len(left)
        graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n, n))
        label = connected_components(graph, directed=False)[1]
    with stages.stage("write"):
        kept = p >= REVIEW
        safe = np.clip(p[kept], 1e-300, 1 - 2.0**-53)
        side = {"list_l": pl.lit(0, pl.UInt8), "list_r": pl.lit(1, pl.UInt8)}
        found = pl.DataFrame({"id_l": a[kept], "id_r": b[kept], "probability": p[kept]})
        found = found.with_columns(pl.Series("weight", np.log2(safe) - np.log2(1 - safe)), **side)
        found.write_parquet(out / PAIRS)
        which = np.repeat(np.array([0, 1], dtype=np.uint8), [len(left), len(right)])
        ids = np.concatenate([left.index.to_numpy(), right.index.to_numpy()]).astype(np.uint32)
        pl.DataFrame({"list": which, "id": ids, "entity": label}).write_parquet(out / ENTITIES)
    stages.write(out, pairs=len(pairs))


def main() -> None:
    """Parse the command line and link."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("lists", type=Path, nargs=2)
    parser.add_argument("--jobs", type=int, default=1, help="processes that compare")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    run(args.lists, args.out, args.jobs)


if __name__ == "__main__":
    main()
