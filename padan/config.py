"""The settings of a run: from the command line, or from `padan.toml`, checked as a whole before anything is read.

Keys are Indonesian like the columns, because the people who write them are. Every error of a file is told at once,
each naming its key, so that nobody mends a file by running it ten times.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from rules import validation
from rules.errors import ConfigError, InputError, Place
from rules.i18n import N_, _
from rules.masking import mask_text
from rules.vocab import PAYMENT_PREFIX, REGISTERS

PAYMENT = "bayar"
_DATED = re.compile(r"^(?P<path>.+)@(?P<date>\d{4}-\d{1,2}-\d{1,2})$")

Register = Literal["dtks", "p3ke", "regsosek", "dtsen", "dukcapil", "bayar"]
Program = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Part(BaseModel):
    """A group of settings: unknown keys are errors, values are never changed after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Input(Part):
    """One `[[masukan]]`: files of one register that share a date and column overrides."""

    daftar: Register
    berkas: list[Text] = Field(min_length=1)
    tanggal: date | None = None
    program: Program | None = None
    kolom: dict[Text, Text] = Field(default_factory=dict)  # canonical column -> header in the file

    @model_validator(mode="after")
    def _program_of_payments(self) -> Self:
        if (self.daftar == PAYMENT) != (self.program is not None):
            raise ValueError("program")
        return self


class Bands(Part):
    """`[ambang]`: from which probability a pair is `padan`, goes to `tinjau`, and counts as certain in a finding."""

    padan: Probability = 0.90
    tinjau: Probability = 0.20
    pasti: Probability = 0.99

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.tinjau < self.padan <= self.pasti:
            raise ValueError("order")
        return self


class Settings(Part):
    """Everything a run depends on. Relative paths are taken from the folder of `padan.toml`."""

    masukan: list[Input] = Field(min_length=1)
    keluaran: Text | None = None
    tanggal_acuan: date | None = None  # ages and staleness refer to it; default: the newest tanggal_data
    mode_uji: bool = False  # admits the synthetic NIK and KK whose kecamatan part is 90-99
    kembali: bool = True  # write the return files
    keluarga_cetak: int = Field(default=100, ge=1)  # families per village on paper; the workbook holds all
    bahasa: Literal["id", "en"] | None = None
    jembatan: Text | None = None  # own bridge of kode wilayah: csv with the columns kode, kode_bps
    ambang: Bands = Field(default_factory=Bands)
    parameter: Text | None = None  # own copy of rules/parameters.toml
    keputusan: Text | None = None  # decisions of the villages, as `padan verify` keeps them
    label: Text | None = None  # answers of `padan label`: they calibrate the probabilities
    sebelumnya: Text | None = None  # folder of an earlier run, to compare with
    program_berkas: list[Text] = Field(default_factory=list)  # own programme files, or folders of them

    folder: Path = Field(default=Path(), exclude=True)


class InputFile(Part):
    """One file to read, resolved: what `sources` is given."""

    sumber: str  # dtks, p3ke, ..., bayar_<program>
    path: Path
    tanggal: date | None = None
    kolom: dict[str, str] = Field(default_factory=dict)


_OWN: Mapping[str, str] = {
    "program": N_("needs `program` when daftar is bayar, and only then"),
    "order": N_("must keep the order tinjau < padan <= pasti"),
}
_TEXTS = validation.TomlTexts(
    N_("the settings file does not exist"),
    N_("the settings file cannot be read: {why}"),
    N_(r"write paths in single quotes ('C:\data\dtks.csv') and dates without quotes (2026-03-31)"),
)


def read(path: Path) -> Settings:
    """The settings in the TOML file `path`.

    Raises ConfigError with every mistake in one message, or with the line where the file stops being TOML.
    """
    raw = validation.read_toml(path, _TEXTS)
    return validate(raw, folder=path.parent, name=path.name)


def validate(raw: Mapping[str, Any], *, folder: Path = Path(), name: str | None = None) -> Settings:
    """Settings from plain values. Raises ConfigError that lists every wrong key with what it should hold."""
    try:
        return Settings.model_validate({**raw, "folder": folder})
    except ValidationError as error:
        problems = sorted({_describe(one) for one in error.errors()})
        raise ConfigError(
            _("{n} settings are wrong:").format(n=len(problems)) + "\n" + "\n".join(f"  - {p}" for p in problems),
            place=Place(file=name),
            hint=_("docs/batch.md lists every key with an example"),
        ) from error


