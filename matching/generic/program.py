"""A specification and coded columns -> the program and tables that the kernels run (`matching.kernels.conditions`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.heap import lined
from matching.generic.columns import Coded, Texts
from matching.generic.compare import level_count
from matching.generic.grammar import EQUAL, Condition
from matching.generic.prepare import Prepared
from matching.generic.spec import LinkageSpec
from matching.kernels import conditions as c
from matching.kernels.coding import describe, word_mixes
from matching.kernels.conditions import Program, Tables
from rules.lists import ascending

I64 = npt.NDArray[np.int64]
Letters = npt.NDArray[np.unsignedinteger]

_WORDS: Final = {
    EQUAL: c.EQUAL,
    "crossed": c.CROSSED,
    "jaro": c.JARO,
    "jaro_winkler": c.WINKLER,
    "levenshtein": c.EDITS,
    "osa": c.TURNED,
    "jaccard": c.JACCARD,
    "subset": c.SUBSET,
    "initial": c.INITIAL,
    "one_digit": c.ONE_DIGIT,
    "digits": c.PLACES,
    "prefix": c.FIRST,
    "suffix": c.LAST,
    "day_month": c.DAY_MONTH,
    "one_part": c.ONE_PART,
    "same_year": c.YEAR,
    "years": c.YEARS,
    "days": c.DAYS,
    "within": c.WITHIN,
    "percent": c.PERCENT,
}
_CODES: Final = frozenset({"same_words", "no_blanks", "soundex", "metaphone"})  # equality of a text made of the value
FIRST, LAST, WORD = range(3)  # of matching.kernels.coding.word_mixes

_MADE: Final[dict[str, Callable[[pl.Series], pl.Series]]] = {
    "consonants": lambda text: (
        text.str.to_lowercase().str.replace_all(r"[^\p{L}]", "").str.replace_all(r"\B[aiueo]", "")
    ),
    "no_blanks": lambda text: text.str.replace_all(" ", "", literal=True),
    "same_words": lambda text: ascending(text.str.split(" ")).list.join(" "),
}


def text_codes(column: Coded, word: str, number: int = 0) -> I64:
    """(distinct texts,) 64 bits of what `word` makes of each text of a text column; 0 where it makes nothing."""
    letters, texts = _letters([column.texts])
    if word in ("first", "last", "word1"):
        which = {"first": FIRST, "last": LAST, "word1": WORD}[word]
        return np.asarray(word_mixes(letters, texts[0], number, which), dtype=np.int64)
    if word in ("soundex", "metaphone", "nysiis"):
        import jellyfish

        code = getattr(jellyfish, word)
        made = pl.Series("v", [code(one) for one in column.distinct.to_list()], dtype=pl.String)
    else:
        made = _MADE[word](column.distinct)
    plain = Texts.of(made)
    return np.asarray(word_mixes(plain.data, plain.begin, 2**31, FIRST), dtype=np.int64)


def _letters(parts: list[Texts]) -> tuple[Letters, list[npt.NDArray[np.uint64]]]:
    """Letters of all texts, a number each, and where each text begins in those of its part.

    ASCII letters are their own number; others get the next free ones in the order of first appearance.
    """
    data = np.concatenate([part.data for part in parts]) if parts else np.zeros(0, dtype=np.uint8)
    if not len(data) or int(data.max()) < 128:
        return data, [part.begin for part in parts]
    begins, found = [], []
    for part in parts:
        points = np.frombuffer(bytes(part.data).decode().encode("utf-32-le"), dtype=np.uint32)
        # A byte that continues no letter begins one.
        first = np.concatenate(([0], np.cumsum((part.data & 0xC0) != 0x80))).astype(np.uint64)
        begins.append(first[part.begin])
        found.append(points)
    points = np.concatenate(found)
    beyond = np.unique(points[points >= 128])
    number = np.where(points < 128, points, 128 + np.searchsorted(beyond, points))
    kind = np.uint8 if 128 + len(beyond) <= 256 else np.uint16 if 128 + len(beyond) <= 65_536 else np.uint32
    return number.astype(kind), begins


class _Codes:
    """Tables of codes, one after another; each is made once."""

    def __init__(self) -> None:
        self.parts: list[I64] = []
        self.known: dict[tuple[str, str, int], int] = {}

    def place(self, column: Coded, one: Condition) -> int:
        """Where the table of a condition begins."""
        key = (column.name, one.word, int(one.number or 0))
        if key not in self.known:
            self.known[key] = sum(map(len, self.parts))
            self.parts.append(_table(column, one))
        return self.known[key]


def _table(column: Coded, one: Condition) -> I64:
    if one.word != "initial":
        return text_codes(column, one.word)
    short = (column.distinct.str.strip_chars(".").str.len_chars() == 1).to_numpy()
    return np.asarray(text_codes(column, "first", 1) & ~1 | short, dtype=np.int64)


def program(rows: Prepared, spec: LinkageSpec) -> tuple[Program, Tables]:
    """What the kernels need to compare any two of `rows`."""
    columns = list(rows.columns.values())
    base = np.cumsum([0, *(len(column.texts) for column in columns)])
    letters, begins = _letters([column.texts for column in columns])
    texts = lined(int(base[-1]), 2, np.int64)
    shift = 0
    for begin, first in zip(begins, base.tolist(), strict=False):
        describe(letters[shift:], begin, texts, first, shift)
        shift += int(begin[-1])
    compared: list[tuple[int, ...]] = []
    tested: list[tuple[int, int, int]] = []
    numbers: list[float] = []
    codes, at = _Codes(), 0
    for rule, conditions in zip(spec.comparisons, spec.conditions, strict=True):
        column = rows.columns[rule.column]
        opens, level = len(tested), 1
        for one in conditions:
            if one.word in _CODES or one.word == "initial":
                word, table = (c.INITIAL if one.word == "initial" else c.CODE), codes.place(column, one)
            else:
                word, table = _WORDS[one.word], 0
            tested.append((word, level, table))
            numbers.append(float(one.number or 0.0))
            level += 1 + (len(rule.cuts) if one.word == EQUAL else 0)
        bits = (level_count(rule, conditions) - 1).bit_length()
        other = None if rule.crossed is None else rows.columns[rule.crossed]
        compared.append(
            (
                rows.place(rule.column),
                column.how,
                int(base[rows.place(rule.column)]),
                opens,
                len(tested),
                level_count(rule, conditions) - 1,
                at,
                (1 << bits) - 1,
                -1 if rule.crossed is None else rows.place(rule.crossed),
                -1 if other is None else other.how,
                0 if rule.crossed is None else int(base[rows.place(rule.crossed)]),
                column.classes if rule.cuts else -1,
            )
        )
        at += bits
    return (
        Program(np.array(compared, dtype=np.int64), np.array(tested, dtype=np.int64), np.array(numbers)),
        Tables(
            rows.rows,
            rows.rows.view(np.float64),
            letters,
            texts,
            np.concatenate([*codes.parts, np.zeros(0, dtype=np.int64)]),
            int((texts[:, 0] & 0xFFFF).max(initial=0)),
        ),
    )
