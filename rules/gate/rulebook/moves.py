"""D12: the payee moved away. Holds a payment only where the programme is bound to the desa."""

from __future__ import annotations

import polars as pl

from rules.gate.registry import gate_rule, marks, no_marks
from rules.gate.rulebook.deaths import pairs_with
from rules.gate.view import View
from rules.i18n import N_

_HELD = N_("moved away from this desa before the period according to Dukcapil; the programme is bound to the desa")
_ASKED = N_("moved away or abroad according to {sumber} (as of {tanggal})")


@gate_rule(
    kode="D12",
    judul=N_("The payee moved away"),
    akibat="TAHAN",
    dasar=N_("Programme rules D12: residence; certain only for programmes bound to the desa"),
    tanda="F",
    tindakan=N_("Ask for the letter of move; hand the entitlement over to the new desa where the programme allows it."),
    alias=("ST52", "PINDAH"),
)
def moved(view: View) -> pl.DataFrame:
    """Payees called moved or abroad by a register, and not seen again in the place of the payment since.

    Who is listed in another place later has moved, and keeps what is not bound to the desa.
    """
    gone = view.rows.filter(
        pl.col("keberadaan").is_in(["PINDAH", "LUAR_NEGERI"]),
        pl.col("sumber").is_in(view.p.sumber_pindah.nilai),
    )
    found = pairs_with(view, view.newest(gone))
    # Residence is a fact of a person: a review pair or a borrowed NIK is too little to ask anybody about it.
    found = found.filter((pl.col("orang") == pl.col("orang_lain")) | pl.col("orang_itu"))
    if found.is_empty():
        return no_marks()
    found = found.with_columns(hari=pl.coalesce("tanggal_status", "tanggal_data"))
    here = pl.col("kode_wilayah_lain").eq_missing(pl.col("kode_wilayah"))
    known = (pl.col("kode_wilayah").str.len_chars() == 10) & (pl.col("kode_wilayah_lain").str.len_chars() == 10)
    if view.programme.terikat_desa:  # who left some other desa is no concern of this one
        found = found.filter(here | ~known.fill_null(value=False))
    stays = view.baris_penerima.filter(~pl.col("pergi")).select(
        "orang", tempat="kode_wilayah", dilihat=pl.coalesce("tanggal_perbarui", "tanggal_data")
    )
    later = found.select("penerima", "bukti", "orang", "kode_wilayah", "hari").join(stays, on="orang")
    later = later.filter((pl.col("dilihat") >= pl.col("hari")).fill_null(value=False))
    if view.programme.terikat_desa:
        later = later.filter((pl.col("tempat") == pl.col("kode_wilayah")).fill_null(value=False))
    found = found.join(later, on=["penerima", "bukti"], how="anti")
    judged = found.join(view.bayar.select("bayar_id", "mulai", penerima="baris_id"), on="penerima").filter(
        ~(pl.col("tanggal_status") >= pl.col("mulai")).fill_null(value=False)
    )
    if judged.is_empty():
        return no_marks()
    official = pl.col("sumber").is_in(view.p.sumber_pindah_pasti.nilai)
    certain = (
        pl.lit(view.programme.terikat_desa)
        & official
        & pl.col("orang_itu")
        & known
        & here
        & (pl.col("keberadaan") == "PINDAH")
        & (pl.col("hari") < pl.col("mulai"))
    ).fill_null(value=False)
    judged = judged.with_columns(
        akibat=pl.when(certain).then(pl.lit("TAHAN")).otherwise(pl.lit("VERIFIKASI")),
        tanggal=pl.col("hari").dt.strftime("%m-%Y"),
        bukti=pl.concat_list("bukti"),
    )
    return marks(view.worded(judged), "D12", {"TAHAN": _HELD, "VERIFIKASI": _ASKED})
