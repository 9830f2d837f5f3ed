"""N09, N10, ST56, ST57: name, sex and birth date that the NIK of the same person contradicts."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables, kept
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_
from rules.identity import parameters as identity_parameters

_NIK_HOLDS = N_("The NIK holds the birth date, the day raised by 40 for women (identity rules)")
_LETTERS = 4  # a shorter name has no likeness to measure: EM, EEM


@rule(
    kode="N09",
    judul=N_("Sex is not that of the NIK"),
    tingkat="SEDANG",
    dasar=_NIK_HOLDS,
    tanda="F",
    bukti=N_("sex and NIK of the row"),
    tindakan=N_("Correct the sex; it is typed wrong more often than the NIK."),
    ringkas=N_("The sex of {nama} in {sumber} is not that of the NIK."),
    kolom=("nik", "jenis_kelamin"),
    per_berkas=True,
)
def sex_against_nik(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows with a usable NIK of the other sex that holds the person's own birth date, else the NIK may be another's."""
    del tables
    other = ctx.bendera.filter(pl.col("kode").is_in(["N10", "N14"])).select("baris_id")
    flagged = ctx.bendera.filter(pl.col("kode") == "N09").select("baris_id").unique()
    rows = ctx.baris.filter(pl.col("nik").is_not_null(), pl.col("lahir").is_not_null())
    rows = rows.join(flagged, on="baris_id", how="semi").join(other, on="baris_id", how="anti")
    return rows.select(baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))


def _corrected(ctx: Context) -> pl.LazyFrame:
    """Rows with N10 whose birth date Dukcapil confirms under the same NIK: `orang`, `baris_id`, `bukti`.

    A default day is confirmed by nobody, and a NIK a generation away is that of a parent.
    """
    flagged = ctx.bendera.filter(pl.col("kode") == "N10").select("baris_id").unique()
    default = pl.col("lahir").dt.strftime("%d-%m").is_in(identity_parameters().nik.tanggal_bawaan)
    stated = pl.col("nik").str.slice(10, 2).cast(pl.Int32, strict=False)
    years = (pl.col("lahir").dt.year() % 100 - stated).abs()
    near = pl.min_horizontal(years, 100 - years) < ctx.p.selisih_anak_min_tahun.nilai
    rows = ctx.baris.filter(pl.col("nik").is_not_null(), pl.col("lahir").is_not_null())
    rows = rows.select("baris_id", "orang", "sumber", "nik", "lahir")
    duk = rows.filter(pl.col("sumber") == "dukcapil").select("orang", "nik", "lahir", bukti="baris_id")
    # Few: what is asked of the dates is dear.
    confirmed = kept(rows.join(flagged, on="baris_id", how="semi").join(duk, on=["orang", "nik", "lahir"]))
    return confirmed.filter(~default, near)


@rule(
    kode="N10",
    judul=N_("Birth date is not that of the NIK"),
    tingkat="INFO",
    dasar=_NIK_HOLDS,
    tanda="F",
    bukti=N_("birth date and NIK of the row"),
    tindakan=N_(
        "Compare with the KTP; correct the birth date or the NIK. A date corrected at Dukcapil is lawful (ST57)."
    ),
    ringkas=N_("The birth date of {nama} in {sumber} is not that of the NIK."),
    kolom=("nik", "tanggal_lahir"),
    per_berkas=True,
)
def birth_against_nik(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows with a usable NIK and another birth date; SEDANG where nothing of it agrees: it may be another's NIK.

    Left out: Dukcapil itself, which may correct a date under the same NIK, and dates that Dukcapil confirms (ST57).
    """
    del tables
    rows = ctx.baris.filter(pl.col("nik").is_not_null(), pl.col("lahir").is_not_null(), pl.col("sumber") != "dukcapil")
    graded = ctx.bendera.filter(pl.col("kode") == "N10").group_by("baris_id").agg(
        berat=(pl.col("rinci") == "N10:lain").any()
    )  # fmt: skip
    found = rows.join(graded, on="baris_id").join(_corrected(ctx), on="baris_id", how="anti")
    level = pl.when("berat").then(pl.lit("SEDANG")).otherwise(pl.lit("INFO"))
    return found.sort("baris_id").select(baris=pl.concat_list("baris_id"), tingkat=level, peluang=pl.lit(1.0))


@rule(
    kode="ST57",
    judul=N_("Birth date corrected at Dukcapil, NIK kept"),
    tingkat="INFO",
    dasar=N_("A later correction of the birth date does not change the NIK (identity rules)"),
    tanda="F",
    bukti=N_("NIK and the birth dates of the list and of Dukcapil"),
    tindakan=N_("No error: note it; the NIK stays."),
    ringkas=N_("The birth date of {nama} was corrected; {sumber} and Dukcapil agree, and the NIK keeps the old one."),
    butuh=(("dukcapil",),),
    kolom=("nik", "tanggal_lahir"),
)
def birth_corrected(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Persons whose list and Dukcapil state one birth date under one NIK that holds another."""
    del tables
    found = _corrected(ctx).filter(pl.col("sumber") != "dukcapil")
    return found.group_by("orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").unique().sort()
    )


