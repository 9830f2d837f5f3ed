"""Region of a row: codes in the scheme of their column, else the written names inside their parents."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from rules import vocab
from rules.wilayah import (
    detect_scheme,
    load_wilayah,
    names_of,
    place_key,
    read_bridge,
    region_by_names,
    to_kemendagri,
)

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
    if "kecamatan" in named and not {"provinsi", "kabupaten"} & set(named):
        frame = frame.with_columns(pl.lit(name).alias(column) for column, name in _one_regency(frame).items())
    places = frame.select([name for name in _NAMES if name in frame.columns]).unique().sort(pl.all(), nulls_last=True)
    codes = _codes_of(tuple(places.columns), tuple(places.iter_rows()))
    found = places.with_columns(pl.Series("_dari_nama", codes, dtype=pl.String))
    frame = frame.join(found, on=places.columns, how="left", nulls_equal=True, maintain_order="left")
    written = pl.concat_str([pl.col(name) for name in reversed(named)], separator=", ", ignore_nulls=True)
    shorter = pl.col("kode_wilayah").str.len_bytes().fill_null(0) < pl.col("_dari_nama").str.len_bytes().fill_null(0)
    agrees = pl.col("kode_wilayah").is_null() | pl.col("_dari_nama").str.starts_with(pl.col("kode_wilayah"))
    return frame.with_columns(
        pl.when(shorter & agrees).then("_dari_nama").otherwise("kode_wilayah").alias("kode_wilayah"),
        pl.coalesce("kode_wilayah_asli", pl.when(written != "").then(written)).alias("kode_wilayah_asli"),
    ).drop("_dari_nama")


@lru_cache(maxsize=512)
def _codes_of(columns: tuple[str, ...], places: tuple[tuple[str | None, ...], ...]) -> tuple[str | None, ...]:
    """Code of each place; remembered, because the sheets and files of one delivery name the same few villages."""
    frame = pl.DataFrame(places, schema=dict.fromkeys(columns, pl.String), orient="row")
    given = {name: name if name in columns else None for name in _NAMES}
    return tuple(region_by_names(frame, given["provinsi"], given["kabupaten"], given["kecamatan"], given["desa"]))


def _one_regency(frame: pl.DataFrame) -> dict[str, str]:
    """Province and kab/kota of a list that names only kecamatan and desa: where most of its pairs of names exist.

    A SIAK export comes from one kabupaten and does not say which. Nothing is answered when less than half of the pairs
    fit or two places fit equally well.
    """
    lower = [name for name in ("kecamatan", "desa") if name in frame.columns]
    pairs = frame.select(lower).drop_nulls().unique()
    table = load_wilayah().filter(pl.col("status") == "berlaku")
    kecamatan = table.filter(pl.col("tingkat") == 3).select(
        place_key("nama").alias("kecamatan"), induk3="kode", kab="induk"
    )
    keyed = pairs.select(place_key(name).alias(name) for name in lower)
    found = keyed.join(kecamatan, on="kecamatan")
    if "desa" in lower:
        desa = table.filter(pl.col("tingkat") == 4).select(place_key("nama").alias("desa"), induk3="induk")
        found = found.join(desa.unique(), on=["desa", "induk3"])
    count = found.group_by("kab").len().sort("len", "kab", descending=[True, False])
    if (
        not count.height
        or count["len"][0] < 0.5 * pairs.height
        or (count.height > 1 and count["len"][1] == count["len"][0])
    ):
        return {}
    names = names_of(count["kab"].head(1))
    return {"provinsi": names["provinsi"][0], "kabupaten": names["kabupaten"][0]}


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
