"""The gate on payments with known faults: who is held, who is asked about, and how many lawful families are.

    python -m benchmarks.gate [--penduduk 20000] [--seed 1]

The truth comes from the simulated life and the log of what was put into the lists, never from the rules. A payment is
lawful when the truth knows no fault of it. The simulation gives work to people at random, also to poor families, so
lawful payments to families in which somebody is an ASN, village official or the like (D02-D08, which always ask for a
verification) are counted apart: `sah` leaves them out, `sah_dengan_pekerjaan` counts them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

RESULT = Path(__file__).parent / "results" / "gate.json"
_PLACE = ["berkas", "nomor_baris"]
_DOUBLE = ("BG01", "BG02", "BG03")
_WORK = r"\bD0[2-8]\b"


def evaluate(verdicts: pl.DataFrame, truth: Path, records: pl.DataFrame, given: set[str]) -> dict[str, Any]:
    """Rates of one judged list. `verdicts` as `rules.gate.judge.verdicts`; `records` of the run; `given` sources."""
    facts = pl.read_parquet(truth / "facts.parquet")
    rows = pl.read_parquet(truth / "fact_rows.parquet").select("fakta_id", *_PLACE)
    paid = verdicts.with_columns(ditandai=pl.col("putusan") != "LAYAK", ditahan=pl.col("putusan") == "TAHAN")
    of_list = rows.join(paid, on=_PLACE)
    shown = facts.filter(pl.col("lewat").list.set_intersection(sorted(given)).list.len() > 0)
    out: dict[str, Any] = {"pembayaran": paid.height, "putusan": _counts(paid)}
    for code in _DOUBLE:
        out[code] = _doubles(shown.filter(pl.col("kode") == code), of_list)
    out["mati"] = _dead(shown.filter(pl.col("kode") == "ST51"), of_list, truth, records)
    wrong = facts.filter(pl.col("kode").is_in(["ST51", *_DOUBLE])).select("fakta_id")
    lawful = paid.join(rows.join(wrong, on="fakta_id", how="semi"), on=_PLACE, how="anti")
    worked = lawful.with_columns(kerja=_has_work(lawful, truth, records))
    out["sah"] = _rates(worked.filter(~pl.col("kerja")))
    out["sah_dengan_pekerjaan"] = _rates(worked)
    plain = worked.filter(~pl.col("kerja"))
    for name, group in _groups(plain, truth, records).items():
        out[f"sah_{name}"] = _rates(group)
    asked = plain.filter(pl.col("putusan") != "LAYAK")
    codes = asked.group_by("putusan", kode=pl.col("kode")).len().sort("len", "kode", descending=[True, False]).head(12)
    out["sah_sebab"] = [f"{r['putusan']} {r['kode']}: {r['len']}" for r in codes.to_dicts()]
    return out


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    found = frame.group_by("putusan").len().to_dicts()
    return {str(r["putusan"]): int(r["len"]) for r in sorted(found, key=lambda r: str(r["putusan"]))}


def _rates(frame: pl.DataFrame) -> dict[str, Any]:
    n = max(frame.height, 1)
    held, asked = (int((frame["putusan"] == word).sum()) for word in ("TAHAN", "VERIFIKASI"))
    return {
        "n": frame.height,
        "tahan": held,
        "verifikasi": asked,
        "tahan_bagian": held / n,
        "verifikasi_bagian": asked / n,
    }


def _doubles(facts: pl.DataFrame, of_list: pl.DataFrame) -> dict[str, Any]:
    """Of the extra payments of each true double (in a period that is paid n times, n - 1) the marked and the held."""
    per = (
        of_list.join(facts.select("fakta_id"), on="fakta_id", how="semi")
        .group_by("fakta_id", "periode_awal", "tahap")
        .agg(n=pl.len(), tanda=pl.col("ditandai").sum(), tahan=pl.col("ditahan").sum())
        .filter(pl.col("n") > 1)
        .with_columns(lebih=pl.col("n") - 1)
    )
    extra = int(per["lebih"].sum())
    marked = int(per.select(pl.min_horizontal("lebih", "tanda").sum()).item() or 0)
    held = int(per.select(pl.min_horizontal("lebih", "tahan").sum()).item() or 0)
    n = max(extra, 1)
    return {
        "lebih": extra,
        "ditandai": marked,
        "ditahan": held,
        "ditandai_bagian": marked / n,
        "ditahan_bagian": held / n,
    }


def _dead(facts: pl.DataFrame, of_list: pl.DataFrame, truth: Path, records: pl.DataFrame) -> dict[str, Any]:
    """Payments to the dead for periods after the death; exact: NIK, name and birth date written as at Dukcapil."""
    after = of_list.join(facts.select("fakta_id", "tanggal", "lewat", "orang_id"), on="fakta_id").filter(
        pl.col("periode_awal") > pl.col("tanggal")
    )
    person = pl.read_parquet(truth / "rows.parquet").filter(pl.col("sumber") == "dukcapil").select("orang_id", *_PLACE)
    official = (
        person.join(records, on=_PLACE)
        .filter(pl.col("keberadaan").cast(pl.String) == "MENINGGAL", pl.col("nik_mutu").cast(pl.String) == "TEPERCAYA")
        .select("orang_id", "nik", "nama", lahir="tanggal_lahir")
        .unique()
    )
    written = after.join(records.select("baris_id", "nik", "nama", lahir="tanggal_lahir"), on="baris_id")
    exact = written.join(official, on=["orang_id", "nik", "nama", "lahir"], how="semi").unique("bayar_id")
    after = after.unique("bayar_id")
    n, m = max(after.height, 1), max(exact.height, 1)
    return {
        "n": after.height,
        "ditandai_bagian": int(after["ditandai"].sum()) / n,
        "ditahan_bagian": int(after["ditahan"].sum()) / n,
        "tepat": exact.height,
        "tepat_ditahan_bagian": int(exact["ditahan"].sum()) / m,
    }


def _true_rows(truth: Path) -> pl.DataFrame:
    return pl.read_parquet(truth / "rows.parquet").select(*_PLACE, "orang_id", "kk_benar", "galat", "sumber")


def _has_work(lawful: pl.DataFrame, truth: Path, records: pl.DataFrame) -> pl.Series:
    """Does the true family, in whatever list, hold somebody of an excluded occupation as written?"""
    rows = _true_rows(truth)
    classes = [
        "ASN",
        "TNI",
        "POLRI",
        "ASN_TNI_POLRI_BUMN_PEJABAT",
        "PENSIUNAN",
        "BUMN",
        "BUMD",
        "PEJABAT",
        "PERANGKAT_DESA",
    ]
    written = rows.join(records.filter(pl.col("pekerjaan").is_in(classes)).select(_PLACE), on=_PLACE, how="semi")
    workers = written.select("orang_id").unique()
    families = rows.join(workers, on="orang_id", how="semi").select("kk_benar").unique()
    mine = lawful.select(_PLACE).join(rows, on=_PLACE, how="left", maintain_order="left")
    return mine["kk_benar"].is_in(families["kk_benar"].implode()).fill_null(value=False)


def _groups(lawful: pl.DataFrame, truth: Path, records: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Lawful payees whom a careless rule would hold."""
    facts = pl.read_parquet(truth / "facts.parquet")
    rows = pl.read_parquet(truth / "fact_rows.parquet").select("fakta_id", *_PLACE)
    persons = pl.read_parquet(truth / "persons.parquet")
    true = _true_rows(truth)
    mine = lawful.join(true.select(*_PLACE, "orang_id", "galat"), on=_PLACE, how="left")
    mine = mine.join(records.select("baris_id", "nik", "tanggal_lahir", "kode_wilayah"), on="baris_id", how="left")
    movers = facts.filter(pl.col("kode") == "ST52").select("orang_id").unique()
    widowed = records.filter(pl.col("status_kawin").cast(pl.String) == "CERAI_MATI").select(_PLACE)
    widows = true.join(widowed, on=_PLACE, how="semi").select("orang_id").unique()
    day = pl.col("nik").str.slice(6, 2).cast(pl.Int64) % 40
    nik_day = pl.format("{}{}", day.cast(pl.String).str.zfill(2), pl.col("nik").str.slice(8, 4))
    corrected = persons.filter(nik_day != pl.col("tanggal_lahir").dt.strftime("%d%m%y")).select("orang_id")
    kitchen = rows.join(facts.filter(pl.col("kode") == "ST44").select("fakta_id"), on="fakta_id", how="semi")
    return {
        "satu_dapur": mine.join(kitchen, on=_PLACE, how="semi"),
        "pindah": mine.join(movers, on="orang_id", how="semi"),
        "janda_duda": mine.join(widows, on="orang_id", how="semi"),
        "lahir_dikoreksi": mine.filter(
            pl.col("orang_id").is_in(corrected["orang_id"].implode()) | pl.col("galat").list.contains("lahir_salah")
        ),
        "nik_awalan_lain": mine.filter(pl.col("nik").str.head(4) != pl.col("kode_wilayah").str.head(4)),
    }


