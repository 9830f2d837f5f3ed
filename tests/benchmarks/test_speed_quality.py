"""Counting right pairs without holding them gives what holding all of them gives."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.speed import quality
from matching.evaluate import f1

ROW = st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4))  # list, person, entity


def frames(rows: list[tuple[int, int, int]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    column = np.array(rows)
    ids = np.arange(1, len(rows) + 1, dtype=np.uint32)
    base = pl.DataFrame({"list": column[:, 0].astype(np.uint8), "id": ids})
    truth = base.with_columns(orang=pl.Series(column[:, 1].astype(np.uint32)))
    return truth, base.with_columns(entity=pl.Series(column[:, 2]))


def pairs_of(rows: list[tuple[int, int, int]], *, within: bool) -> list[tuple[int, int]]:
    numbers = range(len(rows))
    return [(a, b) for a, b in combinations(numbers, 2) if within or rows[a][0] != rows[b][0]]


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=14), st.booleans())
def test_entities_are_judged_as_by_looking_at_every_pair(rows: list[tuple[int, int, int]], within: bool) -> None:
    truth, entities = frames(rows)
    found = [p for p in pairs_of(rows, within=within) if rows[p[0]][2] == rows[p[1]][2]]
    true = [p for p in pairs_of(rows, within=within) if rows[p[0]][1] == rows[p[1]][1]]
    right = len(set(found) & set(true))
    told = quality.entity_figures(entities, truth, within=within)
    assert told["presisi"] == pytest.approx(right / len(found) if found else 1.0)
    assert told["perolehan"] == pytest.approx(right / len(true) if true else 1.0)
    assert told["f1"] == pytest.approx(f1(told["presisi"], told["perolehan"]))


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=14), st.data())
def test_no_threshold_is_better_than_the_best(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    assume(len({person for _list, person, _entity in rows}) < len(rows))  # someone has two rows
    truth, _entities = frames(rows)
    chosen = pairs_of(rows, within=True)
    weight = data.draw(st.lists(st.sampled_from([-3.0, 0.5, 2.0, 7.25]), min_size=len(chosen), max_size=len(chosen)))
    end = [[(rows[i][0], i + 1) for i in side] for side in zip(*chosen, strict=True)]
    pairs = pl.DataFrame(
        {
            "list_l": pl.Series([e[0] for e in end[0]], dtype=pl.UInt8),
            "id_l": pl.Series([e[1] for e in end[0]], dtype=pl.UInt32),
            "list_r": pl.Series([e[0] for e in end[1]], dtype=pl.UInt8),
            "id_r": pl.Series([e[1] for e in end[1]], dtype=pl.UInt32),
            "weight": weight,
        }
    )
    at, best = quality.best_pairs(pairs, truth, within=True)
    for cut in (-3.0, 0.5, 2.0, 7.25):
        told = quality.pair_figures(pairs.filter(pl.col("weight") >= cut), truth, within=True)
        assert told["f1"] <= best["f1"] + 1e-12
    again = quality.pair_figures(pairs.filter(pl.col("weight") >= at - 1e-6), truth, within=True)
    assert again == best


def test_a_row_without_an_entity_stands_alone_and_chains_are_followed() -> None:
    truth = pl.DataFrame(
        {"list": [0, 0, 1, 1], "id": [1, 2, 1, 2], "orang": [5, 5, 5, 6]},
        schema={"list": pl.UInt8, "id": pl.UInt32, "orang": pl.UInt32},
    )
    pairs = pl.DataFrame(
        {"list_l": [0, 0], "id_l": [1, 2], "list_r": [1, 1], "id_r": [1, 1], "weight": [1.0, 1.0]},
        schema_overrides={"list_l": pl.UInt8, "id_l": pl.UInt32, "list_r": pl.UInt8, "id_r": pl.UInt32},
    )
    joined = quality.closure(pairs, truth)
    assert joined["entity"].n_unique() == 2
    assert quality.entity_figures(joined, truth, within=True)["f1"] == 1.0
    some = joined.filter(~((pl.col("list") == 0) & (pl.col("id") == 2)))
    assert quality.entity_figures(some, truth, within=True)["perolehan"] == pytest.approx(1 / 3)
    assert quality.entity_figures(some, truth, within=False)["perolehan"] == pytest.approx(1 / 2)
