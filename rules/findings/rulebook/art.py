"""ST13, ST20-ST28: heads of a unit, ART suffixes and ids of the DTKS, as they are written."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables, kept
from rules.findings.registry import rule
from rules.i18n import N_

_NUMBERED = ("keluarga_ke", "id_keluarga")
_ART_BASIS = N_("The last two characters of the ART id number the members from 01 (staleness rules; a hint, no proof)")


def _numbered(ctx: Context) -> pl.LazyFrame:
    """DTKS rows of files that carry ART ids, with the suffix as a number (`urut`, null when it is none)."""
    return ctx.once("art", _make_numbered)


def _make_numbered(ctx: Context) -> pl.LazyFrame:
    files = ctx.dtks.filter(pl.col("sufiks_art").is_not_null()).select("berkas").unique().collect().to_series()
    digits = pl.col("sufiks_art").str.contains(r"^\d{2}$")
    return ctx.dtks.filter(pl.col("berkas").is_in(files.implode())).select(
        "baris_id", "orang", "tanggal_data", "id_keluarga", "keluarga_ke", "berkrt", "id_art", "sufiks_art", "no_kk",
        "hub_kk", "hub_krt", "lahir",
        urut=pl.when(digits).then(pl.col("sufiks_art")).cast(pl.UInt8, strict=False),
    )  # fmt: skip


def _household_hub() -> pl.Expr:
    """Relation to the head of the household where the family states any, else to the head of the family."""
    return pl.when("berkrt").then("hub_krt").otherwise("hub_kk")


@rule(
    kode="ST13",
    judul=N_("Not exactly one head in a unit"),
    tingkat="TINGGI",
    dasar=N_("Heads of households are counted per DTKS id, heads of families per KK, never mixed (Regsosek validator)"),
    tanda="P",
    bukti=N_("relations of all members of the unit"),
    tindakan=N_("Correct the relations with the KK at hand."),
    ringkas=N_("{n} rows of one unit in {sumber} have {kepala} heads."),
    kolom=("nama", "hub_krt", "hub_kk"),
)
def heads(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Units with a number of heads other than one: household heads per DTKS id, family heads per KK of one register."""
    del tables
    household = (
        ctx.dtks.filter("berkrt")
        .group_by("keluarga_ke", maintain_order=True)
        .agg(pl.col("id_keluarga").first(), baris="baris_id", kepala=(pl.col("hub_krt") == "KEPALA").sum())
        .filter(pl.col("kepala") != 1)
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
    )
    # A split-off family of Regsosek lawfully adds a head to the card of the parents.
    rows = ctx.kartu.filter("terbaru", pl.col("kode_kk").ne_missing(2))
    heads = rows.group_by("kartu_ke").agg(kepala=(pl.col("hub_kk") == "KEPALA").sum(), ada=pl.col("hub_kk").count())
    odd = kept(heads.filter(pl.col("ada") > 0, pl.col("kepala") != 1).drop("ada"))  # lists are made for these only
    card = (
        rows.select("kartu_ke", "sumber", "no_kk", "baris_id")
        .join(odd, on="kartu_ke", maintain_order="left")
        .group_by("kartu_ke", maintain_order=True)
        .agg(pl.col("sumber", "no_kk", "kepala").first(), baris="baris_id")
        .with_columns(keluarga_id=pl.format("{}:KK:{}", "sumber", "no_kk"))
    )
    none = pl.lit([], dtype=pl.List(pl.String))
    also = pl.when(pl.col("kepala") > 1).then(pl.lit(["K04"])).otherwise(none)  # the same fact among the KK checks
    parts = (household.with_columns(alias_lain=none), card.with_columns(alias_lain=also))
    found = pl.concat([f.select("baris", "keluarga_id", "kepala", "alias_lain") for f in parts])
    return found.with_columns(peluang=pl.lit(1.0))


