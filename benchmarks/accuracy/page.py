"""docs/accuracy.md and the table in README.md, both made from the results file."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.accuracy import febrl
from benchmarks.accuracy.near_persons import pooled
from benchmarks.accuracy.results import ROOT
from benchmarks.accuracy.variants import VARIANTS

BEGIN, END = "<!-- accuracy:begin (python -m benchmarks.accuracy --page) -->", "<!-- accuracy:end -->"
ENGINES = {
    "padan": "padan",
    "splink": "Splink 5",
    "splink_ringkas": "Splink 5, no family fields",
    "recordlinkage": "recordlinkage (ECM)",
}
KINDS = {
    "saudara": "siblings (same-sex twins apart)",
    "senama_setahun_sedesa": "namesakes of one birth year in one desa",
    "kembar_sejenis": "same-sex twins",
}
SETTINGS = Path(__file__).with_name("settings.md")


def _cells(results: dict[str, Any], engine: str) -> dict[str, list[dict[str, Any]]]:
    """Figures of `engine` per data set: one per FEBRL file, one per seed of a variant of the registers."""
    found = {}
    for name in febrl.NAMES:
        found[name] = [c[engine]] if engine in (c := results["febrl"].get(name, {})) else []
    for key in VARIANTS:
        seeds = results["daftar"].get(key, {})
        found[key] = [seeds[s][engine] for s in sorted(seeds) if engine in seeds[s]]
    return found


def _title(key: str) -> str:
    return VARIANTS[key].title if key in VARIANTS else key.upper().replace("FEBRL", "FEBRL ")


def _mean(cells: list[dict[str, Any]], *path: str) -> float | None:
    """The mean over seeds of the figure under `path`; None without cells."""
    values = []
    for one in cells:
        at: Any = one
        for key in path:
            at = at[key]
        values.append(float(at))
    return mean(values) if values else None


def _text(value: float | None, places: int = 4) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def readme_table(results: dict[str, Any]) -> str:
    """F1 on entities of every engine, at its default and at its best threshold; means over the seeds."""
    head = ["data", *(f"{ENGINES[e]}, default / best" for e in ENGINES)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for key in (*VARIANTS, *febrl.NAMES):
        row = []
        for engine in ENGINES:
            cells = _cells(results, engine)[key]
            default, best = _mean(cells, "entitas", "f1"), _mean(cells, "entitas_terbaik", "f1")
            row.append("-" if default is None else f"{_text(default)} / {_text(best)}")
        if any(text != "-" for text in row):
            lines.append(f"| {_title(key)} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _details(results: dict[str, Any], key: str) -> list[str]:
    """Every cell of one data set, one line each."""
    lines = []
    for engine, title in ENGINES.items():
        for number, c in enumerate(_cells(results, engine)[key], 1):
            e, b = c["entitas"], c["entitas_terbaik"]
            seed = f" {number}" if key in VARIANTS else ""
            lines.append(
                f"| {title}{seed} | {c['ambang']:g} | {e['f1']:.4f} | {e['presisi']:.4f} | {e['perolehan']:.4f} "
                f"| {e['b3_f1']:.4f} | {e['gugus_tepat']:.4f} | {c['pasangan']['f1']:.4f} | {b['f1']:.4f} "
                f"| {c['pasangan_terbaik']['f1']:.4f} | {c['perolehan_penyaringan']:.4f} "
                f"| {c['galat_kalibrasi']:.3f} ({c['pasangan_ragu']:,}) |"
            )
    return lines


def _error_ratio(results: dict[str, Any]) -> list[str]:
    """How the error of padan at its default compares with those of Splink at its best threshold, per seed."""
    lines = []
    seeds = results["daftar"].get("standar", {})
    for seed in sorted(s for s in seeds if {"padan", "splink"} <= set(seeds[s])):
        own = 1 - seeds[seed]["padan"]["entitas"]["f1"]
        row = [seed, f"{own:.4f}"]
        for engine in ("splink", "splink_ringkas"):
            cell = seeds[seed].get(engine)
            other = 1 - cell["entitas_terbaik"]["f1"] if cell else 0.0
            row.append(f"{other:.4f} ({own / other:.2f})" if other else "-")
        lines.append("| " + " | ".join(row) + " |")
    if lines:
        head = ["seed", "padan, default", "Splink, best (ratio)", "Splink without family fields, best (ratio)"]
        lines[:0] = ["| " + " | ".join(head) + " |", "|---|---|---|---|"]
    return lines


def _merges(results: dict[str, Any]) -> list[str]:
    """Wrong merges over all seeds together."""
    seeds = list(results["salah_gabung"].values())
    lines = []
    for kind, title in KINDS.items():
        parts = [one["jenis"][kind] for one in seeds if kind in one["jenis"]]
        if not parts:
            continue
        p = pooled(parts)
        lines.append(
            f"| {title} | {p['pasangan']:,} | {p['tergabung']:,} | {1e4 * p['bagian']:.2f} "
            f"| {1e4 * p['batas_bawah']:.2f} - {1e4 * p['batas_atas']:.2f} | {p['perolehan_hilang']:.4f} |"
        )
    if lines:
        head = ["pairs of persons", "pairs", "merged", "per 10,000", "95 % interval", "recall lost among their rows"]
        lines[:0] = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines


def document(results: dict[str, Any]) -> str:
    """The page docs/accuracy.md."""
    machines = sorted({c["mesin"] for e in ENGINES for cells in _cells(results, e).values() for c in cells})
    lines = [
        "# Accuracy, beside Splink and recordlinkage",
        "",
        "Generated by `python -m benchmarks.accuracy` from `benchmarks/results/accuracy.json`; do not edit.",
        "",
        f"{_sizes(results)} Measured on: {'; '.join(machines) or '-'}.",
        "",
        "F1 over pairs of rows that stand in one entity, mean over the seeds; `default` is the threshold each engine",
        "is used with, `best` the one picked with the truth, which nobody has on real lists.",
        "",
        readme_table(results),
        "",
        SETTINGS.read_text(encoding="utf-8").rstrip(),
        "",
    ]
    ratio = _error_ratio(results)
    if ratio:
        lines += ["## Error (1 - F1) on DTKS, P3KE, Regsosek", "", *ratio, ""]
    merges = _merges(results)
    if merges:
        lines += [
            "## Wrong merges of padan among people hard to tell apart",
            "",
            "DTKS, P3KE, Regsosek, all seeds together. A pair of two true persons is merged when any row of the one",
            "stands in one entity with any row of the other. The recall lost is the share of the true pairs of rows of",
            "these persons that were not joined: what it costs to keep them apart.",
            "",
            *merges,
            "",
        ]
    lines += ["## Every measurement", ""]
    head = [
        "engine, seed", "threshold", "F1", "precision", "recall", "B-cubed F1", "exact persons", "F1 of pairs",
        "best F1", "best F1 of pairs", "blocking recall", "calibration error (pairs)",
    ]  # fmt: skip
    for key in (*VARIANTS, *febrl.NAMES):
        rows = _details(results, key)
        if rows:
            lines += [f"### {_title(key)}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head), *rows, ""]
    return "\n".join(lines)


def _sizes(results: dict[str, Any]) -> str:
    """How many people the registers of the table hold, and how many seeds were measured (at most)."""
    cells = [c for key in VARIANTS for c in _cells(results, "padan")[key]]
    people = sorted({c["penduduk"] for c in cells})
    seeds = max((len(_cells(results, "padan")[key]) for key in VARIANTS), default=0)
    sizes = ", ".join(f"{n:,}" for n in people) or "no"
    return f"Registers: {sizes} synthetic people per seed; seeds measured: {seeds}."


def readme_block(results: dict[str, Any]) -> str:
    """What stands between the markers in README.md."""
    return f"{BEGIN}\n{readme_table(results)}\n\n{_sizes(results)}\n{END}"


def write(results: dict[str, Any]) -> None:
    """Write docs/accuracy.md and the block in README.md. Raises ValueError when README.md has lost its markers."""
    (ROOT / "docs" / "accuracy.md").write_text(document(results), encoding="utf-8")
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"README.md lacks the markers {BEGIN} and {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(before + readme_block(results) + after, encoding="utf-8")
