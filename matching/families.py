"""Linked persons -> which source families of two registers are the same, moved, split or merged.

A family goes on with its head, or with the head's spouse when the head is gone; a family card of one number is the same
family. Registers state families as of their own dates; the older statement is the left one. Two families that share a
person are the same (in another desa: moved); else a merger when the old family goes on nowhere and all of it that the
new register lists stands in the new family; else a split.
"""

from __future__ import annotations

import polars as pl

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
# Whom the source itself calls gone stands in no family any more.
_GONE = ("MENINGGAL", "PINDAH", "LUAR_NEGERI", "TIDAK_DITEMUKAN")


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
    """Keep for a person listed twice in one register the family whose other members it has elsewhere too."""
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
    return (
        members.join(support, on=["sumber", "keluarga_id", "person_id"], how="left")
        .sort(
            "sumber", "person_id", pl.col("support").fill_null(0), "keluarga_id", descending=[False, False, True, False]
        )
        .unique(["sumber", "person_id"], keep="first", maintain_order=True)
        .drop("support")
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


def family_links(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """The family_links table over all pairs of registers."""
    members = _membership(records, families, entities)
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
    return check("family_links", pl.concat(out).sort("kiri", "kanan"))


def _between(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Family links between two registers; `old` was stated first."""
    shared = old.join(new, on="person_id", suffix="_n")
    pairs = shared.group_by("keluarga_id", "keluarga_id_n").agg(
        together=pl.len(),
        same_head=(pl.col("head") & pl.col("head_n")).any(),
        old_head_found=pl.col("head").any(),
        new_head_found=pl.col("head_n").any(),
        # The spouse of one head is the other's head: succession after a death, or the other spouse signed.
        succession=((pl.col("spouse") & pl.col("head_n")) | (pl.col("head") & pl.col("spouse_n"))).any(),
        same_card=(pl.col("card") == pl.col("card_n")).any().fill_null(value=False),
        desa_old=pl.col("kode_wilayah").first(),
        desa_new=pl.col("kode_wilayah_n").first(),
        peluang=pl.min_horizontal("keyakinan", "keyakinan_n").max(),
        bukti_person=pl.col("person_id").sort(),
    )
    listed = shared.group_by("keluarga_id").agg(listed=pl.len())
    pairs = pairs.join(listed, on="keluarga_id").with_columns(
        strength=pl.when(pl.col("same_head"))
        .then(4)
        .when(pl.col("succession"))
        .then(3)
        .when(pl.col("same_card"))
        .then(2)
        .when(~pl.col("old_head_found") & ~pl.col("new_head_found"))
        .then(1)
        .otherwise(0)
    )

    def best(side: str, other: str) -> pl.Expr:
        """Whether this pair is the strongest of a family of `side`."""
        by = pl.struct(-pl.col("strength"), -pl.col("together").cast(pl.Int32), other)
        return by.rank("ordinal").over(side) == 1

    pairs = pairs.with_columns(
        same=(pl.col("strength") > 0) & best("keluarga_id", "keluarga_id_n") & best("keluarga_id_n", "keluarga_id")
    ).with_columns(goes_on=pl.col("same").any().over("keluarga_id"))
    # Null when a desa is unknown: then nobody is said to have moved.
    moved = (pl.col("desa_old") != pl.col("desa_new")).fill_null(value=False)
    kind = (
        pl.when(pl.col("same"))
        .then(pl.when(moved).then(pl.lit("pindah")).otherwise(pl.lit("sama")))
        .when(~pl.col("goes_on") & (pl.col("together") == pl.col("listed")))
        .then(pl.lit("gabung"))
        .otherwise(pl.lit("pecah"))
    )
    return pairs.select(
        kiri="keluarga_id", kanan="keluarga_id_n", jenis=kind, peluang="peluang", bukti_person="bukti_person"
    )
