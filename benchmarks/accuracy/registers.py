"""The synthetic registers as a task: the rows that padan cleaned, its passes as key columns, the true persons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.accuracy.scoring import I64, UNKNOWN
from benchmarks.accuracy.task import Task
from blocking.candidates import plan
from blocking.passes import standard
from matching.encoding import encode
from matching.settings import LinkSettings
from rules.names import add_name_columns

ROW = ["berkas", "lembar", "nomor_baris"]


@dataclass(frozen=True, slots=True)
class Registers:
    """Synthetic lists as padan read them: its records (sorted by baris_id) and the truth of each."""

    records: pl.DataFrame
    truth: I64  # orang_id per record, -1 unknown
    persons: pl.DataFrame  # truth/persons.parquet


def read(run: Path, truth: Path) -> Registers:
    """The records in the folder `run`/data with the truth of the folder `truth`."""
    records = pl.read_parquet(run / "data" / "records.parquet").sort("baris_id")
    rows = pl.read_parquet(truth / "rows.parquet").select(*ROW, "orang_id")
    known = records.with_columns(pl.col("berkas").str.split("/").list.last()).join(
        rows, on=ROW, how="left", nulls_equal=True, maintain_order="left"
    )
    person = known["orang_id"].cast(pl.Int64).fill_null(UNKNOWN).to_numpy()
    return Registers(records, person, pl.read_parquet(truth / "persons.parquet"))


def task(registers: Registers) -> Task:
    """What the peers are given: cleaned values, names in canonical spelling, and the pass keys of padan."""
    records = registers.records
    named = add_name_columns(records, "nama", "n_")
    mother = add_name_columns(records.select("nama_ibu"), "nama_ibu", "i_")
    rows = named.select(
        nama=pl.col("n_kunci"),
        nama_depan=pl.col("n_given"),
        kata=pl.col("n_token"),
        nik=pl.col("nik"),
        no_kk=pl.col("no_kk"),
        lahir=pl.col("tanggal_lahir"),
        kelamin=pl.col("jenis_kelamin").cast(pl.String),
        desa=pl.when(pl.col("kode_wilayah").str.len_chars() == 10).then(pl.col("kode_wilayah")),
    ).with_columns(kecamatan=pl.col("desa").str.head(6), nama_ibu=mother["i_kunci"])
    e = encode(records)
    keys = plan(e, standard(), LinkSettings().blok_maksimum).keys
    return Task(rows, registers.truth, [np.asarray(key, dtype=np.uint64) for key in keys])
