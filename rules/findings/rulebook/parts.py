"""ST03, ST43, ST45: the family of one source is a part, or more than one, of the families of another."""

from __future__ import annotations

import polars as pl

from rules.findings.context import (
    EDITIONS,
    KK_SOURCES,
    Context,
    LazyTables,
    kept,
    kk_in_register,
    kk_number,
    numbered,
)
from rules.findings.registry import rule
from rules.findings.similar import name_similarity
from rules.i18n import N_


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
    there = kept(
        once.join(ctx.dtks_tunggal.select("keluarga_ke", "id_keluarga", "orang", "baris_id"), on="orang", how="inner")
    )
    size = ctx.dtks.join(there, on="keluarga_ke", how="semi").group_by("keluarga_ke")
    return (
        there.group_by("pecahan", "keluarga_ke", maintain_order=True)
        .agg(
            pl.col("id_keluarga").first(),
            baris=pl.col("baris_id").unique().sort(),
            bukti_baris=pl.col("bukti").unique().sort(),
            di_sini=pl.col("orang").n_unique(),
        )
        .join(size.agg(semua=pl.col("orang").n_unique()), on="keluarga_ke", how="left")
        .filter(pl.col("di_sini") < pl.col("semua"))
        .with_columns(keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"))
        .drop("pecahan", "di_sini", "semua", "keluarga_ke", "id_keluarga")
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
    on = who.join(card.select("orang", "register", "baris_id", kk=kk_number()), on="orang", how="inner")
    on = kept(on.with_columns(unit=pl.col("keluarga_ke").cast(pl.UInt64) * EDITIONS + pl.col("register")))
    several = (
        on.group_by("unit").agg(lain=pl.col("kk").min() != pl.col("kk").max()).filter("lain")
    )  # few: lists are dear
    per_source = on.join(several, on="unit", how="semi").group_by("unit", maintain_order=True).agg(
        pl.col("keluarga_ke").first(), bukti_baris="baris_id", kartu=pl.col("kk").n_unique()
    )  # fmt: skip
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
    p3ke = kept(_p3ke(ctx))
    who = p3ke.filter((pl.col("kel").min() == pl.col("kel").max()).over("orang", "tanggal_data"))
    who = who.unique("anggota_ke").select("kel", "orang", "tanggal_data", anggota=pl.len().over("kel"))
    card = kept(_cards(ctx))
    placed = who.join(
        card.select("orang", "register", "terbitan", "tanggal_kk", "kk", "kartu_daftar", "bukti", "rumah"), on="orang"
    )
    placed = kept(placed.with_columns(unit=pl.col("kel") * EDITIONS + pl.col("terbitan")))
    one = kept(
        placed.group_by("unit")
        .agg(
            pl.col("kk").min(),
            pl.col("kel", "anggota", "register", "kartu_daftar", "tanggal_data", "tanggal_kk").first(),
            lain=pl.col("kk").max(),
            ada=pl.len(),
        )
        .filter(pl.col("kk") == pl.col("lain"), 2 * pl.col("ada") >= pl.col("anggota"))
        .drop("lain", "ada", "anggota")
    )
    on_card = one.select("kel", "kartu_daftar", "tanggal_data").join(
        card.select("orang", "sumber", "kartu_daftar", "lahir"), on="kartu_daftar"
    )
    on_card = on_card.with_columns(_member()).join(p3ke.select("anggota_ke"), on="anggota_ke", how="anti")
    lived = kept(on_card.join(ctx.mati.select("orang", "meninggal"), on="orang", how="left").filter(
        (pl.col("lahir") <= pl.col("tanggal_data")).fill_null(value=True).all().over("anggota_ke"),
        (pl.col("meninggal") > pl.col("tanggal_data")).fill_null(value=True),
    ))  # fmt: skip
    surveyed = ctx.baris.filter(pl.col("sumber").is_in(["p3ke", "regsosek", "dtsen"]), ~pl.col("pergi"))
    minor = kept(_minors(ctx, lived, p3ke, card))
    beside = kept(
        lived.filter(ctx.among(surveyed) | ctx.among(minor))
        .unique("anggota_ke")
        .select("anggota_ke", "kel", "orang", "tanggal_data")
    )
    beside = kept(beside.join(_maybe_member(ctx, beside, p3ke), on="anggota_ke", how="anti"))
    # Of the millions of rows only those of these families and people matter from here on.
    families, people = beside.select("kel").unique(), ctx.among(beside)
    p3ke_here, one = kept(p3ke.join(families, on="kel", how="semi")), kept(one.join(families, on="kel", how="semi"))
    card_here = kept(card.filter(people))
    proof = placed.join(one, on="unit", how="semi").group_by("unit").agg("bukti", pl.col("rumah").drop_nulls())
    neighbours = _neighbours(ctx, beside, p3ke.filter(people), p3ke_here)
    # A family without a couple whose head is one of a couple on the card has married since.
    unmarried = p3ke_here.group_by("kel").agg(lajang=(pl.col("status_kawin") != "KAWIN").all())
    newly_wed = pl.col("hub_lain").is_in(["KEPALA", "PASANGAN"]) & (pl.col("kawin_lain") == "KAWIN")
    away = (pl.col("tanggal_kk") - pl.col("tanggal_data")).dt.total_days().abs()
    # A number mistyped into that of another card: the surveyor stood before another building.
    elsewhere = (~pl.col("rumah_lain").is_in("rumah") & (pl.col("rumah").list.len() > 0)).fill_null(value=False)
    # Kept: Polars may change the order of joins, and joined by register alone these are a hundred million rows.
    on_one = kept(beside.join(one.drop("tanggal_data"), on="kel").join(proof, on="unit"))
    told = kept(
        on_one.join(
            card_here.select(
                "orang",
                "sumber",
                "register",
                kk_lain="kk",
                bukti_lain="bukti",
                hub_lain="hub",
                kawin_lain="status_kawin",
                rumah_lain="rumah",
            ),
            on=["orang", "register"],
        )
        .join(neighbours, on="anggota_ke", how="left")
        .join(minor.select("anggota_ke", "kecil"), on="anggota_ke", how="left")
        .with_columns(satu=(pl.col("kk") == pl.col("kk_lain")) & ~elsewhere, lama=pl.col("sumber") == "dtks")
        # The DTKS may print the card of years ago: it speaks where no other does, of people who have a P3KE family.
        .filter(
            ~pl.col("lama")
            | (pl.col("lama").all().over("anggota_ke") & pl.coalesce("di_p3ke", "kecil", pl.lit(value=False)))
        )
        .sort("anggota_ke", away, "sumber", nulls_last=True)
        .filter(pl.col("satu").first().over("anggota_ke"), pl.col("satu").mean().over("anggota_ke") >= 0.5)
        .join(unmarried, on="kel", how="left")
        .filter(~(pl.col("lajang").fill_null(value=False) & newly_wed.fill_null(value=False)))
        # An old parent joins the card of a child by and by: Dukcapil alone, a year later, does not say since when.
        .filter(
            ~(
                (pl.col("sumber") == "dukcapil")
                & (pl.col("hub_lain") == "ORTU_MERTUA").fill_null(value=False)
                & (pl.col("sumber").n_unique().over("anggota_ke") == 1)
            )
        )
        .filter("satu", (away <= ctx.p.p3ke_jarak_maks_hari.nilai).fill_null(value=True))
    )
    told = (
        told.join(_joined_child(p3ke_here, card), on=["kel", "sumber"], how="anti")
        .join(_wed_since(p3ke_here, card), on=["kel", "sumber", "hub_lain"], how="anti")
        .join(_parted(told, p3ke, card), on=["kel", "sumber"], how="anti")
    )
    found = told.group_by("kel", maintain_order=True).agg(
        lain=pl.col("orang").n_unique(),
        bukti_baris=pl.concat_list(pl.col("bukti").list.explode().implode(), pl.col("bukti_lain").implode()).first(),
    )
    rows = p3ke_here.group_by("kel", maintain_order=True).agg(pl.col("tertulis").first(), baris="baris_id")
    return (
        found.join(rows, on="kel", how="left")
        .with_columns(keluarga_id=pl.format("p3ke:BKKBN:{}", "tertulis"))
        .drop("tertulis", "kel")
    )


def _p3ke(ctx: Context) -> pl.LazyFrame:
    """P3KE rows with a family: `kel` is its number, `anggota_ke` that of a person in it."""
    rows = ctx.baris.filter(pl.col("sumber") == "p3ke", "terbaru", pl.col("id_keluarga").is_not_null())
    family = numbered(pl.col("id_keluarga")).cast(pl.UInt64) * EDITIONS + pl.col("terbitan")
    return rows.select(
        "baris_id", "orang", "tanggal_data", "nama", "lahir", "hub", "status_kawin", "kode_wilayah",
        kel=family.rank("dense").cast(pl.UInt64), tertulis="id_keluarga",
    ).with_columns(_member())  # fmt: skip


def _member() -> pl.Expr:
    return (pl.col("kel") * 2**32 + pl.col("orang")).alias("anggota_ke")


def _cards(ctx: Context) -> pl.LazyFrame:
    """What the registers other than P3KE say of people on believable cards of one head at most.

    `kk`: number of the card, `kartu_daftar`: the same with the register; `rumah`: number of the building.
    """
    card = ctx.kartu_terbaru.filter(pl.col("sumber") != "p3ke", pl.col("kepala") < 2, ~pl.col("pergi"))
    card = card.filter(pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai)
    # A lodger who is of a family elsewhere is mostly a double entry on a stranger's card.
    lodger = (pl.col("hub") == "LAINNYA").fill_null(value=False)
    kin = ctx.baris.filter("daftar", pl.col("hub").is_not_null(), pl.col("hub") != "LAINNYA")
    building = numbered(pl.col("kode_wilayah")).cast(pl.UInt64) * 2**32 + numbered(pl.col("no_bangunan"))
    return card.filter(~(lodger & ctx.among(kin))).select(
        "orang", "sumber", "register", "terbitan", "lahir", "hub", "status_kawin", kk=kk_number(),
        kartu_daftar=kk_in_register(), bukti="baris_id", tanggal_kk="tanggal_data", rumah=building,
    )  # fmt: skip


def _neighbours(ctx: Context, beside: pl.LazyFrame, persons: pl.LazyFrame, families: pl.LazyFrame) -> pl.LazyFrame:
    """Of `beside` those with a P3KE family at the address of this one (with `di_p3ke` = true).

    `persons` and `families` are the P3KE rows of the people and of the families in it.
    """
    address = ctx.records.select("alamat")

    def homes(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
        known = rows.select(key, "baris_id", "tanggal_data", "kode_wilayah").collect()
        return ctx.beside(known, address).drop_nulls().lazy().select(key, "alamat", "kode_wilayah").unique()

    here = beside.join(homes(families, "kel"), on="kel")
    there = homes(persons, "orang")
    same = here.join(there, on=["orang", "alamat", "kode_wilayah"])
    return same.select("anggota_ke", di_p3ke=pl.lit(value=True)).unique()


def _joined_child(p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """P3KE families whose head Dukcapil has as the parent of the head of a card: he may have come to it since."""
    heads = p3ke.filter(pl.col("hub") == "KEPALA").select("kel", "orang")
    elder = card.filter(pl.col("sumber") == "dukcapil", pl.col("hub") == "ORTU_MERTUA").select("orang", "sumber")
    return elder.join(heads, on="orang").select("kel", "sumber").unique()


def _wed_since(p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """P3KE families and registers that call an unmarried member married: who is MENANTU there may have come since."""
    single = p3ke.filter(pl.col("status_kawin") == "BELUM_KAWIN").select("kel", "orang")
    wed = card.filter(pl.col("status_kawin") == "KAWIN").select("orang", "sumber")
    in_law = pl.lit("MENANTU").cast(card.collect_schema()["hub"]).alias("hub_lain")
    return wed.join(single, on="orang").select("kel", "sumber", in_law).unique()


def _minors(ctx: Context, lived: pl.LazyFrame, p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """Of `lived` the minors whom P3KE lacks and the DTKS has on the card of their parents (with `kecil` = true).

    Below the age of an identity card nobody leaves the card of the parents alone, so it needs no second word.
    """
    adult = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.dewasa_tahun.nilai}y")
    listed = card.filter(pl.col("sumber") == "dtks")
    young = kept(lived.filter(pl.col("sumber") == "dtks", pl.col("lahir") > adult))
    led = listed.filter(pl.col("hub") == "KEPALA").select("orang", "kartu_daftar")
    parents = p3ke.join(young, on="kel", how="semi").select("kel", "orang").join(led, on="orang")
    gone = pl.concat([p3ke.select("orang"), ctx.baris.filter("pergi").select("orang")])
    return (
        young.join(parents, on=["kel", "kartu_daftar"], how="semi")
        .filter(ctx.among(listed.filter(pl.col("hub") == "ANAK")), ~ctx.among(gone))
        .select("anggota_ke", "orang", kecil=pl.lit(value=True))
        .unique()
    )


def _parted(told: pl.LazyFrame, p3ke: pl.LazyFrame, card: pl.LazyFrame) -> pl.LazyFrame:
    """Of the families of `told` and the registers (`sumber`) those whose card joins people who were two at that date.

    P3KE gives a form of its own to a couple; so where the family beside the head's on the card is none, it had left
    the card, or came since.
    """
    own = p3ke.join(told, on="kel", how="semi").select("orang").unique().join(card, on="orang")
    shared = kept(card.join(own.select("kartu_daftar").unique(), on="kartu_daftar", how="semi"))
    couple = (pl.col("status_kawin") == "KAWIN").any().over("kel").fill_null(value=False)
    per_family = kept(
        p3ke.with_columns(pasangan=couple)
        .select("orang", "kel", "tanggal_data", "pasangan")
        .join(shared.select("orang", "sumber", "kartu_daftar", "hub"), on="orang")
        .group_by("kartu_daftar", "kel")
        .agg(
            pl.col("sumber", "tanggal_data").first(),
            kepala=(pl.col("hub") == "KEPALA").any(),
            pasangan=pl.col("pasangan").any(),
            tua=(pl.col("hub") == "ORTU_MERTUA").any(),
        )
    )
    pairs = per_family.join(
        per_family.drop("sumber"), on=("kartu_daftar", "tanggal_data"), nulls_equal=True, suffix="_lain"
    ).filter(pl.col("kel") != pl.col("kel_lain"))
    second = pl.when("kepala").then("pasangan_lain").otherwise("pasangan")
    elder = pl.when("kepala").then("tua_lain").otherwise("tua").fill_null(value=False)
    return pairs.filter(~second, (pl.col("sumber") == "dtks") | elder).select("kel", "sumber").unique()


def _maybe_member(ctx: Context, beside: pl.LazyFrame, p3ke: pl.LazyFrame) -> pl.LazyFrame:
    """Of `beside` (P3KE family, person on its card) the people who may be members whose rows the linkage did not join.

    That is: a member has the same birth date or a like name; or a single row of a person nobody else lists calls him
    no kin of the head, as a double entry does.
    """
    members = p3ke.join(beside, on="kel", how="semi")
    members = members.select("kel", nama_p3ke="nama", lahir_p3ke="lahir", hub_p3ke="hub").unique()
    known = ctx.baris.filter(ctx.among(beside)).select("orang", "nama", "lahir", "hub")
    known = known.with_columns(jumlah=pl.len().over("orang")).unique()
    pairs = beside.join(members, on="kel").join(known, on="orang")
    same_birth = (pl.col("lahir") == pl.col("lahir_p3ke")).fill_null(value=False)
    near_birth = ((pl.col("lahir") - pl.col("lahir_p3ke")).dt.total_days().abs() < 11 * 366).fill_null(value=True)
    both_head = ((pl.col("hub") == "KEPALA") & (pl.col("hub_p3ke") == "KEPALA")).fill_null(value=False)
    # A birth date that cannot be on the form tells nothing against the name.
    oldest = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.umur_maks_tahun.nilai}y")
    near_birth |= ~pl.col("lahir_p3ke").is_between(oldest, pl.col("tanggal_data")).fill_null(value=True)
    stray = ((pl.col("jumlah") == 1) & (pl.col("hub") == "LAINNYA")).fill_null(value=False)
    pairs = pairs.with_columns(tentu=same_birth | stray, mungkin=near_birth | both_head)
    pairs = kept(pairs.select("anggota_ke", "tentu", "mungkin", "nama", "nama_p3ke"))
    sure = kept(pairs.filter("tentu").select("anggota_ke").unique())
    # Names are dear to compare: those of the others only.
    alike = pairs.filter("mungkin").join(sure, on="anggota_ke", how="anti")
    alike = alike.with_columns(name_similarity("nama", "nama_p3ke"))
    alike = alike.filter(pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai)
    return pl.concat([sure, alike.select("anggota_ke")]).unique()
