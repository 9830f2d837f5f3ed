"""The one place where this package asks the rules: ids are graded, the scheme of region codes is decided per column."""

from __future__ import annotations

from datetime import date

import polars as pl

from rules import vocab
from rules.kk import graded_kk
from rules.nik import (
    clean_id,
    flag_lists,
    graded_nik,
    is_placeholder,
    ktp_reason,
    may_be_swapped,
    numbered,
    rounded_column,
    swap_reason,
)
from sources.model import SourceSettings
from sources.region import resolve

_SWAPPED = 0.8  # share of the judged rows from which NIK and KK columns are taken to have each other's header
_KINDS = ("bersih", "bilangan")  # ids as digits, and as numbers: columns beside those written
_HARDLY = 0.5  # share that a cheap bound must leave possible before rows are judged at all


def validate(frame: pl.DataFrame, tanggal_acuan: date, settings: SourceSettings) -> pl.DataFrame:
    """Add the graded id columns and the region columns of `records` to the cleaned rows of one sheet.

    Decided for the whole column, never per value: ids rounded by Excel (N02), NIK and KK under each other's header,
    the scheme of the region codes.
    """
    frame = _numbered(_with_defaults(frame))
    frame = _unswap(frame)
    frame = frame.with_columns(
        pl.lit(value=True).alias(f"angka_{name}") for name in ("nik", "no_kk") if _rounded(frame.get_column(name))
    )
    frame = resolve(frame, settings.bridge)
    nik, flags = graded_nik(
        frame.select(
            "tanggal_lahir", "jenis_kelamin", "lahir_mutu", "kode_wilayah", raw="nik", angka="nik_bersih",
            bilangan="nik_bilangan", no_kk="no_kk_bersih", bilangan_kk="no_kk_bilangan", dari_angka="angka_nik",
        ),
        tanggal_acuan=tanggal_acuan,
        mode_uji=settings.mode_uji,
    )  # fmt: skip
    born = pl.when(pl.col("lahir_mutu") == "LENGKAP").then(pl.col("tanggal_lahir"))
    card, of_card = graded_kk(
        frame.select(
            "jenis_kelamin", tanggal_lahir=born, angka="no_kk_bersih", bilangan="no_kk_bilangan", nik="nik_bersih",
            bilangan_nik="nik_bilangan", dari_angka="angka_no_kk",
        ),
        tanggal_acuan=tanggal_acuan,
    )  # fmt: skip
    frame = frame.rename({"nik": "nik_asli", "no_kk": "no_kk_asli"})
    further = frame.select(pl.col("^bendera$"), *_unrecorded(frame, tanggal_acuan))
    mutu = flag_lists(pl.concat([flags, of_card, further], how="horizontal"))
    return frame.with_columns(*nik, *card, mutu.alias("mutu"), _suffix(frame))


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """The ids as digits (`nik_bersih`) and as numbers (`nik_bilangan`) beside those written."""
    return frame.with_columns(
        column.alias(f"{name}_{kind}")
        for name in ("nik", "no_kk")
        for kind, column in zip(_KINDS, numbered(frame.get_column(name)), strict=True)
    )


def _unrecorded(frame: pl.DataFrame, tanggal_acuan: date) -> list[pl.Expr]:
    """N17 where the list says that no KTP-el was recorded of somebody who should have one."""
    if "ktp_el" not in frame.columns:
        return []
    status = pl.col("status_kawin") if "status_kawin" in frame.columns else pl.lit(None, dtype=pl.String)
    reason = ktp_reason(pl.col("ktp_el").fill_null(value=True), pl.col("tanggal_lahir"), status, tanggal_acuan)
    return [reason.alias("ktp")]


def _rounded(ids: pl.Series) -> bool:
    """`rounded_column`, spared where a glance at the first rows already shows an id that ends in another digit."""
    return not ids.head(1_000).str.contains(r"\d{15}[1-9]\D?$").any() and rounded_column(ids)


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
    full = pl.all_horizontal(pl.col("nik", "no_kk").str.len_bytes().is_between(16, 20))
    telling = (full & (pl.col("lahir_mutu") == "LENGKAP")).fill_null(value=False)
    possible = may_be_swapped(pl.col("nik_bilangan"), pl.col("no_kk_bilangan"), pl.col("tanggal_lahir"))
    many, perhaps = frame.select(telling.sum().alias("a"), (telling & possible).sum().alias("b")).row(0)
    if many < 5 or perhaps < _HARDLY * many:  # spares sorting a million rows
        return frame
    judged = frame.filter(telling).select("nik", "no_kk", "tanggal_lahir", "jenis_kelamin")
    judged = judged.sort("nik", "no_kk").gather_every(max(1, judged.height // 2_000))  # enough to know a column by
    reason = judged.select(
        swap_reason(pl.col("nik"), pl.col("no_kk"), pl.col("tanggal_lahir"), pl.col("jenis_kelamin"))
    ).to_series()
    if (reason == "N14:tertukar").sum() < _SWAPPED * judged.height:
        return frame
    pairs = (("nik", "no_kk"), ("angka_nik", "angka_no_kk"), *((f"nik_{k}", f"no_kk_{k}") for k in _KINDS))
    exchanged = {old: new for pair in pairs for old, new in (pair, pair[::-1])}
    return frame.rename(exchanged).with_columns(pl.lit("N14:kolom").alias("bendera"))


def has_identity(frame: pl.DataFrame) -> pl.Series:
    """Whether a cleaned row has a name, or anything in NIK or KK that is no null word and no placeholder."""
    ids = [name for name in ("nik", "no_kk") if name in frame.columns]
    named = pl.col("nama").is_not_null() if "nama" in frame.columns else pl.lit(value=False)
    marked = frame.select(named.alias("ada"), *ids).with_row_index("_i")
    nameless = marked.filter(~pl.col("ada"))  # few: the checks below are dear
    if not ids or not nameless.height:
        return marked.get_column("ada")
    nameless = nameless.with_columns(clean_id(pl.col(name)) for name in ids)
    real = [(pl.col(name).is_not_null() & ~is_placeholder(pl.col(name))).fill_null(value=False) for name in ids]
    found = nameless.filter(pl.any_horizontal(real)).get_column("_i")
    return marked.select((pl.col("ada") | pl.col("_i").is_in(found.implode())).alias("ada")).to_series()
