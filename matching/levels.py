"""Comparison levels of candidate pairs of family registers, vectorised.

Level 0 of every comparison means missing: the model gives it no weight. Levels are ordered from agreement to
disagreement. Term frequency is in the levels: an equal name is split by how common it is, so the model works on pattern
counts alone and needs no per-pair adjustment.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.specification import Comparison, LatentClass, Levels, Specification
from rules.i18n import N_

# Cuts of the share of records that bear the same full name: rarer names first. Powers of about 8 around what a desa, a
# kecamatan and a kabupaten hold; the model learns the weight of each class, so the cuts only need to be apart.
NAME_CUTS: Final = (2e-5, 1e-4, 5e-4, 2.5e-3)
MOTHER_CUTS: Final = (1e-4, 1e-3)
JW_TYPO: Final = 0.92
JW_NEAR: Final = 0.82
JW_SHORT: Final = 0.70
JW_MOTHER: Final = 0.90
JW_GIVEN: Final = 0.84  # of the given names alone, where the rest agrees


_MISSING = N_("missing on one side")
_DIFFERENT = N_("different")
NAMA = Comparison(
    "nama",
    N_("name"),
    (
        _MISSING,
        N_("same, very rare name"),
        N_("same, rare name"),
        N_("same name"),
        N_("same, common name"),
        N_("same, very common name"),
        N_("one is a part of the other, rare"),
        N_("one is a part of the other, common"),
        N_("spelling or typing variant"),
        N_("same given name, rest different"),
        N_("leading name sounds the same, rest different"),
        N_("one is a part of the other, leading name different"),
        N_("typing variant in the leading name"),
        N_("alike"),
        N_("a name in common"),
        _DIFFERENT,
    ),
)
# Names of one leading sound (the key of several passes) are levels 1-10, others 11-15: a pass on it narrows exactly.
NAME_VARIANT: Final = 8  # up to here, and 11 and 12, a name may be the same name written otherwise
RARE_NAME: Final = (0, 1)  # hardly anyone else bears it (or nothing is known of it)
# The NIK holds a region (6 digits), the birth date with the sex (6) and a serial (4). What its parts say depends on
# what other fields said already: two persons of one birth date and one kecamatan share the first twelve digits by
# chance. So the levels come once per context (birth dates equal, kecamatan equal, both NIKs trusted), and are
# probabilities within a context.
NIK_LEVELS: Final = (
    N_("same"),
    N_("one slip in the region part"),
    N_("one slip in the date part"),
    N_("one slip in the serial"),
    N_("only the serial different"),
    N_("only the region different"),
    N_("only the date different"),
    N_("only the date the same"),
    N_("only the serial the same"),
    _DIFFERENT,
)
NIK_CONTEXTS: Final = 8
NIK = Comparison(
    "nik",
    N_("NIK"),
    (_MISSING, *NIK_LEVELS * NIK_CONTEXTS),
    (0, *(1 + k // len(NIK_LEVELS) for k in range(len(NIK_LEVELS) * NIK_CONTEXTS))),
    konteks=True,
)
BIRTH_LEVELS: Final = (
    N_("same"),
    N_("day and month swapped"),
    N_("one part different"),
    N_("default date or age only, year agrees"),
    N_("two digits different"),
    N_("same year"),
    N_("year off by one or two"),
    _DIFFERENT,
)
# The NIK contains the birth date, so what an equal date says depends on whether the NIKs are equal: two groups.
LAHIR = Comparison("lahir", N_("birth date"), (_MISSING, *BIRTH_LEVELS * 2), (0, *[1] * 8, *[2] * 8), konteks=True)
KELAMIN = Comparison("kelamin", N_("sex"), (_MISSING, N_("same"), _DIFFERENT))
IBU = Comparison(
    "ibu",
    N_("mother's name"),
    (_MISSING, N_("same, rare name"), N_("same name"), N_("same, common name"), N_("alike"), _DIFFERENT),
)
_CARD = (_MISSING, N_("same card number"), N_("card number one digit different"), N_("different card number"))
_MEMBERS = (
    _MISSING,
    N_("several other members in common"),
    N_("one other member in common"),
    N_("no other member in common"),
)
_PLACE = (_MISSING, N_("same desa"), N_("same kecamatan"), N_("same kabupaten"), N_("different kabupaten"))
NO_MEMBER: Final = 3  # the members part of a level
N_CARD, N_MEMBERS, N_PLACE = len(_CARD), len(_MEMBERS), len(_PLACE)
# Card number, fellow members and residence change together when somebody marries or moves, so they are one comparison
# of 4 x 4 x 5 levels. Which of them is known depends on the sources, not on the class: each such case is a group.
_FAMILY = tuple(product(range(N_CARD), range(N_MEMBERS), range(N_PLACE)))
KELUARGA = Comparison(
    "keluarga",
    N_("family and residence"),
    tuple(f"{_CARD[card]}|{_MEMBERS[members]}|{_PLACE[place]}" for card, members, place in _FAMILY),
    tuple((card > 0) + 2 * (members > 0) + 4 * (place > 0) for card, members, place in _FAMILY),
)
# Second pass only: the lists in which both rows already have a counterpart of their own. One person stands once in an
# edition of a list, so counterparts that differ speak against the pair.
SAINGAN = Comparison(
    "saingan",
    N_("counterparts in other lists"),
    (
        _MISSING,
        N_("no list holds both"),
        N_("one list holds both"),
        N_("several lists hold both"),
        N_("two rows of one list, no other list holds both"),
        N_("two rows of one list, another list holds both"),
        N_("two rows of one card of one list"),
    ),
    (0, 1, 1, 1, 2, 2, 2),
    konteks=True,
)

COMPARISONS: Final = (NAMA, NIK, LAHIR, KELAMIN, IBU, KELUARGA, SAINGAN)


def _nik(*levels: int) -> tuple[int, ...]:
    """Positions of NIK levels (1..10) in every context; 0 is missing."""
    known = (context * len(NIK_LEVELS) + level for context in range(NIK_CONTEXTS) for level in levels if level)
    return (*(0 for level in levels if level == 0), *known)


def _family(holds: Callable[[int, int, int], bool]) -> tuple[int, ...]:
    """Positions of the family levels that hold for (card, members, place)."""
    return tuple(k for k, parts in enumerate(_FAMILY) if k and holds(*parts))


def same_name(level: Levels) -> npt.NDArray[np.bool_]:
    """Whether a level of `nama` is that of one name, be it written otherwise."""
    return np.asarray((level >= 1) & ((level <= NAME_VARIANT) | (level == 11) | (level == 12)), dtype=np.bool_)


def members_level(level: Levels) -> Levels:
    """The members part (0..3) of a level of `keluarga`."""
    return np.asarray(level // N_PLACE % N_MEMBERS, dtype=np.uint8)


def card_level(level: Levels) -> Levels:
    """The card part (0..3) of a level of `keluarga`."""
    return np.asarray(level // (N_PLACE * N_MEMBERS), dtype=np.uint8)


def birth_level(level: Levels) -> Levels:
    """1..8 as in BIRTH_LEVELS whether or not the NIKs are equal; 0 missing."""
    return np.where(level == 0, 0, (level - 1) % len(BIRTH_LEVELS) + 1).astype(np.uint8)


def nik_level(level: Levels) -> Levels:
    """1..10 as in NIK_LEVELS whatever the context; 0 missing."""
    return np.where(level == 0, 0, (level - 1) % len(NIK_LEVELS) + 1).astype(np.uint8)


# Levels that can occur in a case that a pass narrows a comparison to; with level 0 where it is the passes before that
# narrow it. That holds where both rows have the fields of their key, the rule for what they narrow.
NARROWED: Final = {
    "nik:tidak_sama": _nik(0, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "nik:tanggal_sama": _nik(2, 4, 5, 6, 8),
    "nik:tanggal_lain": _nik(0, 3, 7, 9, 10),
    "nama:depan_sama": tuple(range(1, 11)),
    "nama:depan_beda": tuple(range(11, 16)),
    "nama:sama": tuple(range(1, 6)),
    "keluarga:kartu_sama": _family(lambda card, _members, _place: card == 1),
    "keluarga:kartu_lain": (0, *_family(lambda card, _members, _place: card != 1)),
    "keluarga:desa_sama": _family(lambda _card, _members, place: place == 1),
    "lahir:tidak_tepat": (0, *range(2, 9)),
    "lahir:tahun_sama": (2, 3, 4, 5, 6),
    "lahir:tahun_lain": (0, 3, 4, 5, 7, 8),
}

# One person is found with his family or, after a marriage or a move or under a second identity, without it: two
# match classes. They, twins and the unrelated are held at their anchors; the classes in
# between may move, with anchors worth so many pairs.
REGISTERS: Final = Specification(
    COMPARISONS,
    (
        LatentClass("orang_sama"),
        LatentClass("orang_sama_keluarga_lain"),
        LatentClass("kembar"),
        LatentClass("serumah", 2_000.0),
        LatentClass("senama", 2_000.0),
        LatentClass("asing"),
    ),
    NARROWED,
    padanan=2,
)
