"""The one place where this package asks the rules: ids are graded, the scheme of region codes is decided per column."""

from __future__ import annotations

from datetime import date

import polars as pl

from rules import vocab
from rules.kk import kk_columns
from rules.nik import clean_id, is_placeholder, nik_columns, rounded_column, swap_reason
from sources.model import SourceSettings
from sources.region import resolve

_SWAPPED = 0.8  # share of the judged rows from which NIK and KK columns are taken to have each other's header


def validate(frame: pl.DataFrame, tanggal_acuan: date, settings: SourceSettings) -> pl.DataFrame:
    """Add the graded id columns and the region columns of `records` to the cleaned rows of one sheet.

    Decided for the whole column, never per value: ids rounded by Excel (N02), NIK and KK under each other's header,
    the scheme of the region codes.
    """
    frame = _with_defaults(frame)
    frame = _unswap(frame)
    frame = frame.with_columns(
        pl.lit(value=True).alias(f"angka_{name}") for name in ("nik", "no_kk") if rounded_column(frame.get_column(name))
    )
    frame = resolve(frame, settings.bridge)
    frame = frame.rename({"nik": "nik_asli", "no_kk": "no_kk_asli"})
    born = pl.when(pl.col("lahir_mutu") == "LENGKAP").then(pl.col("tanggal_lahir"))
    frame = frame.with_columns(
        *nik_columns(
            pl.col("nik_asli"),
            tanggal_lahir=pl.col("tanggal_lahir"),
            jenis_kelamin=pl.col("jenis_kelamin"),
            from_number=pl.col("angka_nik"),
            tanggal_acuan=tanggal_acuan,
            mode_uji=settings.mode_uji,
            lahir_mutu=pl.col("lahir_mutu"),
            no_kk=pl.col("no_kk_asli"),
            kode_wilayah=pl.col("kode_wilayah"),
        ),
        *kk_columns(
            pl.col("no_kk_asli"),
            from_number=pl.col("angka_no_kk"),
            tanggal_acuan=tanggal_acuan,
            nik=pl.col("nik_asli"),
            tanggal_lahir=born,
            jenis_kelamin=pl.col("jenis_kelamin"),
        ),
    )
    flags = pl.concat_list("nik_bendera", "kk_bendera")
    if "bendera" in frame.columns:
        flags = pl.concat_list("nik_bendera", "kk_bendera", "bendera")
    return frame.with_columns(flags.list.unique().list.sort().alias("mutu"), _suffix(frame))


def _suffix(frame: pl.DataFrame) -> pl.Expr:
    if "id_art" not in frame.columns:
        return pl.lit(None, dtype=pl.String).alias("sufiks_art")
    return pl.when(pl.col("id_art").str.len_chars() > 2).then(pl.col("id_art").str.tail(2)).alias("sufiks_art")


def _with_defaults(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns the checks need, as null where the file has none."""
    wanted = {
        "nik": pl.String,
        "no_kk": pl.String,
        "angka_nik": pl.Boolean,
        "angka_no_kk": pl.Boolean,
        "jenis_kelamin": pl.String,
        "tanggal_lahir": pl.Date,
        "lahir_mutu": pl.String,
    }
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in wanted.items() if name not in frame.columns]
    return frame.with_columns(missing).with_columns(
        pl.col("lahir_mutu").fill_null("KOSONG").cast(pl.Enum(vocab.DATE_QUALITY)),
        pl.col("jenis_kelamin").cast(pl.Enum(vocab.SEX)),
        pl.col("angka_nik", "angka_no_kk").fill_null(value=False),
    )


def _unswap(frame: pl.DataFrame) -> pl.DataFrame:
    """Exchange the NIK and KK columns where nearly every row says that they stand under each other's header."""
    full = pl.col("nik").str.contains(r"\d{16}") & pl.col("no_kk").str.contains(r"\d{16}")
    judged = frame.filter(full & (pl.col("lahir_mutu") == "LENGKAP"))
    if judged.height < 5:
        return frame
    judged = judged.sort("nik", "no_kk").gather_every(max(1, judged.height // 2_000))  # enough to know a column by
    reason = judged.select(
        swap_reason(pl.col("nik"), pl.col("no_kk"), pl.col("tanggal_lahir"), pl.col("jenis_kelamin"))
    ).to_series()
    if (reason == "N14:tertukar").sum() < _SWAPPED * judged.height:
        return frame
    return frame.rename(
        {"nik": "no_kk", "no_kk": "nik", "angka_nik": "angka_no_kk", "angka_no_kk": "angka_nik"}
    ).with_columns(pl.lit(["N14:kolom"]).alias("bendera"))


def has_identity(frame: pl.DataFrame) -> pl.Series:
    """Whether a cleaned row has a name, or anything in NIK or KK that is no null word and no placeholder."""
    ids = [clean_id(pl.col(n)) for n in ("nik", "no_kk") if n in frame.columns]
    parts = [(id_.is_not_null() & ~is_placeholder(id_)).fill_null(value=False) for id_ in ids]
    if "nama" in frame.columns:
        parts.append(pl.col("nama").is_not_null())
    if not parts:
        return pl.Series("ada", [False] * frame.height, dtype=pl.Boolean)
    return frame.select(pl.any_horizontal(parts).alias("ada")).to_series()
