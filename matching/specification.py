"""What the engine must know of a linkage: its comparisons and their levels, its latent classes, what passes settle.

The engine (`matching.model`) knows nothing about Indonesia or people; a specification is data given to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from blocking.passes import Pass

Levels = npt.NDArray[np.uint8]
Patterns = npt.NDArray[np.uint64]
MOST_BITS = 48  # of a packed pattern; the other 16 of a cell hold the stratum


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison: its name, its title, the label of each level (index 0 = missing); texts are English sources."""

    nama: str
    judul: str
    tingkat: tuple[str, ...]
    kelompok: tuple[int, ...] = ()  # levels are probabilities within a group; () = all but level 0 are one group
    konteks: bool = False  # groups tell what other comparisons found; else which parts of the comparison are known

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        """Group of each level; 0 for missing."""
        return np.array(self.kelompok or (0, *[1] * (len(self.tingkat) - 1)), dtype=np.int64)

    @property
    def bits(self) -> int:
        """Bits that the packed level takes."""
        return int(len(self.tingkat) - 1).bit_length()


@dataclass(frozen=True, slots=True)
class LatentClass:
    """A class of pairs. `kekuatan` is what its anchor is worth, in pairs; infinite: held at the anchor."""

    nama: str
    kekuatan: float = np.inf


@dataclass(frozen=True, slots=True)
class Specification:
    """Comparisons, classes (the first `padanan` are match classes), and the cases that passes narrow comparisons to.

    `sempit` maps "comparison:case" to the levels that can occur in that case. A case that a key demands lacks level 0
    (the key needs the value); one that holds because earlier passes took the other pairs includes it.
    """

    comparisons: tuple[Comparison, ...]
    classes: tuple[LatentClass, ...]
    sempit: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    padanan: int = 1

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in order; match classes first."""
        return tuple(c.nama for c in self.classes)

    def __post_init__(self) -> None:
        bits = sum(c.bits for c in self.comparisons)
        if bits > MOST_BITS:
            raise ValueError(f"the levels of all comparisons take {bits} bits; {MOST_BITS} can be packed")

    def _shifts(self) -> list[int]:
        return [sum(c.bits for c in self.comparisons[:k]) for k in range(len(self.comparisons))]

    def column(self, name: str) -> int:
        """Position of the comparison `name`."""
        return [c.nama for c in self.comparisons].index(name)

    def pack(self, levels: Levels) -> Patterns:
        """One integer pattern per row of (pairs, comparisons) levels."""
        packed = np.zeros(len(levels), dtype=np.uint64)
        for column, shift in enumerate(self._shifts()):
            packed |= levels[:, column].astype(np.uint64) << np.uint64(shift)
        return packed

    def unpack(self, patterns: Patterns) -> Levels:
        """Inverse of `pack`."""
        out = np.empty((len(patterns), len(self.comparisons)), dtype=np.uint8)
        for column, (shift, comparison) in enumerate(zip(self._shifts(), self.comparisons, strict=True)):
            out[:, column] = (patterns >> np.uint64(shift)) & np.uint64((1 << comparison.bits) - 1)
        return out

    def replace(self, patterns: Patterns, columns: Sequence[int], levels: Levels) -> Patterns:
        """`patterns` with new levels, one column of `levels` for each of `columns`."""
        out = patterns.copy()
        shifts = self._shifts()
        for k, column in enumerate(columns):
            shift, bits = np.uint64(shifts[column]), self.comparisons[column].bits
            out &= ~(np.uint64((1 << bits) - 1) << shift)
            out |= levels[:, k].astype(np.uint64) << shift
        return out

    def allowed_levels(self, passes: Sequence[Pass]) -> list[list[npt.NDArray[np.bool_]]]:
        """Per pass and comparison the levels that can occur there (index 0, missing, is always False)."""
        return [[self._mask(one, c, demanded=False) for c in self.comparisons] for one in passes]

    def demanded_levels(self, passes: Sequence[Pass]) -> list[list[npt.NDArray[np.bool_]]]:
        """The same by what the pass's own key demands alone; index 0 says whether the value may be missing."""
        return [[self._mask(one, c, demanded=True) for c in self.comparisons] for one in passes]

    def _mask(self, one: Pass, comparison: Comparison, *, demanded: bool) -> npt.NDArray[np.bool_]:
        mask = np.full(len(comparison.tingkat), comparison.nama not in one.fixed)
        for case in one.narrowed:
            levels = self.sempit[case]
            if case.partition(":")[0] == comparison.nama and not (demanded and 0 in levels):
                mask &= np.array([level in levels for level in range(len(mask))])
        if not demanded:
            mask[0] = False
        return mask
