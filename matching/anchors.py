"""Anchor pairs for the classes of the model: what keeps each latent class to its name.

* unrelated: random pairs of records;
* namesake or neighbour: random pairs inside one kecamatan;
* same household, other person: two rows of one card in one edition of a list that are not the same person twice;
* same person: pairs with an equal NIK for every comparison but the NIK, each comparison counted only where
  others already confirm the pair; the NIK itself from pairs of one card with equal birth date and given name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded
from blocking.mix import combine, mix
from blocking.pairs import Index, block, pairs_of
from blocking.sorting import order_of
from blocking.tally import distinct
from matching.compare import Comparer
from matching.fit import level_counts as _counts
from matching.levels import (
    BIRTH_LEVELS,
    COMPARISONS,
    NIK_CONTEXTS,
    NIK_LEVELS,
    NO_MEMBER,
    birth_level,
    members_level,
    nik_level,
    same_name,
)
from matching.specification import Levels
from matching.terms import F64

RANDOM_PAIRS = 1_000_000
BLOCK_PAIRS = 400_000
LEAST_SURE = 1_000  # pairs of an equal NIK below which other agreement stands in for it
BORROWED = 200.0  # pairs that all contexts of the NIK together are worth to each
TRUSTED_FROM = len(NIK_LEVELS) * NIK_CONTEXTS // 2  # levels above it: both NIKs are trusted
LARGEST_CARD = 12  # rows; larger groups are institutions or errors, not households
_COLUMN = {c.nama: i for i, c in enumerate(COMPARISONS)}
_SURROUNDINGS = [_COLUMN["keluarga"], _COLUMN["saingan"]]


def level_counts(levels: Levels) -> list[F64]:
    """Counts per comparison and level of register pairs."""
    return _counts(levels, COMPARISONS)


def _shuffled(n: int, salt: int) -> Index:
    """A fixed pseudo-random order of 0..n-1."""
    return order_of(mix(np.arange(n, dtype=np.uint64) + np.uint64(salt << 40)))


def random_pairs(n: int, wanted: int) -> tuple[Index, Index]:
    """Pairs of records drawn without looking at them; the same for the same n."""
    order = _shuffled(n, 1)
    a, b = [order[:0]], [order[:0]]  # a list of one row has no pair
    have, step = 0, 1
    while have < wanted and step < n:
        a.append(order)
        b.append(np.roll(order, -step))
        have += n
        step = step * 2 + 1
    left, right = np.concatenate(a)[:wanted], np.concatenate(b)[:wanted]
    return left.astype(np.uint32), right.astype(np.uint32)


def _neighbours(e: Encoded, wanted: int) -> tuple[Index, Index]:
    """Random pairs inside one kecamatan."""
    order = _shuffled(e.n, 2)
    order = order[e.desa[order] >= 10**9]
    _seen, kecamatan, _count = distinct((e.desa // 10_000).astype(np.uint64))
    narrow = kecamatan.astype(np.uint16 if len(_seen) < 1 << 16 else np.uint64)  # numbers of 16 bits are sorted at once
    order = order[np.argsort(narrow[order], kind="stable")]
    a, b = [], []
    for step in (1, 3, 7):
        left, right = order[:-step], order[step:]
        same = e.desa[left] // 10_000 == e.desa[right] // 10_000
        a.append(left[same])
        b.append(right[same])
    left, right = np.concatenate(a)[:wanted], np.concatenate(b)[:wanted]
    return left.astype(np.uint32), right.astype(np.uint32)


def _sample_blocks(keys: npt.NDArray[np.uint64], wanted: int) -> tuple[Index, Index]:
    """Up to `wanted` pairs of blocks taken in pseudo-random order (by mixing the key).

    Larger blocks than a household are left out: a NIK on dozens of rows is shared or made up and trains nothing.
    """
    blocks = block(np.where(keys == 0, np.uint64(0), mix(keys)))
    small = blocks.stop - blocks.start <= LARGEST_CARD
    blocks = replace(blocks, start=blocks.start[small], stop=blocks.stop[small])
    if len(blocks.start) == 0:
        none = np.zeros(0, dtype=np.uint32)
        return none, none
    return next(pairs_of(blocks, wanted))


@dataclass(slots=True)
class Sample:
    """Anchor pairs with their levels. What people and texts say stays; the second pass sees the surroundings anew."""

    a: Index
    b: Index
    levels: Levels

    @classmethod
    def of(cls, compare: Comparer, pairs: tuple[Index, Index]) -> Sample:
        """The pairs with their levels."""
        return cls(*pairs, compare.levels(*pairs))

    def see(self, compare: Comparer) -> None:
        """Take the surroundings as `compare` sees them."""
        self.levels[:, _SURROUNDINGS] = compare.surroundings(self.a, self.b)


class Anchors:
    """Anchor pairs of one encoded set of records: drawn and compared once, counted in each pass."""

    def __init__(self, e: Encoded, compare: Comparer) -> None:
        self._e = e
        self._strangers = Sample.of(compare, random_pairs(e.n, RANDOM_PAIRS))
        self._neighbours = Sample.of(compare, _neighbours(e, RANDOM_PAIRS // 2))
        self._person = Sample.of(compare, _one_nik(e))
        self._by_card = Sample.of(compare, _sample_blocks(combine(22, e.kk, e.rangka), BLOCK_PAIRS))
        sure = _sure(self._person.levels)
        self._household = Sample.of(compare, _household(e, self._person.a[sure], self._person.b[sure]))
        self._inside = Sample.of(compare, _one_card(e))

    def see(self, compare: Comparer) -> None:
        """Take the surroundings as `compare` sees them; a pair of one card is asked for its NIK only."""
        for sample in (self._strangers, self._neighbours, self._person, self._household, self._inside):
            sample.see(compare)

    def counts(self) -> tuple[dict[str, list[F64]], list[F64]]:
        """Level counts per class and comparison; and how often values are known (`_known_shares`)."""
        household, inside = self._household.levels, self._inside.levels
        person, elsewhere = _same_person(self._person.levels, _same_person_nik(self._by_card.levels))
        counts = level_counts(household)
        # What two rows of one list are to each other only rows of one list can show.
        column = _COLUMN["saingan"]
        counts[column][4:] = level_counts(inside)[column][4:]
        classes = {
            "asing": level_counts(self._strangers.levels),
            "senama": level_counts(self._neighbours.levels),
            "orang_sama": person,
            "orang_sama_keluarga_lain": elsewhere,
            "kembar": level_counts(np.concatenate([levels[_twins(levels)] for levels in (household, inside)])),
            "serumah": counts,
        }
        half = slice(RANDOM_PAIRS // 2)
        drawn = self._strangers
        return classes, _known_shares(self._e, drawn.a[half], drawn.b[half], drawn.levels[half])


def _known_shares(e: Encoded, a: Index, b: Index, levels: Levels) -> list[F64]:
    """Per comparison (pairs of sources, groups): the share of pairs of two lists in which each group is known.

    From random pairs (a, b): whether a value is there is taken not to depend on who the two are.
    """
    n = len(e.nama_sumber)
    pair = np.minimum(e.sumber[a], e.sumber[b]).astype(np.int64) * n + np.maximum(e.sumber[a], e.sumber[b])
    out = []
    for f, comparison in enumerate(COMPARISONS):
        groups = comparison.groups
        width = int(groups.max()) + 1
        counts = np.bincount(pair * width + groups[levels[:, f]], minlength=n * n * width).reshape(n * n, width)
        pooled = counts.sum(axis=0) / max(counts.sum(), 1)
        shares = counts + BORROWED * pooled
        out.append(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12))
    return out


def _twins(levels: Levels) -> npt.NDArray[np.bool_]:
    """Members of one household with one birth date: another name, or a similar one beside another trusted NIK."""
    name, nik = levels[:, _COLUMN["nama"]], levels[:, _COLUMN["nik"]]
    other_nik = (nik > TRUSTED_FROM) & (nik_level(nik) >= 4) & (name >= 6)
    other_name = ~same_name(name) & (name != 0)
    return np.asarray((birth_level(levels[:, _COLUMN["lahir"]]) == 1) & (other_name | other_nik), dtype=np.bool_)


def _one_card(e: Encoded) -> tuple[Index, Index]:
    """Pairs of rows of one card in one list that are not one person twice."""
    a, b = _sample_blocks(e.kartu, BLOCK_PAIRS)
    member = ~_twice(e, a, b)
    return a[member], b[member]


def _twice(e: Encoded, a: Index, b: Index) -> npt.NDArray[np.bool_]:
    same = (e.lahir[a] == e.lahir[b]) & (e.nama[a] == e.nama[b])
    return np.asarray(same | (e.nik[a] == e.nik[b]) & (e.nik[a] != 0), dtype=np.bool_)


def _one_nik(e: Encoded) -> tuple[Index, Index]:
    """Pairs of an equal NIK, most of them one person."""
    # All usable NIKs, not only the trusted: a NIK loses trust when it disagrees with the row's birth date or sex, so
    # the trusted ones would show hardly any wrong dates.
    a, b = _sample_blocks(combine(21, e.nik), BLOCK_PAIRS)
    if len(a) >= LEAST_SURE:
        return a, b
    # Lists without NIKs: what agrees in date and name, or in card and one of the two, stands in for them.
    date = np.where(e.lahir_lengkap, e.lahir, 0)
    keys = (combine(23, date, e.nama), combine(24, e.kk, e.rangka), combine(25, e.kk, date, e.kelamin))
    more = [_sample_blocks(key, BLOCK_PAIRS // 4) for key in keys]
    left = np.concatenate([a, *(pair[0] for pair in more)])
    right = np.concatenate([b, *(pair[1] for pair in more)])
    twice = e.edisi[left] == e.edisi[right]
    return left[~twice], right[~twice]


def _born_alike(levels: Levels) -> npt.NDArray[np.bool_]:
    born = birth_level(levels[:, _COLUMN["lahir"]])
    return np.asarray((born >= 1) & (born <= 4), dtype=np.bool_)


def _sure(levels: Levels) -> npt.NDArray[np.bool_]:
    """Which pairs agree in name and birth date."""
    return np.asarray(same_name(levels[:, _COLUMN["nama"]]) & _born_alike(levels), dtype=np.bool_)


def _same_person(levels: Levels, nik: F64) -> tuple[list[F64], list[F64]]:
    """Level counts of the two match classes from pairs of an equal NIK; `nik` are those of the NIK itself.

    The classes differ in what marriage, moving and second identities change: whether fellow members are shared.
    """
    one_sex = levels[:, _COLUMN["kelamin"]] != 2
    sure = _sure(levels)
    subsets = {
        # A shared NIK (a child under a parent's) agrees in neither, so one agreeing field frees the other.
        "nama": _born_alike(levels) & one_sex,
        "lahir": same_name(levels[:, _COLUMN["nama"]]) & one_sex,
    }
    counts = [level_counts(levels[subsets.get(c.nama, sure)])[f] for f, c in enumerate(COMPARISONS)]
    counts[_COLUMN["nik"]] = nik
    # One person's dates go wrong alike whether or not the NIKs are equal: both groups take the same counts.
    dates = counts[_COLUMN["lahir"]]
    dates[1 : 1 + len(BIRTH_LEVELS)] = dates[1 + len(BIRTH_LEVELS) :]
    members = members_level(levels[:, _COLUMN["keluarga"]])
    person, elsewhere = list(counts), list(counts)
    for column in (_COLUMN["keluarga"], _COLUMN["saingan"]):
        person[column] = level_counts(levels[sure & (members != NO_MEMBER)])[column]
        elsewhere[column] = level_counts(levels[sure & ((members == NO_MEMBER) | (members == 0))])[column]
    return person, elsewhere


def _same_person_nik(levels: Levels) -> F64:
    """NIK levels of one person: pairs of one card with one leading name whose dates do not differ much."""
    sure = _sure(levels) & (levels[:, _COLUMN["kelamin"]] != 2)
    counts = level_counts(levels[sure])[_COLUMN["nik"]]
    # A slip in the NIK does not depend on the context much, and some contexts are rare: each borrows from all.
    per_context = counts[1:].reshape(NIK_CONTEXTS, -1)
    pooled = per_context.sum(axis=0)
    # No more is borrowed than there is: without data the stated prior stands, and the fit says so.
    lent = min(BORROWED, float(pooled.sum()))
    counts[1:] = (per_context + lent * (pooled + 0.5) / (pooled + 0.5).sum()).ravel() if lent else 0.0
    return counts


def _household(e: Encoded, a: Index, b: Index) -> tuple[Index, Index]:
    """Pairs of one household and two persons, over lists: a row and a fellow member of its counterpart."""
    order = order_of(e.kartu)
    place = np.empty(e.n, dtype=np.int64)
    place[order] = np.arange(e.n)
    left, right = [], []
    for step in (1, -1):
        other = order[(place[b] + step) % e.n]
        fellow = (e.kartu[other] == e.kartu[b]) & (e.kartu[b] != 0) & (e.kartu_ukuran[b] <= LARGEST_CARD)
        # A second row of the same person on the card is no other member.
        chosen = fellow & ~_twice(e, a, other.astype(np.uint32)) & (other != a)
        left.append(a[chosen])
        right.append(other[chosen].astype(np.uint32))
    return np.concatenate(left), np.concatenate(right)
