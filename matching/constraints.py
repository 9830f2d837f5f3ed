"""Constraints: what moves a pair from match to clerical review, with a reason. They never delete a pair.

Death and moving never count against identity: a dead person paid under the same name is exactly what is looked for.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded
from blocking.pairs import Index
from matching.levels import COMPARISONS, NAME_VARIANT, birth_level, nik_level, same_name
from matching.specification import Levels

NONE: Final = 0
NIK_DIFFERS: Final = 1
SAME_CARD: Final = 2
SHARED_NIK: Final = 3
BRIDGE: Final = 4
DECIDED: Final = 5
REASONS: Final = (None, "nik_beda", "satu_kartu", "nik_bersama", "jembatan_lemah", "keputusan")

_COLUMN = {c.nama: i for i, c in enumerate(COMPARISONS)}


def reasons(e: Encoded, a: Index, b: Index, levels: Levels) -> npt.NDArray[np.uint8]:
    """Index into REASONS per pair."""
    name, sex = (levels[:, _COLUMN[c]] for c in ("nama", "kelamin"))
    born = birth_level(levels[:, _COLUMN["lahir"]])
    nik = nik_level(levels[:, _COLUMN["nik"]])
    out = np.zeros(len(a), dtype=np.uint8)
    both_trusted = e.nik_tepercaya[a] & e.nik_tepercaya[b]
    # A part of a name, a swapped or a default date do not contradict; a name variant beside another NIK may.
    name_differs = name >= NAME_VARIANT
    date_differs = np.isin(born, (3, 5, 6, 7, 8))
    out[both_trusted & (nik >= 5) & (name_differs | date_differs)] = NIK_DIFFERS
    # Twins have neighbouring serials, and a slip of the pen makes one too: the name decides.
    out[both_trusted & (nik == 4) & ~same_name(name) & (name != 0)] = NIK_DIFFERS
    card = (e.kartu[a] == e.kartu[b]) & (e.kartu[a] != 0)
    # A slip of the pen in a name is no other given name; with the NIK equal as well, nor is one in the date.
    twice = (nik == 1) & (same_name(name) | (name == 0)) & (born <= 5)
    member = card & ~twice & (~same_name(name) & (name != 0) & (e.given[a] != e.given[b]) | (sex == 2) | (born > 1))
    out[member] = SAME_CARD
    out[(nik == 1) & (name > NAME_VARIANT) & ~same_name(name) & (born >= 3)] = SHARED_NIK
    return out
