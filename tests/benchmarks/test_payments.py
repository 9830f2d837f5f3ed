"""The page on payments is the one of the results; doubles are scored as they were put in."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks import doubles, payments_page
from rules import tables


def test_the_page_in_docs_is_the_generated_one() -> None:
    gate, twice = (
        json.loads((payments_page.RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in ("gate", "doubles")
    )
    assert payments_page.PAGE.read_text(encoding="utf-8") == payments_page.page(gate, twice)


def test_a_finding_counts_when_it_holds_both_payees(tmp_path: Path) -> None:
    """Three doubles: one found for certain, one found with a half, one missed; and one finding of nobody."""
    truth, data = tmp_path / "truth", tmp_path / "data"
    truth.mkdir()
    data.mkdir()
    codes = ["BG01", "BG02", "BG03"]
    pl.DataFrame({"fakta_id": [0, 1, 2], "kode": codes, "nominal": [100, 100, 100]}).write_parquet(
        truth / "facts.parquet"
    )
    rows = [(k // 2, "bayar.csv", k + 2) for k in range(6)]
    pl.DataFrame(rows, schema=["fakta_id", "berkas", "nomor_baris"], orient="row").with_columns(
        pl.col("nomor_baris").cast(pl.UInt32)
    ).write_parquet(truth / "fact_rows.parquet")
    paid = pl.DataFrame(
        {
            "bayar_id": [f"p{k}" for k in range(8)], "baris_id": list(range(8)), "program": ["pkh"] * 8,
            "periode_awal": [date(2023, 1, 1)] * 8, "tahap": ["1"] * 8, "nominal": [100] * 8,
            "berkas": ["bayar.csv"] * 8, "nomor_baris": list(range(2, 10)),
        },
        schema_overrides={"baris_id": pl.UInt32, "nomor_baris": pl.UInt32, "nominal": pl.Int64},
    )  # fmt: skip
    paid.write_parquet(data / "payments.parquet")
    nik = ["1", "1", "2", "3", "4", "5", "6", "7"]
    pl.DataFrame({"baris_id": paid["baris_id"], "nik_asli": nik, "kode_wilayah": ["3201012001"] * 8}).write_parquet(
        data / "records.parquet"
    )
    found = [("BG01", 1.0, [0, 1], "p1"), ("BG02", 0.5, [2, 3], "p3"), ("BG02", 0.995, [6, 7], "p7")]
    base = tables.empty("findings").select(
        "temuan_id", "kode", "peluang", "program", "kode_wilayah", "nominal_pasti", "bayar", "baris"
    )
    told = [
        {"temuan_id": f"t{i}", "kode": kode, "peluang": p, "program": "pkh", "kode_wilayah": "3201012001",
         "nominal_pasti": 100 if p >= 0.99 else 0, "bayar": [one], "baris": baris}
        for i, (kode, p, baris, one) in enumerate(found)
    ]  # fmt: skip
    pl.DataFrame(told, schema=base.schema).write_parquet(data / "findings.parquet")
    score = doubles.evaluate(data, truth)
    assert (score["ganda_benar"], score["ditemukan"], score["ditemukan_pasti"], score["lewat_nik_sama"]) == (3, 2, 1, 1)
    assert (score["temuan_pasti"], score["temuan_pasti_keliru"]) == (2, 1)
    money = score["rupiah"]
    assert (money["benar"], money["pasti"], money["harapan"], money["mungkin"]) == (300, 200, 250, 300)
