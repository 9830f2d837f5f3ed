"""Are the stated probabilities and error ranges true?

    python -m benchmarks.calibration [--seeds 221 ... 240] [--besar 500000] [--work DIR]

For each seed a kabupaten of 20,000 people is written with the default error rates, DTKS, P3KE and Regsosek are linked,
and what the run states without labels is held against the truth: the expected calibration error of the pair
probabilities (0.02 < p < 0.98, ten bins of equal count, over all seeds together), and the rates of wrong merges and
missed matches. The seeds are others than those that the calibration (101-108) and the ranges (101-120, 201-220) were
fitted on. One kabupaten of the size `--besar` follows, where wrong merges are many enough for a narrow range; an empty
`--seeds` keeps the others as they were measured. Writes `benchmarks/results/calibration.json` and the page
`docs/calibration.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fixtures.synth import generate
from matching.constraints import NONE, reasons
from matching.encoding import encode
from matching.engine import link
from matching.estimates import THRESHOLDS
from matching.evaluate import clusters
from matching.settings import LinkSettings
from sources.load import load
from sources.model import Input, SourceSettings

ROOT = Path(__file__).resolve().parent.parent
KABUPATEN = ("3201", "5108", "1271", "3403")
DATED = {
    "dtks_desa.csv": ("dtks", "2022-09-30"),
    "p3ke_individu.csv": ("p3ke", "2022-07-31"),
    "p3ke_keluarga.csv": ("p3ke", "2022-07-31"),
    "regsosek.csv": ("regsosek", "2022-11-01"),
}
LARGE_SEED = 301
EVERYTHING = 1e-6  # review threshold at which all pairs that matter are written out


def linked(folder: Path) -> tuple[Any, pl.DataFrame, Any]:
    """What the linkage states at the default settings, the records with their truth, and all pairs from 1e-6 up."""
    inputs = [
        Input(path=folder / name, sumber=source, tanggal=pl.Series([day]).str.to_date()[0])
        for name, (source, day) in DATED.items()
    ]
    loaded = load(inputs, SourceSettings(mode_uji=True))
    truth = pl.read_parquet(folder / "truth" / "rows.parquet").select("berkas", "lembar", "nomor_baris", "orang_id")
    rows = loaded.records.with_columns(berkas=pl.col("berkas").str.split("/").list.last()).join(
        truth, on=["berkas", "lembar", "nomor_baris"], how="left", nulls_equal=True
    )
    stated = link(loaded.records, loaded.families)
    everything = link(loaded.records, loaded.families, LinkSettings(tinjau=EVERYTHING)).links
    return stated, rows.sort("baris_id"), everything


def calibration_error(pairs: list[tuple[float, bool]]) -> float:
    """Mean distance of mean probability and share of true pairs over ten bins of equal count."""
    ordered = np.array(sorted(pairs))
    bins = [part for part in np.array_split(ordered, 10) if len(part)]
    return float(sum(len(part) * abs(part[:, 0].mean() - part[:, 1].mean()) for part in bins) / max(len(ordered), 1))


def measure(seed: int, people: int, work: Path) -> tuple[dict[str, Any], list[tuple[float, bool]]]:
    """One kabupaten: stated against true; and its unsure pairs (probability, truth)."""
    folder = work / f"kab-{seed}"
    generate(people, KABUPATEN[seed % len(KABUPATEN)], seed, folder, excel=False)
    run, rows, links = linked(folder)
    shutil.rmtree(folder)
    person = rows["orang_id"].fill_null(0).to_numpy()
    same = (person[links["kiri"]] == person[links["kanan"]]) & (person[links["kiri"]] != 0)
    p = links["peluang"].to_numpy()
    figures = clusters(
        rows.filter(pl.col("orang_id").is_not_null())
        .join(run.entities.select("baris_id", "person_id"), on="baris_id")
        .select(truth="orang_id", found="person_id")
    )
    stated = run.info["perkiraan_galat"]
    all_true = figures["pasangan_sebenarnya"]
    by_cut = []
    a, b = (links[side].to_numpy() for side in ("kiri", "kanan"))
    free = reasons(encode(rows), a, b, links.select("^t_.*$").to_numpy().astype(np.uint8)) == NONE
    for cut, told in zip(THRESHOLDS, stated["ambang"], strict=True):
        taken = (p >= cut) & free
        wrong = float((taken & ~same).sum() / max(taken.sum(), 1))
        missed = 1 - float((taken & same).sum()) / all_true
        by_cut.append(
            {
                "ambang": cut,
                "salah_gabung": held(wrong, told["laju_salah_gabung"]),
                "terlewat": held(missed, told["laju_terlewat"]),
            }
        )
    unsure = (p > 0.02) & (p < 0.98)
    pairs = list(zip(p[unsure].tolist(), same[unsure].tolist(), strict=True))
    told = {
        "seed": seed,
        "f1": figures["f1"],
        "galat_kalibrasi": calibration_error(pairs),
        "pasangan_ragu": len(pairs),
        "salah_gabung": held(1 - figures["presisi"], stated["laju_salah_gabung"]),
        "terlewat": held(1 - figures["perolehan"], stated["laju_terlewat"]),
        "ambang": by_cut,
    }
    return told, pairs


def held(true: float, stated: dict[str, float]) -> dict[str, Any]:
    """A true rate beside its stated range."""
    ratio = stated["atas"] / stated["bawah"] if stated["bawah"] else float("inf")
    return {**stated, "sebenarnya": true, "di_dalam": stated["bawah"] <= true <= stated["atas"], "rasio": ratio}


def best_of_three(runs: list[dict[str, Any]]) -> int:
    """Seeds that a range of false matches from c to 3 c times the estimate holds, for the best c."""
    shares = sorted(r["salah_gabung"]["sebenarnya"] / r["salah_gabung"]["harapan"] for r in runs)
    return int(max(sum(low <= share <= 3 * low for share in shares) for low in shares))


def _large(run: dict[str, Any] | None) -> list[str]:
    """What the page says of the large kabupaten."""
    if run is None:
        return []
    parts = []
    for key, title in (("salah_gabung", "false matches"), ("terlewat", "missed matches")):
        r = run[key]
        parts.append(
            f"{title} {r['sebenarnya']:.5f}, stated {r['bawah']:.5f}-{r['atas']:.5f} (upper / lower {r['rasio']:.1f})"
        )
    return [
        f"One kabupaten of {run['penduduk']:,} people (seed {run['seed']}, F1 {run['f1']:.4f}) has {'; '.join(parts)}.",
    ]


def page(results: dict[str, Any]) -> str:
    """docs/calibration.md."""
    runs = results["jalan"]
    n = len(runs)
    lines = [
        "# Are the stated probabilities and ranges true?",
        "",
        "Generated by `python -m benchmarks.calibration` from `benchmarks/results/calibration.json`; do not edit.",
        "",
        f"{n} kabupaten of {results['penduduk']:,} people, default error rates; DTKS, P3KE, Regsosek.",
        f"{results['mesin']}.",
        "",
        f"Expected calibration error over all of them together: {results['galat_kalibrasi']:.3f} "
        f"({sum(r['pasangan_ragu'] for r in runs):,} pairs with 0.02 < p < 0.98).",
        "",
        "| rate of the entities at the default threshold | true rate inside its range | upper / lower bound, median |",
        "|---|---|---|",
    ]
    for key, title in (("salah_gabung", "false matches"), ("terlewat", "missed matches")):
        inside = sum(r[key]["di_dalam"] for r in runs)
        ratio = float(np.median([r[key]["rasio"] for r in runs]))
        lines.append(f"| {title} | {inside} of {n} | {ratio:.1f} |")
    lines += [
        "",
        "The same for pair decisions at other thresholds, before entities are formed:",
        "",
        "| threshold | false matches inside | upper / lower | missed matches inside | upper / lower |",
        "|---|---|---|---|---|",
    ]
    for i, cut in enumerate(THRESHOLDS):
        cells = []
        for key in ("salah_gabung", "terlewat"):
            rows = [r["ambang"][i][key] for r in runs]
            cells += [f"{sum(x['di_dalam'] for x in rows)} of {n}", f"{np.median([x['rasio'] for x in rows]):.1f}"]
        lines.append(f"| {cut} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"False matches are few: some eight pairs from three or four wrong merges in a kabupaten of "
        f"{results['penduduk']:,}, and whoever",
        "knew which merges are wrong would not make them. Chance alone scatters such a count over more than a factor",
        "of three. Take a range whose upper bound is three times the lower, at the place beside the estimate that the",
        f"truth says is best: it holds {best_of_three(runs)} of {n}. So the range stated is wider.",
        *_large(results.get("besar")),
        "",
        "| seed | F1 | calibration error | false matches: true, range | missed: true, range |",
        "|---|---|---|---|---|",
    ]
    for r in runs:
        a, b = r["salah_gabung"], r["terlewat"]
        lines.append(
            f"| {r['seed']} | {r['f1']:.4f} | {r['galat_kalibrasi']:.3f} "
            f"| {a['sebenarnya']:.5f}, {a['bawah']:.5f}-{a['atas']:.5f} "
            f"| {b['sebenarnya']:.4f}, {b['bawah']:.4f}-{b['atas']:.4f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all seeds and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(range(221, 241)))
    parser.add_argument("--penduduk", type=int, default=20_000)
    parser.add_argument("--besar", type=int, default=None)
    parser.add_argument("--work", type=Path, default=None)
    args = parser.parse_args()
    work = args.work or Path(tempfile.mkdtemp(prefix="padan-kalibrasi-"))
    target = ROOT / "benchmarks" / "results" / "calibration.json"
    results: dict[str, Any] = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    if args.seeds:
        runs, pairs = [], []
        for seed in args.seeds:
            r, unsure = measure(seed, args.penduduk, work)
            runs.append(r)
            pairs += unsure
            print(seed, f"F1 {r['f1']:.4f} ECE {r['galat_kalibrasi']:.3f}", r["salah_gabung"]["di_dalam"],
                  r["terlewat"]["di_dalam"], flush=True)  # fmt: skip
        results |= {
            "penduduk": args.penduduk,
            "mesin": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "galat_kalibrasi": calibration_error(pairs),
            "jalan": runs,
        }
    if args.besar:
        results["besar"] = {"penduduk": args.besar, **measure(LARGE_SEED, args.besar, work)[0]}
    target.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (ROOT / "docs" / "calibration.md").write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main()
