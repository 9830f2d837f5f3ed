"""One block of synthetic people in families, all columns made at once: the truth that the lists are drawn from.

A block stands for a quarter of a million people of neighbouring desa. Nothing here describes a real person: the
kecamatan part of every NIK and KK is 90-99, which no kecamatan has (fixtures/README.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from fixtures.demography import DATA, YEAR
from fixtures.errors import Rng
from fixtures.names import Kin, draw_ethnic, ethnic_mix, make_names
from rules.wilayah import TABLE as WILAYAH

Ints = npt.NDArray[np.int64]
BLOCK = 250_000  # people
PROVINCE = "32"
PER_DESA = 4_000  # people
L, P = 0, 1
TODAY = (date(2025, 6, 30) - date(1970, 1, 1)).days
TWINS = 0.0135  # of the births after the first
COUPLE = {1: 0.0, 2: 0.7}  # share of families of that size that a couple heads; else of one parent
COUPLE_WITH_CHILDREN = 0.88
# Serials of one day and kecamatan part begin at different numbers in blocks that share a kabupaten.
_SERIALS = 60
_SHARING = 20


@dataclass(frozen=True, slots=True)
class Block:
    """People by position. `family` numbers the families from 0; `desa` holds the 10-digit codes of the block."""

    first: int  # number of the first person in the whole population
    nik: pl.Series
    nama: pl.Series
    nama_ibu: pl.Series
    lahir: pl.Series  # dates
    jk: Ints
    family: Ints
    family_kk: pl.Series  # of every family
    family_desa: Ints  # of every family, position in `desa`
    desa: pl.Series
    number: int  # of the block


@cache
def _all_desa() -> pl.Series:
    table = pl.read_parquet(WILAYAH).filter((pl.col("tingkat") == 4) & (pl.col("status") == "berlaku"))
    return table.filter(pl.col("kode").str.starts_with(PROVINCE))["kode"].sort()


@cache
def _family_sizes() -> npt.NDArray[np.float64]:
    """Shares of families of 1, 2 ... 8 people."""
    table = pl.read_csv(DATA / "ukuran_keluarga.csv").filter(pl.col("jenis") == "kk_umum")
    share = table["pangsa"].to_numpy()
    return np.asarray(share / share.sum())


def make_block(rng: Rng, number: int, n: int) -> Block:
    """Block `number` with `n` people (at most BLOCK)."""
    family, place, size = _families(rng, n)
    count = len(size)
    couple = rng.random(count) < np.where(size >= 3, COUPLE_WITH_CHILDREN, np.where(size == 2, COUPLE[2], COUPLE[1]))
    parents = np.where(couple, 2, 1)
    children = size - parents
    is_child = place >= parents[family]
    start = np.flatnonzero(place == 0)
    mother_at = start + couple  # whoever heads a family alone with children is the mother
    jk = rng.integers(0, 2, n)
    jk[start[couple]] = L
    jk[mother_at[couple | (children > 0)]] = P
    lahir, twin = _births(rng, family, place, parents, children, is_child, start, couple)

    suku, fam = draw_ethnic(rng, count, ethnic_mix(PROVINCE))
    ibu = np.where(is_child, mother_at[family], -1)
    ayah = np.where(is_child & couple[family], start[family], -1)
    own_name = np.where(is_child | (place == 0), fam[family], -1)  # a wife keeps the name of another family: none here
    nama = make_names(rng, Kin(jk, lahir, suku[family], own_name, ibu, ayah, twin))
    adult = np.flatnonzero(~is_child)
    grandmothers = make_names(rng, Kin.unrelated(P, lahir[adult] - int(26 * YEAR), suku[family[adult]]))
    nama_ibu = nama.gather(np.where(is_child, ibu, 0)).scatter(adult, grandmothers)

    wide = -(-n // PER_DESA)
    codes = _all_desa()
    first = number * -(-BLOCK // PER_DESA)
    desa = codes.gather((first + np.arange(wide)) % len(codes))
    family_desa = rng.integers(0, wide, count)
    nik = _number(desa, family_desa[family], lahir, np.where(jk == P, 40, 0), number)
    issued = TODAY - rng.integers(30, 18 * 365, count)
    family_kk = _number(desa, family_desa, issued, np.zeros(count, dtype=np.int64), number)
    return Block(
        number * BLOCK, nik, nama, nama_ibu, _dates(lahir), jk, family, family_kk, family_desa, desa, number
    )  # fmt: skip


def _families(rng: Rng, n: int) -> tuple[Ints, Ints, Ints]:
    """Family and place in it (from 0) of each of `n` people, and the size of each family."""
    share = _family_sizes()
    drawn = 1 + rng.choice(len(share), n, p=share)
    ends = np.cumsum(drawn)
    count = int(np.searchsorted(ends, n)) + 1
    size = drawn[:count].astype(np.int64)
    size[-1] -= ends[count - 1] - n
    family = np.repeat(np.arange(count), size)
    place = np.arange(n) - np.repeat(np.cumsum(size) - size, size)
    return family, place, size


def _births(
    rng: Rng, family: Ints, place: Ints, parents: Ints, children: Ints, is_child: npt.NDArray[np.bool_],
    start: Ints, couple: npt.NDArray[np.bool_],
) -> tuple[Ints, Ints]:  # fmt: skip
    """Birth days (since 1970) and number of the pair of twins, -1 for others."""
    n, count = len(family), len(parents)
    lone = rng.uniform(20, 82, count)
    raising = 21 + 2 * children + rng.gamma(2.2, 6.5, count)  # young mothers have few children
    age = np.where(children > 0, np.where(raising < 68, raising, rng.uniform(45, 68, count)), lone)
    mother = TODAY - (age * YEAR).astype(np.int64)
    lahir = mother[family]
    husband = start[couple]
    lahir[husband] -= (rng.normal(3.5, 4.0, len(husband)) * YEAR).astype(np.int64)
    lahir[husband] = np.minimum(lahir[husband], TODAY - int(17 * YEAR))
    # Births are spread over the years in which the mother was 18 to 42.
    span = np.minimum(age, 42.0) - 18.0
    order = place - parents[family]
    share = (order + rng.uniform(0.05, 0.75, n)) / np.maximum(children[family], 1)
    born = mother[family] + ((18.0 + span[family] * share) * YEAR).astype(np.int64)
    lahir = np.where(is_child, np.minimum(born, TODAY - 1), lahir)
    second = np.flatnonzero(is_child & (order > 0) & (rng.random(n) < TWINS))
    second = second[np.diff(second, prepend=-2) > 1]  # no triplets
    lahir[second] = lahir[second - 1]
    twin = np.full(n, -1)
    twin[second] = twin[second - 1] = np.arange(len(second))
    return lahir, twin


def _dates(days: Ints) -> pl.Series:
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _number(desa: pl.Series, at: Ints, days: Ints, add_to_day: Ints, block: int) -> pl.Series:
    """NIK or KK: kabupaten, kecamatan part 90-99, DDMMYY, serial; no number twice in all blocks."""
    kabupaten = desa.str.head(4).cast(pl.Int64).to_numpy()[at]
    frame = pl.DataFrame({"region": kabupaten * 100 + 90 + at % 10, "d": _dates(days), "add": add_to_day})
    d = pl.col("d").dt
    written = (d.day().cast(pl.Int64) + pl.col("add")) * 10_000 + d.month().cast(pl.Int64) * 100 + d.year() % 100
    key = frame.select(pl.col("region") * 1_000_000 + written).to_series()
    order = np.argsort(key.to_numpy(), kind="stable")
    ordered = key.to_numpy()[order]
    fresh = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(fresh, np.diff(np.r_[fresh, len(order)]))
    if rank.max() >= _SERIALS:
        raise AssertionError("too many people of one day and kecamatan part: numbers would not be unique")
    serial = 1 + rank + (block % _SHARING) * _SERIALS
    return (key * 10_000 + pl.Series(serial)).cast(pl.String)
