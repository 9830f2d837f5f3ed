"""The results file of the speed benchmark: one run of one engine at a time, so that it can be stopped and resumed."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.accuracy.results import ROOT, machine, save

RESULTS = ROOT / "benchmarks" / "results" / "speed.json"
UNRESTED = ROOT / "benchmarks" / "results" / "speed_no_rest.json"  # the machine as each run found it
PACKAGES = ("rules", "sources", "blocking", "matching", "reports", "padan")
__all__ = ["RESULTS", "ROOT", "UNRESTED", "cell", "engine_version", "fresh", "load", "machine", "median_of", "save"]

Figures = dict[str, Any]


def engine_version(engine: str) -> str:
    """The installed version of an engine; that of padan is a digest of its code."""
    if engine == "padan":
        from padan.stamps import code_version

        return code_version(PACKAGES)
    return version("polars" if engine == "floor" else engine)


def load(path: Path) -> Figures:
    """The results in `path`; empty ones when there are none yet."""
    if path.is_file():
        found: Figures = json.loads(path.read_text(encoding="utf-8"))
        return found
    return {"kasus": {}, "perintah": {}}


def cell(results: Figures, *path: str) -> Figures:
    """The dictionary under `path`, made where it is missing."""
    at = results
    for key in path:
        at = at.setdefault(key, {})
    return at


def fresh(cell: Figures, stamp: Figures, *, keep: bool) -> list[Figures]:
    """The repeats in `cell`; none when they are not to be kept or were measured with another `stamp`."""
    if not keep or {k: cell.get(k) for k in stamp} != stamp:
        cell.clear()
    cell |= stamp
    runs: list[Figures] = cell.setdefault("ulangan", [])
    return runs


def median_of(runs: list[Figures], key: str) -> float | None:
    """The median of a figure over the repeats; None where no repeat has it."""
    values = [one[key] for one in runs if key in one]
    return float(median(values)) if values else None
