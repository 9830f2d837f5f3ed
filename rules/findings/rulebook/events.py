"""ST10, ST50-ST53, ST60: deaths, births, moves and age that a list does not know of."""

from __future__ import annotations

import polars as pl

from rules.findings.context import KK_SOURCES, TELLS_DEATH, Context, LazyTables, kept, kk_in_register
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_

_FAMILY = ("tanggal_data", "id_keluarga")


@rule(
    kode="ST10",
    judul=N_("Head of a DTKS family is dead and no other head named"),
    tingkat="KRITIS",
    dasar=N_("The KK gets a new number and head when the head dies (civil registration rules)"),
    tanda="A",
    bukti=N_("death with source and date; heads of the family in the DTKS"),
    tindakan=N_("Name a successor (spouse, eldest) or end the record; a new KK is required."),
    ringkas=N_("{nama} died ({sumber_bukti}) and is still the only head of the family in {sumber}."),
    butuh=(("dtks",), TELLS_DEATH),
    kolom=("hub_krt", "hub_kk", "keberadaan", "tanggal_status"),
)
def dead_head(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS families whose heads are all dead elsewhere, while the DTKS row itself is active."""
    del tables
    head = pl.coalesce("hub_krt", "hub_kk") == "KEPALA"
    dead = ctx.mati
    heads = ctx.dtks.filter(head).join(dead, on="orang", how="left")
    gone = heads.filter((pl.col("bukti_baris").is_not_null() | pl.col("pergi")).all().over(_FAMILY))
    return (
        gone.filter(~pl.col("pergi"), pl.col("bukti_baris").is_not_null())
        .group_by("orang", maintain_order=True)
        .agg(baris="baris_id", bukti_baris=pl.col("bukti_baris").list.explode().unique().sort())
    )


@rule(
    kode="ST50",
    judul=N_("Birth not recorded in the DTKS"),
    tingkat="SEDANG",
    dasar=N_("Children of 0-6 years are a PKH component and entitled to PBI with the family"),
    tanda="A",
    bukti=N_("the child's row and KK in the other register"),
    tindakan=N_("Add the member with the birth act (PKH component, PBI)."),
    ringkas=N_("{nama}, born {tahun}, is on the KK of a DTKS family in {sumber} but not in the DTKS."),
    butuh=(("dtks",), KK_SOURCES),
    kolom=("nama", "no_kk", "tanggal_lahir", "hub_kk"),
)
def birth_missing(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Small children on a card with a DTKS member who are nobody's row of the DTKS.

    A row of that DTKS family with the same birth date or a like name may be the child unlinked: then no finding.
    """
    del tables
    listed = ctx.dapur.select("orang", "keluarga_ke")
    # A card with two heads is two families under one number, so nobody is known to live with anybody.
    card = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(KK_SOURCES), ~pl.col("mati"), pl.col("kepala") < 2)
    born = pl.coalesce("lahir", "tanggal_lahir")
    years = (pl.col("tanggal_data") - born).dt.total_days() / 365.25  # 0-6 when that register listed the child
    small = card.filter(years.is_between(0, ctx.p.balita_maks_tahun.nilai + 1, closed="left"), ~pl.col("pergi"))
    small = small.filter(~ctx.among(ctx.dtks)).select(
        "orang", "nama", "lahir", "tanggal_lahir", "baris_id", kartu_daftar=kk_in_register()
    )
    known = card.select("orang", kartu_daftar=kk_in_register(), bukti="baris_id").join(listed, on="orang")
    found = kept(small.join(known.drop("orang"), on="kartu_daftar"))
    family = found.select("baris_id", "nama", "lahir", "keluarga_ke").unique(["baris_id", "keluarga_ke"])
    rows = ctx.dapur.select("keluarga_ke", nama_dtks="nama", lahir_dtks="lahir")
    near = family.join(rows, on="keluarga_ke")
    near = near.with_columns(name_similarity("nama", "nama_dtks"))
    apart = (pl.col("lahir") - pl.col("lahir_dtks")).dt.total_days().abs()
    alike = pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai
    maybe = near.filter(
        (apart == 0).fill_null(value=False) | (alike & (apart < 3 * 366).fill_null(value=True)).fill_null(value=False)
    )
    return (
        found.join(maybe, on="baris_id", how="anti")
        .group_by("orang", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bukti_baris=pl.col("bukti").unique().sort(),
            tahun=pl.col("tanggal_lahir").dt.year().min(),
        )
    )


