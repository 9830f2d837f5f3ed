"""The findings of a run beside those of an earlier one: new, still open, solved, or found to be a false alarm.

A finding id comes from the content of its subject rows, so a mended row gives another id although the matter is the
same. What is the same is therefore told by rule, programme and period, and then by the first of these that both have:
the id itself, a subject row, the trusted NIK or ART id of a subject row, the family record it is about, or name and
birth date. Each finding is paired at most once: findings = still open + new, earlier findings = still open + gone.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from rules import tables
from rules.tables import Tables

_SAME: Final = ("kode", "program", "periode_awal")
_PASSES: Final = ("id", "baris", "nik", "art", "keluarga", "orang")


def compare(now: Tables, before: Tables) -> pl.DataFrame:
    """The `tren` table: every finding of `now`, and every finding of `before` that is no longer found.

    A finding gone because people called it a false alarm (it stands in `now.diputuskan`) has the status ALARM.
    """
    alarms = now.diputuskan.filter(pl.col("putusan") == "ALARM").select(now.findings.columns)
    current = pl.concat([now.findings, alarms])
    pairs = _pairs(_anchors(now, current), _anchors(before, before.findings))
    is_alarm = pl.col("temuan_id").is_in(alarms["temuan_id"].implode())
    facts = ("kode", "tingkat", "kode_wilayah")
    here = (
        _placed(now, current)
        .select("temuan_id", *facts)
        .join(pairs, on="temuan_id", how="left")
        .filter(~is_alarm | pl.col("temuan_id_lama").is_not_null())  # a false alarm that is nobody's news
        .with_columns(
            status=pl.when(is_alarm)
            .then(pl.lit("ALARM"))
            .when(pl.col("temuan_id_lama").is_null())
            .then(pl.lit("BARU"))
            .otherwise(pl.lit("TETAP"))
        )
    )
    gone = (
        _placed(before, before.findings)
        .join(pairs, left_on="temuan_id", right_on="temuan_id_lama", how="anti")
        .select(
            pl.lit(None, dtype=pl.String).alias("temuan_id"),
            *facts,
            temuan_id_lama="temuan_id",
            kunci=pl.lit(None, dtype=pl.String),
            status=pl.lit("SELESAI"),
        )
    )
    names = tables.empty("tren").columns
    both = pl.concat([here.select(names), gone.select(names)])
    return tables.check("tren", both.sort("status", "kode", "temuan_id", "temuan_id_lama", nulls_last=True))


def summary(trend: pl.DataFrame) -> dict[str, Any]:
    """Counts for run.json: in all, per rule, severity and region (`-`: unknown), by status."""
    out: dict[str, Any] = {"jumlah": _counts(trend)}
    trend = trend.with_columns(desa=pl.col("kode_wilayah").str.slice(0, 10).fill_null("-"))
    for name, column in (("per_kode", "kode"), ("per_tingkat", "tingkat"), ("per_desa", "desa")):
        parts = trend.with_columns(pl.col(column).cast(pl.String)).partition_by(column, as_dict=True)
        out[name] = {str(key[0]): _counts(part) for key, part in sorted(parts.items(), key=lambda item: str(item[0]))}
    return out


def _counts(trend: pl.DataFrame) -> dict[str, int]:
    found = dict(trend.group_by(pl.col("status").cast(pl.String)).len().iter_rows())
    return {status: int(found.get(status, 0)) for status in ("BARU", "TETAP", "SELESAI", "ALARM")}


def _placed(run: Tables, findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` with the region of the person where theirs is empty, as the reports count them."""
    home = run.persons.select("person_id", _rumah="kode_wilayah")
    return findings.join(home, on="person_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("kode_wilayah", "_rumah").alias("kode_wilayah")
    )


def _anchors(run: Tables, findings: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, sama, jenis, jangkar`: what each finding can be told by; `sama` holds rule, programme and period."""
    same = pl.concat_str((pl.col(c).cast(pl.String).fill_null("-") for c in _SAME), separator="|")
    found = findings.select("temuan_id", "keluarga_id", "baris", sama=same)
    rows = (
        found.select("temuan_id", "sama", baris_id="baris")
        .explode("baris_id", empty_as_null=False)
        .join(
            run.records.select(
                "baris_id", "sidik", "sumber", "nik", "nik_mutu", "id_art", "nama", "tanggal_lahir", "kode_wilayah"
            ),
            on="baris_id",
            how="inner",
        )
    )
    by = {
        "id": found.select("temuan_id", "sama", jangkar="temuan_id"),
        "baris": rows.select("temuan_id", "sama", jangkar="sidik"),
        "nik": rows.filter(pl.col("nik_mutu") == "TEPERCAYA").select("temuan_id", "sama", jangkar="nik"),
        "art": rows.select("temuan_id", "sama", jangkar=pl.concat_str("sumber", pl.lit(":"), "id_art")),
        "keluarga": found.select("temuan_id", "sama", jangkar="keluarga_id"),
        "orang": rows.select(
            "temuan_id",
            "sama",
            jangkar=pl.concat_str(
                "nama", pl.lit("|"), pl.col("tanggal_lahir").cast(pl.String), pl.lit("|"), "kode_wilayah"
            ),
        ),
    }
    return pl.concat([by[kind].with_columns(jenis=pl.lit(kind)) for kind in _PASSES]).drop_nulls("jangkar").unique()


def _pairs(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, temuan_id_lama, kunci`: findings paired one to one, by the strongest anchor they share."""
    pairs = pl.DataFrame(schema={"temuan_id": pl.String, "temuan_id_lama": pl.String, "kunci": pl.String})
    for kind in _PASSES:
        left = now.filter(pl.col("jenis") == kind).join(pairs, on="temuan_id", how="anti")
        right = before.filter(pl.col("jenis") == kind).rename({"temuan_id": "temuan_id_lama"})
        right = right.join(pairs, on="temuan_id_lama", how="anti")
        shared = (
            left.join(right, on=["sama", "jangkar"])
            .group_by("temuan_id", "temuan_id_lama")
            .len()
            .sort("len", "temuan_id", "temuan_id_lama", descending=[True, False, False])
        )
        while shared.height:
            # The first of each side at once; what both take from one another waits for the next round.
            took = shared.filter(pl.col("temuan_id").is_first_distinct() & pl.col("temuan_id_lama").is_first_distinct())
            pairs = pairs.vstack(took.select("temuan_id", "temuan_id_lama", kunci=pl.lit(kind)))
            shared = shared.join(took, on="temuan_id", how="anti", maintain_order="left").join(
                took, on="temuan_id_lama", how="anti", maintain_order="left"
            )
    return pairs
