"""The generic linkage on lists with known truth: right, whatever the order of rows and lists, and every row once."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from matching.calibrate import Calibration
from matching.generic import Linkage, Result
from matching.generic.anchors import classes
from matching.generic.compare import comparisons
from matching.generic.explaining import position
from matching.generic.pairing import Comparer
from matching.generic.prepare import prepare
from matching.generic.program import program
from matching.generic.spec import validate
from matching.specification import Specification
from tests.matching.generic.people import SPEC, copies, f1, people


@pytest.fixture(scope="module")
def lists() -> list[pl.DataFrame]:
    everyone = people(700, 1)
    return [everyone.head(550), copies(everyone.tail(550), 2)]


@pytest.fixture(scope="module")
def linked(lists: list[pl.DataFrame]) -> Result:
    return Linkage.from_dict(SPEC).run(lists)


def test_two_lists_are_linked(linked: Result, lists: list[pl.DataFrame]) -> None:
    assert f1(linked.entities, lists) > 0.98


def test_duplicates_in_one_list_are_found() -> None:
    everyone = people(500, 3)
    one = pl.concat([everyone, copies(everyone.head(200), 4), copies(everyone.head(60), 5)])
    assert f1(Linkage.from_dict(SPEC).run([one]).entities, [one]) > 0.97


def test_every_row_is_in_exactly_one_entity(linked: Result, lists: list[pl.DataFrame]) -> None:
    wanted = {(str(k + 1), row) for k, frame in enumerate(lists) for row in range(1, frame.height + 1)}
    rows = linked.entities.select("source", "row").rows()
    assert len(rows) == len(wanted)
    assert set(rows) == wanted


def test_the_match_class_is_learned_without_labels(linked: Result, lists: list[pl.DataFrame]) -> None:
    who = [frame.with_row_index("at", offset=1) for frame in lists]
    true = who[0].join(who[1], on="who").select("at", "at_right")
    a = [position(linked, row, 0) for row in true["at"]]
    b = [position(linked, row, 1) for row in true["at_right"]]
    levels = linked.compare.levels(np.minimum(a, b).astype(np.uint32), np.maximum(a, b).astype(np.uint32))
    for f, theta in enumerate(linked.model.theta):
        count = np.bincount(levels[:, f], minlength=theta.shape[1])[1:]
        assert theta[0, 1:] == pytest.approx(count / count.sum(), abs=0.06)


def test_what_a_key_settles_is_no_evidence(linked: Result) -> None:
    # Rows found by equal names in either order: the names brought them together and may not speak for them again.
    weights: dict[str, list[dict[str, float]]] = {rule.title: [] for rule in linked.spec.passes}
    rare = linked.pairs.sort("weight").head(60)  # the later passes find what is hard to find
    for row in pl.concat([rare, linked.pairs.gather_every(20)]).to_dicts():
        told = linked.explain(row["row_l"], row["row_r"])
        weights[str(told.key)].append({t.comparison: abs(t.weight) for t in told.terms})
    assert max(one["number"] for one in weights["number"]) < 1e-9
    assert max(one["born"] for one in weights["born"]) < 1e-9
    assert max(one["family"] for one in weights["given~family"]) < 3


def test_row_numbers_point_at_the_rows_given(linked: Result, lists: list[pl.DataFrame]) -> None:
    sure = linked.pairs.filter(pl.col("decision") == "match")
    left = lists[0]["who"].gather(sure["row_l"].cast(pl.Int64) - 1)
    right = lists[1]["who"].gather(sure["row_r"].cast(pl.Int64) - 1)
    assert sure["source_l"].unique().to_list() == ["1"]
    assert sure["source_r"].unique().to_list() == ["2"]
    assert (left == right).mean() > 0.99


def test_the_order_of_rows_does_not_matter(linked: Result, lists: list[pl.DataFrame]) -> None:
    shuffled = [f.with_row_index("at", offset=1).sample(fraction=1.0, shuffle=True, seed=9) for f in lists]
    again = Linkage.from_dict(SPEC).run(shuffled)
    back = pl.concat(
        f.select(pl.lit(str(k + 1)).alias("source"), "at", row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
        for k, f in enumerate(shuffled)
    )
    entities = again.entities.join(back, on=["source", "row"]).select("source", row="at", entity_id="entity_id")
    assert entities.sort("source", "row").equals(linked.entities.sort("source", "row"))
    keys = ["weight", "probability", "decision"]
    assert again.pairs.sort(keys).select(keys).equals(linked.pairs.sort(keys).select(keys))


def test_some_rows_are_the_same_in_whatever_order_the_lists_stand(lists: list[pl.DataFrame]) -> None:
    spec, drawn = validate(SPEC), []
    for frames in (lists, [frame.reverse() for frame in lists]):
        rows = prepare(frames, spec)
        some = rows.some(rows.n // 4)
        assert 0.2 * rows.n < len(some) < 0.3 * rows.n
        drawn.append(rows.content[some])
    assert np.array_equal(*drawn)
    assert (np.diff(drawn[0].astype(np.float64)) >= 0).all()


def test_the_same_input_gives_the_same_bytes(linked: Result, lists: list[pl.DataFrame]) -> None:
    again = Linkage.from_dict(SPEC).run(lists)
    assert again.pairs.equals(linked.pairs)
    assert again.entities.equals(linked.entities)
    assert again.info == linked.info


def test_the_order_of_lists_does_not_matter(linked: Result, lists: list[pl.DataFrame]) -> None:
    other = Linkage.from_dict(SPEC).run(lists[::-1], ["2", "1"])
    assert other.entities.sort("source", "row").equals(linked.entities.sort("source", "row"))


def test_the_terms_of_an_explanation_sum_to_the_score(linked: Result) -> None:
    pairs = linked.pairs.sort("weight")
    for at in range(0, pairs.height, max(pairs.height // 40, 1)):
        row = pairs.row(at, named=True)
        told = linked.explain((row["source_l"], row["row_l"]), (row["source_r"], row["row_r"]))
        assert told.start + sum(t.weight for t in told.terms) == pytest.approx(told.weight, abs=1e-9)
        assert told.weight == pytest.approx(row["weight"], abs=1e-9)
        assert told.decision == row["decision"]
    far = linked.explain(1, 550)
    assert far.start + sum(t.weight for t in far.terms) == pytest.approx(far.weight, abs=1e-9)


def test_a_calibration_is_a_term_of_its_own(lists: list[pl.DataFrame]) -> None:
    result = Linkage.from_dict(SPEC).run(lists, calibrator=Calibration("platt", slope=0.5, intercept=-0.7))
    for row in result.pairs.gather_every(25).to_dicts():
        told = result.explain(row["row_l"], row["row_r"])
        assert told.start + sum(t.weight for t in told.terms) + told.calibration == pytest.approx(told.weight, abs=1e-9)
        assert told.weight == pytest.approx(row["weight"], abs=1e-9)
        assert told.calibration != 0


def test_a_block_too_large_is_split_and_the_loss_is_told(lists: list[pl.DataFrame]) -> None:
    coarse = [*SPEC["passes"], {"key": ["born:month"]}]
    result = Linkage.from_dict({**SPEC, "passes": coarse, "limits": {"block": 50, "random_pairs": 50_000}}).run(lists)
    told = result.info["passes"][-1]
    assert told["blok_besar"] > 0
    assert told["pasangan_dilewati"] > 0
    assert told["pasangan"] > 0
    assert f1(result.entities, lists) > 0.97


def test_a_clean_list_gives_no_row_two_partners(lists: list[pl.DataFrame]) -> None:
    twice = [lists[0], pl.concat([lists[1], copies(lists[1].head(100), 8, errors=0.05)])]
    result = Linkage.from_dict({**SPEC, "one_to_one": True}).run(twice)
    each = result.entities.group_by("entity_id", "source").len()
    assert each["len"].max() == 1
    within = Linkage.from_dict({**SPEC, "within": True}).run(twice)
    assert f1(within.entities, twice) > 0.97


def test_lists_without_candidates_are_all_single() -> None:
    one = people(2, 5).head(1)
    for lists in ([one], [one, people(3, 6).tail(1)]):
        result = Linkage.from_dict(SPEC).run(lists)
        assert result.pairs.height == 0
        assert result.entities["entity_id"].n_unique() == len(lists)


@pytest.mark.parametrize("keep", [True, False])
def test_pairs_that_are_not_held_give_the_same(linked: Result, lists: list[pl.DataFrame], keep: bool) -> None:
    again = Linkage.from_dict(SPEC).run([frame.lazy() for frame in lists], memory=0, keep=keep)
    assert again.pairs.equals(linked.pairs)
    assert again.entities.equals(linked.entities)


def test_the_number_of_threads_does_not_matter(
    linked: Result, lists: list[pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in (1, 5):
        monkeypatch.setattr("blocking.jit.threads", lambda n=n: n)
        small = {**SPEC, "limits": {**SPEC["limits"], "chunk": 1_000 * n}}
        again = Linkage.from_dict(small).run(lists)
        assert again.pairs.equals(linked.pairs)
        assert again.entities.equals(linked.entities)


def test_several_classes_between_keep_relatives_apart(lists: list[pl.DataFrame]) -> None:
    result = Linkage.from_dict({**SPEC, "model": {"similar": 3}}).run(lists)
    assert f1(result.entities, lists) > 0.98
    assert result.model.spec.class_names == ("same", "similar 1", "similar 2", "similar 3", "unrelated")
    row = result.pairs.row(0, named=True)
    told = result.explain(row["row_l"], row["row_r"])
    assert told.start + sum(t.weight for t in told.terms) == pytest.approx(row["weight"], abs=1e-9)


def test_any_script_and_long_numbers_are_compared() -> None:
    rows = {
        "name": ["Žofie Nováková", "žofie novakova", "李小龍", "李小龙", None, "o'neil  "],
        "number": ["12345678901234567890", "12345678901234567899", "0012", "12", "0012", " 00 12 "],
        "day": [date(1990, 3, 4), date(1990, 4, 3), None, date(1, 1, 1), date(1990, 3, 4), date(2020, 2, 29)],
    }
    spec = validate(
        {
            "columns": {
                "name": {"clean": ["lower", "accents", "collapse"]},
                "number": {"kind": "digits"},
                "day": {"kind": "date"},
            },
            "comparisons": [
                {"column": "name", "levels": ["equal", "levenshtein<=1"]},
                {"column": "number", "levels": ["equal", "one_digit", "prefix>=18"]},
                {"column": "day", "levels": ["equal", "day_month"]},
            ],
            "passes": [{"key": ["number:first2"]}],
        }
    )
    prepared = prepare([pl.DataFrame(rows)], spec)
    model = Specification(comparisons(spec), classes(spec))
    levels = Comparer(*program(prepared, spec), model).levels(
        np.array([0, 2, 2, 4], dtype=np.uint32), np.array([1, 3, 4, 5], dtype=np.uint32)
    )
    assert levels.tolist() == [[1, 2, 2], [2, 4, 0], [0, 1, 0], [0, 1, 3]]
    text = [[prepared.columns[c].text(int(v)) for v in prepared.columns[c].values] for c in rows]
    assert text[0] == ["zofie novakova", "zofie novakova", "李小龍", "李小龙", None, "o'neil"]
    assert text[1] == ["12345678901234567890", "12345678901234567899", "0012", "12", "0012", "0012"]
    assert text[2] == ["1990-03-04", "1990-04-03", None, "0001-01-01", "1990-03-04", "2020-02-29"]
