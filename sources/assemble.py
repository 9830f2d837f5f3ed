"""Validated rows of all sheets -> `records`: content hashes, ranks, and an order that no input order can change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

from rules import tables
from rules.nik import clean_id

# What a row says, as far as it is the row's own: grades, derived codes, file and date stay out, so that the decisions
# people took on a row hold when the same row comes again in a newer edition or is checked by newer rules.
CONTENT: Final = (
    "nik_asli", "no_kk_asli", "id_keluarga_asli", "id_art", "id_individu", "id_rumah_tangga", "nuk", "nama",
    "nama_ibu", "nama_ayah", "nama_kepala", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "hub_kk", "hub_krt",
    "status_kawin", "keberadaan", "tanggal_status", "nonaktif", "kode_kk", "no_bangunan", "no_keluarga",
    "kode_wilayah_asli", "alamat", "dusun", "rt", "rw", "pekerjaan", "pendidikan", "disabilitas", "hamil", "desil",
    "jumlah_anggota", "status_padan", "nik_ayah", "nik_ibu", "tanggal_perbarui",
)  # fmt: skip
_STANDS: Final = ("tanggal_data", "berkas", "lembar", "nomor_baris")  # orders equal rows by where they stand
_NULL: Final = "\x00"
_SEPARATOR: Final = "\x1f"


def content_hash(columns: Sequence[str], schema: pl.Schema, first: pl.Expr) -> pl.Expr:
    """128-bit hex BLAKE3 over `first` and the columns as text; null is not the empty string, absent is null."""
    parts = [first]
    for name in columns:
        if name not in schema:
            parts.append(pl.lit(_NULL))
            continue
        value = pl.col(name)
        if name in ("nik_asli", "no_kk_asli"):  # one number is one number, however a spreadsheet dressed it
            value = clean_id(value)
        if name == "tanggal_lahir" and "lahir_mutu" in schema:  # a year reckoned from an age moves with the file date
            value = pl.when(pl.col("lahir_mutu").cast(pl.String) != "UMUR").then(value)
        parts.append(value.cast(pl.String).fill_null(_NULL))
    return hex128(pl.concat_str(parts, separator=_SEPARATOR))


def hex128(text: pl.Expr) -> pl.Expr:
    """First 128 bits of BLAKE3 of a text column, as hex."""
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    return hashed.str.head(32)


def number_equal(frame: pl.DataFrame, hash_column: str, order: Sequence[str]) -> pl.Series:
    """Hashes with equal ones numbered 0, 1, ... in the order of `order`; number 0 keeps the bare hash."""
    hashes = frame.select(hash_column, *order).with_row_index("_i")
    ranked = hashes.filter(pl.col(hash_column).is_duplicated()).sort(hash_column, *order, "_i", nulls_last=True)
    ranked = ranked.with_columns(_ke=pl.int_range(pl.len()).over(hash_column)).filter(pl.col("_ke") > 0)
    again = hex128(pl.concat_str(pl.col(hash_column), pl.col("_ke").cast(pl.String), separator="#"))
    repeated = ranked.select("_i", again.alias("_baru"))
    joined = hashes.select("_i", hash_column).join(repeated, on="_i", how="left", maintain_order="left")
    return joined.select(pl.coalesce("_baru", hash_column).alias("sidik")).to_series()


def records(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Concatenate validated person rows, hash and rank them. Carries `_kunci` columns of the caller along.

    `frames` have the columns of `rules.tables.Records` as far as their source knows them. The result has all of them
    plus every column whose name starts with `_`, sorted by `baris_id`.
    """
    schema = tables.empty("records").schema
    wanted = [c for c in schema if c not in ("sidik", "baris_id")]
    cast = []
    for frame in frames:
        own = frame.with_columns(pl.lit(None, dtype=schema[c]).alias(c) for c in wanted if c not in frame.columns)
        carried = [c for c in own.columns if c.startswith("_")]
        cast.append(own.select(*[pl.col(c).cast(schema[c]) for c in wanted], *carried))
    if not cast:
        return tables.empty("records")
    frame = pl.concat(cast, how="diagonal") if len(cast) > 1 else cast[0]
    if "_bayar" in frame.columns:  # one payee in the lists of several months is one record
        paid = frame.filter(pl.col("_bayar").is_not_null()).sort(*_STANDS, nulls_last=True)
        paid = paid.unique("_bayar", keep="first", maintain_order=True)
        frame = pl.concat([frame.filter(pl.col("_bayar").is_null()), paid])
    frame = frame.with_columns(content_hash(CONTENT, frame.schema, pl.col("sumber")).alias("_isi"))
    frame = frame.with_columns(number_equal(frame, "_isi", _STANDS))
    frame = frame.drop("_isi").sort("sidik").with_row_index("baris_id")
    return frame.select(*schema.names(), *[c for c in frame.columns if c.startswith("_")])
