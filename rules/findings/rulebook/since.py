"""ST07, ST62, D12: what has happened since a list was drawn up: a new card, a stale status, a move of a payee."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables
from rules.findings.registry import PAYMENTS, rule
from rules.findings.similar import digits_apart
from rules.i18n import N_
from rules.kk import kk_issue_date

_FAMILY = ("tanggal_data", "id_keluarga")
_SURVEYS = ("dtks", "p3ke", "regsosek", "dtsen")  # lists whose people somebody has seen; an office strikes off late
_TELLS_MOVE = ("dukcapil", "regsosek")


@rule(
    kode="ST07",
    judul=N_("KK of the whole family issued after the last update of the DTKS"),
    tingkat="SEDANG",
    dasar=N_("The date of issue stands in the KK number: digits 7-12 (identity rules)"),
    tanda="A",
    bukti=N_("the new number with its source; the date of the DTKS rows"),
    tindakan=N_("Ask for the KK; compare who lives in the family now with the DTKS."),
    ringkas=N_("The family of {nama} has a KK issued in {terbit}, after the last update in {sumber} ({sumber_bukti})."),
    butuh=(("dtks",), ("dukcapil", "dtsen")),
    kolom=("no_kk", "nama", "tanggal_perbarui"),
)
def newer_card(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS families all of whose members that a list of cards knows share one card of one head, younger than the rows.

    At least two members must be on it; a number a few digits from the one in the DTKS is a typing error.
    """
    del tables
    rows = ctx.dtks_tunggal.filter(~pl.col("pergi")).select(
        *_FAMILY, "orang", "no_kk", lama=pl.coalesce("tanggal_perbarui", "tanggal_data")
    )
    card = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(["dukcapil", "dtsen"]), ~pl.col("pergi"))
    card = card.select(
        "orang", "sumber", "kepala", kk_baru="no_kk", bukti="baris_id", tanggal_kk="tanggal_data",
    )  # fmt: skip
    on = rows.join(card, on="orang").with_columns(
        salah_ketik=(digits_apart("no_kk", "kk_baru") <= ctx.p.kk_salah_ketik_maks.nilai).fill_null(value=False)
    )
    one = on.group_by(*_FAMILY, "sumber", maintain_order=True).agg(
        pl.col("kk_baru").first(), pl.col("tanggal_kk").first(), pl.col("lama").max(), pl.col("salah_ketik").any(),
        kartu=pl.col("kk_baru").n_unique(), kepala=(pl.col("kepala") == 1).all(), n_orang=pl.col("orang").n_unique(),
        bukti=pl.col("bukti").sort(),
    )  # fmt: skip
    one = one.filter(pl.col("kartu") == 1, "kepala", ~pl.col("salah_ketik"), pl.col("n_orang") > 1)
    today = ctx.tanggal_acuan or ctx.p.tanggal_terakhir.nilai
    late = one.with_columns(terbit_hari=kk_issue_date(pl.col("kk_baru"), today)).filter(
        (pl.col("terbit_hari") > pl.col("lama")).fill_null(value=False),
        (pl.col("terbit_hari") <= pl.col("tanggal_kk")).fill_null(value=True),
    )
    whole = ctx.dtks.group_by(_FAMILY).agg(baris=pl.col("baris_id").sort())
    return (
        late.group_by(_FAMILY, maintain_order=True)
        .agg(bukti_baris=pl.col("bukti").list.explode().unique().sort(), terbit=pl.col("terbit_hari").dt.year().max())
        .join(whole, on=_FAMILY, how="left", nulls_equal=True)
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"), peluang=pl.lit(None, dtype=pl.Float64))
        .drop(_FAMILY)
    )


