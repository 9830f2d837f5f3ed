"""The sheets of laporan.xlsx that count: summary, control totals, codes, overlaps, registers side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from reports import figures
from reports.context import GROUPS, Context
from reports.labels import day, number, percent, reason_label, rupiah, severity_label, source_label
from reports.sheets import MAX_ROWS, SEVERITY_STYLE, Book, Column, Style, left_out
from rules.i18n import _
from rules.vocab import SEVERITY


def summary(book: Book, context: Context) -> None:
    """Key figures, what to know before using them, and the quality figures of the model."""
    sheet = book.sheet(_("Summary"))
    sheet.widths([Column("", "", 78), Column("", "", 20), Column("", "", 60)])
    head = figures.headline(context)
    sheet.heading(
        _("Reconciliation report: {place}").format(place=context.place_title()),
        _("Reference date {date}. Registers: {sources}.").format(
            date=day(context.as_of) or "–", sources=", ".join(context.source_names.values())
        ),
        _("Holds full NIK and KK numbers: keep it in the office (UU 27/2022); pass on html and village lists."),
    )
    sheet.blank()
    section = book.format(bold=True, font_size=12, font_color="#1F3A5F", bottom=2, bottom_color="#1F3A5F")
    sheet.sheet.write_string(sheet.row, 0, _("Key figures"), section)
    sheet.row += 1
    facts: list[tuple[str, int | str, str]] = [
        (_("Rows read"), head.rows_read, _("used {used} + rejected {rejected}; see the sheet on control totals").format(
            used=number(head.rows_used), rejected=number(head.rows_rejected))),
        (_("Persons after matching"), head.persons, _("one person may stand in several registers")),
        (_("Families (KK) after matching"), head.families, ""),
        (_("Certain links between rows"), head.links, ""),
        (_("Doubtful pairs to review"), head.review, _("record pairs between the two thresholds")),
        (_("Findings"), head.findings, _("of these critical: {n}").format(n=number(head.critical))),
        (_("Stale families"), head.stale, _("{share} of the family records").format(
            share=percent(head.stale, head.family_records))),
        (_("Duplicate people"), head.duplicates, ""),
        (_("Double recipients"), head.double, ""),
        (_("Identity problems"), head.identity, ""),
        (_("Rupiah at risk, certain"), rupiah(head.certain_money),
         _("probability 0.99 or more; every payment row counted once")),
        (_("Rupiah at risk, possible (includes certain)"), rupiah(head.possible_money), ""),
    ]  # fmt: skip
    for name, value, remark in facts:
        sheet.cell(0, name, "text")
        if isinstance(value, int):
            sheet.cell(1, value, "count", bold=True)
        else:
            sheet.cell(1, value, "text", bold=True, align="right", indent=0)
        sheet.cell(2, remark, "text", font_color="#55606E")
        sheet.row += 1
    sheet.blank()
    sheet.sheet.write_string(sheet.row, 0, _("Where to begin"), section)
    sheet.row += 1
    sheet.lines(f"{i}. {step}" for i, step in enumerate(first_steps(context), start=1))
    sheet.blank()
    sheet.sheet.write_string(sheet.row, 0, _("To know before using the figures"), section)
    sheet.row += 1
    sheet.lines(f"• {note}" for note in all_notes(context))
    sheet.blank()
    sheet.sheet.write_string(sheet.row, 0, _("Model quality"), section)
    sheet.row += 1
    for name, value in quality_lines(context):
        sheet.cell(0, name, "text")
        sheet.cell(1, value, "text", align="right", indent=0)
        sheet.row += 1
    sheet.print_setup(landscape=True)


def first_steps(context: Context) -> list[str]:
    """What to do with this report, in the order that saves most: money first, then people on the ground, then data."""
    head = figures.headline(context)
    returned = (context.tables.info.get("pengaturan") or {}).get("kembali", True)
    deaths = context.tables.findings.filter(pl.col("kode") == "ST51").height
    steps = [
        (head.double, _("Hold back what is paid twice: {n} findings, {amount} certain (sheet {sheet}). First check "
                        "both cards; a finding alone stops no payment.").format(
            n=number(head.double), amount=rupiah(head.double_money), sheet=_("Double recipients"))),
        (deaths, _("Ask for the death certificates of {n} people who are dead in one register and active in another "
                   "(sheet {sheet}, code ST51).").format(n=number(deaths), sheet=_("Stale families"))),
        (head.stale, _("Give every village its list from the folder desa/ for the village meeting: {n} families in "
                       "all, the worst on top.").format(n=number(head.stale))),
        (head.review, _("Decide the doubtful pairs, the most likely first (sheet {sheet}): {n} pairs.").format(
            n=number(head.review), sheet=_("Pairs to review"))),
        (head.identity if returned else 0,
         _("Send the files in the folder kembali/ back to their owners: problem and suggestion stand in every row.")),
        (head.rows_rejected, _("Mend the {n} rows that could not be used (sheet {sheet}).").format(
            n=number(head.rows_rejected), sheet=_("Rejected rows"))),
    ]  # fmt: skip
    return [text for count, text in steps if count] or [_("Nothing was found that needs work.")]


def quality_lines(context: Context) -> list[tuple[str, str]]:
    """The quality figures that the matching gives (`info["penautan"]`), in words; empty where it gives none."""
    linked = context.tables.info.get("penautan") or {}
    blocking = linked.get("penyaringan") or {}
    lines: list[tuple[str, str]] = []
    if "pasangan" in blocking:
        lines.append((_("Record pairs compared"), number(int(blocking["pasangan"]))))
    if blocking.get("perkiraan_padan_terlewat") is not None:
        lines.append(
            (_("Matches missed by all passes, estimated"), number(round(blocking["perkiraan_padan_terlewat"])))
        )
    lines += error_lines(linked.get("perkiraan_galat") or {})
    left_out = sum(int(one.get("pasangan_dilewati") or 0) for one in blocking.get("lintasan") or [])
    if left_out:
        lines.append((_("Pairs left out of oversized blocks"), number(left_out)))
    for reason, count in (linked.get("dipindah_ke_tinjau") or {}).items():
        lines.append((_("Moved to review: {reason}").format(reason=reason_label(reason)), number(int(count))))
    return lines + flatten(context.tables.info.get("mutu") or {})


def error_lines(stated: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the linkage is expected to have got wrong, as ranges; empty where it states nothing."""

    def between(key: str) -> str:
        low, high = math.floor(stated[key]["bawah"]), math.ceil(stated[key]["atas"])
        return _("{low} to {high}").format(low=number(low), high=number(high))

    titles = {
        "penggabungan_salah": _("Wrong merges of people, expected range"),
        "pasangan_salah_gabung": _("Record pairs merged wrongly, expected range"),
        "pasangan_terlewat": _("Record pairs of one person left apart, expected range"),
    }
    return [(title, between(key)) for key, title in titles.items() if key in stated]


