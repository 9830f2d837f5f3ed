"""ST06, ST46, ST63: people whom a list lacks. Absence proves little: never more than INFO, told with the coverage."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables
from rules.findings.registry import rule
from rules.i18n import N_
from rules.kk import kk_issue_date

_FAMILY = ("tanggal_data", "id_keluarga")
_ABSENCE = N_("Absence from a list is no evidence of anything by itself; the coverage of the list is stated (assumed)")


def _coverage(ctx: Context, source: str) -> int:
    """Per cent of the living people of the other registers who stand in `source` too."""
    rows = ctx.baris.filter("daftar", "terbaru", ~pl.col("pergi"))
    there = rows.filter(pl.col("sumber") == source).select("orang").unique()
    others = rows.filter(pl.col("sumber") != source).select("orang").unique()
    both = others.join(there.with_columns(ada=pl.lit(value=True)), on="orang", how="left")
    share = both.select(pl.col("ada").is_not_null().mean()).collect().item()
    return round(100 * (share or 0))


def _maybe(ctx: Context, sources: pl.Expr) -> pl.LazyFrame:
    """People (orang) who may stand in a list under rows that the linkage left apart: a doubtful pair leads there."""
    there = ctx.baris.filter(sources).select(orang_kanan="orang").unique()
    return ctx.tinjau.join(there, on="orang_kanan", how="semi").select(orang="orang_kiri").unique()


def _dukcapil_cards(ctx: Context) -> pl.LazyFrame:
    """The living on Dukcapil cards of one head: orang, no_kk, baris_id, tanggal_data."""
    card = ctx.kartu_terbaru.filter(
        pl.col("sumber") == "dukcapil", pl.col("kepala") == 1, ~pl.col("pergi"),
        pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai,
    )  # fmt: skip
    return card.join(ctx.mati, on="orang", how="anti").select("orang", "no_kk", "baris_id", "tanggal_data")


@rule(
    kode="ST06",
    judul=N_("Family with a KK of its own that stands in no list"),
    tingkat="INFO",
    dasar=N_("A new KK gives no entitlement; a family enters the DTKS through the musdes only (seed document)"),
    tanda="S",
    bukti=N_("the card at Dukcapil; coverage of the other lists"),
    tindakan=N_("Tell the family about the musdes; propose it where it is poor."),
    ringkas=N_(
        "None of the {n} people on the KK of {nama}, issued in {terbit}, stands in another list of this run (the DTSEN "
        "or survey in it has {cakupan} % of the people of the others)."
    ),
    butuh=(("dukcapil",), ("dtks",), ("dtsen", "regsosek")),
    kolom=("nama", "no_kk", "hub_kk"),
)
def in_no_list(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Cards of the last `kk_baru_tahun` years with two or more living people, of whom no other list has anybody.

    Nobody on the card may be known elsewhere, nor its number: a head entered twice, or known dead, is known.
    """
    del tables
    card = ctx.once("kartu_dukcapil", _dukcapil_cards)
    other = ctx.baris.filter(pl.col("sumber") != "dukcapil")
    people = pl.concat([other.select("orang"), _maybe(ctx, pl.col("sumber") != "dukcapil")]).unique()
    written = ctx.kartu.filter(pl.col("sumber") == "dukcapil").select("orang", "no_kk")
    seen = pl.concat([written.join(people, on="orang", how="semi").select("no_kk"), other.select("no_kk").drop_nulls()])
    unseen = card.join(seen.unique(), on="no_kk", how="anti")
    source = "dtsen" if "dtsen" in ctx.sources else "regsosek"
    today = ctx.tanggal_acuan or ctx.p.tanggal_terakhir.nilai
    issued = kk_issue_date(pl.col("no_kk"), today)
    young = (issued.dt.offset_by(f"{ctx.p.kk_baru_tahun.nilai}y") > pl.col("tanggal_data")).fill_null(value=False)
    return (
        unseen.filter(young)
        .group_by("no_kk", maintain_order=True)
        .agg(baris="baris_id", orang_beda=pl.col("orang").n_unique(), terbit=issued.dt.year().first())
        .filter(pl.col("orang_beda") > 1)
        .select(
            "baris", "terbit", cakupan=pl.lit(_coverage(ctx, source)), keluarga_id=pl.format("dukcapil:KK:{}", "no_kk")
        )
    )


