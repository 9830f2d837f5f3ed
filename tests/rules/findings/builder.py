"""A tiny builder of run tables: rows of any register with defaults, persons, cards, payments."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from rules import tables
from rules.findings import run_rules
from rules.tables import Tables

DATES = {
    "dtks": date(2022, 9, 30),
    "p3ke": date(2022, 7, 31),
    "regsosek": date(2022, 11, 1),
    "dtsen": date(2025, 2, 3),
    "dukcapil": date(2023, 6, 30),
}
NEWEST = date(2025, 2, 3)
DESA = "3201012001"


class Builder:
    """Collects rows; `tables()` gives the frames of a run with the persons and families as told."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.who: list[dict[str, Any]] = []
        self.paid: list[dict[str, Any]] = []
        self.pairs: list[dict[str, Any]] = []

    def row(
        self, sumber: str, orang: str, *, keluarga: str | None = None, keyakinan: float = 1.0, **values: Any
    ) -> int:
        """A row of register `sumber` about person `orang`; returns its baris_id."""
        number = len(self.rows)
        born = values.get("tanggal_lahir", date(1980, 5, 17))
        row: dict[str, Any] = {
            "sidik": f"{number:032x}",
            "baris_id": number,
            "sumber": sumber,
            "berkas": f"{sumber}.csv",
            "nomor_baris": number + 2,
            "tanggal_data": DATES.get(sumber, date(2023, 1, 1)),
            "nik_mutu": "TEPERCAYA" if values.get("nik") else "KOSONG",
            "kk_mutu": "TEPERCAYA" if values.get("no_kk") else "KOSONG",
            "nama": orang.upper(),
            "tanggal_lahir": born,
            "lahir_mutu": "LENGKAP" if born else "KOSONG",
            "skema_wilayah": "KEMENDAGRI",
            "kode_wilayah": DESA,
            "mutu": [],
        } | values
        row.setdefault("nik_asli", row.get("nik"))
        row.setdefault("no_kk_asli", row.get("no_kk"))
        if row.get("id_art") and "sufiks_art" not in row:
            row["sufiks_art"] = row["id_art"][-2:]
            row.setdefault("id_keluarga", row["id_art"][:-2])
        self.rows.append(row)
        self.who.append({"baris_id": number, "person_id": orang, "family_id": keluarga, "keyakinan": keyakinan})
        return number

    def pay(
        self, program: str, orang: str, awal: date | None, akhir: date | None, nominal: int = 200_000, *,
        baris: int | None = None, no_kartu: str | None = None, tahap: str | None = None, **values: Any,
    ) -> str:  # fmt: skip
        """A payment to `orang`, on its own payee row unless `baris` names one; returns its bayar_id."""
        payee = self.row(f"bayar_{program}", orang, **values) if baris is None else baris
        number = len(self.paid)
        self.paid.append(
            {"bayar_id": f"b{number:03}", "baris_id": payee, "program": program, "periode_awal": awal,
             "periode_akhir": akhir, "tahap": tahap, "no_kartu": no_kartu, "nominal": nominal,
             "berkas": f"{program}.csv", "nomor_baris": number + 2}
        )  # fmt: skip
        return f"b{number:03}"

    def review(self, left: int, right: int, peluang: float) -> None:
        """A pair of the review band."""
        a, b = sorted((left, right))
        self.pairs.append({"kiri": a, "kanan": b, "lintasan": 0, "bobot": 1.0, "peluang": peluang, "putusan": "tinjau",
                           "alasan": None})  # fmt: skip

    def tables(self) -> Tables:
        """The frames of the run so far."""
        frames = {name: tables.empty(name) for name in tables.SCHEMAS}
        for name, rows in (("records", self.rows), ("payments", self.paid), ("links", self.pairs)):
            if rows:
                full = [{**dict.fromkeys(tables.SCHEMAS[name].column_names()), **row} for row in rows]
                frames[name] = tables.check(name, pl.DataFrame(full, infer_schema_length=None))
        members = pl.DataFrame(self.who, infer_schema_length=None).with_columns(
            household_id=pl.lit(None, dtype=pl.String), family_id=pl.col("family_id").cast(pl.String)
        )
        frames["entities"] = tables.check("entities", members)
        return Tables(**frames)

    def findings(self, kode: str, **options: Any) -> list[dict[str, Any]]:
        """The findings of one code, as dicts."""
        found, _ = run_rules(self.tables(), language="en", only=[kode], **options)
        return found.to_dicts()
