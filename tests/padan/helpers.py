"""The command of the test run, and how two runs are compared."""

from __future__ import annotations

import hashlib
from pathlib import Path

FILES = {
    "--dtks": ["dtks_desa.csv@2023-06-30"],
    "--p3ke": ["p3ke_individu.csv@2022-10-31", "p3ke_keluarga.csv@2022-10-31"],
    "--regsosek": ["regsosek.csv@2022-11-30"],
    "--bayar": ["pkh=bayar_pkh.csv", "bpnt=bayar_bpnt.csv"],
}


def arguments(folder: Path, *, backwards: bool = False) -> list[str]:
    """`run` with the files of `folder`; `backwards` gives options and files in the other order."""
    words = ["run", "--mode-uji", "--lang", "en"]
    options = list(FILES.items())
    for option, names in reversed(options) if backwards else options:
        words.append(option)
        for name in reversed(names) if backwards else names:
            programme, equals, file = name.rpartition("=")
            words.append(f"{programme}{equals}{folder / file}")
    return words


def digests(run: Path) -> dict[str, str]:
    """SHA-256 of every file in `run`/data."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((run / "data").iterdir())}


def every_file(run: Path) -> dict[str, str]:
    """SHA-256 of every file of `run` but those that hold times (run.json, padan.log) or keys of stages (.padan)."""
    files = (p for p in run.rglob("*") if p.is_file() and ".padan" not in p.relative_to(run).parts)
    return {
        p.relative_to(run).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(files)
        if p.name not in ("run.json", "padan.log")
    }
