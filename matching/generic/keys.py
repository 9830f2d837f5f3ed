"""Passes of a specification: their keys, and what each settles about the comparisons.

A pass whose key holds a whole column settles that column's equality; a pair of a later pass differs in the one part by
which an earlier key is longer, else the earlier pass had taken it. Neither may count as evidence again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.candidates import Plan
from blocking.heap import lined
from blocking.jit import Made, each, parts_of
from blocking.kernels import number_blocks
from blocking.mix import U64, combine, mix
from blocking.pairs import Blocks, PassCount, bounded
from blocking.passes import Pass
from matching.generic.columns import Coded, Texts
from matching.generic.compare import equal_levels, level_count
from matching.generic.grammar import CROSSED, KeyPart
from matching.generic.prepare import Prepared
from matching.generic.program import text_codes
from matching.generic.spec import LinkageSpec
from matching.kernels.coding import word_mixes
from matching.kernels.conditions import DATE, LOW, TEXT
from matching.kernels.keys import fill_keys

# Bits of a packed date that a part takes; two digits 00 are unknown.
_DATE_PARTS = {"year": (16, 0xFFFF), "month": (8, 0xFF), "day": (0, 0xFF), "month_day": (0, 0xFFFF)}
_NOUGHT = {"month": 0x11, "day": 0x11, "month_day": 0x1111}
_EQUAL, _UNEQUAL, _SWAPPED, _YEAR = "equal", "unequal", "swapped", "year"


class _Parts:
    """The parts of the keys of all passes as `matching.kernels.keys` reads them."""

    def __init__(self, rows: Prepared, spec: LinkageSpec) -> None:
        self.rows, self._tables = rows, [np.zeros(0, dtype=np.int64)]
        self.parts = np.array(
            [(number, *self._part(part)) for number, parts in enumerate(spec.keys) for part in parts], dtype=np.int64
        )
        self.tables = np.concatenate(self._tables)

    def _part(self, part: KeyPart) -> tuple[int, int, int, int, int, bool]:
        """(column, shift, mask, bits that are not known, where its table begins, whether that goes by rows)."""
        column, place = self.rows.columns[part.column], self.rows.place(part.column)
        low = LOW if column.how in (TEXT, DATE) else -1
        if part.other is not None:
            # Two columns in either order: the mixes of their texts, the smaller one first.
            a, b = _text_mixes(column), _text_mixes(self.rows.columns[part.other])
            pair = mix(mix(np.minimum(a, b)) ^ np.maximum(a, b).astype(np.uint64)).view(np.int64) | 1
            return place, 0, -1, 0, self._table(np.where((a != 0) & (b != 0), pair, 0)), True
        if part.whole:
            return place, 0, low, 0, -1, False
        if column.how == TEXT:
            return place, 0, low, 0, self._table(text_codes(column, part.transform, part.number)), False
        if column.how == DATE and part.transform in _DATE_PARTS:
            return place, *_DATE_PARTS[part.transform], _NOUGHT.get(part.transform, 0), -1, False
        # The first or last signs of a number or of a date as it is written.
        seen, code = np.unique(column.plain, return_inverse=True)
        texts = pl.Series("v", [column.text(int(value)) for value in seen], dtype=pl.String)
        made = texts.str.head(part.number) if part.transform == "first" else texts.str.tail(part.number)
        return place, 0, -1, 0, self._table(_mixes(made)[code]), True

    def _table(self, codes: npt.NDArray[np.int64]) -> int:
        self._tables.append(codes)
        return sum(map(len, self._tables[:-1]))


def _mixes(texts: pl.Series) -> npt.NDArray[np.int64]:
    plain = Texts.of(texts)
    return np.asarray(word_mixes(plain.data, plain.begin, 2**31, 0), dtype=np.int64)


def _text_mixes(column: Coded) -> npt.NDArray[np.int64]:
    """64 bits of the text of every row, the same in every column; 0 for no value."""
    return _mixes(column.distinct)[column.plain] if column.how == TEXT else _mixes(column.written())


def plan(rows: Prepared, spec: LinkageSpec, beside: Callable[[], Made]) -> tuple[Plan, Made]:
    """Keys of all passes, blocks above the limit split by a further column, and what each pass settles.

    The keys are the columns of one matrix (`together`): the keys of a row lie side by side. `beside` is other work on
    the rows, done together with the passes, so that no core waits for the last of them; what it made is given back.
    """
    together = lined(rows.n, len(spec.keys), np.uint64)
    given = _Parts(rows, spec)
    keys = np.empty((len(spec.keys), rows.n), dtype=np.uint64)
    each(
        lambda part: fill_keys(rows.rows, given.parts, given.tables, part.start, part.stop, keys, together),
        parts_of(rows.n),
    )
    first = np.zeros(rows.n, dtype=np.uint32)
    limit = spec.limits.block

    def one_pass(number: int) -> tuple[Blocks, PassCount, int]:

        def finer(largest: int) -> U64:
            return _finer(rows, spec, spec.keys[number], largest / limit)

        key, blocks, large, skipped = bounded(keys[number], finer, limit)
        if large:
            together[:, number] = key
        if number == 0:
            number_blocks(blocks.order, blocks.start, blocks.stop, first)
        return blocks, PassCount(spec.passes[number].title, 0, large, skipped), blocks.pairs

    work: list[Callable[[], Any]] = [*(partial(one_pass, number) for number in range(len(spec.keys))), beside]
    *found, made = each(lambda one: one(), work)
    counts = [count for _blocks, count, _pairs in found]
    complete = [count.blok_besar == 0 for count in counts]
    passes = [
        Pass(rule.title, lambda _e: np.zeros(0, dtype=np.uint64), (), _settled(spec, number, complete))
        for number, rule in enumerate(spec.passes)
    ]
    chosen = Plan(
        passes,
        list(together.T[: len(spec.keys)]),
        counts,
        [blocks for blocks, _count, _pairs in found],
        together,
        first,
        [pairs for _blocks, _count, pairs in found],
    )
    return chosen, made


def _finer(rows: Prepared, spec: LinkageSpec, parts: list[KeyPart], times: float) -> U64:
    """What splits blocks `times` too large: the compared column of fewest values that splits them well enough.

    The fewer values it has, the fewer pairs are lost to a difference in it. Missing counts as a value.
    """
    taken = {name for part in parts for name in (part.column, part.other)}
    names = {rule.column for rule in spec.comparisons if rule.column not in taken}
    # The effective number of values: what a column of equally common values would have.
    effective = {name: rows.columns[name].effective for name in names}
    ordered = sorted(names, key=lambda name: (effective[name], name))
    enough = [name for name in ordered if effective[name] >= 2 * times] or ordered[-1:]
    if not enough:
        return np.zeros(rows.n, dtype=np.uint64)
    value = rows.columns[enough[0]].plain
    return combine(9_999, np.where(value == 0, -1, value))


def _settled(spec: LinkageSpec, number: int, complete: list[bool]) -> tuple[str, ...]:
    """The cases "comparison:case" that the key of pass `number` and the keys before it allow."""
    own = set(spec.keys[number])
    same = {part.column for part in own if part.whole}
    unlike = set()
    for earlier in range(number):
        rest = {part for part in spec.keys[earlier] if part not in own and (part.other or part.column not in same)}
        if complete[earlier] and len(rest) == 1 and (part := next(iter(rest))).whole:
            unlike.add(part.column)
    either = {name for part in own if part.other is not None for name in (part.column, part.other)}
    year = {part.column for part in own if part.transform == "year"}
    swaps = {name for rule in spec.comparisons if rule.crossed for name in (rule.column, rule.crossed)}
    cases = []
    for rule, conditions in zip(spec.comparisons, spec.conditions, strict=True):
        if equal_levels(rule, conditions):
            if rule.column in same:
                cases.append(f"{rule.title}:{_EQUAL}")
            elif rule.column in either & swaps:
                # The same two values in either order: equal both, or swapped. A swap has its level in one comparison.
                cases.append(f"{rule.title}:{_SWAPPED}")
            elif rule.column in year and "same_year" in (one.word for one in conditions):
                cases.append(f"{rule.title}:{_YEAR}")
            elif rule.column in unlike:
                cases.append(f"{rule.title}:{_UNEQUAL}")
    return tuple(cases)


def narrowed(spec: LinkageSpec) -> dict[str, tuple[int, ...]]:
    """The levels that can occur in each case of `_settled`."""
    out = {}
    for rule, conditions in zip(spec.comparisons, spec.conditions, strict=True):
        equal = equal_levels(rule, conditions)
        every = range(1, level_count(rule, conditions))
        words = [one.word for one in conditions]
        out[f"{rule.title}:{_EQUAL}"] = equal
        out[f"{rule.title}:{_UNEQUAL}"] = tuple(level for level in every if level not in equal)
        out[f"{rule.title}:{_SWAPPED}"] = equal + (
            (len(rule.cuts) + 1 + words.index(CROSSED),) if CROSSED in words else ()
        )
        if "same_year" in words:
            last = len(rule.cuts) + 1 + words.index("same_year")
            out[f"{rule.title}:{_YEAR}"] = tuple(level for level in every if level <= last)
    return out
