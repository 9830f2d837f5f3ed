"""TAMBAH: who seems to qualify and is not on the list. For review only: absence from a list is no evidence.

Two kinds. DESIL: a family (or person) within the decile that the programme states, with a component where it demands
one, nobody of whom is paid. PELENGKAP: paid by a programme beside which this one is expected.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from rules.findings.assemble import fill
from rules.findings.programme import Dated
from rules.gate.view import View
from rules.i18n import N_, _

_BY_DECILE = N_("decile {desil} in {sumber}, and nobody of the family is on this list")
_BY_DECILE_PERSON = N_("decile {desil} in {sumber}, and not on this list")
_BESIDE = N_("paid by {program}, beside which this programme is expected, and not on this list")
COLUMNS = (
    "jenis", "program", "nama", "nik", "no_kk", "kode_wilayah", "desil", "sumber", "tanggal_data", "baris_id", "alasan",
)  # fmt: skip
_KINDS = ("jenis", "baris_id", "alasan")


def additions(view: View) -> pl.DataFrame:
    """Those to review, by region: the columns of COLUMNS, one row per family (or person), ids unmasked."""
    found = pl.concat([_by_decile(view), _expected(view)]).sort("jenis", "baris_id")
    fields = view.rows.select(
        "nama", "kode_wilayah", "desil", "tanggal_data", "sumber", "nik", "no_kk", unit=_unit(view)
    )
    return (
        view.beside(found, fields)
        .unique("unit", keep="first", maintain_order=True)
        .with_columns(
            pl.col("sumber").cast(pl.String),
            *(pl.col(c).cast(pl.String).str.zfill(16) for c in ("nik", "no_kk")),
            program=pl.lit(view.programme.kode),
        )
        .select(COLUMNS)
        .sort("kode_wilayah", "jenis", "baris_id", nulls_last=True)
    )


def coverage(view: View) -> dict[str, float]:
    """Share of the payees to judge who stand in each register: what an absence from it can mean."""
    known = view.baris_penerima.select("orang", sumber=pl.col("sumber").cast(pl.String)).unique()
    mine = view.penerima.select("orang").unique()
    count = known.group_by("sumber").agg(pl.col("orang").n_unique()).sort("sumber")
    return {str(r["sumber"]): round(r["orang"] / max(mine.height, 1), 4) for r in count.to_dicts()}


def _unit(view: View) -> pl.Expr:
    """The unit of the programme as one number: the family, else (and for person programmes) the person."""
    person = pl.col("orang").cast(pl.Int64)
    return person if view.programme.satuan == "ORANG" else pl.coalesce(pl.col("keluarga").cast(pl.Int64), -person - 1)


def _holds(one: Dated, day: date | None) -> bool:
    return day is not None and one.berlaku_dari <= day and (one.berlaku_sampai is None or day <= one.berlaku_sampai)


def _reached(view: View) -> pl.Series:
    """Units that the list reaches: paid by this programme, perhaps paid (review pairs), or on a card of theirs."""
    paid = view.semua_bayar.filter(pl.col("program") == view.programme.kode)
    people = pl.concat([paid["orang"], view.tinjau["orang_lain"]]).unique().to_frame("orang")
    mine = view.rows.join(people, on="orang", how="semi").select("no_kk", u=_unit(view))
    if view.programme.satuan == "ORANG":
        return mine["u"].unique()
    cards = mine.select("no_kk").drop_nulls().unique()
    kin = view.rows.join(cards, on="no_kk", how="semi").select(u=_unit(view))
    return pl.concat([mine["u"], kin["u"]]).unique()


def _by_decile(view: View) -> pl.DataFrame:
    limits = [one for one in view.programme.desil if _holds(one, view.tanggal_acuan)]
    low = pl.lit(value=False)
    for one in limits:
        low |= pl.col("sumber").is_in(one.sumber) & (pl.col("desil") <= one.maks)
    if not limits:
        low = pl.col("desil") <= view.p.desil_tambah.nilai
    chosen = view.newest(view.rows.filter("daftar", ~pl.col("pergi"), low.fill_null(value=False)))
    chosen = chosen.filter(pl.col("kode_wilayah").str.head(_place_length(view)).is_in(_places(view).implode()))
    unit = _unit(view)
    reached = view.once("terjangkau", lambda v: _reached(v).to_frame("u"))
    chosen = chosen.with_columns(u=unit).join(reached, on="u", how="anti")
    members = (
        view.rows.filter("daftar", ~pl.col("pergi"))
        .with_columns(u=unit)
        .join(chosen.select("u").unique(), on="u", how="semi")
    )
    fit = chosen.join(_fitting(view, members), on="u", how="semi")
    # The head speaks for the family, else the row of the lowest number.
    fit = fit.with_columns(depan=(pl.col("hub_kk") != "KEPALA").fill_null(value=True))
    fit = fit.sort("u", "depan", "tanggal_data", "baris_id", descending=[False, False, True, False], nulls_last=True)
    one_each = fit.unique("u", keep="first", maintain_order=True)
    text = _BY_DECILE_PERSON if view.programme.satuan == "ORANG" else _BY_DECILE
    return _told(view.worded(one_each), "DESIL", _(text))


def _place_length(view: View) -> int:
    return 10 if view.programme.terikat_desa else 4


def _places(view: View) -> pl.Series:
    """The desas (or kabupaten) in which the list pays anybody."""
    return view.penerima["kode_wilayah"].drop_nulls().str.head(_place_length(view)).unique()


def _fitting(view: View, members: pl.DataFrame) -> pl.DataFrame:
    """Units (u) whose members, as listed, hold a component and no excluded work, and for persons an age that fits."""
    p, day = view.programme, view.tanggal_acuan
    age = ((pl.lit(day, dtype=pl.Date) - pl.col("lahir")).dt.total_days() / 365.25).floor()
    good: Any = pl.lit(value=True)
    parts = [c for c in p.komponen if _holds(c, day)]
    if parts:
        some = pl.lit(value=False)
        for c in parts:
            if c.umur_min is not None or c.umur_maks is not None:
                some |= age.is_between(c.umur_min or 0, 120 if c.umur_maks is None else c.umur_maks).fill_null(
                    value=False
                )
            if c.hamil:
                some |= pl.col("hamil").fill_null(value=False)
            if c.disabilitas:
                some |= pl.col("disabilitas").fill_null(value=False)
        good = some.any()
    for span in (a for a in p.umur if _holds(a, day) and p.satuan == "ORANG"):
        good &= age.is_between(span.min, span.maks).fill_null(value=False).any()
    work = sorted({c for jobs in p.pekerjaan if _holds(jobs, day) for c in jobs.kelas})
    if work:
        good &= ~pl.col("pekerjaan").is_in(work).fill_null(value=False).any()
    return members.group_by("u").agg(baik=good).filter("baik").select("u")


def _expected(view: View) -> pl.DataFrame:
    unit = _unit(view)
    reached = view.once("terjangkau", lambda v: _reached(v).to_frame("u"))
    first, last = view.bayar["awal"].min(), view.bayar["akhir"].max()
    made = [_told(view.rows.clear(), "PELENGKAP", "")]
    for other in view.programmes.values():
        if not any(o.program == view.programme.kode and _holds(o, view.tanggal_acuan) for o in other.diharapkan):
            continue
        paid = view.semua_bayar.filter(
            pl.col("program") == other.kode, pl.col("awal") <= last, pl.col("akhir") >= first
        ).with_columns(u=unit)
        missing = paid.join(reached, on="u", how="anti").sort("u", "baris_id")
        missing = missing.unique("u", keep="first", maintain_order=True)
        rows = view.rows.join(missing.select("baris_id"), on="baris_id", how="semi").with_columns(
            program=pl.lit(other.nama)
        )
        made.append(_told(rows, "PELENGKAP", _(_BESIDE)))
    return pl.concat(made)


def _told(rows: pl.DataFrame, kind: str, sentence: str) -> pl.DataFrame:
    return rows.select(
        jenis=pl.lit(kind), baris_id="baris_id", alasan=fill(sentence, set(rows.columns)) if sentence else pl.lit("")
    )
