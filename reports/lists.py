"""The lists of the reports: who must be looked at, worst first. Text is built only for the rows that will be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from reports.context import Context, once
from reports.evidence import evidence_text, payments_text, people_text, positions_text, summary_expr
from reports.figures import double_paid
from reports.labels import column_label, mapped, reason_label, severity_label, sources_expr
from rules.findings.context import numbered
from rules.vocab import SEVERITY

_ROOM = 1 << 32  # for severity and place of a finding beside the number of its family in one of 64 bits
_COMPARED = ("nik", "no_kk", "nama", "tanggal_lahir", "jenis_kelamin", "nama_ibu", "kode_wilayah", "alamat")


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows to show and how many there are in all."""

    rows: pl.DataFrame
    total: int


def family_table(context: Context, findings: pl.DataFrame) -> pl.DataFrame:
    """One row per family record (`kunci`) of `findings`, worst first, without texts.

    Order: worst severity, then number of distinct rules, then the older record (an unknown date counts as oldest),
    then the id, so that the order never depends on the input order (staleness rules: scoring and output).
    """
    families = context.tables.families.select(
        "keluarga_id", "sumber", "id_sumber", "nama_kepala", "desil", "tanggal_data",
        kepala_baris=pl.col("baris").list.first(), wilayah_keluarga="kode_wilayah",
    )  # fmt: skip
    of_families = _of_families(findings).join(families, left_on="kunci", right_on="keluarga_id", how="left")
    of_families = of_families.with_columns(baris_id=pl.coalesce("kepala_baris", "baris_pertama"))
    home = ("alamat", "rt", "rw", "nama", "tanggal_lahir")
    return (
        context.beside(of_families, *home)
        .rename({"nama": "nama_baris", "tanggal_lahir": "lahir_kepala"})
        .with_columns(
            pl.col("kode").list.join(", "),
            kode_wilayah=pl.coalesce("wilayah_keluarga", "wilayah_temuan"),
            nama_kepala=pl.coalesce("nama_kepala", "nama_baris"),
            # The first row need not be the head's; only where the name is the same is this the head's birth date.
            lahir_kepala=pl.when(pl.coalesce("nama_kepala", "nama_baris") == pl.col("nama_baris")).then("lahir_kepala"),
        )
        .drop("wilayah_keluarga", "wilayah_temuan", "kepala_baris", "baris_pertama", "nama_baris", "baris_id")
        .sort("urut", "n_aturan", "tanggal_data", "kunci", descending=[False, True, False, False])
    )


