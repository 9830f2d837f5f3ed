"""A specification is checked as a whole: every mistake at once, each naming its key and the nearest right word."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from matching.generic import read_spec
from matching.generic.spec import validate
from rules.errors import ConfigError
from rules.i18n import language, set_language
from tests.matching.generic.people import SPEC


@pytest.fixture(autouse=True)
def _english() -> Any:
    before = language()
    set_language("en")
    yield
    set_language(before)


def broken(change: Any) -> str:
    values = copy.deepcopy(SPEC)
    change(values)
    with pytest.raises(ConfigError) as caught:
        validate(values, "spec.toml")
    return caught.value.message


def test_the_specification_of_the_tests_is_right() -> None:
    spec = validate(SPEC)
    assert [str(c) for c in spec.conditions[0]] == ["equal", "jaro_winkler>=0.88", "crossed>=0.9"]
    assert [part.column for part in spec.keys[2]] == ["given"]


def test_the_benchmark_specification_is_right() -> None:
    assert len(read_spec(Path(__file__).parents[3] / "benchmarks" / "specs" / "febrl.toml").passes) > 5


def comparison(at: int, **values: Any) -> Any:
    return lambda v: v["comparisons"][at - 1].update(values)


def key(at: int, *parts: str) -> Any:
    return lambda v: v["passes"][at - 1].update(key=list(parts))


def column(name: str, **values: Any) -> Any:
    return lambda v: v["columns"].setdefault(name, {}).update(values)


WRONG: list[tuple[Any, str]] = [
    (
        comparison(2, column="famly"),
        "comparisons[2].column: 'famly' is no column of this specification; did you mean family?",
    ),
    (
        comparison(2, levels=["equal", "jaro_winkle>=0.9"]),
        "comparisons[2].levels[2]: 'jaro_winkle' is no condition padan knows; did you mean jaro_winkler?",
    ),
    (
        comparison(2, levels=["equal", "jaro_winkler>=1.5"]),
        "comparisons[2].levels[2]: the number of 'jaro_winkler>=1.5' is out of range",
    ),
    (
        comparison(2, levels=["equal", "jaro_winkler"]),
        "comparisons[2].levels[2]: 'jaro_winkler' must be written jaro_winkler>=NUMBER",
    ),
    (
        comparison(2, levels=["equal", "same_year"]),
        "comparisons[2].levels[2]: 'same_year' does not work on a column of kind text",
    ),
    (comparison(2, levels=["osa<=1", "equal"]), "comparisons[2].levels: 'equal' must come first"),
    (comparison(2, levels=["osa<=1"]), "comparisons[2].term_frequency: needs the level 'equal'"),
    (
        comparison(1, crossed=None),
        "comparisons[1].crossed: `crossed` and the level crossed>=NUMBER go together",
    ),
    (comparison(2, column="given"), "comparisons[2].name: there are two comparisons 'given'"),
    (
        key(4, "family:sounex"),
        "passes[4].key[1]: 'sounex' is no transform for a column of kind text; did you mean soundex?",
    ),
    (key(4, "family:first"), "passes[4].key[1]: 'first' must be written first3"),
    (key(4, "born"), "passes: two passes have the same key"),
    (key(4), "passes[4].key: needs at least one entry"),
    (column("family", headers=["x"]), "columns.family.headers: is not a key padan knows; did you mean header?"),
    (column("family", clean=["lowr"]), "columns.family.clean[1]: must be one of 'lower'"),
    (column("born", formats=["%d %b"]), "columns.born.formats: '%d %b' holds %Y"),
    (
        column("all", join=["given", "famly"]),
        "columns.all.join: 'famly' is no column of this specification; did you mean family?",
    ),
    (
        lambda v: v.update(thresholds={"match": 0.5, "review": 0.6}),
        "thresholds: review must lie below match",
    ),
    (lambda v: v.update(thresholds={"match": 1.5}), "thresholds.match: must be less than 1, found 1.5"),
    (lambda v: v.update(one_to_many=True), "one_to_many: is not a key padan knows; did you mean one_to_one?"),
    (lambda v: v.pop("passes"), "passes: is missing"),
]


@pytest.mark.parametrize(("change", "wanted"), WRONG, ids=[wanted.partition(":")[0] for _change, wanted in WRONG])
def test_each_mistake_is_named(change: Any, wanted: str) -> None:
    assert wanted in broken(change)


def test_all_mistakes_are_told_at_once() -> None:
    def change(values: dict[str, Any]) -> None:
        for where, _wanted in (WRONG[0], WRONG[9], WRONG[16]):
            where(values)

    text = broken(change)
    assert "3 entries of the specification are wrong" in text
    assert all(part in text for part in ("comparisons[2]", "passes[4]", "columns.all"))


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text('[columns.a]\nkind = "text\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_spec(path)
    assert caught.value.place.row == 2
    with pytest.raises(ConfigError):
        read_spec(tmp_path / "none.toml")
