"""Run every rule of the rulebook over the tables of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from rules import i18n, tables, vocab
from rules.findings.assemble import assemble
from rules.findings.context import Context
from rules.findings.parameters import load_parameters
from rules.findings.programme import load_programmes
from rules.findings.registry import PAYMENTS, Rule, all_rules, missing_sources
from rules.i18n import _
from rules.lists import ascending

# The findings of one rule, and the notes on it.
Found = tuple[pl.DataFrame, list[dict[str, Any]]]


_AT_ONCE = 2


def run_rules(
    data: tables.Tables,
    *,
    parameters: Path | None = None,
    tanggal_acuan: date | None = None,
    language: str | None = None,
    only: Collection[str] | None = None,
    programmes: tuple[Path, ...] = (),
    keep: Callable[[str, Callable[[], Found]], Found] | None = None,
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The findings of all rules, and notes on what could not be said.

    Returns the checked `findings` frame, worst first, and notes, each with `kode`, `jenis` and `pesan`. `jenis` is
    `sumber_kurang` (a rule did not run: the sources it needs are missing), `satu_baris_per_berkas` (a rule on dates or
    formats touched most of a file and is told once for it) or `program_tak_dikenal` (unit of the programme unknown:
    only the person is checked for double payment). `tanggal_acuan` defaults to the newest `tanggal_data`;
    `only` names the codes to run, all by default; `programmes` are files or folders of own programmes;
    `keep(code, make)` gives what `make()` gives, from an earlier, stopped run where it has that.
    Raises ConfigError for a wrong parameter or programme file.
    """
    before = i18n.language()
    if language is not None:
        i18n.set_language(language)
    try:
        ctx = Context(data, load_parameters(parameters), load_programmes(programmes), tanggal_acuan)
        notes = _unknown_programmes(ctx)
        parts = [tables.empty("findings")]
        # Two rules at a time: much of a rule is planning and small steps, which leave a core idle.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            waiting: list[Future[Found]] = []
            for rule in (r for r in all_rules() if only is None or r.kode in only):
                lacking = missing_sources(rule, ctx.sources)
                if lacking:
                    told = Future[Found]()
                    told.set_result((tables.empty("findings"), [_lacking(rule, lacking, ctx)]))
                    waiting.append(told)
                else:
                    make = partial(_findings_of, rule, ctx)
                    waiting.append(pool.submit(keep, rule.kode, make) if keep else pool.submit(make))
            try:
                for one in waiting:
                    found, said = one.result()
                    parts.append(found)
                    notes += said
            finally:
                pool.shutdown(cancel_futures=True)
        findings = tables.check("findings", pl.concat(parts))
    finally:
        i18n.set_language(before)
    return _worst_first(findings), notes


