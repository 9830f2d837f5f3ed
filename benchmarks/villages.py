"""How long the village lists of a whole province take: the findings of a finished run spread over many villages.

    python -m benchmarks.villages RUN [--desa 1000] [--baris 80] [--out FOLDER]

Families of the run are copied until every village has about the number of lines asked for; each line is real in its
length, since PDF and workbook cost as much as their words. Writes PDF and xlsx of every village and prints one line.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from padan.store import read_run
from reports import village
from reports.write import make_context
from rules.tables import Tables
from rules.wilayah import load_wilayah


def spread(run: Tables, villages: int, first: int) -> Tables:
    """`run` with its families and findings dealt over `villages` villages, from the `first` of the country on."""
    codes = load_wilayah().filter(pl.col("kode").str.len_chars() == 10)["kode"].unique().sort().slice(first, villages)

    def dealt(frame: pl.DataFrame) -> pl.DataFrame:
        place = pl.int_range(pl.len()) % codes.len()
        return frame.with_columns(kode_wilayah=place.replace_strict(dict(enumerate(codes)), return_dtype=pl.String))

    return replace(
        run, families=dealt(run.families), findings=dealt(run.findings), records=dealt(run.records),
        links=run.links.clear(),
    )  # fmt: skip


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--desa", type=int, default=1000)
    parser.add_argument("--baris", type=int, default=80)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    run = read_run(chosen.run)
    out = chosen.out or Path(tempfile.mkdtemp(prefix="desa-"))
    village.write_villages(make_context(spread(run, 8, 0)), out / "uji", key=bytes(32), register=out / "uji" / "daftar")
    found = sum(pl.read_parquet(p).height for p in (out / "uji" / "daftar").iterdir())
    shutil.rmtree(out / "uji")
    per_round = min(max(found // chosen.baris, 1), chosen.desa)  # villages that the findings of the run are enough for
    seconds = cpu = 0.0
    done = lines = 0
    while done < chosen.desa:
        context = make_context(spread(run, per_round, done))
        context.keyed  # noqa: B018 - computed for other reports as well
        folder = out / f"{done:05d}"
        begun, used = time.perf_counter(), time.process_time()
        written = village.write_villages(context, folder / "desa", key=bytes(32), register=folder / "daftar")
        seconds += time.perf_counter() - begun
        cpu += time.process_time() - used
        done += len(written) // 2
        lines += sum(pl.read_parquet(p).height for p in (folder / "daftar").iterdir())
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    print(f"{done} villages, {lines} lines: {seconds:.1f} s, CPU {cpu:.1f} s, {os.cpu_count()} cores, {size:.0f} MB")
    if chosen.out is None:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
