"""laporan.html: one file that opens offline on an old PC. Ids show two digits, birth dates the year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import jinja2
import polars as pl
from markupsafe import Markup

from reports import figures, lists, progress
from reports.charts import SEVERITY_COLOURS, all_charts
from reports.context import GROUPS, Context
from reports.labels import (
    day,
    masked_text,
    number,
    percent,
    program_label,
    rupiah,
    rupiah_short,
    severity_label,
    source_label,
)  # fmt: skip
from reports.overview import all_notes, first_steps
from reports.private import write_private
from rules.i18n import _, language
from rules.vocab import SEVERITY

_MAX_FAMILIES: Final = 4_000  # about 2 MB of the page; an old PC still opens it at once
_MAX_VILLAGES: Final = 6_000
_MAX_PER_VILLAGE: Final = 25
_MAX_ROWS: Final = 40  # of the tables on the page itself
_TEXT_LIMIT: Final = 1_200


def write_page(context: Context, path: Path) -> Path:
    """Render the page and write it with mode 0600 (it names people, though their ids are masked)."""
    return write_private(path, render_page(context))


def render_page(context: Context) -> str:
    """The page as text; equal tables give an equal page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.globals.update(_=_, number=number, rupiah=rupiah, rupiah_short=rupiah_short, percent=percent, day=day)
    head = figures.headline(context)
    data = drill_down(context)
    return environment.get_template("laporan.html.j2").render(
        language=language(),
        place=context.place_title(),
        as_of=context.as_of,
        sources=[source_label(s) for s in context.sources],
        head=head,
        notes=all_notes(context),
        steps=first_steps(context),
        charts=[(title, note, Markup(svg)) for title, note, svg in all_charts(context)],
        codes=_codes(context),
        groups={key: _(text) for key, text in GROUPS.items()},
        colours=dict(zip(SEVERITY, SEVERITY_COLOURS, strict=True)),
        overlaps=[_overlap_table(_("Persons"), figures.person_overlap(context)),
                  _overlap_table(_("Families (by a member)"), figures.family_overlap(context))],
        double=_double(context),
        trend=progress.page_part(context, _MAX_ROWS),
        control=figures.control_totals(context).with_columns(
            nama=pl.col("sumber").replace({s: source_label(s) for s in context.sources})
        ).to_dicts(),
        shown_families=sum(len(v["r"]) for v in data["desa"].values()),
        all_families=data["jumlah"],
        per_village=data["batas"],
        data=Markup(_json(data)),
    )  # fmt: skip


