"""The words of a specification: conditions of levels ("jaro_winkler>=0.92") and parts of keys ("surname:soundex").

Which words there are, on which kind of column they work and what number they take stands here once; `compare` and
`keys` say how each is computed.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final, Literal

from rules.i18n import N_, _

Kind = Literal["text", "digits", "date", "number"]
KINDS: Final[tuple[Kind, ...]] = ("text", "digits", "date", "number")
EQUAL: Final = "equal"
CROSSED: Final = "crossed"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the grammar: kinds of columns it works on, the sign before its number ("" = it takes none)."""

    kinds: tuple[Kind, ...]
    sign: Literal["", ">=", "<="] = ""
    whole: bool = False  # the number is a whole one
    most: float = float("inf")


_TEXT: Final[tuple[Kind, ...]] = ("text",)
_SIGNS: Final[tuple[Kind, ...]] = ("text", "digits")
_DATE: Final[tuple[Kind, ...]] = ("date",)

CONDITIONS: Final[dict[str, Word]] = {
    EQUAL: Word(KINDS),
    CROSSED: Word(_SIGNS, ">=", most=1),  # with the other column of `crossed`, at least so similar (Jaro-Winkler)
    "jaro": Word(_SIGNS, ">=", most=1),
    "jaro_winkler": Word(_SIGNS, ">=", most=1),
    "levenshtein": Word(_SIGNS, "<=", whole=True),
    "osa": Word(_SIGNS, "<=", whole=True),  # edits with neighbours transposed as one (optimal string alignment)
    "jaccard": Word(_TEXT, ">=", most=1),  # of the words
    "subset": Word(_TEXT),  # every word of one stands in the other
    "same_words": Word(_TEXT),  # the same words in another order
    "no_blanks": Word(_TEXT),  # equal but for blanks
    "initial": Word(_TEXT),  # one is no more than the first letter of the other
    "soundex": Word(_TEXT),
    "metaphone": Word(_TEXT),
    "prefix": Word(_SIGNS, ">=", whole=True),
    "suffix": Word(_SIGNS, ">=", whole=True),
    "one_digit": Word(("digits", "date")),  # one digit wrong or two neighbours transposed
    "digits": Word(("digits", "date"), "<=", whole=True),  # so many digits differ, place by place
    "day_month": Word(_DATE),  # day and month swapped
    "one_part": Word(_DATE),  # one of day, month and year differs
    "same_year": Word(_DATE),
    "years": Word(_DATE, "<=", whole=True),
    "days": Word(_DATE, "<=", whole=True),
    "within": Word(("number",), "<="),
    "percent": Word(("number",), "<="),
}

TRANSFORMS: Final[dict[str, Word]] = {
    "first": Word(KINDS, whole=True),  # first3: the number is part of the word
    "last": Word(KINDS, whole=True),
    "soundex": Word(_TEXT),
    "metaphone": Word(_TEXT),
    "nysiis": Word(_TEXT),
    "consonants": Word(_TEXT),
    "word1": Word(_TEXT),  # the first word
    "year": Word(_DATE),
    "month_day": Word(_DATE),
    "day": Word(_DATE),
    "month": Word(_DATE),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; `number` is None where the word takes none."""

    word: str
    number: float | None = None

    def __str__(self) -> str:
        return self.word if self.number is None else f"{self.word}{CONDITIONS[self.word].sign}{self.number:g}"


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A part of a key: the column itself, a transform of it, or two columns in either order."""

    column: str
    transform: str = ""
    number: int = 0
    other: str | None = None

    @property
    def whole(self) -> bool:
        """Whether rows that share the part have the same value of `column`."""
        return not self.transform and self.other is None


_CONDITION = re.compile(r"^\s*([a-z_]+)\s*(?:(>=|<=)\s*([0-9]+(?:\.[0-9]+)?))?\s*$")
_PART = re.compile(r"^\s*([^:~\s]+)\s*(?:~\s*([^:~\s]+)|:\s*([a-z_]+?)([0-9]*))?\s*$")


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """`; did you mean x?` for the nearest known word, else which there are."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return _("; did you mean {key}?").format(key=near[0])
    return _("; known are {keys}").format(keys=", ".join(known)) if known else ""


def condition(text: str, kind: Kind) -> Condition:
    """Parse the condition `text` for a column of `kind`. Raises ValueError with a text for the user."""
    found = _CONDITION.match(text)
    if not found:
        raise ValueError(_("'{text}' is no condition; write a word like equal or jaro_winkler>=0.92").format(text=text))
    name, sign, number = found.groups()
    fit = [word for word, about in CONDITIONS.items() if kind in about.kinds]
    if name not in CONDITIONS:
        raise ValueError(_("'{word}' is no condition padan knows").format(word=name) + nearest(name, fit))
    about = CONDITIONS[name]
    if kind not in about.kinds:
        text = _("'{word}' does not work on a column of kind {kind}").format(word=name, kind=kind)
        raise ValueError(text + _("; known are {keys}").format(keys=", ".join(fit)))
    if (sign or "") != about.sign:
        wanted = f"{name}{about.sign}" + (_("NUMBER") if about.sign else "")
        raise ValueError(_("'{text}' must be written {wanted}").format(text=text, wanted=wanted))
    if number is None:
        return Condition(name)
    value = float(number)
    if (about.whole and value != int(value)) or value > about.most:
        raise ValueError(_("the number of '{text}' is out of range").format(text=text))
    return Condition(name, value)


def key_part(text: str, kinds: dict[str, Kind]) -> KeyPart:
    """Parse the part `text` of a key; `kinds`: the kind of each column. Raises ValueError with a text for the user."""
    found = _PART.match(text)
    if not found:
        raise ValueError(_("'{text}' is no part of a key; write column or column:soundex").format(text=text))
    column, other, transform, number = found.groups()
    for name in (column, other):
        if name is not None and name not in kinds:
            raise ValueError(unknown_column(name, kinds))
    if other is not None:
        return KeyPart(column, other=other)
    if not transform:
        return KeyPart(column)
    fit = [word for word, about in TRANSFORMS.items() if kinds[column] in about.kinds]
    shown = [f"{word}3" if TRANSFORMS[word].whole else word for word in fit]
    full = transform + number
    if transform not in fit and full in fit:  # word1 ends in a digit of its own
        return KeyPart(column, full)
    if transform not in fit:
        text = _("'{word}' is no transform for a column of kind {kind}").format(word=full, kind=kinds[column])
        raise ValueError(text + nearest(full, shown))
    if TRANSFORMS[transform].whole != bool(number) or number == "0":
        raise ValueError(_("'{word}' must be written {wanted}").format(word=full, wanted=f"{transform}3"))
    return KeyPart(column, transform, int(number or 0))


def unknown_column(name: str, known: dict[str, Kind]) -> str:
    """The words for a column that [columns] does not name."""
    return _("'{column}' is no column of this specification").format(column=name) + nearest(name, list(known))


LEVEL_TEXTS: Final = {
    EQUAL: N_("same"),
    CROSSED: N_("swapped with {other}"),
    "subset": N_("one is a part of the other"),
    "same_words": N_("same words in another order"),
    "no_blanks": N_("same but for blanks"),
    "initial": N_("initial"),
    "one_digit": N_("one digit different"),
    "day_month": N_("day and month swapped"),
    "one_part": N_("one part different"),
    "same_year": N_("same year"),
}
