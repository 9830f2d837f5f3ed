"""Anchor pairs for the classes of the model: what keeps each latent class to its name.

* unrelated: random pairs of records;
* namesake or neighbour: random pairs inside one kecamatan;
* same household, other person: two rows of one card in one edition of a list that are not the same person twice;
* same person: pairs with an equal NIK for every comparison but the NIK, each comparison counted only where
  others already confirm the pair; the NIK itself from pairs of one card with equal birth date and given name.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded
from blocking.mix import combine, mix
from blocking.pairs import Index, block, pairs_of
from matching.fit import level_counts as _counts
from matching.levels import COMPARISONS, Comparer
from matching.model import F64
from matching.specification import Levels

RANDOM_PAIRS = 1_000_000
BLOCK_PAIRS = 400_000
_COLUMN = {c.nama: i for i, c in enumerate(COMPARISONS)}


def level_counts(levels: Levels) -> list[F64]:
    """Counts per comparison and level of register pairs."""
    return _counts(levels, COMPARISONS)


def _shuffled(n: int, salt: int) -> npt.NDArray[np.int64]:
    """A fixed pseudo-random order of 0..n-1."""
    return np.argsort(mix(np.arange(n, dtype=np.uint64) + np.uint64(salt << 40)), kind="stable")


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
    order = order[np.argsort((e.desa // 10_000)[order], kind="stable")]
    order = order[e.desa[order] >= 10**9]
    a, b = [], []
    for step in (1, 3, 7):
        left, right = order[:-step], order[step:]
        same = e.desa[left] // 10_000 == e.desa[right] // 10_000
        a.append(left[same])
        b.append(right[same])
    left, right = np.concatenate(a)[:wanted], np.concatenate(b)[:wanted]
    return left.astype(np.uint32), right.astype(np.uint32)


def _sample_blocks(keys: npt.NDArray[np.uint64], wanted: int) -> tuple[Index, Index]:
    """Up to `wanted` pairs of blocks taken in pseudo-random order (by mixing the key)."""
    mixed = np.where(keys == 0, np.uint64(0), mix(keys))
    blocks = block(mixed)
    if len(blocks.start) == 0:
        none = np.zeros(0, dtype=np.uint32)
        return none, none
    return next(pairs_of(blocks, wanted))


def anchors(e: Encoded, compare: Comparer) -> dict[str, list[F64]]:
    """Level counts per class and comparison."""
    out = {}
    out["asing"] = level_counts(compare.levels(*random_pairs(e.n, RANDOM_PAIRS)))
    out["senama"] = level_counts(compare.levels(*_neighbours(e, RANDOM_PAIRS // 2)))
    out["orang_sama"] = _same_person(e, compare)
    out["serumah"] = _same_household(e, compare, out["orang_sama"])
    return out


def _same_person(e: Encoded, compare: Comparer) -> list[F64]:
    # All usable NIKs, not only the trusted: a NIK loses trust when it disagrees with the row's birth date or sex, so
    # the trusted ones would show hardly any wrong dates.
    levels = compare.levels(*_sample_blocks(combine(21, e.nik), BLOCK_PAIRS))
    name, born, sex = (levels[:, _COLUMN[c]] for c in ("nama", "lahir", "kelamin"))
    name_good = (name >= 1) & (name <= 8)
    born_good = (born >= 1) & (born <= 4)
    sure = name_good & born_good
    subsets = {
        # A shared NIK (a child under a parent's) agrees in neither, so one agreeing field frees the other.
        "nama": born_good & (sex != 2),
        "lahir": name_good & (sex != 2),
        "kelamin": sure,
        "ibu": sure,
        "wilayah": sure,
        "keluarga": sure,
    }
    counts = [level_counts(levels[subsets.get(c.nama, sure)])[f] for f, c in enumerate(COMPARISONS)]
    born_key = np.where(e.lahir_lengkap, e.lahir, 0)
    card = compare.levels(*_sample_blocks(combine(22, e.kk, born_key, e.given), BLOCK_PAIRS))
    counts[_COLUMN["nik"]] = level_counts(card)[_COLUMN["nik"]]
    return counts


def _same_household(e: Encoded, compare: Comparer, person: list[F64]) -> list[F64]:
    a, b = _sample_blocks(np.where(e.kartu_ukuran <= 12, e.kartu, np.uint64(0)), BLOCK_PAIRS)
    # Two rows of one card that agree in name and birth date are a duplicate, not two members.
    twice = (e.lahir[a] == e.lahir[b]) & (e.nama[a] == e.nama[b])
    twice |= (e.nik[a] == e.nik[b]) & (e.nik[a] != 0)
    counts = level_counts(compare.levels(a[~twice], b[~twice]))
    # Rows of one list stand together; over two lists the card ages and people move as for one person.
    for name in ("wilayah", "keluarga"):
        counts[_COLUMN[name]] = person[_COLUMN[name]]
    return counts
