"""DTKS family ids and ART ids: split, decode the position, check it.

An ART id is the family id plus two digits. Family ids were met in 16, 17 and 18 digits, so an id is split from its
end, never at a fixed offset. The position is the listing order inside the household: 01 the head, 02 the spouse if
there is one, from 03 on the children by birth as first listed. It is a hint and no proof; the relation code wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from rules.identity import parameters
from rules.nik import clean_id


def family_part(art_id: pl.Expr) -> pl.Expr:
    """`art_id` without its last two characters; null when fewer than three are there."""
    return pl.when(art_id.str.len_chars() > 2).then(art_id.str.head(-2))


def suffix_part(art_id: pl.Expr) -> pl.Expr:
    """The last two characters of `art_id` as written; null when fewer than three are there."""
    return pl.when(art_id.str.len_chars() > 2).then(art_id.str.tail(2))


def position(suffix: pl.Expr) -> pl.Expr:
    """Position 1-99 (UInt8) of a two-digit suffix; null for `00`, anything but two digits, or nothing."""
    number = pl.when(suffix.str.contains(r"^\d{2}$")).then(suffix).cast(pl.UInt8, strict=False)
    return pl.when(number > 0).then(number)


def suffix_reason(suffix: pl.Expr) -> pl.Expr:
    """Why a suffix is not good: `ST20:kosong`, `ST20:nol`, `ST20:bukan_angka`, `ST24` (beyond the limit), else null."""
    number = position(suffix)
    return (
        pl.when(suffix.is_null() | (suffix.str.strip_chars() == ""))
        .then(pl.lit("ST20:kosong"))
        .when(suffix == "00")
        .then(pl.lit("ST20:nol"))
        .when(number.is_null())
        .then(pl.lit("ST20:bukan_angka"))
        .when(number > parameters().art.posisi_maksimum)
        .then(pl.lit("ST24"))
    )


def expected_relation(suffix: pl.Expr) -> pl.Expr:
    """The relation a position hints at: KEPALA, PASANGAN, ANAK (from 03 on), null where the suffix is no position."""
    number = position(suffix)
    hint = pl.when(number == 1).then(pl.lit("KEPALA")).when(number == 2).then(pl.lit("PASANGAN"))
    return hint.when(number > 2).then(pl.lit("ANAK"))


def art_columns(art_id: pl.Expr, family_id: pl.Expr | None = None) -> list[pl.Expr]:
    """The columns `id_keluarga id_art sufiks_art` of raw ids.

    `id_keluarga` is the cleaned family column where the file has one, else the ART id without its suffix. A lone family
    id leaves the other two null.
    """
    art = clean_id(art_id)
    family = family_part(art)
    if family_id is not None:
        family = pl.coalesce(clean_id(family_id), family)
    return [family.alias("id_keluarga"), art.alias("id_art"), suffix_part(art).alias("sufiks_art")]


def family_mismatch(family_id: pl.Expr, art_id: pl.Expr) -> pl.Expr:
    """ST25: the family column is not the ART id without its suffix; null where one of them is missing."""
    return family_id != family_part(art_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an id: a whole family id, or a family id and a position."""

    family: str
    suffix: str | None

    @property
    def usual(self) -> bool:
        """Whether the family part has a length that was met in real files."""
        return len(self.family) in parameters().art.panjang_keluarga


def readings(text: str) -> list[Reading]:
    """All readings of an id by its length: as a family id, and as family + 2, wherever the family length is known.

    16 digits: a family. 17: a family. 18: a family (PBDT 2015) or 16 + 2. 19: 17 + 2. 20: 18 + 2. Others: none.
    """
    lengths = parameters().art.panjang_keluarga
    found = []
    if len(text) - 2 in lengths:
        found.append(Reading(text[:-2], text[-2:]))
    if len(text) in lengths:
        found.append(Reading(text, None))
    return found
