"""Families as each source states them: one row per KK, BKKBN family, DTKS id or household of a register."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from rules import tables, vocab
from rules.lists import ascending

_UNITS = {"dtks": "DTKS", "p3ke": "BKKBN"}  # the unit that id_keluarga counts in a register
_AT_ONCE = 2  # registers worked on at once
_NEEDED = (
    "baris_id", "tanggal_data", "nik", "nama", "nama_kepala", "desil", "kode_wilayah", "jumlah_anggota", "hub_kk",
    "hub_krt", "no_kk", "id_keluarga", "id_rumah_tangga",
)  # fmt: skip


def families(records: pl.DataFrame, stated: Sequence[pl.DataFrame] = ()) -> pl.DataFrame:
    """The `families` table of the person rows, enriched by `stated` family rows (see `stated_families`).

    A family that only a family file knows has no rows (`jumlah_baris` 0). Payment lists state no families.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        parts = list(threads.map(lambda sumber: _of_register(records, sumber), vocab.REGISTERS))
    found = pl.concat([part for of_one in parts for part in of_one])
    if stated:
        found = _enrich(found, pl.concat(list(stated), how="diagonal"))
    return tables.check("families", found.sort("keluarga_id"))


def _of_register(records: pl.DataFrame, sumber: str) -> list[pl.DataFrame]:
    """Cards, families or households, and kitchens of one register."""
    own = records.lazy().filter(pl.col("sumber") == sumber).select(_NEEDED).collect()
    parts = [_group(own, sumber, "no_kk", "KK", "hub_kk")]
    if sumber in _UNITS:
        unit = _UNITS[sumber]
        parts.append(_group(own, sumber, "id_keluarga", unit, "hub_krt" if unit == "DTKS" else "hub_kk"))
    kitchens = own.filter(pl.col("id_rumah_tangga") != pl.col("id_keluarga").fill_null(""))
    parts.append(_group(kitchens, sumber, "id_rumah_tangga", "DAPUR", "hub_krt"))
    return parts


def _group(rows: pl.DataFrame, sumber: str, key: str, unit: str, head_column: str) -> pl.DataFrame:
    """Rows of one register with one id, as a family; `rows` in the order of `baris_id`.

    Rows are put in order once, family by family and the newest first; what a family says is then read off by position,
    so that only the values that are taken are ever moved.
    """
    rows = rows.filter(pl.col(key).is_not_null())
    mixed = rows.get_column("tanggal_data").n_unique() > 1
    if mixed:
        newest = pl.col("tanggal_data").fill_null(strategy="zero")
        rows = rows.sort(newest, descending=True, maintain_order=True)
    groups = rows.select(key).with_row_index("_i").group_by(key, maintain_order=True).agg("_i", pl.len().alias("_n"))
    order = groups.get_column("_i").explode(empty_as_null=False)
    family = groups.select(pl.int_range(pl.len(), dtype=pl.UInt32).repeat_by("_n").explode()).to_series()
    head = pl.coalesce(head_column, "hub_kk", "hub_krt").cast(pl.String) == "KEPALA"
    is_head = rows.select(head.fill_null(value=False)).to_series()

    def first(name: str, among: pl.Series | None = None) -> pl.Series:
        """The first value of each family that is not null; with `among`, that of its first row there, null or not."""
        values = rows.get_column(name)
        at = (values.is_not_null() if among is None else among).gather(order).arg_true()
        of = family.gather(at)
        keep = (of != of.shift(1)).fill_null(value=True).arg_true()
        none = pl.Series(name, [None], dtype=values.dtype).new_from_index(0, groups.height)
        return none.scatter(of.gather(keep), values.gather(order.gather(at.gather(keep))))

    members = pl.DataFrame([family.alias("f"), rows.get_column("baris_id").gather(order).alias("baris")])
    lists = members.group_by("f", maintain_order=True).agg("baris").get_column("baris")
    return groups.select(
        pl.concat_str(pl.lit(f"{sumber}:{unit}:"), pl.col(key)).alias("keluarga_id"),
        pl.lit(sumber).alias("sumber"),
        pl.lit(unit).cast(pl.Enum(vocab.FAMILY_UNIT)).alias("satuan"),
        pl.col(key).alias("id_sumber"),
        first("nik", is_head).alias("nik_kepala"),
        pl.coalesce(first("nama", is_head), first("nama_kepala")).alias("nama_kepala"),
        first("desil"),
        first("tanggal_data"),  # the newest
        _commonest(family, order, rows.get_column("kode_wilayah"), groups.height),
        first("jumlah_anggota"),
        pl.col("_n").cast(pl.UInt16).alias("jumlah_baris"),
        ascending(lists) if mixed else lists,
    )


