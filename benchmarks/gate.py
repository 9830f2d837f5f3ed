"""The gate on payments with known faults: who is held, who is asked about, and how many lawful families are.

    python -m benchmarks.gate [--penduduk 20000] [--seeds 1 2 3] [--work DIR]
    python -m benchmarks.gate --sejuta RUN LIST     # time of a million payments against a finished run

Rates are of payments; what is true of them is told in `benchmarks.gate_truth`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import gate_truth
from benchmarks.gate_truth import DOUBLE

RESULT = Path(__file__).parent / "results" / "gate.json"
PROGRAMMES = ("pkh", "bpnt", "pbi_jkn", "blt_desa")
REGISTERS = {
    "dtks": "dtks_desa.csv@2022-09-30", "p3ke": "p3ke_individu.csv@2022-07-31", "regsosek": "regsosek.csv@2022-11-01",
    "dtsen": "dtsen_anggota.csv@2025-02-03", "dukcapil": "dukcapil.csv@2023-06-30",
}  # fmt: skip


def evaluate(verdicts: pl.DataFrame, truth: Path, records: pl.DataFrame, given: set[str]) -> dict[str, Any]:
    """Rates of one judged list. `verdicts` as `rules.gate.judge.verdicts`; `records` of the run; `given` sources."""
    paid = verdicts.with_columns(ditandai=pl.col("putusan") != "LAYAK", ditahan=pl.col("putusan") == "TAHAN")
    out: dict[str, Any] = {"pembayaran": paid.height, "putusan": _counts(paid)}
    for code in DOUBLE:
        out[code] = gate_truth.doubles(paid, truth, code)
    out["mati"] = gate_truth.dead(paid, truth, records, given)
    out["bekerja"] = _rates(gate_truth.worked(paid, truth))
    good = gate_truth.lawful(paid, truth)
    out["sah"] = _rates(good)
    for name, group in gate_truth.groups(good, truth, records).items():
        out[f"sah_{name}"] = _rates(group)
    asked = good.filter(pl.col("putusan") != "LAYAK")
    codes = asked.group_by("putusan", kode=pl.col("kode")).len().sort("len", "kode", descending=[True, False]).head(12)
    out["sah_sebab"] = [f"{r['putusan']} {r['kode']}: {r['len']}" for r in codes.to_dicts()]
    return out


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    found = frame.group_by("putusan").len().to_dicts()
    return {str(r["putusan"]): int(r["len"]) for r in sorted(found, key=lambda r: str(r["putusan"]))}


def _rates(frame: pl.DataFrame) -> dict[str, Any]:
    held, asked = (int((frame["putusan"] == word).sum()) for word in ("TAHAN", "VERIFIKASI"))
    return _shares(frame.height, held, asked)


def _shares(n: int, held: int, asked: int) -> dict[str, Any]:
    m = max(n, 1)
    return {
        "n": n, "tahan": held, "verifikasi": asked, "tahan_bagian": held / m, "verifikasi_bagian": asked / m,
    }  # fmt: skip


def given(folder: Path) -> list[str]:
    """The registers of a synthetic folder as words for `padan run`."""
    return [word for name, file in REGISTERS.items() for word in (f"--{name}", str(folder / file))]


def made(target: Path, *words: str) -> None:
    """Run one padan command that writes `target`, unless an earlier call has. Raises SystemExit when it fails."""
    from padan.cli import cli

    if not target.exists() and (code := cli.main(list(words), standalone_mode=False)):
        raise SystemExit(code)


def synthetic(people: int, seed: int, folder: Path) -> None:
    """A kabupaten of `people` in `folder`, unless it is there."""
    words = ("--penduduk", str(people), "--kabupaten", "3201", "--seed", str(seed), "--tanpa-excel", "--quiet")
    made(folder / "padan.toml", "synth", *words, "--out", str(folder))


def measure(people: int, seed: int, work: Path) -> dict[str, Any]:
    """Simulate `people`, link their registers, judge all four payment lists against that run; the rates."""
    folder, run = work / "masukan", work / "run"
    synthetic(people, seed, folder)
    made(run / "run.json", "run", "--mode-uji", "--quiet", "--tanpa-kembali", *given(folder), "--out", str(run))
    registers = pl.read_parquet(run / "data" / "records.parquet")
    lists = {program: _one(program, folder, run, registers, work / program) for program in PROGRAMMES}
    return {"seed": seed, "jumlah": together(list(lists.values())), "daftar": lists}


def _one(program: str, folder: Path, run: Path, registers: pl.DataFrame, out: Path) -> dict[str, Any]:
    from padan.gate import GateSettings, gate
    from sources.load import load
    from sources.model import Input, SourceSettings

    file = folder / f"bayar_{program}.csv"
    gate(GateSettings((file,), program, (str(run),)), out, lambda _share, _step: None)
    payees = load([Input(file, f"bayar_{program}")], SourceSettings(mode_uji=True)).records
    everyone = pl.concat([registers, payees.with_columns((pl.col("baris_id") + registers.height).cast(pl.UInt32))])
    found = pl.read_parquet(out / "data" / "putusan.parquet")
    return evaluate(found, folder / "truth", everyone, {*REGISTERS, f"bayar_{program}"})


def together(each: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of issue 5 over all lists."""

    def total(key: str, *parts: str) -> int:
        return sum(one[part][key] for one in each for part in parts)

    wrong = total("lebih", *DOUBLE) + total("n", "mati")
    marked = total("ditandai", *DOUBLE) + total("ditandai", "mati")
    exact = total("lebih", "BG01") + total("tepat", "mati")
    held = total("ditahan", "BG01") + total("tepat_ditahan", "mati")
    out: dict[str, Any] = {
        "pembayaran": sum(one["pembayaran"] for one in each),
        "mati_dan_ganda": wrong,
        "mati_dan_ganda_ditandai": marked / max(wrong, 1),
        "tepat": exact,
        "tepat_ditahan": held / max(exact, 1),
    }
    for key in sorted(each[0]):
        if key == "bekerja" or (key.startswith("sah") and key != "sah_sebab"):
            out[key] = _shares(*(total(k, key) for k in ("n", "tahan", "verifikasi")))
    return out


