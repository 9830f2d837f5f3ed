"""Linked persons -> which source families of two registers are the same, moved, split or merged.

A family goes on with its head, or under another head when most of it is known from before. Registers state families
as of their own dates; the older statement is the left one. Two families that share a person are the same (in another
desa: moved); else a merger when all of the old family that the new register lists stands with another family's head;
else a split. Where the heads of the two are found decides first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.pairs import Index
from blocking.sorting import order_of
from matching.kernels.families import find_heads, mark_strays, pair_memberships
from matching.kernels.people import gathered_bits
from rules.tables import check, empty

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

# The unit by which each register groups people when families are compared across registers.
_PREFERRED = {"dtks": "DTKS", "p3ke": "BKKBN", "regsosek": "KK", "dtsen": "KK", "dukcapil": "KK"}
# Order of registers whose files carry no date: about when each was gathered (docs of the sources; Dukcapil is current).
_STANDING = {
    "p3ke": "2022-07-31",
    "dtks": "2022-10-31",
    "regsosek": "2022-11-14",
    "dtsen": "2025-02-05",
    "dukcapil": "9999-12-31",
}
_KITCHENS = ("dtks",)
# Shares of members, chosen on one synthetic kabupaten and checked on others (docs/adr/0012).
SOME_KNOWN = 0.43  # of each family that the other register lists: a family with a new head is still the same one
MOST_KNOWN = 0.65  # of the new family, when part of the old one is elsewhere
MOSTLY = 0.82  # of the known members of a card with two heads
# Whom the source itself calls gone stands in no family any more. Who was only not found still does: the list keeps the
# family together.
_GONE = ("MENINGGAL", "PINDAH", "LUAR_NEGERI")
_NO_SUFFIX: Final = 1 << 32  # comes after every suffix


@dataclass(frozen=True, slots=True)
class _Members:
    """Memberships as in `matching.kernels.families`, and what is known of each family."""

    family: U32
    person: U32
    row: U32
    called_head: Bools
    start: I64
    of_person: U32
    place: I64
    register: U8  # of each family

    @classmethod
    def of(cls, family: U32, person: U32, row: U32, called_head: Bools, register: U8, n: int) -> _Members:
        """The memberships in the order of family and person; persons are numbers below n."""
        return cls(
            family, person, row, called_head, _ends(family, len(register)),
            order_of(person.astype(np.uint64)), _ends(person, n), register,
        )  # fmt: skip

    def only(self, kept: Bools) -> _Members:
        """Some of the memberships."""
        n = len(self.place) - 1
        part = (self.family[kept], self.person[kept], self.row[kept], self.called_head[kept])
        return _Members.of(*part, self.register, n)

    @property
    def size(self) -> I64:
        """Members of each family."""
        return np.diff(self.start)


def _ends(group: U32, n: int) -> I64:
    """(n + 1,) where the members of each group end when they stand in its order."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(group, minlength=n))))


def _membership(records: pl.DataFrame, families: pl.DataFrame, label: Index) -> _Members:
    """One membership per person and source family, a person twice in one register in one of its families only.

    Families are known by their place in `families`.
    """
    preferred = pl.col("sumber").replace_strict(_PREFERRED, default=None, return_dtype=pl.String)
    chosen = families.select(
        (pl.col("satuan").cast(pl.String) == preferred).fill_null(value=False), size=pl.col("baris").list.len()
    )
    size = np.where(chosen["satuan"], chosen["size"].fill_null(0), 0)
    rows = families["baris"].filter(chosen["satuan"]).explode(empty_as_null=False, keep_nulls=False).to_numpy()
    said = records.select(
        head=(pl.coalesce("hub_krt", "hub_kk") == "KEPALA").fill_null(value=False),
        gone=pl.col("keberadaan").is_in(list(_GONE)).fill_null(value=False),
    )
    family = np.repeat(np.arange(len(size), dtype=np.uint32), size)
    here = ~said["gone"].to_numpy()[rows]
    family, rows = family[here], rows[here]
    # Of rows of one person in one family the first.
    key = family.astype(np.uint64) * np.uint64(records.height) + label[rows]
    order = order_of(key)
    order = order[np.diff(key[order], prepend=np.uint64(2**64 - 1)) != 0]
    family, rows = family[order], rows[order]
    register = families["sumber"].rank("dense").to_numpy().astype(np.uint8)
    return _one_family_each(
        _Members.of(family, label[rows], rows, said["head"].to_numpy()[rows], register, records.height)
    )


