"""D02-D08, D14, EKSKLUSIF, UMUR, ST70, BERLAKU: conditions of the programme. They ask to verify, they never hold."""

from __future__ import annotations

import polars as pl

from rules.findings.programme import exclusions
from rules.findings.rulebook.recipients import on_two_cards
from rules.gate.registry import gate_rule, marks, no_marks
from rules.gate.view import View
from rules.i18n import N_

JOB_CODES = {
    "ASN": "D02", "TNI": "D03", "POLRI": "D03", "ASN_TNI_POLRI_BUMN_PEJABAT": "D02", "PENSIUNAN": "D04",
    "BUMN": "D05", "BUMD": "D05", "PEJABAT": "D06", "PERANGKAT_DESA": "D07",
}  # fmt: skip
_JOB_NAMES = {
    "ASN": N_("civil servant (ASN)"), "TNI": N_("soldier (TNI)"), "POLRI": N_("police (Polri)"),
    "ASN_TNI_POLRI_BUMN_PEJABAT": N_("ASN, TNI, Polri, BUMN or official"), "PENSIUNAN": N_("pensioner"),
    "BUMN": N_("employee of a BUMN"), "BUMD": N_("employee of a BUMD"), "PEJABAT": N_("official"),
    "PERANGKAT_DESA": N_("village official"),
}  # fmt: skip
_JOB = N_("{siapa} by occupation {pekerjaan} ({sumber})")
_WHO = {"sendiri": N_("the payee is"), "keluarga": N_("a member of the family is")}
_DECILE = N_("decile {desil} of the family in {sumber} is above the limit of {maks}")
_EXCLUSIVE = N_("the family or person is paid by {program} for the same period, which excludes this programme")
_AGE = N_("age {umur} at the start of the period is outside {min}-{maks}")
_INACTIVE = N_("not active according to {sumber}")
_SPAN = N_("the period lies outside the validity of the programme ({dari} - {sampai})")


def _family_of(view: View) -> pl.DataFrame:
    """The payments to judge with the family: bayar_id, baris_id, orang, keluarga, mulai."""
    return view.bayar.select("bayar_id", "baris_id", "orang", "keluarga", "mulai")


@gate_rule(
    kode="D02",
    judul=N_("A member of the family has work that excludes from the programme (D02-D08)"),
    akibat="VERIFIKASI",
    dasar=N_("Programme rules D02-D08: flags of BPK and KPK; the family may object"),
    tanda="F",
    tindakan=N_("Check the occupation with BKN or the village; the flag alone removes nobody."),
    alias=("D03", "D04", "D05", "D06", "D07", "ASN_TNI_POLRI", "APARAT_DESA"),
)
def work(view: View) -> pl.DataFrame:
    """Payees who are, or whose family holds, somebody of an excluded occupation.

    By the newest word on that person that was known when the last period began, else by the first one after it: who
    leaves school later and becomes an official makes no earlier payment doubtful.
    """
    if not view.programme.pekerjaan:
        return no_marks()
    wanted = sorted({c for jobs in view.programme.pekerjaan for c in jobs.kelas})
    hit = view.newest(view.rows.filter("daftar", ~pl.col("pergi"), pl.col("pekerjaan").is_in(wanted)))
    known = view.rows.filter("daftar", pl.col("pekerjaan").is_not_null()).join(
        hit.select("orang"), on="orang", how="semi"
    )
    days = (pl.lit(view.bayar["mulai"].max(), dtype=pl.Date) - pl.col("tanggal_data")).dt.total_days()
    newest = known.sort(days < 0, days.abs(), "baris_id", nulls_last=True).unique(
        "orang", keep="first", maintain_order=True
    )
    hit = newest.filter(pl.col("pekerjaan").is_in(wanted)).select(
        "sumber", "pekerjaan", "keyakinan", "keluarga", orang_lain="orang", bukti="baris_id"
    )
    paid = _family_of(view)
    parts = []
    for jobs in view.programme.pekerjaan:
        chosen, due = hit.filter(pl.col("pekerjaan").is_in(jobs.kelas)), paid.filter(view.valid(jobs))
        own = due.join(chosen.drop("keluarga").with_columns(orang="orang_lain"), on="orang")
        parts.append(own.with_columns(siapa=pl.lit("sendiri")))
        if jobs.cakupan == "KELUARGA":
            kin = due.join(chosen, on="keluarga").filter(pl.col("orang") != pl.col("orang_lain"))
            kin = kin.join(_apart(view, kin), on=["orang", "orang_lain"], how="anti")
            parts.append(kin.with_columns(siapa=pl.lit("keluarga")).select(parts[0].columns))
    found = pl.concat(parts).with_columns(
        akibat=pl.lit("VERIFIKASI"), peluang="keyakinan", bukti=pl.concat_list("bukti"),
        d=pl.col("pekerjaan").replace_strict(JOB_CODES, default="D02", return_dtype=pl.String),
    )  # fmt: skip
    worded = view.worded(found, siapa=_WHO, pekerjaan=_JOB_NAMES)
    made = [marks(part, str(code), {"VERIFIKASI": _JOB}) for (code,), part in worded.group_by("d")]
    return pl.concat([no_marks(), *made])


