"""Nomor KK: cleaning, graded checks K01-K03 and the helpers of K07 and K08, as Polars expressions.

Layout (16 digits): region of issue 6, date of issue DDMMYY (nothing is added to the day), serial 4.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from rules import vocab
from rules.identity import parameters
from rules.nik import (
    TRUST,
    as_number,
    birth_date_reason,
    clean_swap_reason,
    flag_lists,
    is_placeholder,
    is_scientific,
    may_be_swapped,
    numbered,
    only_where,
)
from rules.wilayah import PROVINCES

_COLUMNS: Final = pl.Struct(
    {"no_kk": pl.String, "kk_mutu": pl.Enum(vocab.TRUST), "kk_kode": pl.String, "kk_bendera": pl.List(pl.String)}
)


def kk_region(no_kk: pl.Expr) -> pl.Expr:
    """Six digits: kecamatan of issue."""
    return no_kk.str.head(6)


def kk_issue_date(no_kk: pl.Expr, tanggal_acuan: date) -> pl.Expr:
    """Date of issue (Date): 20YY, or 19YY where 20YY lies after `tanggal_acuan`; null where there is no such day."""
    return _issue_date(as_number(no_kk), tanggal_acuan)


def _issue_date(number: pl.Expr, tanggal_acuan: date) -> pl.Expr:
    day, month, yy = number // 10**8 % 100, number // 10**6 % 100, number // 10**4 % 100
    february = pl.when(yy % 4 == 0).then(29).otherwise(28)
    last = pl.when(month.is_in([4, 6, 9, 11])).then(30).when(month == 2).then(february).otherwise(31)
    valid = month.is_between(1, 12) & (day >= 1) & (day <= last) & ~((yy == 0) & (tanggal_acuan.year < 2000))
    near = pl.date(*(pl.when(valid).then(part) for part in (yy + 2000, month, day)))
    # 29 February 1900 is never asked for: 1900 lies before every issue date that passes K02.
    far = pl.date(*(pl.when(valid & (yy > 0)).then(part) for part in (yy + 1900, month, day)))
    return pl.when(near <= tanggal_acuan).then(near).otherwise(far)


def _full_code(acuan: date) -> pl.Expr:
    """The first check that 16 digits (`bilangan`) fail, with its grade, else null."""
    number = pl.col("bilangan")
    day, issued = number // 10**8 % 100, _issue_date(number, acuan)
    filler = (number % 1_111_111_111_111_111 == 0) | (number // 10**4 == 999_999_999_999)
    checks = (
        ("K01:pengisi", filler | number.is_in([int(text) for text in parameters().nik.pengisi])),
        ("K01:ilmiah", (number % 10**8 == 0) & (number >= 10**15)),
        ("K01:pengisi", (number % 10**4 == 0) & (number >= 10**15)),
        ("K01:angka", pl.col("dari_angka")),
        ("K01:sementara", number < 10**15),
        ("K03", day.is_between(41, 71)),
        ("K02:tanggal", issued.is_null()),
        ("K02:tahun", (issued > acuan) | (issued.dt.year() < parameters().kk.tahun_terbit_minimum)),
    )
    return pl.coalesce(pl.when(broken).then(pl.lit(code)) for code, broken in checks)


def _odd_code() -> pl.Expr:
    """The same for anything that is not 16 digits."""
    digits = pl.col("angka")
    rounded = is_scientific(digits) | digits.str.contains(r"^[1-9]\d{1,7}0{8,}$")
    checks = (("K01:ilmiah", rounded), ("K01:pengisi", is_placeholder(digits)), ("K01:angka", pl.col("dari_angka")))
    return pl.coalesce(*(pl.when(broken).then(pl.lit(code)) for code, broken in checks), pl.lit("K01:panjang"))


def _sound_at_a_glance(acuan: date) -> pl.Expr:
    """Most rows: a number of 16 digits whose date of issue is plain and past. No check of `_full_code` can fail."""
    number = pl.col("bilangan")
    day, month, yy = number // 10**8 % 100, number // 10**6 % 100, number // 10**4 % 100
    issued = (yy + 2000) * 10_000 + month * 100 + day
    return (
        day.is_between(1, 28)  # later days do not exist in every month
        & month.is_between(1, 12)
        & issued.is_between(parameters().kk.tahun_terbit_minimum * 10_000, int(acuan.strftime("%Y%m%d")))
        & (number >= 10**15)
        & (number % 10**4 != 0)
        & (number % 1_111_111_111_111_111 != 0)
        & ~number.is_in([int(text) for text in parameters().nik.pengisi])
        & ~pl.col("dari_angka")
    )


def grade_kk(frame: pl.DataFrame, *, tanggal_acuan: date) -> pl.DataFrame:
    """The columns of `kk_columns` for a frame of raw columns: `raw dari_angka`, and `nik tanggal_lahir jenis_kelamin`
    where N14 is looked for."""
    frame = frame.hstack(numbered(frame.get_column("raw")))
    if "nik" in frame.columns:
        person = numbered(frame.get_column("nik"))
        frame = frame.with_columns(person["angka"].alias("nik"), person["bilangan"].alias("bilangan_nik"))
    graded, flags = graded_kk(frame, tanggal_acuan=tanggal_acuan)
    return graded.with_columns(flag_lists(flags).alias("kk_bendera"))


def graded_kk(frame: pl.DataFrame, *, tanggal_acuan: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`no_kk kk_mutu kk_kode`, and the further reasons as one column per check.

    `frame` is that of `grade_kk` with the ids `numbered`: `angka` and `bilangan` of the KK, and, where N14 is looked
    for, `nik` cleaned and `bilangan_nik`.
    """
    given = set(frame.columns)
    digits, number, reason = pl.col("angka"), pl.col("bilangan"), pl.col("alasan")
    frame = frame.with_columns(tukar=pl.lit(None, pl.String))
    odd = only_where(frame, digits.is_not_null() & number.is_null(), _odd_code(), pl.String)
    doubtful = number.is_not_null() & ~_sound_at_a_glance(tanggal_acuan)
    full = only_where(frame, doubtful, _full_code(tanggal_acuan), pl.String)
    frame = frame.with_columns(alasan=pl.coalesce(odd, full))
    if "nik" in given:
        suspect = may_be_swapped(pl.col("bilangan_nik"), number, pl.col("tanggal_lahir"))
        swap = clean_swap_reason(pl.col("nik"), digits, pl.col("tanggal_lahir"), pl.col("jenis_kelamin"))
        frame = frame.with_columns(tukar=only_where(frame, suspect, swap, pl.String))
        # One number in both columns that contradicts the birth date is this row's KK written twice.
        same = pl.col("tukar") == "N14:sama"
        contradicts = birth_date_reason(digits, pl.col("tanggal_lahir")).is_not_null()
        is_kk = only_where(frame, same, contradicts, pl.Boolean).fill_null(value=False)
        moved = pl.when(pl.col("tukar").is_not_null() & ~is_kk).then(pl.lit("N14"))
        # A man's NIK in this column is no card with a wrong date: the swap explains what K02 saw.
        stays = pl.when(~(reason.str.starts_with("K02") & moved.is_not_null()).fill_null(value=False)).then(reason)
        frame = frame.with_columns(alasan=pl.coalesce(stays, moved))
    provinces = [int(code) for code in (*PROVINCES, *parameters().nik.provinsi_dicabut)]
    foreign = pl.when(number.is_not_null() & reason.is_null() & ~(number // 10**14).is_in(provinces))
    frame = frame.with_columns(provinsi=foreign.then(pl.lit("N05")))
    grade = (
        pl.when(digits.is_null() | (reason == "K01:pengisi"))
        .then(TRUST["KOSONG"])
        .when(reason.is_not_null())
        .then(TRUST["TAK_TEPERCAYA"])
        .when(pl.col("provinsi").is_not_null())
        .then(TRUST["LEMAH"])
        .otherwise(TRUST["TEPERCAYA"])
    )
    detail = pl.when(reason.str.contains(":", literal=True)).then(reason)
    graded = frame.select(
        no_kk=pl.when(reason.is_null()).then(digits),
        kk_mutu=grade,
        kk_kode=pl.coalesce(reason.str.head(3), "provinsi"),
    )
    return graded, frame.select(detail.alias("rinci"), "provinsi", "tukar")


def kk_columns(
    raw: pl.Expr,
    *,
    from_number: pl.Expr,
    tanggal_acuan: date,
    nik: pl.Expr | None = None,
    tanggal_lahir: pl.Expr | None = None,
    jenis_kelamin: pl.Expr | None = None,
) -> list[pl.Expr]:
    """The columns `no_kk kk_mutu kk_kode kk_bendera` of a raw KK column.

    `no_kk` has 16 digits where `kk_mutu` is TEPERCAYA or LEMAH (province unknown, N05), else it is null. `kk_kode` is
    K01 (no 16 digits, filler, temporary, came through a float), K02 (issue date), K03 (a woman's NIK) or N14;
    `kk_bendera` (list, never null) holds the grade: `K01:ilmiah`, `K01:pengisi`, `K01:angka`, `K01:panjang`,
    `K01:sementara`, `K02:tanggal`, `K02:tahun`, `N14:sama`, `N14:tertukar`. N14 is looked for when the raw `nik`,
    `tanggal_lahir` and `jenis_kelamin` are given.
    """
    fields = {"raw": raw.cast(pl.String), "dari_angka": from_number.fill_null(value=False)}
    if nik is not None and tanggal_lahir is not None and jenis_kelamin is not None:
        fields |= {"nik": nik.cast(pl.String), "tanggal_lahir": tanggal_lahir, "jenis_kelamin": jenis_kelamin}

    def graded(batch: pl.Series) -> pl.Series:
        return grade_kk(batch.struct.unnest(), tanggal_acuan=tanggal_acuan).to_struct(batch.name)

    batch = pl.struct(expression.alias(name) for name, expression in fields.items()).map_batches(
        graded, return_dtype=_COLUMNS, is_elementwise=True
    )
    return [batch.struct.unnest()]


def oversized_card(no_kk: pl.Expr) -> pl.Expr:
    """K07 per row: more people on the card than `anggota_maksimum`. Rows of one register and one person per row."""
    return (pl.len().over(no_kk) > parameters().kk.anggota_maksimum) & no_kk.is_not_null()


def placeholder_card(no_kk: pl.Expr, last_name: pl.Expr, address: pl.Expr) -> pl.Expr:
    """K08 per row: on a card of several people all last names and all addresses differ, so the number is filler."""
    size = pl.len().over(no_kk)
    differ = (last_name.n_unique().over(no_kk) == size) & (address.n_unique().over(no_kk) == size)
    return (size >= parameters().kk.anggota_pengisi_minimum) & differ & no_kk.is_not_null()
