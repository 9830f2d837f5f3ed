"""BG01, BG02, BG03, ST44: one entitlement paid twice in one period. Of each double one payment stays unmarked."""

from __future__ import annotations

import polars as pl

from rules.findings.assemble import fill
from rules.findings.context import Context
from rules.findings.rulebook.double_pay import family_payments
from rules.gate.registry import chance, gate_rule, marks, no_marks
from rules.gate.view import View
from rules.i18n import N_, _

_AGAIN = N_("paid again for the same period under the same NIK; the other payment: {lawan}")
_AGAIN_MAYBE = N_("perhaps paid twice for the same period under the same NIK; the other payment: {lawan}")
_OTHER_ID = N_("the same person is paid for the same period under another identity (probability {p}): {lawan}")
_FAMILY = N_("another member of the same KK family is paid for the same period: {lawan}")
_KITCHEN = N_("shares a kitchen with another family that is paid (no duplicate): {lawan}")
_PAID = (
    "bayar_id", "baris_id", "orang", "keluarga", "keyakinan", "berkas", "lembar", "nomor_baris", "awal", "akhir",
    "tanpa", "mulai", "dinilai",
)  # fmt: skip


def clashes(view: View, paid: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Pairs of payments of one `unit` whose periods meet: every column of both, the better one with `_lain`.

    `lawan` names the row of the better one; `pasti_lain`: that one is not itself the worse of another pair. `paid` is
    as of `_paid`, with the column `unit`. A payment without a period meets those of the same stage. Only payments that
    meet any other are ranked.
    """
    # Most lists know the period of every payment: then there are no stages to tell apart.
    key = [unit] if paid["tanpa"].null_count() == paid.height else [unit, "tanpa"]
    near = ranked(view, paid.join(_met(paid, key), on=key, how="semi", nulls_equal=True))
    pairs = near.join(near, on=key, how="inner", suffix="_lain", nulls_equal=True).filter(
        pl.col("urut_lain") < pl.col("urut"),
        pl.col("awal_lain") <= pl.col("akhir"),
        pl.col("awal") <= pl.col("akhir_lain"),
    )
    worse = pairs["bayar_id"].unique()
    certain = ~pl.col("bayar_id_lain").is_in(worse.implode())
    return pairs.with_columns(pasti_lain=certain, lawan="lawan_lain").filter("dinilai")


def _met(paid: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The values of `key` (unit, perhaps stage) under which any two payments meet in time.

    Sorted by their first day, any two of a unit meet only where two neighbours do: no window over a million rows.
    """
    rows = paid.select(*key, "awal", "akhir").filter(pl.col(key[0]).is_not_null()).sort("awal")
    for name in reversed(key):  # one after the other: by all at once it would take five times as long
        rows = rows.sort(name, maintain_order=True)
    before = pl.col("awal") <= pl.col("akhir").shift(1)
    again = pl.all_horizontal(before, *(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in key))
    return rows.filter(again.fill_null(value=False)).select(key).unique()


def _paid(view: View) -> pl.DataFrame:
    """What pairs of payments are made of: those of this programme, earlier versions of the list left out."""
    return _of_programme(view).select(_PAID)


def _of_programme(view: View) -> pl.DataFrame:
    return view.semua_bayar.filter(pl.col("program") == view.programme.kode, ~pl.col("versi_lama"))


def ranked(view: View, paid: pl.DataFrame) -> pl.DataFrame:
    """`paid` with the fields of its payees and `urut`: which of two for one entitlement is to be kept (the smaller).

    What other lists of the run paid before comes first; then payees whose NIK the registers confirm, those who are paid
    more often, the earlier period, the earlier row.
    """
    facts = view.rows.select("nik", "nik_mutu", "nama", "lahir", "no_kk")
    known = (
        view.beside(paid, facts)
        .join(view.kali, on="baris_id", how="left")
        .with_columns(
            kokoh=pl.col("baris_id").is_in(view.kokoh["baris_id"].implode()),
            lawan=fill(_("{berkas} row {nomor_baris}"), {"berkas", "nomor_baris"}),
        )
    )
    order = ["dinilai", "kokoh", "kali", "awal", "berkas", "lembar", "nomor_baris", "bayar_id"]
    down = [False, True, True, False, False, False, False, False]
    return known.sort(order, descending=down, nulls_last=False).with_row_index("urut")


@gate_rule(
    kode="BG01",
    judul=N_("Paid twice under one NIK"),
    akibat="TAHAN",
    dasar=N_("One entitlement is paid once a period (BPK findings on double recipients)"),
    tanda="F",
    tindakan=N_("Hold the extra payment; keep one card; report it to the programme."),
    alias=("GANDA_PROGRAM", "ST40"),
)
def same_nik(view: View) -> pl.DataFrame:
    """Payments under one NIK that meet in time; certain when the NIK is trusted and name or birth date agree."""
    paid = view.once("bayar_program", _paid)
    niks = view.beside(paid.select("baris_id").unique(), view.rows.select(nik_kunci="nik"))
    several = niks.filter(pl.col("nik_kunci").is_not_null(), pl.len().over("nik_kunci") > 1)
    one_row = clashes(view, paid, "baris_id").with_columns(baris_id_lain="baris_id")
    one_nik = clashes(view, paid.join(several, on="baris_id"), "nik_kunci")
    one_nik = one_nik.filter(pl.col("baris_id") != pl.col("baris_id_lain"))
    columns = [c for c in one_row.columns if c in one_nik.columns]
    found = pl.concat([one_row.select(columns), one_nik.select(columns)])
    if found.is_empty():
        return no_marks()
    found = view.alike(found)
    trusted = pl.col("nik_mutu") == "TEPERCAYA"
    # Two rows that are equal to the letter are one payee only if they say enough: a name and a village are many people.
    told = pl.col("nik").is_not_null() | (pl.col("lahir").is_not_null() & pl.col("no_kk").is_not_null())
    agree = (told & (pl.col("baris_id") == pl.col("baris_id_lain"))) | (
        trusted & (pl.col("nama_sama") | pl.col("lahir_sama"))
    )
    # One NIK under two names and two birth dates is a shared NIK, not one person paid twice.
    found = found.filter(agree | (pl.col("orang") == pl.col("orang_lain")))
    held = agree & pl.col("pasti_lain")
    return marks(
        found.with_columns(
            akibat=pl.when(held).then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
            peluang=pl.when(agree).then(view.p.peluang_nik_penuh.nilai).otherwise(view.p.peluang_nik_sebagian.nilai),
            bukti_bayar=pl.concat_list("bayar_id_lain"),
        ),
        "BG01",
        {"TAHAN": _AGAIN, "VERIFIKASI": _AGAIN_MAYBE},
    )


@gate_rule(
    kode="BG02",
    judul=N_("One person paid twice under two identities"),
    akibat="TAHAN",
    dasar=N_("A certain duplicate (p >= 0.99) of the same entitlement in the same period (programme rules, section 3)"),
    tanda="F",
    tindakan=N_("Check both identities at Dukcapil and visit; hold the extra payment."),
    alias=("GANDA_PROGRAM", "ST41"),
)
def two_identities(view: View) -> pl.DataFrame:
    """Payments of one person under two payee rows with different NIKs (or none), review pairs included."""
    paid = view.once("bayar_program", _paid)
    two_rows = paid.filter((pl.col("baris_id").min() != pl.col("baris_id").max()).over("orang"))
    one = clashes(view, two_rows, "orang").with_columns(
        peluang=pl.min_horizontal("keyakinan", "keyakinan_lain"), tautan=pl.lit("padan")
    )
    one = one.with_columns(orang_lain="orang")
    near = view.tinjau.filter(pl.col("orang") < pl.col("orang_lain")).with_row_index("pasangan")
    ends = pl.concat([near.select("pasangan", "orang"), near.select("pasangan", orang="orang_lain")])
    maybe = clashes(view, paid.join(ends, on="orang"), "pasangan").filter(pl.col("orang") != pl.col("orang_lain"))
    maybe = maybe.join(near.select("pasangan", "peluang"), on="pasangan").with_columns(tautan=pl.lit("tinjau"))
    found = pl.concat([one, maybe.select(one.columns)])
    same_nik = (pl.col("nik") == pl.col("nik_lain")).fill_null(value=False)
    found = found.filter(pl.col("baris_id") != pl.col("baris_id_lain"), ~same_nik)
    if found.is_empty():
        return no_marks()
    sure = (pl.col("tautan") == "padan") & (pl.col("peluang") >= view.p.peluang_pasti.nilai)
    # Two NIKs that the registers both know under this name or birth date may be twins: no hold on that.
    sure &= ~(pl.col("kokoh") & pl.col("kokoh_lain"))
    return marks(
        found.with_columns(
            akibat=pl.when(sure & pl.col("pasti_lain")).then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
            p=chance(),
            bukti_bayar=pl.concat_list("bayar_id_lain"),
        ),
        "BG02",
        {"TAHAN": _OTHER_ID, "VERIFIKASI": _OTHER_ID},
    )


def _suspects(view: View, paid: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """(payees who share a card or a family with another payee of the list, those and everybody on their cards)."""
    who = paid.select("orang", "keluarga").unique("orang", maintain_order=True)
    several = pl.col("orang").n_unique() > 1
    family = who.filter(pl.col("keluarga").is_not_null()).filter(several.over("keluarga"))["orang"]
    stated = view.rows.filter(pl.col("no_kk").is_not_null()).join(who, on="orang", how="semi")
    shared = (
        stated.group_by("no_kk")
        .agg(n=pl.col("orang").n_unique())
        .filter(pl.col("n").is_between(2, view.p.anggota_wajar_maks.nilai))
    )
    cards = stated.join(shared, on="no_kk", how="semi")
    chosen = pl.concat([family, cards["orang"]]).unique().sort()
    mates = view.rows.join(
        stated.filter(pl.col("orang").is_in(chosen.implode())).select("no_kk").unique(), on="no_kk", how="semi"
    )
    return chosen, pl.concat([chosen, mates["orang"]]).unique().sort()


def _family_context(view: View) -> tuple[Context, pl.DataFrame]:
    """The finding rules' context over the suspects, and their payments with `unit` (payees of one family share it)."""
    paid = view.once("bayar_program", _paid)
    chosen, near = _suspects(view, paid)
    suspected = pl.col("orang").is_in(chosen.implode())
    ctx = view.context(near, _of_programme(view).filter(suspected))
    named = family_payments(ctx).select("bayar_id", unit="unit").collect()
    return ctx, paid.filter(suspected).join(named, on="bayar_id")


@gate_rule(
    kode="BG03",
    judul=N_("One family paid twice by a family programme"),
    akibat="TAHAN",
    dasar=N_("The programme is paid to a KK family once a period"),
    tanda="F",
    tindakan=N_("Keep one recipient and one card of the family; hold the other payment once the KK is checked."),
    alias=("GANDA_PROGRAM", "ST73"),
)
def family_twice(view: View) -> pl.DataFrame:
    """Payments to two members of one KK family.

    Held only when every register that knows both says one card, one of them not long before the period, and the list
    itself does not say two cards: families part and join, and each may then be paid lawfully.
    """
    if view.programme.satuan != "KELUARGA" or view.once("bayar_program", _paid).is_empty():
        return no_marks()
    ctx, paid = _family_context(view)
    found = clashes(view, paid, "unit").filter(pl.col("orang") != pl.col("orang_lain"))
    if found.is_empty():
        return no_marks()
    same = view.tinjau.select("orang", "orang_lain")
    found = found.join(same, on=["orang", "orang_lain"], how="anti")  # BG02 tells of them
    told = _one_card(view, ctx, found)
    found = found.join(told, on=["bayar_id", "bayar_id_lain"], how="left")
    likely = view.p.peluang_pasti.nilai
    sure = (
        pl.col("sekartu").fill_null(value=False)
        & ~(pl.col("no_kk") != pl.col("no_kk_lain")).fill_null(value=False)
        & (pl.min_horizontal("keyakinan", "keyakinan_lain") >= likely)
        & pl.col("kokoh") & pl.col("kokoh_lain") & pl.col("pasti_lain")
    )  # fmt: skip
    return marks(
        found.with_columns(
            akibat=pl.when(sure).then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
            peluang=pl.min_horizontal("keyakinan", "keyakinan_lain"),
            bukti_bayar=pl.concat_list("bayar_id_lain"),
            bukti=pl.col("kartu").fill_null([]),
        ),
        "BG03",
        {"TAHAN": _FAMILY, "VERIFIKASI": _FAMILY},
    )


def _one_card(view: View, ctx: Context, pairs: pl.DataFrame) -> pl.DataFrame:
    """Per pair of payments: `sekartu` (certainly one card at the time) and `kartu` (the rows that say so)."""
    cards = (
        ctx.kartu_terbaru.filter(pl.col("sumber").is_in(["dukcapil", "dtsen", "regsosek"]), pl.col("kepala") < 2)
        .select("sumber", "tanggal_data", "no_kk", "baris_id", di_ctx="orang")
        .collect()
        .join(view.numbers_in(ctx), on="di_ctx")
    )
    ids = ["bayar_id", "bayar_id_lain"]
    both = (
        pairs.select(*ids, "orang", "orang_lain", "mulai")
        .join(cards.select("orang", "sumber", "tanggal_data", kartu_a="no_kk", baris_a="baris_id"), on="orang")
        .join(
            cards.select("sumber", orang_lain="orang", kartu_b="no_kk", baris_b="baris_id"), on=["orang_lain", "sumber"]
        )
    )
    months = (pl.col("mulai") - pl.col("tanggal_data")).dt.total_days() / 30.4375
    recent = months.is_between(0, view.p.kk_umur_maks_bulan.nilai)
    one = pl.col("kartu_a") == pl.col("kartu_b")
    return both.group_by(ids, maintain_order=True).agg(
        sekartu=one.all() & recent.fill_null(value=False).any(),
        kartu=pl.concat([pl.col("baris_a").filter(one), pl.col("baris_b").filter(one)]).unique().sort(),
    )


@gate_rule(
    kode="ST44",
    judul=N_("Two families of one kitchen both paid"),
    akibat="CATATAN",
    dasar=N_("Several KKs in one kitchen may lawfully both receive a family programme"),
    tanda="S",
    tindakan=N_("No duplicate: report as sharing one kitchen (bersama satu dapur)."),
)
def one_kitchen(view: View) -> pl.DataFrame:
    """Payments to people of one DTKS id who are not told as one family."""
    if view.programme.satuan != "KELUARGA":
        return no_marks()
    paid = view.once("bayar_program", _paid)
    listed = view.rows.filter(pl.col("sumber") == "dtks", pl.col("id_keluarga").is_not_null())
    listed = listed.select("orang", "id_keluarga", "baris_id", "sumber", "tanggal_data", "kode_wilayah")
    home = view.newest(listed.join(paid.select("orang"), on="orang", how="semi")).select(
        "orang", dapur=pl.col("id_keluarga").rank("dense"), bukti="baris_id"
    )
    home = home.unique("orang", keep="first", maintain_order=True)
    met = clashes(view, paid.join(home, on="orang"), "dapur").filter(pl.col("orang") != pl.col("orang_lain"))
    doubled = view.mark_of("BG03").select("bayar_id")
    found = met.join(doubled, on="bayar_id", how="anti").with_columns(
        akibat=pl.lit("CATATAN"), peluang=pl.lit(1.0), bukti_bayar=pl.concat_list("bayar_id_lain"),
        bukti=pl.concat_list("bukti", "bukti_lain"),
    )  # fmt: skip
    return marks(found, "ST44", {"CATATAN": _KITCHEN})
