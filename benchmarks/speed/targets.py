"""What was asked of padan, beside what the results say: the table at the head of docs/speed.md."""

from __future__ import annotations

from statistics import median
from typing import Any

Figures = dict[str, Any]


def _middle(results: Figures, key: str, engine: str, figure: str) -> float | None:
    cell = results["kasus"].get(key, {}).get("mesin_pencari", {}).get(engine, {})
    values = [one[figure] for one in cell.get("ulangan", []) if figure in one]
    return float(median(values)) if values else None


def _ratio(results: Figures, key: str, engine: str, figure: str) -> float | None:
    """Median of `engine` by that of padan."""
    own, other = _middle(results, key, "padan", figure), _middle(results, key, engine, figure)
    return other / own if own and other else None


def _rate(results: Figures, engine: str, stage: str) -> float | None:
    """Pairs compared per second of the stage, at 100,000 people."""
    cell = results["kasus"].get("link/100000", {}).get("mesin_pencari", {}).get(engine, {})
    rates = [one["pairs"] / one["stages"][stage] for one in cell.get("ulangan", []) if one.get("stages", {}).get(stage)]
    return float(median(rates)) if rates else None


def _f1(results: Figures, key: str, engine: str, which: str) -> float | None:
    cell = results["kasus"].get(key, {}).get("mesin_pencari", {}).get(engine, {})
    return float(cell["mutu"][which]["f1"]) if "mutu" in cell else None


def targets(results: Figures, unrested: Figures) -> list[list[str]]:
    """Rows (what, asked for, measured) of everything that was measured; `unrested`: with `--no-rest`."""
    rows: list[list[str]] = []

    def add(what: str, asked: str, value: float | None, form: str = "{:.1f} times") -> None:
        if value is not None:
            rows.append([what, asked, form.format(value)])

    for key, title, wall, cpu, share in (
        ("link/1000000", "two lists of 1 million people", 12, 10, 50),
        ("trio/1000000", "three lists of 1 million people", 10, None, 40),
    ):
        add(f"{title}: wall, Splink by padan", f"at least {wall} times", _ratio(results, key, "splink", "wall"))
        if cpu:
            add(f"{title}: CPU, Splink by padan", f"at least {cpu} times", _ratio(results, key, "splink", "cpu"))
        for figure, name in (("wall", "wall"), ("cpu", "CPU")):
            again = _ratio(unrested, key, "splink", figure)
            add(f"{title}, the machine not brought to rest: {name}, Splink by padan", "stated", again)
        memory = _ratio(results, key, "splink", "peak_mb")
        peak = 100 / memory if memory else None
        add(f"{title}: peak memory, padan of Splink's", f"at most {share} %", peak, "{:.0f} %")
        own, best = _f1(results, key, "padan", "pasangan"), _f1(results, key, "splink", "pasangan_terbaik")
        if own is not None and best is not None:
            what = f"{title}: pair F1, padan at its default, Splink at its best"
            rows.append([what, "padan above", f"{own:.4f}, {best:.4f}"])
    floor = _ratio(results, "link/1000000", "floor", "wall")
    add("two lists of 1 million people: wall, padan by the floor", "at most 8 times", 1 / floor if floor else None)
    own, other = _rate(results, "padan", "compare"), _rate(results, "recordlinkage", "compare")
    both = own / other if own and other else None
    add("pairs compared per second, padan by recordlinkage (100,000 people)", "at least 50 times", both)
    whole = _ratio(results, "link/100000", "recordlinkage", "wall")
    add("the same as whole processes: wall, recordlinkage by padan", "stated", whole)
    peak = _middle(results, "trio/10000000", "padan", "peak_mb")
    add("three lists of 10 million people: peak memory", "at most 8 GB", peak / 1024 if peak else None, "{:.1f} GB")
    for name, title, asked in (
        ("run", "`padan run` on three registers of 1 million people", "under 120 s"),
        ("decode", "`padan decode`", "under 0.5 s"),
        ("help", "`padan --help`", "under 0.5 s"),
    ):
        found = [o["wall"] for o in results["perintah"].get(name, {}).get("ulangan", []) if "wall" in o]
        add(title, asked, float(median(found)) if found else None, "{:.2f} s")
    return rows
