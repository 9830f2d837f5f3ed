"""ST01, ST02: a child has a card of its own, and the DTKS still lists it under the parents."""

from __future__ import annotations

import polars as pl

from rules.findings.context import KK_SOURCES, Context, LazyTables
from rules.findings.registry import rule
from rules.findings.similar import digits_apart, name_similarity
from rules.i18n import N_

_FAMILY = ("tanggal_data", "id_keluarga")
_MARRIED = ["KAWIN", "CERAI_HIDUP", "CERAI_MATI"]


def _children(ctx: Context) -> pl.LazyFrame:
    """DTKS children with the head of their family: orang, baris (of the child), orang_kepala, baris_kepala.

    The head is looked for on the child's own card or family number first, then in the whole DTKS id: a DTKS id is a
    kitchen and may lawfully hold several KKs with a head each. A child of one card is not the child of another's head,
    and where two heads come into question nobody is known to be the parent.
    """
    twice = ctx.dapur.join(ctx.dtks_tunggal, on="baris_id", how="anti")
    # A child of two families: whose, nobody can tell. A child there and a head elsewhere has moved on.
    twice = twice.filter((pl.col("hub") == "ANAK").sum().over("orang", "tanggal_data") == 1)
    child = pl.concat([ctx.dtks_tunggal, _with_mother(ctx, twice)]).filter(pl.col("hub") == "ANAK").select(
        *_FAMILY, "orang", "baris_id", "nuk", "no_kk", "lahir", "hub_kk"
    )  # fmt: skip
    head = ctx.dapur.filter(pl.col("hub") == "KEPALA").select(
        *_FAMILY,
        orang_kepala="orang", nuk_kepala="nuk", kk_kepala="no_kk", lahir_kepala="lahir",
    )  # fmt: skip
    old_enough = (pl.col("lahir") - pl.col("lahir_kepala")).dt.total_days() >= ctx.p.selisih_anak_min_tahun.nilai * 365
    near = (
        (pl.col("nuk") == pl.col("nuk_kepala")).fill_null(value=False).cast(pl.UInt8) * 2
        + (pl.col("no_kk") == pl.col("kk_kepala")).fill_null(value=False).cast(pl.UInt8)
    )  # fmt: skip
    other_card = pl.col("no_kk") == pl.col("kk_kepala")
    return (
        child.join(head, on=_FAMILY, how="inner", nulls_equal=True)
        .filter(pl.col("orang") != pl.col("orang_kepala"), old_enough.fill_null(value=True))
        .with_columns(dekat=near)
        .filter((pl.col("dekat") > 0) | pl.col("hub_kk").is_null() | other_card.fill_null(value=True))
        .filter(pl.col("dekat") == pl.col("dekat").max().over("baris_id"))
        .filter(pl.col("orang_kepala").n_unique().over("baris_id") == 1)
        .select("orang", "baris_id", *_FAMILY, "orang_kepala")
        .unique("baris_id", keep="first", maintain_order=True)
        .sort("baris_id")
    )


