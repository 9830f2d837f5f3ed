"""The rules of the gate: one function `View -> marks` each, with its metadata beside it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from rules.findings.assemble import fill
from rules.i18n import _, language

if TYPE_CHECKING:
    from rules.gate.view import View

VERDICTS: Final = ("LAYAK", "VERIFIKASI", "TAHAN")  # mild to severe
# What a rule says of a payment. CATATAN is for information: it never changes a verdict.
EFFECTS: Final = ("CATATAN", "VERIFIKASI", "TAHAN")
MARKS: Final[Mapping[str, pl.DataType]] = {
    "bayar_id": pl.String(),
    "kode": pl.String(),
    "akibat": pl.Enum(EFFECTS),
    "peluang": pl.Float64(),
    "alasan": pl.String(),
    "bukti": pl.List(pl.UInt32),  # baris_id of the records it rests on
    "bukti_bayar": pl.List(pl.String),  # other payments it rests on
}
Effect = Literal["CATATAN", "VERIFIKASI", "TAHAN"]
GateFunction = Callable[["View"], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class GateRule:
    """One rule; `akibat` is the worst it can do. `tanda` as in rules.findings.registry."""

    kode: str
    judul: str
    akibat: Effect
    dasar: str
    tanda: Literal["S", "F", "P", "A"]
    tindakan: str
    alias: tuple[str, ...]
    fungsi: GateFunction


_RULES: dict[str, GateRule] = {}


def gate_rule(
    *,
    kode: str,
    judul: str,
    akibat: Effect,
    dasar: str,
    tanda: Literal["S", "F", "P", "A"],
    tindakan: str,
    alias: Sequence[str] = (),
) -> Callable[[GateFunction], GateFunction]:
    """Register the decorated function as the gate rule `kode`; texts are marked with `N_`."""

    def register(function: GateFunction) -> GateFunction:
        known = _RULES.get(kode)
        if known is not None and known.fungsi.__qualname__ != function.__qualname__:
            raise ValueError(f"gate rule {kode} is declared twice")
        _RULES[kode] = GateRule(kode, judul, akibat, dasar, tanda, tindakan, tuple(alias), function)
        return function

    return register


def gate_rules() -> list[GateRule]:
    """Every rule of the gate, by code."""
    from rules.gate import rulebook

    for module in sorted(pkgutil.iter_modules(rulebook.__path__), key=lambda found: found.name):
        importlib.import_module(f"{rulebook.__name__}.{module.name}")
    return [_RULES[kode] for kode in sorted(_RULES)]


def chance(column: str = "peluang") -> pl.Expr:
    """A probability column as text; never 1, which no evidence gives."""
    text = pl.col(column).round(3).cast(pl.String)
    if language() == "id":
        text = text.str.replace(".", ",", literal=True)
    return pl.when(pl.col(column) > 0.999).then(pl.lit("> 0,999" if language() == "id" else "> 0.999")).otherwise(text)


def no_marks() -> pl.DataFrame:
    """An empty frame of marks."""
    return pl.DataFrame(schema=MARKS)


def marks(frame: pl.DataFrame, kode: str, sentences: Mapping[Effect, str]) -> pl.DataFrame:
    """Marks of `frame` (bayar_id, akibat, peluang; bukti and bukti_bayar where known, and what the sentences name).

    `sentences` holds per effect a text of the source language; its {placeholders} are columns of `frame`.
    """
    if frame.is_empty():
        return no_marks()
    columns = set(frame.columns)
    chosen = pl.lit(None, dtype=pl.String)
    for effect, text in sentences.items():
        chosen = pl.when(pl.col("akibat").cast(pl.String) == effect).then(fill(_(text), columns)).otherwise(chosen)
    missing = [pl.lit([], dtype=MARKS[c]).alias(c) for c in ("bukti", "bukti_bayar") if c not in columns]
    made = frame.with_columns(*missing).select(
        "bayar_id",
        kode=pl.lit(kode),
        akibat=pl.col("akibat").cast(pl.String).cast(MARKS["akibat"]),
        peluang=pl.col("peluang").cast(pl.Float64),
        alasan=chosen,
        bukti=pl.col("bukti").cast(MARKS["bukti"]),
        bukti_bayar=pl.col("bukti_bayar").cast(MARKS["bukti_bayar"]),
    )
    # Of several marks of one rule on one payment the worst stands, then the surest.
    order = [
        "bayar_id",
        "akibat",
        "peluang",
        "alasan",
        pl.col("bukti").list.first(),
        pl.col("bukti_bayar").list.first(),
    ]
    down = [False, True, True, False, False, False]
    return made.sort(order, descending=down, nulls_last=True).unique("bayar_id", keep="first", maintain_order=True)
