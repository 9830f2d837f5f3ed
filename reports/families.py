"""Which family record a finding is about, so that all that concerns one family is counted and shown together."""

from __future__ import annotations

from typing import Final

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
    rows = (
        context.main_families.filter(pl.col("sumber").is_in(context.registers))
        .select("keluarga_id", "sumber", baris_id="baris")
        .explode("baris_id")
        .join(context.tables.entities.select("baris_id", "person_id"), on="baris_id", how="left")
        .with_columns(urut=pl.col("sumber").replace_strict(order, return_dtype=pl.UInt8).cast(pl.UInt8))
        .sort("urut", "keluarga_id", "baris_id")
    )
    of_row = rows.unique("baris_id", keep="first").select(asal_baris="keluarga_id", pertama="baris_id")
    of_person = rows.unique("person_id", keep="first", maintain_order=True).select(
        "person_id", asal_orang="keluarga_id"
    )
    keys = (
        findings.select("keluarga_id", "family_id", "person_id", "temuan_id", pertama=pl.col("baris").list.first())
        .join(of_row, on="pertama", how="left", maintain_order="left")
        .join(of_person, on="person_id", how="left", maintain_order="left")
        .select(kunci=pl.coalesce("keluarga_id", "asal_baris", "asal_orang", "family_id", "person_id", "temuan_id"))
    )
    return findings.with_columns(keys.get_columns())


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
