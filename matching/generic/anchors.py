"""Anchor pairs of a generic linkage: what keeps the classes of the model to their names.

* unrelated: random pairs, each counted by the chance that it is no match (in a small list matches are not rare);
* similar: candidate pairs, counted the same way;
* match: each comparison over the candidate pairs that the others confirm without it, found by a pass without
  it; where there are none, the stated prior. The class may move from its anchor a little, so that the data decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from blocking.mix import U64
from blocking.pairs import Index
from blocking.tally import distinct
from matching.fit import level_counts
from matching.generic.pairing import Comparer
from matching.generic.prepare import Prepared
from matching.generic.spec import LinkageSpec
from matching.kernels.candidates import draw
from matching.model import MATCH, Model
from matching.specification import Comparison, LatentClass, Levels
from matching.terms import F64

SAME, SIMILAR, OTHER = "same", "similar", "unrelated"
CONFIRMED = 10.0  # log2 odds from which the other comparisons confirm a pair


def classes(spec: LinkageSpec) -> tuple[LatentClass, ...]:
    """The latent classes of a specification; the match class first, the held one last."""
    between = [LatentClass(name, spec.model.similar_strength) for name in similar_names(spec)]
    return (LatentClass(SAME, spec.model.match_strength), *between, LatentClass(OTHER))


def similar_names(spec: LinkageSpec) -> list[str]:
    """Names of the classes between."""
    return [f"{SIMILAR} {k + 1}" if spec.model.similar > 1 else SIMILAR for k in range(spec.model.similar)]


def similar_counts(
    spec: LinkageSpec,
    comparisons: Sequence[Comparison],
    levels: Levels,
    passes: npt.NDArray[np.int64],
    weight: F64,
) -> dict[str, list[F64]]:
    """Anchors of the classes between: level counts of the candidate pairs that are no match, `weight` of each row.

    One class is anchored on all of them. Several begin apart, each at the pairs of one of the passes that found most:
    a pass on the card finds brothers and sisters, one on the name namesakes.
    """
    if spec.model.similar < 2:
        return {name: level_counts(levels, comparisons, weight) for name in similar_names(spec)}
    found = np.bincount(passes, weights=weight, minlength=len(spec.passes))
    most = np.argsort(-found, kind="stable")
    out = {}
    for k, name in enumerate(similar_names(spec)):
        own = passes == most[k % len(most)]
        out[name] = level_counts(levels, comparisons, weight * own)
    return out


def admissible(rows: Prepared, spec: LinkageSpec, a: Index, b: Index) -> npt.NDArray[np.bool_]:
    """Which pairs the linkage may join: with several lists only pairs across them, unless `within`."""
    if rows.n_sources == 1 or spec.within:
        return np.ones(len(a), dtype=bool)
    return np.asarray(rows.source[a] != rows.source[b], dtype=bool)


def possible_pairs(rows: Prepared, spec: LinkageSpec) -> int:
    """Number of admissible pairs of all rows."""
    n = rows.n
    total = n * (n - 1) // 2
    if rows.n_sources == 1 or spec.within:
        return total
    return total - sum(height * (height - 1) // 2 for height in rows.heights)


def random_pairs(rows: Prepared, spec: LinkageSpec) -> tuple[Index, Index]:
    """Admissible pairs drawn without looking at them; all of them where there are few."""
    n, wanted = rows.n, spec.limits.random_pairs
    if n * (n - 1) // 2 <= wanted:
        left, right = np.triu_indices(n, 1)
        both = joined(rows.order[left], rows.order[right])
    else:
        # Some are drawn twice or stand in one list: half of them where two lists are of one size.
        draws = min(int(1.1 * wanted * (n * (n - 1) // 2) / max(possible_pairs(rows, spec), 1)), 4 * wanted)
        # Numbers are drawn in the order of content, so that the draw is one whatever the order of rows; as many rows as
        # draws will do, for putting millions of them in order takes longer than all the rest.
        both = np.empty(draws, dtype=np.uint64)
        draw(rows.some(draws), both)
        both = both[both != 0]
        if n < wanted:  # else hardly a pair is drawn twice
            rank = np.empty(n, dtype=np.uint32)
            rank[rows.order] = np.arange(n, dtype=np.uint32)
            one, two = apart(distinct(joined(*(rank[one] for one in apart(both))))[0])
            both = joined(rows.order[one], rows.order[two])
    both = both[admissible(rows, spec, *apart(both))]
    if len(both) > wanted:
        both = both[np.arange(wanted) * len(both) // wanted]
    # In the order of rows, so that their values are met one after another in memory.
    return apart(np.sort(both))


def joined(one: Index, two: Index) -> U64:
    """Pairs of rows as one number each, the smaller row in its upper half."""
    return np.minimum(one, two).astype(np.uint64) << np.uint64(32) | np.maximum(one, two)


def apart(both: U64) -> tuple[Index, Index]:
    """The rows of pairs that `joined` put together."""
    return (both >> np.uint64(32)).astype(np.uint32), both.astype(np.uint32)


def confirmed_counts(
    comparisons: Sequence[Comparison],
    levels: Levels,
    free: U64,
    count: npt.NDArray[np.int64],
    theta: Sequence[F64],
    prior: float,
) -> list[F64]:
    """Level counts of the match class: each comparison over the candidate pairs that all others confirm without it.

    Row k stands for `count[k]` pairs with the same `levels`; bit f of `free` says whether a pass found them that says
    nothing of comparison f. `theta` (classes, levels) are the probabilities by which the others confirm, `prior` the
    odds of a match.
    """
    ratios = [log_ratio(one)[levels[:, f]] for f, one in enumerate(theta)]
    score = np.log2(max(prior, 1e-300)) + np.sum(ratios, axis=0)
    out = []
    for f, one in enumerate(comparisons):
        sure = (free >> np.uint64(f) & np.uint64(1)).astype(bool) & (score - ratios[f] >= CONFIRMED)
        out.append(np.bincount(levels[sure, f], weights=count[sure], minlength=len(one.tingkat)).astype(float))
    return out


def log_ratio(theta: F64) -> F64:
    """Log2 of what each level says for the match class against the unrelated; 0 for missing."""
    out = np.zeros(theta.shape[1])
    out[1:] = np.log2(theta[MATCH, 1:] / theta[-1, 1:])
    return out


def unconditioned(model: Model, levels: Levels, prior: float) -> F64:
    """Log2 odds of the match class for pairs that no pass chose, against the unrelated, at prior odds `prior`."""
    ratios = [log_ratio(theta)[levels[:, f]] for f, theta in enumerate(model.theta)]
    return np.asarray(np.log2(max(prior, 1e-300)) + np.sum(ratios, axis=0), dtype=np.float64)


def unconditioned_by_pattern(model: Model, compare: Comparer, a: Index, b: Index, prior: float) -> F64:
    """The same for pairs of rows; each pattern is judged once."""
    seen, place, _count = distinct(compare.patterns(a, b))
    return unconditioned(model, model.spec.unpack(seen), prior)[place]
