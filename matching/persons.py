"""Entities -> persons: ids from content, and one harmonised row per person with the source and date of each value.

Order of trust for a value (staleness_rules.md, "Authority order", marked assumed there): Dukcapil first; then the value
that most rows of the person carry; then the newest list; then the register order. For the family card the newest
statement counts more than the most frequent one, because cards are reissued.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.pairs import Index
from rules.tables import check, empty

# Later in the list = trusted less when date and frequency tie.
AUTHORITY = {"dukcapil": 0, "dtsen": 1, "regsosek": 2, "p3ke": 3, "dtks": 4}
_PAYMENT = 5
ID_LENGTH = 16


def _authority() -> pl.Expr:
    return pl.col("sumber").replace_strict(AUTHORITY, default=_PAYMENT, return_dtype=pl.Int8)


def _stated() -> pl.Expr:
    """The date that a row speaks of: its own last update where the list has one, else the date of the list."""
    return pl.coalesce("tanggal_perbarui", "tanggal_data")


def entities_frame(records: pl.DataFrame, label: Index, weakest: npt.NDArray[np.float64]) -> pl.DataFrame:
    """The entities table from cluster labels (smallest baris_id of each cluster)."""
    sidik = records["sidik"]
    frame = records.select(
        "baris_id",
        "sumber",
        "sidik",
        "tanggal_data",
        "no_kk",
        "kk_mutu",
        "id_keluarga",
        "id_rumah_tangga",
        stated=_stated(),
    ).with_columns(
        person_id="P" + sidik.gather(label).str.slice(0, ID_LENGTH),
        keyakinan=pl.Series(weakest),
        authority=_authority(),
    )
    newest = ["person_id", "authority", "stated", "baris_id"]
    order = [False, False, True, False]
    # A payment list repeats what an older register said, so it never decides the family or the household.
    registers = frame.filter(pl.col("authority") < _PAYMENT)
    card = (
        frame.filter(pl.col("no_kk").is_not_null() & (pl.col("kk_mutu") == "TEPERCAYA"))
        .with_columns(late=(pl.col("authority") != 0), pay=pl.col("authority") == _PAYMENT)
        .sort(
            ["person_id", "late", "pay", "stated", "authority", "baris_id"],
            descending=[False, False, False, True, False, False],
            nulls_last=True,
        )
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", unit=pl.lit("kk:") + pl.col("no_kk"))
    )
    own = (
        registers.filter(pl.col("id_keluarga").is_not_null())
        .sort(newest, descending=order, nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", own=pl.col("sumber") + ":" + pl.col("id_keluarga"))
    )
    kitchen = (
        registers.with_columns(
            room=pl.coalesce("id_rumah_tangga", pl.when(pl.col("sumber") == "dtks").then("id_keluarga"))
        )
        .filter(pl.col("room").is_not_null())
        .sort(newest, descending=order, nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", room=pl.col("sumber") + ":" + pl.col("room"))
    )
    people = (
        frame.group_by("person_id")
        .agg(pl.col("sidik").min())
        .join(card, on="person_id", how="left")
        .join(own, on="person_id", how="left")
        .join(kitchen, on="person_id", how="left")
        .with_columns(unit=pl.coalesce("unit", "own"))
        .with_columns(
            # From the content hash of a member row, never from the number itself: a card number can be enumerated.
            family_id=pl.when(pl.col("unit").is_not_null()).then(
                "K" + pl.col("sidik").min().over("unit").str.slice(0, ID_LENGTH)
            ),
            household_id=pl.when(pl.col("room").is_not_null()).then(
                "R" + pl.col("sidik").min().over("room").str.slice(0, ID_LENGTH)
            ),
        )
        .select("person_id", "family_id", "household_id")
    )
    out = frame.select("baris_id", "person_id", "keyakinan").join(people, on="person_id", how="left")
    return check("entities", out.sort("baris_id"))


def _best(frame: pl.DataFrame, column: str, *, by_count: bool, good: pl.Expr | None = None) -> pl.DataFrame:
    """Per person (`orang`) the best value of `column` with `<column>_sumber` and `<column>_tanggal`.

    `frame` is sorted as `_ranked` does; only how often a value is told goes before that order.
    """
    known = frame.filter(pl.col(column).is_not_null() if good is None else pl.col(column).is_not_null() & good)
    if by_count:
        code = known.select("orang", kode=pl.col(column).rank("dense"))
        known = known.with_columns(times=code.select(pl.len().over("orang", "kode")).to_series())
        known = known.sort("orang", "late", "times", descending=[False, False, True], maintain_order=True)
    return known.unique("orang", keep="first", maintain_order=True).select(
        "orang",
        column,
        pl.col("sumber").alias(f"{column}_sumber"),
        pl.col("stated").alias(f"{column}_tanggal"),
    )


_USED = (
    "baris_id", "sumber", "tanggal_data", "tanggal_perbarui", "nik", "nik_mutu", "no_kk", "kk_mutu", "nama",
    "tanggal_lahir", "lahir_mutu", "jenis_kelamin", "kode_wilayah", "keberadaan",
)  # fmt: skip


def _ranked(records: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """The rows of each person in order of trust, with `orang`, the rank of its person_id, instead of the id.

    Sorted once for all columns: by numbers, and with no more columns than a person is made of.
    """
    rank = entities.select("baris_id", orang=pl.col("person_id").rank("dense"))
    frame = records.select(_USED).join(rank, on="baris_id").with_columns(authority=_authority(), stated=_stated())
    frame = frame.with_columns(late=pl.col("authority") != 0, pay=pl.col("authority") == _PAYMENT)
    return frame.sort(
        ["orang", "late", "pay", "stated", "authority", "baris_id"],
        descending=[False, False, False, True, False, False],
        nulls_last=True,
    )


def _dukcapil_grade(frame: pl.DataFrame) -> pl.DataFrame:
    """Which fields of the person's other rows agree with its Dukcapil row: words of nik nama lahir kk hidup wilayah."""
    official = (
        frame.filter(pl.col("sumber") == "dukcapil")
        .sort("orang", "tanggal_data", "baris_id", descending=[False, True, False], nulls_last=True)
        .unique("orang", keep="first", maintain_order=True)
    )
    fields = {"nik": "nik", "nama": "nama", "lahir": "tanggal_lahir", "kk": "no_kk", "wilayah": "kode_wilayah"}
    other = frame.filter(pl.col("sumber") != "dukcapil").join(
        official.select("orang", *(pl.col(c).alias(f"d_{c}") for c in fields.values())), on="orang"
    )
    agree = other.group_by("orang").agg(
        (pl.col(c) == pl.col(f"d_{c}")).any().fill_null(value=False).alias(word) for word, c in fields.items()
    )
    alive = official.select("orang", hidup=(pl.col("keberadaan").cast(pl.String) != "MENINGGAL").fill_null(value=True))
    words = ("nik", "nama", "lahir", "kk", "hidup", "wilayah")
    return (
        alive.join(agree, on="orang", how="left")
        .with_columns(
            mutu_dukcapil=pl.concat_str(
                [pl.when(pl.col(w)).then(pl.lit(w)) for w in words], separator=" ", ignore_nulls=True
            )
        )
        .select("orang", "mutu_dukcapil")
    )