def all_notes(context: Context) -> list[str]:
    """Notes of the run (rules that could not run, coverage) and those the figures themselves need."""
    return [*context.notes, *figures.coverage_notes(context), _(figures.UNIT_NOTE)]


def flatten(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested plain JSON values as (dotted name, text) lines."""
    lines: list[tuple[str, str]] = []
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, Mapping):
            lines.extend(flatten(inner, f"{name}."))
        elif isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            for index, item in enumerate(inner, start=1):
                lines.extend(flatten(item, f"{name}[{index}]."))
        else:
            text = (
                ", ".join(map(str, inner))
                if isinstance(inner, list)
                else f"{inner:.4f}"
                if isinstance(inner, float)
                else str(inner)
            )
            lines.append((name, text))
    return lines


def control(book: Book, context: Context) -> None:
    """Rows read, used and rejected per file and sheet."""
    sheet = book.sheet(_("Control totals"))
    columns = [
        Column("nama_sumber", _("Register"), 16),
        Column("jenis", _("Layout"), 18),
        Column("berkas", _("File"), 38),
        Column("lembar", _("Sheet"), 22),
        Column("tanggal_data", _("Data date"), 12, "date"),
        Column("baris_dibaca", _("Rows read"), 13, "count"),
        Column("baris_dipakai", _("Used"), 13, "count"),
        Column("baris_ditolak", _("Rejected"), 13, "count"),
        Column("selisih", _("Difference"), 12, "count"),
        Column("sha256", "SHA-256", 66, "id"),
    ]
    frame = figures.control_totals(context)
    total = frame.select(pl.col("baris_dibaca", "baris_dipakai", "baris_ditolak", "selisih").sum()).row(0, named=True)
    frame = frame.with_columns(nama_sumber=pl.col("sumber").replace({s: source_label(s) for s in context.sources}))
    sheet.widths(columns)
    sheet.heading(
        _("Control totals"),
        _("Rows read = rows used + rows rejected, per file and sheet. Difference in all: {n}.").format(
            n=total["selisih"]
        ),
    )
    sheet.table(columns, frame, freeze=3, style=Style("selisih", lambda n: {"bg_color": "#F8D7D4"} if n else {}))
    sheet.cell(0, _("Total"), "text", bold=True, top=2)
    for index, column in enumerate(columns[1:], start=1):
        sheet.cell(index, total.get(column.key), column.kind, bold=True, top=2)
    sheet.print_setup()


def codes(book: Book, context: Context) -> None:
    """Number, persons, families and rupiah of every finding code."""
    sheet = book.sheet(_("Findings by code"))
    columns = [
        Column("nama_kelompok", _("Group"), 20),
        Column("kode", _("Code"), 14),
        Column("judul", _("Meaning"), 60, "wrap"),
        Column("nama_tingkat", _("Severity"), 10),
        Column("temuan", _("Findings"), 11, "count"),
        Column("yakin", _("of these certain"), 12, "count"),
        Column("orang", _("Persons"), 11, "count"),
        Column("keluarga", _("Families"), 11, "count"),
        Column("pasti", _("Rupiah, certain"), 18, "rupiah"),
        Column("mungkin", _("Rupiah, possible"), 18, "rupiah"),
    ]
    frame = figures.by_code(context)
    frame = frame.with_columns(
        judul=pl.col("kode").replace({c: context.title(c) for c in frame["kode"].to_list()}),
        nama_kelompok=pl.col("kelompok").replace({key: _(text) for key, text in GROUPS.items()}),
        nama_tingkat=pl.col("tingkat").replace({s: severity_label(s) for s in SEVERITY}),
    )
    sheet.widths(columns)
    sheet.heading(
        _("Findings by code"),
        _("Worst severity first. Rupiah count every payment row once, under its most certain finding."),
    )
    sheet.table(columns, frame, freeze=2, style=SEVERITY_STYLE)
    sheet.print_setup()


def overlaps(book: Book, context: Context) -> None:
    """Matrix of overlaps and exact combinations, for persons and for families."""
    sheet = book.sheet(_("Overlap of registers"))
    persons, families = figures.person_overlap(context), figures.family_overlap(context)
    wide = max(len(persons.sources), len(families.sources))
    sheet.widths([Column("", "", 42), *[Column("", "", 15)] * wide])
    sheet.heading(
        _("Overlap of registers"),
        _("Row by column: how many of the row's register are in the column's register too, and which share that is."),
    )
    for title, found in ((_("Persons"), persons), (_("Families (by a member)"), families)):
        names = [source_label(s) for s in found.sources]
        for share in (False, True):
            sheet.blank()
            head = _("{title}: per cent of the row's register").format(title=title) if share else title
            sheet.header([Column("", head, 42), *[Column("", n, 15, "count") for n in names]])
            for i, name in enumerate(names):
                sheet.cell(0, name, "text", bold=True)
                for j in range(len(names)):
                    own = found.matrix[i][i]
                    style = {"bg_color": "#EEF2F7"} if i == j else {}
                    if share:
                        sheet.cell(j + 1, found.matrix[i][j] / own if own else None, "percent", **style)
                    else:
                        sheet.cell(j + 1, found.matrix[i][j], "count", **style)
                sheet.row += 1
        sheet.blank()
        columns = [
            Column("gabungan", _("{title}: exactly in these lists").format(title=title), 42),
            Column("n", _("Number"), 15, "count"),
            Column("bagian", _("Share"), 15, "percent"),
        ]
        combos = [
            {"gabungan": " + ".join(source_label(s) for s in sources), "n": n, "bagian": n / found.total}
            for sources, n in found.combos
        ]
        schema = {"gabungan": pl.String, "n": pl.Int64, "bagian": pl.Float64}
        sheet.table(columns, pl.DataFrame(combos, schema=schema), freeze=-1, filters=False)
    sheet.sheet.freeze_panes(2, 1)
    sheet.print_setup()


def compare(book: Book, context: Context, digits: int, title: str) -> None:
    """The same figure in each register per kecamatan (`digits` 6) or desa (10)."""
    sheet = book.sheet(title)
    frame = figures.side_by_side(context, digits)
    registers = context.registers
    words = dict(figures.measures())
    frame = context.with_places(frame, "wilayah").with_columns(ukuran=pl.col("ukuran").replace(words))
    place = [Column("kecamatan", _("District"), 22)] + ([Column("desa", _("Village"), 24)] if digits == 10 else [])
    columns = [
        Column("wilayah", _("Region code"), 12, "id"),
        *place,
        Column("ukuran", _("Figure"), 24),
        *[Column(r, source_label(r), 12, "count") for r in registers],
        Column("selisih", _("Difference"), 12, "count"),
        Column("selisih_persen", _("Difference of the largest"), 14, "percent"),
    ]
    sheet.widths(columns)
    sheet.heading(
        title,
        _("One figure in each register; empty where the register does not state it. Difference: largest - smallest."),
        _(figures.UNIT_NOTE),
        *([] if frame.height <= MAX_ROWS else [left_out(MAX_ROWS, frame.height, "data/records.parquet")]),
    )
    first = words["orang"]
    sheet.table(
        columns,
        frame,
        freeze=len(place) + 2,
        style=Style("ukuran", lambda name: {"top": 1, "bold": True} if name == first else {}),
    )
    sheet.print_setup()
