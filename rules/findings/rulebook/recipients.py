"""ST70, D02, D14: payments that the registers known at that time speak against. Flags to verify, but for ST70."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables, kept
from rules.findings.programme import Dated
from rules.findings.registry import PAYMENTS, rule
from rules.i18n import N_

_JOB_CODES = {
    "TNI": "D03", "POLRI": "D03", "PENSIUNAN": "D04", "BUMN": "D05", "BUMD": "D05", "PEJABAT": "D06",
    "PERANGKAT_DESA": "D07",
}  # fmt: skip
_WIDE = "ASN_TNI_POLRI_BUMN_PEJABAT"  # one code of Regsosek for all of them


def payments_due(ctx: Context, code: str, condition: Dated) -> pl.LazyFrame:
    """Payments of programme `code` whose period begins while `condition` is valid."""
    start = pl.col("periode_awal")
    valid = start >= condition.berlaku_dari
    if condition.berlaku_sampai is not None:
        valid &= start <= condition.berlaku_sampai
    return ctx.bayar.filter(pl.col("program") == code, valid).select(
        "program", "bayar_id", "orang", "keluarga", "periode_awal", "periode_akhir", baris="baris_id"
    )


def on_two_cards(ctx: Context, kin: pl.LazyFrame) -> pl.LazyFrame:
    """Of `kin` (orang, orang_lain) the pairs that were no family when the money was paid: on two cards then.

    `keluarga` is the family of today. The register nearest to the payment that has cards for both decides; the DTKS,
    whose cards may be years old, only for a payee whom no other register has: else one of them would know the other.
    """
    cards = ctx.kartu_terbaru.select("orang", "sumber", "no_kk", "tanggal_data")
    pairs = kept(kin.group_by("orang", "orang_lain").agg(pl.col("periode_awal").min()))
    away = (pl.col("tanggal_data") - pl.col("periode_awal")).dt.total_days().abs()
    told = (
        pairs.join(cards, on="orang")
        .join(cards.select("sumber", orang_lain="orang", kk_lain="no_kk"), on=["orang_lain", "sumber"])
        .sort("orang", "orang_lain", pl.col("sumber") == "dtks", away, "sumber", nulls_last=True)
        .unique(["orang", "orang_lain"], keep="first", maintain_order=True)
    )
    elsewhere = cards.filter(pl.col("sumber") != "dtks").select("orang", di_luar=pl.lit(value=True)).unique()
    told = told.join(elsewhere, on="orang", how="left", maintain_order="left")
    stale = (pl.col("sumber") == "dtks") & pl.col("di_luar").fill_null(value=False)
    return told.filter((pl.col("no_kk") != pl.col("kk_lain")) | stale).select("orang", "orang_lain")


def _told(found: pl.LazyFrame, *unit: str) -> pl.LazyFrame:
    """One raw finding per program and `unit`; the payments are shown, not counted: a flag makes no rupiah unlawful."""
    return found.group_by("program", *unit, maintain_order=True).agg(
        baris=pl.col("baris").unique().sort(),
        bukti_baris=pl.col("bukti").unique().sort(),
        bukti_bayar=pl.col("bayar_id").unique().sort(),
        periode_awal=pl.col("periode_awal").min(),
        periode_akhir=pl.col("periode_akhir").max(),
    )


@rule(
    kode="ST70",
    judul=N_("Paid although the base record is not active"),
    tingkat="KRITIS",
    dasar=N_("Payment to a deactivated record (finding class of BPK)"),
    tanda="P",
    bukti=N_("the inactive rows with source and date; payments for periods after it"),
    tindakan=N_("Hold the payment; ask the programme why the record was made inactive."),
    ringkas=N_("{nama} is paid by {program_tulis} although inactive according to {sumber_bukti}."),
    alias=("NONAKTIF_DIBAYAR",),
    butuh=((PAYMENTS,),),
    kolom=("nonaktif", "tanggal_status", "nama", "nik"),
)
def inactive_paid(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payments for periods that begin after every register that says so at all had called the payee inactive.

    The dead are ST51's: one fact has one code.
    """
    del tables
    said = ctx.baris.filter("daftar", "terbaru", pl.col("nonaktif").is_not_null())
    off = said.group_by("orang").agg(
        pl.col("nonaktif").all(), bukti=pl.col("baris_id").sort(),
        sejak=pl.coalesce("tanggal_status", "tanggal_data").max(), tahu=pl.col("tanggal_data").is_not_null().all(),
    )  # fmt: skip
    off = off.filter("nonaktif", "tahu").join(ctx.mati, on="orang", how="anti")
    found = ctx.bayar.join(off, on="orang").filter(pl.col("periode_awal") > pl.col("sejak"))
    return found.group_by("program", "orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").first(),
        bayar=pl.col("bayar_id").unique().sort(), periode_awal=pl.col("periode_awal").min(),
        periode_akhir=pl.col("periode_akhir").max(), program_tulis=pl.col("program").first().str.to_uppercase(),
    )  # fmt: skip


