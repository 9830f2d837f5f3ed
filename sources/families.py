"""Families as each source states them: one row per KK, BKKBN family, DTKS id or household of a register."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rules import tables, vocab

_UNITS = {"dtks": "DTKS", "p3ke": "BKKBN"}  # the unit that id_keluarga counts in a register


_NEEDED = (
    "sumber", "baris_id", "tanggal_data", "nik", "nama", "nama_kepala", "desil", "kode_wilayah", "jumlah_anggota",
)  # fmt: skip


def families(records: pl.DataFrame, stated: Sequence[pl.DataFrame] = ()) -> pl.DataFrame:
    """The `families` table of the person rows, enriched by `stated` family rows (see `stated_families`).

    A family that only a family file knows has no rows (`jumlah_baris` 0). Payment lists state no families.
    """
    own = records.filter(pl.col("sumber").is_in(vocab.REGISTERS))
    parts = [_group(own, "no_kk", pl.lit("KK"), "hub_kk")]
    for sumber, unit in _UNITS.items():
        head = "hub_krt" if unit == "DTKS" else "hub_kk"
        parts.append(_group(own.filter(pl.col("sumber") == sumber), "id_keluarga", pl.lit(unit), head))
    kitchens = own.filter(pl.col("id_rumah_tangga") != pl.col("id_keluarga").fill_null(""))
    parts.append(_group(kitchens, "id_rumah_tangga", pl.lit("DAPUR"), "hub_krt"))
    found = pl.concat(parts)
    if stated:
        found = _enrich(found, pl.concat(list(stated), how="diagonal"))
    return tables.check("families", found.sort("keluarga_id"))


def _group(rows: pl.DataFrame, key: str, unit: pl.Expr, head_column: str) -> pl.DataFrame:
    """Rows with one id in one register, as a family."""
    is_head = pl.coalesce(pl.col(head_column), pl.col("hub_kk"), pl.col("hub_krt")).cast(pl.String) == "KEPALA"
    by_date = pl.col("tanggal_data").fill_null(strategy="zero")
    grouped = (
        rows.lazy()
        .filter(pl.col(key).is_not_null())
        .select(*_NEEDED, key, _kepala=is_head.fill_null(value=False))
        .sort(by_date, "baris_id", descending=[True, False])
        .group_by("sumber", key, maintain_order=True)
        .agg(
            pl.col("nik").filter("_kepala").first().alias("nik_kepala"),
            pl.col("nama").filter("_kepala").first().alias("_nama"),
            pl.col("nama_kepala").drop_nulls().first().alias("_tertulis"),
            pl.col("desil").drop_nulls().first(),
            pl.col("tanggal_data").max(),
            # The region most rows state; of equally frequent ones the smallest code.
            pl.col("kode_wilayah").drop_nulls().mode().min(),
            pl.col("jumlah_anggota").drop_nulls().first(),
            pl.len().cast(pl.UInt16).alias("jumlah_baris"),
            pl.col("baris_id").sort().alias("baris"),
        )
        .collect()
    )
    return grouped.select(
        pl.concat_str(pl.col("sumber"), unit, pl.col(key), separator=":").alias("keluarga_id"),
        "sumber",
        unit.cast(pl.Enum(vocab.FAMILY_UNIT)).alias("satuan"),
        pl.col(key).alias("id_sumber"),
        "nik_kepala",
        pl.coalesce("_nama", "_tertulis").alias("nama_kepala"),
        "desil",
        "tanggal_data",
        "kode_wilayah",
        "jumlah_anggota",
        "jumlah_baris",
        "baris",
    )


def stated_families(frame: pl.DataFrame, sumber: str) -> pl.DataFrame:
    """Rows of a family file as families without rows; `frame` is validated and has one row per family.

    The id is id_keluarga where the file has one (P3KE), else the KK number (DTSEN). Of two rows with one id the
    newest, then the first by content counts.
    """
    by_id = "id_keluarga" in frame.columns and frame.get_column("id_keluarga").null_count() < frame.height
    key = "id_keluarga" if by_id else "no_kk"
    unit = _UNITS.get(sumber, "KK") if by_id else "KK"
    for name in ("nik_kepala", "nama_kepala", "desil", "jumlah_anggota", "alamat", "dusun", "rt", "rw"):
        if name not in frame.columns:
            frame = frame.with_columns(
                pl.lit(None, dtype=tables.empty("records").schema.get(name, pl.String)).alias(name)
            )
    return (
        frame.filter(pl.col(key).is_not_null())
        .sort("tanggal_data", key, "nama_kepala", "alamat", descending=[True, False, False, False], nulls_last=True)
        .unique(key, keep="first", maintain_order=True)
        .select(
            pl.concat_str(pl.lit(sumber), pl.lit(unit), pl.col(key), separator=":").alias("keluarga_id"),
            pl.lit(sumber).alias("sumber"),
            pl.lit(unit).cast(pl.Enum(vocab.FAMILY_UNIT)).alias("satuan"),
            pl.col(key).alias("id_sumber"),
            "nik_kepala",
            "nama_kepala",
            pl.col("desil").cast(pl.UInt8),
            "tanggal_data",
            "kode_wilayah",
            pl.col("jumlah_anggota").cast(pl.UInt16),
            pl.lit(0, dtype=pl.UInt16).alias("jumlah_baris"),
            pl.lit([], dtype=pl.List(pl.UInt32)).alias("baris"),
            "alamat",
            "dusun",
            "rt",
            "rw",
        )
    )


def _enrich(found: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    stated = stated.unique("keluarga_id", keep="first", maintain_order=True)
    fields = ["desil", "jumlah_anggota", "nik_kepala", "nama_kepala", "kode_wilayah", "tanggal_data"]
    joined = found.join(
        stated.select("keluarga_id", pl.col(fields).name.suffix("_berkas")), on="keluarga_id", how="left"
    )
    # The family file is the authority on size and decile; on people the person rows are.
    first = ("desil", "jumlah_anggota")
    joined = joined.with_columns(
        pl.coalesce(*([f"{f}_berkas", f] if f in first else [f, f"{f}_berkas"])).alias(f) for f in fields
    ).drop([f"{f}_berkas" for f in fields])
    alone = stated.join(found, on="keluarga_id", how="anti").select(found.columns)
    return pl.concat([joined, alone])


def enrich_records(records: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Give person rows what only the family file says: decile, declared size, address, region."""
    sumber = stated.get_column("sumber")[0]
    key = "no_kk" if str(stated.get_column("satuan")[0]) == "KK" else "id_keluarga"
    fields = ["desil", "jumlah_anggota", "kode_wilayah", "alamat", "dusun", "rt", "rw"]
    side = stated.select(
        pl.col("id_sumber").alias(key), pl.lit(sumber).alias("sumber"), pl.col(fields).name.suffix("_berkas")
    )
    joined = records.join(side, on=["sumber", key], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(f, f"{f}_berkas").alias(f) for f in fields).drop(
        [f"{f}_berkas" for f in fields]
    )
