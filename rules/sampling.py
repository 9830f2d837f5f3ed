"""A stratified random sample of findings for checks in the field, and what its answers say of all findings.

Strata are rule and band of probability: what a rule finds for certain is another matter than what it suspects. The
rate of a stratum has a Wilson interval; the whole is the weighted mean, its limits combined from those of the strata
(square-and-add: Zou and Donner, Statistics in Medicine 27, 2008), which also holds where all answers are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

CERTAIN: Final = 0.99
LIKELY: Final = 0.90
Z95: Final = 1.959963984540054  # two-sided 95 % of the normal distribution
BANDS: Final = ("pasti", "padan", "tinjau")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rate of true findings with its 95 % interval. `populasi` findings, `dijawab` of them checked, `benar` true."""

    populasi: int
    dijawab: int
    benar: int
    laju: float
    bawah: float
    atas: float


def with_strata(findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` with `pita` (pasti, padan, tinjau by peluang); a stratum is (kode, pita)."""
    band = (
        pl.when(pl.col("peluang") >= CERTAIN)
        .then(pl.lit(BANDS[0]))
        .when(pl.col("peluang") >= LIKELY)
        .then(pl.lit(BANDS[1]))
        .otherwise(pl.lit(BANDS[2]))
    )
    return findings.with_columns(pita=band)


def allocate(sizes: Sequence[int], n: int) -> list[int]:
    """How many of `n` to draw from strata of these sizes: in proportion, at least two of each while `n` allows it.

    Two is the least that shows any spread. Never more than a stratum holds; the sum is min(n, all).
    """
    total = sum(sizes)
    n = min(n, total)
    if n == 0:
        return [0] * len(sizes)
    share = [n * size / total for size in sizes]
    floor = 2 if n >= 2 * len(sizes) else 0
    given = [min(size, max(floor, math.floor(part))) for size, part in zip(sizes, share, strict=True)]
    # The rest goes by largest remainder; where the floor took too much, the largest strata give back.
    order = sorted(range(len(sizes)), key=lambda i: (given[i] - share[i], -sizes[i], i))
    while sum(given) < n:
        for i in order:
            if sum(given) < n and given[i] < sizes[i]:
                given[i] += 1
    while sum(given) > n:
        spare = [k for k in range(len(sizes)) if given[k] > min(floor, sizes[k])]
        given[max(spare, key=lambda k: (given[k] - share[k], given[k], -k))] -= 1
    return given


def draw(findings: pl.DataFrame, n: int, seed: int) -> pl.DataFrame:
    """`n` of `findings` (temuan_id, kode, peluang ...), stratified, in random order; the same seed draws the same.

    Adds `pita`, `lapis_jumlah` (findings of the stratum) and `lapis_sampel` (drawn from it).
    """
    known = with_strata(findings).sort("kode", "pita", "temuan_id")
    strata = known.group_by("kode", "pita", maintain_order=True).agg(lapis_jumlah=pl.len())
    sizes = strata["lapis_jumlah"].to_list()
    many = allocate(sizes, n)
    rng = np.random.default_rng(seed)
    picked: list[int] = []
    start = 0
    for size, take in zip(sizes, many, strict=True):
        picked += (start + rng.permutation(size)[:take]).tolist()
        start += size
    order = rng.permutation(len(picked))
    strata = strata.with_columns(lapis_sampel=pl.Series(many, dtype=pl.UInt32))
    chosen = known[[picked[i] for i in order]]
    return chosen.join(strata, on=["kode", "pita"], how="left", maintain_order="left")


def wilson(true: int, n: int, population: int | None = None) -> tuple[float, float]:
    """The Wilson 95 % interval of a rate of `true` in `n`; of a finite population it shrinks as the sample grows."""
    if n == 0:
        return 0.0, 1.0
    rate = true / n
    z2 = Z95 * Z95
    if population is not None and population > 1:
        z2 *= (population - n) / (population - 1)
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def estimate(answers: pl.DataFrame) -> Estimate:
    """The rate over strata: `answers` has one row per stratum with populasi, dijawab, benar.

    Strata without an answer count nothing: the rate speaks of the others only. Raises ValueError when none has one.
    """
    told = answers.filter(pl.col("dijawab") > 0)
    if told.is_empty():
        raise ValueError("no answers")
    total = int(told["populasi"].sum())
    rate, low, high = 0.0, 0.0, 0.0
    for size, n, true in told.select("populasi", "dijawab", "benar").iter_rows():  # strata, not rows
        weight, own = size / total, true / n
        lower, upper = wilson(true, n, size)
        rate += weight * own
        low += (weight * (own - lower)) ** 2
        high += (weight * (upper - own)) ** 2
    return Estimate(
        total, int(told["dijawab"].sum()), int(told["benar"].sum()), rate,
        max(0.0, rate - math.sqrt(low)), min(1.0, rate + math.sqrt(high)),
    )  # fmt: skip
