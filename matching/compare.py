"""Levels of candidate pairs of family registers, vectorised over coded values.

Strings are compared only where codes and tokens leave the answer open.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from blocking.encode import U32, Encoded
from blocking.mix import U64
from blocking.pairs import Index
from matching.levels import (
    BIRTH_LEVELS,
    JW_GIVEN,
    JW_NEAR,
    JW_SHORT,
    JW_TYPO,
    MOTHER_CUTS,
    N_MEMBERS,
    N_PLACE,
    NAME_CUTS,
    NIK_LEVELS,
    birth_level,
)
from matching.specification import Levels


@dataclass(frozen=True, slots=True)
class Context:
    """What the first pass found out, for the second. Arrays of length n."""

    gugus: U32  # cluster of the strong links
    edisi: U64  # one bit per edition of a list in which the record's cluster has a row
    kerabat: tuple[U64, U64]  # two bit sets over the clusters of the other members of the card


def _jw(a: list[str], b: list[str]) -> npt.NDArray[np.float32]:
    return np.asarray(
        process.cpdist(a, b, scorer=JaroWinkler.normalized_similarity, workers=-1, dtype=np.float32), dtype=np.float32
    )


def _similarity(text: npt.NDArray[np.object_], left: U32, right: U32) -> npt.NDArray[np.float32]:
    """Jaro-Winkler of coded strings."""
    return _jw(text[left].tolist(), text[right].tolist())


def _edits(text: npt.NDArray[np.object_], left: U32, right: U32) -> npt.NDArray[np.int32]:
    """Optimal string alignment distance of coded strings, exact up to 1."""
    return np.asarray(
        process.cpdist(
            text[left].tolist(), text[right].tolist(), scorer=OSA.distance, score_cutoff=1, workers=-1, dtype=np.int32
        ),
        dtype=np.int32,
    )


def _shared_tokens(left: U32, right: U32) -> npt.NDArray[np.uint8]:
    """How many tokens two (n, TOKENS) code arrays share; zeros do not count."""
    width = left.shape[1]
    shared = np.zeros(len(left), dtype=np.uint8)
    for i in range(width):
        for j in range(width):
            shared += ((left[:, i] == right[:, j]) & (left[:, i] != 0)).astype(np.uint8)
    return shared


def _digits_apart(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], places: int = 16) -> npt.NDArray[np.uint8]:
    """Number of differing digits (Hamming)."""
    apart = np.zeros(len(left), dtype=np.uint8)
    a, b = left.copy(), right.copy()
    for _place in range(places):
        apart += (a % 10 != b % 10).astype(np.uint8)
        a //= 10
        b //= 10
    return apart


def _transposed(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Two neighbouring digits swapped: the difference is 9 * d * 10^k with matching digits."""
    out = np.zeros(len(left), dtype=bool)
    for k in range(15):
        p = 10**k
        a1, a0 = (left // (p * 10)) % 10, (left // p) % 10
        swapped = left + (a0 - a1) * p * 10 + (a1 - a0) * p
        out |= (swapped == right) & (a1 != a0)
    return out


def _bins(share: npt.NDArray[np.float32], cuts: tuple[float, ...]) -> Levels:
    return np.asarray(np.searchsorted(np.asarray(cuts, dtype=np.float32), share), dtype=np.uint8)


class Comparer:
    """Levels of pairs of one encoded set of records. Holds the text arrays, so chunks share them."""

    def __init__(self, encoded: Encoded, context: Context | None = None) -> None:
        self.e = encoded
        self.context = context
        self._name = np.array(encoded.teks_nama, dtype=object)
        self._mother = np.array(encoded.teks_ibu, dtype=object)
        self._given = np.array(encoded.teks_given, dtype=object)

    def with_context(self, context: Context) -> Comparer:
        """The same comparer for the second pass."""
        other = copy(self)
        other.context = context
        return other

    def levels(self, a: Index, b: Index) -> Levels:
        """(pairs, comparisons) levels, columns in the order of COMPARISONS."""
        lahir = self.lahir(a, b)
        return np.column_stack(
            (
                self.nama(a, b),
                self.nik(a, b, birth_level(lahir) == 1),
                lahir,
                self.kelamin(a, b),
                self.ibu(a, b),
                *self.surroundings(a, b).T,
            )
        )

    def surroundings(self, a: Index, b: Index) -> Levels:
        """(pairs, 2) levels of `keluarga` and `saingan`: what the second pass sees anew."""
        return np.column_stack((self.keluarga(a, b), self.saingan(a, b)))

    def nama(self, a: Index, b: Index) -> Levels:
        """Full canonical name: equal by frequency, token subset, typing variant, given name only, near, different."""
        e = self.e
        left, right = e.nama[a], e.nama[b]
        level = np.full(len(a), 15, dtype=np.uint8)
        equal = left == right
        level[equal] = 1 + _bins(e.frekuensi[a[equal]], NAME_CUTS)
        rest = np.flatnonzero(~equal & (left != 0) & (right != 0))
        ra, rb = a[rest], b[rest]
        ta, tb = e.token[ra], e.token[rb]
        shared = _shared_tokens(ta, tb)
        fewest = np.minimum((ta != 0).sum(axis=1), (tb != 0).sum(axis=1))
        part = (shared >= fewest) & (fewest > 0)
        likeness = np.ones(len(rest), dtype=np.float32)
        likeness[~part] = _similarity(self._name, left[rest][~part], right[rest][~part])
        given = (e.given[ra] == e.given[rb]) & (e.given[ra] != 0)
        sound = (e.rangka[ra] == e.rangka[rb]) & (e.rangka[ra] != 0)
        # Jaro-Winkler is hard on short names, where one slip of a letter is still only one slip.
        variant = likeness >= JW_TYPO
        short = np.flatnonzero(~variant & (likeness >= JW_SHORT))
        variant[short] = _edits(self._name, left[rest[short]], right[rest[short]]) <= 1
        # A long second name in common makes two given names look alike as a whole: they must do so by themselves.
        doubtful = np.flatnonzero(variant & ~given & (shared > 0))
        variant[doubtful] = _similarity(self._given, e.given[ra[doubtful]], e.given[rb[doubtful]]) >= JW_GIVEN
        # The longer name is the rarer one, but the shared part is what agrees: judge by the commoner of the two.
        common = np.maximum(e.frekuensi[ra], e.frekuensi[rb]) >= NAME_CUTS[1]
        level[rest] = np.select(
            [
                sound & part & ~common, sound & part, sound & variant, sound & given, sound,
                part, variant, likeness >= JW_NEAR, shared > 0,
            ],
            [6, 7, 8, 9, 10, 11, 12, 13, 14],
            default=15,
        )  # fmt: skip
        level[(left == 0) | (right == 0)] = 0
        return level

    def nik(self, a: Index, b: Index, same_date: npt.NDArray[np.bool_]) -> Levels:
        """NIK by its parts (region, date, serial), in the context of what the row's date and place say already."""
        e = self.e
        left, right = e.nik[a], e.nik[b]
        level = np.full(len(a), 10, dtype=np.uint8)
        near = np.flatnonzero((left != right) & (left != 0) & (right != 0))
        x, y = left[near], right[near]
        region = x // 10**10 == y // 10**10
        date = x // 10**4 % 10**6 == y // 10**4 % 10**6
        serial = x % 10**4 == y % 10**4
        found = np.select(
            [region & date, date & serial, region & serial, date, serial],
            [5, 6, 7, 8, 9],
            default=10,
        ).astype(np.uint8)
        # One slip of the pen can lie inside one part only (a swap over the border of two parts counts as neither).
        two_parts = np.flatnonzero((found >= 5) & (found <= 7))
        slip = (_digits_apart(x[two_parts], y[two_parts]) == 1) | _transposed(x[two_parts], y[two_parts])
        slipped = two_parts[slip]
        found[slipped] = np.array([4, 2, 3], dtype=np.uint8)[found[slipped] - 5]
        level[near] = found
        level[left == right] = 1
        place = (e.desa[a] // 10**4 == e.desa[b] // 10**4) & (e.desa[a] >= 10**9)
        trusted = e.nik_tepercaya[a] & e.nik_tepercaya[b]
        context = same_date.astype(np.uint8) + 2 * place.astype(np.uint8) + 4 * trusted.astype(np.uint8)
        level += context * np.uint8(len(NIK_LEVELS))
        level[(left == 0) | (right == 0)] = 0
        return level

    def kartu(self, a: Index, b: Index) -> Levels:
        """Family card number."""
        left, right = self.e.kk[a], self.e.kk[b]
        level = np.full(len(a), 3, dtype=np.uint8)
        near = np.flatnonzero((left != right) & (left != 0) & (right != 0))
        x, y = left[near], right[near]
        one = (_digits_apart(x, y) == 1) | _transposed(x, y)
        level[near[one]] = 2
        level[left == right] = 1
        level[(left == 0) | (right == 0)] = 0
        return level

    def lahir(self, a: Index, b: Index) -> Levels:
        """Birth date: equal, day and month swapped, one part off, default or age only, same or near year, different."""
        e = self.e
        left, right = e.lahir[a], e.lahir[b]
        full = e.lahir_lengkap[a] & e.lahir_lengkap[b]
        ya, yb = left // 10_000, right // 10_000
        ma, mb = left // 100 % 100, right // 100 % 100
        da, db = left % 100, right % 100
        parts = (ya == yb).astype(np.uint8) + (ma == mb) + (da == db)
        # 1 January, 1 July and 31 December stand for "only the year is known" in many lists.
        default = np.isin(left % 10_000, (101, 701, 1231)) | np.isin(right % 10_000, (101, 701, 1231)) | ~full
        level = np.full(len(a), 8, dtype=np.uint8)
        level[np.abs(ya - yb) <= 2] = 7
        level[ya == yb] = 6
        level[full & (_digits_apart(left, right, 8) <= 2)] = 5
        level[default & (np.abs(ya - yb) <= 1)] = 4
        level[full & (parts == 2)] = 3
        level[full & (ya == yb) & (ma == db) & (da == mb)] = 2
        level[full & (left == right)] = 1
        # Two rows of one NIK agree in the date that the NIK holds, whoever they are: levels of a group of their own.
        level[(e.nik[a] == e.nik[b]) & (e.nik[a] != 0)] += len(BIRTH_LEVELS)
        level[(left == 0) | (right == 0)] = 0
        return level

    def kelamin(self, a: Index, b: Index) -> Levels:
        """Sex."""
        left, right = self.e.kelamin[a], self.e.kelamin[b]
        level = np.where(left == right, 1, 2).astype(np.uint8)
        level[(left == 0) | (right == 0)] = 0
        return level

    def ibu(self, a: Index, b: Index) -> Levels:
        """Mother's name: equal by frequency, near (variant or part), different."""
        e = self.e
        left, right = e.ibu[a], e.ibu[b]
        level = np.full(len(a), 5, dtype=np.uint8)
        known = (left != 0) & (right != 0)
        equal = known & (left == right)
        level[equal] = 1 + _bins(e.ibu_frekuensi[a[equal]], MOTHER_CUTS)
        rest = np.flatnonzero(known & ~equal)
        ta, tb = e.ibu_token[a[rest]], e.ibu_token[b[rest]]
        fewest = np.minimum((ta != 0).sum(axis=1), (tb != 0).sum(axis=1))
        near = (_shared_tokens(ta, tb) >= fewest) & (fewest > 0)
        near |= (e.ibu_rangka[a[rest]] == e.ibu_rangka[b[rest]]) & (e.ibu_rangka[a[rest]] != 0)
        open_ = np.flatnonzero(~near)
        near[open_] = _similarity(self._mother, left[rest[open_]], right[rest[open_]]) >= 0.90
        level[rest[near]] = 4
        level[~known] = 0
        return level

    def wilayah(self, a: Index, b: Index) -> Levels:
        """Residence: same desa, kecamatan, kabupaten."""
        left, right = self.e.desa[a], self.e.desa[b]
        level = np.full(len(a), 4, dtype=np.uint8)
        level[left // 10**6 == right // 10**6] = 3
        level[left // 10**4 == right // 10**4] = 2
        level[left == right] = 1
        # Shorter codes (only a kecamatan known) cannot be compared digit by digit with a desa code.
        level[(left < 10**9) | (right < 10**9)] = 0
        return level

    def keluarga(self, a: Index, b: Index) -> Levels:
        """Card number, other members that the two families share, and residence, as one level (levels.KELUARGA).

        Members are shared by given name in the first pass, by being linked in the second.
        """
        e = self.e
        left, right = e.kerabat[a], e.kerabat[b]
        fewest = np.minimum(np.bitwise_count(left), np.bitwise_count(right))
        if self.context is None:
            shared = np.bitwise_count(left & right)
        else:
            one, two = self.context.kerabat
            shared = np.minimum(np.bitwise_count(one[a] & one[b]), np.bitwise_count(two[a] & two[b]))
        members = np.full(len(a), 3, dtype=np.uint8)
        members[shared >= 1] = 2
        members[(shared >= 2) | ((shared == 1) & (fewest == 1))] = 1
        members[(left == 0) | (right == 0)] = 0
        # Two rows of one card of one list have the same fellow members by being there: that says nothing.
        members[(e.kartu[a] == e.kartu[b]) & (e.kartu[a] != 0)] = 0
        level = (self.kartu(a, b) * np.uint8(N_MEMBERS) + members) * np.uint8(N_PLACE) + self.wilayah(a, b)
        return np.asarray(level, dtype=np.uint8)

    def saingan(self, a: Index, b: Index) -> Levels:
        """In how many lists both rows have counterparts of their own; all missing in the first pass."""
        e = self.e
        if self.context is None:
            return np.zeros(len(a), dtype=np.uint8)
        group, editions = self.context.gugus, self.context.edisi
        both = np.bitwise_count(editions[a] & editions[b])
        one_list = e.edisi[a] == e.edisi[b]
        both[group[a] == group[b]] = 0
        level = 1 + np.minimum(both, 2)
        # Two rows of one list have that list in common to begin with.
        level[one_list] = np.where(both[one_list] >= 2, 5, 4)
        level[one_list & (e.kartu[a] == e.kartu[b]) & (e.kartu[a] != 0)] = 6
        return np.asarray(level, dtype=np.uint8)
