"""The rule registry: a rule is one function with its metadata beside it, found by importing the rulebook."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from rules import vocab

if TYPE_CHECKING:
    from rules.findings.context import Context, LazyTables

RuleFunction = Callable[["LazyTables", "Context"], pl.LazyFrame]
Mark = Literal["S", "F", "P", "A"]
PAYMENTS = "bayar"  # in `butuh`: any payment list
_CODE = re.compile(r"^[A-Z]+(?:_[A-Z]+)*\d*$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One finding rule.

    `tanda`: S seed document, F found on a public page or repository, P practice (audit, validator, field app),
    A assumed. `butuh`: every group must have a source in the run, so `[("dtks",), ("dukcapil", "dtsen")]` reads "DTKS
    and one of Dukcapil, DTSEN". `kolom`: the columns of `records` shown as evidence. `ringkas`: the sentence of a
    finding; its {placeholders} are columns of the raw frame, or nama, sumber, sumber_bukti and n, which are given.
    `per_berkas`: a rule on dates or formats, told as one line per file when it touches most of the file.
    """

    kode: str
    judul: str
    tingkat: str
    dasar: str
    tanda: Mark
    bukti: str
    tindakan: str
    ringkas: str
    alias: tuple[str, ...]
    butuh: tuple[tuple[str, ...], ...]
    kolom: tuple[str, ...]
    per_berkas: bool
    fungsi: RuleFunction


_RULES: dict[str, Rule] = {}


def rule(
    *,
    kode: str,
    judul: str,
    tingkat: str,
    dasar: str,
    tanda: Mark,
    bukti: str,
    tindakan: str,
    ringkas: str,
    alias: Sequence[str] = (),
    butuh: Sequence[Sequence[str]] = (),
    kolom: Sequence[str] = (),
    per_berkas: bool = False,
) -> Callable[[RuleFunction], RuleFunction]:
    """Register the decorated function as the rule `kode`; texts are marked with `N_` and translated where shown."""

    def register(function: RuleFunction) -> RuleFunction:
        if not _CODE.match(kode) or tingkat not in vocab.SEVERITY:
            raise ValueError(f"rule {kode}: bad code or severity {tingkat}")
        known = _RULES.get(kode)
        if known is not None and known.fungsi.__qualname__ != function.__qualname__:
            raise ValueError(f"rule {kode} is declared twice: {known.fungsi.__qualname__}, {function.__qualname__}")
        groups = tuple(tuple(group) for group in butuh)
        _RULES[kode] = Rule(
            kode, judul, tingkat, dasar, tanda, bukti, tindakan, ringkas,
            tuple(alias), groups, tuple(kolom), per_berkas, function,
        )  # fmt: skip
        return function

    return register


def all_rules() -> list[Rule]:
    """Every rule of the rulebook, by code. Modules are imported in the order of their names."""
    from rules.findings import rulebook

    for module in sorted(pkgutil.iter_modules(rulebook.__path__), key=lambda found: found.name):
        importlib.import_module(f"{rulebook.__name__}.{module.name}")
    return [_RULES[kode] for kode in sorted(_RULES)]


def missing_sources(found: Rule, present: frozenset[str]) -> list[tuple[str, ...]]:
    """The groups of `butuh` of which no source is in the run."""
    return [group for group in found.butuh if not present & set(group)]