def timed(run: Path, file: Path, program: str, out: Path) -> dict[str, Any]:
    """Judge `file` against `run` in a process of its own: rows, wall and CPU seconds, and peak memory in GB."""
    import resource
    import subprocess
    import time

    words = ("gate", str(file), "--program", program, "--terhadap", str(run), "--out", str(out), "--quiet")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "padan", *words], check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = json.loads((out / "ringkasan.json").read_text(encoding="utf-8"))
    return {
        "baris_run": json.loads((run / "run.json").read_text(encoding="utf-8"))["jumlah"]["records"],
        "pembayaran": told["kekekalan"]["dinilai"],
        "putusan": told["putusan"],
        "detik": round(wall, 1),
        "detik_cpu": round(cpu, 1),
        "memori_gb": round(after.ru_maxrss / 2**20, 2),
    }


def _merged(part: dict[str, Any]) -> None:
    """Write `part` into the result, beside what other calls measured."""
    RESULT.parent.mkdir(exist_ok=True)
    old = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps(old | part, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Measure and write benchmarks/results/gate.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--penduduk", type=int, default=20_000, help="people; they get about 2.5 payments each")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--work", type=Path, help="folder for what is made on the way; kept and used again")
    parser.add_argument("--sejuta", type=Path, nargs=2, metavar=("RUN", "LIST"), help="time LIST (PBI) against RUN")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work: Path = chosen.work or Path(folder)
        if chosen.sejuta:
            run, file = chosen.sejuta
            found = timed(run, file, "pbi_jkn", work / "gerbang")
            _merged({"sejuta": found})
        else:
            runs = [measure(chosen.penduduk, seed, work / f"{seed}") for seed in chosen.seeds]
            found = {f"seed {one['seed']}": one["jumlah"] for one in runs}
            _merged({"penduduk": chosen.penduduk, "jalan": runs})
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
