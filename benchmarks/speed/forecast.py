"""What padan foretold about a run, beside what was measured: pairs and peak memory, from its run.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def forecast(out: Path) -> dict[str, float]:
    """Foretold `pasangan` and `puncak_mb` of the run in `out`; no `pasangan` where they were guessed from outside."""
    info: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    plan = info.get("plan") or info.get("rencana") or {}
    told = {"puncak_mb": float(plan["puncak_mb"])} if "puncak_mb" in plan else {}
    if "pasangan" in plan and not plan.get("kasar", False):
        told["pasangan"] = float(plan["pasangan"])
    return told
