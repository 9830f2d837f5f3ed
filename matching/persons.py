"""Entities -> persons: ids from content, and one harmonised row per person with the source and date of each value.

Order of trust for a value (staleness_rules.md, "Authority order", marked assumed there): Dukcapil first; then the value
that most rows of the person carry; then the newest list; then the register order. For the family card the newest
statement counts more than the most frequent one, because cards are reissued.

A person is known by its smallest record. Records are numbered in the order of `sidik`, so that is the order of the
person ids too, and no text is sorted or grouped.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.pairs import Index
from matching.generic.arrow import chunks
from matching.kernels.coding import factor
from matching.kernels.people import commonest_rows, first_rows
from rules.tables import check, empty

# Later in the list = trusted less when date and frequency tie.
AUTHORITY: Final = {"dukcapil": 0, "dtsen": 1, "regsosek": 2, "p3ke": 3, "dtks": 4}
_PAYMENT: Final = 5
ID_LENGTH: Final = 16
_MIDDLE: Final = 1 << 22  # above the day of any date, counted from 1970

Bools = npt.NDArray[np.bool_]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


def _authority(records: pl.DataFrame) -> U64:
    known = records["sumber"].replace_strict(AUTHORITY, default=_PAYMENT, return_dtype=pl.UInt64)
    return known.to_numpy()


def _newest_first(dates: pl.Series) -> U64:
    """A number that is the smaller the later the date; no date comes last."""
    return (_MIDDLE - dates.to_physical().cast(pl.Int64)).fill_null(2 * _MIDDLE).cast(pl.UInt64).to_numpy()


def _stated(records: pl.DataFrame) -> pl.Series:
    """The date that a row speaks of: its own last update where the list has one, else the date of the list."""
    return records.select(pl.coalesce("tanggal_perbarui", "tanggal_data")).to_series()


def _trust(authority: U64, newest: U64) -> U64:
    """The order of trust: Dukcapil, then lists by their date, then payments."""
    late, paid = (authority != 0).astype(np.uint64), (authority == _PAYMENT).astype(np.uint64)
    return np.asarray(((late << np.uint64(1) | paid) << np.uint64(24) | newest) << np.uint64(3) | authority)


def _mask(records: pl.DataFrame, condition: pl.Expr) -> Bools:
    return records.select(condition.fill_null(value=False)).to_series().to_numpy()


def _people(label: Index) -> tuple[I64, I64]:
    """The smallest record of each person, ascending, and for each record the number of its person in that order."""
    smallest = label == np.arange(len(label))
    return np.flatnonzero(smallest), (np.cumsum(smallest) - 1)[label]


def _rows(found: I64) -> pl.Series:
    """Row numbers to gather by; null where there is none."""
    rows = pl.Series(found)
    return rows.set(rows < 0, None)


def _unit_ids(letter: str, unit: pl.Series, people: I64, sidik: pl.Series) -> pl.Series:
    """An id for each person's unit, from the content hash of a member row.

    Never from the number of the unit itself: a card number can be enumerated.
    """
    first = pl.DataFrame({"u": unit, "p": people}).select(
        pl.when(pl.col("u").is_not_null()).then(pl.col("p").min().over("u"))
    )
    return letter + sidik.gather(first.to_series()).str.slice(0, ID_LENGTH)


def entities_frame(records: pl.DataFrame, label: Index, weakest: npt.NDArray[np.float64]) -> pl.DataFrame:
    """The entities table from cluster labels (smallest baris_id of each cluster). Row i of `records` is baris_id i."""
    sidik = records["sidik"]
    authority, newest = _authority(records), _newest_first(_stated(records))
    people, person = _people(label)
    # A payment list repeats what an older register said, so it never decides the family or the household.
    register = authority < _PAYMENT
    of_list = authority << np.uint64(24) | newest
    room = pl.coalesce("id_rumah_tangga", pl.when(pl.col("sumber") == "dtks").then("id_keluarga"))

    def of(rank: U64, usable: Bools, text: pl.Expr) -> pl.Series:
        best = _rows(first_rows(label, rank, usable)[people])
        return records.select(text.alias("u")).to_series().gather(best)

    carded = _mask(records, pl.col("no_kk").is_not_null() & (pl.col("kk_mutu") == "TEPERCAYA"))
    card = of(_trust(authority, newest), carded, "kk:" + pl.col("no_kk"))
    own = of(
        of_list,
        register & _mask(records, pl.col("id_keluarga").is_not_null()),
        pl.format("{}:{}", "sumber", "id_keluarga"),
    )
    kitchen = of(of_list, register & _mask(records, room.is_not_null()), pl.col("sumber") + ":" + room)
    family = pl.select(pl.coalesce(card, own)).to_series()
    out = pl.DataFrame(
        {
            "baris_id": records["baris_id"],
            "person_id": ("P" + sidik.gather(people).str.slice(0, ID_LENGTH)).gather(person),
            "family_id": _unit_ids("K", family, people, sidik).gather(person),
            "household_id": _unit_ids("R", kitchen, people, sidik).gather(person),
            "keyakinan": weakest,
        }
    )
    return check("entities", out)


def _same_value(column: pl.Series) -> I64:
    """A number per row, equal where the values are."""
    if column.dtype != pl.String:
        return column.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return factor(chunks(column)).code.astype(np.int64)


def _dukcapil_grade(records: pl.DataFrame, label: Index, people: I64) -> pl.Series:
    """Which fields of the person's other rows agree with its Dukcapil row: words of nik nama lahir kk hidup wilayah."""
    official = _mask(records, pl.col("sumber") == "dukcapil")
    chosen = first_rows(label, _newest_first(records["tanggal_data"]), official)
    other = np.flatnonzero(~official & (chosen[label] >= 0))
    fields = {"nik": "nik", "nama": "nama", "lahir": "tanggal_lahir", "kk": "no_kk", "wilayah": "kode_wilayah"}
    agree = {}
    for word, name in fields.items():
        values = records[name]
        equal = (values.gather(other) == values.gather(chosen[label[other]])).fill_null(value=False).to_numpy()
        found = np.zeros(len(label), dtype=bool)
        found[label[other[equal]]] = True
        agree[word] = found[people]
    rows = _rows(chosen[people])
    alive = (records["keberadaan"].cast(pl.String) != "MENINGGAL").fill_null(value=True).gather(rows)
    frame = pl.DataFrame({**agree, "hidup": alive, "ada": rows.is_not_null()})
    said = pl.concat_str(
        [pl.when(pl.col(w)).then(pl.lit(w)) for w in ("nik", "nama", "lahir", "kk", "hidup", "wilayah")],
        separator=" ",
        ignore_nulls=True,
    )
    return frame.select(pl.when("ada").then(said)).to_series()


