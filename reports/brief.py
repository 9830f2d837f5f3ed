"""Evidence short enough for a line on paper: equal statements of several sources or people become one statement."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Final

import polars as pl

from reports.context import Context
from reports.labels import (
    DATE_FORMAT,
    ID_COLUMNS,
    column_label,
    mapped,
    masked_value,
    number,
    rupiah,
    short_id,
    sources_expr,
    value_labels,
)
from rules.findings.context import numbered
from rules.i18n import N_, _
from rules.vocab import PAYMENT_PREFIX

MAX_STATEMENTS: Final = 4
MAX_NAMES: Final = 4
_NO_NUMBER: Final = (1 << 32) - 1
_WHO: Final = ("nama", "nik", "nik_asli", "jenis_kelamin")  # who it is stands beside: said only where sources differ
_PAID: Final = ("periode", "no_kartu", "nominal")
_WORDED: Final = ("jenis_kelamin", "hub_kk", "hub_krt", "status_kawin", "keberadaan")
_BARE: Final = ("keberadaan", "status_kawin", "hub_kk", "hub_krt", "jenis_kelamin")  # the word says what it is
# Shorter than the labels of the workbook: a line of the village list is a hand wide.
_SHORT: Final = {
    "no_kk": N_("KK"),
    "no_kk_asli": N_("KK"),
    "tanggal_lahir": N_("born"),
    "kode_wilayah": N_("in"),
    "tanggal_status": N_("on"),
    "id_keluarga": N_("family"),
}


def brief_evidence(context: Context, lines: pl.DataFrame) -> pl.DataFrame:
    """`kunci_baris, bukti_teks`: at most `MAX_STATEMENTS` statements per line, ids masked, a birth date by its year.

    `lines` has `kunci_baris` and `bukti` (list of `rules.tables.BUKTI`). Each source that speaks is heard at least once
    as far as the room goes; what is left out is counted.
    """
    # Lines by number: everything below groups by the line, and numbers are grouped in a fifth of the time of texts.
    keys = lines["kunci_baris"]
    said = _entries(context, lines.with_columns(kunci_baris=pl.int_range(pl.len(), dtype=pl.UInt32)))
    rows = _rows(context, said.filter(~pl.col("dibayar")))
    of_payee = pl.col("sumber").str.starts_with(PAYMENT_PREFIX).fill_null(False)
    texts = pl.concat([_statements(rows.filter(~of_payee)), _payments(said.filter("dibayar"), rows.filter(of_payee))])
    chosen = (
        texts.sort("kunci_baris", "urut")
        .with_columns(giliran=pl.int_range(pl.len()).over("kunci_baris", "asal"), semua=pl.len().over("kunci_baris"))
        .sort("kunci_baris", "giliran", "urut")
        .filter(pl.int_range(pl.len()).over("kunci_baris") < MAX_STATEMENTS)
        .sort("kunci_baris", "urut")
    )
    more = pl.format(_("... and {n} more").format(n="{}"), pl.col("semua") - MAX_STATEMENTS)
    texts = chosen.group_by("kunci_baris", maintain_order=True).agg("teks", pl.col("semua").first())
    return texts.select(
        kunci_baris=keys.gather(texts["kunci_baris"]),
        bukti_teks=pl.concat_str(
            pl.col("teks").list.join("\n"),
            pl.when(pl.col("semua") > MAX_STATEMENTS).then(pl.concat_str(pl.lit("\n"), more)).otherwise(pl.lit("")),
        ),
    )


def _entries(context: Context, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per value said: with the person it is about and whether it says anything the line does not.

    `apa` is a number for column and value together: numbers are grouped and joined in a fifth of the time of texts.
    """
    said = lines.select("kunci_baris", "bukti").explode("bukti", empty_as_null=False).unnest("bukti")
    column, value = (numbered(pl.col(c)).cast(pl.UInt64).fill_null(_NO_NUMBER) for c in ("kolom", "nilai"))
    said = said.with_columns(apa=column * (_NO_NUMBER + 1) + value)
    said = (
        context.beside(said, of=context.people)
        .with_row_index("urut")
        .with_columns(
            dibayar=pl.col("sumber").str.starts_with(PAYMENT_PREFIX).fill_null(False) & pl.col("kolom").is_in(_PAID),
            orang=pl.coalesce("nama_orang", "nama_baris").fill_null(_("(no name)")),
            banyak=pl.col("person_id").n_unique().over("kunci_baris") > 1,
        )
    )
    told_beside = pl.col("kolom").is_in(_WHO) & (
        pl.col("banyak") | (pl.col("apa").n_unique().over("kunci_baris", "kolom") == 1)
    )
    return said.with_columns(diam=told_beside)


