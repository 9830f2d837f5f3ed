"""Findings against known truth: `python -m benchmarks.quality [--seeds 1 2 3] [--penduduk 100000] [--work DIR]`.

For each seed a kabupaten is written with the default rates. One run reads all lists and payments; a second one has the
older file of the DTKS as its only edition, because only that file states presence, marriage and dates of update.
Everything goes through the commands that users have. A seed that is done is not done again: its figures stay in the
work folder. Writes `benchmarks/results/quality.json` and `docs/quality.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.quality_codes import OLDER, REMARKS, codes, kind

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "quality.json"
PAGE = ROOT / "docs" / "quality.md"
KABUPATEN = {1: "3201", 2: "5108", 3: "1271"}  # Sundanese, Balinese and Batak naming
DATED = {
    "--dtks": ["dtks_desa.csv@2022-09-30"],
    "--p3ke": ["p3ke_individu.csv@2022-07-31", "p3ke_keluarga.csv@2022-07-31"],
    "--regsosek": ["regsosek.csv@2022-11-01"],
    "--dtsen": ["dtsen_anggota.csv@2025-02-03", "dtsen_keluarga.csv@2025-02-03"],
    "--dukcapil": ["dukcapil.csv@2023-06-30"],
}
OLDER_LISTS = {
    "--dtks": ["bdt_siksng_2020.csv@2020-01-31"],
    "--regsosek": DATED["--regsosek"],
    "--dukcapil": DATED["--dukcapil"],
}
PAID = {"pkh": "bayar_pkh.csv", "bpnt": "bayar_bpnt.csv", "pbi_jkn": "bayar_pbi_jkn.csv", "blt_desa": "bayar_blt_desa"}
LEAST_CASES, PRECISION, RECALL = 30, 0.95, 0.90
_COUNTS = ("temuan", "benar", "fakta_terlihat", "kena", "fakta", "kena_semua")
_TITLES = {
    "dua": "Rules over two lists",
    "satu": "Rules over the values of one list",
    "bentuk": "Rules on dates and formats alone",
}


def padan(*args: object) -> str:
    """Run one padan command and return what it printed; its failure is ours."""
    done = subprocess.run(
        [sys.executable, "-m", "padan", *map(str, args)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def score(folder: Path, out: Path, lists: dict[str, list[str]]) -> dict[str, Any]:
    """Run padan over some lists of a synthetic folder, with the payments, and score it against the truth."""
    options: list[object] = []
    for option, files in lists.items():
        options += [option, *(folder / name for name in files)]
    paid = {p: next(folder.glob(f"{name.removesuffix('.csv')}.*")) for p, name in PAID.items()}
    options += ["--bayar", *(f"{program}={path}" for program, path in paid.items())]
    padan("run", "--mode-uji", "--quiet", "--tanpa-kembali", *options, "--out", out)
    figures: dict[str, Any] = json.loads(padan("evaluate", out, "--truth", folder / "truth", "--json"))
    return figures


def one_seed(seed: int, people: int, work: Path) -> dict[str, Any]:
    """The figures of one seed: people, entities, families and every code (counts as in docs/truth.md)."""
    kept = work / f"nilai-{people}-{seed}.json"
    if kept.is_file():
        done: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return done
    kabupaten = KABUPATEN.get(seed, "3201")
    folder = work / f"masukan-{people}-{seed}"
    if not (folder / "truth" / "settings.json").is_file():  # the last file that synth writes
        padan("synth", "--penduduk", people, "--kabupaten", kabupaten, "--seed", seed, "--out", folder, "--quiet")
    whole = score(folder, work / f"hasil-{people}-{seed}", DATED)
    older = score(folder, work / f"hasil-lama-{people}-{seed}", OLDER_LISTS)
    found = {
        code: counts((older if code in OLDER else whole)["temuan"].get(code)) for code in codes()
    }  # a code that neither the truth nor the run knows has no case
    figures = {
        "seed": seed,
        "kabupaten": kabupaten,
        "entitas": whole["entitas"],
        "keluarga": {k: whole["keluarga"][k] for k in ("presisi", "perolehan", "f1")},
        "temuan": found,
    }
    kept.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return figures


def counts(figures: dict[str, Any] | None) -> dict[str, int]:
    """The figures of `padan evaluate` for one code, as counts that can be added up over seeds."""
    if figures is None:
        return dict.fromkeys(_COUNTS, 0)
    shown, every = figures["fakta_terlihat"], figures["fakta"]
    return {
        "temuan": figures["temuan"],
        "benar": figures["benar"],
        "fakta_terlihat": shown,
        "kena": round(figures["perolehan"] * shown),
        "fakta": every,
        "kena_semua": round(figures["perolehan_semua"] * every),
    }


def ratio(part: int, whole: int) -> float | None:
    """The share, None of nothing."""
    return part / whole if whole else None


def below(runs: list[dict[str, Any]], code: str) -> list[int]:
    """The seeds in which a code with enough cases is below the bar."""
    out = []
    for run in runs:
        c = run["temuan"][code]
        precision, recall = ratio(c["benar"], c["temuan"]), ratio(c["kena"], c["fakta_terlihat"])
        low = (precision if precision is not None else 1.0) < PRECISION or (recall or 0.0) < RECALL
        if c["fakta_terlihat"] >= LEAST_CASES and low:
            out.append(run["seed"])
    return out


def _share(part: int, whole: int) -> str:
    value = ratio(part, whole)
    return "-" if value is None else f"{value:.3f}"


def _lowest(runs: list[dict[str, Any]], code: str, part: str, whole: str) -> str:
    rates = [ratio(run["temuan"][code][part], run["temuan"][code][whole]) for run in runs]
    known = [r for r in rates if r is not None]
    return f"{min(known):.3f}" if known else "-"


def line(runs: list[dict[str, Any]], code: str, title: str) -> str:
    """One row of the table, the counts added up over the seeds, the lowest seed beside each rate."""
    total = {name: sum(run["temuan"][code][name] for run in runs) for name in _COUNTS}
    cells = [
        code,
        title,
        f"{total['fakta_terlihat']:,}",
        f"{_share(total['benar'], total['temuan'])} ({_lowest(runs, code, 'benar', 'temuan')})",
        f"{_share(total['kena'], total['fakta_terlihat'])} ({_lowest(runs, code, 'kena', 'fakta_terlihat')})",
        f"{_share(total['kena_semua'], total['fakta'])} of {total['fakta']:,}",
        ", ".join(map(str, below(runs, code))),
    ]
    return "| " + " | ".join(cells) + " |"


def _clusters(run: dict[str, Any]) -> str:
    persons, families = run["entitas"], run["keluarga"]
    return f"| {run['seed']} | {persons['f1']:.4f} | {persons['b3_f1']:.4f} | {families['f1']:.4f} |"


def page(results: dict[str, Any]) -> str:
    """The text of docs/quality.md."""
    runs = results["jalan"]
    titles = codes()
    cases = {code: max(run["temuan"][code]["fakta_terlihat"] for run in runs) for code in titles}
    enough = [code for code in titles if cases[code] >= LEAST_CASES]
    low = [code for code in enough if below(runs, code)]
    lines = [
        "# Quality of the findings on synthetic registers",
        "",
        "Generated by `python -m benchmarks.quality` from `benchmarks/results/quality.json`; do not edit.",
        "",
        f"{results['penduduk']:,} people, seeds {', '.join(str(run['seed']) for run in runs)} (kabupaten "
        f"{', '.join(run['kabupaten'] for run in runs)}), default rates. {results['mesin']}.",
        "",
        "The people are made up, so what is right is known: from the simulated lives and the log of errors, never",
        "from the rules ([truth.md](truth.md) says what each code means). On real lists only a sample checked by hand",
        "can tell.",
        "",
        f"Of {len(enough)} codes with at least {LEAST_CASES} true cases in a seed, {len(enough) - len(low)} have a "
        f"precision of {PRECISION} and a recall of {RECALL:.2f} or more in every seed.",
        "",
        "- true cases: facts that the given files could show, all seeds together",
        "- precision, recall (over what the given files could show): all seeds together, in brackets the lowest seed",
        "- recall over all: over every fact of the simulation, also those that no given file shows",
        f"- below: seeds with at least {LEAST_CASES} cases below the bar",
        "",
    ]
    header = [
        "| code | finding | true cases | precision | recall | recall over all | below |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    for which, title in _TITLES.items():
        mine = [code for code in enough if kind(code) == which]
        lines += [f"## {title}", "", *header, *(line(runs, code, titles[code]) for code in mine), ""]
    lines += ["## Below the bar, and why", ""]
    lines += [f"- {code}: {REMARKS.get(code, 'not yet looked into')}" for code in low] or ["None."]
    lines += [
        "",
        f"## Fewer than {LEAST_CASES} cases in every seed",
        "",
        *header,
        *(line(runs, code, titles[code]) for code in titles if 0 < cases[code] < LEAST_CASES),
        "",
        "## No case in the simulation",
        "",
        *(f"- {code}: {REMARKS.get(code, titles[code])}" for code in titles if not cases[code]),
        "",
        "## Persons and families in the same runs",
        "",
        "| seed | pairwise F1 | B-cubed F1 | family links F1 |",
        "|---|--:|--:|--:|",
        *(_clusters(run) for run in runs),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, run what is not done, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--penduduk", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=ROOT / ".quality", help="folder for files and figures of seeds")
    parser.add_argument("--page", action="store_true", help="only write the page anew from the results")
    args = parser.parse_args()
    if not args.page:
        args.work.mkdir(parents=True, exist_ok=True)
        runs = []
        for seed in args.seeds:
            runs.append(one_seed(seed, args.penduduk, args.work))
            low = [code for code in codes() if below(runs[-1:], code)]
            print(f"seed {seed}: below the bar {', '.join(low) or 'none'}", flush=True)
        machine = (
            f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
        )
        results = {"penduduk": args.penduduk, "mesin": machine, "jalan": runs}
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
