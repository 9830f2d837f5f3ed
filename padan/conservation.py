"""No row is lost: what was read is a record, a payment or refused."""

from __future__ import annotations

from typing import Any

import polars as pl

from rules import tables
from rules.errors import TableError
from rules.vocab import PAYMENT_PREFIX


def conservation(data: tables.Tables) -> list[dict[str, Any]]:
    """Control totals per file and sheet, counted again from the tables.

    A row is used when it is a record or, in a payment list, a payment (identical payees share a record). Rows of a
    family file or of a side sheet are used by joining their people, so no record stands on them. Raises TableError
    when a row was lost or counted twice.
    """
    where = ["berkas", "lembar"]
    people = data.records.filter(~pl.col("sumber").str.starts_with(PAYMENT_PREFIX))
    used = pl.concat([people.select(where), data.payments.select(where)]).group_by(where).agg(pakai=pl.len())
    refused = data.rejected.group_by(where).agg(tolak=pl.len())
    counted = (
        data.files.select("sumber", "jenis", *where, "baris_dibaca", "baris_dipakai", "baris_ditolak")
        .join(used, on=where, how="left", nulls_equal=True)
        .join(refused, on=where, how="left", nulls_equal=True)
        .with_columns(pl.col("tolak").fill_null(0))
        .sort("sumber", *where, nulls_last=True)
    )
    lost = counted.filter(
        (pl.col("baris_dibaca") != pl.col("baris_dipakai") + pl.col("baris_ditolak"))
        | (pl.col("baris_dipakai") != pl.col("pakai")).fill_null(False)
        | (pl.col("baris_ditolak") != pl.col("tolak"))
    )
    if not lost.is_empty():
        raise TableError(f"rows are not conserved: {lost.row(0, named=True)}")
    for frame in (used, refused):
        strange = frame.join(data.files, on=where, how="anti", nulls_equal=True)
        if not strange.is_empty():
            raise TableError(f"rows of a file or sheet that was not read: {strange.row(0, named=True)}")
    if data.payments.join(data.records, on="baris_id", how="anti").height:
        raise TableError("a payment has no payee among the records")
    return counted.drop("pakai", "tolak").to_dicts()
