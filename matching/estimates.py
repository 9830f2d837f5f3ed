"""How many wrong merges and missed matches a run holds, estimated without labels, as ranges.

A merge rests on the strongest links that hold an entity together (its spanning tree). If such a link is wrong, all
pairs across it are; that happens with 1 - p. What was not merged is missed with p. What no pass reached is estimated
apart, from how the passes overlap. Ranges are 95 %: chance (few wrong merges, each of several pairs, scatter a lot) and
what the model itself may be off by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from blocking.pairs import Index
from matching.closure import closure
from matching.kernels.forest import count_below, take_edges

F64 = npt.NDArray[np.float64]

# Relative error of the estimates: how far truth and estimate were apart on synthetic kabupaten beyond chance.
MODEL_CV: Final = 0.25
WRONG_CV: Final = 0.45  # of wrong merges: in one kabupaten of a million people the estimate was 2.6 times the truth
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# What the calibration leaves at the very top, where a probability cannot be told from 1 (docs/adr/0013): wrong links
# were 1.5 times as many as their probabilities say, and 5 in 100,000 even where they say none.
BEYOND: Final = (1.5, 5e-5)
# The same of pairs judged one by one: what a tree keeps of them is the strongest, so it is surer than they are.
PAIRS_BEYOND: Final = (1.0, 8e-5)
CLUMP: Final = 3.0  # pairs that go wrong together, where no tree says which: of missed ones,
CLUMP_TAKEN: Final = 1.5  # of those taken,
CLUMP_SURE: Final = 6.0  # and of those taken from SURE up: two people so alike are taken for one in every list
SURE: Final = 0.95
# Variance of the wrong merges over that of chance: twins and namesakes come in families and names, not one by one.
TOGETHER: Final = 2.25


@dataclass(frozen=True, slots=True)
class Range:
    """An expected count with its 95 % range."""

    harapan: float
    bawah: float
    atas: float

    def per(self, whole: float) -> Range:
        """The same as a share of `whole`."""
        whole = max(whole, 1.0)
        return Range(self.harapan / whole, self.bawah / whole, min(self.atas / whole, 1.0))

    def to_dict(self) -> dict[str, float]:
        """Plain values."""
        return {"harapan": self.harapan, "bawah": self.bawah, "atas": self.atas}


def spread(mean: float, variance: float, model: float = MODEL_CV) -> Range:
    """The 95 % range of a positive count with this mean and variance of chance, the `model`'s relative error added.

    A gamma distribution: where few wrong merges are expected there may be next to none, but not many times as many.
    """
    if mean <= 0:
        return Range(0.0, 0.0, 0.0)
    shape = 1 / (variance / mean**2 + model**2)
    low, high = (float(gammaincinv(shape, share)) * mean / shape for share in (0.025, 0.975))
    return Range(mean, low, high)


def spanning_forest(n: int, a: Index, b: Index, probability: F64) -> npt.NDArray[np.int64]:
    """Which links are the strongest spanning forest, from the strongest down; of equals the first by its rows."""
    by_rows = np.argsort(a.astype(np.uint64) << np.uint64(32) | b)
    order = by_rows[np.argsort(-probability[by_rows], kind="stable")]
    taken = np.empty(min(n, len(a)), dtype=np.int64)
    return taken[: take_edges(order, a, b, np.arange(n, dtype=np.int64), taken)]


def cut_sizes(n: int, a: Index, b: Index, probability: F64) -> tuple[F64, F64]:
    """Of the strongest spanning forest of the links: (probability per edge, pairs across the edge within its tree)."""
    forest = spanning_forest(n, a, b, probability)
    left, right = a[forest], b[forest]
    degree = np.bincount(left, minlength=n) + np.bincount(right, minlength=n)
    edges, every = np.zeros(n, dtype=np.int64), np.arange(len(forest))
    np.bitwise_xor.at(edges, left, every)
    np.bitwise_xor.at(edges, right, every)
    below = np.empty(len(forest), dtype=np.int64)
    count_below(left, right, degree, edges, np.ones(n, dtype=np.int64), below)
    tree = closure(n, left, right)
    whole = np.bincount(tree, minlength=n)[tree[left]]
    return probability[forest], (below * (whole - below)).astype(np.float64)


def _wrong(probability: F64, beyond: tuple[float, float] = BEYOND) -> F64:
    """The chance that an accepted link is wrong."""
    factor, floor = beyond
    return np.asarray(np.minimum(factor * (1 - probability) + floor, 1.0), dtype=np.float64)


def estimate(
    n: int,
    label: Index,
    pairs: tuple[Index, Index],
    probability: F64,
    reason: npt.NDArray[np.bool_],
    unreached: float | None,
) -> dict[str, Any]:
    """The error estimates of a run for run.json.

    `pairs` are all candidate pairs with their `probability` (calibrated) and whether a constraint moved them; `label`
    the entity of each of the n records; `unreached` the matches that no pass reached (None: unknown).
    """
    a, b = pairs
    joined = label[a] == label[b]
    held = joined & (probability >= 0.5) & ~reason
    p, across = cut_sizes(n, a[held], b[held], probability[held])
    size = np.bincount(label).astype(np.float64)
    found = float((size * (size - 1) / 2).sum())
    wrong = _wrong(p)
    chance = TOGETHER * wrong * (1 - wrong)
    false = spread(float((wrong * across).sum()), float((chance * across**2).sum()), WRONG_CV)
    merges = spread(float(wrong.sum()), float(chance.sum()), WRONG_CV)
    open_ = probability[~joined]
    blocked = unreached or 0.0
    missed = spread(float(open_.sum()) + blocked, CLUMP * (float((open_ * (1 - open_)).sum()) + blocked))
    likely = probability >= THRESHOLDS[0]
    likely_p, likely_reason = probability[likely], reason[likely]
    whole = (float(probability.sum()), float((probability * (1 - probability)).sum()))
    true = max(found - false.harapan + missed.harapan, 1.0)
    return {
        "pasangan_digabung": found,
        "pasangan_salah_gabung": false.to_dict(),
        "penggabungan_salah": merges.to_dict(),
        "laju_salah_gabung": false.per(found).to_dict(),
        "pasangan_terlewat": missed.to_dict(),
        "laju_terlewat": missed.per(true).to_dict(),
        "terlewat_penyaringan": unreached,
        "ambang": [_at(cut, likely_p, likely_reason, whole, blocked) for cut in THRESHOLDS],
    }


def _at(
    cut: float, likely: F64, reason: npt.NDArray[np.bool_], whole: tuple[float, float], blocked: float
) -> dict[str, Any]:
    """Rates of the pair decisions if `cut` were the threshold, before entities are formed.

    `likely` are the probabilities from the lowest threshold up; `whole` the sums of p and p (1 - p) over all pairs.
    """
    taken = likely[(likely >= cut) & ~reason]
    wrong = _wrong(taken, PAIRS_BEYOND)
    clump = np.where(taken >= SURE, CLUMP_SURE, CLUMP_TAKEN)
    false = spread(float(wrong.sum()), float((clump * wrong * (1 - wrong)).sum()), WRONG_CV)
    left, chance = whole[0] - float(taken.sum()), whole[1] - float((taken * (1 - taken)).sum())
    missed = spread(left + blocked, CLUMP * (chance + blocked))
    return {
        "ambang": cut,
        "pasangan": len(taken),
        "laju_salah_gabung": false.per(float(len(taken))).to_dict(),
        "laju_terlewat": missed.per(whole[0] + blocked).to_dict(),
    }
