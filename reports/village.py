"""desa/<kode>.xlsx: the village's own list, to print on A4, fill in at the musdes, sign and send back.

Paper leaves the office: ids show two digits, birth dates the year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

from reports import lists
from reports.context import Context
from reports.labels import day, number, short_id, source_label
from reports.sheets import Book, Column, Sheet, severity_style
from rules.i18n import _

_MAX_FAMILIES: Final = 3_000  # per village: more is no list to walk with; the parquet holds all
_MAX_PAIRS: Final = 500
_BATCH: Final = 20_000  # findings whose texts are built at a time
_BOX: Final = "☐"
OUTCOMES: Final = ("perbarui", "usulkan", "hapus", "alarm")


def write_villages(context: Context, folder: Path, progress: Callable[[float], None] | None = None) -> list[Path]:
    """Write one workbook per village that has a stale family, a double recipient or a doubtful pair."""
    found = context.keyed.filter(pl.col("kelompok").is_in(["usang", "ganda", "bayar"]))
    families = lists.family_table(context, found).with_columns(_desa("kode_wilayah").alias("kode_desa"))
    pairs = _pairs_by_village(context)
    sizes = (
        pl.concat(
            [
                families.select("kode_desa", n=pl.col("temuan").list.len().cast(pl.Int64)),
                pairs.select("kode_desa", n=pl.lit(1, dtype=pl.Int64)),
            ]
        )
        .drop_nulls("kode_desa")
        .group_by("kode_desa")
        .agg(pl.col("n").sum())
        .sort("kode_desa")
    )
    written: list[Path] = []
    for batch in _batches(sizes):
        some = families.filter(pl.col("kode_desa").is_in(batch))
        texts = _family_rows(context, some, found)
        doubts = _pair_rows(context, pairs.filter(pl.col("kode_desa").is_in(batch)))
        empty_texts, empty_doubts = texts.clear(), doubts.clear()
        by_village = texts.partition_by("kode_desa", as_dict=True)
        doubts_by_village = doubts.partition_by("kode_desa", as_dict=True)
        for code in batch:
            path = folder / f"{code}.xlsx"
            totals = some.filter(pl.col("kode_desa") == code).height
            _write_village(
                context,
                path,
                code,
                by_village.get((code,), empty_texts),
                totals,
                doubts_by_village.get((code,), empty_doubts),
            )
            written.append(path)
        if progress:
            progress(len(written) / sizes.height)
    return written


def _desa(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.len_chars() >= 10).then(pl.col(column).str.slice(0, 10))


def _batches(sizes: pl.DataFrame) -> Iterator[list[str]]:
    """Villages in order of their code, in batches of about `_BATCH` findings."""
    groups = sizes.with_columns(batch=pl.col("n").cum_sum() // _BATCH)
    for part in groups.partition_by("batch", maintain_order=True):
        yield part["kode_desa"].to_list()


def _pairs_by_village(context: Context) -> pl.DataFrame:
    """Doubtful pairs once per village of either row, the most probable ones of each village."""
    pairs = lists.distinct_pairs(context)
    both = pl.concat_list(_desa("w1"), _desa("w2")).list.drop_nulls().list.unique(maintain_order=True)
    return (
        pairs.with_columns(kode_desa=both)
        .explode("kode_desa")
        .filter(pl.col("kode_desa").is_not_null())
        .with_columns(n_desa=pl.len().over("kode_desa"), ke=pl.int_range(pl.len()).over("kode_desa"))
        .filter(pl.col("ke") < _MAX_PAIRS)
        .drop("ke")
    )


def _family_rows(context: Context, families: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    shown = families.filter(pl.int_range(pl.len()).over("kode_desa") < _MAX_FAMILIES)
    rows = lists.with_family_texts(context, shown, found, masked=True)
    place = pl.concat_str(
        pl.concat_str(pl.lit("RT "), pl.col("rt")).fill_null(""),
        pl.concat_str(pl.lit(" RW "), pl.col("rw")).fill_null(""),
    ).str.strip_chars()
    names = {s: source_label(s) for s in context.sources}
    return rows.with_columns(
        keluarga=pl.concat_list(
            pl.col("nama_kepala"), place, "alamat",
            pl.concat_str(pl.col("sumber").replace(names), pl.lit(" "), short_id(pl.col("id_sumber"))),
            pl.concat_str(pl.lit(_("data of") + " "), pl.col("tanggal_data").dt.strftime("%d-%m-%Y")),
        ).list.drop_nulls().list.eval(pl.element().filter(pl.element() != "")).list.join("\n"),
        tanda=pl.concat_str(lists.severity_words(), pl.lit("\n"), "kode"),
        nomor=pl.int_range(1, pl.len() + 1).over("kode_desa"),
        **{name: pl.lit(_BOX) for name in OUTCOMES},
        catatan=pl.lit(None, dtype=pl.String),
    )  # fmt: skip


def _pair_rows(context: Context, pairs: pl.DataFrame) -> pl.DataFrame:
    rows = lists.side_by_side_rows(context, pairs)
    labels = {"1": "orang_1", "2": "orang_2"}

    def person(side: str) -> pl.Expr:
        return pl.concat_list(
            pl.col(f"nama_{side}"),
            pl.concat_str(pl.lit(_("born") + " "), pl.col(f"tanggal_lahir_{side}").dt.strftime("%Y"), pl.lit(" · "),
                          pl.col(f"jenis_kelamin_{side}").fill_null("?")),
            pl.concat_str(pl.lit("NIK "), short_id(pl.col(f"nik_asli_{side}"))),
            pl.concat_str(pl.lit("KK "), short_id(pl.col(f"no_kk_asli_{side}"))),
            pl.concat_str(pl.col(f"desa_{side}"), pl.lit(" RT "), pl.col(f"rt_{side}").fill_null("-"), pl.lit(" RW "),
                          pl.col(f"rw_{side}").fill_null("-")),
            pl.col(f"sumber_{side}"),
        ).list.drop_nulls().list.join("\n")  # fmt: skip

    return rows.with_columns(
        *(person(side).alias(name) for side, name in labels.items()),
        nomor=pl.int_range(1, pl.len() + 1).over("kode_desa"),
        **{name: pl.lit(_BOX) for name in ("satu", "lain")},
        catatan=pl.lit(None, dtype=pl.String),
    )


def _write_village(
    context: Context, path: Path, code: str, families: pl.DataFrame, total: int, pairs: pl.DataFrame
) -> None:
    kind = _("Kelurahan") if code[6:7] == "1" else _("Desa")
    place = _("{kind} {village}, district {district}, {regency}").format(
        kind=kind, village=context.region(code), district=context.region(code[:6]), regency=context.region(code[:4])
    )
    with Book(path, created=context.as_of, title=place) as book:
        _family_sheet(book, context, place, code, families, total)
        if pairs.height:
            _pair_sheet(book, place, pairs)
        _guide(book, context, families)


def _family_sheet(book: Book, context: Context, place: str, code: str, families: pl.DataFrame, total: int) -> None:
    sheet = book.sheet(_("Families"))
    box = {"align": "center", "valign": "vcenter", "font_size": 16, "indent": 0}
    small = {"font_size": 8, "align": "center", "indent": 0}
    columns = [
        Column("nomor", _("No."), 4, "count"),
        Column("tanda", _("Severity and code"), 11, "wrap"),
        Column("keluarga", _("Family (head, address)"), 24, "wrap"),
        Column("siapa", _("Who"), 24, "wrap"),
        Column("isi", _("What contradicts what (source, date)"), 52, "wrap"),
        Column("tindakan", _("What to do"), 24, "wrap"),
        Column("perbarui", _("Update"), 8, "text", box, small),
        Column("usulkan", _("Propose"), 8, "text", box, small),
        Column("hapus", _("Remove"), 7, "text", box, small),
        Column("alarm", _("Wrong alarm"), 7, "text", box, small),
        Column("catatan", _("Remark"), 12, "wrap"),
    ]
    sheet.widths(columns)
    rest = (
        ""
        if families.height >= total
        else " " + _("{n} more are in data/findings.parquet.").format(n=number(total - families.height))
    )
    sheet.heading(
        _("Families to check: {place}").format(place=place),
        _("{n} families, worst first. Reference date {date}. Village code {code}.").format(
            n=number(total), date=day(context.as_of) or "–", code=code
        )
        + rest,
        _("Tick one box per family at the musdes. NIK and KK show their last two digits; write no full numbers here."),
    )
    sheet.blank()
    sheet.table(columns, families, freeze=3, style=_grid, max_lines=34, line_height=11.6)
    if families.height:
        _signatures(sheet, columns, _("Head of the kelurahan") if code[6:7] == "1" else _("Head of the village"))
    sheet.print_setup(footer=place)


def _grid(values: dict[str, Any]) -> dict[str, object]:
    """Boxed cells for paper, in a smaller letter."""
    return {"border": 1, "border_color": "#9AA5B1", "font_size": 9, **severity_style(values)}


def _signatures(sheet: Sheet, columns: list[Column], head: str) -> None:
    """Place for date and three signatures below the list."""
    sheet.row += 1
    for line in (0, 1, 5):
        texts = {
            0: [_("Verified on: ....................................."), "", ""],
            1: [_("Verifying officer,"), _("Social assistant (TKSK / PKH),"), f"{head},"],
            5: ["( ................................ )"] * 3,
        }[line]
        for index, text in zip((1, 4, 5), texts, strict=True):
            if text:
                sheet.sheet.write_string(sheet.row + line, index, text, sheet.book.format(font_size=10))
    sheet.row += 7
    sheet.sheet.print_area(0, 0, sheet.row, len(columns) - 1)


def _pair_sheet(book: Book, place: str, pairs: pl.DataFrame) -> None:
    sheet = book.sheet(_("Doubtful pairs"))
    box = {"align": "center", "valign": "vcenter", "font_size": 16, "indent": 0}
    small = {"font_size": 8, "align": "center", "indent": 0}
    columns = [
        Column("nomor", _("No."), 5, "count"),
        Column("orang_1", _("Person 1"), 34, "wrap"),
        Column("orang_2", _("Person 2"), 34, "wrap"),
        Column("sama", _("Equal"), 28, "wrap"),
        Column("beda", _("Different"), 28, "wrap"),
        Column("peluang", _("Probability"), 10, "prob"),
        Column("satu", _("One and the same"), 9, "text", box, small),
        Column("lain", _("Two people"), 9, "text", box, small),
        Column("catatan", _("Remark"), 30, "wrap"),
    ]
    sheet.widths(columns)
    total = int(pairs["n_desa"][0])
    sheet.heading(
        _("Doubtful pairs: {place}").format(place=place),
        _("Are these one person or two? Showing {shown} of {total}, most probable first. Complete: {table}").format(
            shown=number(pairs.height), total=number(total), table="data/links.parquet"
        ),
    )
    sheet.blank()
    sheet.table(columns, pairs, freeze=1, style=_grid, max_lines=34, line_height=11.6)
    sheet.print_setup(footer=place)


def _guide(book: Book, context: Context, families: pl.DataFrame) -> None:
    sheet = book.sheet(_("Guide"))
    columns = [
        Column("kode", _("Code"), 14),
        Column("judul", _("Meaning"), 60, "wrap"),
        Column("tindakan", _("What to do"), 80, "wrap"),
    ]
    sheet.widths(columns)
    sheet.heading(_("How to use this list"))
    sheet.lines(
        [
            _("1. Visit or ask: does the family still live as the record says? Compare with the newest KK."),
            _("2. Tick one box. Update: the record is out of date. Propose: bring the new family to the musdes."),
            _("    Remove: dead, moved away or listed twice. Wrong alarm: the record is right as it is."),
            _("3. A new KK alone gives no right to assistance; the musdes decides and the minutes are attached."),
            _("4. Sign the list and send it back to the Dinas Sosial. State on each wrong alarm why it is one."),
        ]
    )
    sheet.blank()
    codes = sorted({c for text in families["kode"].to_list() for c in text.split(", ")})
    rows = [
        {"kode": c, "judul": context.title(c), "tindakan": context.rules[c].tindakan if c in context.rules else ""}
        for c in codes
    ]
    sheet.table(columns, pl.DataFrame(rows, schema={c.key: pl.String for c in columns}), freeze=-1, filters=False)
    sheet.print_setup()
