"""Rupiah at risk of findings, every payment counted once: what is certain, what is to be expected, what is possible.

Two findings may name one payment (paid twice, and dead). It belongs to the one that is most certain of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_DESA, _KEC = 10, 6


def owners(findings: pl.DataFrame, order: Mapping[str, bool]) -> pl.DataFrame:
    """`temuan_id, bayar_id, milik`: every payment that a finding counts, and whether it belongs to this finding.

    It does to the first of those that count it by the columns of `order` (name: descending).
    """
    each = findings.select("temuan_id", *(c for c in order if c != "temuan_id"), bayar_id="bayar")
    each = each.explode("bayar_id", empty_as_null=False).drop_nulls("bayar_id")
    each = each.sort(list(order), descending=list(order.values()))
    return each.select("temuan_id", "bayar_id", milik=pl.col("bayar_id").is_first_distinct())


def money_once(findings: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, pasti, mungkin`: rupiah at risk with every payment row counted once, a row per finding in its order.

    Two findings about one payment (paid twice, and dead) must not count it twice: a payment belongs to the most
    certain finding that names it, the graver of two (`urut`), and a finding keeps the share of its amount that its own
    payments make up.
    """
    order = {"nominal_pasti": True, "peluang": True, "urut": False, "temuan_id": False}
    amounts = payments.select("bayar_id", "nominal")
    owned = (
        owners(findings, order)
        .join(amounts, on="bayar_id", how="left")
        .with_columns(pl.col("nominal").fill_null(0))
        .group_by("temuan_id")
        .agg(
            semua=pl.col("nominal").sum(),
            sendiri=pl.col("nominal").filter("milik").sum(),
            jumlah=pl.len(),
            dimiliki=pl.col("milik").sum(),
        )
        .select(
            "temuan_id",
            bagian=pl.when(pl.col("semua") > 0)
            .then(pl.col("sendiri") / pl.col("semua"))
            .otherwise(pl.col("dimiliki") / pl.col("jumlah")),
        )
    )
    share = pl.col("bagian").fill_null(1.0)
    base = findings.select("temuan_id", "nominal_pasti", "nominal_mungkin")
    return base.join(owned, on="temuan_id", how="left", maintain_order="left").select(
        "temuan_id",
        pasti=(pl.col("nominal_pasti") * share).round().cast(pl.Int64),
        mungkin=(pl.col("nominal_mungkin") * share).round().cast(pl.Int64),
    )


def payments_at_risk(findings: pl.DataFrame, uang: pl.DataFrame, certain: float) -> pl.DataFrame:
    """One row per distinct payment that `findings` count: bayar_id, temuan_id, kode, program, kode_wilayah, peluang,
    pasti, harapan, mungkin (rupiah), by bayar_id.

    `uang` holds bayar_id, nominal and `tertulis` (does the list state the amount?), as `Context.uang`. Certain is a
    payment whose finding has at least the probability `certain` and whose list states the amount; what is expected of
    any other one is its probability times its amount. `program` and `kode_wilayah` are those of the finding.
    """
    told = findings.select(
        "temuan_id", "kode", "program", "kode_wilayah", "peluang", "bayar", sure=pl.col("nominal_pasti") > 0
    )
    mine = owners(told, {"sure": True, "peluang": True, "kode": False, "temuan_id": False}).filter("milik")
    owner = mine.join(told, on="temuan_id", how="left").sort("bayar_id")
    money = owner.join(uang, on="bayar_id", how="left", maintain_order="left")
    amount = pl.col("nominal").fill_null(0)
    is_sure = (pl.col("peluang") >= certain) & pl.col("tertulis").fill_null(value=False)
    return money.select(
        "bayar_id", "temuan_id", "kode", "program", "kode_wilayah", "peluang",
        pasti=pl.when(is_sure).then(amount).otherwise(0),
        harapan=pl.when(is_sure).then(amount).otherwise((amount * pl.col("peluang")).round()).cast(pl.Int64),
        mungkin=amount,
    )  # fmt: skip


def summed(at_risk: pl.DataFrame, level: str) -> pl.DataFrame:
    """Sums of `payments_at_risk` per `program`, `kecamatan` or `desa` (code; null: not known to that level).

    Columns: the level, bayar (payments), temuan (findings that own one), pasti, harapan, mungkin; by the level.
    """
    code = pl.col("kode_wilayah")
    digits = {"kecamatan": _KEC, "desa": _DESA}.get(level)
    key = pl.col(level) if digits is None else pl.when(code.str.len_chars() >= digits).then(code.str.head(digits))
    return (
        at_risk.group_by(key.alias(level))
        .agg(
            pl.col("pasti", "harapan", "mungkin").sum(),
            bayar=pl.len().cast(pl.Int64),
            temuan=pl.col("temuan_id").n_unique().cast(pl.Int64),
        )
        .select(level, "bayar", "temuan", "pasti", "harapan", "mungkin")
        .sort(level, nulls_last=True)
    )
