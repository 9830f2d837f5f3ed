"""laporan.xlsx: the working file of the analyst. Full ids, mode 0600, one sheet per question."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from reports import lists, overview, progress, worklists
from reports.context import Context
from reports.labels import severity_label, unit_label
from reports.sheets import MAX_ROWS, Book, Column, Sheet
from rules.i18n import _


def write_workbook(context: Context, path: Path, *, limit: int = MAX_ROWS) -> Path:
    """Write the workbook; a list longer than `limit` rows is cut at the harmless end and says so."""
    with Book(path, created=context.as_of, title=_("padan reconciliation report")) as book:
        overview.summary(book, context)
        overview.control(book, context)
        overview.codes(book, context)
        if context.tables.info.get("tren") is not None:
            progress.trend_sheets(book, context)
        overview.overlaps(book, context)
        overview.compare(book, context, 6, _("Districts side by side"))
        overview.compare(book, context, 10, _("Villages side by side"))
        worklists.stale(book, lists.stale_families(context, limit))
        worklists.duplicates(book, lists.duplicate_people(context, limit))
        worklists.double_by_place(book, context)
        worklists.double(book, context, limit)
        worklists.findings(book, context, "identitas", _("Identity problems"), limit)
        if context.findings["kelompok"].is_in(["lain"]).any():
            worklists.findings(book, context, "lain", _("Other findings"), limit)
        worklists.review(book, lists.review_pairs(context, limit))
        if context.tables.diputuskan.height:
            progress.decided_sheet(book, context, limit)
        worklists.rejected(book, context, limit)
        _legend(book, context)
        _settings(book, context)
    return path


def _legend(book: Book, context: Context) -> None:
    sheet = book.sheet(_("Legend of codes"))
    columns = [
        Column("kode", _("Code"), 16),
        Column("judul", _("Meaning"), 60, "wrap"),
        Column("tingkat", _("Severity"), 12),
        Column("dasar", _("Basis"), 44, "wrap"),
        Column("tindakan", _("What to do"), 70, "wrap"),
    ]
    seen = set(context.findings["kode"].unique().to_list()) - set(context.rules)
    rows = [
        {
            "kode": r.kode,
            "judul": r.judul,
            "tingkat": severity_label(r.tingkat),
            "dasar": r.dasar,
            "tindakan": r.tindakan,
        }
        for _code, r in sorted(context.rules.items())
    ] + [{"kode": code, "judul": code, "tingkat": "", "dasar": "", "tindakan": ""} for code in sorted(seen)]
    sheet.widths(columns)
    sheet.heading(_("Legend of codes"), _("Full description: docs, rule catalogue."))
    sheet.table(columns, pl.DataFrame(rows, schema={c.key: pl.String for c in columns}), freeze=1)
    sheet.blank()
    _vocabulary(sheet)
    sheet.print_setup()


def _vocabulary(sheet: Sheet) -> None:
    sheet.lines(
        [
            _("Severity: Critical = hold the payment; High = verify before the next determination; "
              "Medium = update at the next musdes; Info = for information."),
            _("Probability: that of the weakest link the finding rests on; 0.99 and more counts as certain."),
            *(f"{unit}: {unit_label(unit)}" for unit in ("KK", "BKKBN", "DTKS", "DAPUR")),
        ]
    )  # fmt: skip


def _settings(book: Book, context: Context) -> None:
    sheet = book.sheet(_("Settings"))
    columns = [Column("nama", _("Setting"), 50), Column("nilai", _("Value"), 90, "wrap")]
    lines = [
        (k, v)
        for k, v in overview.flatten(context.tables.info)
        if not k.startswith(("mutu", "catatan", "penautan.model"))
    ]
    frame = pl.DataFrame(lines, schema={"nama": pl.String, "nilai": pl.String}, orient="row")
    sheet.widths(columns)
    sheet.heading(_("Inputs and settings of the run"), _("The same is in run.json."))
    sheet.table(columns, frame, freeze=1)
    sheet.print_setup()