def _unmet(ctx: Context, kin: pl.LazyFrame) -> pl.LazyFrame:
    """Of `kin` the pairs of a payee whom surveys met, and a member whom none of them has on a card with him.

    Whom only an office or the DTKS keeps on the card may have died or left without a record.
    """
    cards = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(["regsosek", "dtsen"]), ~pl.col("pergi"))
    cards = kept(cards.select("orang", "sumber", "no_kk"))
    pairs = kin.select("orang", "orang_lain").unique().join(cards, on="orang")
    other = cards.select("sumber", "no_kk", orang_lain="orang", bersama=pl.lit(value=True))
    told = pairs.join(other, on=["orang_lain", "sumber", "no_kk"], how="left")
    return told.group_by("orang", "orang_lain").agg(pl.col("bersama").any()).filter(
        ~pl.col("bersama").fill_null(value=False)
    )  # fmt: skip


def _made_exact(newest: pl.LazyFrame, ordered: pl.LazyFrame) -> pl.LazyFrame:
    """`newest` with the newest exact occupation of who stands under the wide class of Regsosek, and the row of it."""
    exact = ordered.filter(pl.col("pekerjaan").is_in(["ASN", *_JOB_CODES]))
    exact = exact.unique("orang", keep="first", maintain_order=True).select("orang", tepat="pekerjaan", lain="baris_id")
    wide = pl.col("pekerjaan") == _WIDE
    return newest.join(exact, on="orang", how="left", maintain_order="left").with_columns(
        pekerjaan=pl.when(wide).then(pl.coalesce("tepat", "pekerjaan")).otherwise("pekerjaan"),
        baris_id=pl.when(wide).then(pl.coalesce("lain", "baris_id")).otherwise("baris_id"),
    )


