"""Raw findings of one rule -> rows of the findings table: evidence, money, place, sentence, id."""

from __future__ import annotations

import string

import polars as pl
import polars_hash as plh

from rules import tables, vocab
from rules.findings.context import Context
from rules.findings.registry import Rule
from rules.i18n import _
from rules.lists import ascending

_U32_LIST = pl.List(pl.UInt32)
_GIVEN = {"person_id", "family_id", "kode_wilayah", "sidik", "keyakinan", "nama", "sumber", "sumber_bukti", "n"}
_OPTIONAL: dict[str, pl.DataType] = {
    "bukti_baris": _U32_LIST,
    "keluarga_id": pl.String(),
    "program": pl.String(),
    "periode_awal": pl.Date(),
    "periode_akhir": pl.Date(),
    "bayar": pl.List(pl.String),
    "bukti_bayar": pl.List(pl.String),
    "peluang": pl.Float64(),
    "tingkat": pl.String(),
    "alias_lain": pl.List(pl.String),
}


def fill(template: str, columns: set[str]) -> pl.Expr:
    """`template` with its {placeholders} replaced by the columns of these names; a null value shows as "?".

    Raises KeyError when the template names a column that is not there.
    """
    parts: list[pl.Expr] = []
    for literal, name, _spec, _conversion in string.Formatter().parse(template):
        if literal:
            parts.append(pl.lit(literal))
        if name is not None:
            if name not in columns:
                raise KeyError(name)
            parts.append(pl.col(name).cast(pl.String).fill_null("?"))
    return pl.concat_str(parts)


def assemble(rule: Rule, raw: pl.DataFrame, ctx: Context) -> pl.DataFrame:
    """Findings of `rule` from its raw frame, one row per distinct set of subject rows.

    Raw columns: `baris` (subject rows) and what of these the rule knows: `bukti_baris` (rows that are evidence only),
    `keluarga_id`, `program`, `periode_awal`, `periode_akhir`, `bayar` (payments counted), `bukti_bayar` (payments shown
    as well), `peluang` (default: the weakest membership among all rows named), `tingkat`, `alias_lain`, placeholders.
    """
    if raw.is_empty():
        return tables.empty("findings")
    raw = raw.drop(_GIVEN, strict=False)  # these are read off the rows, the same way for every rule
    raw = raw.with_columns(pl.lit(None, dtype=kind).alias(c) for c, kind in _OPTIONAL.items() if c not in raw.columns)
    raw = raw.with_columns(
        ascending(pl.col("baris").list.unique()).cast(_U32_LIST),
        *(pl.col(c).fill_null([]) for c in ("bukti_baris", "bayar", "bukti_bayar")),
    ).with_row_index("i")
    facts = _facts_of_rows(raw, ctx)
    raw = raw.join(facts, on="i", how="left").join(_money(raw, facts, ctx), on="i", how="left")
    raw = raw.join(_evidence(rule, raw, ctx), on="i", how="left")
    shown = set(raw.columns)
    alias = pl.concat_list(pl.lit(list(rule.alias), dtype=pl.List(pl.String)), pl.col("alias_lain").fill_null([]))
    found = raw.select(
        temuan_id=plh.concat_str([pl.lit(rule.kode), pl.col("sidik")], separator="|").chash.blake3().str.head(32),
        kode=pl.lit(rule.kode),
        alias=alias.list.unique(maintain_order=True),
        tingkat=pl.col("tingkat").fill_null(rule.tingkat).cast(pl.Enum(vocab.SEVERITY)),
        peluang=pl.coalesce("peluang", "keyakinan").clip(0.0, 1.0),
        person_id="person_id",
        family_id="family_id",
        keluarga_id="keluarga_id",
        kode_wilayah="kode_wilayah",
        program="program",
        periode_awal="periode_awal",
        periode_akhir="periode_akhir",
        nominal_pasti=pl.col("nominal_pasti").fill_null(0),
        nominal_mungkin=pl.col("nominal_mungkin").fill_null(0),
        bayar=ascending(pl.col("bayar").list.unique()),
        baris="baris",
        bukti=pl.col("bukti").fill_null([]),
        ringkas=fill(_(rule.ringkas), shown),
        tindakan=pl.lit(_(rule.tindakan)),
    )
    return found.sort("temuan_id", "peluang", descending=[False, True]).unique(
        "temuan_id", keep="first", maintain_order=True
    )


def _facts_of_rows(raw: pl.DataFrame, ctx: Context) -> pl.DataFrame:
    """Per finding `i`: sidik (joined), person_id and family_id when unique, newest place and name, sources, weakest."""
    subject = raw.select("i", baris_id="baris").explode("baris_id", empty_as_null=False)
    subject = ctx.beside(subject, ctx.bernama)
    # `baris` ascends, and so does sidik where numbers are its ranks.
    content = _joined(subject if ctx.ranked else subject.sort("i", "sidik"), "sidik", "\x1f")
    subject = _newest_first(subject)

    def only(column: str, number: str) -> pl.Expr:
        one = (pl.col(number).min() == pl.col(number).max()) & (pl.col(number).null_count() == 0)
        return pl.when(one).then(pl.col(column).first()).alias(column)

    # Plain aggregates only: whatever filters or makes lists per group takes ten times as long.
    place = pl.col("kode_wilayah")
    facts = (
        subject.with_columns(desa=pl.when(place.str.len_chars() == 10).then(place))
        .group_by("i", maintain_order=True)
        .agg(
            only("person_id", "orang"),
            only("family_id", "keluarga"),
            pl.coalesce(pl.col("desa").first(ignore_nulls=True), place.first(ignore_nulls=True)).alias("kode_wilayah"),
            pl.col("nama").first(ignore_nulls=True),
            n=pl.len(),
            lemah=pl.col("keyakinan").min(),
        )
    )
    proof = raw.select("i", baris_id="bukti_baris").explode("baris_id", empty_as_null=False)
    proof = _newest_first(ctx.beside(proof, ctx.bernama.select("tanggal_data", "asal", "keyakinan")))
    return (
        facts.join(content, on="i", how="left")
        .join(_labels(subject, "sumber", ctx), on="i", how="left")
        .join(proof.group_by("i").agg(lemah_bukti=pl.col("keyakinan").min()), on="i", how="left")
        .join(_labels(proof, "sumber_bukti", ctx), on="i", how="left")
        .with_columns(keyakinan=pl.min_horizontal("lemah", "lemah_bukti"))
        .drop("lemah", "lemah_bukti")
    )


