"""Linked persons -> which source families of two registers are the same, moved, split or merged.

A family goes on where its head goes; where the other register lacks the head, where most of its members go.
Registers state families as of their own dates; the older statement is the left one.
"""

from __future__ import annotations

import polars as pl

from rules.tables import check, empty

# The unit by which each register groups people when families are compared across registers.
_PREFERRED = {"dtks": "DTKS", "p3ke": "BKKBN", "regsosek": "KK", "dtsen": "KK", "dukcapil": "KK"}


def _membership(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """One row per person and source family: head flag, size, desa and date of the family."""
    unit = pl.col("satuan").cast(pl.String)
    preferred = pl.col("sumber").replace_strict(_PREFERRED, default=None, return_dtype=pl.String)
    chosen = families.filter(unit == preferred)
    rows = (
        chosen.select("keluarga_id", "sumber", "tanggal_data", "kode_wilayah", baris_id=pl.col("baris"))
        .explode("baris_id", empty_as_null=True)
        .drop_nulls("baris_id")
    )
    people = records.select(
        "baris_id",
        head=(pl.col("hub_krt").cast(pl.String) == "KEPALA").fill_null(value=False),
        kk_head=(pl.col("hub_kk").cast(pl.String) == "KEPALA").fill_null(value=False),
    ).join(entities.select("baris_id", "person_id", "keyakinan"), on="baris_id")
    return (
        rows.join(people, on="baris_id")
        .group_by("keluarga_id", "person_id")
        .agg(
            pl.col("sumber").first(),
            pl.col("tanggal_data").max(),
            pl.col("kode_wilayah").first(),
            pl.col("head").any(),
            pl.col("kk_head").any(),
            pl.col("keyakinan").min(),
        )
        .with_columns(
            rank=pl.when(pl.col("head")).then(0).when(pl.col("kk_head")).then(1).otherwise(2),
        )
        .sort("keluarga_id", "rank", "person_id")
        .with_columns(size=pl.len().over("keluarga_id"))
    )


def family_links(records: pl.DataFrame, families: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """The family_links table over all pairs of registers."""
    members = _membership(records, families, entities)
    registers = (
        members.group_by("sumber").agg(pl.col("tanggal_data").max()).sort("tanggal_data", "sumber", nulls_last=False)
    )
    order = registers["sumber"].to_list()
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
        head_old=(pl.col("rank") < 2).any(),
        head_new=(pl.col("rank_n") < 2).any(),
        both_heads=((pl.col("rank") < 2) & (pl.col("rank_n") < 2)).any(),
        desa_old=pl.col("kode_wilayah").first(),
        desa_new=pl.col("kode_wilayah_n").first(),
        peluang=pl.min_horizontal("keyakinan", "keyakinan_n").max(),
        bukti_person=pl.col("person_id").sort(),
    )

    def chosen(side: str, other: str) -> pl.Expr:
        """The best counterpart of a family: with its head, then with most members, then with the other's head."""
        by = pl.struct(
            ~pl.col(f"head_{side}"), -pl.col("together").cast(pl.Int32), ~pl.col(f"head_{other}"), f"id_{other}"
        )
        return by.rank("ordinal").over(f"id_{side}") == 1

    ranked = pairs.rename({"keluarga_id": "id_old", "keluarga_id_n": "id_new"}).with_columns(
        goes_on=chosen("old", "new"), comes_from=chosen("new", "old")
    )
    # Null when a desa is unknown: then nobody is said to have moved.
    moved = (pl.col("desa_old") != pl.col("desa_new")).fill_null(value=False)
    kind = (
        pl.when(pl.col("goes_on") & pl.col("comes_from"))
        .then(pl.when(moved).then(pl.lit("pindah")).otherwise(pl.lit("sama")))
        .when(pl.col("goes_on"))
        .then(pl.lit("gabung"))
        .otherwise(pl.lit("pecah"))
    )
    return ranked.select(kiri="id_old", kanan="id_new", jenis=kind, peluang="peluang", bukti_person="bukti_person")
