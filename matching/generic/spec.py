"""The linkage specification: columns, comparisons, passes, thresholds. Read from TOML, checked as a whole.

Every mistake is told at once, each naming its key, with the nearest word that would be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from matching.generic.grammar import (
    CROSSED,
    EQUAL,
    Condition,
    KeyPart,
    Kind,
    condition,
    key_part,
    nearest,
    unknown_column,
)
from rules.declared import Bounds, RefusedError, declared, read
from rules.errors import ConfigError, Place
from rules.i18n import N_, _
from rules.validation import TomlTexts, describe, read_toml

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Name = Annotated[str, Bounds(pattern=r"[A-Za-z_][A-Za-z0-9_]*")]
Text = Annotated[str, Bounds(min_length=1)]
Texts = Annotated[list[Text], Bounds(min_length=1)]
Share = Annotated[float, Bounds(gt=0, lt=1)]
Strength = Annotated[float, Bounds(gt=0)]
Step = Literal[
    "lower", "upper", "accents", "letters", "digits", "alnum", "collapse", "no_blanks", "leading_zeros",
    "indonesian_name",
]  # fmt: skip
# Shares of the rows that bear a value: rarer first. The model learns what each class is worth, so the cuts only need to
# be apart.
FREQUENCY_CUTS = (3e-4, 3e-3)


@declared
class Column:
    """A column: its headers in the files, and how its text is cleaned before anything is compared."""

    kind: Kind = "text"
    header: list[Text] = field(default_factory=list)  # spellings met in the files; the column's own name always holds
    clean: list[Step] = field(default_factory=list)  # steps in order, after blanks at the edges are cut
    words: dict[Text, str] = field(default_factory=dict)  # whole words replaced after cleaning
    null: list[str] = field(default_factory=list)  # texts that mean "not known"
    formats: list[Text] = field(default_factory=lambda: ["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%Y%m%d"])  # dates
    join: list[Name] = field(default_factory=list)  # made of these columns, where it has no header or no value there
    optional: bool = False  # a list may lack it; its rows then count as not known

    @property
    def own(self) -> bool:
        """Whether it is looked for in the files, and not only made of others."""
        return bool(self.header) or not self.join


@declared
class Comparison:
    """A comparison: conditions tried in order; the first that holds is the level, else the values are different."""

    column: Name
    name: Name | None = None
    levels: Texts
    crossed: Name | None = None  # column with which this one may be swapped
    term_frequency: bool | list[Share] = False

    @property
    def title(self) -> str:
        """Its name."""
        return self.name or self.column

    @property
    def cuts(self) -> tuple[float, ...]:
        """Shares at which equal values are told apart by how common they are."""
        if isinstance(self.term_frequency, bool):
            return FREQUENCY_CUTS if self.term_frequency else ()
        return tuple(sorted(self.term_frequency))


@declared
class PassRule:
    """Rows that agree in every part of `key` are compared."""

    key: Texts

    @property
    def title(self) -> str:
        """The parts of the key."""
        return " + ".join(self.key)


@declared
class Thresholds:
    """Probabilities from which a pair is a match, or goes to review."""

    match: Share = 0.90
    review: Share = 0.20


@declared
class Limits:
    """Bounds: rows of a block, pairs compared at a time, random pairs drawn."""

    block: Annotated[int, Bounds(ge=2)] = 1_000
    chunk: Annotated[int, Bounds(ge=1_000)] = 1_000_000
    random_pairs: Annotated[int, Bounds(ge=1_000)] = 100_000


@declared
class Fitting:
    """How the model is fitted."""

    fellows: bool = False  # a class for each pass, learned from rows of one list that share its key
    similar: Annotated[int, Bounds(ge=0, le=6)] = 0  # classes of pairs that resemble each other and are not the same
    starts: Annotated[int, Bounds(ge=1, le=50)] = 3
    match_strength: Strength = float("inf")  # pairs that the anchor of the match class is worth
    similar_strength: Strength = 200.0


@declared
class LinkageSpec:
    """A whole specification."""

    columns: Annotated[dict[Name, Column], Bounds(min_length=1)]
    comparisons: Annotated[list[Comparison], Bounds(min_length=1)]
    passes: Annotated[list[PassRule], Bounds(min_length=1)]
    thresholds: Thresholds = field(default_factory=Thresholds)
    limits: Limits = field(default_factory=Limits)
    model: Fitting = field(default_factory=Fitting)
    one_to_one: bool = False  # each list is clean: a row has at most one partner in the other list
    within: bool = False  # with two lists: also find duplicates inside each

    @cached_property
    def conditions(self) -> list[list[Condition]]:
        """The levels of each comparison, parsed."""
        kinds = self.kinds
        return [[condition(text, kinds[one.column]) for text in one.levels] for one in self.comparisons]

    @cached_property
    def keys(self) -> list[list[KeyPart]]:
        """The key of each pass, parsed."""
        kinds = self.kinds
        return [[key_part(text, kinds) for text in rule.key] for rule in self.passes]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of each column."""
        return {name: column.kind for name, column in self.columns.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values of which `validate` makes an equal specification."""
        return asdict(self)


def _mistakes(spec: LinkageSpec) -> list[str]:
    """What is wrong with conditions, keys and names, each mistake with its key."""
    wrong = [*_columns(spec)]
    kinds = spec.kinds
    titles = [c.title for c in spec.comparisons]
    for number, one in enumerate(spec.comparisons):
        where = f"comparisons[{number + 1}]"
        if titles.index(one.title) != number:
            wrong.append(f"{where}.name: " + _("there are two comparisons '{name}'").format(name=one.title))
        for key, name in (("column", one.column), ("crossed", one.crossed)):
            if name is not None and name not in kinds:
                wrong.append(f"{where}.{key}: {unknown_column(name, kinds)}")
        if one.column in kinds:
            wrong += _levels(one, kinds[one.column], where)
    for number, rule in enumerate(spec.passes):
        for place, text in enumerate(rule.key):
            try:
                key_part(text, kinds)
            except ValueError as error:
                wrong.append(f"passes[{number + 1}].key[{place + 1}]: {error}")
    if len({tuple(sorted(rule.key)) for rule in spec.passes}) < len(spec.passes):
        wrong.append("passes: " + _("two passes have the same key"))
    if spec.thresholds.review >= spec.thresholds.match:
        wrong.append("thresholds: " + _("review must lie below match"))
    return wrong


def _columns(spec: LinkageSpec) -> list[str]:
    wrong = []
    for name, column in spec.columns.items():
        where = f"columns.{name}"
        for other in column.join:
            if other not in spec.columns:
                wrong.append(f"{where}.join: {unknown_column(other, spec.kinds)}")
            elif spec.columns[other].join or other == name:
                wrong.append(f"{where}.join: " + _("'{column}' is itself a joined column").format(column=other))
        if column.kind == "date":
            wrong += [
                f"{where}.formats: " + _("'{text}' holds %Y and no other sign than %m, %d and marks").format(text=text)
                for text in column.formats
                if not re.fullmatch(r"(?:%[Ymd]|[^%A-Za-z0-9])+", text) or text.count("%Y") != 1
            ]
    return wrong


def _levels(one: Comparison, kind: Kind, where: str) -> list[str]:
    parsed, wrong = [], []
    for place, text in enumerate(one.levels):
        try:
            parsed.append(condition(text, kind))
        except ValueError as error:
            wrong.append(f"{where}.levels[{place + 1}]: {error}")
    names = [c.word for c in parsed]
    if EQUAL in names[1:]:
        wrong.append(f"{where}.levels: " + _("'equal' must come first"))
    if one.cuts and EQUAL not in names:
        wrong.append(f"{where}.term_frequency: " + _("needs the level 'equal'"))
    if (CROSSED in names) != (one.crossed is not None):
        wrong.append(f"{where}.crossed: " + _("`crossed` and the level crossed>=NUMBER go together"))
    if len(set(parsed)) < len(parsed):
        wrong.append(f"{where}.levels: " + _("a level is there twice"))
    return wrong


# Where the texts of rules.validation do not fit a specification.
_MESSAGES: Mapping[str, str] = {
    "string_pattern_mismatch": N_("must be letters, digits and _, found {value}"),
    "bool_parsing": N_("must be true or false, found {value}"),
    "float_parsing": N_("must be a number, found {value}"),
    "int_parsing": N_("must be a whole number, found {value}"),
    "int_from_float": N_("must be a whole number, found {value}"),
    "greater_than": N_("must be greater than {gt:g}, found {value}"),
    "greater_than_equal": N_("must be at least {ge:g}, found {value}"),
    "less_than": N_("must be less than {lt:g}, found {value}"),
    "less_than_equal": N_("must be at most {le:g}, found {value}"),
}
_TEXTS = TomlTexts(
    N_("the specification does not exist"),
    N_("the specification cannot be read: {why}"),
    N_("docs/link.md shows a whole specification"),
)
_GROUPS: Mapping[str, type[Any]] = {
    "columns": Column,
    "comparisons": Comparison,
    "passes": PassRule,
    "thresholds": Thresholds,
    "limits": Limits,
    "model": Fitting,
}


def read_spec(path: Path | str) -> LinkageSpec:
    """The specification in the TOML file `path`.

    Raises ConfigError with every mistake in one message, or with the line where the file stops being TOML.
    """
    path = Path(path)
    raw = read_toml(path, _TEXTS)
    return validate(raw, name=path.name)


def validate(raw: Mapping[str, Any], name: str | None = None) -> LinkageSpec:
    """The specification of plain values. Raises ConfigError that lists every wrong key with what it should hold."""
    try:
        spec = read(LinkageSpec, raw)
        problems = _mistakes(spec)
    except RefusedError as error:
        problems = sorted({_describe(one) for one in error.errors})
    else:
        if not problems:
            return spec
    raise ConfigError(
        _("{n} entries of the specification are wrong:").format(n=len(problems))
        + "\n"
        + "\n".join(f"  - {one}" for one in problems),
        place=Place(file=name),
        hint=_("docs/link.md lists every key with an example"),
    )


def _describe(error: ErrorDetails) -> str:
    # The names that pydantic gives to the members of a union say nothing to the writer of the file.
    parts = tuple(p for p in error["loc"] if not (isinstance(p, str) and ("[" in p or p in ("bool", "[key]"))))
    group = _GROUPS.get(str(parts[0]), LinkageSpec) if len(parts) > 1 else LinkageSpec
    return describe(
        {**error, "loc": parts},
        messages=_MESSAGES,
        near=lambda word: nearest(word, [one.name for one in fields(group)]),
    )