@rule(
    kode="ST20",
    judul=N_("ART suffix missing, 00 or no number"),
    tingkat="TINGGI",
    dasar=_ART_BASIS,
    tanda="S",
    bukti=N_("the ART id as written"),
    tindakan=N_("Send the row to Dinsos; the id is given at Pusdatin."),
    ringkas=N_("The ART id of {nama} has no usable suffix."),
    butuh=(("dtks",),),
    kolom=("id_art",),
    per_berkas=True,
)
def bad_suffix(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows whose suffix is missing, 00 or not two digits, in files that carry ART ids."""
    del tables
    bad = pl.col("urut").is_null() | (pl.col("urut") == 0)
    return _numbered(ctx).filter(bad).select(baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))


def _families(ctx: Context) -> pl.LazyFrame:
    """DTKS families with ART ids: baris, and the sorted distinct suffixes (`urut`, usable ones)."""
    return ctx.once("art_keluarga", _make_families)


def _make_families(ctx: Context) -> pl.LazyFrame:
    return (
        _numbered(ctx)
        .group_by("keluarga_ke", maintain_order=True)
        .agg(
            pl.col("id_keluarga").first(),
            baris="baris_id",
            urut=pl.col("urut").filter(pl.col("urut") > 0).unique().sort(),
        )
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"), peluang=pl.lit(1.0))
    )


@rule(
    kode="ST21",
    judul=N_("No ART 01 in a family"),
    tingkat="TINGGI",
    dasar=_ART_BASIS,
    tanda="S",
    bukti=N_("suffixes of the family"),
    tindakan=N_("Find out whether the head died or moved (ST10) and who leads now."),
    ringkas=N_("A DTKS family of {n} rows has no ART 01."),
    butuh=(("dtks",),),
    kolom=("sufiks_art", "nama"),
    per_berkas=True,
)
def no_first(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families without the suffix 01."""
    del tables
    return _families(ctx).filter(~pl.col("urut").list.contains(1)).drop("urut", *_NUMBERED)


@rule(
    kode="ST22",
    judul=N_("One ART id on two persons"),
    tingkat="TINGGI",
    dasar=_ART_BASIS,
    tanda="S",
    bukti=N_("the rows with one ART id and their names"),
    tindakan=N_("Have the members numbered anew at Pusdatin."),
    ringkas=N_("One ART id stands on {orang_beda} persons ({n} rows)."),
    butuh=(("dtks",),),
    kolom=("id_art", "nama", "tanggal_lahir"),
    per_berkas=True,
)
def shared_art(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """ART ids that stand on rows of two or more persons in one edition."""
    del tables
    return (
        _numbered(ctx)
        .filter(pl.col("id_art").is_not_null(), pl.col("urut") > 0)
        .group_by("tanggal_data", "id_art", maintain_order=True)
        .agg(baris="baris_id", orang_beda=pl.col("orang").n_unique())
        .filter(pl.col("orang_beda") > 1)
        .with_columns(peluang=pl.lit(1.0))
    )


@rule(
    kode="ST23",
    judul=N_("Gap in the ART suffixes"),
    tingkat="INFO",
    dasar=_ART_BASIS,
    tanda="A",
    bukti=N_("suffixes of the family"),
    tindakan=N_("Compare with an older export: a member was removed, or a row was lost."),
    ringkas=N_("The ART suffixes of a DTKS family run to {terakhir} but only {ada} are there."),
    butuh=(("dtks",),),
    kolom=("sufiks_art", "nama"),
    per_berkas=True,
)
def gap(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families with a number missing between the first and the last suffix; a missing 01 is ST21."""
    del tables
    span = pl.col("urut").list.last() - pl.col("urut").list.first() + 1
    return (
        _families(ctx)
        .filter(pl.col("urut").list.len() < span)
        .with_columns(terakhir=pl.col("urut").list.last(), ada=pl.col("urut").list.len())
        .drop("urut", *_NUMBERED)
    )


@rule(
    kode="ST24",
    judul=N_("ART suffix out of range"),
    tingkat="SEDANG",
    dasar=_ART_BASIS,
    tanda="A",
    bukti=N_("the suffix"),
    tindakan=N_("Check whether two families were merged under one id."),
    ringkas=N_("The ART id of {nama} ends in {sufiks_art}."),
    butuh=(("dtks",),),
    kolom=("id_art",),
    per_berkas=True,
)
def high_suffix(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows with a suffix above the limit of parameters.toml."""
    del tables
    return (
        _numbered(ctx)
        .filter(pl.col("urut") > ctx.p.sufiks_maks.nilai)
        .select("sufiks_art", baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))
    )


@rule(
    kode="ST25",
    judul=N_("Family id is not the ART id without its suffix"),
    tingkat="KRITIS",
    dasar=N_("The ART id is the family id with two digits behind it (SIKS-NG: all widths are +2)"),
    tanda="P",
    bukti=N_("both id columns"),
    tindakan=N_("Return the file to its sender: columns or rows were shifted."),
    ringkas=N_("The family id of {nama} is not that of the ART id."),
    butuh=(("dtks",),),
    kolom=("id_keluarga", "id_art"),
    per_berkas=True,
)
def ids_disagree(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Rows of any edition where the ART id without its last two characters is another family."""
    del tables
    stated = ctx.baris.filter(pl.col("sumber") == "dtks", pl.col("id_keluarga").is_not_null())
    wrong = stated.filter(pl.col("id_art").is_not_null(), pl.col("id_art").str.head(-2) != pl.col("id_keluarga"))
    return wrong.select(baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0))


@rule(
    kode="ST26",
    judul=N_("Relation contradicts the ART suffix"),
    tingkat="SEDANG",
    dasar=_ART_BASIS,
    tanda="S",
    bukti=N_("suffix and relation as written"),
    tindakan=N_("The relation wins; correct it at the next update."),
    ringkas=N_("{nama} has the ART suffix {sufiks_art} but stands as {hub_tulis}."),
    butuh=(("dtks",),),
    kolom=("sufiks_art", "hub_krt", "hub_kk"),
)
def relation_against_suffix(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """01 not a head; 03 or later a head; 02 not a spouse while another is (a widow 01 with a child 02 is normal).

    Suffixes number a household. Where only the relation to the head of the KK is written, members on other cards than
    that of 01 are not judged: a second family in the kitchen has a head of its own.
    """
    del tables
    rows = _numbered(ctx).with_columns(hub_tulis=_household_hub().cast(pl.String))
    role = pl.col("hub_tulis")
    first_card = pl.col("no_kk").filter(pl.col("urut") == 1).first().over("keluarga_ke")
    alone = ((role == "KEPALA").sum().over("keluarga_ke") <= 1).fill_null(value=False)
    rows = rows.filter(pl.col("berkrt") | alone | (pl.col("urut") == 1) | (pl.col("no_kk") == first_card))
    spouse_elsewhere = ((role == "PASANGAN") & (pl.col("urut") != 2)).any().over("keluarga_ke")
    wrong = (
        ((pl.col("urut") == 1) & (role != "KEPALA"))
        | ((pl.col("urut") >= 3) & (role == "KEPALA"))
        | ((pl.col("urut") == 2) & (role != "PASANGAN") & spouse_elsewhere)
    )
    return rows.filter(wrong).select(
        "hub_tulis", "sufiks_art", baris=pl.concat_list("baris_id"), peluang=pl.lit(1.0)
    )  # fmt: skip


@rule(
    kode="ST27",
    judul=N_("Children not in the order of birth"),
    tingkat="INFO",
    dasar=_ART_BASIS,
    tanda="A",
    bukti=N_("birth dates by suffix"),
    tindakan=N_("The order of listing changed or a birth date is wrong; compare with the KK."),
    ringkas=N_("Two children of one DTKS family are not listed in the order of birth."),
    butuh=(("dtks",),),
    kolom=("sufiks_art", "nama", "tanggal_lahir"),
)
def child_order(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Neighbours among the rows with relation ANAK, by suffix, of which the later one is born earlier."""
    del tables
    child = _numbered(ctx).with_columns(peran=_household_hub())
    child = child.filter(pl.col("peran") == "ANAK", pl.col("urut") > 0, pl.col("lahir").is_not_null())
    # Rows stand in the order of baris_id: families and suffixes are put in order by one number.
    child = child.select("keluarga_ke", "urut", "baris_id", "lahir").sort(
        pl.col("keluarga_ke").cast(pl.UInt64) * 2**8 + pl.col("urut"), maintain_order=True
    )
    before = child.with_columns(pl.all().shift(1).name.suffix("_sebelum"))
    before = before.filter(pl.col("keluarga_ke") == pl.col("keluarga_ke_sebelum"))
    later = pl.col("urut") > pl.col("urut_sebelum")  # two rows under one number have no order
    return before.filter(later, pl.col("lahir") < pl.col("lahir_sebelum")).select(
        baris=pl.concat_list("baris_id", "baris_id_sebelum"), peluang=pl.lit(1.0)
    )


@rule(
    kode="ST28",
    judul=N_("Desa in the DTKS id is not the desa of the row"),
    tingkat="INFO",
    dasar=N_("The first ten digits of the DTKS id are the BPS code of the desa where it was given"),
    tanda="A",
    bukti=N_("the id and the kode wilayah, compared in one scheme"),
    tindakan=N_("The family moved after the id was given, or the region was split: note the present desa."),
    ringkas=N_("A DTKS family of {n} rows carries the id of another desa."),
    butuh=(("dtks",),),
    kolom=("id_keluarga", "kode_wilayah"),
)
def foreign_id(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families whose id begins with another desa than most of their rows live in; no bridge, no finding."""
    del tables
    bridge = _bps_desa()
    family = (
        ctx.dtks.group_by("keluarga_ke", maintain_order=True)
        .agg(
            pl.col("id_keluarga").first(),
            baris="baris_id",
            desa=pl.col("kode_wilayah").filter(pl.col("kode_wilayah").str.len_chars() == 10).mode().sort().first(),
        )
        .with_columns(
            kode_bps=pl.col("id_keluarga").str.head(10),
            keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"),
            peluang=pl.lit(1.0),
        )
        .join(bridge, on="kode_bps", how="inner")
    )
    return family.filter(~pl.col("kode").list.contains(pl.col("desa"))).drop("kode", "kode_bps", "desa", *_NUMBERED)


def _bps_desa() -> pl.LazyFrame:
    """BPS desa code -> the Kemendagri codes it may stand for."""
    from rules.wilayah import load_wilayah

    table = load_wilayah().filter(pl.col("tingkat") == 4, pl.col("kode_bps").is_not_null())
    return table.group_by("kode_bps").agg(pl.col("kode").sort()).sort("kode_bps").lazy()
