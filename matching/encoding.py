"""Records -> one fixed-width integer row per record (`Encoded`): texts numbered, names cut into words.

Numbers of texts are their ranks, so they depend on the set of texts alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.encode import I64, TOKENS, U8, U32, Encoded, relatives
from blocking.jit import in_background
from blocking.mix import combine
from blocking.pairs import block
from blocking.tally import distinct
from matching.generic.arrow import chunks, column_of
from matching.kernels.coding import factor, laid
from matching.kernels.names import fill_spelled, fill_tokens, fill_word_codes
from rules.names import UNSURE, is_light, name_words, skeleton


def ranked(values: pl.Series) -> tuple[U32, pl.Series]:
    """Number of each text by the rank of its value, and the distinct texts in that order; null and "" are 0.

    Blanks at the edges do not count.
    """
    known = factor(chunks(values))
    texts = column_of(known.data, known.begin)
    order = texts.arg_sort()
    rank = np.empty(len(texts), dtype=np.uint32)
    rank[order.to_numpy()] = np.arange(len(texts), dtype=np.uint32)
    return rank[known.code], texts.gather(order)


@dataclass(frozen=True, slots=True)
class _Names:
    """A column of names: of each row the rank of the whole name, the first word of weight and its sound; and tokens."""

    whole: U32
    given: U32
    sound: U32
    token: U32
    whole_texts: pl.Series
    given_texts: pl.Series


def _named(names: pl.DataFrame, place: npt.NDArray[np.integer]) -> _Names:
    """The names of rows that stand at `place` in `names` (nama, jk, wilayah; each once)."""
    words, keys = name_words(names.with_row_index("i"))
    word = words["n"].to_numpy()
    first = np.zeros(names.height + 1, dtype=np.int64)
    np.cumsum(np.bincount(words["i"].to_numpy(), minlength=names.height), out=first[1:])
    data, begin = laid(chunks(keys))
    code = np.empty(len(keys), dtype=np.uint32)
    fill_word_codes(data, begin, code)
    token, given = np.zeros((names.height, TOKENS), dtype=np.uint32), np.zeros(names.height, dtype=np.int64)
    fill_tokens(first, word, is_light(keys).to_numpy(), code, token, given)
    size = np.diff(begin).astype(np.int64)
    spelled = np.empty(int(size[word].sum()) + len(word), dtype=np.uint8)
    into = np.zeros(names.height + 1, dtype=np.uint64)
    fill_spelled(first, word, data, begin, spelled, into)
    whole, whole_texts = ranked(column_of(spelled[: int(into[-1])], into))
    # Words are numbered by rank already; those that are a given name are counted anew.
    taken = np.zeros(len(keys) + 1, dtype=np.bool_)
    taken[given], taken[0] = True, False
    rank = np.cumsum(taken).astype(np.uint32)
    firsts = keys.filter(pl.Series(taken[1:]))
    sounds, _ = ranked(firsts.to_frame("k").select(skeleton(pl.col("k"))).to_series())
    sound = np.concatenate((np.zeros(1, dtype=np.uint32), sounds))[rank[given]]
    empty = pl.Series([""], dtype=pl.String)
    return _Names(whole[place], rank[given][place], sound[place], token[place], whole_texts, pl.concat([empty, firsts]))


def _persons(records: pl.DataFrame) -> _Names:
    """The names of the persons. What an abbreviation means may depend on sex and province."""
    known = factor(chunks(records["nama"]))
    texts = column_of(known.data, known.begin)
    unsure = texts.str.contains(UNSURE)
    rows = np.flatnonzero(unsure.to_numpy()[known.code])
    hinted = records.select("nama", jk=pl.col("jenis_kelamin").cast(pl.String), wilayah="kode_wilayah")[rows]
    hinted = hinted.with_columns(pl.col("wilayah").str.head(2))
    others = hinted.unique().with_row_index("place", offset=len(texts))
    place = known.code.copy()
    found = hinted.join(others, on=hinted.columns, how="left", nulls_equal=True, maintain_order="left")["place"]
    place[rows] = found.to_numpy()
    sure = pl.DataFrame({"nama": texts, "unsure": unsure}).select(pl.when(~pl.col("unsure")).then("nama").alias("nama"))
    return _named(pl.concat([sure, others.drop("place")], how="diagonal"), place)


def _mothers(records: pl.DataFrame) -> _Names:
    """The names of the mothers."""
    known = factor(chunks(records["nama_ibu"]))
    texts = column_of(known.data, known.begin).alias("nama").to_frame()
    return _named(texts.with_columns(jk=pl.lit("P"), wilayah=pl.lit(None, pl.String)), known.code)


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False).fill_null(0)


def _share(codes: U32) -> npt.NDArray[np.float32]:
    count = np.bincount(codes)
    known = max(int((codes != 0).sum()), 1)
    return np.asarray(count[codes] / known, dtype=np.float32)


def _editions(records: pl.DataFrame) -> tuple[U8, npt.NDArray[np.uint16], list[str]]:
    """Source and edition (source and date of its data) of every row, and the names of the sources by number."""
    source, names = ranked(records["sumber"])
    day = records["tanggal_data"].to_physical().cast(pl.Int64).fill_null(-(1 << 30)).to_numpy() + (1 << 30)
    _seen, place, count = distinct(source.astype(np.uint64) << np.uint64(32) | day.astype(np.uint64))
    example = np.empty(len(count), dtype=np.int64)
    example[place] = np.arange(len(place))
    written = records.select("sumber", "tanggal_data")[example].select(
        pl.format("{}@{}", "sumber", pl.col("tanggal_data").cast(pl.String).fill_null(""))
    )
    edition, _ = ranked(written.to_series())
    return source.astype(np.uint8), edition.astype(np.uint16)[place], names.to_list()


def _cards(records: pl.DataFrame) -> U32:
    """The family of each row as its source groups it; a payment list groups by the card."""
    own = pl.when(pl.col("sumber").str.starts_with("bayar_").not_()).then(pl.col("id_keluarga"))
    return ranked(records.select(pl.coalesce(own, "no_kk")).to_series())[0]


def _heads(card: I64, called_head: npt.NDArray[np.bool_], name: U32) -> U32:
    """Of each row the name of the head of its card (of several the first by number); 0 where nobody is called head."""
    none = np.uint32(2**32 - 1)
    least = np.full(int(card.max(initial=0)) + 1, none, dtype=np.uint32)
    np.minimum.at(least, card[called_head], name[called_head])
    least[least == none] = 0
    return least[card]


def encode(records: pl.DataFrame) -> Encoded:
    """Encode `records` (schema Records, sorted by baris_id); row i of every array is baris_id i."""
    beside = in_background(lambda: (_mothers(records), _cards(records)))
    person = _persons(records)
    source, edition, source_names = _editions(records)
    number = records.select(nik=_number("nik"), kk=_number("no_kk"), desa=_number("kode_wilayah"))
    date = pl.col("tanggal_lahir").dt
    said = records.select(
        born=(date.year() * 10_000 + date.month().cast(pl.Int32) * 100 + date.day()).cast(pl.Int64).fill_null(0),
        full=pl.col("lahir_mutu") == "LENGKAP",
        trusted=pl.col("nik_mutu") == "TEPERCAYA",
        head=(pl.coalesce("hub_kk", "hub_krt") == "KEPALA").fill_null(value=False),
        sex=(pl.col("jenis_kelamin").to_physical().cast(pl.UInt8) + 1).fill_null(0),
    )
    mother, card = beside()
    kartu = combine(11, card, edition)
    seen, place, count = distinct(kartu)
    cards = block(kartu)
    none = np.asarray(seen[place] == 0, dtype=np.bool_)
    return Encoded(
        n=records.height,
        sumber=source,
        edisi=edition,
        nama_sumber=source_names,
        nik=number["nik"].to_numpy(),
        nik_tepercaya=said["trusted"].to_numpy(),
        kk=number["kk"].to_numpy(),
        kartu=kartu,
        kartu_blok=cards,
        kartu_ukuran=np.where(none, 0, count[place]).astype(np.uint16),
        nama=person.whole,
        token=person.token,
        given=person.given,
        rangka=person.sound,
        ibu=mother.whole,
        ibu_rangka=mother.sound,
        ibu_token=mother.token,
        kepala=_heads(place, said["head"].to_numpy() & ~none, person.whole),
        lahir=said["born"].to_numpy(),
        lahir_lengkap=said["full"].to_numpy(),
        kelamin=said["sex"].to_numpy(),
        desa=number["desa"].to_numpy(),
        kerabat=relatives(cards, person.given),
        frekuensi=_share(person.whole),
        ibu_frekuensi=_share(mother.whole),
        teks_nama=person.whole_texts,
        teks_given=person.given_texts,
        teks_ibu=mother.whole_texts,
    )
