"""Rupiah at risk of findings, every payment counted once: what is certain, what is to be expected, what is possible.

Two findings may name one payment (paid twice, and dead). It belongs to the one that is most certain of it.
"""

from __future__ import annotations

import polars as pl

_DESA, _KEC = 10, 6


def payments_at_risk(findings: pl.DataFrame, uang: pl.DataFrame, certain: float) -> pl.DataFrame:
    """One row per distinct payment that `findings` count: bayar_id, temuan_id, kode, program, kode_wilayah, peluang,
    pasti, harapan, mungkin (rupiah), by bayar_id.

    `uang` holds bayar_id, nominal and `tertulis` (does the list state the amount?), as `Context.uang`. Certain is a
    payment whose finding has at least the probability `certain` and whose list states the amount; what is expected of
    any other one is its probability times its amount. `program` and `kode_wilayah` are those of the finding.
    """
    named = findings.select(
        "temuan_id", "kode", "program", "kode_wilayah", "peluang", sure=pl.col("nominal_pasti") > 0, bayar_id="bayar"
    )
    each = named.explode("bayar_id", empty_as_null=False).drop_nulls("bayar_id")
    order = ["bayar_id", "sure", "peluang", "kode", "temuan_id"]
    owner = each.sort(order, descending=[False, True, True, False, False]).unique(
        "bayar_id", keep="first", maintain_order=True
    )
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
