"""What a gate run is judged against: a finished run, or one made of files first; and the list read into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from padan import config, pipeline, store
from padan.console import OutputError, Report
from rules.errors import ConfigError, Place
from rules.gate.frames import Frames
from rules.i18n import _
from rules.masking import mask_text
from rules.vocab import PAYMENT_PREFIX, REGISTERS

if TYPE_CHECKING:
    from sources.model import Loaded

_TABLES: Final = ("entities", "links", "payments")


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What a gate run depends on. `terhadap`: a run folder, a padan.toml, or REGISTER=FILE[@DATE] several times."""

    daftar: tuple[Path, ...]
    program: str
    terhadap: tuple[str, ...]
    program_berkas: tuple[Path, ...] = ()
    parameter: Path | None = None
    tanggal_acuan: date | None = None
    mode_uji: bool = False
    maks_tahan: float | None = None  # share of the rows, 0-1
    maks_rupiah: int | None = None


@dataclass(slots=True)
class Base:
    """The run the list is judged against."""

    folder: Path
    info: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)  # sha256 -> name, of lists of this programme in the run


def inputs_of(settings: GateSettings) -> list[config.InputFile]:
    """The files of the list."""
    given = [f"{settings.program}={path}" for path in settings.daftar]
    return config.input_files(config.from_command({}, given))


def base_of(settings: GateSettings, out: Path, report: Report) -> Base:
    """The run folder: the one given, or a run made into `out`/run of the files given and the list itself."""
    first = Path(settings.terhadap[0])
    if len(settings.terhadap) == 1 and first.is_dir():
        if first.resolve() == out.resolve():
            raise OutputError(
                _("the run and the output of the gate are one folder"), place=Place(file=str(first)),
                hint=_("give another folder with --out"),
            )  # fmt: skip
        folder = first
    else:
        folder = out / "run"
        pipeline.run(_run_settings(settings), folder, report=lambda share, what: report(0.3 * share, what))
    info = store.run_info(folder)
    mine = f"{PAYMENT_PREFIX}{settings.program.lower().replace('-', '_')}"
    labels = {one["sha256"]: one["berkas"] for one in info["masukan"] if one["sumber"] == mine}
    return Base(folder, info, labels)


def _run_settings(settings: GateSettings) -> config.Settings:
    """Settings of the run that is made first: registers as given, the list among the payments."""
    paid = [f"{settings.program}={path.absolute()}" for path in settings.daftar]
    own = [str(path.absolute()) for path in settings.program_berkas]
    if len(settings.terhadap) == 1 and settings.terhadap[0].endswith(".toml"):
        chosen = config.read(Path(settings.terhadap[0]))
        known = {one.path.resolve() for one in config.input_files(chosen)}
        new = [text for text, path in zip(paid, settings.daftar, strict=True) if path.resolve() not in known]
        added = config.from_command({}, new).masukan if new else []
        return chosen.model_copy(
            update={
                "masukan": [*chosen.masukan, *added],
                "kembali": False,
                "program_berkas": [*chosen.program_berkas, *own],
            }
        )
    registers: dict[str, list[str]] = {}
    for text in settings.terhadap:
        name, equals, file = text.partition("=")
        if not equals or name not in REGISTERS:
            raise ConfigError(
                _("--terhadap needs a run folder, a padan.toml, or REGISTER=FILE; found {value}").format(
                    value=mask_text(text)
                ),
                hint=_("for example: --terhadap dtks=dtks.csv@2025-12-31 dukcapil=dukcapil.csv@2026-03-31"),
            )
        registers.setdefault(name, []).append(file)
    return config.from_command(registers, paid, mode_uji=settings.mode_uji, kembali=False, program_berkas=own)


def new_lists(settings: GateSettings, base: Base, inputs: list[config.InputFile], hashes: list[str]) -> Loaded | None:
    """The lists that are no part of the run, read; None when all are."""
    from sources.load import load
    from sources.model import Input, SourceSettings

    known = zip(inputs, hashes, strict=True)
    new = [Input(f.path, f.sumber, f.tanggal, digest) for f, digest in known if digest not in base.labels]
    if not new:
        return None
    return load(new, SourceSettings(mode_uji=settings.mode_uji or bool(base.info.get("mode_uji"))))


@dataclass(frozen=True, slots=True)
class Run:
    """The run as the gate reads it; `rejected`, `files` and `paid` (payees) are of the lists that are part of it."""

    frames: Frames
    rejected: pl.DataFrame
    files: pl.DataFrame
    paid: int


def run_of(base: Base, hashes: list[str]) -> Run:
    """The tables of the run, the payments of the lists of these hashes marked as those to judge."""
    data = base.folder / "data"
    is_mine = pl.col("berkas").is_in([base.labels[digest] for digest in hashes if digest in base.labels])
    entities, links, payments = (pl.read_parquet(data / f"{name}.parquet") for name in _TABLES)
    frames = Frames.of(
        pl.scan_parquet(data / "records.parquet"), entities, links, payments.with_columns(dinilai=is_mine)
    )
    rejected = pl.read_parquet(data / "rejected.parquet").filter(is_mine)
    files = pl.read_parquet(data / "files.parquet").filter(is_mine)
    return Run(frames, rejected, files, payments.filter(is_mine)["baris_id"].n_unique())