def _value(context: Context, said: pl.DataFrame) -> pl.Expr:
    """`nilai` of `kolom` of `said` as it may stand on paper: words, day-month-year, village and district, ids by two
    digits.

    Nearly every KK ends in 01, so ids that differ within a line are told apart by letters: `A ••01`, `B ••01`.
    """
    column, value = pl.col("kolom"), pl.col("nilai")
    out = value
    for name in _WORDED:
        out = pl.when(column == name).then(mapped(value, value_labels(name))).otherwise(out)
    masked = masked_value(column, out.str.replace(r"^(\d{4})-(\d{2})-(\d{2})$", "${3}-${2}-${1}"))
    letter = pl.col("ke").replace_strict(dict(enumerate(ascii_uppercase, start=1)), default="", return_dtype=pl.String)
    lettered = pl.when(pl.col("ke").is_not_null()).then(pl.concat_str(letter, pl.lit(" "), masked)).otherwise(masked)
    codes = said.filter(column == "kode_wilayah").get_column("nilai")
    village, district = (
        value.str.slice(0, digits).replace_strict(
            context.names_of(codes.str.slice(0, digits)), default=None, return_dtype=pl.String
        )
        for digits in (10, 6)
    )
    place = pl.concat_str(village, pl.lit(" (" + _("district") + " "), district, pl.lit(")"))
    return (
        pl.when(column == "kode_wilayah")
        .then(pl.coalesce(place, village, value))
        .when(column.is_in(ID_COLUMNS) & value.is_not_null())
        .then(lettered)
        .otherwise(masked)
    )


def _told_apart(facts: pl.DataFrame) -> pl.DataFrame:
    """`facts` with `ke`: which of the different ids of its column in the line a value is (1, 2 ...); null where one."""
    keys = ["kunci_baris", "kolom"]
    ids = (
        facts.filter(pl.col("kolom").is_in(ID_COLUMNS))
        .select(*keys, "apa")
        .unique(["kunci_baris", "apa"], keep="first", maintain_order=True)
        .with_columns(ke=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(keys), kinds=pl.len().over(keys))
        .filter(pl.col("kinds") > 1)
        .select("kunci_baris", "apa", "ke")
    )
    return facts.join(ids, on=["kunci_baris", "apa"], how="left", maintain_order="left")