def persons_frame(records: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """The persons table: one harmonised row per person."""
    if records.height == 0:
        return empty("persons")
    frame = _ranked(records, entities)
    out = (
        entities.group_by("person_id")
        .agg(
            pl.col("family_id").first(),
            pl.col("household_id").first(),
            pl.len().alias("jumlah_baris"),
            pl.col("keyakinan").min(),
        )
        .sort("person_id")
        .with_row_index("orang", 1)
    )
    sources = frame.select("orang", "sumber").unique().sort("orang", "sumber")
    trusted_nik = pl.col("nik_mutu").cast(pl.String) == "TEPERCAYA"
    trusted_kk = pl.col("kk_mutu").cast(pl.String) == "TEPERCAYA"
    full_date = pl.col("lahir_mutu").cast(pl.String) == "LENGKAP"
    parts: tuple[Callable[[], pl.DataFrame], ...] = (
        lambda: sources.group_by("orang", maintain_order=True).agg(daftar="sumber"),
        lambda: _best(frame, "nik", by_count=True, good=trusted_nik),
        lambda: _best(frame, "no_kk", by_count=False, good=trusted_kk),
        lambda: _best(frame, "nama", by_count=True),
        lambda: _best(frame, "tanggal_lahir", by_count=True, good=full_date),
        lambda: _best(frame, "jenis_kelamin", by_count=True),
        lambda: _best(frame, "kode_wilayah", by_count=False),
        lambda: _dukcapil_grade(frame),
    )
    for part in parts:  # one at a time: together they would be as large as the records
        out = out.join(part(), on="orang", how="left", maintain_order="left")
    return check("persons", out.drop("orang"))
