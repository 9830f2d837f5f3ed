"""What a decision on a finding holds for: the rows it is about and the evidence, by content."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

_PART = "\x1f"
_NONE = "\x00"


def subjects(findings: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, sidik`: the content hashes of the subject rows of each finding, ascending."""
    rows = findings.select("temuan_id", baris_id="baris").explode("baris_id", empty_as_null=False)
    return (
        rows.join(records.select("baris_id", "sidik"), on="baris_id", how="inner")
        .group_by("temuan_id")
        .agg(pl.col("sidik").sort())
        .sort("temuan_id")
    )


def evidence_keys(findings: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, kunci`: 128-bit hex that stays while rule, subject rows and evidence stay the same.

    Evidence is what the sources say (source, column, value) and the payments counted. Its dates are left out: a newer
    edition that repeats what was known is no new evidence, and a row of evidence may change where the rule never
    looked. Rows are named by `sidik`, never by number.
    """
    said = (
        findings.select("temuan_id", "bukti")
        .explode("bukti", empty_as_null=False)
        .unnest("bukti")
        .select(
            "temuan_id",
            teks=pl.concat_str((pl.col(c).fill_null(_NONE) for c in ("sumber", "kolom", "nilai")), separator=_PART),
        )
        .group_by("temuan_id")
        .agg(pl.col("teks").unique().sort().str.join("\x1e"))
    )
    text = pl.concat_str(
        pl.col("kode"),
        pl.col("program").fill_null(_NONE),
        pl.col("sidik").list.join(_PART).fill_null(""),
        pl.col("teks").fill_null(""),
        pl.col("bayar").list.sort().list.join(_PART),
        separator="\x1d",
    )
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    return (
        findings.select("temuan_id", "kode", "program", "bayar")
        .join(subjects(findings, records), on="temuan_id", how="left", maintain_order="left")
        .join(said, on="temuan_id", how="left", maintain_order="left")
        .select("temuan_id", kunci=hashed.str.head(32))
    )
