"""Programmes as data: what is paid, to what unit, under which conditions; one TOML file each, no code.

Every condition carries its span of validity, its legal basis and the mark of its evidence (S seed document, F found on
a public page, P practice, A assumed). A dinas adds a programme of its own with one more file of the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from rules.errors import ConfigError, Place
from rules.i18n import N_, _
from rules.validation import describe, read_toml

FOLDER = Path(__file__).parent.parent / "programmes"
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Mark = Literal["S", "F", "P", "A"]
Register = Literal["dtks", "p3ke", "regsosek", "dtsen", "dukcapil"]
# Classes of work that disqualify (D02-D08), as the layouts of `sources` write them into `pekerjaan`.
Work = Literal[
    "ASN", "TNI", "POLRI", "ASN_TNI_POLRI_BUMN_PEJABAT", "PENSIUNAN", "BUMN", "BUMD", "PEJABAT", "PERANGKAT_DESA"
]  # fmt: skip
_DECILE = Annotated[int, Field(ge=1, le=10)]
_AGE = Annotated[int, Field(ge=0, le=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Dated(_Strict):
    """Something that holds in a span of time, with what it rests on."""

    berlaku_dari: date
    berlaku_sampai: date | None = None
    dasar: Text
    status_bukti: Mark

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.berlaku_sampai is not None and self.berlaku_sampai < self.berlaku_dari:
            raise ValueError("span")
        return self


class Amount(Dated):
    """Rupiah a month in a span of time; used only where a list states no amount."""

    nominal_bulanan: Annotated[int, Field(ge=0)]


class Deciles(Dated):
    """D14: the family's decile in one of `sumber` must not be above `maks`."""

    maks: _DECILE
    sumber: list[Register] = Field(min_length=1)


class Ages(Dated):
    """The payee of a person programme is of these ages (whole years at the start of the period)."""

    min: _AGE = 0
    maks: _AGE = 120

    @model_validator(mode="after")
    def _low_high(self) -> Self:
        if self.min > self.maks:
            raise ValueError("ages")
        return self


class Component(Dated):
    """What a family must hold one of: a member of these ages, one who is pregnant, or one who is disabled."""

    nama: Text
    umur_min: _AGE | None = None
    umur_maks: _AGE | None = None
    hamil: bool = False
    disabilitas: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.umur_min is None and self.umur_maks is None and not self.hamil and not self.disabilitas:
            raise ValueError("component")
        return self


class Jobs(Dated):
    """D02-D08: nobody in the family (or the payee himself) has work of these classes."""

    kelas: list[Work] = Field(min_length=1)
    cakupan: Literal["KELUARGA", "ORANG"] = "KELUARGA"


class Other(Dated):
    """Another programme: one that excludes this one in the same month, or one expected beside it."""

    program: Code


class Programme(_Strict):
    """One programme: its unit of entitlement and all that is demanded of who gets it."""

    kode: Code
    nama: Text
    satuan: Literal["KELUARGA", "ORANG", "RUMAH_TANGGA"]
    dasar: Text
    status_bukti: Mark
    menggantikan: bool = False  # a local file may stand for a programme padan knows, when it says so
    terikat_desa: bool = False  # paid to who is domiciled in the desa: a certain move away holds the payment (D12)
    berlaku_dari: date | None = None
    berlaku_sampai: date | None = None
    nominal: list[Amount] = []
    desil: list[Deciles] = []
    umur: list[Ages] = []
    komponen: list[Component] = []
    pekerjaan: list[Jobs] = []
    eksklusif: list[Other] = []
    diharapkan: list[Other] = []


_OWN = {
    "span": N_("berlaku_sampai lies before berlaku_dari"),
    "ages": N_("min is above maks"),
    "component": N_("a component needs umur_min, umur_maks, hamil or disabilitas"),
}
_MODELS: Sequence[type[BaseModel]] = (Programme, Amount, Deciles, Ages, Component, Jobs, Other)
WORK: Sequence[str] = get_args(Work)


def read_programme(path: Path) -> Programme:
    """The programme of one TOML file. Raises ConfigError naming the file and every wrong key at once."""
    try:
        return Programme.model_validate(read_toml(path))
    except ValidationError as error:
        known = {name for model in _MODELS for name in model.model_fields}
        wrong = sorted({describe(one, known, _OWN) for one in error.errors()})
        raise _wrong(path, wrong) from error


def _wrong(path: Path, problems: Sequence[str]) -> ConfigError:
    return ConfigError(
        _("the programme file is wrong in {n} places:").format(n=len(problems))
        + "\n"
        + "\n".join(f"  - {p}" for p in problems),
        place=Place(file=path.name),
        hint=_("docs/gerbang.md shows every key of a programme file with an example"),
    )


def programme_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Files as given and every *.toml of the folders given. Raises ConfigError for a path that is neither."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.toml"))
            if not inside:
                raise ConfigError(_("the folder holds no programme file (*.toml)"), place=Place(file=str(path)))
            found += inside
        else:
            found.append(path)
    return tuple(found)


@cache
def load_programmes(local: tuple[Path, ...] = ()) -> dict[str, Programme]:
    """Programmes by code: those of padan, then the files or folders of `local`.

    Raises ConfigError naming file and key: a wrong file, one code in two files, another programme that nobody declares.
    """
    found: dict[str, Programme] = {}
    origin: dict[str, Path] = {}
    own = sorted(FOLDER.glob("*.toml"))
    for path in (*own, *programme_files(local)):
        one = read_programme(path)
        if one.kode in origin and not (one.menggantikan and origin[one.kode].parent == FOLDER):
            text = _("kode: {kode} is the code of {other} too; give another one, or say menggantikan = true")
            raise _wrong(path, [text.format(kode=one.kode, other=origin[one.kode].name)])
        found[one.kode], origin[one.kode] = one, path
    for kode, one in found.items():
        named = [("eksklusif", i, o) for i, o in enumerate(one.eksklusif, 1)]
        named += [("diharapkan", i, o) for i, o in enumerate(one.diharapkan, 1)]
        text = _("{key}[{i}].program: nobody declares {program}; known are {known}")
        wrong = [
            text.format(key=key, i=i, program=other.program, known=", ".join(sorted(found)))
            for key, i, other in named
            if other.program not in found
        ]
        if wrong:
            raise _wrong(origin[kode], wrong)
    return found


def exclusions(programmes: Mapping[str, Programme]) -> list[tuple[str, str, Other]]:
    """Pairs of programmes of which either declares that it excludes the other: (code, code, what it declares).

    The first code comes before the second in the alphabet; a pair that both declare stands there twice.
    """
    declared = [(min(p.kode, o.program), max(p.kode, o.program), o) for p in programmes.values() for o in p.eksklusif]
    return sorted(declared, key=lambda one: (one[0], one[1], one[2].berlaku_dari, one[2].dasar))
