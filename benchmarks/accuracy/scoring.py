"""The one evaluator for all engines: clusters, pairs, best thresholds, calibration.

An engine gives scored pairs of rows and, where it forms entities of its own, their labels. `truth` holds the person of
every row as an integer, -1 where it is unknown; such rows count nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.evaluate import clusters, f1

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
BINS = 10
SURE = (0.02, 0.98)  # between these a probability says "unsure"; calibration is judged there
GRID = 30
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs of row numbers (a < b), each once, with weight (log2 odds) and probability of being one person."""

    a: I64
    b: I64
    weight: F64
    probability: F64

    def above(self, weight: float) -> Scored:
        """The pairs at or above `weight`."""
        keep = self.weight >= weight
        return Scored(self.a[keep], self.b[keep], self.weight[keep], self.probability[keep])


def log_odds(probability: float) -> float:
    """Weight in log2 odds of a probability in (0, 1)."""
    return float(np.log2(probability / (1 - probability)))


def closure(n: int, scored: Scored, weight: float) -> I64:
    """Component label of each of `n` rows when all pairs at or above `weight` are joined."""
    kept = scored.above(weight)
    graph = coo_array((np.ones(len(kept.a), dtype=np.int8), (kept.a, kept.b)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def entity_figures(truth: I64, label: I64) -> dict[str, float]:
    """Pairwise and B-cubed precision, recall, F1 and the share of true persons found exactly (docs/truth.md)."""
    known = truth != UNKNOWN
    return clusters(pl.DataFrame({"truth": truth[known], "found": label[known]}))


def true_pairs(truth: I64) -> int:
    """Number of pairs of rows of one person."""
    count = np.unique(truth[truth != UNKNOWN], return_counts=True)[1].astype(np.int64)
    return int((count * (count - 1) // 2).sum())


def _judged(truth: I64, scored: Scored) -> tuple[Scored, npt.NDArray[np.bool_]]:
    """The pairs whose truth is known, and which of them are right."""
    known = (truth[scored.a] != UNKNOWN) & (truth[scored.b] != UNKNOWN)
    kept = Scored(scored.a[known], scored.b[known], scored.weight[known], scored.probability[known])
    return kept, truth[kept.a] == truth[kept.b]


def pair_figures(truth: I64, scored: Scored, weight: float) -> dict[str, float]:
    """Precision, recall and F1 of the pairs at or above `weight`, without closure."""
    kept, right = _judged(truth, scored.above(weight))
    hit = int(right.sum())
    precision = hit / len(kept.a) if len(kept.a) else 1.0
    recall = hit / max(true_pairs(truth), 1)
    return {"presisi": precision, "perolehan": recall, "f1": f1(precision, recall)}


def best_pair_weight(truth: I64, scored: Scored) -> float:
    """The weight at which the F1 of pairs is highest; exact, over all distinct weights. Infinite without pairs."""
    kept, right = _judged(truth, scored)
    if not len(kept.a):
        return float("inf")
    order = np.argsort(-kept.weight, kind="stable")
    weight, hit = kept.weight[order], np.cumsum(right[order])
    last = np.append(weight[1:] != weight[:-1], True)  # a threshold takes all pairs of one weight or none
    found = np.arange(1, len(weight) + 1)
    score = 2 * hit / (found + true_pairs(truth))
    return float(weight[last][np.argmax(score[last])])


def best_entities(
    label_at: Callable[[float], I64], truth: I64, weights: F64, *, rounds: int = 2
) -> tuple[float, dict[str, float]]:
    """The weight, among `weights` and finer ones around the best, at which the pairwise F1 of entities is highest.

    `label_at` gives the entities at a weight. Each further round lays a grid of a fourth of the step around the
    best weight so far. Returns that weight and its figures.
    """
    tried: dict[float, dict[str, float]] = {}
    grid = np.unique(weights)
    best = float(grid[0])
    for _round in range(rounds):
        for weight in grid.tolist():
            tried.setdefault(weight, entity_figures(truth, label_at(weight)))
        best = max(tried, key=lambda w: (tried[w]["f1"], w))
        ordered = np.array(sorted(tried))
        at = int(np.searchsorted(ordered, best))
        grid = np.linspace(ordered[max(at - 1, 0)], ordered[min(at + 1, len(ordered) - 1)], 9)
    return best, tried[best]


def weight_grid(scored: Scored) -> F64:
    """Weights to try: evenly over the range in which pairs begin to be more likely than not."""
    if not len(scored.weight):
        return np.zeros(1)
    top = float(np.quantile(scored.weight, 0.999))
    return np.linspace(-4.0, max(top, 8.0), GRID)


def calibration_error(truth: I64, scored: Scored) -> tuple[float, int]:
    """Expected calibration error over the unsure pairs in ten bins of equal count, and the number of those pairs.

    The error is the mean over bins, weighted by size, of |mean probability - share of true pairs| (Naeini, Cooper,
    Hauskrecht 2015, there with bins of equal width). 0 when there is no unsure pair.
    """
    kept, right = _judged(truth, scored)
    unsure = (kept.probability > SURE[0]) & (kept.probability < SURE[1])
    p, y = kept.probability[unsure], right[unsure]
    if not len(p):
        return 0.0, 0
    order = np.lexsort((kept.b[unsure], kept.a[unsure], p))
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    gap = sum(len(part) * abs(float(p[part].mean()) - float(y[part].mean())) for part in bins)
    return gap / len(p), len(p)


def judge(
    truth: I64,
    scored: Scored,
    threshold: float,
    *,
    label: I64 | None = None,
    label_at: Callable[[float], I64] | None = None,
    weights: F64 | None = None,
    rounds: int = 2,
    decided: Scored | None = None,
    blocking_recall: float | None = None,
) -> dict[str, Any]:
    """All figures of one engine on one data set, at its default `threshold` (a probability) and at its best.

    `label` are the entities of the engine at the default threshold and `label_at` gives those at another weight; an
    engine without entities of its own is judged on the closure of its pairs. `decided` are the pairs it may call a
    match, where rules hold others back whatever their weight. `scored` must hold every candidate pair unless the
    blocking recall is given.
    """
    cut = log_odds(threshold)
    at = label_at or (lambda weight: closure(len(truth), scored, weight))
    weight, entities = best_entities(at, truth, weight_grid(scored) if weights is None else weights, rounds=rounds)
    error, unsure = calibration_error(truth, scored)
    own = scored if decided is None else decided
    pair_weight = best_pair_weight(truth, own)
    if blocking_recall is None:
        blocking_recall = int(_judged(truth, scored)[1].sum()) / max(true_pairs(truth), 1)
    return {
        "ambang": threshold,
        "entitas": entity_figures(truth, label if label is not None else at(cut)),
        "entitas_terbaik": {"bobot": weight, **entities},
        "pasangan": pair_figures(truth, own, cut),
        "pasangan_terbaik": {"bobot": pair_weight, **pair_figures(truth, own, pair_weight)},
        "perolehan_penyaringan": blocking_recall,
        "galat_kalibrasi": error,
        "pasangan_ragu": unsure,
    }