def _with_mother(ctx: Context, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of `rows` (people in two DTKS families) those whose mother's name is that of a member of that family.

    A double entry may stand in a stranger's family; the mother's name tells the parents' family from it.
    """
    named = rows.join(ctx.lazy.records.select("baris_id", "nama_ibu"), on="baris_id").filter(
        pl.col("nama_ibu").is_not_null()
    )
    elder = ctx.dapur.filter(pl.col("hub").is_in(["KEPALA", "PASANGAN"])).select(*_FAMILY, nama_tua="nama")
    pairs = named.join(elder, on=_FAMILY, how="inner", nulls_equal=True)
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
    card = ctx.kartu_terbaru.filter(pl.col("sumber").is_in(KK_SOURCES)).join(ctx.mati, on="orang", how="anti")
    # Whom the surveyor did not find keeps the card.
    card = card.filter(~pl.col("pergi") | pl.col("keberadaan").eq_missing("TIDAK_DITEMUKAN")).with_columns(
        pasangan=(pl.col("hub") == "PASANGAN").any().over("sumber", "no_kk").fill_null(value=False)
    )
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
        lahir_anak="lahir",
    )
    parent = _parents(ctx, card)
    both = (
        _children(ctx)
        .rename({"tanggal_data": "tanggal_dtks"})
        .join(child, on="orang")
        .join(parent, on=("orang_kepala", "sumber"))
    )
    other = both.filter(pl.col("no_kk") != pl.col("kk_kepala"))
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
        _bereaved(ctx, card), on=["id_keluarga", "tanggal_dtks", "sumber", "no_kk"], how="anti", nulls_equal=True
    )
    return split.with_columns(
        kawin=pl.when(pl.col("status_kawin").is_not_null()).then(ever).otherwise(heads_it),
        bukti_baris=pl.concat_list("bukti_anak", "bukti_kepala"),
    )


def _parents(ctx: Context, card: pl.LazyFrame) -> pl.LazyFrame:
    """The present card of each DTKS head in each register; for a head it does not show, that of the spouse.

    Only a spouse who is married and no head stands in: the head is then on the same card, under a row that the linkage
    could not join. A head of another name is another man: the old one died, and she has married again.
    """
    there = card.filter(pl.col("hub").ne_missing("LAINNYA")).select(
        "sumber", "pasangan", orang_kepala="orang", kk_kepala="no_kk", bukti_kepala="baris_id", hub_kepala="hub",
        isi_kepala="isi", kawin_kepala="status_kawin", wakil=pl.lit(value=False),
    )  # fmt: skip
    couple = ctx.dtks_tunggal.filter(pl.col("no_kk").is_not_null())
    heads = couple.filter(pl.col("hub") == "KEPALA").select(*_FAMILY, "no_kk", kepala="orang", nama_dtks="nama")
    wives = couple.filter(pl.col("hub") == "PASANGAN").select(*_FAMILY, "no_kk", orang_kepala="orang")
    pairs = heads.join(wives, on=[*_FAMILY, "no_kk"], nulls_equal=True).filter(
        pl.len().over(*_FAMILY, "no_kk") == 1
    ).select("kepala", "orang_kepala", "nama_dtks").unique("kepala", keep="first", maintain_order=True)  # fmt: skip
    leaders = card.filter(pl.col("hub") == "KEPALA").select("sumber", kk_kepala="no_kk", nama_kini="nama")
    stand_in = there.filter(pl.col("hub_kepala") == "PASANGAN", pl.col("kawin_kepala") == "KAWIN").join(
        pairs, on="orang_kepala"
    )
    same = stand_in.select("sumber", "kk_kepala", "kepala", "nama_dtks").join(leaders, on=["sumber", "kk_kepala"])
    same = same.with_columns(name_similarity("nama_dtks", "nama_kini")).filter(
        pl.col("kemiripan") >= ctx.p.kemiripan_nama_min.nilai
    )
    stand_in = stand_in.join(same, on=["sumber", "kk_kepala", "kepala"], how="semi")
    shown = ctx.baris.select("sumber", orang_kepala="orang").unique()
    columns = there.collect_schema()
    stand_in = stand_in.with_columns(
        wakil=pl.lit(value=True), orang_kepala="kepala", hub_kepala=pl.lit("KEPALA").cast(columns["hub_kepala"])
    )
    unseen = stand_in.select(columns.names()).join(shown, on=["sumber", "orang_kepala"], how="anti")
    return pl.concat([there, unseen])


def _bereaved(ctx: Context, card: pl.LazyFrame) -> pl.LazyFrame:
    """Cards (sumber, no_kk) that the widowed spouse of a DTKS head is on.

    Where the head still has a card of his own, no source says that he died; yet the children beside the widow did not
    split off, they are the family.
    """
    spouse = ctx.dtks_tunggal.filter(pl.col("hub") == "PASANGAN")
    widowed = card.filter(pl.col("status_kawin").eq("CERAI_MATI").fill_null(value=True))
    on = spouse.select("orang", "id_keluarga", tanggal_dtks="tanggal_data").join(
        widowed.select("orang", "sumber", "no_kk"),
        on="orang",
    )
    return on.drop("orang").unique()


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
