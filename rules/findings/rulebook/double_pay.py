"""BG01, BG02, BG03, ST44: one entitlement paid twice, and two families of one kitchen paid side by side."""

from __future__ import annotations

from datetime import date

import polars as pl

from rules import vocab
from rules.findings.context import Context, LazyTables, kept
from rules.findings.registry import PAYMENTS, rule
from rules.i18n import N_

_NO_PERIOD = date(1, 1, 1)


def overlapping(payments: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """Payments of one programme and `unit` that overlap another one in time, with `lebih` (bool) and `rangkai`.

    `lebih` marks the extra payments: those that begin before an earlier one has ended; the first of a chain is no
    extra. `rangkai` numbers the chains inside (program, unit). Periods are compared, never the day of payment, as two
    payments of a month may be one bundled tranche. Without a period, equal `tahap` counts as one period.
    """
    unknown = pl.col("periode_awal").is_null()
    start = pl.col("periode_awal").fill_null(_NO_PERIOD)
    end = pl.max_horizontal(start, pl.coalesce("periode_akhir", start))
    stage = pl.when(unknown).then(pl.col("tahap").fill_null(""))
    key = ("program", unit, "_tahap")
    ordered = (
        payments.filter(pl.col(unit).is_not_null())
        .with_columns(_tahap=stage, _awal=start, _akhir=end)
        .filter(pl.len().over(key) > 1)
        .sort("program", unit, "_tahap", "_awal", "_akhir", "bayar_id", nulls_last=True)
    )
    before = pl.col("_akhir").cum_max().shift(1).over(key)
    chained = ordered.with_columns(lebih=(pl.col("_awal") <= before).fill_null(value=False)).with_columns(
        rangkai=(~pl.col("lebih")).cum_sum().over(key)
    )
    chain = (*key, "rangkai")
    return chained.filter(pl.len().over(chain) > 1).drop("_awal", "_akhir")


def _twice(payments: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """One raw finding per (program, unit) over its overlapping payments."""
    return payments.group_by("program", unit, maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(),
        bayar=pl.col("bayar_id").filter("lebih").unique().sort(),
        bukti_bayar=pl.col("bayar_id").unique().sort(),
        periode_awal=pl.col("periode_awal").min(),
        periode_akhir=pl.col("periode_akhir").max(),
        kali=pl.len(),
    )


def _same_person(ctx: Context) -> pl.LazyFrame:
    """Overlapping payments of one person in one programme; `identitas`: NIKs (or names, where one has none) in it."""
    shared = overlapping(ctx.bayar.join(_payee_names(ctx), on="baris_id", how="left"), "orang")
    unit = ("program", "orang")
    by_nik = pl.col("nik").n_unique().over(unit)
    by_name = pl.col("nama").n_unique().over(unit)
    some = pl.col("nik").is_not_null().any().over(unit)
    return shared.with_columns(identitas=pl.when(some).then(by_nik).otherwise(by_name))


def _payee_names(ctx: Context) -> pl.LazyFrame:
    return ctx.baris.select("baris_id", "nama")


def family_payments(ctx: Context) -> pl.LazyFrame:
    """Payments of family programmes with `unit`: a number that payees of one KK family at the time of payment share.

    Families change and any one card may be written wrong, so Dukcapil, DTSEN, Regsosek and the payment lists vote:
    one card for both payees, or two? A draw falls to the source nearest to the payment. The DTKS, whose cards may be
    years old, and `family_id`, the family of today, decide only where none of them knows both.
    """
    paid = ctx.bayar.filter(pl.col("satuan") == "KELUARGA")
    payees = kept(paid.group_by("program", "orang").agg(pl.col("keluarga").first(), pl.col("periode_awal").min()))
    cards = ctx.kartu_terbaru.filter(pl.col("kepala") < 2).select("orang", "sumber", "no_kk", "tanggal_data")
    lists = ctx.bayar.filter(pl.col("no_kk").is_not_null(), pl.col("no_kk").n_unique().over("orang", "program") == 1)
    listed = lists.group_by("orang", sumber=pl.lit(vocab.PAYMENT_PREFIX) + pl.col("program")).agg(
        pl.col("no_kk").first(), tanggal_data=pl.col("periode_awal").min()
    )
    cards = kept(pl.concat([cards, listed]))
    sides = ["program", "orang", "orang_lain"]
    mine = payees.join(cards, on="orang")
    shared = pl.len().over("program", "sumber", "no_kk")
    mine = kept(mine.filter(shared <= ctx.p.anggota_wajar_maks.nilai))
    apart = pl.col("orang") < pl.col("orang_lain")
    by_family = kept(payees.join(payees.rename({"orang": "orang_lain"}), on=["program", "keluarga"]).filter(apart))
    by_card = mine.join(mine.rename({"orang": "orang_lain"}), on=["program", "sumber", "no_kk"]).filter(apart)
    pairs = kept(pl.concat([by_family.select(sides), by_card.select(sides)]).unique())
    other = cards.select(orang_lain="orang", sumber="sumber", kk_lain="no_kk")
    distance = (pl.col("tanggal_data") - pl.col("periode_awal")).dt.total_days().abs()
    told = (
        pairs.join(mine, on=["program", "orang"])
        .join(other, on=["orang_lain", "sumber"])
        .with_columns(lama=pl.col("sumber") == "dtks", satu=pl.col("no_kk") == pl.col("kk_lain"))
        .filter(~pl.col("lama") | pl.col("lama").all().over(sides))
        .sort(distance, "sumber", nulls_last=True)
    )
    share = pl.col("satu").mean()
    verdict = told.group_by(sides, maintain_order=True).agg(
        sekartu=pl.when(share == 0.5).then(pl.col("satu").first()).otherwise(share > 0.5)
    )
    today = by_family.select(*sides, serumpun=pl.lit(value=True))
    same = (
        pairs.join(verdict, on=sides, how="left")
        .join(today, on=sides, how="left")
        .filter(pl.coalesce("sekartu", "serumpun").fill_null(value=False))
    )
    leader = same.group_by("program", orang="orang_lain").agg(unit=pl.col("orang").min())
    known = paid.join(leader, on=["program", "orang"], how="left")
    return known.with_columns(pl.col("unit").fill_null(pl.col("orang")))


@rule(
    kode="BG01",
    judul=N_("Paid twice by one programme under one NIK"),
    tingkat="KRITIS",
    dasar=N_("One entitlement is paid once a period (BPK findings on double recipients)"),
    tanda="F",
    bukti=N_("the payments with period, card and amount"),
    tindakan=N_("Hold the extra payment; keep one card; report it to the programme."),
    ringkas=N_("{nama} is paid {kali} times for overlapping periods under one NIK ({sumber})."),
    alias=("GANDA_PROGRAM",),
    butuh=((PAYMENTS,),),
    kolom=("nik", "nama"),
)
def same_nik_twice(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Overlapping payments of one programme to one person, all under one NIK."""
    del tables
    return _twice(ctx.once("bayar_ganda", _same_person).filter(pl.col("identitas") == 1), "orang")


@rule(
    kode="BG02",
    judul=N_("One person paid twice by one programme under two identities"),
    tingkat="KRITIS",
    dasar=N_("One entitlement is paid once a period (BPK findings on double recipients)"),
    tanda="F",
    bukti=N_("the payments with NIK and name, period, card and amount"),
    tindakan=N_("Check both identities at Dukcapil and visit; hold the extra payment."),
    ringkas=N_("{nama} is paid {kali} times for overlapping periods under different NIKs or names ({sumber})."),
    alias=("GANDA_PROGRAM",),
    butuh=((PAYMENTS,),),
    kolom=("nik", "nama", "tanggal_lahir"),
)
def two_identities(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Overlapping payments of one programme to one person under two NIKs or names; review pairs are read too."""
    del tables
    sure = _twice(ctx.once("bayar_ganda", _same_person).filter(pl.col("identitas") > 1), "orang").with_columns(
        tingkat=pl.lit("KRITIS"), peluang=pl.lit(None, dtype=pl.Float64)
    )
    pairs = ctx.tinjau.filter(pl.col("orang_kiri") < pl.col("orang_kanan")).with_row_index("pasangan")
    ends = pl.concat(pairs.select("pasangan", "peluang", orang=side) for side in ("orang_kiri", "orang_kanan"))
    paid = overlapping(ends.join(ctx.bayar, on="orang", how="inner"), "pasangan")
    chain = ("program", "pasangan", "rangkai")
    unsure = _twice(paid.filter(pl.col("orang").n_unique().over(chain) > 1), "pasangan")
    unsure = unsure.join(pairs.select("pasangan", "peluang"), on="pasangan").with_columns(tingkat=pl.lit("TINGGI"))
    columns = [c for c in sure.collect_schema() if c != "orang"]
    return pl.concat([sure.select(columns), unsure.select(columns)])


@rule(
    kode="BG03",
    judul=N_("One family paid twice by a family programme"),
    tingkat="KRITIS",
    dasar=N_("PKH, BPNT and BLT Desa are paid to a KK family once a period"),
    tanda="F",
    bukti=N_("the payments to the members with period, card and amount; their KK"),
    tindakan=N_("Keep one recipient and one card of the family; hold the other payment."),
    ringkas=N_("{penerima} recipients of one KK family are paid {kali} times for overlapping periods ({sumber})."),
    alias=("ST73", "GANDA_PROGRAM"),
    butuh=((PAYMENTS,),),
    kolom=("nik", "nama", "no_kk"),
)
def family_twice(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Overlapping payments of a family programme to different members of one KK family.

    Members who may be one person (review band) are BG02's.
    """
    del tables
    unit = ("program", "unit")
    shared = kept(overlapping(ctx.once("bayar_keluarga", family_payments), "unit"))
    paid = shared.filter(pl.col("orang").n_unique().over(*unit, "rangkai") > 1)
    people = paid.group_by(unit).agg(
        penerima=pl.col("orang").n_unique(), a=pl.col("orang").min(), b=pl.col("orang").max()
    )
    same = people.filter(pl.col("penerima") == 2).join(
        ctx.tinjau, left_on=("a", "b"), right_on=("orang_kiri", "orang_kanan"), how="semi"
    )
    return _twice(paid, "unit").join(same, on=unit, how="anti").join(people.select(*unit, "penerima"), on=unit)


@rule(
    kode="ST44",
    judul=N_("Two families of one kitchen both paid"),
    tingkat="INFO",
    dasar=N_("Several KKs in one kitchen may lawfully both receive a family programme"),
    tanda="S",
    bukti=N_("DTKS id, KKs, payments"),
    tindakan=N_("No duplicate: report as sharing one kitchen (bersama satu dapur)."),
    ringkas=N_("{keluarga_beda} KK families of one DTKS id are paid side by side ({sumber})."),
    butuh=(("dtks",), (PAYMENTS,)),
    kolom=("no_kk", "nama"),
)
def one_kitchen(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Overlapping payments of a family programme to people of one DTKS id who are of different KK families."""
    del tables
    kitchen = ctx.dtks.select(
        "orang", "baris_id", dapur=pl.struct("tanggal_data", "id_keluarga").rank("dense"), id_keluarga="id_keluarga"
    ).unique("orang", keep="first", maintain_order=True)
    family = ctx.once("bayar_keluarga", family_payments)
    family = family.join(kitchen.rename({"baris_id": "baris_dtks"}), on="orang", how="inner")
    paid = overlapping(family, "dapur").filter(pl.col("unit").n_unique().over("program", "dapur", "rangkai") > 1)
    more = paid.group_by("program", "dapur").agg(
        keluarga_beda=pl.col("unit").n_unique(),
        bukti_baris=pl.col("baris_dtks").unique().sort(),
        keluarga_id=pl.format("dtks:DTKS:{}", pl.col("id_keluarga").first()),
    )
    return (
        _twice(paid, "dapur")
        .with_columns(bayar=pl.lit([], dtype=pl.List(pl.String)))
        .join(more, on=("program", "dapur"))
    )