def _shared_word(pairs: pl.LazyFrame, least: float) -> pl.LazyFrame:
    """`baris_id` of pairs (nama, nama_duk) that may be one name after all.

    They share a word, mistyped or as an initial; they are one word written in two; or both are a single word, as
    whoever has two names may drop either. A name of a few letters has no likeness to measure.
    """
    plain = {name: pl.col(column).str.to_uppercase().str.replace_all("OE", "U").str.extract_all(r"[A-Z]+")
             for name, column in (("kata", "nama"), ("kata_duk", "nama_duk"))}  # fmt: skip
    listed = pairs.select("baris_id", **plain)
    full = [pl.col(name).list.eval(pl.element().str.len_chars() > 2).list.sum() for name in plain]
    joined = listed.select("baris_id", a=pl.col("kata").list.join(""), b=pl.col("kata_duk").list.join(""))
    joined = joined.with_columns(name_similarity("a", "b"))
    few = pl.any_horizontal(pl.col("a", "b").str.len_chars() < _LETTERS)
    each = listed.explode("kata", empty_as_null=False).explode("kata_duk", empty_as_null=False)
    each = each.with_columns(name_similarity("kata", "kata_duk"))
    begins = pl.col("kata").str.starts_with(pl.col("kata_duk")) | pl.col("kata_duk").str.starts_with(pl.col("kata"))
    parts = (
        listed.filter(pl.max_horizontal(full) < 2),
        joined.filter(few | (pl.col("kemiripan") >= least)),
        each.filter(begins | (pl.col("kemiripan") >= least)),
    )
    return pl.concat([part.select("baris_id") for part in parts]).unique()


@rule(
    kode="ST56",
    judul=N_("Name changed by more than typing under one NIK"),
    tingkat="TINGGI",
    dasar=N_("Names less alike than the limit of parameters.toml are other names (staleness rules; assumed)"),
    tanda="A",
    bukti=N_("names per source under one NIK"),
    tindakan=N_("Ask for the KTP: another name of the person, or a NIK typed on the wrong person?"),
    ringkas=N_("{nama} has quite another name under the same NIK in {sumber_bukti}."),
    butuh=(("dukcapil",),),
    kolom=("nama", "nik", "tanggal_lahir"),
)
def other_name(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Register rows whose name is unlike that of the same person and NIK at Dukcapil, in every form Dukcapil writes it.

    Two persons under one NIK are N12's; yet rows of one birth date on one card are one person, even where the linkage
    left them apart for the name.
    """
    del tables
    rows = ctx.baris.filter("daftar", "terbaru", pl.col("nik").is_not_null(), pl.col("nama").is_not_null())
    duk = rows.filter(pl.col("sumber") == "dukcapil").select(
        "nik", orang_duk="orang", nama_duk="nama", lahir_duk="lahir", kk_duk="no_kk", bukti="baris_id"
    )
    pairs = rows.filter(pl.col("sumber") != "dukcapil").select("orang", "nik", "nama", "lahir", "no_kk", "baris_id")
    pairs = pairs.join(duk, on="nik").filter(pl.col("nama") != pl.col("nama_duk"))
    one_home = (pl.col("lahir") == pl.col("lahir_duk")) & (pl.col("no_kk") == pl.col("kk_duk"))
    pairs = pairs.filter((pl.col("orang") == pl.col("orang_duk")) | one_home.fill_null(value=False))
    pairs = pairs.with_columns(name_similarity("nama", "nama_duk"))
    far = pl.col("kemiripan") < ctx.p.kemiripan_nama_min.nilai
    pairs = pairs.filter(far.all().over("baris_id").fill_null(value=False))
    pairs = pairs.join(_shared_word(pairs, ctx.p.kata_sama_min.nilai), on="baris_id", how="anti")
    return pairs.group_by("orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").unique().sort()
    )
