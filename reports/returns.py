"""kembali/: each input file again in its sender's layout, with columns for problem and suggestion.

A data owner mends his own file, not ours: same sheets, same columns, same order, everything as the text that was read.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from reports.bulk import VARIANTS, Bulk
from reports.context import Context, severity_rank
from reports.labels import rejection_label, severity_label
from reports.private import private
from reports.sheets import MANY, Book, plain
from rules.i18n import _
from rules.vocab import SEVERITY

_EXCEL_ROWS: Final = 1_048_576
_EXCEL_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".ods")
_REMARKS: Final = ("masalah", "saran", "kode", "tingkat")
_SLICE: Final = 100_000  # rows turned to text at a time
_TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")


class RawTable(Protocol):
    """One sheet of an input file as it was read, every cell as text.

    `header_rows` are the lines above the data as they stand (titles, headings, column numbers); `frame` holds the
    sender's columns in the sender's order as String, plus `nomor_baris` (u32, the row as seen in Excel). Text files may
    also say `delimiter` and `encoding`.
    """

    @property
    def lembar(self) -> str | None: ...  # noqa: D102
    @property
    def header_rows(self) -> Sequence[Sequence[str | None]]: ...  # noqa: D102
    @property
    def frame(self) -> pl.DataFrame: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to each row of a sender: `columns` of the remarks under `titles`, `widths` in characters.

    `fills` colours the new cells of a row in Excel by the word in its last column.
    """

    columns: Sequence[str]
    titles: Sequence[str]
    fills: Mapping[str, str]
    widths: Sequence[int]
    created: date | None


RawSheets = Mapping[str, "Iterable[RawTable] | Callable[[], Iterable[RawTable]]"]


def row_remarks(context: Context) -> pl.DataFrame:
    """What to tell the sender about each input row: berkas, lembar, nomor_baris, masalah, saran, kode, tingkat.

    A finding about payments is told on the payment rows it counts; any other one on the rows of its subjects.
    """
    records, payments = context.tables.records, context.tables.payments
    findings = context.worklist.select(
        "temuan_id", "kode", "ringkas", "tindakan", "baris", "bayar", urut=severity_rank("tingkat")
    )
    place = ("berkas", "lembar", "nomor_baris")
    subjects = findings.drop("bayar").explode("baris").rename({"baris": "baris_id"}).drop_nulls("baris_id")
    on_records = subjects.join(records.select("baris_id", *place), on="baris_id").drop("baris_id")
    # A payee may hold many payments; a finding that names its payments speaks of those rows only.
    without = findings.filter(pl.col("bayar").list.len() == 0).select("temuan_id")
    paid_rows = payments.select("bayar_id", "baris_id", *place)
    on_payees = (
        subjects.join(without, on="temuan_id", how="semi").join(paid_rows, on="baris_id").drop("baris_id", "bayar_id")
    )
    named = findings.drop("baris").explode("bayar").rename({"bayar": "bayar_id"}).drop_nulls("bayar_id")
    on_payments = named.join(paid_rows, on="bayar_id").drop("bayar_id", "baris_id")
    paid_files = payments["berkas"].unique().to_list()
    on_records = on_records.filter(~pl.col("berkas").is_in(paid_files))
    rejected = context.tables.rejected.select(
        temuan_id=pl.lit(""),
        kode=pl.col("aturan"),
        ringkas=pl.col("aturan").replace({c: rejection_label(c) for c in context.tables.rejected["aturan"].unique()}),
        tindakan=pl.lit(_("mend the row or leave it out")),
        urut=pl.lit(1, dtype=pl.UInt8),
        berkas="berkas",
        lembar="lembar",
        nomor_baris="nomor_baris",
    )
    columns = ["temuan_id", "kode", "ringkas", "tindakan", "urut", *place]
    frames = [f.select(columns) for f in (on_records, on_payees, on_payments, rejected)]
    words = {i: severity_label(s) for i, s in enumerate(SEVERITY)}
    return (
        pl.concat(frames)
        .unique()
        .sort(*place, "urut", "kode", "temuan_id", nulls_last=True)
        .group_by(*place, maintain_order=True)
        .agg(
            masalah=pl.col("ringkas").unique(maintain_order=True).str.join(" / "),
            saran=pl.col("tindakan").unique(maintain_order=True).str.join(" / "),
            kode=pl.col("kode").unique(maintain_order=True).str.join(", "),
            urut=pl.col("urut").min(),
        )
        .with_columns(tingkat=pl.col("urut").replace_strict(words, return_dtype=pl.String))
        .drop("urut")
    )


