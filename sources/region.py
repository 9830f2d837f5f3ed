"""Region of a row: codes in the scheme of their column, else the written names inside their parents."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from rules import vocab
from rules.wilayah import detect_scheme, read_bridge, region_by_names, to_kemendagri

_NAMES = ("provinsi", "kabupaten", "kecamatan", "desa")
_bridge = cache(read_bridge)


def resolve(frame: pl.DataFrame, bridge: Path | None = None) -> pl.DataFrame:
    """Add `kode_wilayah` (Kemendagri), `skema_wilayah` and, where it was missing, `kode_wilayah_asli`.

    Codes decide; rows without a usable code, or with one that says less than the names, fall back on the names.
    """
    frame = _from_codes(frame, bridge)
    named = [name for name in _NAMES if name in frame.columns]
    if not named:
        return frame
    given = {name: name if name in frame.columns else None for name in _NAMES}
    by_name = region_by_names(frame, given["provinsi"], given["kabupaten"], given["kecamatan"], given["desa"])
    frame = frame.with_columns(by_name.alias("_dari_nama"))
    written = pl.concat_str([pl.col(name) for name in reversed(named)], separator=", ", ignore_nulls=True)
    shorter = pl.col("kode_wilayah").str.len_bytes().fill_null(0) < pl.col("_dari_nama").str.len_bytes().fill_null(0)
    agrees = pl.col("kode_wilayah").is_null() | pl.col("_dari_nama").str.starts_with(pl.col("kode_wilayah"))
    return frame.with_columns(
        pl.when(shorter & agrees).then("_dari_nama").otherwise("kode_wilayah").alias("kode_wilayah"),
        pl.coalesce("kode_wilayah_asli", pl.when(written != "").then(written)).alias("kode_wilayah_asli"),
    ).drop("_dari_nama")


def _from_codes(frame: pl.DataFrame, bridge: Path | None) -> pl.DataFrame:
    kind = pl.Enum(vocab.REGION_SCHEME)
    if "kode_wilayah_asli" not in frame.columns:
        empty = pl.lit(None, dtype=pl.String)
        unknown = pl.lit("TIDAK_DIKETAHUI").cast(kind).alias("skema_wilayah")
        return frame.with_columns(empty.alias("kode_wilayah_asli"), empty.alias("kode_wilayah"), unknown)
    scheme = detect_scheme(frame.get_column("kode_wilayah_asli")).skema
    own = _bridge(bridge) if bridge is not None else None
    # A column holds thousands of rows and some hundred codes: look each code up once.
    distinct = frame.select(pl.col("kode_wilayah_asli").unique().sort()).with_columns(kode_wilayah="kode_wilayah_asli")
    mapped = to_kemendagri(distinct, "kode_wilayah", scheme, own)
    frame = frame.join(mapped, on="kode_wilayah_asli", how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(pl.lit(scheme).cast(kind).alias("skema_wilayah"))
