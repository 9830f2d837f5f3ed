"""Levels of pairs of family registers, pair by pair: the compiled inside of `matching.compare`.

What each level means stands in `matching.levels`. Strings are compared only where codes and tokens leave the answer
open, and only where a bound from their letters says that they can be alike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel
from blocking.prefetch import bits_set, prefetch
from matching.kernels.letters import (
    common_prefix,
    edits_in,
    jaro_bound,
    jaro_in,
    most_shared,
    signature,
    winkler,
)

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Levels = npt.NDArray[np.uint8]
Table = npt.NDArray[np.void]  # a structured array
Record = Any  # one row of it, as the compiler knows it: an address, so that a call costs nothing

TOKENS = 4
_SOON, _SOONER = 16, 6  # pairs ahead, of which rows and texts are loaded
LEAST_JARO = 0.699  # no level asks for less, and Winkler's addition begins above it

# One row per record, as wide as two cache lines. Numbers of digits are packed, four bits a digit. The first line holds
# what the second pass asks for.
ROWS = np.dtype(
    [
        ("nik", "u8"),
        ("kk", "u8"),
        ("kartu", "u8"),
        ("kerabat", "u8"),
        ("desa", "i8"),
        ("kecamatan", "i8"),
        ("edisi", "u2"),
        ("kelamin", "u1"),
        ("nik_tepercaya", "u1"),
        ("lahir_lengkap", "u1"),
        ("nama", "u4"),
        ("given", "u4"),
        ("lahir", "u8"),
        ("rangka", "u4"),
        ("ibu", "u4"),
        ("ibu_rangka", "u4"),
        ("frekuensi", "f4"),
        ("ibu_frekuensi", "f4"),
        ("token", "u4", (TOKENS,)),
        ("ibu_token", "u4", (TOKENS,)),
        ("tahun", "i4"),
    ],
    align=True,
)
LINE = 8  # numbers of 64 bits that the cache loads at once
# One row per distinct text: where its letters (code points) begin, how many, and their signature.
TEXTS = np.dtype([("awal", "i8"), ("panjang", "i8"), ("ciri", "u8")])
# What the first pass found out (`matching.compare.Context`), one row per record; no rows before it.
LINKED = np.dtype([("edisi", "u8"), ("kerabat", "u8"), ("kerabat_lain", "u8"), ("gugus", "u8")])


class Cuts(NamedTuple):
    """Where the levels of names begin: shares of rows with the name, and similarities."""

    nama: tuple[np.float32, ...]
    ibu: tuple[np.float32, ...]
    typo: np.float32
    near: np.float32
    short: np.float32
    given: np.float32
    mother: np.float32


@kernel
def fill_texts(data: Levels, begin: U64, letters: U32, out: Table) -> None:
    """Describe texts that stand one behind the other in UTF-8, and write their letters (code points) to `letters`."""
    at = 0
    for k in range(len(out)):
        out[k].awal = at
        for p in range(begin[k], begin[k + 1]):
            byte = np.uint32(data[p])
            if byte < 0x80:
                letters[at] = byte
                at += 1
            elif byte >= 0xC0:  # the first byte of a letter; it says how many bits of it are the letter's
                letters[at] = byte & (0x1F if byte < 0xE0 else (0x0F if byte < 0xF0 else 0x07))
                at += 1
            else:
                letters[at - 1] = letters[at - 1] << np.uint32(6) | (byte & np.uint32(0x3F))
        out[k].panjang = at - out[k].awal
        out[k].ciri = signature(letters, out[k].awal, out[k].panjang)


@kernel
def likeness(letters: U32, one: Record, two: Record, room: I64) -> np.float32:
    """Jaro-Winkler similarity of two texts; 0 where a bound says that it is below every cut."""
    n_a, n_b = one.panjang, two.panjang
    if n_a == 0 or n_b == 0:
        return np.float32(1.0 if n_a == n_b else 0.0)
    shared = most_shared(one.ciri, n_a, two.ciri, n_b)
    if jaro_bound(shared, n_a, n_b) < LEAST_JARO:
        return np.float32(0.0)
    alike = jaro_in(letters, one.awal, n_a, two.awal, n_b, LEAST_JARO, room)
    if alike < 0.0:
        return np.float32(0.0)
    return np.float32(winkler(alike, common_prefix(letters, one.awal, n_a, two.awal, n_b)))


@kernel
def one_edit(letters: U32, one: Record, two: Record, room: I64) -> bool:
    """Whether one letter more, less or other, or two neighbours turned round, is all that is different."""
    return edits_in(letters, one.awal, one.panjang, two.awal, two.panjang, 1, True, room) <= 1


@kernel
def shared_tokens(one: Record, two: Record) -> int:
    """How many tokens two names share; zeros do not count."""
    shared = 0
    for k in range(TOKENS):
        word = one[k]
        if word != 0:
            for m in range(TOKENS):
                shared += word == two[m]
    return shared


@kernel
def fewest_tokens(one: Record, two: Record) -> int:
    """Tokens of the shorter name."""
    here = 0
    there = 0
    for k in range(TOKENS):
        here += one[k] != 0
        there += two[k] != 0
    return min(here, there)


@kernel
def above(cuts: tuple[np.float32, ...], share: np.float32) -> int:
    """How many cuts lie below a share."""
    n = 0
    for cut in cuts:
        n += cut < share
    return n


@kernel
def fill_digits(number: I64, out: U64) -> None:
    """Write each number of up to sixteen digits with four bits a digit, the last digit lowest."""
    for k in range(len(number)):
        rest = number[k]
        packed = np.uint64(0)
        shift = 0
        while rest > 0 and shift < 64:
            packed |= np.uint64(rest % 10) << np.uint64(shift)
            rest //= 10
            shift += 4
        out[k] = packed


@kernel
def digit_marks(x: np.uint64, y: np.uint64) -> np.uint64:
    """One bit, the lowest of its four, for each place in which two packed numbers differ."""
    z = x ^ y
    z |= z >> np.uint64(2)
    z |= z >> np.uint64(1)
    return z & np.uint64(0x1111111111111111)


@kernel
def one_slip(x: np.uint64, y: np.uint64) -> bool:
    """One digit different, or two neighbouring digits swapped, in packed numbers."""
    marks = digit_marks(x, y)
    low = marks & (~marks + np.uint64(1))
    if marks == low:
        return marks != np.uint64(0)
    if marks != low | (low << np.uint64(4)):
        return False
    digit = low * np.uint64(15)
    return (x & digit) << np.uint64(4) == y & (digit << np.uint64(4)) and (y & digit) << np.uint64(4) == x & (
        digit << np.uint64(4)
    )


@kernel
def name_level(x: Record, y: Record, texts: Table, letters: U32, cuts: Cuts, room: I64) -> int:
    """Full canonical name: equal by frequency, token subset, typing variant, given name only, near, different."""
    if x.nama == 0 or y.nama == 0:
        return 0
    if x.nama == y.nama:
        return 1 + above(cuts.nama, x.frekuensi)
    shared = shared_tokens(x.token, y.token)
    fewest = fewest_tokens(x.token, y.token)
    sound = x.rangka == y.rangka and x.rangka != 0
    if shared >= fewest > 0:
        # The longer name is the rarer one, but the shared part is what agrees: judge by the commoner of the two.
        common = max(x.frekuensi, y.frekuensi) >= cuts.nama[1]
        return (7 if common else 6) if sound else 11
    alike = likeness(letters, texts[x.nama], texts[y.nama], room)
    variant = alike >= cuts.typo
    # Jaro-Winkler is hard on short names, where one slip of a letter is still only one slip.
    if not variant and alike >= cuts.short:
        variant = one_edit(letters, texts[x.nama], texts[y.nama], room)
    given = x.given == y.given and x.given != 0
    # A long second name in common makes two given names look alike as a whole: they must do so by themselves.
    if variant and not given and shared > 0:
        variant = likeness(letters, texts[x.given], texts[y.given], room) >= cuts.given
    if sound:
        return 8 if variant else (9 if given else 10)
    if variant:
        return 12
    if alike >= cuts.near:
        return 13
    return 14 if shared > 0 else 15


@kernel
def _default_day(date: np.uint64) -> bool:
    """1 January, 1 July and 31 December stand for "only the year is known" in many lists."""
    day = date & np.uint64(0xFFFF)
    return day == np.uint64(0x0101) or day == np.uint64(0x0701) or day == np.uint64(0x1231)


@kernel
def birth_level(one: Record, two: Record) -> int:
    """Birth date, 1-8: equal, day and month swapped, one part off, default or age only, near, different; 0 unknown."""
    x, y = one.lahir, two.lahir
    if x == 0 or y == 0:
        return 0
    full = one.lahir_lengkap and two.lahir_lengkap
    if full and x == y:
        return 1
    month_x, month_y = x >> np.uint64(8) & np.uint64(0xFF), y >> np.uint64(8) & np.uint64(0xFF)
    day_x, day_y = x & np.uint64(0xFF), y & np.uint64(0xFF)
    same_year = x >> np.uint64(16) == y >> np.uint64(16)
    if full and same_year and month_x == day_y and day_x == month_y:
        return 2
    if full and int(same_year) + int(month_x == month_y) + int(day_x == day_y) == 2:
        return 3
    years = abs(one.tahun - two.tahun)
    if years <= 1 and (not full or _default_day(x) or _default_day(y)):
        return 4
    if full and bits_set(digit_marks(x, y)) <= 2:
        return 5
    return 6 if years == 0 else (7 if years <= 2 else 8)


@kernel
def nik_level(one: Record, two: Record, same_date: bool) -> int:
    """NIK by its parts (region, date, serial), in the context of what the row's date and place say already."""
    x, y = one.nik, two.nik
    if x == 0 or y == 0:
        return 0
    level = 10
    if x == y:
        level = 1
    else:
        region = x >> np.uint64(40) == y >> np.uint64(40)
        date = (x ^ y) & np.uint64(0xFFFFFF0000) == 0
        serial = (x ^ y) & np.uint64(0xFFFF) == 0
        # One slip of the pen can lie inside one part only (a swap over the border of two parts counts as neither).
        if region and date:
            level = 4 if one_slip(x, y) else 5
        elif date and serial:
            level = 2 if one_slip(x, y) else 6
        elif region and serial:
            level = 3 if one_slip(x, y) else 7
        elif date:
            level = 8
        elif serial:
            level = 9
    if same_date:
        level += 10
    if one.kecamatan == two.kecamatan and one.desa >= 10**9:
        level += 20
    if one.nik_tepercaya and two.nik_tepercaya:
        level += 40
    return level


