"""EKSKLUSIF: one family (or person) paid in one month by two programmes that exclude each other."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables
from rules.findings.programme import exclusions
from rules.findings.registry import PAYMENTS, rule
from rules.findings.rulebook.recipients import on_two_cards, payments_due
from rules.i18n import N_


def _beside(ctx: Context) -> pl.LazyFrame:
    """Pairs of payments that exclude each other: those of `payments_due`, and of the other one `lain` and the like."""
    made = []
    for one, other, condition in exclusions(ctx.programmes):
        if not {one, other} <= ctx.paid:
            continue
        persons = {ctx.programmes[one].satuan, ctx.programmes[other].satuan} == {"ORANG"}
        unit = "orang" if persons else "keluarga"
        theirs = ctx.bayar.filter(pl.col("program") == other, pl.col("periode_awal").is_not_null()).select(
            unit, program_lain="program", orang_lain="orang", lain="bayar_id", baris_lain="baris_id",
            awal_lain="periode_awal", akhir_lain=pl.coalesce("periode_akhir", "periode_awal"),
        )  # fmt: skip
        if persons:
            theirs = theirs.with_columns(orang_lain="orang")
        end = pl.coalesce("periode_akhir", "periode_awal")
        both = payments_due(ctx, one, condition).filter(pl.col(unit).is_not_null()).join(theirs, on=unit)
        both = both.filter(pl.col("awal_lain") <= end, pl.col("periode_awal") <= pl.col("akhir_lain"))
        if not persons:
            kin = both.filter(pl.col("orang") != pl.col("orang_lain"))
            both = both.join(on_two_cards(ctx, kin), on=["orang", "orang_lain"], how="anti")
        made.append(both.select(sorted(both.collect_schema().names())))
    if not made:
        return pl.LazyFrame()
    return pl.concat(made).unique(["bayar_id", "lain"]).sort("bayar_id", "lain")


@rule(
    kode="EKSKLUSIF",
    judul=N_("Paid in one month by two programmes that exclude each other"),
    tingkat="TINGGI",
    dasar=N_("Programme rules, section 2: exclusion matrix, judged at the unit of the rule and in the same month"),
    tanda="F",
    bukti=N_("the payments of both programmes with period, card and amount; their KK"),
    tindakan=N_("Let the village decide which programme the family keeps."),
    ringkas=N_("{nama} is paid by {program_tulis} in months in which the family is paid by {lain_tulis}."),
    alias=("DUA_PROGRAM_EKSKLUSIF",),
    butuh=((PAYMENTS,),),
    kolom=("nik", "nama", "no_kk"),
)
def exclusive(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payments of two programmes to one family, of which either declares that it is not paid beside the other.

    One of two such payments is too much, and the village chooses which: the smaller one counts as rupiah at risk.
    """
    del tables
    pairs = _beside(ctx)
    if not pairs.collect_schema().names():
        return pairs
    amount = ctx.uang.lazy().select("bayar_id", rupiah=pl.col("nominal").fill_null(0))
    both = pairs.join(amount, on="bayar_id").join(
        amount.rename({"bayar_id": "lain", "rupiah": "rupiah_lain"}), on="lain"
    )
    first = pl.col("rupiah") <= pl.col("rupiah_lain")
    sides = ("program", "orang", "bayar_id", "baris"), ("program_lain", "orang_lain", "lain", "baris_lain")
    less = [pl.when(first).then(a).otherwise(b).alias(f"_{a}") for a, b in zip(*sides, strict=True)]
    more = pl.when(first).then("program_lain").otherwise("program").alias("_lain")
    told = both.with_columns(*less, more).sort("_program", "_orang", "_lain", "bayar_id", "lain")
    return (
        told.group_by("_program", "_orang", "_lain", maintain_order=True)
        .agg(
            baris=pl.concat_list("baris", "baris_lain").explode().unique().sort(),
            bayar=pl.col("_bayar_id").unique().sort(),
            bukti_bayar=pl.concat_list("bayar_id", "lain").explode().unique().sort(),
            periode_awal=pl.max_horizontal("periode_awal", "awal_lain").min(),
            periode_akhir=pl.min_horizontal(pl.coalesce("periode_akhir", "periode_awal"), "akhir_lain").max(),
        )
        .with_columns(
            program="_program",
            program_tulis=pl.col("_program").str.to_uppercase(),
            lain_tulis=pl.col("_lain").str.to_uppercase(),
        )
    )