@rule(
    kode="ST46",
    judul=N_("One member of a KK in the DTKS, the others absent"),
    tingkat="INFO",
    dasar=N_("KPK 2020-21: one member of a KK in the DTKS, the rest dropped for want of a NIK"),
    tanda="P",
    bukti=N_("the card at Dukcapil; the one DTKS row of it"),
    tindakan=N_("Ask who lives with the person; add the members with their NIKs."),
    ringkas=N_(
        "{nama} stands alone in the DTKS; {lain} more people on the KK at Dukcapil are in none of its families (the "
        "DTKS has {cakupan} % of the people of the other lists)."
    ),
    butuh=(("dtks",), ("dukcapil",)),
    kolom=("nama", "no_kk", "hub_kk"),
)
def alone_in_dtks(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS families of one person whose Dukcapil card has others, none of them in the DTKS under any row.

    A survey must have met the person and one of the others: whom Dukcapil alone knows may be dead or gone without a
    record.
    """
    del tables
    alone = ctx.dtks_tunggal.filter(pl.col("orang").n_unique().over(_FAMILY) == 1, ~pl.col("pergi"))
    card = ctx.once("kartu_dukcapil", _dukcapil_cards)
    met = ctx.baris.filter(pl.col("sumber").is_in(["p3ke", "regsosek", "dtsen"]), ~pl.col("pergi"))
    met = met.select("orang", ditemui=pl.lit(value=True)).unique()
    mine = (
        alone.select("orang", *_FAMILY, baris="baris_id")
        .join(card.select("orang", "no_kk", bukti="baris_id"), on="orang")
        .join(met, on="orang", how="semi")
    )
    listed = pl.concat([ctx.dtks.select("orang"), _maybe(ctx, pl.col("sumber") == "dtks")]).unique()
    beside = mine.select("no_kk", saya="orang").join(card, on="no_kk").filter(pl.col("orang") != pl.col("saya"))
    beside = beside.join(listed.with_columns(ada=pl.lit(value=True)), on="orang", how="left")
    beside = beside.join(met, on="orang", how="left")
    absent = beside.group_by("saya").agg(
        ada=pl.col("ada").is_not_null().any(),
        ditemui=pl.col("ditemui").is_not_null().any(),
        lain=pl.col("orang").n_unique(),
        bukti_lain="baris_id",
    )
    found = mine.join(absent.filter(~pl.col("ada"), "ditemui"), left_on="orang", right_on="saya")
    return found.group_by("orang", maintain_order=True).agg(
        pl.col("baris").unique().sort(), pl.col("lain").first(),
        bukti_baris=pl.concat_list(pl.col("bukti").implode(), pl.col("bukti_lain").list.explode().implode())
        .first().list.unique(),
        cakupan=pl.lit(_coverage(ctx, "dtks")),
        keluarga_id=pl.format("dtks:DTKS:{}", pl.col("id_keluarga").first()),
    )  # fmt: skip


@rule(
    kode="ST63",
    judul=N_("DTKS family not carried over into DTSEN"),
    tingkat="INFO",
    dasar=_ABSENCE,
    tanda="P",
    bukti=N_("the DTKS rows of the family; coverage of DTSEN"),
    tindakan=N_("Find the reason: no valid NIK, dead, moved or not poor; propose the family anew where it is."),
    ringkas=N_(
        "None of the {n} DTKS rows of the family of {nama} has a person in DTSEN (it has {cakupan} % of the people of "
        "the other lists)."
    ),
    butuh=(("dtks",), ("dtsen",)),
    kolom=("nama", "nik", "no_kk"),
)
def not_carried_over(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS families of which DTSEN has no member, no doubtful pair and none of the written KK numbers."""
    del tables
    rows = ctx.dapur.select(*_FAMILY, "orang", "no_kk", "baris_id", "pergi")
    dtsen = ctx.baris.filter(pl.col("sumber") == "dtsen")
    people = pl.concat([dtsen.select("orang"), _maybe(ctx, pl.col("sumber") == "dtsen")]).unique()
    by_card = rows.join(dtsen.select("no_kk").drop_nulls().unique(), on="no_kk", how="semi")
    there = pl.concat([rows.join(people, on="orang", how="semi").select(_FAMILY), by_card.select(_FAMILY)]).unique()
    lost = rows.join(there, on=_FAMILY, how="anti", nulls_equal=True)
    return (
        lost.group_by(_FAMILY, maintain_order=True)
        .agg(baris="baris_id", habis=pl.col("pergi").all())
        .filter(~pl.col("habis"))
        .select("baris", cakupan=pl.lit(_coverage(ctx, "dtsen")), keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
    )
