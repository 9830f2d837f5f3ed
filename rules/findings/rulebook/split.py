"""ST01, ST02: a child has a card of its own, and the DTKS still lists it under the parents."""

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
)
from rules.findings.registry import rule
from rules.findings.similar import digits_apart, name_similarity
from rules.i18n import N_

_MARRIED = ["KAWIN", "CERAI_HIDUP", "CERAI_MATI"]


def _children(ctx: Context) -> pl.LazyFrame:
    """DTKS children with the head of their family: orang, baris (of the child), orang_kepala, baris_kepala.

    The head is looked for on the child's own card or family number first, then in the whole DTKS id: a DTKS id is a
    kitchen and may lawfully hold several KKs with a head each. A child of one card is not the child of another's head,
    and where two heads come into question nobody is known to be the parent.
    """
    # A child of two families: whose, nobody can tell. A child there and a head elsewhere has moved on.
    twice = ctx.dtks_ganda.filter((pl.col("hub") == "ANAK").sum().over("orang", "tanggal_data") == 1)
    columns = ("keluarga_ke", "orang", "baris_id", "nuk", "lahir", "hub_kk")
    child = pl.concat(
        rows.filter(pl.col("hub") == "ANAK").select(*columns, kk=kk_number())
        for rows in (ctx.dtks_tunggal, _with_mother(ctx, twice))
    )
    head = ctx.dapur.filter(pl.col("hub") == "KEPALA").select(
        "keluarga_ke", orang_kepala="orang", nuk_kepala="nuk", kk_kepala=kk_number(), lahir_kepala="lahir"
    )
    old_enough = (pl.col("lahir") - pl.col("lahir_kepala")).dt.total_days() >= ctx.p.selisih_anak_min_tahun.nilai * 365
    other_card = pl.col("kk") == pl.col("kk_kepala")
    near = (
        (pl.col("nuk") == pl.col("nuk_kepala")).fill_null(value=False).cast(pl.UInt8) * 2
        + other_card.fill_null(value=False).cast(pl.UInt8)
    )  # fmt: skip
    known = kept(
        child.join(head, on="keluarga_ke", how="inner")
        .filter(pl.col("orang") != pl.col("orang_kepala"), old_enough.fill_null(value=True))
        .with_columns(dekat=near)
        .filter((pl.col("dekat") > 0) | pl.col("hub_kk").is_null() | other_card.fill_null(value=True))
        .select("orang", "baris_id", "keluarga_ke", "orang_kepala", "dekat")
    )
    nearest = known.sort("baris_id").filter(pl.col("dekat") == pl.col("dekat").max().over("baris_id"))
    one_head = (pl.col("orang_kepala").min() == pl.col("orang_kepala").max()).over("baris_id")
    return nearest.filter(one_head).drop("dekat").unique("baris_id", keep="first", maintain_order=True)


