"""Parameters of the rules: read from TOML, checked, with source and mark."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rules.errors import ConfigError, Place
from rules.i18n import _

_DEFAULT = Path(__file__).parent.parent / "parameters.toml"
T = TypeVar("T", int, float, date)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Strict, Generic[T]):
    """One number with what it rests on. `tanda` as in Rule.tanda."""

    nilai: T
    tanda: Literal["S", "F", "P", "A"]
    sumber: str


class Parameters(_Strict):
    """The thresholds of the rules; every key of parameters.toml."""

    peluang_pasti: Value[float]
    peluang_tinjau_min: Value[float]
    bagian_satu_baris: Value[float]
    kemiripan_nama_min: Value[float]
    nama_sama_min: Value[float]
    kata_sama_min: Value[float]
    selisih_anak_min_tahun: Value[int]
    umur_maks_tahun: Value[int]
    tanggal_terakhir: Value[date]
    dewasa_tahun: Value[int]
    balita_maks_tahun: Value[int]
    sufiks_maks: Value[int]
    basi_bulan: Value[int]
    basi_berat_bulan: Value[int]
    p3ke_jarak_maks_hari: Value[int]
    anggota_wajar_maks: Value[int]
    kk_salah_ketik_maks: Value[int]
    selisih_ayah_min_tahun: Value[int]
    ibu_maks_tahun: Value[int]
    kawin_min_lama_tahun: Value[int]
    kawin_min_tahun: Value[int]
    kawin_min_sejak: Value[date]
    hamil_umur_min_tahun: Value[int]
    hamil_umur_maks_tahun: Value[int]
    ahli_waris_hari: Value[int]
    desil_selisih_min: Value[int]
    stagnan_sebelum: Value[date]
    slta_umur_min_tahun: Value[int]
    status_usang_bulan: Value[int]
    kk_baru_tahun: Value[int]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            _("The parameter file cannot be read: {error}").format(error=error), place=Place(file=str(path))
        ) from error


def load_parameters(path: Path | None = None) -> Parameters:
    """The default parameters; `path` may overrule any of them, whole or by `nilai` alone.

    Raises ConfigError naming the file and every wrong key at once.
    """
    values = _read(_DEFAULT)
    if path is not None:
        for key, given in _read(path).items():
            table = given if isinstance(given, dict) else {"nilai": given}
            values[key] = {**values.get(key, {}), **table}
    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(
            _("Wrong parameters: {wrong}").format(wrong=wrong),
            place=Place(file=str(path or _DEFAULT)),
            hint=_("Known keys are those of rules/parameters.toml."),
        ) from error
