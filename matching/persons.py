"""Entities -> persons: ids from content, and one harmonised row per person with the source and date of each value.

Order of trust for a value (staleness_rules.md, "Authority order", marked assumed there): Dukcapil first; then the value
that most rows of the person carry; then the newest list; then the register order. For the family card the newest
statement counts more than the most frequent one, because cards are reissued.

A person is known by its smallest record. Records are numbered in the order of `sidik`, so that is the order of the
person ids too, and no text is sorted or grouped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.pairs import Index
from blocking.tally import distinct
from matching.generic.arrow import chunks, column_of
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


@dataclass(frozen=True, slots=True)
class _Lists:
    """The list of every row by number, the names of the lists, and how far a row of each is trusted."""

    code: I64
    names: pl.Series
    authority: U64  # of every row

    @classmethod
    def of(cls, records: pl.DataFrame) -> _Lists:
        """The lists of the records."""
        known = factor(chunks(records["sumber"]))
        names = column_of(known.data, known.begin)
        trusted = np.array([AUTHORITY.get(name, _PAYMENT) for name in names], dtype=np.uint64)
        return cls(known.code, names, trusted[known.code])

    def at(self, rows: pl.Series) -> pl.Series:
        """The names of the lists of some rows."""
        return self.names.gather(pl.Series(self.code).gather(rows))


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


def _numbered(column: pl.Series, rows: I64) -> I64:
    """A number for the text of each row, equal where the texts are; 0 for none."""
    return factor(chunks(column.gather(_rows(rows)))).code


def _unit_ids(ids: pl.Series, unit: I64) -> pl.Series:
    """Of `ids`, one for each person, that of the first person of each person's unit; `unit` numbers units, 0 is none.

    Never from the number of the unit itself: a card number can be enumerated.
    """
    first = np.empty(int(unit.max(initial=0)) + 1, dtype=np.int64)
    first[unit[::-1]] = np.arange(len(unit))[::-1]
    return ids.gather(_rows(np.where(unit == 0, -1, first[unit])))


def entities_frame(records: pl.DataFrame, label: Index, weakest: npt.NDArray[np.float64]) -> pl.DataFrame:
    """The entities table from cluster labels (smallest baris_id of each cluster). Row i of `records` is baris_id i."""
    lists, newest = _Lists.of(records), _newest_first(_stated(records))
    authority = lists.authority
    people, person = _people(label)
    # A payment list repeats what an older register said, so it never decides the family or the household.
    register = authority < _PAYMENT
    of_list = authority << np.uint64(24) | newest
    room = pl.coalesce("id_rumah_tangga", pl.when(pl.col("sumber") == "dtks").then("id_keluarga"))
    rooms = records.select(room.alias("u")).to_series()

    def own(ids: pl.Series) -> I64:
        """The unit that the most trusted list puts each person in, by its `ids`: one list's are not another's."""
        best = first_rows(label, of_list, register & ids.is_not_null().to_numpy())[people]
        number = _numbered(ids, best)
        return np.where(number == 0, 0, number * len(lists.names) + lists.code[best])

    carded = _mask(records, pl.col("no_kk").is_not_null() & (pl.col("kk_mutu") == "TEPERCAYA"))
    card = _numbered(records["no_kk"], first_rows(label, _trust(authority, newest), carded)[people])
    family = own(records["id_keluarga"])
    family = np.where(card != 0, card, np.where(family == 0, 0, family + card.max(initial=0)))
    ids = records["sidik"].gather(people).str.slice(0, ID_LENGTH)
    out = pl.DataFrame(
        {
            "baris_id": records["baris_id"],
            "person_id": ("P" + ids).gather(person),
            "family_id": _unit_ids("K" + ids, family).gather(person),
            "household_id": _unit_ids("R" + ids, own(rooms)).gather(person),
            "keyakinan": weakest,
        }
    )
    return check("entities", out)


def _same_value(column: pl.Series) -> I64:
    """A number per row, equal where the values are."""
    if column.dtype != pl.String:
        return column.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return factor(chunks(column)).code


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


def _registers(lists: _Lists, person: I64, people: int) -> pl.Series:
    """Per person the sorted names of the lists it stands in."""
    # Few sets of lists occur: each list in turn splits those of the lists before it.
    sets: list[list[str]] = [[]]
    number = np.zeros(people, dtype=np.uint64)
    for name in lists.names[1:].sort():
        here = np.zeros(people, dtype=np.uint64)
        here[person[lists.code == lists.names.index_of(name)]] = 1
        seen, place, _count = distinct(number << np.uint64(1) | here)
        sets = [sets[one >> 1] + [name] * (one & 1) for one in seen.tolist()]
        number = place.astype(np.uint64)
    return pl.Series(sets, dtype=pl.List(pl.String)).gather(pl.Series(number))


def persons_frame(records: pl.DataFrame, entities: pl.DataFrame, label: Index) -> pl.DataFrame:
    """The persons table: one harmonised row per person. `entities` and `label` are those of `entities_frame`."""
    if records.height == 0:
        return empty("persons")
    people, person = _people(label)
    lists, stated = _Lists.of(records), _stated(records)
    trust, late = _trust(lists.authority, _newest_first(stated)), lists.authority != 0
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
            f"{name}_sumber": lists.at(rows),
            f"{name}_tanggal": stated.gather(rows),
        }
    surest = np.ones(len(people))
    np.minimum.at(surest, person, entities["keyakinan"].to_numpy())
    columns |= {
        "daftar": _registers(lists, person, len(people)),
        "jumlah_baris": pl.Series(np.bincount(person, minlength=len(people))),
        "mutu_dukcapil": _dukcapil_grade(records, label, people),
        "keyakinan": pl.Series(surest),
    }
    return check("persons", pl.DataFrame(columns))