def _registers(records: pl.DataFrame, person: I64) -> pl.Series:
    """Per person the sorted names of the lists it stands in."""
    names = records["sumber"].unique().sort()
    code = records["sumber"].replace_strict(names, pl.int_range(len(names), dtype=pl.UInt16, eager=True))
    stands = pl.DataFrame({"orang": person, "kode": code}).unique().sort("orang", "kode")
    stands = stands.with_columns(daftar=names.gather(stands["kode"]))
    return stands.group_by("orang", maintain_order=True).agg("daftar")["daftar"]


def persons_frame(records: pl.DataFrame, entities: pl.DataFrame, label: Index) -> pl.DataFrame:
    """The persons table: one harmonised row per person. `entities` and `label` are those of `entities_frame`."""
    if records.height == 0:
        return empty("persons")
    people, person = _people(label)
    authority, stated = _authority(records), _stated(records)
    trust, late = _trust(authority, _newest_first(stated)), authority != 0
    good = {
        "nik": pl.col("nik_mutu").cast(pl.String) == "TEPERCAYA",
        "no_kk": pl.col("kk_mutu").cast(pl.String) == "TEPERCAYA",
        "tanggal_lahir": pl.col("lahir_mutu").cast(pl.String) == "LENGKAP",
    }
    columns = entities.select("person_id", "family_id", "household_id")[people].to_dict()
    for name in ("nik", "no_kk", "nama", "tanggal_lahir", "jenis_kelamin", "kode_wilayah"):
        usable = _mask(records, pl.col(name).is_not_null() & good.get(name, pl.lit(value=True)))
        if name in ("no_kk", "kode_wilayah"):
            found = first_rows(label, trust, usable)
        else:
            found = commonest_rows(label, late, trust, _same_value(records[name]), usable)
        rows = _rows(found[people])
        columns |= {
            name: records[name].gather(rows),
            f"{name}_sumber": records["sumber"].gather(rows),
            f"{name}_tanggal": stated.gather(rows),
        }
    surest = np.ones(len(people))
    np.minimum.at(surest, person, entities["keyakinan"].to_numpy())
    columns |= {
        "daftar": _registers(records, person),
        "jumlah_baris": pl.Series(np.bincount(person, minlength=len(people))),
        "mutu_dukcapil": _dukcapil_grade(records, label, people),
        "keyakinan": pl.Series(surest),
    }
    return check("persons", pl.DataFrame(columns))