@rule(
    kode="D02",
    judul=N_("Family of a recipient holds work that excludes from the programme"),
    tingkat="TINGGI",
    dasar=N_("Programme rules D02-D07: flags of BPK and KPK; the family may object"),
    tanda="F",
    bukti=N_("occupation with source and date; the payments"),
    tindakan=N_("Check the occupation with BKN or the village; the flag alone removes nobody."),
    ringkas=N_(
        "{nama} is paid by {program_tulis}; the family holds the occupation {pekerjaan_tulis} ({sumber_bukti})."
    ),
    alias=("ASN_TNI_POLRI",),
    butuh=((PAYMENTS,),),
    kolom=("pekerjaan", "nama", "no_kk"),
)
def excluded_work(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payees who hold, or live on a KK with somebody who held, an excluded occupation when the money was paid.

    By the newest word on that person that was known when the last period began, else by the first one after it: who
    becomes an official later makes no earlier payment doubtful.
    """
    jobs = tables.records.select("baris_id", "pekerjaan").drop_nulls("pekerjaan")
    # Who died or left is no member any more, whatever an older list still says of his work.
    left = ctx.baris.filter("daftar", "terbaru", pl.col("keberadaan").is_in(["MENINGGAL", "PINDAH"]))
    known = ctx.baris.filter("daftar", ~pl.col("pergi")).join(jobs, on="baris_id")
    known = known.join(left, on="orang", how="anti", maintain_order="left")
    made = []
    for code in sorted(ctx.paid & set(ctx.programmes)):
        begin = ctx.bayar.filter(pl.col("program") == code).select(pl.col("periode_awal").max()).collect().item()
        days = (pl.lit(begin, dtype=pl.Date) - pl.col("tanggal_data")).dt.total_days()
        ordered = kept(known.sort(days < 0, days.abs(), "baris_id", nulls_last=True))
        newest = _made_exact(ordered.unique("orang", keep="first", maintain_order=True), ordered)
        newest = newest.select("pekerjaan", "keluarga", orang_lain="orang", bukti="baris_id")
        for condition in ctx.programmes[code].pekerjaan:
            hit = newest.filter(pl.col("pekerjaan").is_in(list(condition.kelas)))
            due = payments_due(ctx, code, condition)
            own = hit.select("pekerjaan", "bukti", orang="orang_lain")
            made.append(due.join(own, on="orang"))
            if condition.cakupan == "KELUARGA":
                kin = due.join(hit, on="keluarga").filter(pl.col("orang") != pl.col("orang_lain"))
                for apart in (on_two_cards(ctx, kin), _unmet(ctx, kin)):
                    kin = kin.join(apart, on=["orang", "orang_lain"], how="anti", maintain_order="left")
                made.append(kin.select(made[-1].collect_schema().names()))
    if not made:
        return pl.LazyFrame()
    found = pl.concat(made)
    also = pl.col("pekerjaan_tulis").replace_strict(_JOB_CODES, default=None, return_dtype=pl.String)
    told = _told(found.rename({"pekerjaan": "pekerjaan_tulis"}), "orang", "pekerjaan_tulis")
    told = told.sort("program", "orang", "pekerjaan_tulis")  # a payee with two such jobs is one finding, of the first
    village = pl.when(pl.col("pekerjaan_tulis") == "PERANGKAT_DESA").then(pl.lit("APARAT_DESA"))
    return told.with_columns(
        alias_lain=pl.concat_list(also, village).list.drop_nulls(), program_tulis=pl.col("program").str.to_uppercase()
    )


@rule(
    kode="D14",
    judul=N_("Paid although the decile is above the limit of the programme"),
    tingkat="TINGGI",
    dasar=N_("Programme rules D14; the limit and its validity stand in the programme file"),
    tanda="F",
    bukti=N_("decile with source and date; the payments"),
    tindakan=N_("Ground check; the family may object to the decile."),
    ringkas=N_(
        "{nama} is paid by {program_tulis} in decile {desil_tulis}, above the limit of {maks} ({sumber_bukti})."
    ),
    alias=("DESIL_TINGGI",),
    butuh=((PAYMENTS,), ("dtsen", "p3ke", "regsosek", "dtks")),
    kolom=("desil", "nama", "no_kk"),
)
def decile_too_high(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payees ranked above the limit by the newest list that the programme names, known before the period began.

    Absence from the list says nothing, and a ranking made later makes no earlier payment wrong.
    """
    deciles = tables.records.select("baris_id", "desil").drop_nulls("desil")
    ranked = ctx.baris.filter("daftar", ~pl.col("pergi"), pl.col("tanggal_data").is_not_null()).join(
        deciles, on="baris_id"
    )
    made = []
    for code in sorted(ctx.paid & set(ctx.programmes)):
        for limit in ctx.programmes[code].desil:
            stated = ranked.filter(pl.col("sumber").is_in(list(limit.sumber)))
            now = stated.select("orang", "desil", "tanggal_data", bukti="baris_id")
            due = payments_due(ctx, code, limit).join(now, on="orang")
            due = due.filter(pl.col("tanggal_data") <= pl.col("periode_awal"))
            last = due.filter(pl.col("tanggal_data") == pl.col("tanggal_data").max().over("bayar_id"))
            made.append(
                last.filter((pl.col("desil") > limit.maks).all().over("bayar_id")).with_columns(maks=pl.lit(limit.maks))
            )
    if not made:
        return pl.LazyFrame()
    found = (
        pl.concat(made)
        .rename({"desil": "desil_tulis"})
        .with_columns(pl.col("desil_tulis").min().over("program", "orang"))
    )
    told = _told(found, "orang", "desil_tulis", "maks")
    return told.with_columns(program_tulis=pl.col("program").str.to_uppercase())