PROGRAMMES = ("pkh", "bpnt", "pbi_jkn", "blt_desa")
_REGISTERS = {
    "dtks": "dtks_desa.csv", "p3ke": "p3ke_individu.csv", "regsosek": "regsosek.csv", "dtsen": "dtsen_anggota.csv",
    "dukcapil": "dukcapil.csv",
}  # fmt: skip
_DATES = {"dtks": "2022-09-30", "p3ke": "2022-07-31", "regsosek": "2022-11-01", "dtsen": "2025-02-03",
          "dukcapil": "2023-06-30"}  # fmt: skip


def measure(people: int, seed: int, work: Path) -> dict[str, Any]:
    """Simulate `people`, link their registers, judge all four payment lists against that run; the rates."""
    from padan.cli import cli

    folder, run = work / "masukan", work / "run"
    words = ["synth", "--penduduk", str(people), "--kabupaten", "3201", "--seed", str(seed), "--tanpa-excel", "--quiet"]
    _must(cli.main([*words, "--out", str(folder)], standalone_mode=False))
    given = [word for name, file in _REGISTERS.items() for word in (f"--{name}", f"{folder / file}@{_DATES[name]}")]
    _must(
        cli.main(["run", "--mode-uji", "--quiet", "--tanpa-kembali", *given, "--out", str(run)], standalone_mode=False)
    )
    registers = pl.read_parquet(run / "data" / "records.parquet")
    lists: dict[str, Any] = {}
    for program in PROGRAMMES:
        lists[program] = _one(program, folder, run, registers, work / program)
    return {"penduduk": people, "seed": seed, "jumlah": _together(lists), "daftar": lists}


