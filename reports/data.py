"""data/*.parquet, persons.csv and run.json: the complete result, in bytes that depend on the result alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from reports.private import private, write_private
from rules.tables import SCHEMAS, Tables

# The key that each table is sorted by before it is written; unique, or unique together with the rest of the row.
SORT_KEYS: Final = {
    "records": ("baris_id",),
    "rejected": ("berkas", "lembar", "nomor_baris", "kolom", "aturan", "nilai"),
    "files": ("sumber", "berkas", "lembar"),
    "payments": ("bayar_id",),
    "families": ("keluarga_id",),
    "links": ("kiri", "kanan"),
    "entities": ("baris_id",),
    "persons": ("person_id",),
    "family_links": ("kiri", "kanan", "jenis"),
    "findings": ("kode", "temuan_id"),
    "diputuskan": ("kode", "temuan_id"),
    "tren": ("status", "kode", "temuan_id", "temuan_id_lama"),
}
_ROW_GROUP: Final = 131_072
_FORMULA: Final = r"^[=+\-@\t\r]"


def write_tables(tables: Tables, out: Path) -> list[Path]:
    """Write `out`/data/<table>.parquet for every table, `out`/data/persons.csv and `out`/run.json, all of mode 0600.

    Equal tables give equal bytes: rows are sorted by key, chunks are merged, and compression, statistics and row-group
    size are fixed. run.json holds timings and is outside that promise.
    """
    return [
        *(write_table(name, getattr(tables, name), out / "data") for name in SCHEMAS),
        *write_beside(tables, out),
    ]


def write_beside(tables: Tables, out: Path) -> list[Path]:
    """What stands beside the parquet tables: `out`/data/persons.csv and `out`/run.json."""
    return [
        write_persons_csv(tables.persons, out / "data" / "persons.csv"),
        write_run_info(tables, out / "run.json"),
    ]


def write_table(name: str, frame: pl.DataFrame, folder: Path) -> Path:
    """Write one table to `folder`/<name>.parquet."""
    path = private(folder / f"{name}.parquet")
    # Level 1: a quarter less time than level 3, and files that are no larger. Least and largest values would take a
    # tenth of the time, and no reader here asks for them.
    in_order(name, frame).rechunk().write_parquet(
        path, compression="zstd", compression_level=1, statistics=False, row_group_size=_ROW_GROUP
    )
    return path


def in_order(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of table `name` as its file holds them. Most tables are made so, and sorting them anew copies them."""
    keys = frame.select(SORT_KEYS[name])
    alone = keys.to_series() if keys.width == 1 else None
    if alone.is_sorted(nulls_last=True) if alone is not None else keys.equals(keys.sort(pl.all(), nulls_last=True)):
        return frame
    return frame.sort(SORT_KEYS[name], nulls_last=True, maintain_order=True)


def write_persons_csv(persons: pl.DataFrame, path: Path) -> Path:
    """The harmonised persons as UTF-8 csv with a byte order mark (Excel then reads the letters right).

    Lists are joined by `;`. A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    text = [c for c, kind in persons.schema.items() if kind == pl.String]
    # Hardly ever is there such a text: columns without one are left as they are.
    odd = persons.select(pl.col(text).str.contains(_FORMULA).any()).row(0)
    guarded = [
        pl.when(pl.col(c).str.contains(_FORMULA))
        .then(pl.concat_str(pl.lit("'"), pl.col(c)))
        .otherwise(pl.col(c))
        .alias(c)
        for c, found in zip(text, odd, strict=True)
        if found
    ]
    ordered = persons if persons["person_id"].is_sorted() else persons.sort("person_id")
    ordered.with_columns(pl.col("daftar").list.join(";"), *guarded).write_csv(
        private(path), include_bom=True, date_format="%Y-%m-%d"
    )
    return path


def write_run_info(tables: Tables, path: Path) -> Path:
    """run.json: `tables.info` with the row count of every table added under `baris`."""
    counts = {name: getattr(tables, name).height for name in SCHEMAS}
    text = json.dumps({**tables.info, "baris": counts}, ensure_ascii=False, indent=2, sort_keys=True, default=_plain)
    return write_private(path, text + "\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