def _newest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` by finding `i`, in each the newest first and those without a date last."""
    return rows.sort("i", "tanggal_data", "baris_id", descending=[False, True, False], nulls_last=True)


def _labels(rows: pl.DataFrame, name: str, ctx: Context) -> pl.DataFrame:
    """Per finding `i` the sources of its rows, each once, in the order of the rows."""
    once = rows.select(pl.col("i").cast(pl.UInt64) * len(ctx.asal) + pl.col("asal")).to_series()
    said = rows.select("i", "asal").filter(once.is_first_distinct())
    named = said.select("i", pl.lit(ctx.asal).gather("asal").alias(name))
    return _joined(named, name, ", ")


def _joined(rows: pl.DataFrame, column: str, separator: str) -> pl.DataFrame:
    """Per finding `i` the texts of its rows, which ascend by `i`, joined. Most findings have one: nothing to join."""
    before = rows["i"] == rows["i"].shift(1)
    several = before.fill_null(value=False) | before.shift(-1).fill_null(value=False)
    # Joined after they are grouped: while grouping it takes three times as long.
    listed = rows.filter(several).group_by("i", maintain_order=True).agg(column)
    joined = listed.with_columns(pl.col(column).list.join(separator))
    return pl.concat([rows.filter(~several).select("i", column), joined])


def _money(raw: pl.DataFrame, facts: pl.DataFrame, ctx: Context) -> pl.DataFrame:
    """Per finding: rupiah of the distinct payments counted; certain when the finding is and the list states it."""
    counted = raw.select("i", "peluang", bayar_id="bayar").explode("bayar_id", empty_as_null=False).unique()
    if counted.is_empty():
        return pl.DataFrame(schema={"i": pl.UInt32, "nominal_pasti": pl.Int64, "nominal_mungkin": pl.Int64})
    counted = counted.join(facts.select("i", "keyakinan"), on="i", how="left").join(ctx.uang, on="bayar_id", how="left")
    certain = (pl.coalesce("peluang", "keyakinan") >= ctx.p.peluang_pasti.nilai) & pl.col("tertulis")
    return counted.group_by("i", maintain_order=True).agg(
        nominal_pasti=pl.col("nominal").filter(certain).sum(), nominal_mungkin=pl.col("nominal").sum()
    )


def _evidence(rule: Rule, raw: pl.DataFrame, ctx: Context) -> pl.DataFrame:
    """Per finding the `bukti`: the rule's columns of every row named, then the payments, each with source and date."""
    order = pl.struct("baris_id", "sumber", "kolom", "nilai", "tanggal")
    rows = raw.select("i", baris_id=pl.concat_list("baris", "bukti_baris").list.unique()).explode(
        "baris_id", empty_as_null=False
    )
    rows = ctx.beside(rows, ctx.records.select("sumber", "tanggal_data", *rule.kolom)).select(
        "i", "baris_id", "sumber", tanggal="tanggal_data", **{c: pl.col(c).cast(pl.String) for c in rule.kolom}
    )
    parts = [
        rows.select("i", "baris_id", "sumber", "tanggal", kolom=pl.lit(c), nilai=c, urut=pl.lit(k, dtype=pl.UInt32))
        for k, c in enumerate(rule.kolom)
    ]
    paid = (
        raw.select("i", bayar_id=pl.concat_list("bayar", "bukti_bayar").list.unique())
        .explode("bayar_id", empty_as_null=False)
        .join(ctx.tables.payments, on="bayar_id", how="inner")
    )
    if not paid.is_empty():
        span = pl.format("{} – {}", "periode_awal", "periode_akhir")
        about = paid.select(
            "i",
            "baris_id",
            "no_kartu",
            sumber=pl.lit(vocab.PAYMENT_PREFIX) + pl.col("program"),
            tanggal="periode_awal",
            periode=pl.coalesce(span, "tahap"),
            nominal=pl.col("nominal").cast(pl.String),
        )
        parts += [
            about.select(
                "i", "baris_id", "sumber", "tanggal", kolom=pl.lit(c), nilai=c, urut=pl.lit(90 + k, dtype=pl.UInt32)
            )
            for k, c in enumerate(("periode", "no_kartu", "nominal"))
        ]
    if not parts:
        return pl.DataFrame(schema={"i": pl.UInt32, "bukti": pl.List(tables.BUKTI)})
    # Only of one payee several values of a kind may stand there; texts are dear to sort by.
    keys = ["i", "tanggal", "baris_id", "urut", *(["nilai"] if not paid.is_empty() else [])]
    return (
        pl.concat(parts)
        .filter(pl.col("nilai").is_not_null())
        .sort(*keys, descending=[name == "tanggal" for name in keys], nulls_last=True)
        .group_by("i", maintain_order=True)
        .agg(bukti=order)
    )
