"""D01: the payee is dead. Held only when Dukcapil says so of this very person and nobody saw him since."""

from __future__ import annotations

import polars as pl

from rules.gate.registry import gate_rule, marks, no_marks
from rules.gate.view import View
from rules.i18n import N_

_HELD = N_("died on {tanggal} according to Dukcapil: same NIK, name and birth date, no later sign of life")
_ASKED = N_("may be dead: {sumber} says so (as of {tanggal}); {sebab}")
_WHY = {
    "pasangan": N_("whether the payee is that person is not certain"),
    "sumber": N_("this source alone holds no payment"),
    "waktu": N_("whether before the period is not known"),
    "hidup": N_("a later source lists the person as present"),
    "beda": N_("NIK, name or birth date differ in part"),
}


def same_very_person(view: View, pairs: pl.DataFrame) -> pl.DataFrame:
    """`pairs` of payees and rows (suffix `_lain`) with `orang_itu`: same trusted NIK, name and birth date agreeing."""
    trusted = pl.lit("TEPERCAYA")
    sure = (
        (pl.col("nik") == pl.col("nik_lain")) & (pl.col("nik_mutu") == trusted) & (pl.col("nik_mutu_lain") == trusted)
    ).fill_null(value=False)
    return view.alike(pairs).with_columns(orang_itu=sure & pl.col("nama_sama") & pl.col("lahir_sama"))


def pairs_with(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Payees joined to `rows` they are, may be, or share a NIK with; `peluang` of being that person.

    Payee columns as in `View.penerima` (baris_id is `penerima`), row columns with `_lain`.
    """
    other = rows.select(
        "sumber", "tanggal_data", "tanggal_perbarui", "tanggal_status", "keberadaan", bukti="baris_id",
        orang_lain="orang", keyakinan_lain="keyakinan", nik_lain="nik", nik_mutu_lain="nik_mutu", nama_lain="nama",
        lahir_lain="lahir", kode_wilayah_lain="kode_wilayah",
    )  # fmt: skip
    mine = view.penerima.rename({"baris_id": "penerima"})
    sure = mine.join(other.with_columns(orang="orang_lain"), on="orang")
    sure = sure.with_columns(peluang=pl.min_horizontal("keyakinan", "keyakinan_lain"), urut=pl.lit(1))
    unsure = mine.join(view.tinjau, on="orang").join(other, on="orang_lain").with_columns(urut=pl.lit(2))
    by_nik = mine.filter(pl.col("nik").is_not_null()).join(
        other.filter(pl.col("nik_lain").is_not_null()).with_columns(nik="nik_lain"), on="nik"
    )
    by_nik = view.alike(by_nik).filter(pl.col("nama_sama") | pl.col("lahir_sama")).drop("nama_sama", "lahir_sama")
    by_nik = by_nik.with_columns(peluang=pl.lit(view.p.peluang_nik_sebagian.nilai), urut=pl.lit(3))
    both = pl.concat([sure, unsure.select(sure.columns), by_nik.select(sure.columns)])
    both = both.sort("penerima", "bukti", "urut").unique(["penerima", "bukti"], keep="first", maintain_order=True)
    found = same_very_person(view, both)
    full = pl.lit(view.p.peluang_nik_penuh.nilai)
    return found.with_columns(
        peluang=pl.when("orang_itu").then(pl.max_horizontal("peluang", full)).otherwise("peluang")
    )


def last_seen(view: View, people: pl.DataFrame) -> pl.DataFrame:
    """Per person of `people` (orang) the last day on which some source saw him: orang, terlihat, saksi (baris_id)."""
    witness = pl.col("sumber").is_in(view.p.sumber_tanda_hidup.nilai)
    visited = pl.col("tanggal_data") - pl.duration(days=view.p.lama_pencacahan_hari.nilai)  # at the latest
    seen = pl.max_horizontal("tanggal_perbarui", pl.when(witness).then(visited))
    return (
        view.rows.filter("daftar", ~pl.col("pergi"))
        .join(people.select("orang").unique(), on="orang", how="semi")
        .with_columns(terlihat=seen)
        .filter(pl.col("terlihat").is_not_null())
        .sort("orang", "terlihat", "baris_id", descending=[False, True, False])
        .unique("orang", keep="first", maintain_order=True)
        .select("orang", "terlihat", saksi="baris_id")
    )


@gate_rule(
    kode="D01",
    judul=N_("The payee is dead"),
    akibat="TAHAN",
    dasar=N_("Programme rules D01: the dead are not payable (BPK 2021-2025)"),
    tanda="F",
    tindakan=N_("Ask for the death certificate; name a successor where the programme is paid to the family."),
    alias=("ST51", "MENINGGAL"),
)
def dead(view: View) -> pl.DataFrame:
    """Payees of whom a source says that they died before the period began (or, undated, may have)."""
    said = view.rows.filter(
        pl.col("keberadaan") == "MENINGGAL",
        pl.col("sumber").is_in(view.p.sumber_kematian.nilai),
    )
    found = pairs_with(view, view.newest(said))
    if found.is_empty():
        return no_marks()
    paid = view.bayar.select("bayar_id", "mulai", "selesai", penerima="baris_id")
    # A row without a day of death only says that it lies before the date of the list.
    died = pl.coalesce("tanggal_status", "tanggal_data")
    found = found.with_columns(hari=died, tepat=pl.col("tanggal_status").is_not_null())
    seen = pl.concat([found.select("orang"), found.select(orang="orang_lain")])
    found = found.join(last_seen(view, seen), on="orang", how="left")
    before = (pl.col("hari") < pl.col("mulai")).fill_null(value=False)
    on_the_day = (pl.col("hari") >= pl.col("mulai")).fill_null(value=False)
    judged = found.join(paid, on="penerima").filter(~(pl.col("tepat") & on_the_day))
    alive = (pl.col("terlihat") > pl.col("hari")).fill_null(value=False)
    official = pl.col("sumber").is_in(view.p.sumber_kematian_pasti.nilai)
    why = (
        pl.when(alive).then(pl.lit("hidup"))
        .when(~before).then(pl.lit("waktu"))
        .when(pl.col("peluang") < view.p.peluang_pasti.nilai).then(pl.lit("pasangan"))
        .when(~pl.col("orang_itu")).then(pl.lit("beda"))
        .when(~official).then(pl.lit("sumber"))
    )  # fmt: skip
    judged = judged.with_columns(
        why.alias("sebab"), tanggal=pl.col("hari").dt.strftime("%m-%Y"),
        akibat=pl.when(why.is_null()).then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
        bukti=pl.when(alive).then(pl.concat_list("bukti", "saksi")).otherwise(pl.concat_list("bukti")),
    )  # fmt: skip
    return marks(view.worded(judged, sebab=_WHY), "D01", {"TAHAN": _HELD, "VERIFIKASI": _ASKED})
