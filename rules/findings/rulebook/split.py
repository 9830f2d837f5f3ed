"""ST01, ST02, ST03, ST43, ST45: the family moved on, or one source's family is another source's part."""

from __future__ import annotations

import polars as pl

from rules.findings.context import KK_SOURCES, Context
from rules.findings.registry import rule
from rules.findings.similar import digits_apart
from rules.i18n import N_
from rules.tables import Tables

_FAMILY = ("tanggal_data", "id_keluarga")
_MARRIED = ["KAWIN", "CERAI_HIDUP", "CERAI_MATI"]


def _children(ctx: Context) -> pl.DataFrame:
    """DTKS children with the head of their family: orang, baris (of the child), orang_kepala, baris_kepala.

    The head is looked for on the child's own card or family number first, then in the whole DTKS id: a DTKS id is a
    kitchen and may lawfully hold several KKs with a head each.
    """
    child = ctx.dtks.filter(pl.col("hub") == "ANAK").select(
        *_FAMILY, "orang", "baris_id", "nuk", "no_kk", "lahir"
    )  # fmt: skip
    head = ctx.dtks.filter(pl.col("hub") == "KEPALA").select(
        *_FAMILY, "sufiks_art",
        orang_kepala="orang", baris_kepala="baris_id", nuk_kepala="nuk", kk_kepala="no_kk", lahir_kepala="lahir",
    )  # fmt: skip
    old_enough = (pl.col("lahir") - pl.col("lahir_kepala")).dt.total_days() >= ctx.p.selisih_anak_min_tahun.nilai * 365
    near = (
        (pl.col("nuk") == pl.col("nuk_kepala")).fill_null(value=False).cast(pl.UInt8) * 2
        + (pl.col("no_kk") == pl.col("kk_kepala")).fill_null(value=False).cast(pl.UInt8)
    )  # fmt: skip
    return (
        child.join(head, on=_FAMILY, how="inner", nulls_equal=True)
        .filter(pl.col("orang") != pl.col("orang_kepala"), old_enough.fill_null(value=True))
        .with_columns(dekat=near)
        .sort(
            "baris_id", "dekat", "sufiks_art", "baris_kepala", descending=[False, True, False, False], nulls_last=True
        )
        .unique("baris_id", keep="first", maintain_order=True)
        .select("orang", "baris_id", "orang_kepala", "baris_kepala")
    )


def _own_card(ctx: Context) -> pl.DataFrame:
    """Children of `_children` whom a register shows on another KK than the DTKS head.

    One row per child row and register: also `kawin` (ever married, or heading or married on that card without a word
    on marriage) and `bukti_baris`. A lone card without a head, a few digits from the head's, is a typing error; a child
    still called ANAK on a card whose head is missing is a wrong or old number on one row; a dead head's survivors get a
    new number. None of these is a split.
    """
    card = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(KK_SOURCES)).join(ctx.mati, on="orang", how="anti")
    child = card.select(
        "orang",
        "sumber",
        "tanggal_data",
        "no_kk",
        "hub",
        "status_kawin",
        "kepala_orang",
        "kepala_kawin",
        bukti_anak="baris_id",
    )
    parent = card.select(
        "sumber", orang_kepala="orang", kk_kepala="no_kk", hub_kepala="hub", bukti_kepala="baris_id",
        kepala_kepala="kepala_orang",
    )  # fmt: skip
    both = _children(ctx).join(child, on="orang").join(parent, on=("orang_kepala", "sumber"))
    other = both.filter(pl.col("no_kk") != pl.col("kk_kepala"))
    mistyped = digits_apart("no_kk", "kk_kepala") <= ctx.p.kk_salah_ketik_maks.nilai
    heads_it = pl.col("hub").is_in(["KEPALA", "PASANGAN"]).fill_null(value=False)
    headed = pl.col("kepala_orang").is_not_null() & (pl.col("kepala_orang") != pl.col("orang_kepala"))
    # Still a child, on the new card of a widowed head: the family moved on together when the old head died.
    succeeded = (pl.col("hub") == "ANAK") & (pl.col("kepala_kawin") == "CERAI_MATI").fill_null(value=False)
    shown = (pl.col("hub") == "KEPALA") | (headed & ~succeeded) | (heads_it & ~mistyped)
    ever = pl.col("status_kawin").is_in(_MARRIED)
    return other.filter(shown.fill_null(value=False)).with_columns(
        kawin=pl.when(pl.col("status_kawin").is_not_null()).then(ever).otherwise(heads_it),
        bukti_baris=pl.concat_list("bukti_anak", "bukti_kepala"),
    )


