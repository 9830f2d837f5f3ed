"""Passes of a specification: their keys, and what each settles about the comparisons.

A pass whose key holds a whole column settles that column's equality; a pair of a later pass differs in the one part by
which an earlier key is longer, else the earlier pass had taken it. Neither may count as evidence again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.candidates import Plan
from blocking.mix import U64, combine, mix
from blocking.pairs import PassCount, block, refine
from blocking.passes import Pass
from matching.generic.compare import equal_levels, level_count
from matching.generic.grammar import CROSSED, KeyPart
from matching.generic.prepare import Prepared
from matching.generic.similar import transformed
from matching.generic.spec import LinkageSpec

_EQUAL, _UNEQUAL, _SWAPPED, _YEAR = "equal", "unequal", "swapped", "year"


def part_codes(rows: Prepared, part: KeyPart) -> npt.NDArray[np.int64]:
    """One integer per row for a part of a key; 0 where it is unknown."""
    column = rows.columns[part.column]
    if part.other is not None:
        # Two columns in either order: the mixes of their texts, the smaller one first.
        other = rows.columns[part.other]
        known = (column.codes != 0) & (other.codes != 0)
        texts = np.unique(np.concatenate((column.texts, other.texts)).astype(str))
        a = np.searchsorted(texts, column.texts.astype(str))[column.codes].astype(np.int64)
        b = np.searchsorted(texts, other.texts.astype(str))[other.codes].astype(np.int64)
        pair = mix(mix(np.minimum(a, b)) ^ np.maximum(a, b).astype(np.uint64)) >> np.uint64(1)
        return np.where(known, pair.astype(np.int64) | 1, 0)
    if part.whole:
        return column.codes
    return transformed(column, part.transform, part.number)[column.codes]


def plan(rows: Prepared, spec: LinkageSpec) -> Plan:
    """Keys of all passes, blocks above the limit split by a further column, and what each pass settles."""
    keys, counts = [], []
    for number, parts in enumerate(spec.keys):
        key = combine(number + 1, *(part_codes(rows, part) for part in parts))
        blocks = block(key)
        largest = int((blocks.stop - blocks.start).max(initial=0))
        finer = _finer(rows, spec, parts, largest / spec.limits.block)
        bounded, large, skipped = refine(key, finer, spec.limits.block)
        keys.append(bounded)
        counts.append(PassCount(spec.passes[number].title, 0, large, skipped))
    complete = [count.blok_besar == 0 for count in counts]
    passes = [
        Pass(rule.title, lambda _e: np.zeros(0, dtype=np.uint64), (), _settled(spec, number, complete))
        for number, rule in enumerate(spec.passes)
    ]
    return Plan(passes, keys, counts)


def _finer(rows: Prepared, spec: LinkageSpec, parts: list[KeyPart], times: float) -> U64:
    """What splits blocks `times` too large: the compared column of fewest values that splits them well enough.

    The fewer values it has, the fewer pairs are lost to a difference in it. Missing counts as a value.
    """
    taken = {name for part in parts for name in (part.column, part.other)}
    names = {rule.column for rule in spec.comparisons if rule.column not in taken}
    # The effective number of values: what a column of equally common values would have.
    effective = {name: 1 / max(float((rows.columns[name].share ** 2).sum()), 1e-12) for name in names}
    ordered = sorted(names, key=lambda name: (effective[name], name))
    enough = [name for name in ordered if effective[name] >= 2 * times] or ordered[-1:]
    if not enough:
        return np.zeros(rows.n, dtype=np.uint64)
    return combine(9_999, rows.columns[enough[0]].codes + 1)


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
