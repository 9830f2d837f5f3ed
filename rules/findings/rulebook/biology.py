"""ST30-ST36: ages and sexes that contradict what a list itself states: relation, marriage, pregnancy, schooling."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables, kept, numbered
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_

_KK_AT_HAND = N_("Compare with the KK and the birth act; correct the birth date or the relation.")
_UNIT = ("unit", "rumah")
_NO_HOUSE = 2**64 - 1
_DAYS = 365.25
_SECONDARY = r"\b(?:SLTA|SMA|SMU|SMK|STM|MA|DIPLOMA|AKADEMI|STRATA|SARJANA|D[1-4]|S[1-3])\b"


def _units(ctx: Context) -> pl.LazyFrame:
    """Rows with a relation (`peran`) inside a card or DTKS household (`unit`, `rumah`) of exactly one head.

    Family relations are read inside a card, household relations inside a DTKS id, never mixed: with two heads nobody
    knows whose child a row is. A number on more rows than a believable family relates nobody.
    """
    columns = (
        "baris_id",
        "orang",
        "sumber",
        "tanggal_data",
        "lahir",
        "jenis_kelamin",
        "nik",
        "nik_kode",
        "peran",
        *_UNIT,
    )
    # Regsosek writes a split-off family, and a number mistyped in another house, under one card: each a unit here.
    building, family = ((numbered(pl.col(c)).cast(pl.UInt64) + 1).fill_null(0) for c in ("no_bangunan", "no_keluarga"))
    house = pl.col("kode_kk").cast(pl.UInt64).fill_null(255) + building * 2**8 + family * 2**36
    card = ctx.kartu.filter("terbaru", pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai).with_columns(
        peran="hub_kk", unit="kartu_ke", rumah=house
    )
    home = ctx.dapur.with_columns(
        peran="hub_krt", unit=pl.col("keluarga_ke").cast(pl.UInt64), rumah=pl.lit(_NO_HOUSE, dtype=pl.UInt64)
    )
    rows = pl.concat([card.select(columns), home.select(columns)]).filter(pl.col("peran").is_not_null())
    oldest = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.umur_maks_tahun.nilai}y")
    possible = pl.col("lahir").is_between(oldest, pl.col("tanggal_data")).fill_null(value=True)  # else it is N15's
    rows = rows.with_columns(lahir=pl.when(possible).then("lahir"))
    return rows.filter((pl.col("peran") == "KEPALA").sum().over(_UNIT) == 1)


def _with_couple(ctx: Context) -> pl.LazyFrame:
    """Children and parents of `_units`, with birth, sex and row of the head and of the only spouse."""
    return ctx.once("satuan_pasangan", _make_with_couple)


def _make_with_couple(ctx: Context) -> pl.LazyFrame:
    units = ctx.once("satuan_biologi", _units)

    def side(role: str, name: str) -> pl.LazyFrame:
        one = units.filter(pl.col("peran") == role).unique(_UNIT, keep="none", maintain_order=True)
        return one.select(
            *_UNIT, pl.col("orang").alias(f"orang_{name}"), pl.col("baris_id").alias(f"baris_{name}"),
            pl.col("lahir").alias(f"lahir_{name}"), pl.col("jenis_kelamin").alias(f"jk_{name}"),
        )  # fmt: skip

    others = units.filter(pl.col("peran").is_in(["ANAK", "ORTU_MERTUA"]), pl.col("lahir").is_not_null())
    others = others.select(*_UNIT, "orang", "baris_id", "peran", "lahir")
    couple = others.join(side("KEPALA", "kepala"), on=_UNIT).join(side("PASANGAN", "pasangan"), on=_UNIT, how="left")
    return couple.drop(_UNIT)


def _years_after(parent: str) -> pl.Expr:
    return (pl.col("lahir") - pl.col(f"lahir_{parent}")).dt.total_days() / _DAYS


def _pairs(found: pl.LazyFrame, parent: str) -> pl.LazyFrame:
    """One raw finding per pair of persons, over all lists that say so."""
    return found.group_by("orang", f"orang_{parent}", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(),
        bukti_baris=pl.col(f"baris_{parent}").unique().sort(),
        tahun=_years_after(parent).abs().floor().cast(pl.Int32).max(),
    )


@rule(
    kode="ST30",
    judul=N_("Parent hardly older than the child"),
    tingkat="TINGGI",
    dasar=N_(
        "A mother is at least 12 and a father 14 years older than a child (staleness rules; the limits are assumed)"
    ),
    tanda="A",
    bukti=N_("full birth dates and relations in one card or household"),
    tindakan=_KK_AT_HAND,
    ringkas=N_("{nama} stands as child of a head only {tahun} years older ({sumber})."),
    kolom=("nama", "tanggal_lahir", "hub_kk", "hub_krt"),
)
def parent_too_young(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Children born too soon after the head; with a spouse old enough it may be a stepchild: no finding."""
    del tables
    years, mother = _years_after("kepala"), ctx.p.selisih_anak_min_tahun.nilai
    least = pl.when(pl.col("jk_kepala") == "L").then(ctx.p.selisih_ayah_min_tahun.nilai).otherwise(mother)
    step = (_years_after("pasangan") >= mother).fill_null(value=False)
    child = _with_couple(ctx).filter(pl.col("peran") == "ANAK", years >= 0, years < least, ~step)
    return _pairs(child, "kepala")