def remark_titles() -> list[str]:
    """Headings of the columns that are added: problem, suggestion, code, severity."""
    return [_("PROBLEM"), _("SUGGESTION"), _("FINDING CODE"), _("SEVERITY")]


def write_returns(
    context: Context, sheets: RawSheets, folder: Path, progress: Callable[[float], None] | None = None
) -> list[Path]:
    """Write every input file of `sheets` (file name -> its sheets, or a function that reads them) into `folder`."""
    fills = dict(zip((severity_label(s) for s in SEVERITY), ("#F8D7D4", "#FBE5D0", "#FBF3D0", "#E9EEF3"), strict=True))
    added = Added(_REMARKS, remark_titles(), fills, (48, 48, 14, 14), context.as_of)
    return write_remarked(row_remarks(context), added, sheets, folder, progress)


def write_remarked(
    remarks: pl.DataFrame,
    added: Added,
    sheets: RawSheets,
    folder: Path,
    progress: Callable[[float], None] | None = None,
) -> list[Path]:
    """Write every input file of `sheets` into `folder` with the columns `added`, one row of `remarks` per input row.

    `remarks`: berkas, lembar, nomor_baris and the columns of `added`. Files keep their sender's layout; those that no
    longer fit a sheet, and formats of machines, go back as parquet.
    """
    found_remarks = remarks.rename({c: f"_{c}" for c in added.columns})  # the sender may use these names
    parts = found_remarks.partition_by("berkas", as_dict=True)
    empty = found_remarks.clear()
    written: list[Path] = []
    taken: set[str] = set()
    for done, name in enumerate(sorted(sheets), start=1):
        given = sheets[name]
        tables = given() if callable(given) else given
        found = parts.get((name,), empty)
        written.append(_write_file(added, folder / name.replace("/", "_"), tables, found, taken))
        if progress:
            progress(done / len(sheets))
    return written


def _free(path: Path, taken: set[str]) -> Path:
    """`path`, numbered when another file of this run has it: list.xls and list.xlsx both go back as list.xlsx."""
    free, again = path, 1
    while free.name.lower() in taken:  # Windows tells no capitals apart
        again += 1
        free = path.with_stem(f"{path.stem}_{again}")
    taken.add(free.name.lower())
    return free


def _write_file(added: Added, path: Path, tables: Iterable[RawTable], remarks: pl.DataFrame, taken: set[str]) -> Path:
    suffix = path.suffix.lower()
    listed = list(tables)
    longest = max((t.frame.height + len(t.header_rows) for t in listed), default=0)
    if suffix in _TEXT_SUFFIXES:
        return _write_text(_free(path, taken), listed, remarks, added)
    if suffix in _EXCEL_SUFFIXES and longest < _EXCEL_ROWS:
        return _write_excel(_free(path.with_suffix(".xlsx"), taken), listed, remarks, added)
    # json, xml, parquet and what no longer fits a sheet go back as parquet, one file per sheet where there are several.
    path = _free(path.with_suffix(".parquet"), taken)
    for index, table in enumerate(listed):
        target = path if index == 0 else _free(path.with_stem(f"{path.stem}_{index + 1}"), taken)
        above, frame = _remarked(table, remarks, added)
        frame.columns = _distinct(above[-1])
        frame.write_parquet(private(target), compression="zstd")
    return path


def _distinct(titles: Sequence[str]) -> list[str]:
    """Column names of a parquet file: the sender's titles, numbered where two are the same or one is empty."""
    names: list[str] = []
    for position, title in enumerate(titles, start=1):
        name = title or f"kolom_{position}"
        names.append(name if name not in names else f"{name}_{position}")
    return names


def _sender_part(table: RawTable, added: Added) -> tuple[list[list[str]], pl.DataFrame]:
    """Lines above the data and rows in file order, without the remarks of an earlier run, each line of one width."""
    frame = table.frame.with_columns(pl.col("nomor_baris").cast(pl.UInt32))
    if not frame["nomor_baris"].is_sorted():
        frame = frame.sort("nomor_baris", maintain_order=True)
    columns = [c for c in frame.columns if c != "nomor_baris"]
    above = [[str(v or "") for v in row] for row in table.header_rows] or [columns]
    above = [(row + [""] * len(columns))[: len(columns)] for row in above]
    own = [i for i, title in enumerate(above[-1]) if title not in added.titles]
    return [[row[i] for i in own] for row in above], frame.select("nomor_baris", *(columns[i] for i in own))


