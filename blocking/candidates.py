"""Candidate pairs of all passes in order, each pair once, with the control totals of every pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from blocking.jit import each
from blocking.mix import U64
from blocking.pairs import Blocks, Index, PassCount, block, bounded, first_pass_only, pairs_of
from blocking.passes import Pass, finer

if TYPE_CHECKING:
    from blocking.encode import Encoded


@dataclass(slots=True)
class Plan:
    """Keys of every pass, bounded, with what the bounds leave out. `hitung` is filled while pairs are drawn."""

    passes: list[Pass]
    keys: list[U64]
    hitung: list[PassCount] = field(default_factory=list)
    blok: list[Blocks] = field(default_factory=list)  # of every pass, where they are kept
    bersama: U64 | None = None  # (rows, passes) the keys side by side, where they are kept so
    pertama: Index | None = None  # (rows,) with them: the block of each row in the first pass, from 1
    kandidat: list[int] = field(default_factory=list)  # pairs per pass before those of earlier passes are taken out

    def __post_init__(self) -> None:
        self.kandidat = self.kandidat or [one.pairs for one in self.blok or map(block, self.keys)]

    def release(self) -> None:
        """Let go of the keys; what is left tells of the pairs that they gave."""
        self.keys, self.blok, self.bersama, self.pertama = [], [], None, None


def plan(e: Encoded, passes: list[Pass], limit: int) -> Plan:
    """Compute and bound the keys of all passes, with their blocks."""
    split = finer(e)
    made = each(lambda one: bounded(one.key(e), lambda _largest: split, limit, one.whole), passes)
    counts = [PassCount(one.nama, 0, large, skipped) for one, (_, _, large, skipped) in zip(passes, made, strict=True)]
    return Plan(passes, [keys for keys, *_ in made], counts, [blocks for _, blocks, *_ in made])


def candidates(
    chosen: Plan, chunk: int, admit: Callable[[Index, Index], npt.NDArray[np.bool_]] | None = None
) -> Iterator[tuple[int, Index, Index]]:
    """(pass index, left, right) chunks; every pair comes once, from the first pass that holds it.

    `admit` says of pairs whether they may be joined at all.
    """
    for k, keys in enumerate(chosen.keys):
        built = 0
        for a, b in pairs_of(chosen.blok[k] if chosen.blok else block(keys), chunk):
            keep = first_pass_only(a, b, chosen.keys[:k])
            if admit is not None:
                keep &= admit(a, b)
            built += int(keep.sum())
            if keep.any():
                yield k, a[keep], b[keep]
        old = chosen.hitung[k]
        chosen.hitung[k] = PassCount(old.nama, built, old.blok_besar, old.pasangan_dilewati)


def found_by(chosen: Plan, a: Index, b: Index) -> npt.NDArray[np.bool_]:
    """(pairs, passes): which passes hold each pair; the overlap of passes estimates what all of them miss."""
    return np.stack([(keys[a] == keys[b]) & (keys[a] != 0) for keys in chosen.keys], axis=1)