@rule(
    kode="ST62",
    judul=N_("Base record older than the payment stage"),
    tingkat="SEDANG",
    dasar=N_(
        "A list is determined anew before each stage: DTKS monthly, DTSEN every three months (the limit is assumed)"
    ),
    tanda="A",
    bukti=N_("newest register row of the payee known at the begin of the period, with its date"),
    tindakan=N_("Refresh the status of the record before the payment."),
    ringkas=N_(
        "{nama} is paid by {program_tulis}; the newest record of that time was {bulan} months old ({sumber_bukti})."
    ),
    butuh=((PAYMENTS,), ("dtks", "p3ke", "regsosek", "dtsen", "dukcapil")),
    kolom=("tanggal_perbarui", "keberadaan"),
    per_berkas=True,
)
def stale_base(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payees whose newest register row of the time was more than `status_usang_bulan` months older than the period."""
    del tables
    seen = ctx.baris.filter("daftar").select(
        "orang", bukti="baris_id", lihat=pl.coalesce("tanggal_perbarui", "tanggal_data")
    )
    due = ctx.bayar.select("program", "orang", "baris_id", "bayar_id", "periode_awal").drop_nulls("periode_awal")
    both = due.select("orang", "periode_awal").unique().join(seen, on="orang")
    both = both.filter(pl.col("lihat") <= pl.col("periode_awal"))
    last = both.filter(pl.col("lihat") == pl.col("lihat").max().over("orang", "periode_awal"))
    old = last.filter(pl.col("lihat").dt.offset_by(f"{ctx.p.status_usang_bulan.nilai}mo") < pl.col("periode_awal"))
    months = ((pl.col("periode_awal") - pl.col("lihat")).dt.total_days() / 30.4375).floor().cast(pl.Int32)
    found = due.join(old.with_columns(bulan=months), on=["orang", "periode_awal"])
    return (
        found.group_by("program", "orang", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").unique().sort(),
            bukti_bayar=pl.col("bayar_id").unique().sort(), bulan=pl.col("bulan").max(),
            periode_awal=pl.col("periode_awal").min(),
        )
        .with_columns(program_tulis=pl.col("program").str.to_uppercase(), peluang=pl.lit(1.0))
    )  # fmt: skip


@rule(
    kode="D12",
    judul=N_("Paid although moved away"),
    tingkat="TINGGI",
    dasar=N_("Programme rules D12 and identity rule N16: status moved at Dukcapil or in the survey"),
    tanda="F",
    bukti=N_("the move with source and date; the payments for periods after it"),
    tindakan=N_("Ask for the letter of move; hand the entitlement over to the new desa where the programme allows it."),
    ringkas=N_("{nama} is paid by {program_tulis} for periods after moving away according to {sumber_bukti}."),
    butuh=((PAYMENTS,), _TELLS_MOVE),
    kolom=("keberadaan", "tanggal_status", "nama", "nik"),
)
def moved_paid(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Payments for periods that begin after a register called the payee moved or abroad, if no later survey met him.

    The payments are shown and not counted: who moved may keep what is not bound to the desa. The dead are ST51's.
    """
    del tables
    gone = ctx.baris.filter(
        pl.col("sumber").is_in(_TELLS_MOVE), "terbaru", pl.col("keberadaan").is_in(["PINDAH", "LUAR_NEGERI"])
    )
    gone = gone.join(ctx.mati, on="orang", how="anti")
    left = gone.group_by("orang", maintain_order=True).agg(
        sejak=pl.coalesce("tanggal_status", "tanggal_data").min(), bukti=pl.col("baris_id").sort(),
        resmi=(pl.col("sumber") == "dukcapil").any(),
    )  # fmt: skip
    met = ctx.baris.filter(pl.col("sumber").is_in(_SURVEYS), ~pl.col("pergi"))
    met = met.group_by("orang").agg(dilihat=pl.coalesce("tanggal_perbarui", "tanggal_data").max())
    left = left.join(met, on="orang", how="left", maintain_order="left")
    left = left.filter(~(pl.col("dilihat") > pl.col("sejak")).fill_null(value=False))
    found = ctx.bayar.join(left, on="orang").filter(pl.col("periode_awal") > pl.col("sejak"))
    none = pl.lit([], dtype=pl.List(pl.String))
    return (
        found.group_by("program", "orang", maintain_order=True)
        .agg(
            pl.col("resmi").first(), baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").first(),
            bukti_bayar=pl.col("bayar_id").unique().sort(), periode_awal=pl.col("periode_awal").min(),
            periode_akhir=pl.col("periode_akhir").max(),
        )
        .with_columns(
            program_tulis=pl.col("program").str.to_uppercase(),
            alias_lain=pl.when("resmi").then(pl.lit(["N16"])).otherwise(none),
        )
        .drop("resmi")
    )  # fmt: skip
