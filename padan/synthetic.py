"""`padan synth`: a synthetic kabupaten as files, with the settings file that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from padan.console import OutputError, Report
from rules.errors import Place
from rules.i18n import _

MARK = "padan.toml"
_STEPS = 22  # what `generate` reports, about
# Which of the written files a run reads: each register once, though some are written in several formats.
_LISTS: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    ("dtks", None, ("dtks_desa.csv",)),
    ("p3ke", None, ("p3ke_individu.csv", "p3ke_keluarga.csv")),
    ("regsosek", None, ("regsosek.csv",)),
    ("dtsen", None, ("dtsen_anggota.csv", "dtsen_keluarga.csv")),
    ("dukcapil", None, ("dukcapil.csv",)),
    ("bayar", "pkh", ("bayar_pkh.csv",)),
    ("bayar", "bpnt", ("bayar_bpnt.csv",)),
    ("bayar", "pbi_jkn", ("bayar_pbi_jkn.csv",)),
    ("bayar", "blt_desa", ("bayar_blt_desa.xlsx", "bayar_blt_desa.csv")),
)


def make(
    penduduk: int, kabupaten: str, seed: int, out: Path, *, rates: Path | None, excel: bool, report: Report
) -> dict[str, Any]:
    """Write the registers, their truth and `padan.toml` into `out`; returns what `fixtures.synth.generate` says.

    Raises OutputError when `out` holds something else than an earlier `padan synth`, ConfigError for a code that is no
    kabupaten or kota.
    """
    if out.is_dir() and any(out.iterdir()) and not ((out / MARK).is_file() and (out / "truth").is_dir()):
        raise OutputError(
            _("the output folder holds files that are not from padan"),
            place=Place(file=str(out)),
            hint=_("give a new or empty folder, or one that an earlier `padan synth` wrote"),
        )
    from fixtures.settings import load_settings
    from fixtures.synth import generate

    steps: list[str] = []

    def tell(what: str, share: float) -> None:
        # Each step tells its own share; of the whole only the number of steps is known beforehand.
        if what not in steps:
            steps.append(what)
        report((len(steps) - 1 + share) / _STEPS, _("Synthetic registers") + ": " + what)

    chosen = load_settings(rates)
    made = generate(penduduk, kabupaten, seed, out, settings=chosen, excel=None if excel else False, progress=tell)
    (out / MARK).write_text(settings_text(out, made["tanggal"]), encoding="utf-8")
    return made


def settings_text(folder: Path, dates: Mapping[str, str]) -> str:
    """The text of `padan.toml` for the registers in `folder`; `dates`: file name -> ISO date of its data."""
    lines = [
        "# " + _("Settings of a run over synthetic registers. Start it with: padan run {name}").format(name=MARK),
        "mode_uji = true  # " + _("admits the synthetic NIKs"),
    ]
    for register, programme, names in _LISTS:
        found = [name for name in names if (folder / name).is_file()]
        if not found:
            continue
        lines += ["", "[[masukan]]", f'daftar = "{register}"']
        lines += [f'program = "{programme}"'] if programme else []
        lines.append("berkas = [" + ", ".join(f'"{name}"' for name in found) + "]")
        stated = [dates[name] for name in found if name in dates]
        # A payment list is dated by its periods.
        lines += [f"tanggal = {stated[0]}"] if stated and not programme else []
    return "\n".join(lines) + "\n"
