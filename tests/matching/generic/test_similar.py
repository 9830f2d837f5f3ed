"""Each condition against reference values: jellyfish and rapidfuzz one pair at a time, and cases worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import jellyfish
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from matching.generic.grammar import Kind
from matching.generic.prepare import Coded
from matching.generic.similar import TESTS, transformed

NAMES = ["martha", "marhta", "dixon", "dicksonx", "jellyfish", "smellyfish", "siti nurhaliza", "nurhaliza"]
NAMES += ["o", "ibu", "robert", "rupert"]
words = st.text(alphabet="abcdeirst ", min_size=1, max_size=9).map(str.strip).filter(bool)


def holds(word: str, a: str, b: str, number: float = 0.0, kind: Kind = "text") -> bool:
    column = Coded("c", kind, pl.Series("c", [a, b]))
    left, right = column.codes[:1], column.codes[1:]
    found = bool(TESTS[word](column, left, right, number)[0])
    assert found == bool(TESTS[word](column, right, left, number)[0]), "a condition has no direction"
    return found


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


def test_phonetic_codes_are_those_of_jellyfish() -> None:
    column = Coded("c", "text", pl.Series("c", NAMES))
    for word in ("soundex", "metaphone", "nysiis"):
        code = transformed(column, word)[column.codes]
        wanted = [getattr(jellyfish, word)(name) for name in NAMES]
        same = np.equal.outer(code, code)
        for i, one in enumerate(wanted):
            for j, two in enumerate(wanted):
                assert same[i, j] == (one == two), (word, NAMES[i], NAMES[j])
    assert holds("soundex", "robert", "rupert")
    assert not holds("soundex", "robert", "dixon")


CASES: list[tuple[str, str, str, float, Kind, bool]] = [
    ("jaccard", "mill lane 7", "lane mill", 0.66, "text", True),
    ("jaccard", "mill lane 7", "lane mill", 0.67, "text", False),
    ("jaccard", "mill mill", "lane", 0.01, "text", False),
    ("subset", "siti nurhaliza", "nurhaliza", 0, "text", True),
    ("subset", "siti nurhaliza", "nurhaliza dewi", 0, "text", False),
    ("same_words", "siti nurhaliza", "nurhaliza siti", 0, "text", True),
    ("no_blanks", "nur hayati", "nurhayati", 0, "text", True),
    ("initial", "m.", "muhammad", 0, "text", True),
    ("initial", "ma", "muhammad", 0, "text", False),
    ("prefix", "3201014101", "3201014199", 8, "digits", True),
    ("prefix", "32", "32", 8, "digits", False),
    ("suffix", "1234", "9934", 2, "digits", True),
    ("one_digit", "1234", "1244", 0, "digits", True),
    ("one_digit", "1234", "1324", 0, "digits", True),
    ("one_digit", "1234", "1423", 0, "digits", False),
    ("one_digit", "1234", "123", 0, "digits", False),
    ("digits", "1234", "9934", 2, "digits", True),
    ("digits", "1234", "9994", 2, "digits", False),
    ("day_month", "1990-03-04", "1990-04-03", 0, "date", True),
    ("day_month", "1990-03-04", "1991-04-03", 0, "date", False),
    ("day_month", "1990-00-00", "1990-00-00", 0, "date", False),
    ("one_part", "1990-03-04", "1990-07-04", 0, "date", True),
    ("one_part", "1990-03-04", "1991-07-04", 0, "date", False),
    ("one_digit", "1990-03-04", "1990-03-14", 0, "date", True),
    ("one_digit", "1990-03-04", "1909-03-04", 0, "date", True),
    ("same_year", "1990-03-04", "1990-12-31", 0, "date", True),
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
def test_a_condition_means_what_it_says(word: str, a: str, b: str, number: float, kind: Kind, wanted: bool) -> None:
    assert holds(word, a, b, number, kind) is wanted
