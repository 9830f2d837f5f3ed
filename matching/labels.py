"""Labels: which pairs to ask a person about, and what the answers say.

A label is keyed on the content of its two rows, so it holds when rows move, files are renamed or the run is repeated.
Pairs are drawn with known chances: half of them spread over the whole score, so that the answers can calibrate it, and
half where the model is least sure, so that they teach most.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

F64 = npt.NDArray[np.float64]

SAME, DIFFERENT, UNSURE = "sama", "beda", "ragu"
# kiri <= kanan: content keys of the rows. peluang: what the model said when the pair was drawn; pangsa: the chance with
# which it was drawn. Neither is shown to the person who answers.
SCHEMA: Final = pl.Schema(
    {
        "kiri": pl.String(),
        "kanan": pl.String(),
        "jawaban": pl.String(),
        "oleh": pl.String(),
        "waktu": pl.Datetime("us", "UTC"),
        "peluang": pl.Float64(),
        "pangsa": pl.Float64(),
    }
)
STRATA: Final = 10  # parts of the score, each asked equally often
_SLEEP: Final = 0.02  # informativeness of a pair about which the model is certain


def logit(p: F64) -> F64:
    """Natural log odds, bounded to what a float can tell from certainty."""
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def chances(probability: F64, wanted: int) -> F64:
    """Chance of each pair to be drawn, summing to `wanted` (or to all pairs where there are fewer)."""
    n = len(probability)
    if n <= wanted:
        return np.ones(n)
    score = np.clip(logit(probability), -12, 12)
    stratum = np.floor((score - score.min()) / max(float(np.ptp(score)), 1e-9) * (STRATA - 1e-9)).astype(np.int64)
    size = np.bincount(stratum, minlength=STRATA)
    spread = 1 / (size[stratum] * (size > 0).sum())
    unsure = probability * (1 - probability) + _SLEEP / n
    measure = 0.5 * spread + 0.5 * unsure / unsure.sum()
    # No chance above one: what is certain to be drawn leaves the rest of the draws to the others.
    chance = np.minimum(measure * wanted, 1.0)
    for _round in range(20):
        free = chance < 1
        left = wanted - (~free).sum()
        if not free.any() or left <= 0 or np.isclose(chance.sum(), wanted):
            break
        chance[free] = np.minimum(measure[free] * left / measure[free].sum(), 1.0)
    return np.asarray(chance, dtype=np.float64)


def draw(pairs: pl.DataFrame, wanted: int, seed: int) -> pl.DataFrame:
    """About `wanted` rows of `pairs` (kiri, kanan, peluang) with `pangsa`, in an order that tells nothing of the score.

    The same pairs and seed give the same draw, whatever the order of `pairs`.
    """
    ordered = pairs.sort("kiri", "kanan").unique(["kiri", "kanan"], keep="first", maintain_order=True)
    rng = np.random.default_rng(seed)
    # Systematic sampling over a shuffled list: exact chances, and never more than one pair off the wanted number.
    ordered = ordered[rng.permutation(ordered.height).tolist()] if ordered.height else ordered
    chance = chances(ordered["peluang"].to_numpy(), wanted)
    reach = np.cumsum(chance)
    chosen = np.floor(reach - 1e-9 + (start := rng.random())) > np.floor(reach - chance - 1e-9 + start)
    return ordered.with_columns(pl.Series("pangsa", chance)).filter(pl.Series(chosen))


def settled(answers: pl.DataFrame) -> pl.DataFrame:
    """One row per pair on which the answers agree by majority: kiri, kanan, sama (Boolean), peluang, pangsa.

    Of one person the last answer counts; unsure answers and even splits say nothing.
    """
    last = answers.sort("waktu", "oleh").unique(["kiri", "kanan", "oleh"], keep="last", maintain_order=True)
    told = last.filter(pl.col("jawaban") != UNSURE)
    vote = pl.when(pl.col("jawaban") == SAME).then(1).otherwise(-1).sum()
    return (
        told.group_by("kiri", "kanan")
        .agg(vote.alias("suara"), pl.col("peluang").last(), pl.col("pangsa").last())
        .filter(pl.col("suara") != 0)
        .select("kiri", "kanan", (pl.col("suara") > 0).alias("sama"), "peluang", "pangsa")
        .sort("kiri", "kanan")
    )


def empty() -> pl.DataFrame:
    """No labels yet."""
    return pl.DataFrame(schema=SCHEMA)
