"""What became of the findings: decided by the villages, and new, still open or solved since an earlier run."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from reports.context import GROUPS, Context, group_expr, severity_rank
from reports.labels import day, number, severity_label
from reports.sheets import MAX_ROWS, SEVERITY_STYLE, Book, Column, left_out
from reports.village_sheet import box_titles
from rules.i18n import _
from rules.vocab import SEVERITY, TREND

_STATUS: Final = tuple(TREND)


def status_titles() -> dict[str, str]:
    """Status of `tren` -> words."""
    return {"BARU": _("New"), "TETAP": _("Still open"), "SELESAI": _("Solved"), "ALARM": _("False alarm")}


def since(context: Context) -> str:
    """The sentence above every table of the trend."""
    stated = (context.tables.info.get("tren") or {}).get("tanggal_acuan_sebelumnya")
    before = day(date.fromisoformat(str(stated)[:10])) if stated else ""
    return _("Compared with the run of reference date {date}. The same matter keeps its place when a row was mended; "
             "solved: no longer found.").format(date=before or "–")  # fmt: skip


def counted(context: Context, *keys: str) -> pl.DataFrame:
    """`tren` counted by `keys`: one column per status, and `selisih` = open now less open before."""
    trend = context.tables.tren.with_columns(
        kode_desa=pl.when(pl.col("kode_wilayah").str.len_chars() >= 10).then(pl.col("kode_wilayah").str.slice(0, 10)),
        urut=severity_rank(),
    )
    counts = [(pl.col("status") == s).sum().cast(pl.Int64).alias(s) for s in _STATUS]
    frame = trend.group_by(keys).agg(counts) if keys else trend.select(counts)
    return frame.with_columns(selisih=pl.col("BARU") - pl.col("SELESAI") - pl.col("ALARM"))


def by_code(context: Context) -> pl.DataFrame:
    """Trend per rule and severity, worst first."""
    frame = counted(context, "kode", "tingkat", "urut").sort("urut", "kode")
    titles = {c: context.title(c) for c in frame["kode"].unique().to_list()}
    words = {s: severity_label(s) for s in SEVERITY}
    return frame.with_columns(
        judul=pl.col("kode").replace(titles), nama_tingkat=pl.col("tingkat").cast(pl.String).replace(words)
    )


def by_severity(context: Context) -> pl.DataFrame:
    """Trend per severity, worst first."""
    words = {s: severity_label(s) for s in SEVERITY}
    return (
        counted(context, "tingkat", "urut")
        .sort("urut")
        .with_columns(nama_tingkat=pl.col("tingkat").cast(pl.String).replace(words))
    )


def by_village(context: Context) -> pl.DataFrame:
    """Trend per village (null: region unknown or not that deep), in the order of its code."""
    frame = counted(context, "kode_desa").sort("kode_desa", nulls_last=True)
    return context.with_places(frame, "kode_desa")


def page_part(context: Context, limit: int) -> dict[str, Any]:
    """What the html page shows: `ada`, totals, tables per severity, rule and village; and `diputuskan` (outcome, n)."""
    decided = context.tables.diputuskan
    outcomes = dict(decided.group_by(pl.col("putusan").cast(pl.String)).len().iter_rows())
    words = box_titles()
    part: dict[str, Any] = {
        "ada": context.tables.info.get("tren") is not None,
        "diputuskan": [(words[o], outcomes[o]) for o in words if o in outcomes],
        "status": status_titles(),
    }
    if not part["ada"]:
        return part
    villages = by_village(context)
    moved = villages.sort(pl.col("BARU") + pl.col("SELESAI"), "kode_desa", descending=[True, False], nulls_last=True)
    return part | {
        "sejak": since(context),
        "jumlah": counted(context).to_dicts()[0],
        "tingkat": by_severity(context).to_dicts(),
        "kode": by_code(context).to_dicts(),
        "desa": moved.head(limit).to_dicts(),
        "desa_semua": villages.height,
    }


def trend_sheets(book: Book, context: Context) -> None:
    """Two sheets: the trend per rule and severity, and per village."""
    words = status_titles()
    numbers = [
        *(Column(s, words[s], 13, "count") for s in _STATUS),
        Column("selisih", _("Open now less before"), 14, "count"),
    ]
    places = [
        Column("kode_desa", _("Region code"), 13, "id"),
        Column("kecamatan", _("District"), 24),
        Column("desa", _("Village"), 24),
    ]
    rules = [
        Column("nama_tingkat", _("Severity"), 11),
        Column("kode", _("Code"), 14),
        Column("judul", _("Meaning"), 62, "wrap"),
    ]
    for title, head, frame in (
        (_("Trend by code"), rules, by_code(context)),
        (_("Trend by village"), places, by_village(context)),
    ):
        sheet = book.sheet(title)
        columns = [*head, *numbers]
        sheet.widths(columns)
        sheet.heading(title, since(context))
        sheet.table(columns, frame, freeze=3, style=SEVERITY_STYLE)
        for index, column in enumerate(columns):
            total = frame[column.key].sum() if column.kind == "count" and frame.height else None
            sheet.cell(index, _("Total") if index == 0 else total, column.kind if index else "text", bold=True, top=2)
        sheet.print_setup()


def decided_sheet(book: Book, context: Context, limit: int = MAX_ROWS) -> None:
    """Findings that the villages have decided on, false alarms among them: nothing is lost silently."""
    decided = context.tables.diputuskan.with_columns(kelompok=group_expr(), urut=severity_rank())
    words = box_titles()
    frame = context.with_places(
        decided.sort("kode_wilayah", "urut", "kode", "temuan_id", nulls_last=True)
        .head(limit)
        .with_columns(
            nama_putusan=pl.col("putusan").cast(pl.String).replace(words),
            nama_kelompok=pl.col("kelompok").replace({key: _(text) for key, text in GROUPS.items()}),
            tingkat=pl.col("tingkat").cast(pl.String).replace({s: severity_label(s) for s in SEVERITY}),
        )
    )
    sheet = book.sheet(_("Decided"))
    columns = [
        Column("tingkat", _("Severity"), 10),
        Column("kode", _("Code"), 14),
        Column("nama_kelompok", _("Group"), 18),
        Column("ringkas", _("What is wrong"), 60, "wrap"),
        Column("kecamatan", _("District"), 18),
        Column("desa", _("Village"), 18),
        Column("nama_putusan", _("Decision"), 14),
        Column("oleh", _("By"), 22),
        Column("tanggal", _("On"), 12, "date"),
        Column("catatan", _("Remark"), 40, "wrap"),
    ]
    alarms = decided.filter(pl.col("putusan") == "ALARM").height
    sheet.widths(columns)
    sheet.heading(
        _("Findings already decided on"),
        _("{alarms} false alarms are not counted among the findings as long as their evidence stays the same; {others} "
          "others stay findings until the data is mended, and are not asked again.").format(
            alarms=number(alarms), others=number(decided.height - alarms)),
        left_out(frame.height, decided.height, "data/diputuskan.parquet"),
    )  # fmt: skip
    sheet.table(columns, frame, freeze=2, style=SEVERITY_STYLE)
    sheet.print_setup()
