"""What a decision on a finding holds for: the rows it is about and the evidence, by content."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

from rules.findings.context import beside
from rules.lists import ascending

_PART = "\x1f"
_NONE = "\x00"


def subjects(findings: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, sidik`: the content hashes of the subject rows of each finding that has any, ascending."""
    held = contents(findings, records)
    return held.select("temuan_id", "sidik").drop_nulls("sidik").sort("temuan_id")


def evidence_keys(findings: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, kunci`: 128-bit hex that stays while rule, subject rows and evidence stay the same."""
    return contents(findings, records).select("temuan_id", "kunci")


def contents(findings: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, kode, kunci, sidik` of each finding, in their order: those of `evidence_keys` and `subjects`.

    Evidence is what the sources say (source, column, value) and the payments counted. Its dates are left out: a newer
    edition that repeats what was known is no new evidence, and a row of evidence may change where the rule never
    looked. Rows are named by `sidik`, never by number.
    """
    # Findings by number: numbers are grouped in a fifth of the time of texts. Texts are joined after they are grouped:
    # while grouping that takes three times as long.
    by_number = findings.select("temuan_id", "kode", "program", "bayar").with_row_index("_ke")
    listed = findings.select("baris", "bukti").with_row_index("_ke")
    rows = listed.select("_ke", baris_id="baris").explode("baris_id", empty_as_null=False)
    known = records.select("baris_id", "sidik")
    if not known["baris_id"].is_sorted():
        known = known.sort("baris_id")
    about = (
        beside(known["baris_id"], rows, known.select("sidik"))
        .group_by("_ke", maintain_order=True)
        .agg(pl.col("sidik").sort())
    )
    said = (
        listed.select("_ke", "bukti")
        .explode("bukti", empty_as_null=False)
        .unnest("bukti")
        .select(
            "_ke",
            teks=pl.concat_str((pl.col(c).fill_null(_NONE) for c in ("sumber", "kolom", "nilai")), separator=_PART),
        )
        .group_by("_ke", maintain_order=True)
        .agg(pl.col("teks").unique().sort())
    )
    text = pl.concat_str(
        pl.col("kode"),
        pl.col("program").fill_null(_NONE),
        pl.col("sidik").list.join(_PART).fill_null(""),
        pl.col("teks").list.join("\x1e").fill_null(""),
        ascending(pl.col("bayar")).list.join(_PART),
        separator="\x1d",
    )
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    return (
        by_number.join(about, on="_ke", how="left", maintain_order="left")
        .join(said, on="_ke", how="left", maintain_order="left")
        .select("temuan_id", "kode", "sidik", kunci=hashed.str.head(32))
    )
