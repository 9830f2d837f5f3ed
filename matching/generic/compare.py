"""Levels of pairs under a specification. Level 0 is missing; then the conditions in order; the last is "different".

Term frequency is in the levels: equal values are split by how common they are, so the model works on pattern counts
alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler

from blocking.pairs import Index
from matching.generic.grammar import CROSSED, EQUAL, LEVEL_TEXTS, Condition
from matching.generic.prepare import Coded, Codes, Prepared
from matching.generic.similar import TESTS, Flags, similarity
from matching.generic.spec import Comparison as Rule
from matching.generic.spec import LinkageSpec
from matching.specification import Comparison, Levels
from rules.i18n import N_

MISSING = N_("missing on one side")
DIFFERENT = N_("different")
RARE = N_("same, at most {share:g} of the rows")
COMMON = N_("same, more than {share:g} of the rows")


def level_count(rule: Rule, conditions: list[Condition]) -> int:
    """Levels of a comparison, missing and different among them."""
    return len(conditions) + len(rule.cuts) + 2


def equal_levels(rule: Rule, conditions: list[Condition]) -> tuple[int, ...]:
    """The levels of equal values; none where the comparison does not tell them from similar ones."""
    return tuple(range(1, 2 + len(rule.cuts))) if conditions[0].word == EQUAL else ()


def comparisons(spec: LinkageSpec, say: Callable[[str], str] = str) -> tuple[Comparison, ...]:
    """The comparisons as the model knows them, with the words for each level, put into a language by `say`."""
    made = []
    for rule, conditions in zip(spec.comparisons, spec.conditions, strict=True):
        texts = [say(MISSING)]
        for one in conditions:
            text = LEVEL_TEXTS.get(one.word)
            plain = str(one) if text is None else say(text).format(other=rule.crossed)
            if one.word == EQUAL and rule.cuts:
                texts.append(say(RARE).format(share=rule.cuts[0]))
                texts += [say(COMMON).format(share=cut) for cut in rule.cuts]
            else:
                texts.append(plain)
        made.append(Comparison(rule.title, rule.title, (*texts, say(DIFFERENT))))
    return tuple(made)


class Comparer:
    """Levels of pairs of prepared rows."""

    def __init__(self, rows: Prepared, spec: LinkageSpec) -> None:
        self.rows, self.spec = rows, spec

    def levels(self, a: Index, b: Index) -> Levels:
        """(pairs, comparisons) levels in the order of the specification."""
        out = np.empty((len(a), len(self.spec.comparisons)), dtype=np.uint8)
        crossed: dict[str, Flags] = {}
        for k, (rule, conditions) in enumerate(zip(self.spec.comparisons, self.spec.conditions, strict=True)):
            out[:, k], hit = self._one(rule, conditions, a, b)
            if rule.crossed is not None and hit is not None:
                crossed[rule.crossed] = crossed.get(rule.crossed, np.zeros(len(a), dtype=bool)) | hit
        for k, rule in enumerate(self.spec.comparisons):
            # A swap is counted once, by the comparison that looks for it.
            if rule.crossed is None and rule.column in crossed:
                out[crossed[rule.column], k] = 0
        return out

    def _one(
        self, rule: Rule, conditions: list[Condition], a: Index, b: Index
    ) -> tuple[npt.NDArray[np.uint8], Flags | None]:
        column = self.rows.columns[rule.column]
        left, right = column.codes[a], column.codes[b]
        different = level_count(rule, conditions) - 1
        level = np.full(len(a), different, dtype=np.uint8)
        known = (left != 0) & (right != 0)
        hit = None
        open_ = known.copy()
        at = 1
        for one in conditions:
            if one.word == EQUAL:
                same = np.flatnonzero(known & (left == right))
                level[same] = at + np.searchsorted(np.asarray(rule.cuts), column.share[left[same]])
                open_[same] = False
                at += 1 + len(rule.cuts)
                continue
            # Without a level `equal`, equal values fulfil whatever comes first.
            rest = np.flatnonzero(open_)
            if one.word == CROSSED:
                # A swap may leave one side empty, so that it is looked for in unknown values too.
                rest = np.flatnonzero(open_ | ~known)
                found = self._crossed(rule, one, a[rest], b[rest])
                hit = np.zeros(len(a), dtype=bool)
                hit[rest[found]] = True
            else:
                same_text = left[rest] == right[rest]
                found = same_text.copy()
                apart = ~same_text
                found[apart] = TESTS[one.word](column, left[rest][apart], right[rest][apart], one.number or 0.0)
            level[rest[found]] = at
            open_[rest[found]] = False
            at += 1
        swapped = hit if hit is not None else np.zeros(len(a), dtype=bool)
        level[~known & ~swapped] = 0
        return level, hit

    def _crossed(self, rule: Rule, one: Condition, a: Index, b: Index) -> Flags:
        """Both values stand in the other's column; or one does and the other is unknown on a side."""
        assert rule.crossed is not None
        this, other = self.rows.columns[rule.column], self.rows.columns[rule.crossed]
        ways = []
        for x, y in ((a, b), (b, a)):
            left, right = this.codes[x], other.codes[y]
            known = (left != 0) & (right != 0)
            ways.append((known, _alike(this, other, left, right, one.number or 1.0)))
        (known1, alike1), (known2, alike2) = ways
        stays = (other.codes[a] == other.codes[b]) & (other.codes[a] != 0)
        return np.asarray(((alike1 & (alike2 | ~known2)) | (alike2 & ~known1)) & ~stays, dtype=bool)


def _alike(this: Coded, other: Coded, left: Codes, right: Codes, least: float) -> Flags:
    known = np.flatnonzero((left != 0) & (right != 0))
    out = np.zeros(len(left), dtype=bool)
    a, b = this.texts[left[known]].tolist(), other.texts[right[known]].tolist()
    out[known] = similarity(JaroWinkler.normalized_similarity, a, b, least)
    return out
