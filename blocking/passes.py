"""The passes: each is an integer key; records that share it are candidates.

A pass says which comparison it fixes or narrows (`fixed`, `narrowed`): by its own key, and by the keys of the passes
before it, which took the pairs that agree there. Evidence that the pass already settled must not be counted again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from blocking.mix import U64, combine

if TYPE_CHECKING:
    from blocking.encode import I64, Encoded


# A name that more people of one place bear says too little where neither date, card nor NIK agree: at a million people
# the larger blocks of the last pass hold 12.7 million pairs, 286 of them true.
COMMON: Final = 12


@dataclass(frozen=True, slots=True)
class Pass:
    """`key` maps the encoded records to one key per record, 0 where the pass has none for it."""

    nama: str
    key: Callable[[Encoded], U64]
    fixed: tuple[str, ...] = ()  # comparisons whose level the key fixes
    narrowed: tuple[str, ...] = ()  # "comparison:case" of which only some levels can occur (matching.levels.NARROWED)
    whole: int | None = None  # the largest block whose pairs are all built; larger ones are split as if above the limit


def nik_date(e: Encoded) -> I64:
    """The birth date in the NIK as yymmdd with the sex in it (DDMMYY part, day + 40 for women); 0 without NIK."""
    return np.asarray((e.nik // 10_000) % 1_000_000, dtype=np.int64)


def _year(e: Encoded) -> I64:
    return np.asarray(e.lahir // 10_000, dtype=np.int64)


def _kec(e: Encoded) -> I64:
    return np.asarray(np.where(e.desa >= 10**9, e.desa // 10_000, 0), dtype=np.int64)


def _full_date(e: Encoded) -> I64:
    return np.asarray(np.where(e.lahir_lengkap, e.lahir, 0), dtype=np.int64)


def _desa(e: Encoded) -> I64:
    return np.asarray(np.where(e.desa >= 10**9, e.desa, 0), dtype=np.int64)


def standard() -> list[Pass]:
    """The passes for family registers, most certain first.

    Chosen so that a person whose NIK is missing or wrong is still reached through family, birth date or place, with any
    one further field wrong.
    """
    # From the second pass on no NIK is equal; after the card passes no pair with the same leading name (or the same
    # date) has the same card; after the date passes none with the same leading name has the same date.
    nik, name, card = "nik:tidak_sama", "nama:depan_sama", "keluarga:kartu_lain"
    date, year = "lahir:tidak_tepat", "lahir:tahun_sama"
    desa, other = "keluarga:desa_sama", "nik:tanggal_lain"
    return [
        Pass("nik", lambda e: combine(1, e.nik), ("nik",)),
        Pass("kk+nama", lambda e: combine(2, e.kk, e.rangka), (), (nik, name, "keluarga:kartu_sama")),
        Pass(
            "kk+lahir",
            lambda e: combine(3, e.kk, _full_date(e)),
            ("lahir",),
            (nik, "nama:depan_beda", "keluarga:kartu_sama"),
        ),
        Pass("lahir+nama", lambda e: combine(4, _full_date(e), e.rangka), ("lahir",), (nik, name, card)),
        Pass(
            "lahir+desa",
            lambda e: combine(5, _full_date(e), _desa(e), e.kelamin),
            ("lahir", "kelamin"),
            (nik, "nama:depan_beda", card, desa),
        ),
        Pass(
            "tanggal NIK+nama",
            lambda e: combine(6, nik_date(e), e.rangka),
            (),
            ("nik:tanggal_sama", name, card, date),
        ),
        Pass(
            "nama+tahun+desa",
            lambda e: combine(7, e.rangka, _year(e), _desa(e)),
            (),
            (other, name, card, desa, year),
        ),
        Pass("nama+ibu", lambda e: combine(8, e.rangka, e.ibu), ("ibu",), (other, name, card, date), COMMON),
        Pass(
            "nama+kepala+desa",
            lambda e: combine(9, e.rangka, e.kepala, _desa(e)),
            (),
            (other, name, card, desa, "lahir:tahun_lain"),
        ),
        Pass(
            "nama lengkap+kecamatan",
            lambda e: combine(10, e.nama, _kec(e), e.kelamin),
            ("kelamin",),
            (other, "nama:sama", card, date),
            COMMON,
        ),
    ]


def finer(e: Encoded) -> U64:
    """The key that splits an oversized block: sex, birth year and sub-district. Missing parts count as a value."""
    return combine(13, e.kelamin.astype(np.int64) + 1, _year(e) + 1, _kec(e) + 1)
