"""What is read at once is what pydantic would have made of it; what pydantic refuses is never read at once."""

from __future__ import annotations

import copy
import subprocess
import sys
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.generic.spec import LinkageSpec
from rules import declared as module
from rules.declared import Bounds, RefusedError, declared, read
from tests.matching.generic.people import SPEC

ROOT = Path(__file__).parents[2]
Word = Annotated[str, Bounds(pattern="[a-z]+")]


@declared
class Leaf:
    """Every kind of value."""

    text: Annotated[str, Bounds(min_length=1)] = "x"
    whole: Annotated[int, Bounds(ge=0, le=9)] = 0
    number: Annotated[float, Bounds(gt=-1, lt=1)] = 0.0
    free: float = 0.0
    yes: bool = False
    choice: Literal["a", "b"] = "a"
    maybe: Word | None = None
    either: bool | list[Annotated[float, Bounds(gt=0)]] = False


@declared
class Tree:
    """Values within values."""

    leaves: Annotated[list[Leaf], Bounds(min_length=1)]
    named: dict[Word, Leaf] = field(default_factory=dict)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 11),
    st.sampled_from([10**20, 2**53, 2**53 + 1, -(2**60)]),
    st.floats(),
    st.sampled_from(["", "a", "b", "ab", "ab\n", "A", "é", "1", "0.5", "true", "\ud800", b"a"]),
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["a", "A", ""]), SCALARS, max_size=1)
LEAVES = st.dictionaries(st.sampled_from([*Leaf.__annotations__, "strange"]), VALUES, max_size=3) | VALUES
TREES = st.fixed_dictionaries(
    {}, optional={"leaves": st.lists(LEAVES, max_size=2) | VALUES, "named": VALUES, "strange": VALUES}
) | st.fixed_dictionaries(
    {"leaves": st.lists(LEAVES, min_size=1, max_size=2)},
    optional={"named": st.dictionaries(st.sampled_from(["a", "A", "", 1]), LEAVES, max_size=2)},
)


def agree(kind: type[Any], values: object) -> None:
    """Where `values` are read at once pydantic makes the same of them, and where it refuses so does `read`."""
    before = copy.deepcopy(values)
    try:
        quick = module._made(kind, values)
    except module._DoubtError:
        quick = None
    try:
        slow = module._by_pydantic(kind, values)
    except RefusedError:
        assert quick is None
        with pytest.raises(RefusedError):
            read(kind, values)
        return
    assert repr(read(kind, values)) == repr(slow)  # by text, because 1 == 1.0 == True, and nan is not nan
    assert quick is None or repr(quick) == repr(slow)
    assert repr(values) == repr(before)


@given(TREES)
@settings(max_examples=400)
def test_both_ways_of_reading_agree(values: object) -> None:
    agree(Tree, values)


@given(LEAVES)
@settings(max_examples=400)
def test_both_ways_agree_on_every_kind_of_value(values: object) -> None:
    agree(Leaf, values)


def paths(values: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of plain values stands."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [before, *(path for name, one in inner for path in paths(one, (*before, name)))]


@given(st.sampled_from(paths(SPEC)[1:]), VALUES)
def test_a_specification_with_any_value_anywhere(path: tuple[Any, ...], value: object) -> None:
    values = copy.deepcopy(SPEC)
    place: Any = values
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    agree(LinkageSpec, values)


def test_what_was_read_can_be_read_again() -> None:
    spec = read(LinkageSpec, SPEC)
    assert read(LinkageSpec, asdict(spec)) == spec


def test_a_right_specification_needs_no_pydantic() -> None:
    code = (
        "import sys; from matching.generic import read_spec; read_spec('benchmarks/specs/febrl.toml');"
        "print('pydantic' in sys.modules or 'pydantic_core' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_each_mistake_is_told() -> None:
    with pytest.raises(RefusedError) as caught:
        read(Tree, {"leaves": [{"whole": 10, "strange": 1}], "named": 3})
    assert {(one["type"], one["loc"]) for one in caught.value.errors} == {
        ("less_than_equal", ("leaves", 0, "whole")),
        ("extra_forbidden", ("leaves", 0, "strange")),
        ("dict_type", ("named",)),
    }
