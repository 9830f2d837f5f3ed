"""The assumed parameters of the identity rules, read from identity.toml once per process."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rules.errors import ConfigError, Place

FILE = Path(__file__).with_name("identity.toml")


@dataclass(frozen=True, slots=True)
class NikParameters:
    """Section [nik]; meanings and grounds stand in identity.toml."""

    umur_maksimum: int
    tanggal_bawaan: tuple[str, ...]
    provinsi_dicabut: tuple[str, ...]
    pengisi: tuple[str, ...]
    kolom_bulat_minimum: int
    umur_dewasa_minimum: int
    umur_ktp: int


@dataclass(frozen=True, slots=True)
class KkParameters:
    """Section [kk]."""

    tahun_terbit_minimum: int
    anggota_maksimum: int
    anggota_pengisi_minimum: int


@dataclass(frozen=True, slots=True)
class ArtParameters:
    """Section [art]."""

    panjang_keluarga: tuple[int, ...]
    posisi_maksimum: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """All sections."""

    nik: NikParameters
    kk: KkParameters
    art: ArtParameters


_S = TypeVar("_S", NikParameters, KkParameters, ArtParameters)


def _section(cls: type[_S], name: str, values: dict[str, Any], file: Path) -> _S:
    wanted = {field.name for field in fields(cls)}
    if wanted != set(values):
        odd = ", ".join(sorted(wanted ^ set(values)))
        raise ConfigError(f"[{name}]: missing or unknown keys: {odd}", place=Place(file=str(file)))
    made: Any = cls  # TOML values carry no types; the dataclass names what is wanted
    section: _S = made(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
    return section


def read(file: Path) -> Parameters:
    """Parameters from `file`. Raises ConfigError that names the section and the keys that are missing or unknown."""
    with file.open("rb") as handle:
        data = tomllib.load(handle)
    return Parameters(
        nik=_section(NikParameters, "nik", data.get("nik", {}), file),
        kk=_section(KkParameters, "kk", data.get("kk", {}), file),
        art=_section(ArtParameters, "art", data.get("art", {}), file),
    )


@cache
def parameters() -> Parameters:
    """The parameters shipped with padan."""
    return read(FILE)
