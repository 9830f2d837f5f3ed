"""ST04, ST05, ST11, ST12, ST15, ST16: who leads a family and who is married to whom."""

from __future__ import annotations

import polars as pl

from rules.findings.context import Context, LazyTables, kept
from rules.findings.registry import rule
from rules.findings.similar import digits_apart
from rules.i18n import N_

_FAMILY = ("tanggal_data", "id_keluarga")
_NAMED = ("nama", "hub_krt", "hub_kk", "keberadaan", "tanggal_status")
_HEAD_BASIS = N_("The KK gets a new number and head when the head dies or leaves (civil registration rules)")
_NEW_HEAD = N_("Name the successor (spouse, eldest), change head and pengurus, ask for the new KK.")


def _home(ctx: Context) -> pl.LazyFrame:
    """DTKS rows of believable families with `peran`: household relation where the family states any, else family's."""
    return ctx.dapur.with_columns(
        peran=pl.when("berkrt").then("hub_krt").otherwise("hub_kk"),
        keluarga_id=pl.format("dtks:DTKS:{}", "id_keluarga"),
    )


def _headless(ctx: Context) -> pl.LazyFrame:
    """Rows of DTKS families that name a head, all of whose heads the DTKS itself calls gone, while others are there."""
    rows, head = _home(ctx), (pl.col("peran") == "KEPALA").fill_null(value=False)
    led = (head & ~pl.col("pergi")).any().over("keluarga_ke")
    return rows.filter(head.any().over("keluarga_ke"), ~led, (~head & ~pl.col("pergi")).any().over("keluarga_ke"))


