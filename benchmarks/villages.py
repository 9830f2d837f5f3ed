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
from typing import Final

import polars as pl

from padan.pipeline import cpu_seconds
from padan.store import read_run
from reports import village
from reports.families import family_key
from reports.write import make_context
from rules.tables import Tables
from rules.wilayah import load_wilayah

_SAMPLE: Final = 20  # villages from which the lines per village are estimated


def spread(run: Tables, villages: int, first: int, wanted: int) -> Tables:
    """`run` with its families and findings dealt over `villages` villages, of which the `wanted` first are kept.

    `first` is the first village of the country that is used.
    """
    codes = load_wilayah().filter(pl.col("kode").str.len_chars() == 10)["kode"].unique().sort().slice(first, villages)

    def dealt(frame: pl.DataFrame) -> pl.DataFrame:
        place = pl.int_range(pl.len()) % codes.len()
        return frame.with_columns(kode_wilayah=place.replace_strict(dict(enumerate(codes)), return_dtype=pl.String))

    whole = replace(run, families=dealt(run.families), links=run.links.clear(), findings=dealt(run.findings))
    keyed = family_key(make_context(whole), make_context(whole).findings).join(
        whole.families.select("keluarga_id", di="kode_wilayah"), left_on="kunci", right_on="keluarga_id", how="left"
    )
    mine = keyed.filter(pl.coalesce("di", "kode_wilayah").is_in(codes.head(wanted).implode()))
    return replace(whole, findings=whole.findings.join(mine, on="temuan_id", how="semi", maintain_order="left"))


def written(run: Tables, folder: Path) -> tuple[int, int, float, float]:
    """Write the lists of `run`: villages, lines, seconds and CPU seconds it took."""
    context = make_context(run)
    context.keyed  # noqa: B018 - computed for other reports as well
    begun, used = time.perf_counter(), cpu_seconds()
    files = village.write_villages(context, folder / "desa", key=bytes(32), register=folder / "daftar")
    lines = sum(pl.read_parquet(p).height for p in (folder / "daftar").iterdir())
    return len(files) // 2, lines, time.perf_counter() - begun, cpu_seconds() - used


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
    dealt = max(run.families.height // chosen.baris, _SAMPLE)
    made, found, _seconds, _cpu = written(spread(run, dealt, 0, _SAMPLE), out / "uji")
    shutil.rmtree(out / "uji")
    per_round = max(
        round(dealt * found / made / chosen.baris), 1
    )  # villages that the findings of the run are enough for
    villages = lines = 0
    seconds = cpu = 0.0
    while villages < chosen.desa:
        part = spread(run, per_round, villages, min(per_round, chosen.desa - villages))
        done = written(part, out / f"{villages:05d}")
        villages, lines = villages + done[0], lines + done[1]
        seconds, cpu = seconds + done[2], cpu + done[3]
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    print(
        f"{villages} villages, {lines} lines: {seconds:.1f} s, CPU {cpu:.1f} s, {os.cpu_count()} cores, {size:.0f} MB"
    )
    if chosen.out is None:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
