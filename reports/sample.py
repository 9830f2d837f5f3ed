"""The sheet of a random sample of findings: what to check, where, and a box for the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from reports.sheets import Book, Column
from rules.i18n import _
from rules.tables import Tables

SHEET: Final = "SAMPEL"
CODE: Final = "KODE SAMPEL"  # the column by which answers find their finding again, the same in every language
ANSWER: Final = "BENAR?"
REMARK: Final = "CATATAN"
ANSWERS: Final = ("YA", "TIDAK", "RAGU")  # true, false, could not be told


def write_sample(drawn: pl.DataFrame, tables: Tables, path: Path) -> Path:
    """Write the `drawn` findings (rules.sampling.draw) as a working sheet; ids are not in it."""
    first = tables.records.select(
        "baris_id", "nama", "alamat", "rt", "rw", baris_pertama=pl.format("{}: {}", "berkas", "nomor_baris")
    )
    shown = (
        drawn.with_row_index("nomor", offset=1)
        .with_columns(baris_id=pl.col("baris").list.first())
        .join(first, on="baris_id", how="left", maintain_order="left")
        .with_columns(
            tempat=pl.concat_str("rt", "rw", separator="/", ignore_nulls=True), jawab=pl.lit(""), catat=pl.lit("")
        )
    )
    columns = [
        Column("nomor", _("No."), 6, "count"),
        Column("kode", _("Rule"), 10),
        Column("kode_wilayah", _("Village code"), 13),
        Column("nama", _("Name"), 26),
        Column("alamat", _("Address"), 30),
        Column("tempat", "RT/RW", 10),
        Column("ringkas", _("Finding"), 70, "wrap"),
        Column("baris_pertama", _("Row"), 26),
        Column("jawab", ANSWER, 12),
        Column("catat", REMARK, 30),
        Column("temuan_id", CODE, 36),
    ]
    with Book(path, title="padan sample") as book:
        sheet = book.sheet(SHEET)
        sheet.widths(columns)
        sheet.heading(
            _("Random sample of findings for a check in the field"),
            _("Fill {answer} with YA (the finding is true), TIDAK (it is not) or RAGU (could not be told).").format(
                answer=ANSWER
            ),
            _("Do not change the column {code}; then: padan sample RUN --hasil THIS FILE").format(code=CODE),
        )
        sheet.blank()
        sheet.table(columns, shown, freeze=1)
        top = sheet.head_row or 0
        box = {"validate": "list", "source": list(ANSWERS), "ignore_blank": True}
        sheet.sheet.data_validation(top + 1, 8, top + max(shown.height, 1), 8, box)
        sheet.print_setup(footer="padan sample")
    return path