@rule(
    kode="ST11",
    judul=N_("Head recorded dead and no successor named"),
    tingkat="TINGGI",
    dasar=_HEAD_BASIS,
    tanda="A",
    bukti=N_("death of the head in the DTKS with its date; the members who remain"),
    tindakan=_NEW_HEAD,
    ringkas=N_("{nama}, head in {sumber}, is recorded dead for {hari} days and nobody leads the family."),
    butuh=(("dtks",),),
    kolom=_NAMED,
)
def successor_missing(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families whose dead head (by the DTKS itself) was not replaced within `ahli_waris_hari` days; see also ST10."""
    del tables
    rows = _headless(ctx)
    date = pl.coalesce("tanggal_perbarui", "tanggal_data")
    dead = rows.filter(pl.col("peran") == "KEPALA", "mati").with_columns(
        hari=(date - pl.col("tanggal_status")).dt.total_days()
    )
    late = dead.filter((pl.col("hari") > ctx.p.ahli_waris_hari.nilai).fill_null(value=False))
    left = rows.filter(~pl.col("pergi")).group_by(_FAMILY).agg(bukti_baris="baris_id")
    return (
        late.join(left, on=_FAMILY, nulls_equal=True)
        .group_by(_FAMILY, maintain_order=True)
        .agg(pl.col("keluarga_id", "bukti_baris").first(), pl.col("hari").min(), baris="baris_id")
        .drop(_FAMILY)
    )


@rule(
    kode="ST12",
    judul=N_("Head moved or lost, members remain"),
    tingkat="TINGGI",
    dasar=_HEAD_BASIS,
    tanda="A",
    bukti=N_("presence of the head in the DTKS; the members who remain"),
    tindakan=_NEW_HEAD,
    ringkas=N_("{nama}, head in {sumber}, has moved or was not found, and nobody leads the family."),
    butuh=(("dtks",),),
    kolom=_NAMED,
)
def head_gone(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Families whose heads the DTKS itself calls moved, abroad or not found (none of them dead: ST11)."""
    del tables
    rows = _headless(ctx)
    rows = rows.filter(
        ~((pl.col("peran") == "KEPALA") & pl.col("mati")).fill_null(value=False).any().over("keluarga_ke")
    )
    gone = rows.filter(
        pl.col("peran") == "KEPALA", pl.col("keberadaan").is_in(["PINDAH", "LUAR_NEGERI", "TIDAK_DITEMUKAN"])
    )
    left = rows.filter(~pl.col("pergi")).group_by(_FAMILY).agg(bukti_baris="baris_id")
    return (
        gone.join(left, on=_FAMILY, nulls_equal=True)
        .group_by(_FAMILY, maintain_order=True)
        .agg(pl.col("keluarga_id", "bukti_baris").first(), baris="baris_id")
        .drop(_FAMILY)
    )


@rule(
    kode="ST15",
    judul=N_("Minor as head and no adult in the family"),
    tingkat="SEDANG",
    dasar=N_("Nobody of the card has the age of an identity card (UU 23/2006 article 63)"),
    tanda="A",
    bukti=N_("birth dates of all members, in every list that has the head"),
    tindakan=N_("Find the guardian; draw up who may receive for the children."),
    ringkas=N_("{nama} heads a family of {isi} without an adult ({sumber})."),
    kolom=("nama", "tanggal_lahir", "hub_kk"),
)
def minor_head(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Cards on which every full birth date is of a minor; no list may make a member an adult."""
    del tables
    unit = "kartu_ke"
    rows = ctx.kartu.filter("terbaru", pl.col("kepala") == 1, pl.col("isi") <= ctx.p.anggota_wajar_maks.nilai)
    young = (pl.col("tanggal_data") - pl.col("lahir")).dt.total_days() < 366 * (ctx.p.dewasa_tahun.nilai + 1)
    heads = kept(rows.filter(pl.col("hub_kk") == "KEPALA", young).select(unit, "tanggal_data", "lahir"))  # few
    head_minor = pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.dewasa_tahun.nilai}y") < pl.col("lahir")
    candidate = heads.filter(head_minor.fill_null(value=False)).select(unit).unique()
    members = kept(
        rows.join(candidate, on=unit, how="semi").select(
            unit, "sumber", "no_kk", "tanggal_data", "orang", "baris_id", "lahir", "hub_kk"
        )
    )
    oldest = ctx.baris.filter(ctx.among(members)).group_by("orang").agg(
        tertua=pl.min_horizontal(pl.col("tanggal_lahir").min(), pl.col("lahir").min())
    )  # fmt: skip
    members = members.join(oldest, on="orang", how="left", maintain_order="left")
    minor = (pl.col("tertua") > pl.col("tanggal_data").dt.offset_by(f"-{ctx.p.dewasa_tahun.nilai}y")).fill_null(
        value=False
    )
    # One row alone on a card is mostly a mistyped number.
    found = members.filter((minor & pl.col("lahir").is_not_null()).all().over(unit), pl.len().over(unit) > 1)
    # The head is named; the others are evidence.
    return found.group_by(unit, maintain_order=True).agg(
        baris=pl.col("baris_id").filter(pl.col("hub_kk") == "KEPALA"), bukti_baris="baris_id", isi=pl.len(),
        keluarga_id=pl.format("{}:KK:{}", "sumber", "no_kk").first(),
    ).drop(unit)  # fmt: skip


@rule(
    kode="ST16",
    judul=N_("Head in the DTKS is not the head of the KK"),
    tingkat="INFO",
    dasar=N_("Head of a household and head of a family are two things (seed document)"),
    tanda="S",
    bukti=N_("head in the DTKS; head of the KK on which both stand"),
    tindakan=N_("No error by itself: note who is head of the household and who of the family."),
    ringkas=N_("{nama} is head in {sumber}, but another member of the family is head of the KK ({sumber_bukti})."),
    butuh=(("dtks",), ("dukcapil", "dtsen")),
    kolom=("nama", "hub_krt", "hub_kk"),
)
def other_head(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """The only head of a DTKS family, on a card whose only head is another living member of that DTKS family."""
    del tables
    rows = _home(ctx).filter(~pl.col("pergi")).join(ctx.mati, on="orang", how="anti")
    heads = rows.filter(pl.col("peran") == "KEPALA").filter(pl.col("orang").n_unique().over("keluarga_ke") == 1)
    card = ctx.kartu_terbaru.filter(
        pl.col("sumber").is_in(["dukcapil", "dtsen"]), pl.col("kepala") == 1, ~pl.col("pergi")
    )
    mine = heads.select("orang", "baris_id", *_FAMILY).join(
        card.select("orang", "no_kk", "kepala_orang", bukti="baris_id"), on="orang"
    )
    other = mine.filter(pl.col("kepala_orang") != pl.col("orang")).join(
        rows.select(*_FAMILY, kepala_orang="orang").unique(),
        on=[*_FAMILY, "kepala_orang"],
        how="semi",
        nulls_equal=True,
    )
    head_row = card.filter(pl.col("orang") == pl.col("kepala_orang")).select(
        "no_kk", "kepala_orang", bukti_kepala="baris_id"
    )
    return (
        other.join(head_row, on=["no_kk", "kepala_orang"])
        .group_by("orang", maintain_order=True)
        .agg(
            baris=pl.col("baris_id").unique().sort(),
            bukti_baris=pl.concat_list(pl.col("bukti").implode(), pl.col("bukti_kepala").implode())
            .first()
            .list.unique(),
        )
    )


def _dukcapil(ctx: Context) -> pl.LazyFrame:
    """What Dukcapil says of the living on cards with one head."""
    card = ctx.kartu_terbaru.filter(pl.col("sumber") == "dukcapil", pl.col("kepala") == 1, ~pl.col("pergi"))
    return card.join(ctx.mati, on="orang", how="anti").select(
        "orang", "no_kk", "hub", "status_kawin", "kepala_orang", "lahir", bukti="baris_id", tanggal_duk="tanggal_data"
    )


@rule(
    kode="ST04",
    judul=N_("Marriage of a child on the same KK not recorded"),
    tingkat="SEDANG",
    dasar=N_("Marital status follows Dukcapil (staleness rules)"),
    tanda="A",
    bukti=N_("marital status in the DTKS and at Dukcapil; one KK with the head"),
    tindakan=N_("Record the marriage; ask whether the spouse lives here and is missing in the list."),
    ringkas=N_("{nama} is an unmarried child in {sumber}, but married on the same KK according to {sumber_bukti}."),
    butuh=(("dtks",), ("dukcapil",)),
    kolom=("nama", "hub_kk", "hub_krt", "status_kawin", "no_kk"),
)
def marriage_missing(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """Grown children, unmarried in the DTKS, whom a Dukcapil list at least as new calls married on the head's card."""
    del tables
    rows = _home(ctx).join(ctx.dtks_tunggal.select("baris_id"), on="baris_id", how="semi")
    child = rows.filter(pl.col("peran") == "ANAK", pl.col("status_kawin") == "BELUM_KAWIN", ~pl.col("pergi"))
    head = rows.filter(pl.col("peran") == "KEPALA").select(*_FAMILY, orang_kepala="orang")
    # The card may hold a second family under its old number: what counts is that child and head share it.
    card = ctx.kartu_terbaru.filter(pl.col("sumber") == "dukcapil", ~pl.col("pergi")).join(
        ctx.mati, on="orang", how="anti"
    )
    duk = card.select("orang", "no_kk", "hub", "status_kawin", "lahir", bukti="baris_id", tanggal_duk="tanggal_data")
    leads = duk.filter(pl.col("hub") == "KEPALA").select("no_kk", orang_kepala="orang")
    grown = pl.col("lahir_duk").dt.offset_by(f"{ctx.p.kawin_min_tahun.nilai}y") <= pl.col("tanggal_duk")
    told = child.join(duk, on="orang", suffix="_duk").filter(
        pl.col("status_kawin_duk") == "KAWIN", pl.col("hub_duk") == "ANAK", grown,
        (pl.col("tanggal_duk") >= pl.coalesce("tanggal_perbarui", "tanggal_data")).fill_null(value=False),
    )  # fmt: skip
    both = told.join(head, on=_FAMILY, nulls_equal=True)
    both = both.join(leads, left_on=["no_kk_duk", "orang_kepala"], right_on=["no_kk", "orang_kepala"], how="semi")
    return both.group_by("orang", maintain_order=True).agg(
        baris=pl.col("baris_id").unique().sort(), bukti_baris=pl.col("bukti").unique().sort()
    )


@rule(
    kode="ST05",
    judul=N_("Couple in the DTKS is parted at Dukcapil"),
    tingkat="TINGGI",
    dasar=N_("Marital status and KK follow Dukcapil; the ex-wife gets a new KK (civil registration rules)"),
    tanda="A",
    bukti=N_("KKs, relations and marital status of both at Dukcapil"),
    tindakan=N_("Ask for both KKs and the act of divorce or marriage; decide who keeps the benefit."),
    ringkas=N_(
        "{nama} and the spouse in {sumber} stand on different KKs, divorced or with another spouse ({sumber_bukti})."
    ),
    butuh=(("dtks",), ("dukcapil",)),
    kolom=("nama", "hub_kk", "hub_krt", "no_kk", "status_kawin"),
)
def couple_parted(tables: LazyTables, ctx: Context) -> pl.LazyFrame:
    """DTKS couples on two KKs at Dukcapil, where one is divorced or the wife is spouse of another head.

    Two cards alone part nobody: a second wife or a couple living apart may lawfully hold a KK each.
    """
    del tables
    rows = _home(ctx).filter(~pl.col("pergi"), (pl.col("peran") == "KEPALA").sum().over("keluarga_ke") == 1)
    rows = rows.filter((pl.col("peran") == "PASANGAN").sum().over("keluarga_ke") == 1)
    # A relation to the head of the KK makes a couple on one KK only; one to the head of the household needs none.
    rows = rows.with_columns(kartu=pl.when(pl.col("hub_krt").is_null().all().over("keluarga_ke")).then("no_kk"))
    head = rows.filter(pl.col("peran") == "KEPALA").select(*_FAMILY, "orang", "baris_id", "keluarga_id", "kartu")
    spouse = rows.filter(pl.col("peran") == "PASANGAN").select(
        *_FAMILY, orang_dua="orang", baris_dua="baris_id", kartu_dua="kartu"
    )
    duk = _dukcapil(ctx)
    both = (
        head.join(spouse, on=_FAMILY, nulls_equal=True)
        .filter((pl.col("kartu") == pl.col("kartu_dua")).fill_null(value=True))
        .join(duk, on="orang")
        .join(duk.rename({"orang": "orang_dua"}), on="orang_dua", suffix="_dua")
        .filter(
            pl.col("no_kk") != pl.col("no_kk_dua"),
            # Who heads a card of her own stands on no mistyped number.
            (digits_apart("no_kk", "no_kk_dua") > ctx.p.kk_salah_ketik_maks.nilai)
            | (pl.col("hub_dua") == "KEPALA").fill_null(value=False),
            (pl.col("tanggal_duk") >= pl.col("tanggal_data")).fill_null(value=False),
        )
    )  # fmt: skip
    divorced = pl.any_horizontal(pl.col("status_kawin", "status_kawin_dua") == "CERAI_HIDUP").fill_null(value=False)
    elsewhere = ((pl.col("hub_dua") == "PASANGAN") & (pl.col("kepala_orang_dua") != pl.col("orang"))).fill_null(
        value=False
    )
    return both.filter(divorced | elsewhere).select(
        "keluarga_id", baris=pl.concat_list("baris_id", "baris_dua"), bukti_baris=pl.concat_list("bukti", "bukti_dua")
    )
