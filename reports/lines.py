"""The lines of a village list: what one family is asked, one line per thing to decide, each with its code."""

from __future__ import annotations

from typing import Final

import polars as pl

from reports.brief import brief_evidence
from reports.codes import codes
from reports.context import Context
from reports.evidence import MAX_PEOPLE, summary_expr
from reports.labels import mapped, masked_text, short_id, sources_expr
from reports.lists import severity_words
from rules.findings.keys import contents
from rules.i18n import _

# Facts that the members of a family share: where findings differ in nothing but the member, one answer will do.
_SHARED: Final = (
    "no_kk", "no_kk_asli", "id_keluarga", "id_keluarga_asli", "id_rumah_tangga", "kode_wilayah", "kode_wilayah_asli",
    "alamat", "dusun", "rt", "rw", "no_bangunan", "keberadaan", "tanggal_status",
)  # fmt: skip
_IDENTITY: Final = ("nama", "nik", "nik_asli", "jenis_kelamin", "tanggal_lahir", "id_art")
_SHARED_PRESENCE: Final = ("ADA", "PINDAH")  # a death is one person's own


def family_lines(context: Context, families: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The lines of `families` (of `lists.family_table`, with `kode_desa`), in the order they are printed.

    Columns: kode_desa, keluarga (1, 2 ... in the village), nomor (`3`, or `3.1` where a family has several lines),
    urut (worst = 0), tingkat, kode, kepala, alamat_teks, data_teks, siapa, masalah, bukti_teks, tindakan, and `temuan`
    (list of temuan_id). Findings of one rule that differ only in the member of the family share a line, unless they
    are critical.
    """
    shown = families.with_columns(keluarga=pl.int_range(1, pl.len() + 1).over("kode_desa"))
    mine = found.join(shown.select("kunci", "kode_desa", "keluarga"), on="kunci", how="inner", maintain_order="left")
    mine = mine.join(_signature(mine), on="temuan_id", how="left", maintain_order="left").sort(
        "kode_desa", "keluarga", "urut", "kode", "temuan_id"
    )
    keys = ["kode_desa", "keluarga", "kunci", "urut", "kode", "program", "tanda"]
    lines = mine.group_by(keys, maintain_order=True).agg(
        temuan="temuan_id",
        kunci_baris=pl.col("temuan_id").first(),
        baris=pl.col("baris").explode(empty_as_null=False).unique(maintain_order=True),
        bukti=pl.col("bukti").explode(empty_as_null=False).unique(maintain_order=True),
        ringkas=summary_expr(masked=True).first(),
        tindakan=masked_text(pl.col("tindakan")).first(),
    )
    titles = {code: context.title(code) for code in lines["kode"].unique().to_list()}
    several = pl.col("temuan").list.len() > 1
    return (
        lines.join(_people(context, lines), on="kunci_baris", how="left", maintain_order="left")
        .join(brief_evidence(context, lines), on="kunci_baris", how="left", maintain_order="left")
        .join(_heads(context, shown), on="kunci", how="left", maintain_order="left")
        .with_columns(
            tingkat=severity_words(),
            masalah=pl.when(several).then(mapped(pl.col("kode"), titles)).otherwise("ringkas"),
            nomor=pl.when(pl.len().over("kode_desa", "keluarga") > 1)
            .then(pl.format("{}.{}", "keluarga", pl.int_range(1, pl.len() + 1).over("kode_desa", "keluarga")))
            .otherwise(pl.col("keluarga").cast(pl.String)),
        )
        .select(
            "kode_desa", "keluarga", "nomor", "urut", "tingkat", "kode", "kepala", "alamat_teks", "data_teks",
            pl.col("siapa").fill_null(""), "masalah", pl.col("bukti_teks").fill_null(""), "tindakan", "temuan",
        )
    )  # fmt: skip


def _signature(found: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, tanda`: equal for findings that one answer settles; the id itself for all others."""
    said = found.select("temuan_id", "bukti").explode("bukti", empty_as_null=False).unnest("bukti")
    fact = pl.concat_str(
        pl.col("sumber").fill_null(""), pl.lit("\x1f"), "kolom", pl.lit("\x1f"), pl.col("nilai").fill_null("")
    )
    own = ~pl.col("kolom").is_in((*_SHARED, *_IDENTITY)) | (
        (pl.col("kolom") == "keberadaan") & ~pl.col("nilai").is_in(_SHARED_PRESENCE).fill_null(False)
    )
    facts = said.group_by("temuan_id").agg(
        fakta=fact.filter(pl.col("kolom").is_in(_SHARED)).unique().sort(), sendiri=own.any()
    )
    facts = facts.with_columns(pl.col("fakta").list.join("\x1e"))
    alone = (pl.col("urut") == 0) | pl.col("sendiri").fill_null(True) | (pl.col("bayar").list.len() > 0)
    return found.join(facts, on="temuan_id", how="left").select(
        "temuan_id", tanda=pl.when(alone | (pl.col("fakta") == "")).then("temuan_id").otherwise("fakta")
    )


def _people(context: Context, lines: pl.DataFrame) -> pl.DataFrame:
    """`kunci_baris, siapa`: the persons of a line with birth year, each once; one alone with the end of the NIK."""
    rows = lines.select("kunci_baris", baris_id="baris").explode("baris_id", empty_as_null=False)
    rows = context.beside(rows, "person_id", "nama", "tanggal_lahir", "nik", "nik_asli").unique(
        ["kunci_baris", "person_id"], keep="first", maintain_order=True
    )
    born = pl.concat_str(pl.lit(", " + _("born") + " "), pl.col("tanggal_lahir").dt.strftime("%Y")).fill_null("")
    nik = pl.concat_str(pl.lit(", NIK "), short_id(pl.coalesce("nik", "nik_asli"))).fill_null("")
    alone = pl.len().over("kunci_baris") == 1
    return (
        rows.with_columns(
            nama_teks=pl.concat_str(
                pl.col("nama").fill_null(_("(no name)")), born, pl.when(alone).then(nik).otherwise(pl.lit(""))
            )
        )
        .group_by("kunci_baris", maintain_order=True)
        .agg(nama=pl.col("nama_teks").head(MAX_PEOPLE), sisa=pl.len().cast(pl.Int64) - MAX_PEOPLE)
        .select(
            "kunci_baris",
            siapa=pl.concat_str(
                pl.col("nama").list.join("\n"),
                pl.when(pl.col("sisa") > 0).then(pl.format("\n+ {}", pl.col("sisa"))).otherwise(pl.lit("")),
            ),
        )
    )


def _heads(context: Context, families: pl.DataFrame) -> pl.DataFrame:
    """Per family record: `kepala` (name, birth year), `alamat_teks`, `data_teks` (which record, of what date)."""
    place = pl.concat_list(
        "alamat", pl.concat_str(pl.lit("RT "), pl.col("rt")), pl.concat_str(pl.lit("RW "), pl.col("rw"))
    ).list.drop_nulls()
    members = (
        context.tables.families.join(families.select("kunci"), left_on="keluarga_id", right_on="kunci", how="semi")
        .select(kunci="keluarga_id", nama_kepala="nama_kepala", baris_id="baris")
        .explode("baris_id", empty_as_null=False)
    )
    members = (
        context.beside(members, "nama", "tanggal_lahir")
        .filter(pl.col("nama") == pl.col("nama_kepala"))
        .group_by("kunci", maintain_order=True)
        .agg(pl.col("tanggal_lahir").drop_nulls().first())
    )
    year = pl.coalesce("tanggal_lahir", "lahir_kepala").dt.strftime("%Y")
    born = pl.concat_str(pl.lit(", " + _("born") + " "), year)
    return families.join(members, on="kunci", how="left", maintain_order="left").select(
        "kunci",
        kepala=pl.concat_str(pl.col("nama_kepala").fill_null("–"), born.fill_null("")),
        alamat_teks=place.list.eval(pl.element().filter(pl.element() != "")).list.join(" "),
        data_teks=pl.concat_str(
            sources_expr(pl.col("sumber"), context.sources).fill_null(""),
            pl.concat_str(pl.lit(" "), short_id(pl.col("id_sumber"))).fill_null(""),
            pl.concat_str(pl.lit(", "), pl.col("tanggal_data").dt.strftime("%d-%m-%Y")).fill_null(""),
        ),
    )


def with_codes(lines: pl.DataFrame, key: bytes, content: pl.Expr) -> pl.DataFrame:
    """`lines` with `kode_baris`: HMACs of village and `content`, the ids of what the line is about."""
    texts = lines.select(pl.concat_str("kode_desa", content, separator="|")).to_series()
    return lines.with_columns(pl.Series("kode_baris", codes(key, texts), dtype=pl.String))


def finding_contents(context: Context, found: pl.DataFrame) -> pl.DataFrame:
    """`temuan_id, isi`: struct of what a decision on a finding is kept under (temuan_id, kode, kunci, sidik)."""
    return contents(found, context.tables.records).select(
        "temuan_id", isi=pl.struct("temuan_id", "kode", "kunci", "sidik")
    )


def pair_contents(context: Context, pairs: pl.DataFrame) -> pl.DataFrame:
    """Per pair (kiri, kanan): `sidik_1, sidik_2` of its rows and `tentang`, all doubtful pairs between its two persons.

    One answer settles them all: otherwise the same two people would be asked about again by their next pair of rows.
    """
    named = context.doubtful
    asked = named.join(pairs.select("kiri", "kanan").unique(), on=["kiri", "kanan"], how="semi")
    all_between = (
        named.join(asked.select("pa", "pb").unique(), on=["pa", "pb"], how="semi")
        .sort("sidik_1", "sidik_2")
        .group_by("pa", "pb", maintain_order=True)
        .agg(tentang=pl.struct(kiri="sidik_1", kanan="sidik_2"))
    )
    return asked.join(all_between, on=["pa", "pb"], how="left").select("kiri", "kanan", "sidik_1", "sidik_2", "tentang")
