"""Whole commands as a user runs them: `padan run` on three registers, `padan decode`, `padan --help`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.speed.forecast import forecast
from benchmarks.speed.measured import measure, settle

NIK = "3201914507900003"  # made up: the kecamatan part 91 is no kecamatan's
REGISTERS = (
    ("--dtks", ("dtks_desa.csv@2022-09-30",)),
    ("--p3ke", ("p3ke_individu.csv@2022-07-31", "p3ke_keluarga.csv@2022-07-31")),
    ("--regsosek", ("regsosek.csv@2022-11-01",)),
)
SHORT = {"decode": ["decode", NIK], "help": ["--help"]}
PADAN = [sys.executable, "-m", "padan"]


def synthetic(people: int, work: Path) -> Path:
    """The folder of the registers of `people` people, made by `padan synth` where it is not there."""
    folder = work / f"registers-{people}"
    if not (folder / "padan.toml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        draft = work / f"registers-{people}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        options = ["--penduduk", str(people), "--kabupaten", "3201", "--seed", "1", "--tanpa-excel"]
        measure([*PADAN, "synth", *options, "--out", str(draft)], work, "synth")
        draft.rename(folder)
    return folder


def run_command(folder: Path) -> list[str]:
    """`padan run` on the three registers in `folder`, reports included; `--out` is still to be added."""
    command = [*PADAN, "run"]
    for option, names in REGISTERS:
        command += [option, *(str(folder / name) for name in names)]
    return [*command, "--mode-uji", "--quiet"]


def whole_run(folder: Path, work: Path) -> dict[str, Any]:
    """Wall, CPU and peak of one `padan run` into an empty folder, with the seconds and peak of each stage."""
    out = work / "run"
    shutil.rmtree(out, ignore_errors=True)
    settle()
    found = measure([*run_command(folder), "--out", str(out)], work, "run")
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    found["stages"] = {name: one["detik"] for name, one in info["tahap"].items()}
    found["peaks_mb"] = {name: one["puncak_mb"] for name, one in info["tahap"].items()}
    found["pairs"], found["ramalan"] = _pairs(info), forecast(out)
    found["files_mb"] = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    return found


def _pairs(info: dict[str, Any]) -> int:
    """Pairs compared: the sum over the passes of run.json."""
    return sum(int(one["pasangan"]) for one in info["penautan"]["penyaringan"]["lintasan"])


def short(name: str, work: Path) -> dict[str, Any]:
    """Wall, CPU and peak of a command that answers at once."""
    return measure([*PADAN, *SHORT[name]], work, name)
