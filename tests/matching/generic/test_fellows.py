"""Rows of one list that share a key: drawn as said, and what they teach keeps relatives apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speed import quality
from benchmarks.speed.cases import Case
from benchmarks.speed.with_padan import SPEC
from blocking.candidates import Plan
from blocking.pairs import block
from matching.generic import Linkage
from matching.generic.fellows import fellow_pairs

CASE = Case("link", 12_000)
ROW = st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 3))  # list, keys of two passes


@given(st.lists(ROW, min_size=1, max_size=30))
def test_neighbours_of_one_list_stand_for_all_pairs_of_its_blocks(drawn: list[tuple[int, int, int]]) -> None:
    rows = sorted(drawn)
    source = np.array([r[0] for r in rows], dtype=np.uint8)
    keys = [np.array([r[k] for r in rows], dtype=np.uint64) for k in (1, 2)]
    plan = Plan([], keys, blok=[block(one) for one in keys], bersama=np.column_stack(keys))
    found = fellow_pairs(SimpleNamespace(begins=np.array([(source == 0).sum()], dtype=np.uint32)), plan)
    assert [k for k, *_rest in found] == [0, 1]
    for k, a, b, weight in found:
        assert (source[a] == source[b]).all()
        assert (keys[k][a] == keys[k][b]).all()
        assert (keys[k][a] != 0).all()
        if k == 1:
            assert ((keys[0][a] != keys[0][b]) | (keys[0][a] == 0)).all()
        assert (weight >= 1).all()
    wanted = sum(
        n * (n - 1) / 2
        for n in pl.DataFrame({"s": source, "k": keys[0]}).filter(pl.col("k") > 0).group_by("s", "k").len()["len"]
    )
    assert found[0][3].sum() == pytest.approx(wanted)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("fellows")
    CASE.make(work)
    return work


def judged(lists: Path, *, fellows: bool) -> tuple[dict[str, float], list[str]]:
    linkage = Linkage.from_toml(SPEC)
    model = replace(linkage.spec.model, fellows=fellows)
    linkage = Linkage(replace(linkage.spec, model=model))
    result = linkage.run([pl.scan_parquet(path) for path in CASE.files(lists)], ["A", "B"])
    number = {"A": 0, "B": 1}
    pairs = result.pairs.filter(pl.col("decision") == "match").select(
        pl.col("source_l").replace_strict(number, return_dtype=pl.UInt8).alias("list_l"),
        pl.col("source_r").replace_strict(number, return_dtype=pl.UInt8).alias("list_r"),
        "weight",
        id_l="row_l",
        id_r="row_r",
    )
    truth = quality.truth_of(CASE.folder(lists), CASE.lists)
    return quality.pair_figures(pairs, truth, within=False), list(result.model.spec.class_names)


def test_fellows_keep_relatives_apart(lists: Path) -> None:
    without, two = judged(lists, fellows=False)
    told, classes = judged(lists, fellows=True)
    assert two == ["same", "unrelated"]
    # The pass on the NIK finds rows listed twice, and they are one person: it teaches nothing about others.
    assert "fellows 1" not in classes
    assert "fellows 2" in classes or "fellows 4" in classes
    assert told["presisi"] > without["presisi"]
    assert told["f1"] > max(without["f1"], 0.993)
