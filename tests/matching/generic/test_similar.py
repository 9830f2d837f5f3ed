"""Each condition against reference values: jellyfish and rapidfuzz one pair at a time, and cases worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jellyfish
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Jaro, JaroWinkler, Levenshtein

from matching.generic.coding import coded
from matching.generic.compare import comparisons
from matching.generic.grammar import Kind
from matching.generic.pairing import Comparer
from matching.generic.prepare import prepare
from matching.generic.program import program, text_codes
from matching.generic.spec import Column, validate
from matching.kernels.letters import MARKS, jaro_in
from matching.specification import LatentClass, Specification

NAMES = ["martha", "marhta", "dixon", "dicksonx", "jellyfish", "smellyfish", "siti nurhaliza", "nurhaliza"]
NAMES += ["o", "ibu", "robert", "rupert"]
words = st.text(alphabet="abcdeirst ", min_size=1, max_size=9).map(str.strip).filter(bool)
anything = st.text(min_size=1, max_size=80).map(lambda text: " ".join(text.split())).filter(bool)


def levels(rows: list[dict[str, str | None]], values: dict[str, Any]) -> np.ndarray:
    """Levels of the first row against each of the others under a specification with these columns and comparisons."""
    spec = validate({"passes": [{"key": [next(iter(values["columns"]))]}], **values})
    prepared = prepare([pl.DataFrame(rows, schema=dict.fromkeys(values["columns"], pl.String))], spec)
    model = Specification(comparisons(spec), (LatentClass("one"), LatentClass("other")))
    compare = Comparer(*program(prepared, spec), model)
    one = np.zeros(len(rows) - 1, dtype=np.uint32)
    other = np.arange(1, len(rows), dtype=np.uint32)
    found = compare.levels(one, other)
    assert (found == compare.levels(other, one)).all(), "a condition has no direction"
    return found


def holds(word: str, a: str, b: str, number: float | None = None, kind: Kind = "text") -> bool:
    sign = {True: ">=", False: "<="}[word in ("jaro", "jaro_winkler", "jaccard", "prefix", "suffix")]
    written = word if number is None else f"{word}{sign}{number:.15f}".rstrip("0").rstrip(".")
    found = levels(
        [{"c": a}, {"c": b}], {"columns": {"c": {"kind": kind}}, "comparisons": [{"column": "c", "levels": [written]}]}
    )
    return bool(found[0, 0] == 1)


SIMILAR: list[tuple[str, Callable[[str, str], float]]] = [
    ("jaro_winkler", jellyfish.jaro_winkler_similarity),
    ("jaro", jellyfish.jaro_similarity),
]


@pytest.mark.parametrize(("word", "reference"), SIMILAR)
def test_jaro_and_jaro_winkler_agree_with_jellyfish(word: str, reference: Callable[[str, str], float]) -> None:
    for a in NAMES:
        for b in NAMES:
            value = reference(a, b)
            if a != b and 0 < value < 1:
                # jellyfish boosts a common prefix only above 0.7, as Winkler wrote it; so does rapidfuzz.
                assert holds(word, a, b, value - 1e-9), (a, b)
                assert not holds(word, a, b, value + 1e-9), (a, b)
    assert holds("jaro_winkler", "martha", "marhta", 0.961)
    assert not holds("jaro_winkler", "martha", "marhta", 0.962)


@settings(max_examples=150, deadline=None)
@given(words, words)
def test_edit_distances_agree_with_jellyfish_and_rapidfuzz(a: str, b: str) -> None:
    if a == b:
        return
    edits, osa = jellyfish.levenshtein_distance(a, b), OSA.distance(a, b)
    assert holds("levenshtein", a, b, edits)
    assert not holds("levenshtein", a, b, edits - 1)
    assert holds("osa", a, b, osa)
    assert not holds("osa", a, b, osa - 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(anything, min_size=2, max_size=8))
def test_any_letters_give_what_rapidfuzz_gives(texts: list[str]) -> None:
    cuts = {"jaro_winkler>=0.8": lambda a, b: JaroWinkler.similarity(a, b) >= 0.8 - 1e-12}
    cuts |= {f"levenshtein<={k}": lambda a, b, k=k: Levenshtein.distance(a, b) <= k for k in (1, 4, 20)}
    cuts |= {"osa<=3": lambda a, b: OSA.distance(a, b) <= 3}
    comparisons_ = [{"column": "c", "name": f"n{k}", "levels": [cut]} for k, cut in enumerate(cuts)]
    found = levels([{"c": text} for text in texts], {"columns": {"c": {}}, "comparisons": comparisons_})
    first = texts[0]
    for text, row in zip(texts[1:], found, strict=True):
        assert [level == 1 for level in row] == [holds_(first, text) for holds_ in cuts.values()], (first, text)


beginnings = st.text(alphabet="abcd ", max_size=64)


@settings(max_examples=300, deadline=None)
@given(beginnings, st.text(alphabet="abcd", max_size=24), st.text(alphabet="abcd", max_size=24), st.booleans())
def test_jaro_of_texts_that_begin_alike(head: str, one: str, two: str, wide: bool) -> None:
    a, b = head + one, head + two
    kind = np.uint32 if wide else np.uint8
    letters = np.array([ord(letter) for letter in a + b], dtype=kind)
    room = np.zeros(MARKS + 3 * (len(a) + len(b) + 32), dtype=np.int64)
    found = jaro_in(letters, 0, len(a), len(a), len(b), 0.0, room)
    assert found == pytest.approx(Jaro.similarity(a, b) if a or b else 1.0, abs=1e-12)
    assert not room[:MARKS].any(), "the marks are taken away again"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["ab", "ba", "abc", "b"]), min_size=1, max_size=4), st.lists(words, min_size=1))
def test_a_part_has_no_word_that_the_whole_has_not(some: list[str], more: list[str]) -> None:
    for a, b in (" ".join(some), " ".join([*some, *more])), (" ".join(more), " ".join(some)), (some[0] * 2, some[0]):
        one, two = set(a.split()), set(b.split())
        if a != b:
            assert holds("subset", a, b) == (one <= two or two <= one), (a, b)


def test_phonetic_codes_are_those_of_jellyfish() -> None:
    column = coded("c", pl.Series("c", NAMES), Column())
    for word in ("soundex", "metaphone", "nysiis"):
        code = text_codes(column, word)[column.plain]
        wanted = [getattr(jellyfish, word)(name) for name in NAMES]
        same = np.equal.outer(code, code)
        for i, one in enumerate(wanted):
            for j, two in enumerate(wanted):
                assert same[i, j] == (one == two), (word, NAMES[i], NAMES[j])
    assert holds("soundex", "robert", "rupert")
    assert not holds("soundex", "robert", "dixon")


CASES: list[tuple[str, str, str, float | None, Kind, bool]] = [
    ("jaccard", "mill lane 7", "lane mill", 0.66, "text", True),
    ("jaccard", "mill lane 7", "lane mill", 0.67, "text", False),
    ("jaccard", "mill mill", "lane", 0.01, "text", False),
    ("subset", "siti nurhaliza", "nurhaliza", None, "text", True),
    ("subset", "siti nurhaliza", "nurhaliza dewi", None, "text", False),
    ("same_words", "siti nurhaliza", "nurhaliza siti", None, "text", True),
    ("no_blanks", "nur hayati", "nurhayati", None, "text", True),
    ("initial", "m.", "muhammad", None, "text", True),
    ("initial", "ma", "muhammad", None, "text", False),
    ("prefix", "3201014101", "3201014199", 8, "digits", True),
    ("prefix", "32", "3299", 8, "digits", False),
    ("suffix", "1234", "9934", 2, "digits", True),
    ("one_digit", "1234", "1244", None, "digits", True),
    ("one_digit", "1234", "1324", None, "digits", True),
    ("one_digit", "1234", "1423", None, "digits", False),
    ("one_digit", "1234", "123", None, "digits", False),
    ("digits", "1234", "9934", 2, "digits", True),
    ("digits", "1234", "9994", 2, "digits", False),
    ("day_month", "1990-03-04", "1990-04-03", None, "date", True),
    ("day_month", "1990-03-04", "1991-04-03", None, "date", False),
    ("day_month", "1990-00-00", "1990-00-01", None, "date", False),
    ("one_part", "1990-03-04", "1990-07-04", None, "date", True),
    ("one_part", "1990-03-04", "1991-07-04", None, "date", False),
    ("one_digit", "1990-03-04", "1990-03-14", None, "date", True),
    ("one_digit", "1990-03-04", "1909-03-04", None, "date", True),
    ("same_year", "1990-03-04", "1990-12-31", None, "date", True),
    ("years", "1990-03-04", "1992-12-31", 2, "date", True),
    ("days", "1990-12-31", "1991-01-02", 2, "date", True),
    ("days", "1990-12-31", "1991-01-03", 2, "date", False),
    ("days", "1990-02-31", "1990-02-30", 9, "date", False),
    ("within", "10.0", "12.5", 2.5, "number", True),
    ("within", "10.0", "12.6", 2.5, "number", False),
    ("percent", "100.0", "95.0", 5, "number", True),
    ("percent", "100.0", "94.0", 5, "number", False),
]  # fmt: skip


@pytest.mark.parametrize(("word", "a", "b", "number", "kind", "wanted"), CASES)
def test_a_condition_means_what_it_says(
    word: str, a: str, b: str, number: float | None, kind: Kind, wanted: bool
) -> None:
    assert holds(word, a, b, number, kind) is wanted
