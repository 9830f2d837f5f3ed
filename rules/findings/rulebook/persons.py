"""N12, ST41, ST42, ST29, ST40, GANDA_DAFTAR: one number on two persons, one person twice or under two numbers."""

from __future__ import annotations

import polars as pl

from rules.findings.context import EDITIONS, Context, LazyTables, kept, kk_number
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_


def _nik_number() -> pl.Expr:
    """The NIK as a number, null where it is none: compared in a fifth of the time."""
    return pl.col("nik").cast(pl.UInt64, strict=False)


@rule(
    kode="N12",
    judul=N_("One NIK on two persons"),
    tingkat="TINGGI",
    dasar=N_("A NIK is given to one person for life (UU 24/2013; identity rules)"),
    tanda="P",
    bukti=N_("rows with the same NIK whose names and birth dates differ"),
    tindakan=N_("Find out whose NIK it is at Dukcapil; ask for the own NIK of the other, often a child."),
    ringkas=N_("One NIK stands on {orang} persons in {n} rows ({sumber})."),
    alias=("NIK_GANDA",),
    kolom=("nik", "nama", "tanggal_lahir"),
)
def shared_nik(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Every further person of a NIK is compared with its most frequent holder: names and birth dates must differ.

    Two entities with one NIK, alike names and near birth dates are one person that the linkage did not join; a birth
    date a generation apart is a child of a like name. People born on one day are told apart by another name where the
    second one has a NIK of his own elsewhere: his number was mistyped into that of the first.
    """
    del tables
    usable = ctx.baris.filter(pl.col("nik").is_not_null())
    several = (pl.col("orang").min() != pl.col("orang").max()).over(_nik_number())  # a cheap look first
    held = kept(
        usable.filter(several)
        .select("nik", "orang", "nama", "lahir", "tanggal_data", "baris_id", "keyakinan")
        .filter(pl.col("orang").n_unique().over("nik") > 1)
    )
    holder = held.group_by("nik", "orang").agg(
        pl.len().alias("jumlah"),
        pl.col("nama").sort_by("tanggal_data", "baris_id", descending=[True, False], nulls_last=True).first(),
        pl.col("lahir").drop_nulls().mode().sort().first(),
    )
    holder = kept(holder.sort("nik", "jumlah", "orang", descending=[False, True, False]))
    owner = holder.unique("nik", keep="first", maintain_order=True).rename(
        {"orang": "pemilik", "nama": "nama_pemilik", "lahir": "lahir_pemilik"}
    )
    own = (
        usable.join(holder.select("orang").unique(), on="orang", how="semi")
        .group_by("orang")
        .agg(punya=pl.col("nik").n_unique() > 1)
    )
    holder = holder.join(own, on="orang", how="left", maintain_order="left")
    pair = holder.join(owner.drop("jumlah"), on="nik").filter(pl.col("orang") != pl.col("pemilik"))
    pair = pair.with_columns(name_similarity("nama", "nama_pemilik"))
    other_birth = pl.col("lahir").ne(pl.col("lahir_pemilik")).fill_null(value=True)
    other_name = (pl.col("kemiripan") < ctx.p.kemiripan_nama_min.nilai).fill_null(value=True)
    years = (pl.col("lahir") - pl.col("lahir_pemilik")).dt.total_days().abs() / 365.25
    far_birth = (years >= ctx.p.selisih_anak_min_tahun.nilai).fill_null(value=False)
    true = kept(
        pair.filter((other_name & (other_birth | pl.col("punya"))) | far_birth).group_by("nik").agg(orang=pl.len() + 1)
    )
    return (
        held.join(true, on="nik", how="semi")
        .group_by("nik", maintain_order=True)
        .agg(baris="baris_id", peluang=pl.col("keyakinan").min())
        .join(true, on="nik")
    )


@rule(
    kode="ST41",
    judul=N_("One person under two NIKs"),
    tingkat="TINGGI",
    dasar=N_("A NIK is given once and kept for life; an old manual NIK may stand beside that of the KTP-el"),
    tanda="P",
    bukti=N_("rows of the person with different valid NIKs"),
    tindakan=N_("Check at Dukcapil which NIK is active; correct the other lists."),
    ringkas=N_("{nama} stands under {nik_beda} different NIKs ({sumber})."),
    alias=("N13",),
    kolom=("nik", "nama", "tanggal_lahir"),
)
def two_niks(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Persons with two or more different valid NIKs over all their rows, payment lists included."""
    del tables
    number = _nik_number()
    perhaps = (number.min() != number.max()) | (number.null_count() > 0)
    return (
        ctx.baris.filter(pl.col("nik").is_not_null())
        .filter(perhaps.over("orang"))
        .group_by("orang", maintain_order=True)
        .agg(baris="baris_id", nik_beda=pl.col("nik").n_unique())
        .filter(pl.col("nik_beda") > 1)
    )


@rule(
    kode="ST42",
    judul=N_("KK number differs between registers"),
    tingkat="SEDANG",
    dasar=N_("One person is on one KK only; the newer date of issue is usually the current card (K05)"),
    tanda="P",
    bukti=N_("the KK numbers with source and date"),
    tindakan=N_("Ask for the present KK; the newest date of issue counts. Correct the other lists."),
    ringkas=N_("{nama} has {kk_beda} different KK numbers in {sumber}."),
    alias=("K05",),
    kolom=("no_kk", "kode_wilayah"),
)
def kk_differs(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Persons with different valid KKs in two registers; TINGGI when the desa differs too."""
    del tables
    rows = ctx.kartu.filter((kk_number().min() != kk_number().max()).over("orang"))
    rows = rows.select("baris_id", "orang", "sumber", "no_kk", "kode_wilayah")
    many = rows.filter((pl.col("sumber").n_unique() > 1).over("orang"))
    desa = pl.col("kode_wilayah").filter(pl.col("kode_wilayah").str.len_chars() == 10)
    # Two registers disagree unless each of them holds the very same single number: with two numbers and two registers
    # there is always a pair of registers that differ.
    return many.group_by("orang", maintain_order=True).agg(
        baris="baris_id",
        kk_beda=pl.col("no_kk").n_unique(),
        tingkat=pl.when(desa.n_unique() > 1).then(pl.lit("TINGGI")).otherwise(pl.lit("SEDANG")),
    )


def _twice(ctx: Context) -> pl.LazyFrame:
    """Rows of persons who stand more than once in the newest edition of a register, with what tells the rows apart.

    Columns: orang, sumber, tanggal_data, baris, art (distinct ART ids), sama_nik (one valid NIK in two families).
    """
    unit = ("orang", "sumber", "tanggal_data")
    listed = pl.col("orang").cast(pl.UInt64) * EDITIONS + pl.col("terbitan")
    rows = ctx.baris.filter("daftar", "terbaru").filter(pl.len().over(listed) > 1)
    family = pl.coalesce("id_keluarga", "no_kk")
    pairs = (
        rows.filter(pl.col("nik").is_not_null(), family.is_not_null())
        .group_by(*unit, "nik")
        .agg(family.n_unique().alias("keluarga_beda"), pl.len().alias("k"))
        .group_by(unit)
        .agg(sama_nik=((pl.col("keluarga_beda") > 1) & (pl.col("k") > 1)).any())
    )
    return (
        rows.group_by(unit, maintain_order=True)
        .agg(baris="baris_id", art=pl.col("id_art").drop_nulls().n_unique())
        .join(pairs, on=unit, how="left", nulls_equal=True)
        .with_columns(pl.col("sama_nik").fill_null(value=False))
    )


def _both_paid(ctx: Context, twice: pl.LazyFrame) -> pl.LazyFrame:
    """Of `twice` the persons (orang, sumber, tanggal_data) of whose families two or more are paid by one programme.

    A family is paid when a member of it, as that register lists it, is a payee.
    """
    unit = ("sumber", "tanggal_data", "kel")
    listed = ctx.baris.filter("daftar", "terbaru").with_columns(kel=pl.coalesce("id_keluarga", "no_kk"))
    listed = listed.filter(pl.col("kel").is_not_null(), pl.len().over(unit) <= ctx.p.anggota_wajar_maks.nilai)
    mine = twice.explode("baris", empty_as_null=False).join(
        listed.select("kel", baris="baris_id"), on="baris", how="inner"
    )
    members = mine.select("orang", *unit).unique().join(
        listed.select(*unit, anggota="orang"), on=unit, how="inner", nulls_equal=True
    )  # fmt: skip
    paid = ctx.bayar.select("program", "bayar_id", anggota="orang")
    return (
        members.join(paid, on="anggota", how="inner")
        .group_by("orang", "sumber", "tanggal_data", "program")
        .agg(pl.col("kel").n_unique(), pl.col("bayar_id").n_unique(), pl.col("anggota").n_unique())
        .filter(pl.col("kel") > 1, pl.col("bayar_id") > 1, pl.col("anggota") > 1)
        .select("orang", "sumber", "tanggal_data")
        .unique()
    )


@rule(
    kode="ST29",
    judul=N_("One person under two ART ids of the DTKS"),
    tingkat="TINGGI",
    dasar=N_("A person has one place in the DTKS (staleness rules)"),
    tanda="P",
    bukti=N_("the two rows with their ART ids"),
    tindakan=N_("Visit; keep one entry, have the other closed at Pusdatin."),
    ringkas=N_("{nama} stands {n} times in one edition of {sumber}, under different ART ids."),
    alias=("GANDA_DAFTAR",),
    butuh=(("dtks",),),
    kolom=("id_art", "nik", "nama", "no_kk"),
)
def two_art_ids(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS persons with two ART ids in one edition; ST40 is another name of it when NIK and families say so."""
    del tables
    found = ctx.once("ganda", _twice).filter(pl.col("sumber") == "dtks", pl.col("art") > 1)
    also = pl.when("sama_nik").then(pl.lit(["ST40", "NIK_GANDA"])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
    return _severity(found, ctx).with_columns(alias_lain=also)


@rule(
    kode="ST40",
    judul=N_("One NIK in two families of a register"),
    tingkat="TINGGI",
    dasar=N_("A person belongs to one family (staleness rules)"),
    tanda="P",
    bukti=N_("the rows of both families with source and date"),
    tindakan=N_("Visit; decide which family is right, have the other entry closed."),
    ringkas=N_("{nama} stands {n} times in one edition of {sumber}, in different families under one NIK."),
    alias=("NIK_GANDA", "GANDA_DAFTAR"),
    kolom=("nik", "nama", "id_keluarga", "no_kk"),
)
def nik_in_two_families(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Persons twice in one edition, in two families under the same valid NIK, where ST29 does not say it already."""
    del tables
    found = ctx.once("ganda", _twice).filter("sama_nik", ~((pl.col("sumber") == "dtks") & (pl.col("art") > 1)))
    return _severity(found, ctx)


@rule(
    kode="GANDA_DAFTAR",
    judul=N_("One person twice in a register"),
    tingkat="SEDANG",
    dasar=N_("Duplicate entries (findings of BPK and KPK)"),
    tanda="P",
    bukti=N_("the rows of the person in one edition"),
    tindakan=N_("Compare the rows with the KTP and KK; keep one."),
    ringkas=N_("{nama} stands {n} times in one edition of {sumber}."),
    kolom=("nik", "nama", "tanggal_lahir", "id_keluarga", "no_kk"),
)
def twice_in_register(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Persons twice in one edition that neither ST29 nor ST40 tells of."""
    del tables
    return ctx.once("ganda", _twice).filter(~pl.col("sama_nik"), ~((pl.col("sumber") == "dtks") & (pl.col("art") > 1)))


def _severity(found: pl.LazyFrame, ctx: Context) -> pl.LazyFrame:
    """KRITIS when two of the families the person stands in are paid by one programme, else TINGGI."""
    paid = _both_paid(ctx, found).with_columns(tingkat=pl.lit("KRITIS"))
    return found.join(paid, on=("orang", "sumber", "tanggal_data"), how="left", nulls_equal=True)