def _remarked(table: RawTable, remarks: pl.DataFrame, added: Added) -> tuple[list[list[str]], pl.DataFrame]:
    """The sender's lines and rows with the new columns, empty where there is nothing to say."""
    above, frame = _sender_part(table, added)
    titles = added.titles
    above = [[*row, *(titles if i == len(above) - 1 else [""] * len(titles))] for i, row in enumerate(above)]
    sheet = pl.lit(table.lembar, dtype=pl.String)
    own = remarks.filter(pl.col("lembar").eq_missing(sheet) | pl.col("lembar").is_null()).select(
        "nomor_baris", *(f"_{c}" for c in added.columns)
    )
    told = own.unique("nomor_baris", keep="first", maintain_order=True)
    # Beside the sender's columns, not joined to them: a join would copy the whole file.
    beside = frame.select("nomor_baris").join(told, on="nomor_baris", how="left", maintain_order="left")
    return above, frame.drop("nomor_baris").hstack(beside.drop("nomor_baris"))


def _write_text(path: Path, tables: Sequence[RawTable], remarks: pl.DataFrame, added: Added) -> Path:
    first = tables[0] if tables else None
    delimiter = str(getattr(first, "delimiter", None) or ("\t" if path.suffix.lower() == ".tsv" else ","))
    encoding = str(getattr(first, "encoding", None) or "utf-8")
    encoder = codecs.getincrementalencoder(encoding)(errors="replace")  # it puts a BOM at the beginning only
    with private(path).open("wb") as stream:
        for table in tables:
            above, frame = _remarked(table, remarks, added)
            head = io.StringIO(newline="")
            csv.writer(head, delimiter=delimiter, lineterminator="\r\n").writerows(above)
            stream.write(encoder.encode(head.getvalue()))
            for part in frame.iter_slices(_SLICE):  # Polars quotes as csv.writer does, ten times as fast
                cells = io.BytesIO()
                part.write_csv(cells, include_header=False, separator=delimiter, line_terminator="\r\n", null_value="")
                stream.write(cells.getbuffer() if encoding == "utf-8" else encoder.encode(cells.getvalue().decode()))
    return path


def _write_excel(path: Path, tables: Sequence[RawTable], remarks: pl.DataFrame, added: Added) -> Path:
    with Book(path, created=added.created) as book:
        head = book.format(bold=True, text_wrap=True, valign="top")
        own = book.format(bold=True, font_color="#FFFFFF", bg_color="#1F3A5F", text_wrap=True)
        text = book.format(num_format="@")
        flags = {word: book.format(bg_color=colour, text_wrap=True) for word, colour in added.fills.items()}
        for index, table in enumerate(tables):
            sheet: Any = book.book.add_worksheet((table.lembar or _("Sheet {n}").format(n=index + 1))[:31])
            above, frame = _remarked(table, remarks, added)
            sender = frame.width - len(added.columns)
            sheet.set_column(0, max(sender - 1, 0), 18)
            for offset, width in enumerate(added.widths):
                sheet.set_column(sender + offset, sender + offset, width)
            row = 0
            for line in above:
                for column, value in enumerate(line):
                    if value:
                        sheet.write_string(row, column, plain(value), own if column >= sender else head)
                row += 1
            sheet.freeze_panes(row, 0)
            top = row
            if frame.height >= MANY:
                book.later(sheet, *_later(sheet.index + 1, row, frame, sender, [text, *flags.values()], list(flags)))
                row += frame.height
            else:
                for values in frame.iter_rows():
                    flag = flags.get(values[-1])
                    for column, value in enumerate(values):
                        if value is not None and value != "":
                            shown = flag if column >= sender and flag else text
                            sheet.write_string(row, column, plain(str(value)), shown)
                    row += 1
            if row > top:
                sheet.autofilter(top - 1, 0, row - 1, frame.width - 1)
    return path


def _later(
    sheet: int, first: int, frame: pl.DataFrame, sender: int, formats: Sequence[Any], words: Sequence[str]
) -> tuple[Bulk, list[list[Any]]]:
    """The rows of a long sheet, made by the column, and the formats of its sample rows.

    `formats` of the cells that were added: without a severity, then as `words` say.
    """
    number = {word: place for place, word in enumerate(words, start=1)}
    look = frame.to_series(-1).replace_strict(number, default=0, return_dtype=pl.UInt32)
    lines = pl.Series([1], dtype=pl.Int32).new_from_index(0, frame.height)
    rows = frame.rename(dict(zip(frame.columns, map(str, range(frame.width)), strict=True)))
    looks = [[formats[0]] * sender + [shown] * (frame.width - sender) for shown in formats]
    samples = [look for look in looks for _variant in range(VARIANTS)]
    return Bulk(sheet, first, rows, look, len(looks), lines, 1, frozenset(), blanks=False), samples
