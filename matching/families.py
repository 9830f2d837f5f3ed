"""Linked persons -> which source families of two registers are the same, moved, split or merged.

A family goes on with its head, or under another head when most of it is known from before. Registers state families
as of their own dates; the older statement is the left one. Two families that share a person are the same (in another
desa: moved); else a merger when all of the old family that the new register lists stands with another family's head;
else a split. Where the heads of the two are found decides first.
"""

from __future__ import annotations

import polars as pl

from blocking.pairs import Index
from rules.tables import check, empty

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


def _membership(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """One row per person and source family, with the person's role; a person twice in one register stands in one."""
    preferred = pl.col("sumber").replace_strict(_PREFERRED, default=None, return_dtype=pl.String)
    chosen = families.filter(pl.col("satuan").cast(pl.String) == preferred)
    rows = (
        chosen.select("keluarga_id", "sumber", "tanggal_data", "kode_wilayah", baris_id=pl.col("baris"))
        .explode("baris_id", empty_as_null=True)
        .drop_nulls("baris_id")
    )
    relation = pl.coalesce(pl.col("hub_krt", "hub_kk").cast(pl.String))
    people = records.select(
        "baris_id",
        "no_kk",
        "sufiks_art",
        relation=relation.fill_null("LAINNYA"),
        gone=pl.col("keberadaan").cast(pl.String).is_in(_GONE).fill_null(value=False),
    ).join(entities.select("baris_id", "person_id", "keyakinan"), on="baris_id")
    members = rows.join(people, on="baris_id").filter(~pl.col("gone"))
    return _heads(_one_family_each(members))


def _one_family_each(members: pl.DataFrame) -> pl.DataFrame:
    """Of a person listed twice in one register keep the row beside people it stands with elsewhere too.

    A row copied into a stranger's family says nothing about that family; a family left behind or a family of one does.
    """
    members = members.unique(["sumber", "keluarga_id", "person_id"], keep="first", maintain_order=True)
    twice = members.filter(pl.len().over("sumber", "person_id") > 1).select("sumber", "keluarga_id", "person_id")
    # Fellow members of the doubtful rows, and how often the same two stand together in any other family.
    fellows = twice.join(members.select("keluarga_id", fellow="person_id"), on="keluarga_id").filter(
        pl.col("fellow") != pl.col("person_id")
    )
    elsewhere = members.join(twice.select("person_id").unique(), on="person_id", how="semi").join(
        members.select("keluarga_id", fellow="person_id"), on="keluarga_id"
    )
    together = elsewhere.group_by("person_id", "fellow").agg(times=pl.len())
    support = (
        fellows.join(together, on=["person_id", "fellow"])
        .group_by("sumber", "keluarga_id", "person_id")
        .agg(support=(pl.col("times") - 1).sum())
    )
    best = pl.col("support").max().over("sumber", "person_id")
    alone = (pl.len().over("keluarga_id") == 1) | (pl.col("relation") == "KEPALA")
    return (
        members.join(support.with_columns(twice=True), on=["sumber", "keluarga_id", "person_id"], how="left")
        .with_columns(pl.col("support").fill_null(0))
        .filter(pl.col("twice").is_null() | (pl.col("support") == best) & (best > 0) | (pl.col("support") > 0) | alone)
        .drop("support", "twice")
    )


def _heads(members: pl.DataFrame) -> pl.DataFrame:
    """Mark one head per family: who is called head, of several the first listed (a kitchen may hold several cards)."""
    first = ["keluarga_id", pl.col("relation") != "KEPALA", pl.col("sufiks_art"), pl.col("baris_id")]
    return (
        members.sort(first, nulls_last=True)
        .with_columns(
            head=(pl.int_range(pl.len()).over("keluarga_id") == 0) & (pl.col("relation") == "KEPALA"),
            # The card of a family is that of its head; where no member is called head, that of the first member.
            card=pl.col("no_kk").first().over("keluarga_id"),
        )
        .with_columns(spouse=(pl.col("relation") == "PASANGAN") & (pl.col("no_kk").eq_missing(pl.col("card"))))
        .drop("no_kk", "gone")
    )


def family_links(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame, label: Index) -> pl.DataFrame:
    """The family_links table over all pairs of registers; `label` names a person by its smallest record.

    Row i of `records`, `entities` and `label` is baris_id i.
    """
    # Families by their place in the order of ids, persons by `label`, which is in the order of their ids too: numbers
    # are grouped and joined in a third of the time of texts.
    families = families.sort("keluarga_id").with_columns(nomor=pl.int_range(pl.len(), dtype=pl.UInt32))
    units, people = families["keluarga_id"], entities["person_id"]
    members = _membership(
        records,
        families.drop("keluarga_id").rename({"nomor": "keluarga_id"}),
        entities.select("baris_id", "keyakinan", person_id=pl.Series(label, dtype=pl.UInt32)),
    )
    dated = members.group_by("sumber").agg(pl.col("tanggal_data").max())
    standing = pl.col("sumber").replace_strict(_STANDING, return_dtype=pl.String).str.to_date()
    order = dated.sort(pl.coalesce("tanggal_data", standing), "sumber")["sumber"].to_list()
    out = [
        _between(members.filter(pl.col("sumber") == old), members.filter(pl.col("sumber") == new))
        for i, old in enumerate(order)
        for new in order[i + 1 :]
    ]
    if not out:
        return empty("family_links")
    found = pl.concat(out).sort("kiri", "kanan").with_row_index("i")
    proof = found.select("i", "bukti_person").explode("bukti_person")
    proof = proof.with_columns(people.gather(proof["bukti_person"]).alias("bukti_person"))
    named = proof.group_by("i", maintain_order=True).agg("bukti_person")
    return check(
        "family_links",
        found.with_columns(
            units.gather(found["kiri"]).alias("kiri"),
            units.gather(found["kanan"]).alias("kanan"),
            named["bukti_person"],
        ).drop("i"),
    )


def _state(here: pl.Expr, anywhere: pl.Expr) -> pl.Expr:
    """Where a head of one register stands in the other: "di sini" (this family), "lain", "tiada" (not listed)."""
    return (
        pl.when(here.is_not_null())
        .then(pl.lit("di sini"))
        .when(anywhere.fill_null(value=False))
        .then(pl.lit("lain"))
        .otherwise(pl.lit("tiada"))
    )


def _about(members: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """One row per family: its head, how many are called head, and the share of members whom `other` lists too."""
    listed = members.join(other.select("person_id").unique(), on="person_id", how="semi")
    return (
        members.group_by("keluarga_id")
        .agg(
            head_id=pl.col("person_id").filter("head").first(),
            heads=(pl.col("relation") == "KEPALA").sum(),
            size=pl.len(),
            desa=pl.col("kode_wilayah").first(),
        )
        .join(listed.group_by("keluarga_id").agg(listed=pl.len()), on="keluarga_id", how="left")
        .with_columns(known=pl.col("listed").fill_null(0) / pl.col("size"))
    )


def _between(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Family links between two registers; `old` was stated first."""
    shared = old.join(new, on="person_id", suffix="_n")
    pairs = (
        shared.group_by("keluarga_id", "keluarga_id_n")
        .agg(
            together=pl.len(),
            peluang=pl.min_horizontal("keyakinan", "keyakinan_n").max(),
            bukti_person=pl.col("person_id").sort(),
        )
        .join(_about(old, new), on="keluarga_id")
        .join(_about(new, old), left_on="keluarga_id_n", right_on="keluarga_id", suffix="_n")
    )
    # A head may be listed in two families of the other register: to be found here comes first.
    both = ["keluarga_id", "keluarga_id_n"]
    old_heads = shared.select(*both, head_id="person_id", old_head_as="relation_n").unique([*both, "head_id"])
    new_heads = shared.select(*both, head_id_n="person_id", new_head_as="relation").unique([*both, "head_id_n"])
    pairs = pairs.join(old_heads, on=[*both, "head_id"], how="left").join(
        new_heads, on=[*both, "head_id_n"], how="left"
    )
    found = shared["person_id"].unique().implode()
    kind = _kind(old_kitchen=_is_kitchen(old), new_kitchen=_is_kitchen(new))
    return pairs.with_columns(
        old_head=_state(pl.col("old_head_as"), pl.col("head_id").is_in(found)),
        new_head=_state(pl.col("new_head_as"), pl.col("head_id_n").is_in(found)),
    ).select(kiri="keluarga_id", kanan="keluarga_id_n", jenis=kind, peluang="peluang", bukti_person="bukti_person")


def _is_kitchen(members: pl.DataFrame) -> bool:
    """Whether the register groups people by kitchen (several cards may eat from one), not by family card."""
    return members["sumber"].first() in _KITCHENS


def _kind(*, old_kitchen: bool, new_kitchen: bool) -> pl.Expr:
    """What became of the old family, as far as the new one shows it; the order of the cases is the argument."""
    whole = pl.col("together") == pl.col("listed")  # nobody of the old family is listed elsewhere
    # Null when a desa is unknown: then nobody is said to have moved.
    moved = (pl.col("desa") != pl.col("desa_n")).fill_null(value=False)
    head_again = (pl.col("old_head") == "di sini") & (pl.col("old_head_as") == "KEPALA")
    was_head = (pl.col("new_head") == "di sini") & (pl.col("new_head_as") == "KEPALA")
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
        .when(head_again & pl.lit(not new_kitchen))
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
        pl.when(two_heads & pl.lit(new_kitchen))
        .then(pl.when(was_head).then(same).otherwise(merged))
        .when(two_heads)
        .then(pl.when(own).then(same).otherwise(merged))
        .when((pl.col("new_head") == "tiada") & pl.lit(new_kitchen) & pl.col("head_id_n").is_not_null())
        .then(merged)
        .otherwise(same)
    )
    new_to_head = (
        pl.when(~whole & was_head)
        .then(split)
        .when(~whole)
        .then(pl.when(pl.col("known_n") > MOST_KNOWN).then(same).otherwise(split))
        .when(pl.col("heads") > 1)
        .then(merged if old_kitchen else same)
        # A head who is gone or has handed over, in a family known before: the family goes on under another head.
        .when((pl.col("known") > SOME_KNOWN) & (pl.col("known_n") > SOME_KNOWN))
        .then(same)
        .otherwise(merged)
    )
    return (
        pl.when(pl.col("old_head") == "lain")
        .then(elsewhere)
        .when(pl.col("new_head") == "lain")
        .then(joined)
        .when(moved)
        .then(away)
        .when(head_again)
        .then(stayed)
        .otherwise(new_to_head)
    )
