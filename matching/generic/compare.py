"""Levels of pairs under a specification. Level 0 is missing; then the conditions in order; the last is "different".

Term frequency is in the levels: equal values are split by how common they are, so the model works on pattern counts
alone. The comparing itself is done by `matching.kernels.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable

from matching.generic.grammar import EQUAL, LEVEL_TEXTS, Condition
from matching.generic.spec import Comparison as Rule
from matching.generic.spec import LinkageSpec
from matching.specification import Comparison
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