@kernel
def mother_level(x: Record, y: Record, texts: Table, letters: U32, cuts: Cuts, room: I64) -> int:
    """Mother's name: equal by frequency, near (variant or part), different."""
    if x.ibu == 0 or y.ibu == 0:
        return 0
    if x.ibu == y.ibu:
        return 1 + above(cuts.ibu, x.ibu_frekuensi)
    fewest = fewest_tokens(x.ibu_token, y.ibu_token)
    if fewest > 0 and shared_tokens(x.ibu_token, y.ibu_token) >= fewest:
        return 4
    if x.ibu_rangka == y.ibu_rangka and x.ibu_rangka != 0:
        return 4
    return 4 if likeness(letters, texts[x.ibu], texts[y.ibu], room) >= cuts.mother else 5


@kernel
def family_level(one: Record, two: Record, linked: Table, i: int, j: int) -> int:
    """Card number, other members that the two families share, and residence, as one level (levels.KELUARGA)."""
    x, y = one.kk, two.kk
    card = 0
    if x != 0 and y != 0:
        card = 1 if x == y else (2 if one_slip(x, y) else 3)
    left, right = one.kerabat, two.kerabat
    members = 0
    # Two rows of one card of one list have the same fellow members by being there: that says nothing.
    if left != 0 and right != 0 and not (one.kartu == two.kartu and one.kartu != 0):
        if len(linked):
            shared = min(
                bits_set(linked[i].kerabat & linked[j].kerabat),
                bits_set(linked[i].kerabat_lain & linked[j].kerabat_lain),
            )
        else:
            shared = bits_set(left & right)
        members = 3
        if shared >= 2 or (shared == 1 and min(bits_set(left), bits_set(right)) == 1):
            members = 1
        elif shared == 1:
            members = 2
    here, there = one.desa, two.desa
    place = 0
    # Shorter codes (only a kecamatan known) cannot be compared digit by digit with a desa code.
    if here >= 10**9 and there >= 10**9:
        place = 4
        if here == there:
            place = 1
        elif one.kecamatan == two.kecamatan:
            place = 2
        elif here // 10**6 == there // 10**6:
            place = 3
    return (card * 4 + members) * 5 + place


