"""Records -> one fixed-width integer row per record: the only form that the hot path sees.

0 means missing in every key column. Text survives only as sorted distinct values behind the codes, for the comparisons
that need letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.jit import kernel
from blocking.mix import U64, combine, mix
from blocking.pairs import block
from blocking.tally import distinct
from rules.names import add_name_columns

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
    teks_nama: list[str]
    teks_given: list[str]
    teks_ibu: list[str]


def _codes(values: pl.Series) -> tuple[U32, list[str]]:
    """Dictionary codes by rank of the distinct value (so they don't depend on order); null and "" are 0."""
    values = values.fill_null("")
    distinct = values.unique().sort()
    if distinct.len() == 0 or distinct[0] != "":
        distinct = pl.concat([pl.Series([""], dtype=pl.String), distinct.cast(pl.String)])
    codes = values.replace_strict(distinct, pl.int_range(distinct.len(), dtype=pl.UInt32, eager=True))
    return codes.to_numpy().astype(np.uint32), distinct.to_list()


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False).fill_null(0)


def _token_codes(tokens: pl.Series) -> U32:
    """(n, TOKENS) codes of the canonical tokens, each row ascending with zeros last; shared over name columns."""
    frame = pl.DataFrame({"t": tokens}).with_row_index("i").explode("t", empty_as_null=True)
    # 32 bits of an own mix of the letters stand for the token: two name columns agree without a shared dictionary.
    distinct = frame["t"].drop_nulls().unique().sort()
    value = np.array([_text_code(word) for word in distinct.to_list()], dtype=np.uint32)
    code = frame["t"].replace_strict(distinct, pl.Series(value, dtype=pl.UInt32), default=0, return_dtype=pl.UInt32)
    rows = frame.with_columns(t=code).filter(pl.col("t") != 0).unique(["i", "t"]).sort("i", "t")
    rows = rows.with_columns(k=pl.int_range(pl.len(), dtype=pl.UInt32).over("i")).filter(pl.col("k") < TOKENS)
    out = np.zeros((tokens.len(), TOKENS), dtype=np.uint32)
    out[rows["i"].to_numpy(), rows["k"].to_numpy()] = rows["t"].to_numpy()
    return out


def _text_code(word: str) -> int:
    """FNV-1a, 32 bit, never 0; runs over distinct words only."""
    value = 0x811C9DC5
    for byte in word.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value or 1


def _share(codes: U32) -> npt.NDArray[np.float32]:
    count = np.bincount(codes)
    known = max(int((codes != 0).sum()), 1)
    return np.asarray(count[codes] / known, dtype=np.float32)


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


def relatives(kartu: U64, given: npt.NDArray[np.unsignedinteger]) -> U64:
    """For each record a 64-bit set with one bit per given name (or other code) of the *other* members of its card."""
    bit = (np.uint64(1) << (mix(given) & np.uint64(63))).astype(np.uint64)
    bit[(given == 0) | (kartu == 0)] = 0
    cards = block(kartu)
    out = np.zeros(len(kartu), dtype=np.uint64)
    _of_others(cards.order, cards.start, cards.stop, bit, out)
    return out


def _distinct(frame: pl.DataFrame) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """The distinct rows of a frame, and for each row its place among them: names repeat, and cleaning them costs."""
    rows = frame.unique().with_row_index("_place")
    place = frame.join(rows, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")["_place"]
    return rows, place.to_numpy().astype(np.int64)


def encode(records: pl.DataFrame) -> Encoded:
    """Encode `records` (schema Records, sorted by baris_id); row i of every array is baris_id i."""
    n = records.height
    person, of_person = _distinct(
        # A province is all that an abbreviation may depend on.
        records.select("nama", "jenis_kelamin", pl.col("kode_wilayah").str.head(2))
    )
    mother, of_mother = _distinct(records.select("nama_ibu"))
    person = add_name_columns(person, "nama", "n_")
    mother = add_name_columns(mother, "nama_ibu", "i_")
    names, name_text = _codes(person["n_kunci"])
    given, given_text = _codes(person["n_given"])
    mothers, mother_text = _codes(mother["i_kunci"])
    names, given, mothers = names[of_person], given[of_person], mothers[of_mother]
    source, source_names = _codes(records["sumber"])
    edition, _ = _codes(
        records.select(pl.format("{}@{}", "sumber", pl.col("tanggal_data").cast(pl.String).fill_null("")))
        .to_series()
        .alias("e")
    )
    number = records.select(nik=_number("nik"), kk=_number("no_kk"), desa=_number("kode_wilayah"))
    card, _ = _codes(
        records.select(
            pl.coalesce(
                pl.when(pl.col("sumber").str.starts_with("bayar_").not_()).then(pl.col("id_keluarga")),
                pl.col("no_kk"),
            )
        ).to_series()
    )
    kartu = combine(11, card, edition)
    seen, inverse, count = distinct(kartu)
    size = np.where(seen[inverse] == 0, 0, count[inverse]).astype(np.uint16)
    born = records.select(
        pl.col("tanggal_lahir").dt.strftime("%Y%m%d").cast(pl.Int64, strict=False).fill_null(0)
    ).to_series()
    head = (
        records.select(is_head=pl.coalesce(pl.col("hub_kk", "hub_krt").cast(pl.String)) == "KEPALA")
        .with_columns(k=pl.Series(kartu), n=pl.Series(names))
        .filter(pl.col("is_head") & (pl.col("k") != 0))
        .sort("k", "n")
        .unique("k", keep="first", maintain_order=True)
        .select("k", "n")
    )
    kepala = (
        pl.DataFrame({"k": kartu}).join(head, on="k", how="left", maintain_order="left")["n"].fill_null(0).to_numpy()
    )
    return Encoded(
        n=n,
        sumber=(source.astype(np.uint8)),
        edisi=edition.astype(np.uint16),
        nama_sumber=source_names,
        nik=number["nik"].to_numpy(),
        nik_tepercaya=(records["nik_mutu"].cast(pl.String) == "TEPERCAYA").to_numpy(),
        kk=number["kk"].to_numpy(),
        kartu=kartu,
        kartu_ukuran=size,
        nama=names,
        token=_token_codes(person["n_token"])[of_person],
        given=given,
        rangka=_codes(person["n_rangka"])[0][of_person],
        ibu=mothers,
        ibu_rangka=_codes(mother["i_rangka"])[0][of_mother],
        ibu_token=_token_codes(mother["i_token"])[of_mother],
        kepala=kepala.astype(np.uint32),
        lahir=born.to_numpy(),
        lahir_lengkap=(records["lahir_mutu"].cast(pl.String) == "LENGKAP").to_numpy(),
        kelamin=(records["jenis_kelamin"].to_physical().cast(pl.UInt8) + 1).fill_null(0).to_numpy(),
        desa=number["desa"].to_numpy(),
        kerabat=relatives(kartu, given),
        frekuensi=_share(names),
        ibu_frekuensi=_share(mothers),
        teks_nama=name_text,
        teks_given=given_text,
        teks_ibu=mother_text,
    )
