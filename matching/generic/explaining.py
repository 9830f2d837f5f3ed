"""Why two rows are, or are not, one person: every comparison with its weight, summing to the score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blocking.candidates import found_by
from blocking.pairs import Index
from matching.explain import split_score
from matching.generic.anchors import admissible, unconditioned
from matching.generic.compare import comparisons
from rules.errors import InputError
from rules.i18n import _

if TYPE_CHECKING:
    from matching.generic.linkage import Result


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: its level in words, the two cleaned values, its weight in log2 odds."""

    comparison: str
    level: str
    left: str | None
    right: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`weight` is `start` plus the weights of `terms` plus `calibration`. `key`: the pass that found the pair, if any.

    `decision`: match or review as in the pairs table, else "other".
    """

    left: tuple[str, int]
    right: tuple[str, int]
    key: str | None
    start: float
    terms: list[Term]
    calibration: float
    weight: float
    probability: float
    decision: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def position(result: Result, row: int | tuple[str, int], default: int) -> int:
    """The record number of a row given as (source, row) or as its number alone in the source number `default`."""
    name, number = row if isinstance(row, tuple) else (result.sources[default], row)
    if name in result.sources:
        found = np.flatnonzero((result.rows.source == result.sources.index(name)) & (result.rows.row == number))
        if len(found):
            return int(found[0])
    raise InputError(
        _("there is no row {row} in {source}").format(row=number, source=name),
        hint=_("rows are counted from 1; the lists are: {names}").format(names=", ".join(result.sources)),
    )


def explain(result: Result, left: int | tuple[str, int], right: int | tuple[str, int]) -> Explanation:
    """The evidence on a pair. With two lists a bare number means a row of the first and of the second.

    Raises InputError for a row that does not exist or a row against itself.
    """
    first = position(result, left, 0)
    second = position(result, right, len(result.sources) - 1)
    if first == second:
        raise InputError(_("two different rows are needed"))
    a = np.array([min(first, second)], dtype=np.uint32)
    b = np.array([max(first, second)], dtype=np.uint32)
    levels = result.compare.levels(a, b)
    start, weights, held = _terms(result, a, b, levels)
    plain = float(start + weights.sum())
    calibrated = plain
    if result.calibrator is not None and held is not None:
        p = float(result.calibrator(np.array([1 / (1 + np.exp2(-plain))]))[0])
        calibrated = float(np.log2(p / (1 - p)))
    spec, rows = result.spec, result.rows
    terms = []
    for f, (rule, comparison) in enumerate(zip(spec.comparisons, comparisons(spec, _), strict=True)):
        column = rows.columns[rule.column]
        values = [column.text(int(column.values[k])) for k in (first, second)]
        terms.append(Term(rule.title, comparison.tingkat[levels[0, f]], values[0], values[1], float(weights[f])))
    return Explanation(
        (result.sources[rows.source[first]], int(rows.row[first])),
        (result.sources[rows.source[second]], int(rows.row[second])),
        None if held is None else spec.passes[held].title,
        float(start),
        terms,
        calibrated - plain,
        calibrated,
        float(1 / (1 + np.exp2(-calibrated))),
        result.decision(first, second),
    )


def _terms(result: Result, a: Index, b: Index, levels: Any) -> tuple[float, Any, int | None]:  # noqa: ANN401
    """(start, weight per comparison, pass). A pair that no pass holds is judged against all possible pairs."""
    held = np.flatnonzero(found_by(result.plan, a, b)[0])
    model = result.model
    if len(held) and admissible(result.rows, result.spec, a, b)[0]:
        found = int(held[0])
        stratum = int(model.strata.number(found, result.rows.source[a], result.rows.source[b])[0])
        start, weights = split_score(model, levels[0], stratum)
        return start, weights, found
    start = float(np.log2(result.prior))
    weights = np.array(
        [
            unconditioned(model, np.where(np.arange(levels.shape[1]) == f, levels, 0), 1.0)[0]
            for f in range(levels.shape[1])
        ]
    )
    return start, weights, None