@kernel
def rival_level(one: Record, two: Record, linked: Table, i: int, j: int) -> int:
    """In how many lists both rows have counterparts of their own; all missing in the first pass."""
    if len(linked) == 0:
        return 0
    both = 0
    if linked[i].gugus != linked[j].gugus:
        both = bits_set(linked[i].edisi & linked[j].edisi)
    # Two rows of one list have that list in common to begin with.
    if one.edisi == two.edisi:
        if one.kartu == two.kartu and one.kartu != 0:
            return 6
        return 5 if both >= 2 else 4
    return 1 + min(both, 2)


@kernel
def _fetch(lines: U64, i: int) -> None:
    """Begin to load row i."""
    prefetch(lines, 2 * i)
    prefetch(lines, 2 * i + 1)


@kernel
def fill_levels(
    rows: Table,
    lines: U64,
    linked: Table,
    texts: Table,
    letters: U32,
    cuts: Cuts,
    a: U32,
    b: U32,
    room: I64,
    start: int,
    stop: int,
    out: Levels,
) -> None:
    """Write the levels of pairs `start` to `stop` into the rows of `out` (pairs, 7), in the order of COMPARISONS.

    `room`: MARKS + 3 (n + 1) zeros for texts of at most n letters; `lines` (2 rows, 8): the rows as lines of the cache.
    """
    for k in range(start, stop):
        if k + _SOON < stop:
            _fetch(lines, a[k + _SOON])
            _fetch(lines, b[k + _SOON])
        if k + _SOONER < stop:
            # Their rows are here by now: say where the names stand.
            i, j = a[k + _SOONER], b[k + _SOONER]
            if rows[i].nama != rows[j].nama:
                prefetch(texts, rows[i].nama)
                prefetch(texts, rows[j].nama)
        i, j = a[k], b[k]
        one, two = rows[i], rows[j]
        born = birth_level(one, two)
        out[k, 0] = name_level(one, two, texts, letters, cuts, room)
        out[k, 1] = nik_level(one, two, born == 1)
        # Two rows of one NIK agree in the date that the NIK holds, whoever they are: levels of a group of their own.
        out[k, 2] = born + 8 if born != 0 and one.nik == two.nik and one.nik != 0 else born
        out[k, 3] = 0 if one.kelamin == 0 or two.kelamin == 0 else (1 if one.kelamin == two.kelamin else 2)
        out[k, 4] = mother_level(one, two, texts, letters, cuts, room)
        out[k, 5] = family_level(one, two, linked, i, j)
        out[k, 6] = rival_level(one, two, linked, i, j)


@kernel
def fill_surroundings(
    rows: Table, lines: U64, linked: Table, a: U32, b: U32, start: int, stop: int, out: Levels
) -> None:
    """Write the levels of family and rivals, which the second pass sees anew, into the rows of `out` (pairs, 2)."""
    for k in range(start, stop):
        if k + _SOON < stop:
            # What is asked for here stands in the first line of a row.
            prefetch(lines, 2 * a[k + _SOON])
            prefetch(lines, 2 * b[k + _SOON])
            prefetch(linked, a[k + _SOON])
            prefetch(linked, b[k + _SOON])
        i, j = a[k], b[k]
        out[k, 0] = family_level(rows[i], rows[j], linked, i, j)
        out[k, 1] = rival_level(rows[i], rows[j], linked, i, j)
