"""The tables of a run as the gate reads them: every record in few narrow columns, persons and families as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from rules import vocab

_COLUMNS = (
    "baris_id", "sumber", "tanggal_data", "tanggal_perbarui", "nik_mutu", "nik_kode", "kk_mutu", "nama", "keberadaan",
    "tanggal_status", "nonaktif", "kode_wilayah", "pekerjaan", "desil", "id_keluarga", "hub_kk", "hamil", "disabilitas",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frames:
    """A run with the payments to judge in it. `payments` carries `dinilai` (bool): is this one to be judged?

    `rows`: see `narrow`; `people`: see `numbered`; both by baris_id. `records` has every column and is read for few.
    """

    records: pl.LazyFrame
    rows: pl.DataFrame
    people: pl.DataFrame
    entities: pl.DataFrame
    links: pl.DataFrame
    payments: pl.DataFrame

    @classmethod
    def of(cls, records: pl.LazyFrame, entities: pl.DataFrame, links: pl.DataFrame, payments: pl.DataFrame) -> Frames:
        """The frames of a run from its tables."""
        return cls(records, narrow(records), numbered(entities), entities, links, payments)


def narrow(records: pl.LazyFrame) -> pl.DataFrame:
    """Every record in the columns that rules of the gate ask for, by baris_id; NIK and KK are numbers.

    `lahir`: the birth date where it is a full one; `tanggal_lahir`: as far as it is known; `pergi`: the row says dead,
    moved, not found, twice or inactive; `daftar`: of a register, not of a payment list.
    """
    gone = pl.col("keberadaan").is_in(vocab.GONE)
    frame = records.select(
        *_COLUMNS,
        pl.col("nik", "no_kk").cast(pl.Int64),
        "tanggal_lahir",
        lahir=pl.when(pl.col("lahir_mutu") == "LENGKAP").then("tanggal_lahir"),
        pergi=gone.fill_null(value=False) | pl.col("nonaktif").fill_null(value=False),
        daftar=~pl.col("sumber").str.starts_with(vocab.PAYMENT_PREFIX),
    )
    rows = frame.with_columns(pl.col("sumber").cast(pl.Categorical)).collect()
    return rows if rows["baris_id"].is_sorted() else rows.sort("baris_id")


def numbered(entities: pl.DataFrame) -> pl.DataFrame:
    """baris_id, orang and keluarga (u32: the smallest baris_id of person and family, or null), keyakinan; sorted."""
    first = pl.col("baris_id").min()
    return entities.select(
        "baris_id",
        orang=first.over("person_id"),
        keluarga=pl.when(pl.col("family_id").is_not_null()).then(first.over("family_id")),
        keyakinan="keyakinan",
    ).sort("baris_id")
