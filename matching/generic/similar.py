"""How each condition of the grammar is computed, vectorised over pairs of codes of one column.

Every function is symmetric in its two sides. Similarities come from rapidfuzz, phonetic codes from jellyfish over the
distinct values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jellyfish
import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, Jaro, JaroWinkler, Levenshtein
from scipy.sparse import csr_array

from matching.generic.prepare import Coded, Codes

Flags = npt.NDArray[np.bool_]
Test = Callable[[Coded, Codes, Codes, float], Flags]


def similarity(scorer: Any, a: list[str], b: list[str], least: float) -> Flags:  # noqa: ANN401 - a rapidfuzz scorer
    """Which pairs reach `least`."""
    # rapidfuzz answers 0 for what lies below the cut-off, and for what is about 1e-8 above it.
    found = process.cpdist(a, b, scorer=scorer, score_cutoff=max(least - 1e-6, 0.0), workers=-1, dtype=np.float64)
    return np.asarray(found >= least - 1e-12, dtype=bool)


def distance(scorer: Any, a: list[str], b: list[str], most: float) -> Flags:  # noqa: ANN401
    """Which pairs are at most `most` apart."""
    found = process.cpdist(a, b, scorer=scorer, score_cutoff=int(most), workers=-1, dtype=np.int32)
    return np.asarray(found <= most, dtype=bool)


def _like(scorer: Any) -> Test:  # noqa: ANN401
    def test(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
        return similarity(scorer, c.texts[left].tolist(), c.texts[right].tolist(), number)

    return test


def _near(scorer: Any) -> Test:  # noqa: ANN401
    def test(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
        return distance(scorer, c.texts[left].tolist(), c.texts[right].tolist(), number)

    return test


_MADE: Final[dict[str, Callable[[pl.Series], pl.Series]]] = {
    "word1": lambda text: text.str.extract(r"^(\S+)", 1),
    "consonants": lambda text: (
        text.str.to_lowercase().str.replace_all(r"[^\p{L}]", "").str.replace_all(r"\B[aiueo]", "")
    ),
    "no_blanks": lambda text: text.str.replace_all(" ", "", literal=True),
    "same_words": lambda text: text.str.split(" ").list.sort().list.join(" "),
}
_DATE_PARTS: Final = {"year": (10_000, 10_000), "month": (100, 100), "day": (1, 100), "month_day": (1, 10_000)}


def transformed(c: Coded, word: str, number: int = 0) -> Codes:
    """Codes of a transform of each distinct value of `c`; 0 where the transform has nothing to give."""
    text = c.values
    if word in ("first", "last"):
        return c.derived(text.str.head(number) if word == "first" else text.str.tail(number))
    if word in ("soundex", "metaphone", "nysiis"):
        code = getattr(jellyfish, word)
        return c.derived(pl.Series("v", [code(one) for one in c.texts.tolist()], dtype=pl.String))
    if word in _DATE_PARTS:
        divisor, size = _DATE_PARTS[word]
        return np.asarray(c.dates // divisor % size, dtype=np.int64)
    return c.derived(_MADE[word](text))


def _same(word: str) -> Test:
    def test(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
        code = transformed(c, word)
        return np.asarray((code[left] == code[right]) & (code[left] != 0), dtype=bool)

    return test


def _affix(word: str) -> Test:
    def test(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
        code = transformed(c, word, int(number))
        long = (c.values.str.len_chars() >= int(number)).to_numpy()
        return np.asarray((code[left] == code[right]) & long[left] & long[right], dtype=bool)

    return test


def _shared_words(c: Coded, left: Codes, right: Codes) -> tuple[npt.NDArray[np.int64], ...]:
    """(words in common, words of the left, words of the right); a word counts once."""
    frame = pl.DataFrame({"i": np.arange(len(c.values)), "w": c.values.str.split(" ")}).explode("w")
    frame = frame.filter(pl.col("w") != "").unique(maintain_order=True)
    word = frame["w"].rank("dense").cast(pl.Int64).to_numpy() - 1
    shape = (len(c.values), int(word.max(initial=-1)) + 1 or 1)
    table = csr_array((np.ones(len(word), dtype=np.int64), (frame["i"].to_numpy(), word)), shape=shape)
    size = np.asarray(table.sum(axis=1), dtype=np.int64).ravel()
    common = np.asarray(table[left].multiply(table[right]).sum(axis=1), dtype=np.int64).ravel()
    return common, size[left], size[right]


def _jaccard(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    common, a, b = _shared_words(c, left, right)
    # A product instead of a quotient: 2/3 must reach a cut of 0.6666 written by hand, and no word gives no division.
    return np.asarray((common >= number * (a + b - common) - 1e-9) & (common > 0), dtype=bool)


def _subset(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
    common, a, b = _shared_words(c, left, right)
    return np.asarray((common == np.minimum(a, b)) & (common > 0), dtype=bool)


def _initial(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
    first = transformed(c, "first", 1)
    short = (c.values.str.strip_chars(".").str.len_chars() == 1).to_numpy()
    return np.asarray((first[left] == first[right]) & (short[left] | short[right]), dtype=bool)


def _plain_digits(c: Coded) -> pl.Series:
    return c.values.str.replace_all("-", "", literal=True)


def _places(c: Coded) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Digits of each distinct value place by place, and how many there are."""
    text = _plain_digits(c)
    length = text.str.len_chars().cast(pl.Int64).to_numpy()
    width = int(length.max(initial=1)) or 1
    raw = "".join(text.str.pad_end(width, " ").to_list()).encode("ascii", "replace")
    return np.frombuffer(raw, dtype=np.uint8).reshape(len(text), width), length


