"""How right a run was, counted without ever holding the pairs of the truth: millions of rows in seconds.

A pair is right when both rows are of one person. Two rows of one list are a pair only where duplicates are looked
for (`within`). Entities are judged on all the pairs that stand in one entity, by counting rows per person and entity.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from matching.evaluate import f1

STEP = 0.02  # of the weights among which the best threshold is looked for
LIST, ID, PERSON, ENTITY = "list", "id", "orang", "entity"


def truth_of(folder: Path, lists: tuple[str, ...]) -> pl.DataFrame:
    """list (position), id, orang of every row of the given lists."""
    parts = [
        pl.read_parquet(folder / "truth" / f"{name}.parquet").select(
            pl.lit(k, pl.UInt8).alias(LIST), pl.col(ID).cast(pl.UInt32), PERSON
        )
        for k, name in enumerate(lists)
    ]
    return pl.concat(parts)


def _pairs_in(rows: pl.LazyFrame, group: list[str], *, within: bool) -> int:
    """Number of pairs of rows that share `group`: all, or (without `within`) those of two lists."""

    def choose(counts: pl.LazyFrame) -> int:
        n = pl.col("n").cast(pl.Int64)
        return int(counts.select((n * (n - 1) // 2).sum()).collect().item())

    everything = choose(rows.group_by(group).agg(n=pl.len()))
    return everything if within else everything - choose(rows.group_by([*group, LIST]).agg(n=pl.len()))


def figures(right: int, found: int, true: int) -> dict[str, float]:
    """Precision, recall, F1 of `found` pairs of which `right` are right, where there are `true` ones."""
    precision, recall = right / found if found else 1.0, right / true if true else 1.0
    return {"presisi": precision, "perolehan": recall, "f1": f1(precision, recall)}


def entity_figures(entities: pl.DataFrame, truth: pl.DataFrame, *, within: bool) -> dict[str, float]:
    """Figures of the entities: columns list, id, entity; a row that is missing stands alone."""
    rows = truth.lazy().join(entities.lazy(), on=[LIST, ID], how="left").filter(pl.col(ENTITY).is_not_null())
    return figures(
        _pairs_in(rows, [PERSON, ENTITY], within=within),
        _pairs_in(rows, [ENTITY], within=within),
        _pairs_in(truth.lazy(), [PERSON], within=within),
    )


def _weights(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """step (number of the weight step), n (pairs), right, of which the true ones; highest first."""
    person = truth.lazy()
    joined = (
        pairs.lazy()
        .join(person, left_on=["list_l", "id_l"], right_on=[LIST, ID], how="left")
        .join(person, left_on=["list_r", "id_r"], right_on=[LIST, ID], how="left", suffix="_r")
    )
    # Counted in thousandths of a bit at the edge of the step: a weight belongs to the step at or below it.
    step = ((pl.col("weight").clip(-100, 1000) + 1e-9) / STEP).floor().cast(pl.Int32)
    right = (pl.col(PERSON) == pl.col(f"{PERSON}_r")).sum()
    return joined.group_by(step.alias("step")).agg(n=pl.len(), right=right).sort("step", descending=True).collect()


def best_pairs(pairs: pl.DataFrame, truth: pl.DataFrame, *, within: bool) -> tuple[float, dict[str, float]]:
    """The weight at which the F1 of pairs is highest, on a grid of STEP, and the figures there."""
    true = _pairs_in(truth.lazy(), [PERSON], within=within)
    table = _weights(pairs, truth)
    if not table.height:
        return float("inf"), figures(0, 0, true)
    found, right = np.cumsum(table["n"].to_numpy()), np.cumsum(table["right"].to_numpy())
    at = int(np.argmax(2 * right / (found + true)))
    return float(table["step"][at]) * STEP, figures(int(right[at]), int(found[at]), true)


def pair_figures(chosen: pl.DataFrame, truth: pl.DataFrame, *, within: bool) -> dict[str, float]:
    """Figures of pairs that are called a match."""
    table = _weights(chosen, truth)
    true = _pairs_in(truth.lazy(), [PERSON], within=within)
    return figures(int(table["right"].sum()), chosen.height, true)


def closure(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Entities (list, id, entity) when all `pairs` are joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = truth.select(LIST, ID).with_row_index("i")
    ends = [
        pairs.lazy().join(rows.lazy(), left_on=[f"list_{s}", f"id_{s}"], right_on=[LIST, ID], maintain_order="left")
        for s in "lr"
    ]
    a, b = (end.select("i").collect().to_series().to_numpy() for end in ends)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(rows.height, rows.height))
    label = connected_components(graph, directed=False)[1]
    return rows.select(LIST, ID, pl.Series(ENTITY, label))


def judge(
    pairs: pl.DataFrame, matched: pl.Expr, entities: pl.DataFrame, truth: pl.DataFrame, *, within: bool
) -> dict[str, Any]:
    """All figures of a run: pairs called a match, the best threshold, entities at the default and at the best.

    `pairs` has list_l, id_l, list_r, id_r, weight; `matched` says which of them the engine calls a match.
    """
    weight, best = best_pairs(pairs, truth, within=within)
    at_best = closure(pairs.filter(pl.col("weight") >= weight), truth)
    return {
        "pasangan": pair_figures(pairs.filter(matched), truth, within=within),
        "pasangan_terbaik": {"bobot": weight, **best},
        "entitas": entity_figures(entities, truth, within=within),
        "entitas_terbaik": entity_figures(at_best, truth, within=within),
    }
