"""How many pairs a plan will give, told before one of them is built.

`Plan.kandidat` counts the pairs of each pass exactly, but a pair that an earlier pass holds comes only once. How many
those are is measured on pairs drawn evenly over all blocks of the pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.candidates import Plan
from blocking.jit import each
from blocking.kernels import find_places
from blocking.pairs import Blocks, Index, block, first_pass_only

SAMPLE: Final = 5_000  # pairs looked at per pass; their share is then known to 1.5 per cent, mostly to half of that

Admit = Callable[[Index, Index], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Expected:
    """One pass: pairs in its blocks, and about how many of them no earlier pass holds and that may be joined."""

    nama: str
    kandidat: int
    pasangan: int


def expected_pairs(chosen: Plan, admit: Admit | None = None, sample: int = SAMPLE) -> list[Expected]:
    """The pairs of every pass of `chosen`, `pasangan` from `sample` pairs of each; exact where a pass has no more."""

    def of_pass(k: int) -> Expected:
        keys = chosen.keys[k]
        blocks = chosen.blok[k] if chosen.blok else block(keys)
        pairs = chosen.kandidat[k]
        a, b = drawn(blocks, sample, pairs)
        keep = first_pass_only(a, b, chosen.keys[:k])
        if admit is not None:
            keep &= admit(a, b)
        share = float(keep.mean()) if len(a) else 0.0
        return Expected(chosen.passes[k].nama, pairs, round(pairs * share))

    return each(of_pass, range(len(chosen.keys)))


def drawn(blocks: Blocks, wanted: int, total: int | None = None) -> tuple[Index, Index]:
    """`wanted` pairs at even distances in the row of all pairs of `blocks`, or all of them; nothing is random.

    `total`: how many pairs the blocks hold, where that is known.
    """
    total = blocks.pairs if total is None else total
    number = min(wanted, total)
    # Whole-number arithmetic: at 10^10 pairs a float would lose the last digits.
    place = np.arange(number, dtype=np.int64) * (total // max(number, 1)) + (
        np.arange(number, dtype=np.int64) * (total % max(number, 1)) // max(number, 1)
    )
    which, within = np.empty_like(place), np.empty_like(place)
    find_places(blocks.start, blocks.stop, place, which, within)
    # Pair number p of a block is member j = the larger root of j (j - 1) / 2 <= p with member i = p - j (j - 1) / 2.
    j = np.floor((1 + np.sqrt(1 + 8 * within.astype(np.float64))) / 2).astype(np.int64)
    j -= j * (j - 1) // 2 > within
    j += (j + 1) * j // 2 <= within
    i = within - j * (j - 1) // 2
    left, right = blocks.order[blocks.start[which] + i], blocks.order[blocks.start[which] + j]
    return np.minimum(left, right), np.maximum(left, right)