def _commonest(family: pl.Series, order: pl.Series, codes: pl.Series, families: int) -> pl.Series:
    """The code most rows of each family state; of equally frequent ones the smallest.

    Of row `order[i]` the family is `family[i]`, which ascends. Codes are compared as their ranks.
    """
    known = codes.unique().drop_nulls().sort()
    rank = codes.replace_strict(known, pl.int_range(len(known), eager=True), default=None, return_dtype=pl.UInt32)
    said = pl.DataFrame([family.alias("f"), rank.gather(order).alias("n")]).drop_nulls()
    same = (said["f"] == said["f"].shift(1)) & (said["n"] != said["n"].shift(1))
    torn = said.filter(same).select("f").unique()  # few families state two regions
    votes = said.join(torn, on="f", how="semi").group_by("f", "n").len()
    votes = votes.sort("f", "len", "n", descending=[False, True, False]).select("f", "n")
    won = pl.concat([said.join(torn, on="f", how="anti"), votes]).unique("f", keep="first", maintain_order=True)
    none = pl.Series("kode_wilayah", [None], dtype=pl.String).new_from_index(0, families)
    return none.scatter(won.get_column("f"), known.gather(won.get_column("n")))


def stated_families(frame: pl.DataFrame, sumber: str) -> pl.DataFrame:
    """Rows of a family file as families without rows; `frame` is validated and has one row per family.

    The id is id_keluarga where the file has one (P3KE), else the KK number (DTSEN). Of two rows with one id the
    newest, then the first by content counts.
    """
    by_id = "id_keluarga" in frame.columns and frame.get_column("id_keluarga").null_count() < frame.height
    key = "id_keluarga" if by_id else "no_kk"
    unit = _UNITS.get(sumber, "KK") if by_id else "KK"
    for name in ("nik_kepala", "nama_kepala", "desil", "jumlah_anggota", "alamat", "dusun", "rt", "rw"):
        if name not in frame.columns:
            frame = frame.with_columns(
                pl.lit(None, dtype=tables.empty("records").schema.get(name, pl.String)).alias(name)
            )
    return (
        frame.filter(pl.col(key).is_not_null())
        .sort("tanggal_data", key, "nama_kepala", "alamat", descending=[True, False, False, False], nulls_last=True)
        .unique(key, keep="first", maintain_order=True)
        .select(
            pl.concat_str(pl.lit(sumber), pl.lit(unit), pl.col(key), separator=":").alias("keluarga_id"),
            pl.lit(sumber).alias("sumber"),
            pl.lit(unit).cast(pl.Enum(vocab.FAMILY_UNIT)).alias("satuan"),
            pl.col(key).alias("id_sumber"),
            "nik_kepala",
            "nama_kepala",
            pl.col("desil").cast(pl.UInt8),
            "tanggal_data",
            "kode_wilayah",
            pl.col("jumlah_anggota").cast(pl.UInt16),
            pl.lit(0, dtype=pl.UInt16).alias("jumlah_baris"),
            pl.lit([], dtype=pl.List(pl.UInt32)).alias("baris"),
            "alamat",
            "dusun",
            "rt",
            "rw",
        )
    )


def _enrich(found: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    stated = stated.unique("keluarga_id", keep="first", maintain_order=True)
    fields = ["desil", "jumlah_anggota", "nik_kepala", "nama_kepala", "kode_wilayah", "tanggal_data"]
    joined = found.join(
        stated.select("keluarga_id", pl.col(fields).name.suffix("_berkas")), on="keluarga_id", how="left"
    )
    # The family file is the authority on size and decile; on people the person rows are.
    first = ("desil", "jumlah_anggota")
    joined = joined.with_columns(
        pl.coalesce(*([f"{f}_berkas", f] if f in first else [f, f"{f}_berkas"])).alias(f) for f in fields
    ).drop([f"{f}_berkas" for f in fields])
    alone = stated.join(found, on="keluarga_id", how="anti").select(found.columns)
    return pl.concat([joined, alone])


def enrich_records(records: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Give the person rows of one register what only its family file says: decile, declared size, address, region."""
    key = "no_kk" if str(stated.get_column("satuan")[0]) == "KK" else "id_keluarga"
    fields = ["desil", "jumlah_anggota", "kode_wilayah", "alamat", "dusun", "rt", "rw"]
    side = stated.select(pl.col("id_sumber").alias(key), pl.col(fields).name.suffix("_berkas"))
    found = records.select(key, *fields).join(side, on=key, how="left", maintain_order="left")
    return records.with_columns(found.select(pl.coalesce(f, f"{f}_berkas").alias(f) for f in fields))
