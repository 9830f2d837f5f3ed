"""Levels of candidate pairs of family registers, by a compiled kernel over coded values."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.encode import U32, Encoded
from blocking.heap import lined
from blocking.jit import each
from blocking.mix import U64
from blocking.pairs import Index
from matching.generic.arrow import chunks
from matching.kernels.coding import laid
from matching.kernels.letters import MARKS
from matching.kernels.registers import (
    LINE,
    LINKED,
    ROWS,
    TEXTS,
    Cuts,
    Table,
    fill_digits,
    fill_levels,
    fill_surroundings,
    fill_texts,
)
from matching.levels import COMPARISONS, JW_GIVEN, JW_MOTHER, JW_NEAR, JW_SHORT, JW_TYPO, MOTHER_CUTS, NAME_CUTS
from matching.specification import Levels

PER_THREAD: Final = 1 << 16  # pairs
ROWS_AT_ONCE: Final = 1 << 12

_CUTS: Final = Cuts(
    tuple(np.float32(cut) for cut in NAME_CUTS),
    tuple(np.float32(cut) for cut in MOTHER_CUTS),
    np.float32(JW_TYPO),
    np.float32(JW_NEAR),
    np.float32(JW_SHORT),
    np.float32(JW_GIVEN),
    np.float32(JW_MOTHER),
)


@dataclass(frozen=True, slots=True)
class Context:
    """What the first pass found out, for the second. Arrays of length n."""

    gugus: U32  # cluster of the strong links
    edisi: U64  # one bit per edition of a list in which the record's cluster has a row
    kerabat: tuple[U64, U64]  # two bit sets over the clusters of the other members of the card


def described(texts: pl.Series) -> tuple[U32, Table]:
    """The letters of all texts one behind the other, and where each begins (TEXTS)."""
    data, begin = laid(chunks(texts))
    letters, table = np.empty(len(data), dtype=np.uint32), np.zeros(len(texts), dtype=TEXTS)
    fill_texts(data, begin, letters, table)
    return letters, table


def packed_digits(number: npt.NDArray[np.int64]) -> U64:
    """Numbers of up to sixteen digits with four bits a digit, the last digit lowest."""
    packed = np.zeros(len(number), dtype=np.uint64)
    fill_digits(number, packed)
    return packed


def _linked(context: Context | None) -> Table:
    if context is None:
        return np.zeros(0, dtype=LINKED)
    table = np.zeros(len(context.gugus), dtype=LINKED)
    table["gugus"], table["edisi"] = context.gugus, context.edisi
    table["kerabat"], table["kerabat_lain"] = context.kerabat
    return table


def _rows(e: Encoded) -> Table:
    """One row per record, each in two lines of the cache."""
    table = lined(e.n, ROWS.itemsize, np.uint8).reshape(-1).view(ROWS)
    # All texts stand in one table: names, given names, mothers. Code 0 is no text in each.
    given, mother = np.uint32(len(e.teks_nama)), np.uint32(len(e.teks_nama) + len(e.teks_given))

    def fill(start: int) -> None:
        # Some rows at a time: they stay in the cache while one value after the other is written into them.
        here = slice(start, start + ROWS_AT_ONCE)
        part = table[here]
        for name in ROWS.names or ():
            if hasattr(e, name):
                part[name] = getattr(e, name)[here]
        for name in ("nik", "kk", "lahir"):
            part[name] = packed_digits(getattr(e, name)[here])
        part["tahun"] = e.lahir[here] // 10_000
        part["kecamatan"] = e.desa[here] // 10_000
        part["given"][e.given[here] != 0] += given
        part["ibu"][e.ibu[here] != 0] += mother

    each(fill, range(0, e.n, ROWS_AT_ONCE))
    return table


class Comparer:
    """Levels of pairs of one encoded set of records. Holds the letters of the texts, so chunks share them."""

    def __init__(self, encoded: Encoded, context: Context | None = None) -> None:
        self._rows = _rows(encoded)
        self._lines = self._rows.view(np.uint64).reshape(-1, LINE)
        self._letters, self._texts = described(pl.concat([encoded.teks_nama, encoded.teks_given, encoded.teks_ibu]))
        self._room = MARKS + 3 * (int(self._texts["panjang"].max()) + 1)
        self._linked = _linked(context)

    def with_context(self, context: Context) -> Comparer:
        """The same comparer for the second pass."""
        other = copy(self)
        other._linked = _linked(context)
        return other

    def levels(self, a: Index, b: Index) -> Levels:
        """(pairs, comparisons) levels, columns in the order of COMPARISONS."""
        out = np.empty((len(a), len(COMPARISONS)), dtype=np.uint8)
        given = (self._rows, self._lines, self._linked, self._texts, self._letters, _CUTS, _plain(a), _plain(b))
        _in_threads(
            lambda start, stop: fill_levels(*given, np.zeros(self._room, dtype=np.int64), start, stop, out), len(a)
        )
        return out

    def surroundings(self, a: Index, b: Index) -> Levels:
        """(pairs, 2) levels of `keluarga` and `saingan`: what the second pass sees anew."""
        out = np.empty((len(a), 2), dtype=np.uint8)
        given = (self._rows, self._lines, self._linked, _plain(a), _plain(b))
        _in_threads(lambda start, stop: fill_surroundings(*given, start, stop, out), len(a))
        return out


def _plain(index: npt.NDArray[np.integer]) -> U32:
    return np.ascontiguousarray(index, dtype=np.uint32)


def _in_threads(work: Callable[[int, int], None], n: int) -> None:
    """Call `work(start, stop)` for parts of 0..n."""
    each(lambda start: work(start, min(start + PER_THREAD, n)), range(0, n, PER_THREAD))