def _one_family_each(m: _Members) -> _Members:
    """Of a person listed twice in one register keep the row beside people it stands with elsewhere too.

    A row copied into a stranger's family says nothing about that family; a family left behind or a family of one does.
    """
    stray = np.zeros(len(m.family), dtype=np.bool_)
    mark_strays(m.family, m.person, m.start, m.of_person, m.place, m.register, m.called_head, stray)
    return m.only(~stray)


def _heads(records: pl.DataFrame, m: _Members) -> tuple[I64, I64]:
    """(head, how many are called head) of each family; the head is a person, -1 for nobody.

    Of several who are called head the first listed is (a kitchen may hold several cards).
    """
    head, heads = np.empty(len(m.register), dtype=np.int64), np.zeros(len(m.register), dtype=np.int64)
    order = records["sufiks_art"].rank("dense").cast(pl.Int64)
    find_heads(m.person, m.row, m.start, m.called_head, order.fill_null(_NO_SUFFIX).to_numpy(), head, heads)
    return head, heads


def _registers_by_date(families: pl.DataFrame, m: _Members) -> U8:
    """The register of each family, numbered from the oldest statement to the newest."""
    dated = families.lazy().filter(pl.lit(pl.Series(m.size > 0))).group_by("sumber").agg(pl.col("tanggal_data").max())
    standing = pl.col("sumber").replace_strict(_STANDING, return_dtype=pl.String).str.to_date()
    order = dated.sort(pl.coalesce("tanggal_data", standing), "sumber").collect()["sumber"]
    return families["sumber"].replace_strict(order, range(len(order)), default=0, return_dtype=pl.UInt8).to_numpy()


def family_links(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame, label: Index) -> pl.DataFrame:
    """The family_links table over all pairs of registers; `label` names a person by its smallest record.

    Row i of `records`, `entities` and `label` is baris_id i.
    """
    # Families are known by their place in the order of ids, persons by `label`, which is in the order of their ids too.
    if not families["keluarga_id"].is_sorted():
        families = families.sort("keluarga_id")
    m = _membership(records, families, label)
    register = _registers_by_date(families, m)
    i, j = _in_two_registers(m, register)
    if len(i) == 0:
        return empty("family_links")
    key = m.family[i].astype(np.uint64) << np.uint64(32) | m.family[j]
    first = np.flatnonzero(np.diff(key, prepend=~key[:1]))  # of the shared persons of each link
    surety = entities["keyakinan"].to_numpy()
    surety = np.minimum(surety[m.row[i]], surety[m.row[j]])
    links = _compared(records, families, m, register, i, j, first)
    ids = families["keluarga_id"]
    shared = pl.DataFrame(
        {
            "link": pl.Series(np.repeat(np.arange(len(first), dtype=np.uint32), np.diff(first, append=len(i)))),
            "person": entities["person_id"].gather(m.person[i]),
        }
    )
    return check(
        "family_links",
        pl.DataFrame(
            {
                "kiri": ids.gather(m.family[i[first]]),
                "kanan": ids.gather(m.family[j[first]]),
                "jenis": links.select(_kind()).to_series(),
                "peluang": np.maximum.reduceat(surety, first),
                "bukti_person": shared.set_sorted("link").group_by("link", maintain_order=True).agg("person")["person"],
            }
        ),
    )


def _in_two_registers(m: _Members, register: U8) -> tuple[U32, U32]:
    """Memberships of one person in an older and a newer register: sorted by the two families, then by person."""
    none = np.zeros(0, dtype=np.uint32)
    n = pair_memberships(m.family, m.person, m.of_person, m.place, register, none, none)
    i, j = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint32)
    pair_memberships(m.family, m.person, m.of_person, m.place, register, i, j)
    key = m.family[i].astype(np.uint64) * np.uint64(len(register)) + m.family[j]
    order = order_of(key)
    return i[order], j[order]