def _json(data: dict[str, Any]) -> str:
    """JSON that cannot end its script element or start a comment, whatever a name contains."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028")


def _codes(context: Context) -> list[dict[str, Any]]:
    rows = figures.by_code(context).to_dicts()
    return [
        {**row, "judul": context.title(row["kode"]), "nama_tingkat": severity_label(row["tingkat"])} for row in rows
    ]


def _overlap_table(title: str, found: figures.Overlap) -> dict[str, Any]:
    return {"title": title, "names": [source_label(s) for s in found.sources], "matrix": found.matrix}


def _double(context: Context) -> dict[str, Any]:
    """Double recipients per programme and district, most rupiah first."""
    frame = (
        figures.double_paid_by_place(context)
        .group_by("program", pl.col("kode_wilayah").str.slice(0, 6), "kecamatan")
        .agg(pl.col("temuan", "yakin", "pasti", "mungkin").sum())
        .sort("mungkin", "temuan", "program", "kode_wilayah", descending=[True, True, False, False], nulls_last=True)
    )
    names = {p: program_label(p) for p in frame["program"].drop_nulls().unique().to_list()}
    return {
        "total": frame.height,
        "rows": frame.with_columns(pl.col("program").replace(names)).head(_MAX_ROWS).to_dicts(),
    }


def drill_down(context: Context) -> dict[str, Any]:
    """What the script of the page walks through: regions of four levels, and the worst families of each village.

    Keys: `reg` (register names), `wilayah` (rows of code, name, persons, stale, duplicates, double, identity,
    critical, certain and possible rupiah, persons per register), `desa` (code -> `n` families in all, `r` those
    shown), `aturan` (code -> title), `tindakan` (texts the families use), `tingkat`, `warna`, `kata` (words).
    """
    tree = _tree(context)
    families, total, limit = _families(context)
    actions: dict[str, int] = {}
    villages: dict[str, dict[str, Any]] = {}
    for row in families.iter_rows(named=True):
        listed = villages.setdefault(row["kode_desa"], {"n": row["n_desa"], "r": []})
        place = " ".join(
            part for part in (f"RT {row['rt']}" if row["rt"] else "", f"RW {row['rw']}" if row["rw"] else "") if part
        )
        steps = [actions.setdefault(text, len(actions)) for text in (row["tindakan"] or "").split("\n") if text]
        listed["r"].append([
            row["nama_kepala"] or "", place, row["urut"], row["kode"].split(", "), row["siapa"] or "",
            _cut(row["isi"]), steps, round(row["peluang"], 3), row["mungkin"],
        ])  # fmt: skip
    return {
        "reg": [source_label(s) for s in context.registers],
        "wilayah": tree,
        "desa": villages,
        "jumlah": total,
        "batas": limit,
        "aturan": {code: context.title(code) for code in sorted(set(context.findings["kode"].unique().to_list()))},
        "tindakan": list(actions),
        "tingkat": [severity_label(s) for s in SEVERITY],
        "warna": list(SEVERITY_COLOURS),
        "kata": words(),
    }


def _cut(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= _TEXT_LIMIT else text[:_TEXT_LIMIT] + " ..."


def words() -> dict[str, str]:
    """The strings that the script of the page shows."""
    return {
        "negara": "Indonesia",
        "wilayah": _("Region"),
        "orang": _("Persons"),
        "usang": _("Stale families"),
        "ganda": _("Duplicate people"),
        "bayar": _("Double recipients"),
        "identitas": _("Identity problems"),
        "kritis": _("Critical"),
        "pasti": _("Rupiah, certain"),
        "mungkin": _("Rupiah, possible"),
        "siapa": _("Who"),
        "masalah": _("What is wrong"),
        "tindakan": _("What to do"),
        "peluang": _("probability"),
        "semua": _("Showing {shown} of {total} families, worst first. The complete list: desa/{code}.xlsx"),
        "lengkap": _("{total} families, worst first. To print and fill in: desa/{code}.xlsx"),
        "kosong": _("No family to check in this village."),
        "dipotong": _("The villages of this district are not on this page (too many); see laporan.xlsx."),
    }


def _tree(context: Context) -> list[list[Any]]:
    tree = figures.region_tree(context)
    villages = tree.filter(pl.col("digit") == 10)
    if villages.height > _MAX_VILLAGES:
        keep = villages.sort("kritis", "usang", "kode", descending=[True, True, False]).head(_MAX_VILLAGES)
        tree = pl.concat([tree.filter(pl.col("digit") < 10), keep]).sort("kode")
    counts: dict[str, dict[str, int]] = {}
    for digits in (2, 4, 6, 10):
        who, kinds = context.coded_who(digits)
        of_kind = (who.drop_nulls().unique() % max(len(kinds), 1)).value_counts()
        for kind, n in of_kind.iter_rows():
            source, code = kinds[kind]
            counts.setdefault(code, {})[source] = n
    columns = ("orang", "usang", "ganda", "bayar", "identitas", "kritis", "pasti", "mungkin")
    return [
        [row["kode"], context.region(row["kode"]), *(row[c] for c in columns),
         *(counts.get(row["kode"], {}).get(s, 0) for s in context.registers)]
        for row in tree.iter_rows(named=True)
    ]  # fmt: skip


def _families(context: Context) -> tuple[pl.DataFrame, int, int]:
    """The worst families of each village with masked texts; how many there are in all; how many a village may show."""
    found = lists.listed(context)
    table = lists.listed_families(context).filter(pl.col("kode_wilayah").str.len_chars() >= 10)
    table = table.with_columns(kode_desa=pl.col("kode_wilayah").str.slice(0, 10)).with_columns(
        n_desa=pl.len().over("kode_desa"), ke=pl.int_range(pl.len()).over("kode_desa")
    )
    villages = table["kode_desa"].n_unique()
    limit = max(2, min(_MAX_PER_VILLAGE, _MAX_FAMILIES // max(villages, 1)))
    shown = table.filter(pl.col("ke") < limit)
    if shown.height > _MAX_FAMILIES:
        shown = shown.sort("urut", "n_aturan", "kunci", descending=[False, True, False]).head(_MAX_FAMILIES)
    rows = lists.with_family_texts(context, shown, found, masked=True).with_columns(masked_text(pl.col("tindakan")))
    return rows.sort("kode_desa", "ke"), table.height, limit
