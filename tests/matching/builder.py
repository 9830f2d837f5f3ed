"""Small records tables for tests: only what a test says differs from a plain row."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from rules.tables import Records, check

PLAIN: dict[str, Any] = {
    "berkas": "a.csv",
    "tanggal_data": date(2022, 9, 30),
    "nik_mutu": "KOSONG",
    "kk_mutu": "KOSONG",
    "lahir_mutu": "KOSONG",
    "skema_wilayah": "KEMENDAGRI",
    "kode_wilayah": "3201012001",
    "mutu": [],
}


def records(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A records table; sidik follows the order of the rows, trust grades follow what is given."""
    full = []
    for i, row in enumerate(rows):
        one = {**dict.fromkeys(Records.column_names()), **PLAIN, "sumber": "dtks", **row}
        one["sidik"] = f"{i:08x}".ljust(32, "0")
        one["baris_id"] = i
        one["nomor_baris"] = one["nomor_baris"] or i + 2
        if one["nik"]:
            one["nik_mutu"] = row.get("nik_mutu", "TEPERCAYA")
        if one["no_kk"]:
            one["kk_mutu"] = row.get("kk_mutu", "TEPERCAYA")
        if one["tanggal_lahir"]:
            one["lahir_mutu"] = row.get("lahir_mutu", "LENGKAP")
        full.append(one)
    return check("records", pl.from_dicts(full, schema=dict(Records.create_empty().schema), strict=False))