def _of_families(findings: pl.DataFrame) -> pl.DataFrame:
    """Per `kunci` of `findings`: urut, n_aturan, kode (all), temuan, peluang, mungkin, and region and row of the worst.

    By number: the findings are brought in order once, by one integer, and families are grouped as they then stand.
    """
    facts = findings.select("kode", "temuan_id", "urut", who=numbered(pl.col("kunci")).cast(pl.UInt64))
    by_code = facts.select("kode", "temuan_id", rank=pl.int_range(pl.len(), dtype=pl.UInt64))
    if not by_code["kode"].is_sorted() or not by_code.equals(by_code.sort("kode", "temuan_id", maintain_order=True)):
        order = by_code.sort("kode", "temuan_id", maintain_order=True)["rank"].to_numpy()
        by_code = by_code.with_columns(rank=pl.Series(np.argsort(order), dtype=pl.UInt64))
    place = (facts["who"] * _ROOM + facts["urut"].cast(pl.UInt64) * (_ROOM // 8) + by_code["rank"]).arg_sort()
    kinds = findings["kode"].unique().sort()
    worst = findings.select(
        "kunci", "temuan_id", "urut", "peluang", "nominal_mungkin", "kode_wilayah",
        ke=facts["who"], baris=pl.col("baris").list.first(),
    ).select(pl.all().gather(place))  # fmt: skip
    codes = facts.select("who", kode=pl.col("kode").cast(pl.Enum(kinds)).to_physical()).unique().sort("who", "kode")
    named = codes.select("who", kode=kinds.gather(codes["kode"])).group_by("who", maintain_order=True).agg("kode")
    return (
        worst.group_by("ke", maintain_order=True)
        .agg(
            pl.col("kunci").first(),
            urut=pl.col("urut").first(),
            temuan="temuan_id",
            peluang=pl.col("peluang").max(),
            mungkin=pl.col("nominal_mungkin").sum(),
            wilayah_temuan=pl.col("kode_wilayah").drop_nulls().first(),
            baris_pertama=pl.col("baris").first(),
        )
        .hstack(named.select("kode", n_aturan=pl.col("kode").list.len().cast(pl.Int64)))
        .select("kunci", "urut", "n_aturan", "kode", "temuan", "peluang", "mungkin", "wilayah_temuan", "baris_pertama")
    )


@once
def listed(context: Context) -> pl.DataFrame:
    """The findings that village lists and page show family by family, with `kunci`."""
    return context.keyed.filter(pl.col("kelompok").is_in(["usang", "ganda", "bayar"]))


@once
def listed_families(context: Context) -> pl.DataFrame:
    """`family_table` of the `listed` findings."""
    return family_table(context, listed(context))


def with_family_texts(
    context: Context, families: pl.DataFrame, findings: pl.DataFrame, *, masked: bool
) -> pl.DataFrame:
    """Add siapa, ringkas, bukti_teks, isi (ringkas with its evidence below), tindakan to `families` of `family_table`.

    One line per person, finding, statement or action in a cell.
    """
    wanted = families.select("kunci", temuan_id="temuan").explode("temuan_id").with_row_index("_urut")
    found = findings.join(wanted.select("temuan_id"), on="temuan_id", how="semi")
    said = (
        wanted.join(
            found.select("temuan_id", "kode", "tindakan", ringkas=summary_expr(masked=masked)),
            on="temuan_id",
            how="left",
        )
        .join(evidence_text(context, found, masked=masked), on="temuan_id", how="left")
        .join(payments_text(context, found, masked=masked), on="temuan_id", how="left")
        .join(people_text(context, found, masked=masked), on="temuan_id", how="left")
        .sort("_urut")
        .with_columns(bukti_teks=pl.concat_list("bukti_teks", "pembayaran").list.drop_nulls().list.join("\n"))
        .with_columns(ringkas=pl.concat_str(pl.col("kode"), pl.lit(": "), pl.col("ringkas")))
        .with_columns(
            isi=pl.when(pl.col("bukti_teks") == "")
            .then("ringkas")
            .otherwise(
                pl.concat_str(
                    "ringkas", pl.lit("\n– "), pl.col("bukti_teks").str.replace_all("\n", "\n– ", literal=True)
                )
            )
        )
    )
    lines = {
        name: pl.col(name).drop_nulls().str.split("\n").explode().unique(maintain_order=True)
        for name in ("siapa", "bukti_teks", "tindakan")
    }
    texts = said.group_by("kunci", maintain_order=True).agg(
        ringkas=pl.col("ringkas").unique(maintain_order=True),
        isi=pl.col("isi").unique(maintain_order=True),
        **lines,
    )
    texts = texts.with_columns(pl.col("ringkas", "isi", *lines).list.join("\n"))
    return families.join(texts, on="kunci", how="left", maintain_order="left")


def severity_words(column: str = "urut") -> pl.Expr:
    """Rank 0-3 in words."""
    words = {i: severity_label(s) for i, s in enumerate(SEVERITY)}
    return pl.col(column).replace_strict(words, return_dtype=pl.String, default="")


def stale_families(context: Context, limit: int, *, masked: bool = False) -> Listing:
    """Stale families, one row per family record, worst first."""
    found = context.keyed.filter(pl.col("kelompok") == "usang")
    table = family_table(context, found)
    rows = with_family_texts(context, table.head(limit), found, masked=masked)
    return Listing(_dressed(context, rows), table.height)


def _dressed(context: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """Words for severity, source, place."""
    return context.with_places(rows).with_columns(
        tingkat=severity_words(), sumber=sources_expr(pl.col("sumber"), context.sources)
    )


def finding_list(context: Context, group: str, limit: int) -> Listing:
    """Findings of one group, one row per finding, worst first, with persons, evidence and positions."""
    found = context.worklist.filter(pl.col("kelompok") == group).sort(
        "urut", "peluang", "kode", "temuan_id", descending=[False, True, False, False]
    )
    shown = found.head(limit)
    rows = (
        shown.join(people_text(context, shown, masked=False), on="temuan_id", how="left", maintain_order="left")
        .join(evidence_text(context, shown, masked=False), on="temuan_id", how="left", maintain_order="left")
        .join(positions_text(context, shown), on="temuan_id", how="left", maintain_order="left")
        .with_columns(tingkat=severity_words(), judul=mapped(pl.col("kode"), _titles(context, shown)))
    )
    return Listing(context.with_places(rows), found.height)


def _titles(context: Context, findings: pl.DataFrame) -> dict[str, str]:
    return {code: context.title(code) for code in findings["kode"].unique().to_list()}


def double_list(context: Context, limit: int) -> Listing:
    """Double recipients, most rupiah first: one row per finding, with its payments side by side in one cell."""
    found = double_paid(context).sort(
        "pasti", "mungkin", "peluang", "temuan_id", descending=[True, True, True, False], nulls_last=True
    )
    shown = found.head(limit)
    rows = (
        shown.join(people_text(context, shown, masked=False), on="temuan_id", how="left", maintain_order="left")
        .join(payments_text(context, shown, masked=False), on="temuan_id", how="left", maintain_order="left")
        .with_columns(tingkat=severity_words(), judul=mapped(pl.col("kode"), _titles(context, shown)))
    )
    return Listing(context.with_places(rows), found.height)


def compared_text(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """`key, sama, beda`: fields that agree and that differ over the rows of a group; unstated fields are neither."""
    columns = [c for c in _COMPARED if c in rows.columns]
    distinct = rows.group_by(key, maintain_order=True).agg(pl.col(c).drop_nulls().n_unique().alias(c) for c in columns)
    counts = rows.group_by(key, maintain_order=True).agg(pl.col(c).count().alias(c) for c in columns)
    both = distinct.join(counts, on=key, suffix="_n", maintain_order="left")
    same = [pl.when((pl.col(c) == 1) & (pl.col(f"{c}_n") > 1)).then(pl.lit(column_label(c))) for c in columns]
    differ = [pl.when(pl.col(c) > 1).then(pl.lit(column_label(c))) for c in columns]
    return both.select(
        key,
        sama=pl.concat_list(same).list.drop_nulls().list.join(", "),
        beda=pl.concat_list(differ).list.drop_nulls().list.join(", "),
    )


_PERSON_COLUMNS = (
    "sumber", "berkas", "lembar", "nomor_baris", "nama", "nik_asli", "no_kk_asli", "jenis_kelamin", "tanggal_lahir",
    "nama_ibu", "kode_wilayah", "alamat", "rt", "rw",
)  # fmt: skip


def duplicate_people(context: Context, limit: int) -> Listing:
    """People listed twice: the rows of each finding one below the other, with `grup` (1, 2, ...), `sama` and `beda`.

    `total` counts rows; groups are never cut in two.
    """
    found = context.worklist.filter(pl.col("kelompok") == "ganda").sort(
        "urut", "peluang", "kode", "temuan_id", descending=[False, True, False, False]
    )
    sizes = found["baris"].list.len()
    shown = found.filter(sizes.cum_sum() <= limit).with_row_index("grup", offset=1)
    rows = (
        shown.select("grup", "temuan_id", "kode", "urut", "peluang", "tindakan", baris_id="baris")
        .explode("baris_id")
        .join(context.rows, on="baris_id", how="inner", maintain_order="left")
    )
    words = mapped(pl.col("kode"), _titles(context, shown))
    rows = (
        rows.join(compared_text(rows, "temuan_id"), on="temuan_id", how="left", maintain_order="left")
        .with_columns(tingkat=severity_words(), judul=words, sumber=sources_expr(pl.col("sumber"), context.sources))
        .with_columns(pl.col("jenis_kelamin").cast(pl.String))
    )
    return Listing(context.with_places(rows), int(sizes.sum()))


@once
def distinct_pairs(context: Context) -> pl.DataFrame:
    """Doubtful pairs of two persons, most probable first: kiri, kanan, peluang, alasan, w1, w2 (regions of the rows).

    Of several record pairs between the same two persons the most probable one stays.
    """
    links = context.tables.links.filter(pl.col("putusan") == "tinjau").select("kiri", "kanan", "peluang", "alasan")
    for side, number in (("kiri", "1"), ("kanan", "2")):
        found = context.beside(links.select(baris_id=side), "person_id", "kode_wilayah")
        links = links.hstack([found["person_id"].alias(f"p{number}"), found["kode_wilayah"].alias(f"w{number}")])
    return (
        links.filter(pl.col("p1") != pl.col("p2"))
        .with_columns(pa=pl.min_horizontal("p1", "p2"), pb=pl.max_horizontal("p1", "p2"))
        .sort("peluang", "kiri", "kanan", descending=[True, False, False])
        .unique(["pa", "pb"], keep="first", maintain_order=True)
        .drop("pa", "pb", "p1", "p2")
    )


def side_by_side_rows(context: Context, pairs: pl.DataFrame) -> pl.DataFrame:
    """`pairs` (kiri, kanan ...) with the columns of both rows (suffixes _1, _2), `sama`, `beda`, `grup` = 1, 2 ..."""
    shown = pairs.with_row_index("grup", offset=1)
    reasons = {r: reason_label(r) for r in pairs["alasan"].drop_nulls().unique().to_list()}
    rows = shown.with_columns(alasan=mapped(pl.col("alasan"), reasons))
    for name, suffix in (("kiri", "_1"), ("kanan", "_2")):
        side = context.beside(shown.select(baris_id=name), *_PERSON_COLUMNS).with_columns(
            pl.col("jenis_kelamin").cast(pl.String), sumber=sources_expr(pl.col("sumber"), context.sources)
        )
        side = context.with_places(side).drop("baris_id")
        rows = rows.hstack(side.rename({c: f"{c}{suffix}" for c in side.columns}))
    stacked = shown.select("grup", baris_id=pl.concat_list("kiri", "kanan")).explode("baris_id")
    why = compared_text(context.beside(stacked), "grup")
    return rows.join(why, on="grup", how="left", maintain_order="left")


def review_pairs(context: Context, limit: int) -> Listing:
    """Doubtful pairs of persons, most probable first, one row per pair with both rows side by side."""
    pairs = distinct_pairs(context)
    return Listing(side_by_side_rows(context, pairs.head(limit)), pairs.height)