@rule(
    kode="ST31",
    judul=N_("Mother above the age of giving birth"),
    tingkat="SEDANG",
    dasar=N_("No birth above the age of parameters.toml (staleness rules; the limit is assumed)"),
    tanda="A",
    bukti=N_("full birth dates and relations in one card or household"),
    tindakan=N_("Perhaps a grandchild or an adopted child listed as child: correct the relation with the KK at hand."),
    ringkas=N_("{nama} stands as child of a woman {tahun} years older ({sumber})."),
    kolom=("nama", "tanggal_lahir", "hub_kk", "hub_krt"),
)
def mother_too_old(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Children born after the limit to the woman of the couple.

    The wife of a head may be a stepmother: she is judged where a list names her as the mother.
    """
    del tables
    child = _with_couple(ctx).filter(pl.col("peran") == "ANAK")
    made = []
    for parent in ("kepala", "pasangan"):
        woman = (pl.col(f"jk_{parent}") == "P").fill_null(value=False)
        late = (_years_after(parent) >= ctx.p.ibu_maks_tahun.nilai + 1).fill_null(value=False)
        born_late = child.filter(woman, late)
        if parent == "pasangan":
            born_late = _named_mother(ctx, born_late)
        made.append(_pairs(born_late, parent).drop(f"orang_{parent}"))
    return pl.concat(made)


def _named_mother(ctx: Context, child: pl.LazyFrame) -> pl.LazyFrame:
    """Of `child` those whose mother's name in some list is that of the spouse in this one."""
    child = kept(child)
    people = ctx.orang.select("orang", "baris_id").filter(ctx.among(child)).collect()
    mother = ctx.beside(people, ctx.records.select("nama_ibu")).drop_nulls("nama_ibu").drop("baris_id").lazy()
    wives = child.select(baris_id="baris_pasangan").unique().collect()
    wife = ctx.beside(wives, ctx.records.select(nama_istri="nama")).rename({"baris_id": "baris_pasangan"}).lazy()
    pairs = child.select("baris_id", "orang", "baris_pasangan").join(mother, on="orang")
    pairs = pairs.join(wife, on="baris_pasangan").with_columns(name_similarity("nama_ibu", "nama_istri"))
    same = pairs.filter(pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai)
    return child.join(same, on="baris_id", how="semi")


@rule(
    kode="ST32",
    judul=N_("Spouses of the same sex by their NIKs"),
    tingkat="SEDANG",
    dasar=N_("The day of birth in the NIK of a woman is raised by 40 (identity rules)"),
    tanda="A",
    bukti=N_("both NIKs, which agree with the birth dates, and the relations"),
    tindakan=N_("Compare NIK, sex and relation with the KK; one of them is typed wrong."),
    ringkas=N_("{nama} and the spouse are of the same sex by their NIKs ({sumber})."),
    kolom=("nik", "jenis_kelamin", "tanggal_lahir", "hub_kk", "hub_krt"),
)
def same_sex(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """The head and an only spouse, both with an undoubted NIK that holds their own birth date."""
    del tables
    day, month = (pl.col("nik").str.slice(i, 2).cast(pl.Int32, strict=False) for i in (6, 8))
    woman = day > 40
    own = (day - pl.when(woman).then(40).otherwise(0) == pl.col("lahir").dt.day()) & (
        month == pl.col("lahir").dt.month()
    )
    sure = ctx.once("satuan_biologi", _units).with_columns(
        wanita=pl.when(own.fill_null(value=False) & pl.col("nik_kode").is_null()).then(woman)
    )
    head = sure.filter(pl.col("peran") == "KEPALA")
    spouse = sure.filter(pl.col("peran") == "PASANGAN").unique(_UNIT, keep="none", maintain_order=True)
    both = head.join(spouse, on=_UNIT, suffix="_dua").filter(
        pl.col("wanita") == pl.col("wanita_dua"), pl.col("orang") != pl.col("orang_dua")
    )
    return both.group_by("orang", "orang_dua", maintain_order=True).agg(
        baris=pl.concat_list(pl.col("baris_id").implode(), pl.col("baris_id_dua").implode()).first().list.unique()
    )


@rule(
    kode="ST33",
    judul=N_("Child older than the head, or parent younger"),
    tingkat="TINGGI",
    dasar=N_("A child is younger than the head of the family (staleness rules)"),
    tanda="A",
    bukti=N_("full birth dates and relations in one card or household"),
    tindakan=_KK_AT_HAND,
    ringkas=N_(
        "{nama}, {peran_tulis} of the head, is on the wrong side of the head's age by {tahun} years ({sumber})."
    ),
    kolom=("nama", "tanggal_lahir", "hub_kk", "hub_krt"),
)
def turned_round(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Children born before the head; parents and parents-in-law born after both of the couple.

    A man may lawfully be older than his wife's father, so a parent must be younger than the wife too.
    """
    del tables
    rows, before = _with_couple(ctx), _years_after("kepala")
    child = rows.filter(pl.col("peran") == "ANAK", before < 0)
    both = (before > 0) & (_years_after("pasangan") > 0)
    parent = rows.filter(pl.col("peran") == "ORTU_MERTUA", both.fill_null(value=False))
    made = [_pairs(part, "kepala").with_columns(peran_tulis=pl.lit(role)) for part, role in
            ((child, "ANAK"), (parent, "ORTU_MERTUA"))]  # fmt: skip
    return pl.concat(made)


@rule(
    kode="ST34",
    judul=N_("Married below the lawful age"),
    tingkat="INFO",
    dasar=N_("UU 1/1974: 16 years for women; since 15 October 2019 19 years for both (UU 16/2019)"),
    tanda="F",
    bukti=N_("marital status and full birth date at the date of the list"),
    tindakan=N_("Check the birth date and the marriage act."),
    ringkas=N_("{nama} stands as married at {umur} years in {sumber}."),
    kolom=("nama", "tanggal_lahir", "status_kawin"),
)
def married_young(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """People ever married whose age at the date of the list leaves no lawful day for the wedding.

    Who is below 19 and was 16 before the new law may have married under the old one: no finding.
    """
    del tables
    old, new, since = ctx.p.kawin_min_lama_tahun.nilai, ctx.p.kawin_min_tahun.nilai, ctx.p.kawin_min_sejak.nilai
    rows = ctx.baris.filter("daftar", "terbaru", pl.col("status_kawin").is_in(["KAWIN", "CERAI_HIDUP", "CERAI_MATI"]))
    rows = rows.select("baris_id", "orang", "lahir", "tanggal_data")
    # Days first: a date some years on is dear, and few can be that young.
    rows = kept(rows.filter((pl.col("tanggal_data") - pl.col("lahir")).dt.total_days() < 366 * (max(old, new) + 1)))
    age_then = pl.col("lahir").dt.offset_by(f"{old}y") > pl.lit(since)
    young = (pl.col("lahir").dt.offset_by(f"{old}y") > pl.col("tanggal_data")) | (
        age_then & (pl.col("lahir").dt.offset_by(f"{new}y") > pl.col("tanggal_data"))
    )
    age = ((pl.col("tanggal_data") - pl.col("lahir")).dt.total_days() / _DAYS).floor().cast(pl.Int32)
    return (
        rows.filter(young.fill_null(value=False), age >= 0)
        .group_by("orang", maintain_order=True)
        .agg(baris="baris_id", umur=age.min())
    )


@rule(
    kode="ST35",
    judul=N_("Pregnancy that cannot be"),
    tingkat="SEDANG",
    dasar=N_("Regsosek question 410: women of 10-54 years who are or were married (validator)"),
    tanda="P",
    bukti=N_("the flag with sex, birth date and marital status of the same row"),
    tindakan=N_("Correct the flag, the sex or the birth date; PKH counts pregnancy as a component."),
    ringkas=N_("{nama} is marked pregnant in {sumber} against sex, age or marital status."),
    kolom=("hamil", "jenis_kelamin", "tanggal_lahir", "status_kawin"),
)
def impossible_pregnancy(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows with the flag that the validator of Regsosek would refuse."""
    flagged = tables.records.filter(pl.col("hamil").fill_null(value=False)).select("baris_id")
    rows = ctx.baris.join(flagged, on="baris_id", how="semi").filter("terbaru", "daftar")
    low, high = ctx.p.hamil_umur_min_tahun.nilai, ctx.p.hamil_umur_maks_tahun.nilai
    age = (pl.col("tanggal_data") - pl.col("lahir")).dt.total_days() / _DAYS
    wrong = (
        (pl.col("jenis_kelamin") == "L").fill_null(value=False)
        | (age < low).fill_null(value=False)
        | (age >= high + 1).fill_null(value=False)
        | (pl.col("status_kawin") == "BELUM_KAWIN").fill_null(value=False)
    )
    return rows.filter(wrong).select(baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))


@rule(
    kode="ST36",
    judul=N_("Schooling that cannot be at this age"),
    tingkat="SEDANG",
    dasar=N_("Nobody finishes or attends secondary school (SLTA) below the age of parameters.toml (assumed)"),
    tanda="A",
    bukti=N_("schooling and birth date of the same row"),
    tindakan=N_("Correct the schooling or the birth date; PKH counts pupils by their school level."),
    ringkas=N_("{nama} stands with {pendidikan_tulis} at {umur} years in {sumber}."),
    kolom=("pendidikan", "tanggal_lahir"),
)
def impossible_schooling(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows of a register with secondary school or more and an age below the limit at the date of the list."""
    levels = tables.records.select(pl.col("pendidikan").unique()).collect().to_series()  # few
    secondary = levels.filter(levels.str.to_uppercase().str.contains(_SECONDARY))
    high = tables.records.filter(pl.col("pendidikan").is_in(secondary.implode()))
    high = high.select("baris_id", pendidikan_tulis="pendidikan")
    age = ((pl.col("tanggal_data") - pl.col("lahir")).dt.total_days() / _DAYS).floor().cast(pl.Int32)
    rows = ctx.baris.filter("terbaru", "daftar").join(high, on="baris_id").with_columns(umur=age)
    found = rows.filter(pl.col("umur").is_between(0, ctx.p.slta_umur_min_tahun.nilai - 1))
    return found.select("pendidikan_tulis", "umur", baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))