def _describe(error: ErrorDetails) -> str:
    known = [*Settings.model_fields, *Input.model_fields, *Bands.model_fields]
    text = validation.describe(error, known, _OWN)
    return text if error["loc"] else f"padan.toml: {text}"


def from_command(
    registers: Mapping[str, Sequence[str]],
    payments: Sequence[str] = (),
    **options: Any,  # noqa: ANN401 - the keys of Settings, checked there
) -> Settings:
    """Settings from command-line values: per register `FILE` or `FILE@2022-10-31`, payments as `program=FILE`.

    Raises ConfigError for a payment without a programme or a date that is none.
    """
    inputs: list[dict[str, Any]] = []
    for register, files in registers.items():
        inputs += [_dated(register, text) for text in files]
    for text in payments:
        program, equals, file = text.partition("=")
        if not equals or not program or not file:
            raise ConfigError(
                _("--bayar needs PROGRAMME=FILE, found {value}").format(value=mask_text(text)),
                hint=_("for example: --bayar pkh=sp2d_pkh_2026.csv"),
            )
        inputs.append(_dated(PAYMENT, file) | {"program": program.lower().replace("-", "_")})
    if not inputs:
        raise ConfigError(
            _("no input file was given"),
            hint=_("give at least one of --dtks, --p3ke, --regsosek, --dtsen, --dukcapil, --bayar, or a padan.toml"),
        )
    return validate({"masukan": inputs} | {key: value for key, value in options.items() if value is not None})


def _dated(register: str, text: str) -> dict[str, Any]:
    found = _DATED.match(text)
    if not found or Path(text).exists():
        return {"daftar": register, "berkas": [text]}
    try:
        when = date(*(int(part) for part in found["date"].split("-")))
    except ValueError as error:
        raise ConfigError(
            _("{date} is not a date of the calendar").format(date=found["date"]),
            hint=_("date a file as FILE@2022-10-31 (year-month-day)"),
        ) from error
    return {"daftar": register, "berkas": [found["path"]], "tanggal": when}


def input_files(settings: Settings) -> list[InputFile]:
    """The files of the settings, globs expanded, in an order that does not depend on how they were given.

    Raises InputError for a path or pattern that names no file, ConfigError for a file given twice.
    """
    found: dict[Path, InputFile] = {}
    for part in settings.masukan:
        sumber = part.daftar if part.daftar != PAYMENT else f"{PAYMENT_PREFIX}{part.program}"
        for text in part.berkas:
            for path in _expand(settings.folder, text):
                one = InputFile(sumber=sumber, path=path, tanggal=part.tanggal, kolom=part.kolom)
                known = found.setdefault(path.resolve(), one)
                if known is not one and known != one:
                    raise ConfigError(
                        _("one file was given twice, as {a} and as {b}").format(a=known.sumber, b=sumber),
                        place=Place(file=path.name),
                        hint=_("give each file once; a pattern like *.csv may take in more than you meant"),
                    )
    return sorted(found.values(), key=lambda one: (one.sumber, one.path.name, str(one.path)))


def _expand(folder: Path, text: str) -> list[Path]:
    # A name that exists is taken as it stands: real file names hold brackets and asterisk look-alikes.
    plain = folder / Path(text).expanduser()
    if plain.is_dir():
        raise InputError(
            _("this is a folder, not a file"),
            place=Place(file=text),
            hint=_("give the files in it: {pattern}").format(pattern=f"'{Path(text) / '*.csv'}'"),
        )
    if plain.exists():
        return [plain]
    paths = sorted(Path(p) for p in glob.glob(str(plain), recursive=True) if Path(p).is_file())  # noqa: PTH207
    if not paths:
        raise InputError(
            _("no such file") if not glob.has_magic(text) else _("no file fits this pattern"),
            place=Place(file=text),
            hint=_("check the spelling and the folder; the path is taken from the folder the command is started in"),
        )
    return paths


def register_of(sumber: str) -> str:
    """`dtks` for `dtks`, `bayar` for `bayar_pkh`: the command-line option a source belongs to."""
    return sumber if sumber in REGISTERS else PAYMENT
