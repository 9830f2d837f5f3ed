"""Which family record a finding is about, so that all that concerns one family is counted and shown together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from reports.context import Context, once

# The unit each source counts families in (a P3KE family is a BKKBN unit, never a KK).
_UNIT_ORDER: Final = {"dtks": ("DTKS", "KK"), "p3ke": ("BKKBN", "KK")}
_INFO: Final = 3  # rank of the severity that is no reason to act


def main_families(context: Context) -> pl.DataFrame:
    """Families in the one unit per source that its families are counted in (a KK and its kitchen are not two)."""
    units = context.tables.families.select("sumber", "satuan").unique()
    best: list[tuple[str, str]] = []
    for source in sorted(units["sumber"].unique().to_list()):
        found = units.filter(pl.col("sumber") == source)["satuan"].cast(pl.String).to_list()
        order = [*_UNIT_ORDER.get(source, ("KK",)), "KK", "DTKS", "BKKBN", "DAPUR"]
        best.append((source, next(u for u in order if u in found)))
    chosen = pl.DataFrame(best, schema={"sumber": pl.String, "satuan_teks": pl.String}, orient="row")
    families = context.tables.families.with_columns(satuan_teks=pl.col("satuan").cast(pl.String))
    return families.join(chosen, on=["sumber", "satuan_teks"], how="semi", maintain_order="left").drop("satuan_teks")


def family_key(context: Context, findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` with `kunci`: the family record it is about, so that all that concerns one family stands together.

    The rule's own source family; else the family record of the first subject row; else the record of the person in the
    first register that lists him (a payee stands in no family of his list); else the linked family or person.
    """
    order = {source: i for i, source in enumerate(context.registers)}
    families = (
        context.main_families.filter(pl.col("sumber").is_in(context.registers))
        .select("keluarga_id", "baris", urut=pl.col("sumber").replace_strict(order, return_dtype=pl.UInt8))
        .sort("urut", "keluarga_id")
    )
    members = families.select(baris_id="baris", ke=pl.int_range(pl.len())).explode("baris_id", empty_as_null=False)
    family_of = _first_family(members)
    ids = families["keluarga_id"]
    keys = findings.select("keluarga_id", "family_id", "person_id", "temuan_id").with_columns(
        asal_baris=ids.gather(family_of(findings["baris"].list.first()))
    )
    # Only where neither is known the rows of a person are looked through: for few findings of many.
    asked = keys.filter(pl.col("keluarga_id").is_null() & pl.col("asal_baris").is_null())["person_id"].drop_nulls()
    theirs = context.rows.select("person_id", "baris_id").filter(pl.col("person_id").is_in(asked.unique().implode()))
    of_person = (
        theirs.select("person_id", ke=family_of(theirs["baris_id"])).group_by("person_id").agg(pl.col("ke").min())
    )
    keys = keys.join(of_person, on="person_id", how="left", maintain_order="left")
    keys = keys.with_columns(asal_orang=ids.gather(keys["ke"]))
    kunci = pl.coalesce("keluarga_id", "asal_baris", "asal_orang", "family_id", "person_id", "temuan_id")
    return findings.with_columns(keys.select(kunci=kunci).get_columns())


def _first_family(members: pl.DataFrame) -> Callable[[pl.Series], pl.Series]:
    """For rows (baris_id) the lowest number of a family (`ke`) that has them; null without one.

    `members` has `ke`, ascending, and `baris_id`. An array in place of a join, which would hash millions of rows.
    """
    rows, numbers = members["baris_id"].to_numpy(), members["ke"].to_numpy()
    first = np.full(int(rows.max()) + 1 if rows.size else 1, -1, dtype=np.int64)
    first[rows[::-1]] = numbers[::-1]  # of equal rows the last one written stays

    def family_of(asked: pl.Series) -> pl.Series:
        found = pl.Series(first).gather(pl.select(pl.when(asked < first.size).then(asked)).to_series())
        return pl.select(pl.when(found >= 0).then(found)).to_series()

    return family_of


@once
def stale_families(context: Context) -> pl.DataFrame:
    """Family records with a finding that is more than information: kunci, kode_wilayah, urut (worst severity).

    The region is that of the family record, else that of its worst finding.
    """
    homes = context.tables.families.select(kunci="keluarga_id", rumah="kode_wilayah")
    return (
        context.keyed.filter((pl.col("kelompok") == "usang") & (pl.col("urut") < _INFO))
        .group_by("kunci")
        .agg(
            pl.col("urut").min(),
            pl.col("kode_wilayah").sort_by("urut", "kode", "temuan_id").drop_nulls().first(),
        )
        .join(homes, on="kunci", how="left")
        .select("kunci", pl.coalesce("rumah", "kode_wilayah").alias("kode_wilayah"), "urut")
        .sort("kunci")
    )