def _compared(
    records: pl.DataFrame, families: pl.DataFrame, m: _Members, register: U8, i: U32, j: U32, first: I64
) -> pl.DataFrame:
    """What `_kind` asks of each link; its shared persons are memberships i and j from `first` on."""
    left, right = m.family[i[first]], m.family[j[first]]
    old, new = register[left], register[right]
    together = np.diff(first, append=len(i))
    head, heads = _heads(records, m)
    # A bit for each register that lists a person.
    stands = gathered_bits(m.person, np.uint64(1) << register[m.family].astype(np.uint64), records.height)

    def has(persons: npt.NDArray[np.integer], which: npt.NDArray[np.integer] | np.integer) -> Bools:
        return np.asarray(stands[persons] >> which.astype(np.uint64) & np.uint64(1), dtype=np.bool_)

    def within(mark: Bools) -> Bools:
        return np.asarray(np.logical_or.reduceat(mark, first), dtype=np.bool_)

    listed = np.stack(
        [np.bincount(m.family[has(m.person, one)], minlength=len(register)) for one in np.unique(register)]
    )
    old_is, new_is = (m.person[i] == np.repeat(head[side], together) for side in (left, right))
    old_here, new_here = within(old_is), within(new_is)
    old_listed, new_listed = (head[left] >= 0) & has(head[left], new), (head[right] >= 0) & has(head[right], old)
    desa = families["kode_wilayah"].rank("dense").cast(pl.Int64).fill_null(-1).to_numpy()
    kitchen = families["sumber"].is_in(_KITCHENS).to_numpy()
    return pl.DataFrame(
        {
            "together": together,
            "listed": listed[new, left],
            "listed_n": listed[old, right],
            "size": m.size[left],
            "size_n": m.size[right],
            "heads": heads[left],
            "heads_n": heads[right],
            "kitchen": kitchen[left],
            "kitchen_n": kitchen[right],
            # When a desa is unknown nobody is said to have moved.
            "moved": (desa[left] != desa[right]) & (desa[left] >= 0) & (desa[right] >= 0),
            # A head may be listed in two families of the other register: to be found here comes first.
            "head_away": old_listed & ~old_here,
            "head_away_n": new_listed & ~new_here,
            "head_again": within(old_is & m.called_head[j]),
            "was_head": within(new_is & m.called_head[i]),
            "head_new": (head[right] >= 0) & ~new_listed,
        }
    )


def _kind() -> pl.Expr:
    """What became of the old family, as far as the new one shows it; the order of the cases is the argument."""
    whole = pl.col("together") == pl.col("listed")  # nobody of the old family is listed elsewhere
    head_again, was_head = pl.col("head_again"), pl.col("was_head")
    old_kitchen, new_kitchen = pl.col("kitchen"), pl.col("kitchen_n")
    known, known_n = pl.col("listed") / pl.col("size"), pl.col("listed_n") / pl.col("size_n")
    two_heads = pl.col("heads_n") > 1
    same, moved_on, split, merged = (pl.lit(kind) for kind in ("sama", "pindah", "pecah", "gabung"))
    elsewhere = (
        # A group without any head beside a family whose head is elsewhere is a card number written wrong.
        pl.when((pl.col("heads_n") == 0) & (pl.col("heads") <= 1)).then(same).otherwise(split)
    )
    joined = (
        pl.when(~whole)
        .then(split)
        # A card shared by two heads is one statement of both families; a kitchen of another head is a merger.
        .when(head_again & ~new_kitchen)
        .then(same)
        .otherwise(merged)
    )
    away = (
        pl.when(head_again)
        .then(pl.when(two_heads).then(merged).otherwise(moved_on))
        .when(whole)
        .then(merged)
        .otherwise(split)
    )
    own = pl.col("together") >= MOSTLY * pl.col("listed_n")  # of the new family's known members most come from here
    stayed = (
        pl.when(two_heads & new_kitchen)
        .then(pl.when(was_head).then(same).otherwise(merged))
        .when(two_heads)
        .then(pl.when(own).then(same).otherwise(merged))
        .when(pl.col("head_new") & new_kitchen)
        .then(merged)
        .otherwise(same)
    )
    new_to_head = (
        pl.when(~whole & was_head)
        .then(split)
        .when(~whole)
        .then(pl.when(known_n > MOST_KNOWN).then(same).otherwise(split))
        .when(pl.col("heads") > 1)
        .then(pl.when(old_kitchen).then(merged).otherwise(same))
        # A head who is gone or has handed over, in a family known before: the family goes on under another head.
        .when((known > SOME_KNOWN) & (known_n > SOME_KNOWN))
        .then(same)
        .otherwise(merged)
    )
    return (
        pl.when("head_away")
        .then(elsewhere)
        .when("head_away_n")
        .then(joined)
        .when("moved")
        .then(away)
        .when(head_again)
        .then(stayed)
        .otherwise(new_to_head)
    )
