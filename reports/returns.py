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
from typing import Any, Final, Protocol, cast

import numpy as np
import polars as pl

from reports.bulk import VARIANTS, Bulk
from reports.context import Context, severity_rank
from reports.labels import rejection_label, severity_label
from reports.private import private
from reports.sheets import MANY, Book, plain
from rules.findings.context import beside, numbered
from rules.i18n import _
from rules.vocab import SEVERITY

_EXCEL_ROWS: Final = 1_048_576
_EXCEL_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".ods")
_REMARKS: Final = ("masalah", "saran", "kode", "tingkat")
_SLICE: Final = 100_000  # rows turned to text at a time
_WIDE: Final = 1 << 32  # room for a number beside another in one of 64 bits
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
    facts, told = _told(context)
    # Places as numbers, in the order of their files, sheets and rows: texts would be sorted and grouped in ten times
    # the seconds.
    sheets = told.select(pl.col(c).cast(pl.Enum(told[c].drop_nulls().unique().sort())) for c in ("berkas", "lembar"))
    berkas, lembar = (sheets[c].to_physical().cast(pl.UInt64) for c in sheets.columns)
    several_sheets = len(cast(pl.Enum, sheets["lembar"].dtype).categories)
    place = (berkas * (several_sheets + 1) + lembar.fill_null(several_sheets)) * _WIDE + told["nomor_baris"]
    told = told.with_columns(_tempat=place).sort("_tempat", "_urutan")
    begins = (told["_tempat"] != told["_tempat"].shift()).fill_null(value=True)
    told = told.with_columns(_nomor=begins.cast(pl.UInt32).cum_sum())
    alone = begins & begins.shift(-1, fill_value=True)
    words = {i: severity_label(s) for i, s in enumerate(SEVERITY)}
    said = facts.select(masalah="ringkas", saran="tindakan", kode="kode")
    first = told.filter(begins)
    once = said.gather(told.filter(alone)["_urutan"]).with_columns(_nomor=told.filter(alone)["_nomor"])
    again = told.filter(~alone).select("_nomor", "_urutan")
    joined = first.filter(~alone.filter(begins)).select("_nomor")
    for column, between in (("masalah", " / "), ("saran", " / "), ("kode", ", ")):
        joined = joined.hstack([_joined(again, said[column], between)])
    return (
        first.select("berkas", "lembar", "nomor_baris")
        .hstack(pl.concat([once, joined.select(once.columns)]).sort("_nomor").drop("_nomor"))
        .with_columns(tingkat=facts["urut"].gather(first["_urutan"]).replace_strict(words, return_dtype=pl.String))
    )


def _told(context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All there is to tell, worst first (urut, kode, ringkas, tindakan), and where: its row, `_urutan`, and place."""
    records, payments, refused = context.tables.records, context.tables.payments, context.tables.rejected
    place = ("berkas", "lembar", "nomor_baris")
    columns = ("urut", "kode", "temuan_id", "ringkas", "tindakan")
    findings = context.worklist.with_columns(urut=severity_rank("tingkat"))
    reasons = refused.select("aturan").unique().sort("aturan")
    rejections = reasons.select(
        urut=pl.lit(1, dtype=pl.UInt8),
        kode="aturan",
        temuan_id=pl.lit(""),
        ringkas=pl.col("aturan").replace({c: rejection_label(c) for c in reasons["aturan"]}),
        tindakan=pl.lit(_("mend the row or leave it out")),
    )
    facts = pl.concat([findings.select(columns), rejections])
    order = facts.select(pl.arg_sort_by("urut", "kode", "temuan_id")).to_series()
    rank = pl.Series(np.argsort(order.to_numpy()), dtype=pl.UInt32)
    lists = findings.select("baris", "bayar").with_columns(_urutan=rank.head(findings.height))
    subjects = lists.select("_urutan", baris_id="baris").explode("baris_id").drop_nulls("baris_id")
    paid_files = payments["berkas"].unique().to_list()
    on_records = beside(records["baris_id"], subjects, records.select(place)).filter(
        ~pl.col("berkas").is_in(paid_files)
    )
    parts = [on_records]
    if payments.height:
        # A payee may hold many payments; a finding that names its payments speaks of those rows only.
        without = lists.filter(pl.col("bayar").list.len() == 0).select("_urutan")
        on_payees = subjects.join(without, on="_urutan", how="semi")
        parts.append(on_payees.join(payments.select("baris_id", *place), on="baris_id"))
        named = lists.select("_urutan", bayar_id="bayar").explode("bayar_id").drop_nulls("bayar_id")
        parts.append(named.join(payments.select("bayar_id", *place), on="bayar_id"))
    of_reason = reasons.with_columns(_urutan=rank.tail(reasons.height))
    parts.append(refused.join(of_reason, on="aturan"))
    return facts.gather(order), pl.concat([part.select("_urutan", *place) for part in parts])


def _joined(told: pl.DataFrame, texts: pl.Series, between: str) -> pl.Series:
    """Per `_nomor` (ascending) of `told` the different `texts` of its `_urutan`, in their order."""
    kinds = texts.to_frame("teks").select(numbered(pl.col("teks"))).to_series().gather(told["_urutan"])
    new = (told["_nomor"].cast(pl.UInt64) * _WIDE + kinds).is_first_distinct()
    kept = told.filter(new)
    return (
        kept.select("_nomor", texts.gather(kept["_urutan"]))
        .group_by("_nomor", maintain_order=True)
        .agg(texts.name)
        .get_column(texts.name)
        .list.join(between)  # joining within `agg` takes four times as long
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
