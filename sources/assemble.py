"""Validated rows of all sheets -> `records`: content hashes, ranks, and an order that no input order can change."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

from rules import tables
from rules.nik import clean_ids

# What a row says, as far as it is the row's own: grades, derived codes, file and date stay out, so that the decisions
# people took on a row hold when the same row comes again in a newer edition or is checked by newer rules.
CONTENT: Final = (
    "nik_asli", "no_kk_asli", "id_keluarga_asli", "id_art", "id_individu", "id_rumah_tangga", "nuk", "nama",
    "nama_ibu", "nama_ayah", "nama_kepala", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "hub_kk", "hub_krt",
    "status_kawin", "keberadaan", "tanggal_status", "nonaktif", "kode_kk", "no_bangunan", "no_keluarga",
    "kode_wilayah_asli", "alamat", "dusun", "rt", "rw", "pekerjaan", "pendidikan", "disabilitas", "hamil", "desil",
    "jumlah_anggota", "status_padan", "nik_ayah", "nik_ibu", "tanggal_perbarui",
)  # fmt: skip
_STANDS: Final = ("tanggal_data", "berkas", "lembar", "nomor_baris")  # orders equal rows by where they stand
_NULL: Final = "\x00"
_SEPARATOR: Final = "\x1f"
_SLICE: Final = 100_000  # rows whose texts are held at once, in each of
_SLICES_AT_ONCE: Final = 2  # slices
_AT_ONCE: Final = 6  # columns moved at once


def content_hash(frame: pl.DataFrame, columns: Sequence[str], first: str) -> pl.Series:
    """128-bit hex BLAKE3 over `first` and the columns as text; null is not the empty string, absent is null."""
    if not frame.height:
        return pl.Series("isi", [], dtype=pl.String)
    with ThreadPoolExecutor(_SLICES_AT_ONCE) as threads:
        return pl.concat(threads.map(lambda rows: _hash_slice(rows, columns, first), frame.iter_slices(_SLICE)))


def _hash_slice(frame: pl.DataFrame, columns: Sequence[str], first: str) -> pl.Series:
    parts: list[pl.Expr] = [pl.col(first)]
    nothing = 0  # columns in a row that say nothing: one text for all of them

    def fill() -> None:
        nonlocal nothing
        if nothing:
            parts.append(pl.lit(_SEPARATOR.join([_NULL] * nothing)))
        nothing = 0

    for name in columns:
        if name not in frame.columns or frame.get_column(name).null_count() == frame.height:
            nothing += 1
            continue
        fill()
        value = pl.col(name)
        if name in ("nik_asli", "no_kk_asli"):  # one number is one number, however a spreadsheet dressed it
            value = pl.lit(clean_ids(frame.get_column(name)))
        if name == "tanggal_lahir" and "lahir_mutu" in frame.columns:  # reckoned from an age, it moves with the file
            value = pl.when(pl.col("lahir_mutu").cast(pl.String) != "UMUR").then(value)
        parts.append(value.cast(pl.String).fill_null(_NULL))
    fill()
    return frame.select(hex128(pl.concat_str(parts, separator=_SEPARATOR)).alias("isi")).to_series()


def hex128(text: pl.Expr) -> pl.Expr:
    """First 128 bits of BLAKE3 of a text column, as hex."""
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    return hashed.str.head(32)


def number_equal(frame: pl.DataFrame, hashes: pl.Series, order: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """Hashes with equal ones numbered 0, 1, ... in the order of `order`, and the positions that sort them.

    Number 0 keeps the bare hash. `frame` has the columns `order`; rows equal in them too stand as they stood.
    """
    # Rows whose first 60 bits stand twice: nearly always equal hashes, and few.
    rows = (~_leading(hashes).is_unique()).arg_true()
    if len(rows):
        ranked = frame.select(pl.col(order).gather(rows)).with_columns(_h=hashes.gather(rows), _i=rows)
        ranked = ranked.sort("_h", *order, "_i", nulls_last=True)
        ranked = ranked.with_columns(_ke=pl.int_range(pl.len()).over("_h")).filter(pl.col("_ke") > 0)
        again = hex128(pl.concat_str(pl.col("_h"), pl.col("_ke").cast(pl.String), separator="#"))
        hashes = hashes.scatter(ranked.get_column("_i"), ranked.select(again).to_series())
    return hashes, _sorting(hashes)


def _leading(hashes: pl.Series) -> pl.Series:
    """The first 60 bits as a number: sorts and compares a dozen times faster than the text."""
    return hashes.str.head(15).str.to_integer(base=16)


def _sorting(hashes: pl.Series) -> pl.Series:
    """The positions that sort hashes of which no two are equal."""
    leading = _leading(hashes)
    order = leading.arg_sort()
    found = leading.gather(order)
    if (found == found.shift(1)).any():  # one run in a million
        return hashes.arg_sort()
    return order


def canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """Validated rows of one sheet with exactly the columns of `records` but the ids, and `_isi`, their content hash.

    A column `_bayar` (the payee of payment rows) is carried along; it is the content hash already.
    """
    schema = tables.empty("records").schema
    wanted = [c for c in schema if c not in ("sidik", "baris_id")]
    content = frame.get_column("_bayar") if "_bayar" in frame.columns else content_hash(frame, CONTENT, "sumber")
    return frame.select(
        *[(pl.col(c) if c in frame.columns else pl.lit(None)).cast(schema[c]).alias(c) for c in wanted],
        *[c for c in frame.columns if c == "_bayar"],
        content.alias("_isi"),
    )


def records(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Rank `canonical` frames by their hashes: all columns of `rules.tables.Records`, sorted by `baris_id`.

    Takes the frames out of the list and moves one column after the other, so that rows are held once, not twice.
    Carries `_bayar` of payment rows along.
    """
    schema = tables.empty("records").schema
    if not frames:
        return tables.empty("records")
    frame = pl.concat(frames, how="diagonal")
    frames.clear()
    if "_bayar" in frame.columns:  # one payee in the lists of several months is one record
        paid = frame.select("_bayar", *_STANDS).with_row_index("_i").filter(pl.col("_bayar").is_not_null())
        later = paid.sort(*_STANDS, nulls_last=True).filter(~pl.col("_bayar").is_first_distinct()).get_column("_i")
        if len(later):
            frame = frame.filter(~pl.int_range(pl.len()).is_in(later.implode()))
    sidik, order = number_equal(frame, frame.get_column("_isi").rechunk(), _STANDS)
    columns = [frame.get_column(c) for c in frame.columns if c != "_isi"]
    del frame
    # A column that says nothing is in order.
    sorted_columns = [column.rechunk() for column in columns if column.null_count() == len(column)]
    columns = [column for column in columns if column.null_count() < len(column)]
    sorted_columns.append(sidik.gather(order).rechunk().alias("sidik"))
    while columns:
        some = [columns.pop(0) for _several in range(min(_AT_ONCE, len(columns)))]
        # In one piece before and after: gathering from several chunks takes three times as long, here and later on.
        sorted_columns += pl.DataFrame(some).rechunk().select(pl.all().gather(order)).rechunk().get_columns()
    found = pl.DataFrame(sorted_columns).with_row_index("baris_id")
    return found.select(*schema.names(), *[c for c in found.columns if c.startswith("_")])