def _worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` by severity, code and id; those of one rule stand in the order of their ids already.

    So one small number tells their order; by three columns of texts it takes several times as long.
    """
    if findings.is_empty():
        return findings
    codes = findings["kode"].unique().sort()
    rank = pl.col("tingkat").cast(pl.String).replace_strict({s: k for k, s in enumerate(vocab.SEVERITY)})
    code = pl.col("kode").replace_strict(codes, pl.int_range(len(codes), eager=True), return_dtype=pl.Int64)
    return findings.sort(rank * len(codes) + code, maintain_order=True)


def _findings_of(rule: Rule, ctx: Context) -> Found:
    found = assemble(rule, rule.fungsi(ctx.lazy, ctx).collect(), ctx)
    return _once_per_file(rule, found, ctx) if rule.per_berkas else (found, [])


def _lacking(rule: Rule, lacking: list[tuple[str, ...]], ctx: Context) -> dict[str, Any]:
    def name(source: str) -> str:
        return _("a payment list") if source == PAYMENTS else ctx.label(source)

    needed = _("; and ").join(_(" or ").join(name(s) for s in group) for group in lacking)
    message = _("{kode} ({judul}) could not be checked: it needs {needed}.")
    return {
        "kode": rule.kode,
        "jenis": "sumber_kurang",
        "pesan": message.format(kode=rule.kode, judul=_(rule.judul), needed=needed),
        "perlu": needed,
        "butuh": [list(group) for group in lacking],
    }


def sentences(notes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The notes in words; rules that wait for the same list share one sentence, at the place of the first."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for note in notes:
        same = f"perlu {note['perlu']}" if note["jenis"] == "sumber_kurang" else note["pesan"]
        grouped.setdefault(same, []).append(note)
    several = _("{kode} could not be checked: these rules need {needed}.")
    return [
        several.format(kode=", ".join(note["kode"] for note in group), needed=group[0]["perlu"])
        if len(group) > 1 and group[0]["jenis"] == "sumber_kurang"
        else group[0]["pesan"]
        for group in grouped.values()
    ]


def _unknown_programmes(ctx: Context) -> list[dict[str, Any]]:
    message = _("Programme {program}: its unit (family or person) is not known; only persons are checked.")
    return [
        {"kode": "BG03", "jenis": "program_tak_dikenal", "pesan": message.format(program=p), "program": p}
        for p in sorted(ctx.paid - set(ctx.programmes))
    ]


def _once_per_file(rule: Rule, found: pl.DataFrame, ctx: Context) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Fold the findings of `rule` in each file that it touches for more than the set share into one line."""
    where = ctx.records.select("sumber", "berkas", "tanggal_data")
    rows = found.select("temuan_id", baris_id="baris").explode("baris_id", empty_as_null=False)
    rows = ctx.beside(rows, where)
    touched = (
        rows.group_by("berkas")
        .agg(pl.col("baris_id").n_unique().alias("n"), pl.col("tanggal_data").max(), pl.col("sumber").first())
        .join(where.group_by("berkas").agg(pl.len().alias("semua")), on="berkas")
        .filter(pl.col("n") > ctx.p.bagian_satu_baris.nilai * pl.col("semua"))
        .sort("berkas")
    )
    if touched.is_empty():
        return found, []
    folded = rows.filter(pl.col("berkas").is_in(touched["berkas"].to_list())).sort("baris_id")
    per_file = folded.group_by("berkas").agg(baris="baris_id").join(touched, on="berkas").sort("berkas")
    worst = found.filter(pl.col("temuan_id").is_in(folded["temuan_id"].unique().to_list()))["tingkat"].cast(pl.String)
    level = min(worst.unique().to_list(), key=vocab.SEVERITY.index)
    message = _("{judul}: {n} of {semua} rows of {berkas}.")
    proof = pl.struct(
        baris_id=pl.lit(None, dtype=pl.UInt32),
        sumber="sumber",
        kolom=pl.lit(", ".join(rule.kolom)),
        nilai=pl.format("{} / {}", "n", "semua"),
        tanggal="tanggal_data",
    )
    raw = per_file.select(
        "baris", "n", "semua", "berkas", judul=pl.lit(_(rule.judul)), tingkat=pl.lit(level), peluang=pl.lit(1.0),
        bukti=pl.concat_list(proof),
    )  # fmt: skip
    names = found.select("temuan_id", alias_lain="alias").explode("alias_lain", empty_as_null=True).drop_nulls()
    names = folded.select("temuan_id", "berkas").unique().join(names, on="temuan_id")
    names = names.group_by("berkas").agg(pl.col("alias_lain").unique().sort())  # what some of them are also called
    raw = raw.join(names, on="berkas", how="left", maintain_order="left")
    whole = assemble(_folded_rule(rule, message), raw.drop("bukti", "n"), ctx)
    ids = raw.select(ascending(pl.col("baris")), "bukti")
    whole = whole.drop("bukti").join(ids, on="baris", how="left").select(found.columns)
    kept = found.filter(~pl.col("temuan_id").is_in(folded["temuan_id"].unique().to_list()))
    notes = [
        {"kode": rule.kode, "jenis": "satu_baris_per_berkas", "berkas": r["berkas"], "baris": r["n"],
         "pesan": message.format(judul=_(rule.judul), n=r["n"], semua=r["semua"], berkas=r["berkas"])}
        for r in per_file.iter_rows(named=True)
    ]  # fmt: skip
    return pl.concat([kept, whole]).sort("temuan_id"), notes


def _folded_rule(rule: Rule, message: str) -> Rule:
    from dataclasses import replace

    return replace(rule, ringkas=message, kolom=())
