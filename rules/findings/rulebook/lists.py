"""K06-K08, ST14, ST64, ST65, ST76: what one list says of a card, a family or itself that cannot be."""

from __future__ import annotations

import polars as pl

from rules.findings.context import EDITIONS, Context, LazyTables, kept, numbered
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_
from rules.identity import parameters as identity_parameters

_CARD = ("sumber", "tanggal_data", "no_kk")
_CHECK_CARD = N_("Ask for the KK; correct the number on the rows that do not belong to it.")
# The unit whose size a register declares. A split-off family of Regsosek shares its number, so it is not judged.
_DECLARED = {"dtks": "DTKS", "p3ke": "BKKBN", "dtsen": "KK"}


def _card_id() -> pl.Expr:
    return pl.format("{}:KK:{}", pl.col("sumber").first(), pl.col("no_kk").first()).alias("keluarga_id")


@rule(
    kode="ST14",
    judul=N_("Two spouses on one KK"),
    tingkat="SEDANG",
    dasar=N_("One spouse per family (Regsosek validator); polygamy is possible, so no error by itself"),
    tanda="P",
    bukti=N_("relations of the members of the card"),
    tindakan=N_("Check the relations with the KK; leave them where the marriage is lawful."),
    ringkas=N_("{pasangan} spouses stand on one KK in {sumber}, {nama} among them."),
    kolom=("nama", "hub_kk", "status_kawin"),
)
def two_spouses(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Cards of one head with two or more persons as living spouse."""
    del tables
    # Regsosek writes a split-off family, and a number mistyped in another house, under one card: each has its spouse.
    unit = (*_CARD, "kode_kk", "no_bangunan", "no_keluarga")
    rows = ctx.kartu.filter("terbaru", pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai)
    rows = rows.select(*unit, "kartu_ke", "hub_kk", "pergi", "baris_id", "orang", "nama", "lahir")
    wed = (pl.col("hub_kk") == "PASANGAN") & ~pl.col("pergi")
    rows = kept(rows.filter(wed.sum().over("kartu_ke") > 1))  # few cards: the rest is dear
    rows = rows.filter((pl.col("hub_kk") == "KEPALA").sum().over(unit) == 1)
    spouse = kept(rows.filter(pl.col("hub_kk") == "PASANGAN", ~pl.col("pergi")))
    other = _namesakes(spouse.filter(pl.col("orang").n_unique().over(unit) > 1), unit, ctx)
    spouse = spouse.join(other, on="baris_id", how="anti")
    found = spouse.group_by(unit, maintain_order=True).agg(
        baris="baris_id", pasangan=pl.col("orang").n_unique(), keluarga_id=_card_id()
    )
    return found.filter(pl.col("pasangan") > 1).drop(unit).with_columns(peluang=pl.lit(None, dtype=pl.Float64))


def _namesakes(rows: pl.LazyFrame, unit: tuple[str, ...], ctx: Context) -> pl.LazyFrame:
    """`baris_id` of rows that may be the person of an earlier row of the unit, entered twice and not joined.

    That is: the same birth date, or a like name.
    """
    mine = rows.select(*unit, "baris_id", "orang", "nama", "lahir")
    pairs = mine.join(mine, on=unit, suffix="_lain", nulls_equal=True).filter(
        pl.col("baris_id") > pl.col("baris_id_lain")
    )
    pairs = pairs.filter(pl.col("orang") != pl.col("orang_lain")).with_columns(name_similarity("nama", "nama_lain"))
    like = (pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai) | (pl.col("lahir") == pl.col("lahir_lain"))
    return pairs.filter(like.fill_null(value=False)).select("baris_id").unique()


@rule(
    kode="K06",
    judul=N_("One KK in two desa"),
    tingkat="SEDANG",
    dasar=N_("The people of one card live in one desa (identity rules)"),
    tanda="A",
    bukti=N_("desa of all rows of the card in one edition of one list, in one scheme"),
    tindakan=_CHECK_CARD,
    ringkas=N_("One KK stands in {desa_beda} desa of {sumber} ({n} rows)."),
    kolom=("no_kk", "nama", "kode_wilayah"),
)
def two_desa(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Cards with two or more persons in each of two desa: one mistyped code or number on a row moves nobody."""
    del tables
    rows = ctx.kartu.filter(
        "terbaru", pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai, pl.col("kode_wilayah").str.len_chars() == 10
    )
    rows = rows.select(*_CARD, "kartu_ke", "kode_wilayah", "baris_id", "orang")
    desa = pl.col("kode_wilayah").cast(pl.UInt64, strict=False)
    rows = kept(rows.filter((desa.min() != desa.max()).over("kartu_ke")))  # few cards: the rest is dear
    single = rows.filter(pl.col("kode_wilayah").n_unique().over(*_CARD, "orang") == 1)
    held = single.filter(pl.col("orang").n_unique().over(*_CARD, "kode_wilayah") > 1)
    found = held.group_by(_CARD, maintain_order=True).agg(
        baris="baris_id", desa_beda=pl.col("kode_wilayah").n_unique(), keluarga_id=_card_id()
    )
    return found.filter(pl.col("desa_beda") > 1).drop(_CARD).with_columns(peluang=pl.lit(1.0))


@rule(
    kode="K07",
    judul=N_("More people on a KK than a family has"),
    tingkat="SEDANG",
    dasar=N_("More than 12 members are suspected to be two families under one number (identity rules; assumed)"),
    tanda="A",
    bukti=N_("rows of the card in one edition of one list"),
    tindakan=_CHECK_CARD,
    ringkas=N_("{orang_beda} people stand on one KK in {sumber}."),
    kolom=("no_kk", "nama", "hub_kk"),
)
def crowded_card(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Cards with more persons than `anggota_maksimum` of identity.toml, those of fillers (K08) left out."""
    del tables
    limit = identity_parameters().kk.anggota_maksimum
    size = pl.col("isi").is_between(limit, ctx.p.anggota_wajar_maks.nilai, closed="right")
    rows = ctx.kartu.filter("terbaru", ~pl.col("pergi"), size)
    found = rows.group_by(_CARD, maintain_order=True).agg(
        baris="baris_id", orang_beda=pl.col("orang").n_unique(), keluarga_id=_card_id()
    )
    return found.filter(pl.col("orang_beda") > limit).drop(_CARD).with_columns(peluang=pl.lit(1.0))


@rule(
    kode="K08",
    judul=N_("Filler in place of a KK number"),
    tingkat="SEDANG",
    dasar=N_("A number under which no two people share a place is no card (identity rules; the size is assumed)"),
    tanda="A",
    bukti=N_("number of rows under one KK in one list"),
    tindakan=_CHECK_CARD,
    ringkas=N_("One KK number stands on {isi} rows of {sumber}, the first of them {nama}."),
    alias=("KK_INVALID",),
    kolom=("no_kk",),
)
def filler_card(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Numbers on more rows of one edition than any family has; the first row stands for all of them."""
    del tables
    rows = ctx.kartu.filter("terbaru", pl.col("isi") > ctx.p.anggota_wajar_maks.nilai)
    return (
        rows.sort("baris_id")
        .group_by(_CARD, maintain_order=True)
        .agg(pl.col("isi").first(), baris=pl.col("baris_id").head(1), keluarga_id=_card_id())
        .drop(_CARD)
        .with_columns(peluang=pl.lit(1.0))
    )


@rule(
    kode="ST64",
    judul=N_("Decile moved by several classes"),
    tingkat="SEDANG",
    dasar=N_(
        "Deciles of two registers far apart ask for a look at the assets (staleness rules; the distance is assumed)"
    ),
    tanda="A",
    bukti=N_("deciles of the same people in both registers"),
    tindakan=N_("Check house and assets; propose a new ranking where the older picture still holds."),
    ringkas=N_("The decile of the family of {nama} moved by {kelas} classes between {sumber_bukti} and {sumber}."),
    butuh=(("dtsen",), ("p3ke", "regsosek")),
    kolom=("desil",),
)
def decile_moved(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTSEN cards of which every member ranked before stood the set number of classes or more away, on one side."""
    deciles = tables.records.select("baris_id", desil=pl.col("desil").cast(pl.Int16)).drop_nulls("desil")
    rows = ctx.baris.filter("terbaru", ~pl.col("pergi")).join(deciles, on="baris_id")
    now = rows.filter(pl.col("sumber") == "dtsen", pl.col("no_kk").is_not_null()).select(
        "orang", "no_kk", "tanggal_data", "baris_id", "desil"
    )
    before = rows.filter(pl.col("sumber").is_in(["p3ke", "regsosek"])).select("orang", bukti="baris_id", lama="desil")
    pairs = now.join(before, on="orang").with_columns(gerak=pl.col("desil") - pl.col("lama"))
    least = ctx.p.desil_selisih_min.nilai
    found = pairs.group_by("no_kk", "tanggal_data", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").unique().sort(),
        kelas=pl.col("gerak").abs().min(), naik=(pl.col("gerak") >= least).all(),
        turun=(pl.col("gerak") <= -least).all(),
    )  # fmt: skip
    found = found.filter(pl.col("naik") | pl.col("turun"))
    return found.select("baris", "bukti_baris", "kelas", keluarga_id=pl.format("dtsen:KK:{}", "no_kk"))


@rule(
    kode="ST65",
    judul=N_("List without any date"),
    tingkat="SEDANG",
    dasar=N_("A list of unknown date is treated as the oldest (staleness rules)"),
    tanda="A",
    bukti=N_("the file: neither it nor a row of it states a date"),
    tindakan=N_("Ask the sender for the date of the export and give it with the file (FILE@2022-10-31)."),
    ringkas=N_("{berkas} ({sumber}) states no date on any of its {baris_berkas} rows."),
    kolom=("tanggal_perbarui",),
)
def undated_file(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Files of registers without a date; the first row stands for the file."""
    del tables
    found = (
        ctx.baris.filter("daftar")
        .group_by("berkas", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").sort().head(1), baris_berkas=pl.len(),
            tanpa=(pl.col("tanggal_data").is_null() & pl.col("tanggal_perbarui").is_null()).all(),
        )
    )  # fmt: skip
    return found.filter("tanpa").sort("berkas").drop("tanpa").with_columns(peluang=pl.lit(1.0))


@rule(
    kode="ST76",
    judul=N_("Declared number of members is not the number of rows"),
    tingkat="SEDANG",
    dasar=N_("A row was lost or added since the family was counted (Regsosek validator)"),
    tanda="P",
    bukti=N_("declared number and rows of the family"),
    tindakan=N_("Compare with an older export and with the rejected rows; count the members anew."),
    ringkas=N_("The family of {nama} in {sumber} declares {dinyatakan} members and has {ada} rows."),
    kolom=("jumlah_anggota",),
    per_berkas=True,
)
def wrong_count(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families whose declared size is neither that of all their rows nor that of those still there.

    Only where every row of the family declares the same size, so that it is a word about this very unit.
    """
    del tables
    unit = pl.when(pl.col("sumber") == "dtsen").then("no_kk").otherwise("id_keluarga")
    rows = ctx.baris.with_columns(ctx.records["jumlah_anggota"]).filter(
        "terbaru", "daftar", pl.col("sumber").is_in(list(_DECLARED)), unit.is_not_null()
    )
    stating = kept(rows.filter(pl.col("jumlah_anggota").is_not_null()).select("terbitan").unique())
    rows = rows.join(stating, on="terbitan", how="semi", maintain_order="left")
    # An edition is of one register and one date.
    rows = kept(
        rows.select(
            "baris_id", "sumber", "jumlah_anggota", "pergi", unit=unit,
            ke=numbered(unit).cast(pl.UInt64) * EDITIONS + pl.col("terbitan"),
        )
    )  # fmt: skip
    said = pl.col("jumlah_anggota")
    counted = rows.group_by("ke").agg(
        dinyatakan=said.min(), paling=said.max(), diam=said.null_count(), ada=pl.len(), tinggal=(~pl.col("pergi")).sum()
    )
    wrong = kept(
        counted.filter(
            pl.col("dinyatakan") == pl.col("paling"), pl.col("diam") == 0, pl.col("dinyatakan") > 0,
            pl.col("dinyatakan") != pl.col("ada"), pl.col("dinyatakan") != pl.col("tinggal"),
            pl.col("ada") <= ctx.p.anggota_wajar_maks.nilai,
        )
    )  # fmt: skip
    found = rows.join(wrong, on="ke", maintain_order="left").group_by("ke", maintain_order=True)
    satuan = pl.col("sumber").replace_strict(_DECLARED, default=None, return_dtype=pl.String)
    return found.agg(pl.col("sumber", "unit", "dinyatakan", "ada").first(), baris="baris_id").select(
        "baris", "dinyatakan", "ada", keluarga_id=pl.format("{}:{}:{}", "sumber", satuan, "unit"), peluang=pl.lit(1.0)
    )