def _must(code: int) -> None:
    if code:
        raise SystemExit(code)


def _one(program: str, folder: Path, run: Path, registers: pl.DataFrame, out: Path) -> dict[str, Any]:
    from padan.gate import GateSettings, gate
    from sources.load import load
    from sources.model import Input, SourceSettings

    file = folder / f"bayar_{program}.csv"
    gate(GateSettings((file,), program, (str(run),)), out, lambda _share, _step: None)
    payees = load([Input(file, f"bayar_{program}")], SourceSettings(mode_uji=True)).records
    everyone = pl.concat([registers, payees.with_columns((pl.col("baris_id") + registers.height).cast(pl.UInt32))])
    found = pl.read_parquet(out / "data" / "putusan.parquet")
    return evaluate(found, folder / "truth", everyone, {*_REGISTERS, f"bayar_{program}"})


def _together(lists: dict[str, Any]) -> dict[str, Any]:
    """The figures of issue 5 over all lists."""
    each = list(lists.values())
    n = sum(one["pembayaran"] for one in each)
    extra, marked = (sum(one[c][k] for one in each for c in _DOUBLE) for k in ("lebih", "ditandai"))
    exact, held = (sum(one["BG01"][k] for one in each) for k in ("lebih", "ditahan"))
    dead = sum(one["mati"]["n"] for one in each)
    dead_marked = sum(round(one["mati"]["n"] * one["mati"]["ditandai_bagian"]) for one in each)
    dead_exact = sum(one["mati"]["tepat"] for one in each)
    dead_held = sum(round(one["mati"]["tepat"] * one["mati"]["tepat_ditahan_bagian"]) for one in each)
    out: dict[str, Any] = {
        "pembayaran": n,
        "mati_dan_ganda": extra + dead,
        "mati_dan_ganda_ditandai": (marked + dead_marked) / max(extra + dead, 1),
        "tepat": exact + dead_exact,
        "tepat_ditahan": (held + dead_held) / max(exact + dead_exact, 1),
    }
    for key in sorted(each[0]):
        if key.startswith("sah") and isinstance(each[0][key], dict):
            rows, hold, ask = (sum(one[key][k] for one in each) for k in ("n", "tahan", "verifikasi"))
            out[key] = {"n": rows, "tahan_bagian": hold / max(rows, 1), "verifikasi_bagian": ask / max(rows, 1)}
    return out


def main() -> None:
    """Measure and write benchmarks/results/gate.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--penduduk", type=int, default=20_000, help="people; they get about 2.5 payments each")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(chosen.penduduk, chosen.seed, Path(folder))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(found["jumlah"], indent=1) + "\n")


if __name__ == "__main__":
    main()
