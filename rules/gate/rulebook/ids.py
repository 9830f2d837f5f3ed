"""D13, N12 and who stands in no register: what the NIK of the payee says."""

from __future__ import annotations

import polars as pl

from rules.gate.registry import chance, gate_rule, marks, no_marks
from rules.gate.view import View
from rules.i18n import N_

UNUSABLE = ("N01", "N02", "N03", "N04", "N05", "N07", "N08", "N15")  # programme rules, section 3
_NO_LINK = N_("NIK unusable ({nik_kode}), and nobody in the registers with a good NIK is this payee")
_LINKED = N_("NIK {keadaan}; by other particulars a person of the registers with a good NIK (probability {p})")
_MAYBE = N_("NIK {keadaan}; who the payee is could not be told for certain")
_STATE = {"kosong": N_("missing"), "salah": N_("unusable")}
_OTHER = N_("the NIK belongs to somebody else according to {sumber}: another name and another birth date")
_UNLISTED = N_("in none of the registers given ({terdaftar} of the payees of this list are)")


@gate_rule(
    kode="D13",
    judul=N_("NIK of the payee missing or unusable"),
    akibat="TAHAN",
    dasar=N_("Programme rules D13: N01-N05, N07, N08 or N15 and no link to a record with a trusted NIK"),
    tanda="F",
    tindakan=N_("Look at the KTP-el and correct the NIK in the list; check it at Dukcapil."),
    alias=("NIK_INVALID",),
)
def unusable_nik(view: View) -> pl.DataFrame:
    """Payees without a usable NIK; held when no register row with a trusted NIK is, or may be, this person."""
    bad = pl.col("nik_kode").is_in(UNUSABLE).fill_null(value=False)
    blank = pl.col("nik").is_null() & ~bad
    mine = view.penerima.filter(bad | blank).with_columns(unusable=bad)
    if mine.is_empty():
        return no_marks()
    good = view.rows.filter("daftar", pl.col("nik_mutu") == "TEPERCAYA")
    linked = (
        good.join(mine.select("orang"), on="orang", how="semi").group_by("orang").agg(bukti=pl.col("baris_id").sort())
    )
    weak = view.frames.links.filter(pl.col("putusan") != "bukan")
    ids = mine.select("baris_id")
    ends = pl.concat(
        [
            weak.join(ids, left_on="kiri", right_on="baris_id", how="semi").select(baris_id="kiri", lain="kanan"),
            weak.join(ids, left_on="kanan", right_on="baris_id", how="semi").select(baris_id="kanan", lain="kiri"),
        ]
    )
    maybe = (
        ends.join(good.select(lain="baris_id"), on="lain", how="semi")
        .group_by("baris_id")
        .agg(mungkin=pl.col("lain").sort())
    )
    state = (
        mine.join(linked, on="orang", how="left")
        .join(maybe, on="baris_id", how="left")
        .with_columns(
            keadaan=pl.when("unusable").then(pl.lit("salah")).otherwise(pl.lit("kosong")),
            p=chance("keyakinan"),
            jenis=pl.when(pl.col("bukti").is_not_null()).then(pl.lit("terpaut"))
            .when(pl.col("mungkin").is_null() & pl.col("unusable")).then(pl.lit("tanpa")).otherwise(pl.lit("mungkin")),
        )
        .with_columns(
            bukti=pl.coalesce("bukti", "mungkin").fill_null([]),
            akibat=pl.when(pl.col("jenis") == "tanpa").then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
            peluang=pl.when(pl.col("jenis") == "terpaut").then("keyakinan").otherwise(pl.lit(1.0)),
        )
    )  # fmt: skip
    paid = view.worded(state, keadaan=_STATE).join(view.bayar.select("bayar_id", "baris_id"), on="baris_id")
    sure, rest = paid.filter(pl.col("jenis") == "terpaut"), paid.filter(pl.col("jenis") != "terpaut")
    return pl.concat(
        [marks(sure, "D13", {"VERIFIKASI": _LINKED}), marks(rest, "D13", {"TAHAN": _NO_LINK, "VERIFIKASI": _MAYBE})]
    )


@gate_rule(
    kode="N12",
    judul=N_("The NIK of the payee is somebody else's"),
    akibat="VERIFIKASI",
    dasar=N_("A NIK is given to one person for life (UU 24/2013; identity rules N12)"),
    tanda="P",
    tindakan=N_("Find out at Dukcapil whose NIK it is; the payee has another one."),
    alias=("NIK_GANDA",),
)
def nik_of_another(view: View) -> pl.DataFrame:
    """Payees whose NIK stands in the registers on people of other names and other birth dates only."""
    rows = view.rows.filter("daftar", pl.col("nik").is_not_null()).select(
        "nik", "sumber", nama_lain="nama", lahir_lain="lahir", bukti="baris_id"
    )
    agree = view.kokoh.select("baris_id")
    mine = view.penerima.filter(pl.col("nik").is_not_null(), pl.col("nama").is_not_null())
    pairs = mine.join(agree, on="baris_id", how="anti").join(rows, on="nik")
    if pairs.is_empty():
        return no_marks()
    pairs = view.alike(pairs).with_columns(lain=view.other_name(pairs))
    other = pairs.group_by("baris_id").agg(
        beda=(pl.col("lain") & ~pl.col("lahir_sama") & pl.col("lahir_lain").is_not_null()).all(),
        tahu=pl.col("lahir").is_not_null().all(),
        sumber=pl.col("sumber").cast(pl.String).sort().first(),
        bukti=pl.col("bukti").sort(),
    )
    found = other.filter("beda", "tahu").join(view.bayar.select("bayar_id", "baris_id"), on="baris_id")
    found = found.with_columns(akibat=pl.lit("VERIFIKASI"), peluang=pl.lit(1.0))
    return marks(view.worded(found), "N12", {"VERIFIKASI": _OTHER})


@gate_rule(
    kode="TIDAK_TERDAFTAR",
    judul=N_("The payee stands in none of the registers given"),
    akibat="CATATAN",
    dasar=N_("Absence is no evidence: it is stated with the coverage of the registers and holds no payment"),
    tanda="F",
    tindakan=N_("Only where the registers should hold everybody: look for the person, propose him at the musdes."),
)
def unlisted(view: View) -> pl.DataFrame:
    """Payees whose person has no row in any register, and whose NIK stands on none under a like name or birth date."""
    known = view.baris_penerima.select("orang").unique()
    missing = view.penerima.join(known, on="orang", how="anti").join(view.kokoh, on="baris_id", how="anti")
    if missing.is_empty():
        return no_marks()
    share = 1 - missing.height / view.penerima.height
    found = missing.select("baris_id").join(view.bayar.select("bayar_id", "baris_id"), on="baris_id")
    found = found.with_columns(
        akibat=pl.lit("CATATAN"), peluang=pl.lit(1.0), terdaftar=pl.lit(f"{share:.0%}".replace("%", " %"))
    )
    return marks(found, "TIDAK_TERDAFTAR", {"CATATAN": _UNLISTED})