@rule(
    kode="ST51",
    judul=N_("Dead person still active in a list"),
    tingkat="TINGGI",
    dasar=N_("The dead are not payable (BPK findings 2021-2025); Dukcapil states the death, Regsosek reports it"),
    tanda="F",
    bukti=N_("death with source and date; every active row; payments after the death"),
    tindakan=N_("Ask for the death certificate; stop the payment; see ST10 for the successor."),
    ringkas=N_("{nama} is dead according to {sumber_bukti} but active in {sumber}."),
    alias=("MENINGGAL", "D01"),
    butuh=(TELLS_DEATH,),
    kolom=("keberadaan", "tanggal_status", "nik", "nama", "tanggal_lahir"),
)
def dead_active(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Active rows of the dead in registers, and payments for periods that begin after the death.

    Payees of the review band are told apart with the probability of their pair and never held.
    """
    del tables
    dead = ctx.mati
    active = (
        ctx.baris.filter(pl.col("sumber").is_in(["dtks", "p3ke", "regsosek", "dtsen"]), ~pl.col("pergi"))
        .join(dead.select("orang"), on="orang", how="semi")
        .select("orang", "baris_id", bayar_id=pl.lit(None, dtype=pl.String))
    )
    paid = (
        ctx.bayar.join(dead, on="orang", how="inner")
        .filter(pl.col("periode_awal") > pl.col("meninggal"))
        .select("orang", "baris_id", "bayar_id", keluarga=pl.col("satuan") == "KELUARGA")
    )
    official = ctx.baris.filter(pl.col("sumber") == "dukcapil", "terbaru", "mati").select(
        "orang", resmi=pl.lit(value=True)
    )
    sure = (
        pl.concat([active, paid], how="diagonal")
        .group_by("orang", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bayar=pl.col("bayar_id").drop_nulls().unique().sort(),
            dibayar=pl.col("bayar_id").is_not_null().any(),
            pengurus=pl.col("keluarga").any(),
        )
        .join(official.unique(), on="orang", how="left", maintain_order="left")
        .with_columns(  # a dead payee is not payable (N16), and of a family programme he was the pengurus (ST72)
            alias_lain=pl.concat_list(
                pl.when("dibayar", pl.col("resmi").is_not_null()).then(pl.lit("N16")),
                pl.when("pengurus").then(pl.lit("ST72")),
            ).list.drop_nulls()
        )
        .join(dead.select("orang", "bukti_baris"), on="orang", how="left")
        .with_columns(
            tingkat=pl.when(pl.col("bayar").list.len() > 0).then(pl.lit("KRITIS")).otherwise(pl.lit("TINGGI")),
            peluang=pl.lit(None, dtype=pl.Float64),
        )
    )
    unsure = (
        ctx.tinjau.join(dead, left_on="orang_kiri", right_on="orang", how="inner")
        .join(ctx.bayar, left_on="orang_kanan", right_on="orang", how="inner", suffix="_bayar")
        .filter(pl.col("periode_awal") > pl.col("meninggal"))
        .group_by("orang_kiri", "orang_kanan", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bayar=pl.col("bayar_id").unique().sort(),
            bukti_baris=pl.col("bukti_baris").first(),
            peluang=pl.col("peluang").max(),
        )
        .with_columns(tingkat=pl.lit("TINGGI"), alias_lain=pl.lit([], dtype=pl.List(pl.String)))
    )
    columns = ("baris", "bukti_baris", "bayar", "peluang", "tingkat", "alias_lain")
    return pl.concat([sure.select(columns), unsure.select(columns)])


def _full_desa() -> pl.Expr:
    """The code of the desa as a number where a row states one."""
    code = pl.col("kode_wilayah")
    return pl.when(code.str.len_chars() == 10).then(code).cast(pl.UInt64, strict=False)


def _with_desa(rows: pl.LazyFrame, unit: str, name: str) -> pl.LazyFrame:
    """`rows` with the desa most rows of each unit (a number) state, the first by code of equally frequent ones."""
    rows = kept(rows.with_columns(_desa=_full_desa()))
    stated = rows.select(unit, desa="_desa").drop_nulls()
    ends = kept(stated.group_by(unit).agg(desa=pl.col("desa").min(), lain=pl.col("desa").max()))
    torn = stated.join(ends.filter(pl.col("desa") != pl.col("lain")), on=unit, how="semi")  # few: a mode is dear
    most = pl.concat([
        ends.filter(pl.col("desa") == pl.col("lain")).drop("lain"),
        torn.group_by(unit).agg(pl.col("desa").mode().sort().first()),
    ])  # fmt: skip
    return rows.join(most.rename({"desa": name}), on=unit, how="left", maintain_order="left")


@rule(
    kode="ST52",
    judul=N_("Person lives in another desa than the DTKS says"),
    tingkat="TINGGI",
    dasar=N_("Residence follows Dukcapil and the newest survey (staleness rules)"),
    tanda="P",
    bukti=N_("kode wilayah of both rows, in one scheme, with source and date"),
    tindakan=N_("Ask for the letter of move; hand the record over to the new desa."),
    ringkas=N_("{nama} lives in another desa or has moved away according to {sumber_bukti}."),
    alias=("PINDAH",),
    butuh=(("dtks",), KK_SOURCES),
    kolom=("kode_wilayah", "keberadaan", "tanggal_status"),
)
def moved(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS persons whom a source not older than the DTKS row puts into another desa, or calls moved.

    The desa of a row is that of most of its family in that source, so one mistyped code moves nobody. When a source
    at least as new agrees with the DTKS, nothing is said.
    """
    del tables
    columns = ("orang", "baris_id", "tanggal_data", "kode_wilayah")
    here = _with_desa(ctx.dtks.filter(~pl.col("pergi")).select("keluarga_ke", *columns), "keluarga_ke", "desa")
    mine = kept(here.select("orang", "baris_id", "desa", tanggal_dtks="tanggal_data"))
    rows = ctx.baris_kartu.filter(pl.col("sumber").is_in(KK_SOURCES), "terbaru", ~pl.col("mati"))
    rows = rows.select(*columns, "keberadaan", "register", kartu_daftar=kk_in_register())
    there = (
        _with_desa(rows, "kartu_daftar", "desa_lain")
        .filter(ctx.among(mine))
        .with_columns(desa_lain=pl.when(pl.col("kartu_daftar").is_null()).then("_desa").otherwise("desa_lain"))
        .sort("tanggal_data", "baris_id", descending=[True, False])
        .unique(["orang", "register"], keep="first", maintain_order=True)
        .select(
            "orang", "desa_lain", bukti="baris_id", tanggal_lain="tanggal_data",
            keluar=pl.col("keberadaan").is_in(["PINDAH", "LUAR_NEGERI"]).fill_null(value=False),
            rantau=(pl.col("keberadaan") == "LUAR_NEGERI").fill_null(value=False),
        )
    )  # fmt: skip
    both = kept(
        mine.join(there, on="orang", how="inner").filter(
            (pl.col("tanggal_lain") >= pl.col("tanggal_dtks")).fill_null(value=True)
        )
    )
    away = pl.col("keluar") | (pl.col("desa") != pl.col("desa_lain")).fill_null(value=False)
    agrees = (~pl.col("keluar") & (pl.col("desa") == pl.col("desa_lain"))).fill_null(value=False)
    last_away = pl.col("tanggal_lain").filter(away).max().over("baris_id")
    last_home = pl.col("tanggal_lain").filter(agrees).max().over("baris_id")
    told = both.filter(away).select("baris_id").unique()  # few, and only of these it matters who agrees
    return (
        both.join(told, on="baris_id", how="semi", maintain_order="left")
        .with_columns(tetap=(last_home >= last_away).fill_null(value=False))
        .filter(away, ~pl.col("tetap"))
        .group_by("orang", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bukti_baris=pl.col("bukti").unique().sort(),
            # Abroad for work: still of the family, but no person that PKH counts.
            alias_lain=pl.when(pl.col("rantau").any()).then(pl.lit("ST54")).implode().list.drop_nulls(),
        )
    )


@rule(
    kode="ST53",
    judul=N_("Not found in the field"),
    tingkat="TINGGI",
    dasar=N_("Regsosek question 404 = 6 (not found) or 205 = 5 (family moved, building gone)"),
    tanda="P",
    bukti=N_("the Regsosek row"),
    tindakan=N_("Visit, ask the neighbours, put it into the musdes minutes."),
    ringkas=N_("Regsosek did not find {nama}, whom {sumber} lists."),
    alias=("TIDAK_DIKENAL",),
    butuh=(("dtks",), ("regsosek",)),
    kolom=("keberadaan", "kode_wilayah"),
)
def not_found(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS persons whom Regsosek did not find."""
    del tables
    sought = ctx.baris.filter(pl.col("sumber") == "regsosek", "terbaru", pl.col("keberadaan") == "TIDAK_DITEMUKAN")
    proof = sought.group_by("orang").agg(bukti_baris="baris_id")
    return (
        ctx.dtks.filter(~pl.col("pergi"))
        .join(proof, on="orang", how="inner")
        .group_by("orang", maintain_order=True)
        .agg(baris="baris_id", bukti_baris=pl.col("bukti_baris").first())
    )


@rule(
    kode="ST60",
    judul=N_("Row not updated for a long time"),
    tingkat="SEDANG",
    dasar=N_("The DTKS was determined monthly, DTSEN every three months; the limit is assumed"),
    tanda="A",
    bukti=N_("date of the last update of the row"),
    tindakan=N_("Verify again before the next determination."),
    ringkas=N_("The row of {nama} in {sumber} was last updated {bulan} months before the reference date."),
    kolom=("tanggal_perbarui",),
    per_berkas=True,
)
def old_row(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows last updated more than `basi_bulan` months before the reference date."""
    del tables
    today = pl.lit(ctx.tanggal_acuan, dtype=pl.Date)
    old = pl.col("tanggal_perbarui").dt.offset_by(f"{ctx.p.basi_bulan.nilai}mo") < today
    very_old = pl.col("tanggal_perbarui").dt.offset_by(f"{ctx.p.basi_berat_bulan.nilai}mo") < today
    months = ((today - pl.col("tanggal_perbarui")).dt.total_days() / 30.4375).floor().cast(pl.Int32)
    return ctx.baris.filter(old.fill_null(value=False)).select(
        baris=pl.concat_list("baris_id"),
        bulan=months,
        tingkat=pl.when(very_old).then(pl.lit("TINGGI")).otherwise(pl.lit("SEDANG")),
        peluang=pl.lit(1.0),
        alias_lain=pl.when(pl.col("tanggal_perbarui") < pl.lit(ctx.p.stagnan_sebelum.nilai))
        .then(pl.lit(["ST61"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
    )
