"""Double recipients found in `padan run` against those put in: how many, how sure, and how many rupiah.

    python -m benchmarks.doubles [--penduduk 100000] [--seeds 1 2 3] [--work DIR]

A true double is an entitlement paid twice in one period: one NIK twice (BG01), one person under two identities (BG02),
one family through two members (BG03). It is found when one finding holds both payees; a finding is false when it holds
no true double. What it is compared with is what a list can show by itself: one NIK, as written, paid twice by one
programme for periods that meet.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.gate import made, synthetic
from benchmarks.gate_truth import DOUBLE, fact_rows, facts
from rules.findings.money import payments_at_risk, summed

RESULT = Path(__file__).parent / "results" / "doubles.json"
CERTAIN = 0.99
_PLACE = ["berkas", "nomor_baris"]


def evaluate(data: Path, truth: Path) -> dict[str, Any]:
    """Figures of one run; `data` holds its parquet tables."""
    tables = {name: pl.read_parquet(data / f"{name}.parquet") for name in ("findings", "payments", "records")}
    paid = tables["payments"]
    told = tables["findings"].filter(pl.col("kode").is_in(DOUBLE))
    true = _true(truth, paid)
    held = _held(told, true)
    nik = _by_nik(true, tables["records"])
    certain = told.filter(pl.col("peluang") >= CERTAIN)
    right = held.select("temuan_id").unique()
    return {
        "ganda_benar": true["fakta_id"].n_unique(),
        "ditemukan": held["fakta_id"].n_unique(),
        "ditemukan_pasti": held.join(certain, on="temuan_id", how="semi")["fakta_id"].n_unique(),
        "lewat_nik_sama": nik,
        "per_kode": {code: _share(true, held, code) for code in DOUBLE},
        "temuan_pasti": certain.height,
        "temuan_pasti_keliru": certain.join(right, on="temuan_id", how="anti").height,
        "temuan": told.height,
        "temuan_keliru": told.join(right, on="temuan_id", how="anti").height,
        "rupiah": _rupiah(told, paid, tables["records"], truth),
    }


def _true(truth: Path, paid: pl.DataFrame) -> pl.DataFrame:
    """The payees of each true double: fakta_id, kode, baris_id."""
    known = facts(truth).filter(pl.col("kode").is_in(DOUBLE)).select("fakta_id", "kode")
    rows = fact_rows(truth).join(known, on="fakta_id").join(paid.select(*_PLACE, "baris_id"), on=_PLACE)
    return rows.select("fakta_id", "kode", "baris_id").unique().sort("fakta_id", "baris_id")


def _held(told: pl.DataFrame, true: pl.DataFrame) -> pl.DataFrame:
    """Pairs of finding and true double where the finding holds every payee of it: temuan_id, fakta_id, kode."""
    size = true.group_by("fakta_id", "kode").agg(n=pl.len())
    rows = told.select("temuan_id", baris_id="baris").explode("baris_id", empty_as_null=False)
    both = rows.join(true, on="baris_id").group_by("temuan_id", "fakta_id").agg(m=pl.col("baris_id").n_unique())
    return both.join(size, on="fakta_id").filter(pl.col("m") == pl.col("n")).select("temuan_id", "fakta_id", "kode")


def _by_nik(true: pl.DataFrame, records: pl.DataFrame) -> int:
    """True doubles whose payees show one NIK, letter by letter: what a comparison of NIKs finds."""
    written = true.join(records.select("baris_id", "nik_asli"), on="baris_id")
    same = written.group_by("fakta_id").agg(
        pl.col("nik_asli").n_unique(), tanpa=pl.col("nik_asli").is_null().any()
    )  # fmt: skip
    return same.filter(pl.col("nik_asli") == 1, ~pl.col("tanpa")).height


def _share(true: pl.DataFrame, held: pl.DataFrame, code: str) -> dict[str, int]:
    return {
        "benar": true.filter(pl.col("kode") == code)["fakta_id"].n_unique(),
        "ditemukan": held.filter(pl.col("kode") == code)["fakta_id"].n_unique(),
    }


def _rupiah(told: pl.DataFrame, paid: pl.DataFrame, records: pl.DataFrame, truth: Path) -> dict[str, Any]:
    """Rupiah found and true, in all and per programme, kecamatan and desa."""
    money = paid.select("bayar_id", "nominal", tertulis=pl.col("nominal").is_not_null())
    risk = payments_at_risk(told, money, CERTAIN)
    wrong = _wrong(truth, paid, records)
    out: dict[str, Any] = {
        "benar": int(wrong["nominal"].sum()),
        "pasti": int(risk["pasti"].sum()),
        "harapan": int(risk["harapan"].sum()),
        "mungkin": int(risk["mungkin"].sum()),
    }
    out["selisih_bagian"] = out["harapan"] / max(out["benar"], 1) - 1
    for level, digits in (("program", None), ("kecamatan", 6), ("desa", 10)):
        key = pl.col("program") if digits is None else pl.col("kode_wilayah").str.head(digits)
        of_truth = wrong.group_by(key.alias(level)).agg(benar=pl.col("nominal").sum())
        both = summed(risk, level).join(of_truth, on=level, how="full", coalesce=True, nulls_equal=True).fill_null(0)
        if level == "program":
            out["program"] = both.sort(level).select(level, "pasti", "harapan", "mungkin", "benar").to_dicts()
        else:  # what was put under another place than it belongs to, as a share of all
            apart = int((both["harapan"] - both["benar"]).abs().sum())
            out[level] = {"jumlah": both.height, "beda_bagian": apart / max(out["benar"], 1)}
    return out


def _wrong(truth: Path, paid: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The payments beyond the entitlement: per double and period that is paid n times, n - 1 of them."""
    rows = fact_rows(truth).join(facts(truth).filter(pl.col("kode").is_in(DOUBLE)).select("fakta_id"), on="fakta_id")
    place = records.select("baris_id", "kode_wilayah")
    mine = rows.join(paid, on=_PLACE).join(place, on="baris_id", how="left").sort("fakta_id", *_PLACE)
    period = ["fakta_id", "periode_awal", "tahap"]
    again = mine.filter(pl.int_range(pl.len()).over(period) > 0)
    return again.unique("bayar_id", keep="first", maintain_order=True)


def measure(people: int, seed: int, work: Path) -> dict[str, Any]:
    """Simulate `people`, run padan over all their lists, and compare."""
    folder, run = work / "masukan", work / "run"
    synthetic(people, seed, folder)
    made(
        run / "data" / "findings.parquet",
        "run",
        str(folder / "padan.toml"),
        "--quiet",
        "--tanpa-kembali",
        "--out",
        str(run),
    )
    return {"seed": seed, "penduduk": people, **evaluate(run / "data", folder / "truth")}


def main() -> None:
    """Measure and write benchmarks/results/doubles.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--penduduk", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--work", type=Path, help="folder for what is made on the way; kept and used again")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work: Path = chosen.work or Path(folder)
        runs = [measure(chosen.penduduk, seed, work / f"{seed}") for seed in chosen.seeds]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
