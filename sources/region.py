"""Region of a row: codes in the scheme of their column, else the written names inside their parents."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from rules import vocab, wilayah
from rules.errors import ConfigError, Place
from rules.i18n import _

_NAMES = ("provinsi", "kabupaten", "kecamatan", "desa")


def resolve(frame: pl.DataFrame, bridge: Path | None = None) -> pl.DataFrame:
    """Add `kode_wilayah` (Kemendagri), `skema_wilayah` and, where it was missing, `kode_wilayah_asli`.

    Codes decide; rows without a usable code fall back on names. Names count only inside their parents, because
    hundreds of desa share one name.
    """
    named = [name for name in _NAMES if name in frame.columns]
    unknown = pl.lit("TIDAK_DIKETAHUI").cast(pl.Enum(vocab.REGION_SCHEME)).alias("skema_wilayah")
    empty = pl.lit(None, dtype=pl.String)
    if "kode_wilayah_asli" in frame.columns:
        frame = _from_codes(frame, bridge)
    else:
        frame = frame.with_columns(empty.alias("kode_wilayah_asli"), empty.alias("kode_wilayah"), unknown)
    if not named:
        return frame
    places = frame.select(named).unique(maintain_order=True)
    found = places.with_columns(_by_names(places).alias("_dari_nama"))
    frame = frame.join(found, on=named, how="left", nulls_equal=True, maintain_order="left")
    written = pl.concat_str([pl.col(name) for name in reversed(named)], separator=", ", ignore_nulls=True)
    shorter = pl.col("kode_wilayah").str.len_chars().fill_null(0) < pl.col("_dari_nama").str.len_chars().fill_null(0)
    agrees = pl.col("kode_wilayah").is_null() | pl.col("_dari_nama").str.starts_with(pl.col("kode_wilayah"))
    return frame.with_columns(
        pl.when(shorter & agrees).then("_dari_nama").otherwise("kode_wilayah").alias("kode_wilayah"),
        pl.coalesce("kode_wilayah_asli", pl.when(written != "").then(written)).alias("kode_wilayah_asli"),
    ).drop("_dari_nama")


@cache
def _own_bridge(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(
            _("the region bridge cannot be read"),
            place=Place(file=path.name),
            hint=_("Expected a csv with kode, kode_bps."),
        ) from error
    if not {"kode", "kode_bps"} <= set(table.columns):
        raise ConfigError(
            _("the region bridge lacks a column"),
            place=Place(file=path.name, column="kode, kode_bps"),
            hint=_("Expected a csv with kode, kode_bps."),
        )
    return table.select("kode", "kode_bps").drop_nulls().unique("kode_bps", keep="first", maintain_order=True)


def _from_codes(frame: pl.DataFrame, bridge: Path | None) -> pl.DataFrame:
    distinct = frame.select(pl.col("kode_wilayah_asli").drop_nulls().unique().sort())
    scheme = _scheme(frame.get_column("kode_wilayah_asli"))
    mapped = _mapped(distinct, scheme)
    if bridge is not None and scheme == "BPS":
        own = _own_bridge(bridge).rename({"kode_bps": "kode_wilayah_asli", "kode": "_sendiri"})
        mapped = (
            mapped.join(own, on="kode_wilayah_asli", how="left")
            .with_columns(kode_wilayah=pl.coalesce("_sendiri", "kode_wilayah"))
            .drop("_sendiri")
        )
    return frame.join(mapped, on="kode_wilayah_asli", how="left", maintain_order="left").with_columns(
        pl.lit(scheme).cast(pl.Enum(vocab.REGION_SCHEME)).alias("skema_wilayah")
    )


def _scheme(codes: pl.Series) -> str:
    """KEMENDAGRI or BPS for a whole column, never per value (counted: 21.6 % of BPS desa codes look like Kemendagri's).

    The seventh digit of a ten-digit Kemendagri code is 1, 2 or 3; seven digits are a BPS kecamatan, six a Kemendagri
    one. Where shapes say nothing, the table that knows more of the codes wins.
    """
    distinct = codes.drop_nulls().unique()
    if len(distinct) == 0:
        return "TIDAK_DIKETAHUI"
    length = distinct.str.len_chars()
    ten = distinct.filter(length == 10)
    foreign = int((~ten.str.slice(6, 1).is_in(["1", "2", "3"])).sum()) + int((length == 7).sum())
    table = wilayah.load_wilayah()
    kemendagri = distinct.is_in(table.get_column("kode").implode()).sum()
    bps = distinct.is_in(table.get_column("kode_bps").drop_nulls().implode()).sum()
    if foreign > 0.02 * len(distinct) and bps > 0:  # a few typing errors settle nothing
        return "BPS"
    if kemendagri == bps == 0:
        return "TIDAK_DIKETAHUI"
    return "KEMENDAGRI" if kemendagri >= bps else "BPS"


def _mapped(distinct: pl.DataFrame, scheme: str) -> pl.DataFrame:
    """`kode_wilayah_asli` -> `kode_wilayah`: the successor of a retired code; the nearest known parent otherwise."""
    table = wilayah.load_wilayah()
    known = table.select(pl.coalesce("pengganti", "kode").alias("_kini"), "kode", "kode_bps", "status")
    if scheme == "BPS":
        known = (
            known.filter(pl.col("kode_bps").is_not_null())
            .sort("status", "kode")
            .unique("kode_bps", keep="first", maintain_order=True)
        )
        known, lengths = known.select("_kini", pl.col("kode_bps").alias("_cari")), (10, 7, 4, 2)
    else:
        known, lengths = known.select("_kini", pl.col("kode").alias("_cari")), (10, 6, 4, 2)
    if scheme == "TIDAK_DIKETAHUI":
        return distinct.with_columns(pl.lit(None, dtype=pl.String).alias("kode_wilayah"))
    for length in lengths:
        part = distinct.select(
            pl.when(pl.col("kode_wilayah_asli").str.len_chars() >= length)
            .then(pl.col("kode_wilayah_asli").str.head(length))
            .alias("_cari")
        )
        distinct = distinct.with_columns(
            part.join(known, on="_cari", how="left", maintain_order="left").get_column("_kini").alias(f"_k{length}")
        )
    found = [f"_k{length}" for length in lengths]
    return distinct.select("kode_wilayah_asli", pl.coalesce(found).alias("kode_wilayah"))


@cache
def _level(level: int) -> pl.DataFrame:
    """Names of one level in both keys: `induk`, `kunci`, `ejaan`, `kode`; current places before retired ones."""
    table = wilayah.load_wilayah().filter(pl.col("tingkat") == level)
    keyed = table.select(
        pl.col("induk").fill_null(""),
        wilayah.place_key("nama").alias("kunci"),
        wilayah.spelling_key("nama").alias("ejaan"),
        pl.coalesce("pengganti", "kode").alias("kode"),
        (pl.col("status") == "berlaku").alias("berlaku"),
    )
    return keyed.sort(["berlaku", "kode"], descending=[True, False])


def _by_names(places: pl.DataFrame) -> pl.Series:
    """Kemendagri code per row of names, as deep as the names lead; province and kabupaten may be missing."""
    frame = places.with_row_index("_i").with_columns(
        *[pl.lit(None, dtype=pl.String).alias(name) for name in _NAMES if name not in places.columns]
    )
    frame = frame.with_columns(pl.lit("").alias("_induk"), pl.lit(None, dtype=pl.String).alias("_kode"))
    for level, name in enumerate(_NAMES, start=1):
        if level == 1 and frame.get_column(name).null_count() == frame.height:
            continue
        frame = _step(frame, level, name)
    return frame.sort("_i").get_column("_kode")


def _step(frame: pl.DataFrame, level: int, name: str) -> pl.DataFrame:
    table = _level(level)
    if (
        level == 2
    ):  # KAB and KOTA of one name are two places: the kind stays in the key, a bare name means the kabupaten
        plain = (
            wilayah.load_wilayah()
            .filter(pl.col("tingkat") == 2)
            .select("nama", "induk", kode=pl.coalesce("pengganti", "kode"))
        )
        full = plain.with_columns(wilayah.plain_key("nama").alias("kunci"))
        full = full.with_columns(pl.col("kunci").str.replace(r"^KABUPATEN", "KAB"))
        bare = full.with_columns(pl.col("kunci").str.replace(r"^(?:KAB|KOTA)", ""))
        table = pl.concat([full, bare.join(full, on=["induk", "kunci"], how="anti")]).select(
            "induk", "kunci", pl.col("kunci").alias("ejaan"), "kode"
        )
        keys = frame.with_columns(wilayah.plain_key(name).str.replace(r"^KABUPATEN", "KAB").alias("_kunci"))
        keys = keys.with_columns(pl.col("_kunci").alias("_ejaan"))
    else:
        keys = frame.with_columns(wilayah.place_key(name).alias("_kunci"), wilayah.spelling_key(name).alias("_ejaan"))
    # Without a province the name must be unique in the country; below that the parent decides.
    open_parent = level == 2 and frame.get_column("_kode").null_count() == frame.height
    on = [] if open_parent else ["induk"]
    table = table.unique([*on, "kunci", "ejaan", "kode"], keep="first", maintain_order=True)
    exact = table.unique([*on, "kunci"], keep="none" if open_parent else "first", maintain_order=True)
    loose = table.unique([*on, "ejaan"], keep="none", maintain_order=True)
    left = [] if open_parent else ["_induk"]
    keys = keys.join(
        exact.select(*on, "kunci", pl.col("kode").alias("_a")),
        left_on=[*left, "_kunci"],
        right_on=[*on, "kunci"],
        how="left",
    )
    keys = keys.join(
        loose.select(*on, "ejaan", pl.col("kode").alias("_b")),
        left_on=[*left, "_ejaan"],
        right_on=[*on, "ejaan"],
        how="left",
    )
    found = pl.coalesce("_a", "_b")
    known = pl.col("_induk").is_not_null()
    return keys.with_columns(
        pl.when(known & found.is_not_null()).then(found).otherwise("_kode").alias("_kode"),
        pl.when(known).then(found).alias("_induk"),  # null from the first name that is not understood
    ).drop("_a", "_b", "_kunci", "_ejaan")
