"""The results file: measured cell by cell, so that a long benchmark can be done in pieces and merged."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "accuracy.json"


def machine() -> str:
    """The machine in general words: cores, architecture, system, Python; nothing that names it."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def engine_version(engine: str) -> str:
    """The installed version of an engine; that of padan is a digest of the code that its figures depend on."""
    if engine == "padan":
        from padan.stamps import code_version

        return code_version(("rules", "sources", "blocking", "matching", "fixtures"))
    return version("splink" if engine.startswith("splink") else engine)


def load(path: Path) -> dict[str, Any]:
    """The results in `path`; empty ones when there are none yet."""
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return {"febrl": {}, "daftar": {}, "salah_gabung": {}}


def save(results: dict[str, Any], path: Path) -> None:
    """Write `results`, keys sorted and figures rounded to 6 places, replacing the file at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".json.tmp")
    draft.write_text(json.dumps(rounded(results), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)


def rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`value` with every float in it rounded to 6 places."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(value, 6) if isinstance(value, float) else value


def cell(results: dict[str, Any], *path: str) -> dict[str, Any]:
    """The dictionary under `path`, made where it is missing."""
    at = results
    for key in path:
        at = at.setdefault(key, {})
    return at