def _split_children(ctx: Context, *, married: bool) -> pl.DataFrame:
    """One raw finding per child; the registers that show the split say whether the child is married."""
    newest = ctx.once("kartu_sendiri", _own_card).sort(
        "orang", "tanggal_data", "sumber", descending=[False, True, False]
    )
    per_child = newest.group_by("orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(),
        bukti_baris=pl.col("bukti_baris").list.explode(),
        kawin=pl.col("kawin").any(),
    )
    return per_child.filter(pl.col("kawin") == married).drop("kawin")


@rule(
    kode="ST01",
    judul=N_("Married child with an own KK, still under the parents' DTKS id"),
    tingkat="TINGGI",
    dasar=N_("A family that splits leaves the DTKS record of the parents (Musdes, Permensos 3/2021)"),
    tanda="S",
    bukti=N_("present KK of child and head with source and date; marriage as that source states it"),
    tindakan=N_(
        "Ask for the child's KK and the parents' KK; update the parents' record; propose the new family at the musdes "
        "(a new KK alone gives no entitlement)."
    ),
    ringkas=N_(
        "{nama} has an own KK and is or was married ({sumber_bukti}); {sumber} still has a child of the parents."
    ),
    butuh=(("dtks",), KK_SOURCES),
    kolom=("no_kk", "hub_kk", "status_kawin"),
)
def married_child(tables: Tables, ctx: Context) -> pl.DataFrame:
    """DTKS children whom a register shows ever married on another KK than the DTKS head."""
    del tables
    return _split_children(ctx, married=True)


@rule(
    kode="ST02",
    judul=N_("Unmarried child with an own KK, still under the parents' DTKS id"),
    tingkat="SEDANG",
    dasar=N_("A KK of one's own is a family of one's own (staleness rules)"),
    tanda="S",
    bukti=N_("present KK of child and head with source and date"),
    tindakan=N_("Confirm who lives there; record the split."),
    ringkas=N_("{nama} has an own KK, unmarried ({sumber_bukti}); {sumber} still has a child of the parents."),
    butuh=(("dtks",), KK_SOURCES),
    kolom=("no_kk", "hub_kk", "status_kawin"),
)
def unmarried_child(tables: Tables, ctx: Context) -> pl.DataFrame:
    """DTKS children whom a register shows never married on another KK than the DTKS head."""
    del tables
    return _split_children(ctx, married=False)


@rule(
    kode="ST03",
    judul=N_("Split-off family in Regsosek, one family in the DTKS"),
    tingkat="TINGGI",
    dasar=N_("Regsosek question 115: 2 = split-off family"),
    tanda="P",
    bukti=N_("Regsosek family with code 2 and the DTKS family that holds its members with others"),
    tindakan=N_("Ask for both KKs; update the parents' record; propose the new family at the musdes."),
    ringkas=N_("Regsosek calls {n} members of one DTKS family, {nama} among them, a split-off family."),
    butuh=(("dtks",), ("regsosek",)),
    kolom=("no_kk", "kode_kk", "id_keluarga", "hub_kk"),
)
def split_off(tables: Tables, ctx: Context) -> pl.DataFrame:
    """Members of one Regsosek family with code 2 who stand in a DTKS family beside people who are not in it."""
    del tables
    # R109 and R110 number inside the desa; without them the card is the family.
    unit = ("tanggal_data", "berkas", "kk_reg", "kode_wilayah", "no_bangunan", "no_keluarga")
    families = ctx.baris.filter(pl.col("sumber") == "regsosek", "terbaru").with_columns(
        kk_reg=pl.when(pl.col("no_keluarga").is_null()).then("no_kk")
    )
    off = families.filter((pl.col("kode_kk") == 2) & pl.any_horizontal(pl.col("kk_reg", "no_keluarga").is_not_null()))
    if off.is_empty():
        return pl.DataFrame()
    ids = off.select(unit).unique().sort(unit, nulls_last=True).with_row_index("pecahan")
    members = families.join(ids, on=unit, how="inner", nulls_equal=True).select("pecahan", "orang", bukti="baris_id")
    there = members.join(ctx.dtks.select(*_FAMILY, "orang", "baris_id"), on="orang", how="inner")
    size = ctx.dtks.group_by(_FAMILY).agg(pl.col("orang").n_unique().alias("semua"))
    return (
        there.group_by("pecahan", *_FAMILY, maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bukti_baris=pl.col("bukti").unique().sort(),
            di_sini=pl.col("orang").n_unique(),
        )
        .join(size, on=_FAMILY, how="left", nulls_equal=True)
        .filter(pl.col("di_sini") < pl.col("semua"))
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
        .drop("pecahan", "di_sini", "semua", *_FAMILY)
    )


