"""Constraints: what moves a pair from match to clerical review, with a reason. They never delete a pair.

Death and moving never count against identity: a dead person paid under the same name is exactly what is looked for.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded
from blocking.pairs import Index
from matching.levels import (
    COMPARISONS,
    NAME_VARIANT,
    NO_MEMBER,
    RARE_NAME,
    birth_level,
    card_level,
    members_level,
    nik_level,
    same_name,
)
from matching.specification import Levels

NONE: Final = 0
NIK_DIFFERS: Final = 1
SAME_CARD: Final = 2
SHARED_NIK: Final = 3
BRIDGE: Final = 4
DECIDED: Final = 5
NAMESAKE: Final = 6
REASONS: Final = (None, "nik_beda", "satu_kartu", "nik_bersama", "jembatan_lemah", "keputusan", "senama")

_COLUMN = {c.nama: i for i, c in enumerate(COMPARISONS)}


def reasons(e: Encoded, a: Index, b: Index, levels: Levels) -> npt.NDArray[np.uint8]:
    """Index into REASONS per pair."""
    name, sex = (levels[:, _COLUMN[c]] for c in ("nama", "kelamin"))
    born = birth_level(levels[:, _COLUMN["lahir"]])
    nik = nik_level(levels[:, _COLUMN["nik"]])
    out = np.zeros(len(a), dtype=np.uint8)
    both_trusted = e.nik_tepercaya[a] & e.nik_tepercaya[b]
    out[_namesakes(levels, both_trusted)] = NAMESAKE
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


def _namesakes(levels: Levels, both_trusted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Another birth date, other people around, and neither NIK, card nor mother in common: a namesake as likely.

    A name that many bear and a year say little in one village; a rare name has no namesakes. Swapped day and month are
    no other date.
    """
    common = ~np.isin(levels[:, _COLUMN["nama"]], RARE_NAME)
    family = levels[:, _COLUMN["keluarga"]]
    other_people = (members_level(family) == NO_MEMBER) & np.isin(card_level(family), (0, 3))
    nik, mother = nik_level(levels[:, _COLUMN["nik"]]), levels[:, _COLUMN["ibu"]]
    # A trusted NIK holds its row's date: a slip in the date part of one is no slip when the dates differ alike.
    unconfirmed = ((nik == 0) | (nik >= 5) | ((nik == 3) & both_trusted)) & ((mother == 0) | (mother == 5))
    return np.asarray(
        common & (birth_level(levels[:, _COLUMN["lahir"]]) >= 3) & other_people & unconfirmed, dtype=np.bool_
    )
