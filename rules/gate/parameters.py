"""The numbers of the gate, read from TOML and checked, each with its source and mark."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rules.errors import ConfigError, Place
from rules.i18n import _
from rules.validation import describe, read_toml

DEFAULT = Path(__file__).parent / "parameters.toml"
T = TypeVar("T", int, float, list[str])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Strict, Generic[T]):
    """One value with what it rests on."""

    nilai: T
    tanda: Literal["S", "F", "P", "A"]
    sumber: str


class GateParameters(_Strict):
    """Every key of parameters.toml."""

    peluang_pasti: Value[float]
    peluang_tinjau_min: Value[float]
    peluang_nik_penuh: Value[float]
    peluang_nik_sebagian: Value[float]
    nama_sama_min: Value[float]
    nama_lain_maks: Value[float]
    sumber_kematian_pasti: Value[list[str]]
    sumber_kematian: Value[list[str]]
    sumber_tanda_hidup: Value[list[str]]
    lama_pencacahan_hari: Value[int]
    sumber_pindah_pasti: Value[list[str]]
    sumber_pindah: Value[list[str]]
    kk_umur_maks_bulan: Value[int]
    anggota_wajar_maks: Value[int]
    bagian_daftar_lama: Value[float]
    desil_tambah: Value[int]


def load_gate_parameters(path: Path | None = None) -> GateParameters:
    """The defaults; `path` may overrule any of them. Raises ConfigError naming the file and every wrong key."""
    values = read_toml(DEFAULT)
    if path is not None:
        for key, given in read_toml(path).items():
            table = given if isinstance(given, dict) else {"nilai": given}
            values[key] = {**values.get(key, {}), **table}
    try:
        return GateParameters.model_validate(values)
    except ValidationError as error:
        wrong = sorted({describe(one, GateParameters.model_fields) for one in error.errors()})
        raise ConfigError(
            _("Wrong parameters: {wrong}").format(wrong="; ".join(wrong)),
            place=Place(file=str(path or DEFAULT)),
            hint=_("Known keys are those of rules/gate/parameters.toml."),
        ) from error