def _digits(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    table, length = _places(c)
    apart = (table[left] != table[right]).sum(axis=1)
    return np.asarray((apart <= number) & (length[left] == length[right]), dtype=bool)


def _one_digit(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
    table, length = _places(c)
    a, b = table[left], table[right]
    differs = a != b
    apart = differs.sum(axis=1)
    turned = np.zeros(len(a), dtype=bool)
    for place in range(table.shape[1] - 1):
        turned |= (apart == 2) & (a[:, place] == b[:, place + 1]) & (a[:, place + 1] == b[:, place]) & differs[:, place]
    return np.asarray(((apart == 1) | turned) & (length[left] == length[right]), dtype=bool)


def _parts(c: Coded, codes: Codes) -> tuple[Codes, Codes, Codes]:
    date = c.dates[codes]
    return date // 10_000, date // 100 % 100, date % 100


def _day_month(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
    (ya, ma, da), (yb, mb, db) = _parts(c, left), _parts(c, right)
    return np.asarray((ya == yb) & (ma == db) & (da == mb) & (ma > 0) & (mb > 0), dtype=bool)


def _one_part(c: Coded, left: Codes, right: Codes, _number: float) -> Flags:
    (ya, ma, da), (yb, mb, db) = _parts(c, left), _parts(c, right)
    same = (ya == yb).astype(np.int8) + (ma == mb) + (da == db)
    return np.asarray((same >= 2) & (np.minimum(ma, mb) > 0), dtype=bool)


def _years(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    return np.asarray(np.abs(c.dates[left] // 10_000 - c.dates[right] // 10_000) <= number, dtype=bool)


def _days(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    # Dates that no calendar has are no number of days apart.
    day = c.values.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).fill_null(-(10**8)).to_numpy().astype(np.int64)
    known = day > -(10**8)
    return np.asarray((np.abs(day[left] - day[right]) <= number) & known[left] & known[right], dtype=bool)


def _within(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    return np.asarray(np.abs(c.numbers[left] - c.numbers[right]) <= number, dtype=bool)


def _percent(c: Coded, left: Codes, right: Codes, number: float) -> Flags:
    a, b = c.numbers[left], c.numbers[right]
    return np.asarray(np.abs(a - b) <= number / 100 * np.maximum(np.abs(a), np.abs(b)), dtype=bool)


# `equal` and `crossed` are no functions of one column's unequal values; `compare` knows them.
TESTS: Final[dict[str, Test]] = {
    "jaro": _like(Jaro.normalized_similarity),
    "jaro_winkler": _like(JaroWinkler.normalized_similarity),
    "levenshtein": _near(Levenshtein.distance),
    "osa": _near(OSA.distance),
    "jaccard": _jaccard,
    "subset": _subset,
    "same_words": _same("same_words"),
    "no_blanks": _same("no_blanks"),
    "initial": _initial,
    "soundex": _same("soundex"),
    "metaphone": _same("metaphone"),
    "prefix": _affix("first"),
    "suffix": _affix("last"),
    "one_digit": _one_digit,
    "digits": _digits,
    "day_month": _day_month,
    "one_part": _one_part,
    "same_year": _same("year"),
    "years": _years,
    "days": _days,
    "within": _within,
    "percent": _percent,
}