def _rows(context: Context, facts: pl.DataFrame) -> pl.DataFrame:
    """One row per line, record and date: who, from where, and `fakta`: what the record says (empty: it exists)."""
    facts = _told_apart(facts)
    # Values come again and again, village names and dates most of all: each is put into words once.
    what = ["apa", "ke"]
    values = (
        facts.filter(~pl.col("diam")).select(*what, "kolom", "nilai").unique(what, keep="first", maintain_order=True)
    )
    names = values["kolom"].drop_nulls().unique().sort().to_list()
    labels = {c: _(_SHORT[c]) if c in _SHORT else column_label(c) for c in names}
    shown = pl.col("nilai_teks").fill_null(_("(empty)"))
    labelled = pl.concat_str(mapped(pl.col("kolom"), labels), pl.lit(" "), shown)
    word = pl.when(pl.col("kolom").is_in(_BARE) & pl.col("nilai").is_not_null()).then(shown).otherwise(labelled)
    values = values.with_columns(nilai_teks=_value(context, values)).select(*what, kata=word)
    return (
        facts.join(values, on=what, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(kata=pl.when(~pl.col("diam")).then("kata"))
        .group_by("kunci_baris", "baris_id", "sumber", "tanggal", maintain_order=True)
        .agg(
            pl.col("urut").min(),
            pl.col("orang").first(),
            pl.col("banyak").first(),
            fakta=pl.col("kata").drop_nulls().unique(maintain_order=True),
        )
        .with_columns(pl.col("fakta").list.join(", "))
    )


def _statements(rows: pl.DataFrame) -> pl.DataFrame:
    """`kunci_baris, urut, asal, teks` of what the registers say."""
    rows = rows.with_columns(
        pl.when(pl.col("fakta") == "").then(pl.lit(_("listed"))).otherwise("fakta").alias("fakta"),
        dari=pl.concat_str(
            sources_expr(pl.col("sumber").fill_null("?"), rows["sumber"].drop_nulls().unique().to_list()),
            pl.concat_str(pl.lit(" "), pl.col("tanggal").dt.strftime(DATE_FORMAT)).fill_null(""),
        ),
    )
    # First the sources that say the same of one person, then the people of whom the same is said.
    together = rows.group_by("kunci_baris", "orang", "fakta", maintain_order=True).agg(
        pl.col("urut").min(),
        asal=pl.col("sumber").first(),
        dari=pl.col("dari").unique(maintain_order=True),
    )
    together = together.with_columns(
        pl.col("dari").list.join(", "), orang_baris=pl.col("orang").n_unique().over("kunci_baris")
    )
    whole = together.group_by("kunci_baris", "dari", "fakta", maintain_order=True).agg(
        pl.col("urut").min(),
        pl.col("asal").first(),
        nama=pl.col("orang").head(MAX_NAMES),
        sisa=pl.len().cast(pl.Int64) - MAX_NAMES,
        semua=pl.len() == pl.col("orang_baris").first(),  # said of all: they stand beside
    )
    named = pl.concat_str(
        pl.col("nama").list.join(", "),
        pl.when(pl.col("sisa") > 0).then(pl.format(" + {}", "sisa")).otherwise(pl.lit("")),
        pl.lit(": "),
    )
    return whole.select(
        "kunci_baris",
        "urut",
        "asal",
        teks=pl.concat_str("dari", pl.lit(" · "), pl.when("semua").then(pl.lit("")).otherwise(named), "fakta"),
    )


def _payments(paid: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """`kunci_baris, urut, asal, teks` of the payments: months, number, sum and cards per payee."""
    months = pl.concat_list(pl.col("tanggal").min(), pl.col("tanggal").max()).list.unique(maintain_order=True)
    of = pl.col("kolom")
    sums = paid.group_by("kunci_baris", "sumber", "baris_id", maintain_order=True).agg(
        pl.col("urut").min(),
        pl.col("orang").first(),
        pl.col("banyak").first(),
        bulan=months.list.eval(pl.element().dt.strftime("%m-%Y"))
        .list.unique(maintain_order=True)
        .list.join(" – ")
        .first(),
        n=pl.max_horizontal((of == c).sum() for c in _PAID),
        jumlah=pl.col("nilai").filter(of == "nominal").cast(pl.Int64, strict=False).sum(),
        kartu=short_id(pl.col("nilai").filter(of == "no_kartu").drop_nulls().unique(maintain_order=True)).str.join(
            ", "
        ),
    )
    said = payees.group_by("kunci_baris", "sumber", "baris_id", maintain_order=True).agg(pl.col("fakta").first())
    sums = sums.join(said, on=["kunci_baris", "sumber", "baris_id"], how="left", maintain_order="left")
    amounts = {n: rupiah(n) for n in sums["jumlah"].unique().to_list() if n}
    counts = {n: _("{n} payments").format(n=number(n)) for n in sums["n"].unique().to_list()}
    parts = pl.concat_list(
        pl.when(pl.col("fakta") != "").then("fakta"),
        pl.col("n").replace_strict(counts, return_dtype=pl.String, default=""),
        pl.col("jumlah").replace_strict(amounts, return_dtype=pl.String, default=None),
        pl.when(pl.col("kartu") != "").then(pl.concat_str(pl.lit(_("card") + " "), pl.col("kartu"))),
    )
    head = pl.concat_str(
        sources_expr(pl.col("sumber"), sums["sumber"].unique().to_list()),
        pl.concat_str(pl.lit(" "), pl.col("bulan")).fill_null(""),
        pl.lit(" · "),
        pl.when("banyak").then(pl.concat_str("orang", pl.lit(": "))).otherwise(pl.lit("")),
    )
    return sums.select(
        "kunci_baris",
        "urut",
        asal="sumber",
        teks=pl.concat_str(head, parts.list.drop_nulls().list.join(", ")),
    )
