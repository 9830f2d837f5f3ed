"""Marks of all rules -> one verdict per payment row: the worst mark decides, every mark gives its reason."""

from __future__ import annotations

import polars as pl

from rules.gate.registry import EFFECTS, VERDICTS, GateRule, gate_rules, no_marks
from rules.gate.view import View
from rules.i18n import _
from rules.lists import ascending

_MEANS = {"CATATAN": "LAYAK", "VERIFIKASI": "VERIFIKASI", "TAHAN": "TAHAN"}


def all_marks(view: View) -> pl.DataFrame:
    """The marks of every rule on the payments to judge, sorted by payment, worst first; computed once."""
    return view.once("tanda", _all_marks)


def _all_marks(view: View) -> pl.DataFrame:
    made = [no_marks(), *(view.once(f"tanda:{rule.kode}", rule.fungsi) for rule in gate_rules())]
    frame = pl.concat(made)
    return frame.sort("bayar_id", "akibat", "kode", "alasan", descending=[False, True, False, False])


def verdicts(view: View) -> pl.DataFrame:
    """One row per payment to judge, in the order of the lists.

    Place, money, putusan, kode, alasan, tindakan, peluang and evidence.
    `kode` lists the rules, worst first; `alasan` their sentences in the language in force, without any id; `peluang`
    is that of the mark that decided (1 for LAYAK); `bukti` the register rows (baris_id), `bukti_bayar` the payments.
    """
    found = all_marks(view)
    todo = {rule.kode: rule for rule in gate_rules()}
    told = found.with_columns(
        putusan=pl.col("akibat").cast(pl.String).replace_strict(_MEANS, return_dtype=pl.Enum(VERDICTS)),
        tindakan=pl.col("kode").replace_strict(
            {code: _(_rule_of(todo, code).tindakan) for code in found["kode"].unique().sort().to_list()},
            default=None, return_dtype=pl.String,
        ),
    )  # fmt: skip
    # Most payments have one mark or none: only those of several are brought together, only long lists put in order.
    other = pl.col("bayar_id") != pl.col("bayar_id").shift(1, fill_value="")
    told = told.with_columns(sendiri=other & other.shift(-1, fill_value=True))
    short = (pl.col("bukti").list.len() < 2) & (pl.col("bukti_bayar").list.len() < 2)
    in_order = ascending(pl.col("bukti", "bukti_bayar").list.unique())
    grouped = pl.concat(
        [
            _of_one(told.filter("sendiri", short)),
            _of_one(told.filter("sendiri", ~short)).with_columns(in_order),
            _of_several(told.filter(~pl.col("sendiri"))),
        ]
    )
    place = view.bayar.select(
        "bayar_id", "baris_id", "berkas", "lembar", "nomor_baris", "program", "periode_awal", "periode_akhir", "tahap",
        rupiah=_rupiah(view),
    )  # fmt: skip
    return (
        _by_place(place)
        .join(grouped, on="bayar_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("putusan").fill_null("LAYAK"),
            pl.col("kode", "alasan", "tindakan").fill_null(""),
            pl.col("peluang").fill_null(1.0),
            pl.col("bukti").fill_null([]),
            pl.col("bukti_bayar").fill_null([]),
        )
    )


def _by_place(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` in the order of files, sheets and rows; of several payments of one row by bayar_id."""
    for name in ("bayar_id", "nomor_baris", "lembar", "berkas"):  # one by one: together they take five times as long
        if not frame[name].is_sorted(nulls_last=True):
            frame = frame.sort(name, nulls_last=True, maintain_order=True)
    return frame


def _of_several(told: pl.DataFrame) -> pl.DataFrame:
    """What is said of a payment by all its marks, the worst first."""
    asks = pl.col("akibat") != "CATATAN"
    return told.group_by("bayar_id", maintain_order=True).agg(
        pl.col("putusan").max(),
        kode=pl.col("kode").unique(maintain_order=True).str.join(", "),
        alasan=pl.col("alasan").unique(maintain_order=True).str.join("; "),
        tindakan=pl.col("tindakan").filter(asks).unique(maintain_order=True).str.join(" "),
        peluang=pl.col("peluang").filter(pl.col("akibat") == pl.col("akibat").max(), asks).max(),
        bukti=pl.col("bukti").list.explode().drop_nulls().unique().sort(),
        bukti_bayar=pl.col("bukti_bayar").list.explode().drop_nulls().unique().sort(),
    )


def _of_one(told: pl.DataFrame) -> pl.DataFrame:
    """The same as `_of_several` for payments with one mark each, but for the order of the evidence."""
    asks = pl.col("akibat") != "CATATAN"
    return told.select(
        "bayar_id",
        "putusan",
        "kode",
        "alasan",
        tindakan=pl.when(asks).then("tindakan").otherwise(pl.lit("")),
        peluang=pl.when(asks).then("peluang"),
        bukti=pl.col("bukti").list.drop_nulls(),
        bukti_bayar=pl.col("bukti_bayar").list.drop_nulls(),
    )


def _rupiah(view: View) -> pl.Expr:
    """The amount the list states, else the programme's monthly amount of that time for each month begun."""
    start, end = pl.col("periode_awal"), pl.coalesce("periode_akhir", "periode_awal")
    months = (end.dt.year() - start.dt.year()) * 12 + end.dt.month().cast(pl.Int32) - start.dt.month() + 1
    usual = pl.lit(None, dtype=pl.Int64)
    for amount in view.programme.nominal:
        usual = pl.when(view.valid(amount)).then(pl.lit(amount.nominal_bulanan) * months).otherwise(usual)
    return pl.coalesce("nominal", usual).cast(pl.Int64)


def _rule_of(rules: dict[str, GateRule], code: str) -> GateRule:
    # One function may speak under several codes (D02-D07): the others are its aliases.
    found = rules.get(code)
    return found if found is not None else next(rule for rule in rules.values() if code in rule.alias)


__all__ = ["EFFECTS", "VERDICTS", "all_marks", "verdicts"]
