"""Comparison levels of candidate pairs of family registers, vectorised.

Level 0 of every comparison means missing: the model gives it no weight. Levels are ordered from agreement to
disagreement. Term frequency is in the levels: an equal name is split by how common it is, so the model works on pattern
counts alone and needs no per-pair adjustment.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from blocking.encode import U32, Encoded
from blocking.pairs import Index
from matching.specification import Comparison, LatentClass, Levels, Specification
from rules.i18n import N_

# Cuts of the share of records that bear the same full name: rarer names first. Powers of about 8 around what a desa, a
# kecamatan and a kabupaten hold; the model learns the weight of each class, so the cuts only need to be apart.
NAME_CUTS: Final = (2e-5, 1e-4, 5e-4, 2.5e-3)
MOTHER_CUTS: Final = (1e-4, 1e-3)
JW_TYPO: Final = 0.92
JW_NEAR: Final = 0.82
JW_SHORT: Final = 0.70


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
        N_("alike"),
        _DIFFERENT,
    ),
)
NIK = Comparison(
    "nik",
    N_("NIK"),
    (
        _MISSING,
        N_("same"),
        N_("one digit different"),
        N_("only the serial different"),
        N_("only the serial the same"),
        _DIFFERENT,
    ),
)
LAHIR = Comparison(
    "lahir",
    N_("birth date"),
    (
        _MISSING,
        N_("same"),
        N_("day and month swapped"),
        N_("one part different"),
        N_("default date or age only, year agrees"),
        N_("two digits different"),
        N_("same year"),
        N_("year off by one or two"),
        _DIFFERENT,
    ),
)
KELAMIN = Comparison("kelamin", N_("sex"), (_MISSING, N_("same"), _DIFFERENT))
IBU = Comparison(
    "ibu",
    N_("mother's name"),
    (_MISSING, N_("same, rare name"), N_("same name"), N_("same, common name"), N_("alike"), _DIFFERENT),
)
WILAYAH = Comparison(
    "wilayah", N_("residence"), (_MISSING, N_("same desa"), N_("same kecamatan"), N_("same kabupaten"), _DIFFERENT)
)
_CARD = (_MISSING, N_("same card number"), N_("card number one digit different"), N_("different card number"))
_MEMBERS = (
    _MISSING,
    N_("several other members in common"),
    N_("one other member in common"),
    N_("no other member in common"),
)
# Card number and fellow members change together when somebody marries or moves, so they are one comparison of 4 x 4
# levels. Which of the two is known depends on the sources, not on the class: each such case is a group of its own.
KELUARGA = Comparison(
    "keluarga",
    N_("family"),
    tuple(f"{card}|{members}" for card in _CARD for members in _MEMBERS),
    tuple((card > 0) + 2 * (members > 0) for card in range(4) for members in range(4)),
)

COMPARISONS: Final = (NAMA, NIK, LAHIR, KELAMIN, IBU, WILAYAH, KELUARGA)

# Levels that can occur in a case that a pass narrows a comparison to. Narrowing by an earlier pass holds where both
# rows have the fields of its key, which is the rule for what it narrows: a level is only seen where the field is.
NARROWED: Final = {
    "nik:tidak_sama": (2, 3, 4, 5),
    "nama:depan_sama": tuple(range(1, 11)),
    "nama:depan_beda": tuple(range(6, 12)),
    "nama:sama": tuple(range(1, 6)),
    "keluarga:kartu_sama": (4, 5, 6, 7),
    "keluarga:kartu_lain": (1, 2, 3, *range(8, 16)),
    "lahir:tidak_tepat": tuple(range(2, 9)),
    "lahir:tahun_sama": (2, 3, 4, 5, 6),
    "lahir:tahun_lain": (3, 4, 5, 7, 8),
}

# The same person and the unrelated are held at their anchors (high-purity blocks, random pairs); the two classes in
# between may move, with an anchor worth 2,000 pairs.
REGISTERS: Final = Specification(
    COMPARISONS,
    (LatentClass("orang_sama"), LatentClass("serumah", 2_000.0), LatentClass("senama", 2_000.0), LatentClass("asing")),
    NARROWED,
)


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

    def __init__(self, encoded: Encoded) -> None:
        self.e = encoded
        self._name = np.array(encoded.teks_nama, dtype=object)
        self._mother = np.array(encoded.teks_ibu, dtype=object)

    def levels(self, a: Index, b: Index) -> Levels:
        """(pairs, comparisons) levels, columns in the order of COMPARISONS."""
        out = np.empty((len(a), len(COMPARISONS)), dtype=np.uint8)
        for column, compare in enumerate(
            (self.nama, self.nik, self.lahir, self.kelamin, self.ibu, self.wilayah, self.keluarga)
        ):
            out[:, column] = compare(a, b)
        return out

    def nama(self, a: Index, b: Index) -> Levels:
        """Full canonical name: equal by frequency, token subset, typing variant, given name only, near, different."""
        e = self.e
        left, right = e.nama[a], e.nama[b]
        level = np.full(len(a), 11, dtype=np.uint8)
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
        skeleton = (e.rangka[ra] == e.rangka[rb]) & (e.rangka[ra] != 0)
        found = np.full(len(rest), 11, dtype=np.uint8)
        found[(likeness >= JW_NEAR) | skeleton | (shared > 0)] = 10
        found[given] = 9
        found[likeness >= JW_TYPO] = 8
        # Jaro-Winkler is hard on short names, where one slip of a letter is still only one slip.
        short = np.flatnonzero((found >= 9) & ~part & (likeness >= JW_SHORT))
        one_slip = _edits(self._name, left[rest[short]], right[rest[short]]) <= 1
        found[short[one_slip]] = 8
        # The longer name is the rarer one, but the shared part is what agrees: judge by the commoner of the two.
        common = np.maximum(e.frekuensi[ra], e.frekuensi[rb]) >= NAME_CUTS[1]
        found[part] = np.where(common[part], 7, 6)
        level[rest] = found
        level[(left == 0) | (right == 0)] = 0
        return level

    def nik(self, a: Index, b: Index) -> Levels:
        """NIK: equal, one digit off (serial kept), only the serial differs, only the serial agrees, different."""
        left, right = self.e.nik[a], self.e.nik[b]
        level = np.full(len(a), 5, dtype=np.uint8)
        near = np.flatnonzero((left != right) & (left != 0) & (right != 0))
        x, y = left[near], right[near]
        same_serial = x % 10_000 == y % 10_000
        same_head = x // 10_000 == y // 10_000
        found = np.full(len(near), 5, dtype=np.uint8)
        found[same_serial] = 4
        found[same_head] = 3
        candidate = np.flatnonzero(~same_head)
        one = (_digits_apart(x[candidate], y[candidate]) == 1) | _transposed(x[candidate], y[candidate])
        found[candidate[one]] = 2
        level[near] = found
        level[left == right] = 1
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
        """Card number, and how many given names of the other members the two families share, as 4 * card + members."""
        left, right = self.e.kerabat[a], self.e.kerabat[b]
        shared = np.bitwise_count(left & right)
        fewest = np.minimum(np.bitwise_count(left), np.bitwise_count(right))
        level = np.full(len(a), 3, dtype=np.uint8)
        level[shared >= 1] = 2
        level[(shared >= 2) | ((shared == 1) & (fewest == 1))] = 1
        level[(left == 0) | (right == 0)] = 0
        return np.asarray(4 * self.kartu(a, b) + level, dtype=np.uint8)