def _with_mother(ctx: Context, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of `rows` (people in two DTKS families) those whose mother's name is that of a member of that family.

    A double entry may stand in a stranger's family; the mother's name tells the parents' family from it.
    """
    asked = rows.select("baris_id", "keluarga_ke").collect()
    named = ctx.beside(asked, ctx.records.select("nama_ibu")).drop_nulls("nama_ibu").lazy()
    elder = ctx.dapur.filter(pl.col("hub").is_in(["KEPALA", "PASANGAN"])).select("keluarga_ke", nama_tua="nama")
    pairs = named.join(elder, on="keluarga_ke", how="inner")
    alike = pairs.with_columns(name_similarity("nama_ibu", "nama_tua")).filter(
        pl.col("kemiripan") >= ctx.p.nama_sama_min.nilai
    )
    return rows.join(alike, on="baris_id", how="semi")


def _own_card(ctx: Context) -> pl.LazyFrame:
    """Children of `_children` whom a register shows on another KK than the DTKS head.

    One row per child row and register: also `kawin` (ever married, or heading or married on that card without a word
    on marriage) and `bukti_baris`. A lone card without a head, a few digits from the head's, is a typing error; a child
    still called ANAK on a card whose head is missing is a wrong or old number on one row; a dead head's survivors get a
    new number. None of these is a split.
    """
    children = kept(_children(ctx))
    card = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(KK_SOURCES), ~ctx.among(ctx.mati))
    # Whom the surveyor did not find keeps the card.
    card = card.filter(~pl.col("pergi") | pl.col("keberadaan").eq_missing("TIDAK_DITEMUKAN"))
    card = kept(card.select(
        "orang", "register", "sumber", "tanggal_data", "no_kk", "hub", "status_kawin", "kepala_orang", "kepala_kawin",
        "isi", "lahir", "baris_id", "nama", kartu_daftar=kk_in_register(),
    ))  # fmt: skip
    parent = kept(_parents(ctx, card, children))
    # Nearly all stand on one card: numbers tell so, and only of the others the rest is looked up.
    cards = card.select("orang", "register", "kartu_daftar", bukti_anak="baris_id")
    apart = kept(
        children.join(cards, on="orang")
        .with_columns(kepala_ke=_in_register("orang_kepala"))
        .join(parent.select("kepala_ke", "kartu_kepala"), on="kepala_ke")
        .filter(pl.col("kartu_daftar") != pl.col("kartu_kepala"))
        .drop("register", "kartu_kepala")
    )
    child = card.select(
        "sumber", "tanggal_data", "no_kk", "hub", "status_kawin", "kepala_orang", "kepala_kawin",
        bukti_anak="baris_id", lahir_anak="lahir",
    )  # fmt: skip
    couples = card.filter(pl.col("hub") == "PASANGAN").select(kartu_kepala="kartu_daftar", pasangan=pl.lit(value=True))
    other = kept(
        apart.join(child, on="bukti_anak", how="left")
        .join(parent.drop("orang_kepala"), on="kepala_ke", how="left")
        .join(couples.unique(), on="kartu_kepala", how="left")
        .with_columns(pl.col("pasangan").fill_null(value=False))
    )
    mistyped = digits_apart("no_kk", "kk_kepala") <= ctx.p.kk_salah_ketik_maks.nilai
    heads_it = pl.col("hub").is_in(["KEPALA", "PASANGAN"]).fill_null(value=False)
    headed = pl.col("kepala_orang").is_not_null() & (pl.col("kepala_orang") != pl.col("orang_kepala"))
    # Still a child, on the new card of a widowed head: the family moved on together when the old head died.
    succeeded = (pl.col("hub") == "ANAK") & (pl.col("kepala_kawin") == "CERAI_MATI").fill_null(value=False)
    # A lodger's row may be a double entry on a stranger's card; a child stays with kin when the parent marries away.
    lodger = (pl.col("hub") == "LAINNYA") & (pl.col("hub_kepala") == "KEPALA").fill_null(value=True)
    ever = pl.col("status_kawin").is_in(_MARRIED)
    # A widowed or divorced parent alone on the old card, the unmarried child heading the new one: the parent may have
    # died unknown to the office, and the child is the heir. A surveyor who met the parent knows better.
    heir = (pl.col("isi_kepala") == 1) & pl.col("kawin_kepala").is_in(["CERAI_MATI", "CERAI_HIDUP"]) & ~ever
    heir &= pl.col("sumber") != "regsosek"
    # A head called married without a spouse on his card, the child beside a spouse on a new one: he died unknown to it.
    stale = (pl.col("hub") == "ANAK") & (pl.col("kawin_kepala") == "KAWIN") & ~pl.col("pasangan")
    # Whom a list calls the head before the age of an identity card is miswritten, on a number of one row.
    minor = pl.col("lahir_anak").dt.offset_by(f"{ctx.p.dewasa_tahun.nilai}y") > pl.col("tanggal_data")
    leads = (pl.col("hub") == "KEPALA") & ~heir.fill_null(value=False) & ~(minor & mistyped).fill_null(value=False)
    shown = (
        leads
        | (headed & ~succeeded & ~stale.fill_null(value=False) & ~mistyped & ~lodger & (pl.col("hub") != "KEPALA"))
        | (heads_it & ~mistyped & ~heir.fill_null(value=False))
    )
    split = other.filter(shown.fill_null(value=False)).join(
        _bereaved(ctx, card), on=["keluarga_ke", "kartu_daftar"], how="anti"
    )
    return split.with_columns(
        kawin=pl.when(pl.col("status_kawin").is_not_null()).then(ever).otherwise(heads_it),
        bukti_baris=pl.concat_list("bukti_anak", "bukti_kepala"),
    )


def _in_register(person: str) -> pl.Expr:
    """The number of a person in a register."""
    return pl.col(person).cast(pl.UInt64) * EDITIONS + pl.col("register")


def _parents(ctx: Context, card: pl.LazyFrame, children: pl.LazyFrame) -> pl.LazyFrame:
    """The present card of each DTKS head of `children` in each register; for a head it does not show, the spouse's.

    `kepala_ke` is the number of the head in the register. Only a spouse who is married and no head stands in: the head
    is then on the same card, under a row that the linkage could not join. A head of another name is another man: the
    old one died, and she has married again.
    """
    asked = ctx.among(children.select(orang="orang_kepala"))
    columns = {
        "kartu_kepala": "kartu_daftar", "kk_kepala": "no_kk", "bukti_kepala": "baris_id", "hub_kepala": "hub",
        "isi_kepala": "isi", "kawin_kepala": "status_kawin",
    }  # fmt: skip
    there = card.filter(pl.col("hub").ne_missing("LAINNYA"), asked).select(
        orang_kepala="orang", kepala_ke=_in_register("orang"), **columns, wakil=pl.lit(value=False)
    )
    couple = ctx.dtks_tunggal.with_columns(kk=kk_number()).filter(pl.col("kk").is_not_null())
    heads = couple.filter(pl.col("hub") == "KEPALA").select(
        "keluarga_ke", "kk", kepala="orang", nama_dtks="nama", ditanya=asked
    )
    wives = couple.filter(pl.col("hub") == "PASANGAN").select("keluarga_ke", "kk", istri="orang")
    pairs = heads.join(wives, on=["keluarga_ke", "kk"], maintain_order="left").filter(
        pl.len().over("keluarga_ke", "kk") == 1
    )
    pairs = pairs.filter("ditanya").unique("kepala", keep="first", maintain_order=True)
    married = card.filter(pl.col("hub") == "PASANGAN", pl.col("status_kawin") == "KAWIN")
    stand_in = pairs.select("kepala", "istri", "nama_dtks").join(
        married.select("register", istri="orang", **columns), on="istri"
    )
    shown = ctx.baris.select(kepala_ke=_in_register("orang"))
    stand_in = kept(stand_in.with_columns(kepala_ke=_in_register("kepala")).join(shown, on="kepala_ke", how="anti"))
    leaders = card.filter(pl.col("hub") == "KEPALA").select(kartu_kepala="kartu_daftar", nama_kini="nama")
    same = stand_in.select("kepala_ke", "kartu_kepala", "nama_dtks").join(leaders, on="kartu_kepala")
    same = same.with_columns(name_similarity("nama_dtks", "nama_kini")).filter(
        pl.col("kemiripan") >= ctx.p.kemiripan_nama_min.nilai
    )
    hub = card.collect_schema()["hub"]
    stand_in = stand_in.join(same, on="kepala_ke", how="semi").with_columns(
        orang_kepala="kepala", hub_kepala=pl.lit("KEPALA").cast(hub), wakil=pl.lit(value=True)
    )
    return pl.concat([there, stand_in.select(there.collect_schema().names())])


def _bereaved(ctx: Context, card: pl.LazyFrame) -> pl.LazyFrame:
    """DTKS families (`keluarga_ke`) and the cards (`kartu_daftar`) that the widowed spouse of their head is on.

    Where the head still has a card of his own, no source says that he died; yet the children beside the widow did not
    split off, they are the family.
    """
    spouse = ctx.dtks_tunggal.filter(pl.col("hub") == "PASANGAN").select("orang", "keluarga_ke")
    widowed = card.filter(pl.col("status_kawin").eq("CERAI_MATI").fill_null(value=True))
    return spouse.join(widowed.select("orang", "kartu_daftar"), on="orang").drop("orang").unique()


def _split_children(ctx: Context, *, married: bool) -> pl.LazyFrame:
    """One raw finding per child. Married in one register is married; ST02 is then what an older register called it."""
    newest = ctx.once("kartu_sendiri", _own_card).sort(
        "orang", "tanggal_data", "sumber", descending=[False, True, False]
    )
    per_child = newest.group_by("orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(),
        bukti_baris=pl.col("bukti_baris").list.explode(),
        kepala=pl.col("orang_kepala").first(),
        wakil=pl.col("wakil").any(),
        kawin=pl.col("kawin").any(),
        belum=(~pl.col("kawin")).any(),
    )
    if married:
        also = pl.when("belum").then(pl.lit(["ST02"])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
        return per_child.filter("kawin").with_columns(alias_lain=also).drop("kawin", "belum", "kepala", "wakil")
    unmarried = per_child.filter(~pl.col("kawin")).drop("kawin", "belum")
    # A head whom no survey lists may have died without a record, and the child beside the widow is no split.
    surveys = ctx.baris.filter(pl.col("sumber").is_in(["p3ke", "regsosek", "dtsen"]), ~pl.col("pergi"))
    listed = surveys.select(kepala="orang", terdata=pl.lit(value=True)).unique()
    surveyed = surveys.select(ada_survei=pl.len() > 0)
    return (
        unmarried.join(listed, on="kepala", how="left", maintain_order="left")
        .join(surveyed, how="cross", maintain_order="left")
        .filter(pl.col("wakil") | pl.col("terdata").fill_null(value=False) | ~pl.col("ada_survei"))
        .drop("kepala", "wakil", "terdata", "ada_survei")
    )


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
def married_child(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
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
def unmarried_child(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS children whom a register shows never married on another KK than the DTKS head."""
    del tables
    return _split_children(ctx, married=False)