def _apart(view: View, kin: pl.DataFrame) -> pl.DataFrame:
    """Of `kin` (orang, orang_lain, mulai) the pairs that were on two cards then: `keluarga` is the family of today."""
    sides = ["orang", "orang_lain"]
    if kin.is_empty():
        return kin.select(sides)
    ctx = view.context(pl.concat([kin["orang"], kin["orang_lain"]]).unique(), view.bayar.clear())
    number = view.numbers_in(ctx)
    other = number.rename({"orang": "orang_lain", "di_ctx": "lain_di_ctx"})
    pairs = kin.group_by(sides).agg(pl.col("mulai").min()).join(number, on="orang").join(other, on="orang_lain")
    there = pairs.lazy().select(orang="di_ctx", orang_lain="lain_di_ctx", periode_awal="mulai")
    apart = on_two_cards(ctx, there).rename({"orang": "di_ctx", "orang_lain": "lain_di_ctx"}).collect()
    return pairs.join(apart, on=["di_ctx", "lain_di_ctx"], how="semi").select(sides)


@gate_rule(
    kode="D14",
    judul=N_("Decile above the limit of the programme"),
    akibat="VERIFIKASI",
    dasar=N_("Programme rules D14; the limit and its validity stand in the programme file"),
    tanda="F",
    tindakan=N_("Ground check; the family may object to the decile."),
    alias=("DESIL_TINGGI",),
)
def decile(view: View) -> pl.DataFrame:
    """Payees whose family stands above the limit in the newest list that the programme names. Absence says nothing."""
    paid = _family_of(view)
    made = [no_marks()]
    for limit in view.programme.desil:
        due = paid.filter(view.valid(limit))
        stated = view.rows.filter(pl.col("sumber").is_in(limit.sumber), pl.col("desil").is_not_null(), ~pl.col("pergi"))
        stated = view.newest(stated.join(due.select("orang"), on="orang", how="semi"))
        stated = stated.sort("orang", "tanggal_data", "baris_id", descending=[False, True, False], nulls_last=True)
        mine = stated.unique("orang", keep="first", maintain_order=True).filter(pl.col("desil") > limit.maks)
        found = due.join(mine.select("orang", "desil", "sumber", "keyakinan", bukti="baris_id"), on="orang")
        found = found.with_columns(
            akibat=pl.lit("VERIFIKASI"), peluang="keyakinan", maks=pl.lit(limit.maks), bukti=pl.concat_list("bukti")
        )
        made.append(marks(view.worded(found), "D14", {"VERIFIKASI": _DECILE}))
    return pl.concat(made)


@gate_rule(
    kode="EKSKLUSIF",
    judul=N_("Paid by a programme that excludes this one"),
    akibat="VERIFIKASI",
    dasar=N_("Programme rules, section 2: exclusion matrix, judged at the unit of the rule and in the same month"),
    tanda="F",
    tindakan=N_("Let the village decide which programme the family keeps."),
    alias=("DUA_PROGRAM_EKSKLUSIF",),
)
def exclusive(view: View) -> pl.DataFrame:
    """Payments beside which a programme of the exclusion list pays the same family (or person) in the same month.

    Either of the two programmes may declare the exclusion. Two person programmes meet in the person, any other two in
    the family.
    """
    me = view.programme
    made = [no_marks()]
    for one, two, rule in exclusions(view.programmes):
        if me.kode not in (one, two):
            continue
        code = two if one == me.kode else one
        other = view.programmes[code]
        unit = "orang" if me.satuan == other.satuan == "ORANG" else "keluarga"
        theirs = view.semua_bayar.filter(
            pl.col("program") == code, pl.col("periode_awal").is_not_null(), pl.col(unit).is_not_null()
        )
        theirs = theirs.select(unit, awal_lain="awal", akhir_lain="akhir", lain="bayar_id", yakin_lain="keyakinan")
        due = view.bayar.filter(view.valid(rule), pl.col("periode_awal").is_not_null())
        both = due.join(theirs, on=unit).filter(
            pl.col("awal_lain") <= pl.col("akhir"), pl.col("awal") <= pl.col("akhir_lain")
        )
        found = both.with_columns(
            akibat=pl.lit("VERIFIKASI"),
            peluang=pl.min_horizontal("keyakinan", "yakin_lain"),
            bukti_bayar=pl.concat_list("lain"),
            program=pl.lit(other.nama),
        )
        made.append(marks(found, "EKSKLUSIF", {"VERIFIKASI": _EXCLUSIVE}))
    return pl.concat(made)


