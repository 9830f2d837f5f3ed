"""What rows that resemble each other without being one person look like, learned inside each list.

A list hardly ever names a person twice, so of two of its rows that share the key of a pass nearly all are two people:
brothers and sisters on one card, twins on card and birth date, namesakes of one village. Each pass gets a class of its
own from them; rows that are one person after all are taken by the match class, which is held.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from blocking.candidates import Plan
from blocking.jit import each
from blocking.pairs import Index
from blocking.tally import distinct
from matching.fit import LEAST_PAIRS, Anchors, fit, level_counts
from matching.generic.pairing import Comparer
from matching.generic.prepare import Prepared
from matching.kernels.candidates import fill_fellows, keep_unshared
from matching.model import PatternTable, Strata
from matching.specification import LatentClass, Patterns
from matching.terms import F64

MOST = 20_000  # pairs compared of each pass
LOOKED = 4 * MOST  # pairs of which is asked whether an earlier pass holds them
ENOUGH = 1e-4  # of the mean log-likelihood: what is learned here is an anchor, from which the last fit starts
LOOSE = 20.0  # pairs that the first guess of a class is worth
TOO_LIKE = 0.5  # overlap with the match class from which a pass finds rows listed twice rather than two people


def fellow_pairs(rows: Prepared, chosen: Plan) -> list[tuple[int, Index, Index, F64]]:
    """(pass, left, right, weight) of neighbours in the blocks of one list that no earlier pass holds.

    A block of n rows of a list gives n - 1 of its n (n - 1) / 2 pairs, each with the weight n / 2.
    """
    keys = chosen.bersama
    assert keys is not None

    def of_pass(k: int) -> tuple[int, Index, Index, F64]:
        blocks = chosen.blok[k]
        most = int(blocks.stop.sum() - blocks.start.sum()) - len(blocks.start)
        a, b, weight = np.empty(most, dtype=np.uint32), np.empty(most, dtype=np.uint32), np.empty(most)
        n = fill_fellows(rows.begins, blocks.order, blocks.start, blocks.stop, a, b, weight)
        a, b, weight = _some(LOOKED, a[:n], b[:n], weight[:n])
        n = keep_unshared(keys, k, a, b, weight)
        return k, *_some(MOST, a[:n], b[:n], weight[:n])

    return each(of_pass, range(len(chosen.blok)))


def _some(most: int, a: Index, b: Index, weight: F64) -> tuple[Index, Index, F64]:
    """At most so many pairs at even distances, which stand for all."""
    n = len(a)
    if n <= most:
        return a, b, weight
    some = np.arange(most) * n // most
    return a[some], b[some], weight[some] * (n / most)


def fellow_patterns(rows: Prepared, chosen: Plan, compare: Comparer) -> list[tuple[int, Patterns, F64]]:
    """(pass, pattern, weight) of the fellows of each pass that holds enough pairs inside a list; each pattern once."""
    found = []
    for k, a, b, weight in fellow_pairs(rows, chosen):
        if weight.sum() >= LEAST_PAIRS:
            pattern, place, _count = distinct(compare.patterns(a, b))
            found.append((k, pattern, np.bincount(place, weights=weight).astype(np.float64)))
    return found


def fellow_anchors(
    found: list[tuple[int, Patterns, F64]], compare: Comparer, strata: Strata, anchors: Anchors, same: str, other: str
) -> dict[str, list[F64]]:
    """Anchors (level counts per comparison) of a class for each pass of which fellows were `found`.

    `anchors` are those of the held classes `same` and `other`. A class that looks like the match class is left out: its
    pass finds rows that a list holds twice. Empty where no list has rows that share keys and are two people.
    """
    spec = replace(compare.spec, classes=(LatentClass(same), LatentClass(other)))
    parts, guess, number = [], dict(anchors), {}
    for k, pattern, count in found:
        name = f"fellows {k + 1}"
        guess[name] = level_counts(spec.unpack(pattern), spec.comparisons, count)
        number[name] = float(count.sum())
        none = np.zeros(len(pattern), dtype=np.uint8)
        parts.append((pattern, strata.number(k, none, none), np.maximum(np.rint(count), 1).astype(np.int64)))
    if not parts:
        return {}
    table = PatternTable(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    names = list(number)
    while names:
        loose = tuple(LatentClass(name, LOOSE) for name in names)
        every = replace(spec, classes=(spec.classes[0], *loose, spec.classes[-1]))
        fitted = fit(table, strata, guess, every, starts=1, tolerance=ENOUGH)
        apart = [name for name in names if fitted.info["tumpang_tindih"][name] < TOO_LIKE]
        if len(apart) == len(names):
            break
        names = apart
    return {name: [theta[c] * number[name] for theta in fitted.theta] for c, name in enumerate(names, start=1)}
