"""N01-N08, N14, N15, N17, K01-K03: what the id checks found on a row. One finding per row."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables
from rules.findings.registry import Mark, RuleFunction, rule
from rules.i18n import N_

_ASK_NIK = N_("Ask for the KTP or KK, correct the NIK at the source and check it with Dukcapil.")
_ASK_KK = N_("Ask for the KK and correct the number at the source.")
_NIK_BASIS = N_(
    "NIK: 16 digits, region of first registration, birth date (day + 40 for women), serial (identity rules)"
)
_KK_BASIS = N_("KK: 16 digits, region and date of issue, serial (identity rules)")


def _rows(ctx: Context, flags: pl.LazyFrame) -> pl.LazyFrame:
    """One raw finding per row of `flags`; `dikenal`: the person has a usable NIK somewhere."""
    with_nik = ctx.once("dengan_nik", _persons_with_nik)
    rows = flags.select("baris_id").unique().sort("baris_id").join(ctx.orang, on="baris_id", how="inner")
    return rows.join(with_nik, on="orang", how="left").select(
        baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0), dikenal=pl.col("dikenal").is_not_null()
    )


def _persons_with_nik(ctx: Context) -> pl.LazyFrame:
    return ctx.baris.filter(pl.col("nik").is_not_null()).select("orang", dikenal=pl.lit(value=True)).unique()


def _graded(found: pl.LazyFrame) -> pl.LazyFrame:
    return found.with_columns(tingkat=pl.when("dikenal").then(pl.lit("SEDANG")).otherwise(pl.lit("TINGGI")))


def _nik_rule(kode: str, judul: str, bukti: str, ringkas: str, tanda: Mark = "P") -> RuleFunction:
    def check(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
        del tables
        # The deciding check only: as a further flag N05 may be the province of the card.
        return _graded(_rows(ctx, ctx.bendera.filter(pl.col("kode") == kode, pl.col("asal") == "nik_kode")))

    check.__qualname__ = f"nik_{kode}"
    return rule(
        kode=kode, judul=judul, tingkat="TINGGI", dasar=_NIK_BASIS, tanda=tanda, bukti=bukti, tindakan=_ASK_NIK,
        ringkas=ringkas, alias=("NIK_INVALID", "D13"), kolom=("nik_asli",),
    )(check)  # fmt: skip


def _kk_rule(kode: str, judul: str, bukti: str, ringkas: str, tanda: Mark = "P") -> RuleFunction:
    def check(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
        del tables
        return _rows(ctx, ctx.bendera.filter(pl.col("kode") == kode))

    check.__qualname__ = f"kk_{kode}"
    return rule(
        kode=kode, judul=judul, tingkat="SEDANG", dasar=_KK_BASIS, tanda=tanda, bukti=bukti, tindakan=_ASK_KK,
        ringkas=ringkas, alias=("KK_INVALID",), kolom=("no_kk_asli",),
    )(check)  # fmt: skip


N01 = _nik_rule(
    "N01", N_("NIK does not have 16 digits"), N_("the NIK as written"),
    N_("The NIK of {nama} in {sumber} does not have 16 digits."),
)  # fmt: skip
N02 = _nik_rule(
    "N02", N_("NIK rounded by a spreadsheet"), N_("the NIK as written, or the whole column ending in 0"),
    N_("The NIK of {nama} in {sumber} went through a number format and lost digits; it is never repaired."),
)  # fmt: skip
N03 = _nik_rule(
    "N03", N_("Placeholder in place of a NIK"), N_("the NIK as written"),
    N_("{nama} in {sumber} has a filler in place of a NIK."),
)  # fmt: skip
N04 = _nik_rule(
    "N04", N_("Temporary village number in place of a NIK"), N_("the NIK as written"),
    N_("{nama} in {sumber} has a temporary number of the village in place of a NIK."),
)  # fmt: skip
N05 = _nik_rule(
    "N05", N_("NIK with an unknown province"), N_("the NIK as written"),
    N_("The NIK of {nama} in {sumber} begins with a province that does not exist."), "F",
)  # fmt: skip
N07 = _nik_rule(
    "N07", N_("NIK with an impossible day or month"), N_("the NIK as written"),
    N_("The NIK of {nama} in {sumber} holds a day or month that does not exist."), "F",
)  # fmt: skip
N08 = _nik_rule(
    "N08", N_("NIK with a date that no calendar has"), N_("the NIK as written"),
    N_("The NIK of {nama} in {sumber} holds a date that no calendar has."), "F",
)  # fmt: skip
K01 = _kk_rule(
    "K01", N_("KK number does not have 16 digits"), N_("the KK as written"),
    N_("The KK number of {nama} in {sumber} does not have 16 digits."),
)  # fmt: skip
K02 = _kk_rule(
    "K02", N_("KK number with an impossible date of issue"), N_("the KK as written"),
    N_("The KK number of {nama} in {sumber} holds a date of issue that cannot be."), "A",
)  # fmt: skip
K03 = _kk_rule(
    "K03", N_("A woman's NIK in the KK column"), N_("the KK as written"),
    N_("The KK column of {nama} in {sumber} holds a NIK of a woman."), "F",
)  # fmt: skip


@rule(
    kode="N14",
    judul=N_("NIK and KK in each other's column"),
    tingkat="SEDANG",
    dasar=_NIK_BASIS,
    tanda="P",
    bukti=N_("both numbers as written, against the birth date"),
    tindakan=N_("Put the two numbers into their own columns at the source."),
    ringkas=N_("NIK and KK number of {nama} in {sumber} stand in each other's column."),
    kolom=("nik_asli", "no_kk_asli"),
)
def swapped_columns(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows decided as swapped; one number in both columns is a fault of the KK column alone when the NIK fits."""
    del tables
    one_number = pl.col("rinci") == "N14:sama"
    found = _rows(ctx, ctx.bendera.filter(pl.col("kode") == "N14", ~one_number))
    # A swapped row of a woman has her NIK in the KK column: the same fact under the name of the KK check.
    written = ctx.lazy.records.select(pl.col("no_kk_asli").str.replace_all(r"\D", ""), baris=pl.concat_list("baris_id"))
    day = pl.col("no_kk_asli").str.slice(6, 2).cast(pl.Int64, strict=False)
    womans = day.is_between(41, 71).fill_null(value=False)
    names = pl.when(womans).then(pl.lit(["K03"])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
    return found.join(written, on="baris", how="left").with_columns(alias_lain=names)


@rule(
    kode="N15",
    judul=N_("Birth date in the future or an age above the limit"),
    tingkat="TINGGI",
    dasar=N_("Nobody in a list is unborn or older than the limit of parameters.toml (identity rules)"),
    tanda="A",
    bukti=N_("the NIK and the birth date as written, against the date of the file"),
    tindakan=_ASK_NIK,
    ringkas=N_("The NIK or the birth date of {nama} in {sumber} lies in the future or too long ago."),
    alias=("NIK_INVALID", "D13"),
    kolom=("nik_asli", "tanggal_lahir"),
)
def impossible_age(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows whose NIK was refused for its birth date, or whose own birth date cannot be at the date of the file."""
    del tables
    flags = ctx.bendera.filter(pl.col("kode") == "N15", pl.col("asal") != "kk_kode").select("baris_id")
    # The newest list says nothing of a list without a date, which may be newer still and full of lawful newborns.
    own = pl.max_horizontal("tanggal_data", pl.lit(ctx.tanggal_acuan, dtype=pl.Date))
    today = pl.when(pl.col("tanggal_data").is_null()).then(pl.lit(ctx.p.tanggal_terakhir.nilai)).otherwise(own)
    oldest = pl.coalesce("tanggal_data", today).dt.offset_by(f"-{ctx.p.umur_maks_tahun.nilai}y")
    impossible = (pl.col("tanggal_lahir") > today) | (pl.col("tanggal_lahir") < oldest)
    written = ctx.baris.filter((pl.col("lahir_mutu") != "KOSONG") & impossible).select("baris_id")
    return _graded(_rows(ctx, pl.concat([flags, written])))


@rule(
    kode="N17",
    judul=N_("No KTP-el recorded of a grown or married person"),
    tingkat="INFO",
    dasar=N_(
        "A KTP is due from 17 years on or on marriage (UU 23/2006 article 63); PBI reactivation asks for recording"
    ),
    tanda="F",
    bukti=N_("the word of the civil register, birth date and marital status of the row"),
    tindakan=N_("Send the person to Dukcapil for recording; help those who cannot travel."),
    ringkas=N_("{nama} has no KTP-el recorded according to {sumber}."),
    kolom=("tanggal_lahir", "status_kawin"),
)
def no_identity_card(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Living people of whom a register says that no KTP-el was recorded."""
    del tables
    flagged = ctx.bendera.filter(pl.col("kode") == "N17").select("baris_id").unique()
    rows = ctx.baris.filter("daftar", "terbaru", ~pl.col("pergi")).join(flagged, on="baris_id", how="semi")
    return rows.sort("baris_id").select(baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))