@gate_rule(
    kode="UMUR",
    judul=N_("Age outside what the programme is for"),
    akibat="VERIFIKASI",
    dasar=N_("The ages stand in the programme file"),
    tanda="A",
    tindakan=N_("Compare the birth date with the KTP and the birth act."),
    alias=("ST36", "ST37"),
)
def age(view: View) -> pl.DataFrame:
    """Payees of person programmes who are too young or too old at the start of the period."""
    if view.programme.satuan != "ORANG":
        return no_marks()
    born = view.penerima.select("baris_id", "lahir").drop_nulls("lahir")
    made = [no_marks()]
    for span in view.programme.umur:
        due = view.bayar.filter(view.valid(span)).join(born, on="baris_id")
        due = due.with_columns(
            umur=((pl.col("mulai") - pl.col("lahir")).dt.total_days() / 365.25).floor().cast(pl.Int32)
        )
        found = due.filter(~pl.col("umur").is_between(span.min, span.maks)).with_columns(
            akibat=pl.lit("VERIFIKASI"), peluang=pl.lit(1.0), min=pl.lit(span.min), maks=pl.lit(span.maks),
            bukti=pl.concat_list(pl.col("baris_id")),
        )  # fmt: skip
        made.append(marks(found, "UMUR", {"VERIFIKASI": _AGE}))
    return pl.concat(made)


@gate_rule(
    kode="ST70",
    judul=N_("Paid although not active"),
    akibat="VERIFIKASI",
    dasar=N_("Staleness rule ST70 (class of BPK)"),
    tanda="P",
    tindakan=N_("Ask the programme why the entitlement was made inactive."),
    alias=("NONAKTIF_DIBAYAR",),
)
def inactive(view: View) -> pl.DataFrame:
    """Payees whom the payment list, or every newest register row of theirs that says so at all, calls inactive."""
    listed = view.penerima.filter(pl.col("nonaktif").fill_null(value=False)).select(
        "baris_id", bukti="baris_id", sumber=pl.lit(f"bayar_{view.programme.kode}"), peluang=pl.lit(1.0)
    )
    said = view.newest(view.baris_penerima.filter(pl.col("nonaktif").is_not_null()))
    off = said.group_by("orang").agg(
        pl.col("nonaktif").all(),
        pl.col("sumber").cast(pl.String).sort().first(),
        bukti=pl.col("baris_id").min(),
        peluang=pl.col("keyakinan").min(),
    )
    stated = view.penerima.select("baris_id", "orang").join(off.filter("nonaktif"), on="orang")
    found = pl.concat([listed, stated.select(listed.columns)]).unique("baris_id", keep="first", maintain_order=True)
    found = found.join(view.bayar.select("bayar_id", "baris_id"), on="baris_id")
    found = found.with_columns(akibat=pl.lit("VERIFIKASI"), bukti=pl.concat_list("bukti"))
    return marks(view.worded(found), "ST70", {"VERIFIKASI": _INACTIVE})


@gate_rule(
    kode="BERLAKU",
    judul=N_("Period outside the validity of the programme"),
    akibat="CATATAN",
    dasar=N_("berlaku_dari and berlaku_sampai of the programme file"),
    tanda="A",
    tindakan=N_("Check the period of the list, or mend the programme file."),
)
def out_of_span(view: View) -> pl.DataFrame:
    """Payments for a period in which the programme was not, or no longer, valid."""
    first, last = view.programme.berlaku_dari, view.programme.berlaku_sampai
    if first is None and last is None:
        return no_marks()
    late = pl.lit(value=False) if last is None else pl.col("mulai") > last
    early = pl.lit(value=False) if first is None else pl.col("mulai") < first
    found = view.bayar.filter((late | early).fill_null(value=False)).with_columns(
        akibat=pl.lit("CATATAN"), peluang=pl.lit(1.0), dari=pl.lit(str(first or "")), sampai=pl.lit(str(last or ""))
    )
    return marks(found, "BERLAKU", {"CATATAN": _SPAN})
