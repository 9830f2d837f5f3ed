"""ST03, ST43, ST45: the family of one source is a part, or more than one, of the families of another."""

from __future__ import annotations

import polars as pl

from rules.findings.context import KK_SOURCES, Context, LazyTables, kept, kk_number, numbered
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_

_FAMILY = ("tanggal_data", "id_keluarga")


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
def split_off(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Members of one Regsosek family with code 2 who stand in a DTKS family beside people who are not in it."""
    del tables
    # R109 and R110 number inside the desa; without them the card is the family.
    unit = ("tanggal_data", "berkas", "kk_reg", "kode_wilayah", "no_bangunan", "no_keluarga")
    families = ctx.baris.filter(pl.col("sumber") == "regsosek", "terbaru").with_columns(
        kk_reg=pl.when(pl.col("no_keluarga").is_null()).then("no_kk")
    )
    off = families.filter((pl.col("kode_kk") == 2) & pl.any_horizontal(pl.col("kk_reg", "no_keluarga").is_not_null()))
    ids = off.select(unit).unique().sort(unit, nulls_last=True).with_row_index("pecahan")
    members = families.join(ids, on=unit, how="inner", nulls_equal=True).select("pecahan", "orang", bukti="baris_id")
    once = members.filter(pl.col("pecahan").n_unique().over("orang") == 1)
    there = once.join(ctx.dtks_tunggal.select(*_FAMILY, "orang", "baris_id"), on="orang", how="inner")
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
def several_cards(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS families whose members one register puts on two or more KKs, each with a head of its own on it.

    The head is asked for because one row with a wrong or old number is no second family: such a card has no head.
    """
    del tables
    who = ctx.dtks.select("keluarga_ke", "orang").unique()
    card = ctx.kartu_terbaru.filter(pl.col("kepala") > 0, ~pl.col("mati"))
    on = who.join(card.select("orang", "sumber", "baris_id", kk=kk_number()), on="orang", how="inner")
    per_source = on.group_by("keluarga_ke", "sumber", maintain_order=True).agg(
        bukti_baris="baris_id", kartu="kk", satu=pl.col("kk").min() == pl.col("kk").max()
    )
    per_source = per_source.filter(~pl.col("satu")).with_columns(pl.col("kartu").list.n_unique())
    found = per_source.group_by("keluarga_ke", maintain_order=True).agg(
        pl.col("kartu").max(), bukti_baris=pl.col("bukti_baris").list.explode().unique().sort()
    )
    rows = ctx.dtks.join(found, on="keluarga_ke", how="semi").group_by("keluarga_ke", maintain_order=True)
    return (
        found.join(rows.agg(pl.col("id_keluarga").first(), baris="baris_id"), on="keluarga_ke", how="left")
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
        .drop("keluarga_ke", "id_keluarga")
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
def part_of_card(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """P3KE families whose members a register puts on one KK with people beside them who lived at the date of P3KE.

    Of each person beside them the register nearest in time must say so, as a spouse may have come since, and no
    majority of the registers may say otherwise, as a double entry may stand on a stranger's card. Whom Dukcapil alone
    knows may be dead or gone without a record.
    """
    del tables
    p3ke = kept(
        ctx.baris.filter(pl.col("sumber") == "p3ke", "terbaru", pl.col("id_keluarga").is_not_null()).select(
            "baris_id", "orang", "tanggal_data", "nama", "lahir", "hub", "status_kawin", "kode_wilayah",
            id_keluarga=numbered(pl.col("id_keluarga")), tertulis="id_keluarga",
        )
    )  # fmt: skip
    who = p3ke.filter(pl.col("id_keluarga").n_unique().over("orang", "tanggal_data") == 1)
    # A lodger who is of a family elsewhere is mostly a double entry on a stranger's card.
    kin = ctx.baris.filter("daftar", pl.col("hub").is_not_null(), pl.col("hub") != "LAINNYA").select("orang").unique()
    card = ctx.kartu_terbaru.filter(pl.col("sumber") != "p3ke", pl.col("kepala") < 2, ~pl.col("pergi"))
    card = card.filter(pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai)
    lodger = (pl.col("hub") == "LAINNYA").fill_null(value=False)
    astray = card.filter(lodger).select("baris_id", "orang").join(kin, on="orang", how="semi")
    card = card.join(astray, on="baris_id", how="anti", maintain_order="left")
    card = kept(card.select(
        "orang", "sumber", "lahir", "hub", "status_kawin", no_kk=kk_number(), bukti="baris_id",
        tanggal_kk="tanggal_data", rumah=pl.concat_str("kode_wilayah", "no_bangunan", separator="/"),
    ))  # fmt: skip
    near = ctx.p.p3ke_jarak_maks_hari.nilai
    unit = [*_FAMILY, "sumber"]
    one = kept(
        who.select(*_FAMILY, "orang")
        .unique()
        .with_columns(anggota=pl.len().over(_FAMILY))
        .join(card, on="orang")
        .group_by(*unit, "anggota", "tanggal_kk")
        .agg(
            pl.col("no_kk").min(),
            pl.col("bukti", "rumah"),
            lain=pl.col("no_kk").max(),
            ada=pl.len(),
        )
        .filter(pl.col("no_kk") == pl.col("lain"), 2 * pl.col("ada") >= pl.col("anggota"))
        .with_columns(pl.col("bukti").list.sort(), pl.col("rumah").list.drop_nulls())
        .drop("lain")
    )
    pair = [*_FAMILY, "orang"]
    on_card = one.join(card.select("orang", "sumber", "no_kk", "lahir"), on=("sumber", "no_kk"))
    lived = kept(on_card.join(ctx.mati.select("orang", "meninggal"), on="orang", how="left").filter(
        (pl.col("lahir") <= pl.col("tanggal_data")).fill_null(value=True).all().over(*_FAMILY, "orang"),
        (pl.col("meninggal") > pl.col("tanggal_data")).fill_null(value=True),
    ))  # fmt: skip
    beside = kept(lived.select(pair).unique().join(p3ke.select(pair), on=pair, how="anti", nulls_equal=True))
    surveyed = ctx.baris.filter(pl.col("sumber").is_in(["p3ke", "regsosek", "dtsen"]), ~pl.col("pergi"))
    minor = kept(_minors(ctx, lived, p3ke, card))
    known = pl.concat([surveyed.select("orang"), minor.select("orang")])
    beside = kept(
        beside.join(known, on="orang", how="semi").join(
            _maybe_member(ctx, beside, p3ke), on=pair, how="anti", nulls_equal=True
        )
    )
    place = ctx.lazy.records.select("baris_id", "alamat")
    homes = p3ke.join(place, on="baris_id").select("orang", *_FAMILY, "alamat", "kode_wilayah").drop_nulls()
    neighbours = (
        beside.join(homes.drop("orang").unique(), on=_FAMILY, nulls_equal=True)
        .join(homes.drop(_FAMILY), on=["orang", "alamat", "kode_wilayah"])
        .select(*pair, di_p3ke=pl.lit(value=True))
        .unique()
    )
    # A family without a couple whose head is one of a couple on the card has married since.
    unmarried = p3ke.group_by(_FAMILY).agg(lajang=(pl.col("status_kawin") != "KAWIN").all())
    newly_wed = pl.col("hub_lain").is_in(["KEPALA", "PASANGAN"]) & (pl.col("kawin_lain") == "KAWIN")
    away = (pl.col("tanggal_kk") - pl.col("tanggal_data")).dt.total_days().abs()
    # A number mistyped into that of another card: the surveyor stood before another building.
    elsewhere = (~pl.col("rumah_lain").is_in("rumah") & (pl.col("rumah").list.len() > 0)).fill_null(value=False)
    told = (
        beside.join(one, on=_FAMILY, nulls_equal=True)
        .join(
            card.select(
                "orang",
                "sumber",
                kk_lain="no_kk",
                bukti_lain="bukti",
                hub_lain="hub",
                kawin_lain="status_kawin",
                rumah_lain="rumah",
            ),
            on=["orang", "sumber"],
        )
        .join(neighbours, on=pair, how="left", nulls_equal=True)
        .join(minor, on=pair, how="left", nulls_equal=True)
        .with_columns(satu=(pl.col("no_kk") == pl.col("kk_lain")) & ~elsewhere, lama=pl.col("sumber") == "dtks")
        # The DTKS may print the card of years ago: it speaks where no other does, of people who have a P3KE family.
        .filter(
            ~pl.col("lama") | (pl.col("lama").all().over(pair) & pl.coalesce("di_p3ke", "kecil", pl.lit(value=False)))
        )
        .sort(*pair, away, "sumber", nulls_last=True)
        .filter(pl.col("satu").first().over(pair), pl.col("satu").mean().over(pair) >= 0.5)
        .join(unmarried, on=_FAMILY, how="left", nulls_equal=True)
        .filter(~(pl.col("lajang").fill_null(value=False) & newly_wed.fill_null(value=False)))
        # An old parent joins the card of a child by and by: Dukcapil alone, a year later, does not say since when.
        .filter(
            ~(
                (pl.col("sumber") == "dukcapil")
                & (pl.col("hub_lain") == "ORTU_MERTUA").fill_null(value=False)
                & (pl.col("sumber").n_unique().over(pair) == 1)
            )
        )
        .join(_joined_child(p3ke, card), on=[*_FAMILY, "sumber"], how="anti", nulls_equal=True)
        .join(_wed_since(p3ke, card), on=[*_FAMILY, "sumber", "hub_lain"], how="anti", nulls_equal=True)
        .filter("satu", (away <= near).fill_null(value=True))
        .join(_parted(p3ke, card), on=[*_FAMILY, "sumber"], how="anti", nulls_equal=True)
    )
    found = told.group_by(_FAMILY, maintain_order=True).agg(
        lain=pl.col("orang").n_unique(),
        bukti_baris=pl.concat_list(pl.col("bukti").list.explode().implode(), pl.col("bukti_lain").implode()).first(),
    )
    rows = p3ke.group_by(_FAMILY, maintain_order=True).agg(pl.col("tertulis").first(), baris="baris_id")
    return (
        found.join(rows, on=_FAMILY, how="left", nulls_equal=True)
        .with_columns(keluarga_id=pl.format("p3ke:BKKBN:{}", "tertulis"))
        .drop("tertulis", *_FAMILY)
    )


def _joined_child(p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """P3KE families whose head Dukcapil has as the parent of the head of a card: he may have come to it since."""
    heads = p3ke.filter(pl.col("hub") == "KEPALA").select(*_FAMILY, "orang")
    elder = card.filter(pl.col("sumber") == "dukcapil", pl.col("hub") == "ORTU_MERTUA").select("orang", "sumber")
    return heads.join(elder, on="orang").select(*_FAMILY, "sumber").unique()


def _wed_since(p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """P3KE families and registers that call an unmarried member married: who is MENANTU there may have come since."""
    single = p3ke.filter(pl.col("status_kawin") == "BELUM_KAWIN").select(*_FAMILY, "orang")
    wed = card.filter(pl.col("status_kawin") == "KAWIN").select("orang", "sumber")
    in_law = pl.lit("MENANTU").cast(card.collect_schema()["hub"]).alias("hub_lain")
    return single.join(wed, on="orang").select(*_FAMILY, "sumber", in_law).unique()


def _minors(ctx: Context, lived: pl.LazyFrame, p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """Of `lived` the minors whom P3KE lacks and the DTKS has on the card of their parents (with `kecil` = true).

    Below the age of an identity card nobody leaves the card of the parents alone, so it needs no second word.
    """
    adult = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.dewasa_tahun.nilai}y")
    led = card.filter(pl.col("sumber") == "dtks", pl.col("hub") == "KEPALA").select("orang", "no_kk")
    parents = p3ke.select(*_FAMILY, "orang").join(led, on="orang").select(*_FAMILY, "no_kk").unique()
    child = card.filter(pl.col("sumber") == "dtks", pl.col("hub") == "ANAK").select("orang")
    return (
        lived.filter(pl.col("sumber") == "dtks", pl.col("lahir") > adult)
        .join(parents, on=[*_FAMILY, "no_kk"], how="semi", nulls_equal=True)
        .join(child, on="orang", how="semi")
        .join(p3ke, on="orang", how="anti")
        .join(ctx.baris.filter("pergi"), on="orang", how="anti")
        .select(*_FAMILY, "orang", kecil=pl.lit(value=True))
        .unique()
    )


def _parted(p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """P3KE families and the register (`sumber`) whose card joins people who were two cards at the date of P3KE.

    P3KE gives a form of its own to a couple; so where the family beside the head's on the card is none, it had left
    the card, or came since.
    """
    couple = (pl.col("status_kawin") == "KAWIN").any().over(_FAMILY)
    held = (
        p3ke.with_columns(pasangan=couple.fill_null(value=False))
        .select(*_FAMILY, "orang", "pasangan")
        .unique(maintain_order=True)
        .join(card.select("orang", "sumber", "no_kk", "hub"), on="orang")
    )
    per_family = held.group_by("sumber", "no_kk", *_FAMILY).agg(
        kepala=(pl.col("hub") == "KEPALA").any(),
        pasangan=pl.col("pasangan").any(),
        tua=(pl.col("hub") == "ORTU_MERTUA").any(),
    )
    other = per_family.rename({c: f"{c}_lain" for c in ("id_keluarga", "kepala", "pasangan", "tua")})
    pairs = per_family.join(other, on=("sumber", "no_kk", "tanggal_data"), nulls_equal=True).filter(
        pl.col("id_keluarga") != pl.col("id_keluarga_lain")
    )
    second = pl.when("kepala").then("pasangan_lain").otherwise("pasangan")
    elder = pl.when("kepala").then("tua_lain").otherwise("tua").fill_null(value=False)
    return pairs.filter(~second, (pl.col("sumber") == "dtks") | elder).select(*_FAMILY, "sumber").unique()


def _maybe_member(ctx: Context, beside: pl.LazyFrame, p3ke: pl.LazyFrame) -> pl.LazyFrame:
    """Of `beside` (P3KE family, person on its card) the people who may be members whose rows the linkage did not join.

    That is: a member has the same birth date or a like name; or a single row of a person nobody else lists calls him
    no kin of the head, as a double entry does.
    """
    members = p3ke.select(*_FAMILY, nama_p3ke="nama", lahir_p3ke="lahir", hub_p3ke="hub").unique()
    known = ctx.baris.select("orang", "nama", "lahir", "hub").join(beside, on="orang", how="semi")
    known = known.with_columns(jumlah=pl.len().over("orang")).unique()
    pairs = beside.join(members, on=_FAMILY, nulls_equal=True).join(known, on="orang")
    pairs = pairs.with_columns(name_similarity("nama", "nama_p3ke"))
    same_birth = (pl.col("lahir") == pl.col("lahir_p3ke")).fill_null(value=False)
    near_birth = ((pl.col("lahir") - pl.col("lahir_p3ke")).dt.total_days().abs() < 11 * 366).fill_null(value=True)
    both_head = ((pl.col("hub") == "KEPALA") & (pl.col("hub_p3ke") == "KEPALA")).fill_null(value=False)
    # A birth date that cannot be on the form tells nothing against the name.
    oldest = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.umur_maks_tahun.nilai}y")
    near_birth |= ~pl.col("lahir_p3ke").is_between(oldest, pl.col("tanggal_data")).fill_null(value=True)
    like_name = (pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai).fill_null(value=False) & (near_birth | both_head)
    stray = ((pl.col("jumlah") == 1) & (pl.col("hub") == "LAINNYA")).fill_null(value=False)
    return pairs.filter(same_birth | like_name | stray).select(*_FAMILY, "orang").unique()
