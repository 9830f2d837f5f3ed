"""One fixed-width integer row per record: the only form that the hot path sees. `matching.encoding` makes it.

0 means missing in every key column. Text survives only as sorted distinct values behind the codes, for the comparisons
that need letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.jit import kernel
from blocking.mix import U64, mix
from blocking.pairs import Blocks

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint8]

TOKENS = 4  # canonical name tokens kept per record; longer names are rare and their first tokens decide


@dataclass(frozen=True, slots=True)
class Encoded:
    """Column arrays of length n; `teks_*` are the distinct strings behind the codes (index 0 is the empty string)."""

    n: int
    sumber: U8  # code into `nama_sumber`
    edisi: npt.NDArray[np.uint16]  # source + date of its data: one edition of a list
    nama_sumber: list[str]
    nik: I64
    nik_tepercaya: npt.NDArray[np.bool_]
    kk: I64
    kartu: U64  # the family as this source groups it (id of the source, else KK), mixed with the edition
    kartu_blok: Blocks  # the cards of several rows
    kartu_ukuran: npt.NDArray[np.uint16]
    nama: U32
    token: U32  # (n, TOKENS), 0-filled on the right, each row ascending
    given: U32
    rangka: U32
    ibu: U32
    ibu_rangka: U32
    ibu_token: U32
    kepala: U32  # code of the family head's name, same dictionary as `nama`
    lahir: I64  # yyyymmdd; 0 unknown
    lahir_lengkap: npt.NDArray[np.bool_]
    kelamin: U8  # 1 L, 2 P
    desa: I64
    kerabat: U64  # one bit per given name of the other members of the card
    frekuensi: npt.NDArray[np.float32]  # share of records with the same full name
    ibu_frekuensi: npt.NDArray[np.float32]
    teks_nama: pl.Series
    teks_given: pl.Series
    teks_ibu: pl.Series


@kernel
def _of_others(order: U32, start: I64, stop: I64, bit: U64, out: U64) -> None:
    """For each row of each block the bits of the others of the block; a row without a bit of its own gets none."""
    for k in range(len(start)):
        once = np.uint64(0)
        twice = np.uint64(0)
        for i in range(start[k], stop[k]):
            twice |= once & bit[order[i]]
            once |= bit[order[i]]
        for i in range(start[k], stop[k]):
            own = bit[order[i]]
            # A bit leaves a member's own view only if no other member has the same bit.
            out[order[i]] = (once & ~own) | (twice & own) if own else np.uint64(0)


def relatives(cards: Blocks, given: npt.NDArray[np.unsignedinteger]) -> U64:
    """For each record a 64-bit set with one bit per given name (or other code) of the *other* members of its card."""
    bit = (np.uint64(1) << (mix(given) & np.uint64(63))).astype(np.uint64)
    bit[given == 0] = 0
    out = np.zeros(len(given), dtype=np.uint64)
    _of_others(cards.order, cards.start, cards.stop, bit, out)
    return out
