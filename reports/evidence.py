"""Findings in words for people: who it is about, which sources contradict each other, and from what date."""

from __future__ import annotations

import polars as pl

from reports.context import Context, group_expr
from reports.labels import (
    DATE_FORMAT,
    column_label,
    mapped,
    masked_text,
    masked_value,
    program_label,
    rupiah,
    short_id,
    sources_expr,
    value_labels,
)
from rules.i18n import _
from rules.vocab import PAYMENT_PREFIX

MAX_STATEMENTS = 12  # per finding: a family of thirty rows would make a cell nobody reads
MAX_PEOPLE = 8
_IDENTITY = ("nama", "nik", "tanggal_lahir", "jenis_kelamin")
_WORDED = ("jenis_kelamin", "hub_kk", "hub_krt", "status_kawin", "keberadaan")


def _worded(column: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Stored codes of closed vocabularies in words; ISO dates as day-month-year."""
    out = value
    for name in _WORDED:
        out = pl.when(column == name).then(mapped(value, value_labels(name))).otherwise(out)
    return out.str.replace(r"^(\d{4})-(\d{2})-(\d{2})$", "${3}-${2}-${1}")


def _placed(context: Context, said: pl.DataFrame, value: pl.Expr) -> pl.Expr:
    """`value` of `kolom` of `said`, where it is a region code with its name: `3303012001 (Panican)`."""
    of_place = pl.col("kolom") == "kode_wilayah"
    codes = said.filter(of_place).get_column("nilai")
    named = value.replace_strict(context.names_of(codes), default=None, return_dtype=pl.String)
    return pl.when(of_place & named.is_not_null()).then(pl.format("{} ({})", value, named)).otherwise(value)


def statements(context: Context, findings: pl.DataFrame, *, masked: bool) -> pl.DataFrame:
    """What each source says about each finding.

    Returns one row per finding and statement, in the order of the evidence: ke (row of `findings`, from 0), sumber
    (shown name), tanggal (Date or null), orang (name on the row), isi (`relation child, KK number ...`).
    """
    evidence = (
        # Findings by number: numbers are grouped in a fifth of the time of texts.
        findings.select(
            "bukti",
            ke=pl.int_range(pl.len(), dtype=pl.UInt32),
            dibayar=pl.col("bayar").list.len() > 0,
            padat=masked & (group_expr() == "usang"),
        )
        .explode("bukti")
        .filter(pl.col("bukti").is_not_null())
        .unnest("bukti")
        # the payments themselves are listed by `payments_text`
        .filter(~(pl.col("dibayar") & pl.col("sumber").str.starts_with(PAYMENT_PREFIX)))
    )
    if evidence.is_empty():
        schema = {"ke": pl.UInt32, "sumber": pl.String, "tanggal": pl.Date, "orang": pl.String, "isi": pl.String}
        return pl.DataFrame(schema=schema)
    # Paper is short of room: who it is stands beside, so identity is repeated only where the sources differ.
    alone = pl.col("nilai").n_unique().over("ke", "kolom") == 1 if masked else pl.lit(False)  # noqa: FBT003,RUF100
    joined = pl.col("isi").list.join(", ")  # not while grouping, which takes three times as long
    return (
        context.beside(evidence, "nama")
        .join(_said(context, evidence, masked=masked), on=["kolom", "nilai"], how="left", nulls_equal=True,
              maintain_order="left")
        .with_columns(
            diam=pl.col("padat") & pl.col("kolom").is_in(_IDENTITY) & alone,
            sumber=sources_expr(pl.col("sumber"), evidence["sumber"].drop_nulls().unique().to_list()),
        )
        .with_columns(isi=pl.when(~pl.col("diam")).then("isi"))
        .group_by("ke", "baris_id", "sumber", "tanggal", maintain_order=True)
        .agg(
            pl.col("isi").drop_nulls().unique(maintain_order=True),
            orang=pl.when(((pl.col("kolom") == "nama") & ~pl.col("diam")).any())
            .then(None)
            .otherwise(pl.col("nama").first()),
        )
        .with_columns(isi=pl.when(pl.col("isi").list.len() > 0).then(joined).otherwise(pl.lit(_("listed"))))
        .select("ke", "sumber", "tanggal", "orang", "isi")
    )  # fmt: skip


def _said(context: Context, evidence: pl.DataFrame, *, masked: bool) -> pl.DataFrame:
    """`kolom, nilai, isi`: each value that is said, in words, once: village names and dates come again and again."""
    said = evidence.select("kolom", "nilai").unique(maintain_order=True)
    columns = said["kolom"].drop_nulls().unique().to_list()
    value = _placed(context, said, _worded(pl.col("kolom"), pl.col("nilai")))
    shown = masked_value(pl.col("kolom"), value) if masked else value
    return said.with_columns(
        isi=pl.concat_str(
            mapped(pl.col("kolom"), {c: column_label(c) for c in columns}).fill_null(""),
            pl.lit(": "),
            shown.fill_null(_("(empty)")),
        )
    )


def evidence_text(context: Context, findings: pl.DataFrame, *, masked: bool) -> pl.DataFrame:
    """`temuan_id, bukti_teks`: one line per statement, `DTKS 31-10-2022 · NAMA · relation: child`."""
    said = statements(context, findings, masked=masked)
    line = pl.concat_str(
        pl.col("sumber").fill_null("?"),
        pl.concat_str(pl.lit(" "), pl.col("tanggal").dt.strftime(DATE_FORMAT).fill_null(_("(no date)"))),
        pl.concat_str(pl.lit(" · "), pl.col("orang")).fill_null(""),
        pl.lit(" · "),
        pl.col("isi"),
    )
    more = pl.format(_("... and {n} more").format(n="{}"), pl.col("sisa"))
    texts = (
        said.with_columns(baris_teks=line)
        .group_by("ke", maintain_order=True)
        .agg(
            teks=pl.col("baris_teks").unique(maintain_order=True).head(MAX_STATEMENTS),
            sisa=pl.col("baris_teks").n_unique().cast(pl.Int64) - MAX_STATEMENTS,
        )
    )
    return texts.select(
        temuan_id=findings["temuan_id"].gather(texts["ke"]),
        bukti_teks=pl.concat_str(
            pl.col("teks").list.join("\n"),
            pl.when(pl.col("sisa") > 0).then(pl.concat_str(pl.lit("\n"), more)).otherwise(pl.lit("")),
        ),
    )


def payments_text(context: Context, findings: pl.DataFrame, *, masked: bool) -> pl.DataFrame:
    """`temuan_id, pembayaran, n_bayar`: the payments of a finding one below the other, as they stand in their list."""
    paid = (
        findings.select("temuan_id", bayar_id="bayar")
        .explode("bayar_id")
        .join(context.tables.payments, on="bayar_id", how="inner", maintain_order="left")
    )
    paid = context.beside(paid, "nama", "nik_asli")
    amounts = {n: rupiah(n) for n in paid["nominal"].drop_nulls().unique().to_list()}
    programs = {p: program_label(p) for p in paid["program"].unique().to_list()}
    nik, card = pl.col("nik_asli"), pl.col("no_kartu")
    first, last = pl.col("periode_awal").dt.strftime("%m-%Y"), pl.col("periode_akhir").dt.strftime("%m-%Y")
    months = pl.when(first == last).then(first).otherwise(pl.concat_str(first, pl.lit(" – "), last))
    parts = pl.concat_list(
        mapped(pl.col("program"), programs),
        pl.coalesce(months, first),
        pl.col("nama"),
        pl.concat_str(pl.lit("NIK "), short_id(nik) if masked else nik),
        pl.concat_str(pl.lit(_("card") + " "), short_id(card) if masked else card),
        pl.col("nominal").replace_strict(amounts, default=None, return_dtype=pl.String),
        pl.format("{}: {}", pl.col("berkas"), pl.col("nomor_baris")),
    )
    return (
        paid.with_columns(baris_teks=parts.list.drop_nulls().list.join(" · "))
        .group_by("temuan_id", maintain_order=True)
        .agg(pembayaran=pl.col("baris_teks").head(MAX_STATEMENTS), n_bayar=pl.len().cast(pl.Int64))
        .with_columns(pl.col("pembayaran").list.join("\n"))
    )


def people_text(context: Context, findings: pl.DataFrame, *, masked: bool) -> pl.DataFrame:
    """`temuan_id, siapa`: the persons of the subject rows, `NAMA (NIK ..., lahir 1980)`, each person once."""
    subjects = findings.select("temuan_id", baris_id="baris").explode("baris_id").drop_nulls("baris_id")
    rows = context.beside(subjects, "person_id", "nama", "nik", "nik_asli", "tanggal_lahir").unique(
        ["temuan_id", "person_id"], keep="first", maintain_order=True
    )
    nik = pl.coalesce("nik", "nik_asli")
    born = pl.col("tanggal_lahir").dt.strftime("%Y" if masked else DATE_FORMAT)
    details = pl.concat_list(
        pl.concat_str(pl.lit("NIK "), short_id(nik) if masked else nik),
        pl.concat_str(pl.lit(_("born") + " "), born),
    ).list.drop_nulls()
    label = pl.concat_str(
        pl.col("nama").fill_null(_("(no name)")),
        pl.when(details.list.len() > 0)
        .then(pl.concat_str(pl.lit(" ("), details.list.join(", "), pl.lit(")")))
        .otherwise(pl.lit("")),
    )
    return (
        rows.with_columns(label=label)
        .group_by("temuan_id", maintain_order=True)
        .agg(nama=pl.col("label").head(MAX_PEOPLE), sisa=pl.len().cast(pl.Int64) - MAX_PEOPLE)
        .select(
            "temuan_id",
            siapa=pl.concat_str(
                pl.col("nama").list.join("\n"),
                pl.when(pl.col("sisa") > 0).then(pl.format("\n+ {}", pl.col("sisa"))).otherwise(pl.lit("")),
            ),
        )
    )


def positions_text(context: Context, findings: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, letak`: file, sheet and row of the subject rows (at most eight)."""
    where = pl.concat_str(
        pl.col("berkas"),
        pl.concat_str(pl.lit(" ["), pl.col("lembar"), pl.lit("]")).fill_null(""),
        pl.lit(": "),
        pl.col("nomor_baris").cast(pl.String),
    )
    subjects = findings.select("temuan_id", baris_id="baris").explode("baris_id").drop_nulls("baris_id")
    return (
        context.beside(subjects, "berkas", "lembar", "nomor_baris")
        .group_by("temuan_id", maintain_order=True)
        .agg(letak=where.head(MAX_PEOPLE))
        .with_columns(pl.col("letak").list.join("\n"))
    )


def summary_expr(*, masked: bool) -> pl.Expr:
    """`ringkas` of a finding; by contract without ids, masked again where it may be passed on."""
    return masked_text(pl.col("ringkas")) if masked else pl.col("ringkas")