@rule(
    kode="ST43",
    judul=N_("Members of one DTKS id on several KKs"),
    tingkat="SEDANG",
    dasar=N_("Several KKs in one kitchen are lawful; the DTKS id is then a household (seed document)"),
    tanda="S",
    bukti=N_("KKs of the members in one register"),
    tindakan=N_("Confirm who shares the kitchen; mark the household and its families."),
    ringkas=N_("The members of one DTKS id stand on {kartu} KKs ({sumber_bukti})."),
    butuh=(("dtks",),),
    kolom=("no_kk", "hub_kk", "nama"),
)
def several_cards(tables: Tables, ctx: Context) -> pl.DataFrame:
    """DTKS families whose members one register puts on two or more KKs, each with a head of its own on it.

    The head is asked for because one row with a wrong or old number is no second family: such a card has no head.
    """
    del tables
    who = ctx.dtks.select(*_FAMILY, "orang").unique()
    card = ctx.kartu_terbaru.filter(pl.col("kepala") > 0, ~pl.col("mati"))
    on = who.join(card.select("orang", "sumber", "no_kk", "isi", "baris_id", "hub"), on="orang", how="inner")
    per_source = (
        on.group_by(*_FAMILY, "sumber", maintain_order=True)
        .agg(
            kartu=pl.col("no_kk").n_unique(), bukti_baris=pl.col("baris_id").unique().sort(),
        )
        .filter(pl.col("kartu") > 1)
    )  # fmt: skip
    found = per_source.group_by(_FAMILY, maintain_order=True).agg(
        pl.col("kartu").max(), bukti_baris=pl.col("bukti_baris").list.explode().unique().sort()
    )
    rows = ctx.dtks.group_by(_FAMILY, maintain_order=True).agg(baris="baris_id")
    return (
        found.join(rows, on=_FAMILY, how="left", nulls_equal=True)
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
        .drop(_FAMILY)
    )


@rule(
    kode="ST45",
    judul=N_("P3KE family is a part of one KK"),
    tingkat="INFO",
    dasar=N_("A P3KE family is a BKKBN nuclear family: a KK of three generations becomes two or three of them"),
    tanda="A",
    bukti=N_("KKs of the members by NIK and the other people on that KK"),
    tindakan=N_("A difference of definition, no error: compare at the level of the KK."),
    ringkas=N_("The P3KE family of {nama} is a part of one KK with {lain} more people ({sumber_bukti})."),
    butuh=(("p3ke",), (*KK_SOURCES, "dtks")),
    kolom=("id_keluarga", "no_kk", "nama"),
)
def part_of_card(tables: Tables, ctx: Context) -> pl.DataFrame:
    """P3KE families all of whose members, as far as a register lists them, are on one KK with people beside them."""
    del tables
    family = ctx.baris.filter(pl.col("sumber") == "p3ke", "terbaru", pl.col("id_keluarga").is_not_null())
    who = family.select(*_FAMILY, "orang").unique().with_columns(semua_p3ke=pl.len().over(_FAMILY))
    card = ctx.kartu_terbaru.filter(pl.col("kepala") < 2).join(ctx.mati, on="orang", how="anti")
    on = who.join(card.select("orang", "sumber", "no_kk", "baris_id"), on="orang")
    one = (
        on.group_by(*_FAMILY, "sumber", "semua_p3ke", maintain_order=True)
        .agg(
            pl.col("no_kk").first(),
            kartu=pl.col("no_kk").n_unique(),
            anggota=pl.col("orang").n_unique(),
            bukti=pl.col("baris_id").unique().sort(),
        )
        .filter(pl.col("kartu") == 1, pl.col("anggota") == pl.col("semua_p3ke"))
    )
    beside = card.select("sumber", "no_kk", "orang", "lahir")
    counted = one.join(beside, on=("sumber", "no_kk")).filter(
        (pl.col("lahir") <= pl.col("tanggal_data")).fill_null(value=True)  # later births prove nothing about that day
    )
    size = counted.group_by(*_FAMILY, "sumber").agg(semua=pl.col("orang").n_unique())
    told = one.join(size, on=(*_FAMILY, "sumber"), nulls_equal=True)
    # The DTKS may print the card of years ago; it is asked only where no other register knows the whole family.
    told = told.filter((pl.col("sumber") != "dtks") | (pl.len().over(_FAMILY) == 1))
    part = told.filter(pl.col("semua") > pl.col("anggota"))
    found = part.group_by(_FAMILY, maintain_order=True).agg(
        lain=(pl.col("semua") - pl.col("anggota")).max(), bukti_baris=pl.col("bukti").list.explode().unique().sort()
    )
    rows = family.group_by(_FAMILY, maintain_order=True).agg(baris="baris_id")
    return (
        found.join(rows, on=_FAMILY, how="left", nulls_equal=True)
        .with_columns(keluarga_id=pl.format("p3ke:BKKBN:{}", "id_keluarga"))
        .drop(_FAMILY)
    )
