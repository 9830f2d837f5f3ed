"""One filled village list as it came back: which line stands where, what is ticked, and what is not as it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from reports.codes import PATTERN
from reports.labels import masked_text
from reports.village_sheet import (
    DATE_ROW,
    FAMILY_BOXES,
    FAMILY_TEXTS,
    FILL_COLUMN,
    PAIR_BOXES,
    PAIR_TEXTS,
    box_titles,
    text_titles,
)
from rules.i18n import _
from rules.masking import mask_text
from sources import dates
from sources.formats import open_book
from sources.model import Grid

_TICKS: Final = ("x", "v", "✓", "✔", "√", "☑", "☒", "1", "1.0", "ya", "y")
_EMPTY: Final = ("", "☐", "-", "–", "0", "0.0", "tidak")
_LAYOUT: Final = {"temuan": (FAMILY_TEXTS, FAMILY_BOXES), "pasangan": (PAIR_TEXTS, PAIR_BOXES)}
_ABOUT: Final = pl.List(
    pl.Struct({"temuan_id": pl.String, "kode": pl.String, "kunci": pl.String, "sidik": pl.List(pl.String)})
)
_PAIRS: Final = pl.List(pl.Struct({"kiri": pl.String, "kanan": pl.String}))
_COLUMNS: Final[dict[str, pl.DataType]] = {
    "berkas": pl.String(),
    "lembar": pl.String(),
    "baris": pl.UInt32(),
    "nomor": pl.String(),
    "jenis": pl.String(),
    "kode_desa": pl.String(),
    "kode_baris": pl.String(),
    "putusan": pl.String(),  # null: no box is ticked
    "oleh": pl.String(),
    "tanggal": pl.Date(),
    "catatan": pl.String(),
    "alasan": pl.String(),  # why the line is refused; null: it is not
    "disebut": pl.Boolean(),  # the reason is the line's own, not that of the whole file
    "temuan": _ABOUT,
    "pasangan": _PAIRS,
    "sidik_1": pl.String(),
    "sidik_2": pl.String(),
}
COLUMNS: Final = pl.Schema(_COLUMNS)


@dataclass(slots=True)
class Filled:
    """A file: its `lines` (COLUMNS), what is wrong with it as a `whole`, and how many lines of its list are missing."""

    file: str
    village: str | None
    lines: pl.DataFrame
    whole: list[str]
    missing: int


@dataclass(slots=True)
class _Sheet:
    """A sheet with lines. `rows`: cells c0, c1 ... as tidy text, `baris`, `kode_baris`, `kolom` (index of its code)."""

    name: str | None
    list_code: str
    date: str
    person: str
    rows: pl.DataFrame


def read_filled(path: Path, register: pl.DataFrame, *, oleh: str | None, tanggal: date | None) -> Filled:
    """Read the workbook `path` (xlsx, xls, ods) against the `register` of the run.

    Raises InputError when it is no workbook at all.
    """
    sheets = [one for one in map(_sheet, open_book(path).grids) if one is not None]
    if not sheets:
        why = _("this is no village list of padan: no line has a code")
        return Filled(path.name, None, pl.DataFrame(schema=COLUMNS), [why], 0)
    known, whole = _list_of(sheets, register)
    oleh = oleh or next((one.person for one in sheets if one.person), None)
    lines = pl.concat([_lines(path.name, one, known) for one in sheets])
    days = {one.name: tanggal or _day(one.date) for one in sheets}
    fallback = next((d for d in days.values() if d), None)
    lines = lines.with_columns(
        oleh=pl.lit(oleh, dtype=pl.String),
        tanggal=pl.col("lembar").replace_strict(
            {name: day or fallback for name, day in days.items()}, default=fallback, return_dtype=pl.Date
        ),
    )
    if lines["putusan"].is_not_null().any():
        whole += _unsigned(sheets, oleh, fallback)
    strange = int(lines["asing"].sum())
    if strange:
        whole.append(_("{n} lines are not as they were sent; the whole list is refused until it is").format(n=strange))
    if whole:
        lines = lines.with_columns(pl.col("alasan").fill_null(_("the whole list is refused")))
    missing = known.join(lines, on="kode_baris", how="anti").height
    return Filled(
        path.name, known["kode_desa"][0] if known.height else None, lines.select(COLUMNS.names()), whole, missing
    )


def _sheet(grid: Grid) -> _Sheet | None:
    """The lines of a sheet; None when no row holds a line code. Rows between lines count, with a code or without."""
    cells = grid.cells.columns
    tidy = pl.col(cells).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
    frame = grid.cells.select(tidy).with_columns(baris=grid.rows.cast(pl.UInt32))
    code = rf"^{PATTERN}$"
    frame = frame.with_columns(
        kolom=pl.coalesce(
            [pl.when(pl.col(c).str.contains(code)).then(pl.lit(i, dtype=pl.Int32)) for i, c in enumerate(cells)]
        )
    ).with_columns(
        kode_baris=pl.coalesce([pl.when(pl.col(c).str.contains(code)).then(c) for c in cells]),
        berisi=pl.any_horizontal(pl.col(c) != "" for c in cells),
    )
    top = {row: frame.filter(pl.col("baris") == row) for row in (DATE_ROW + 1, DATE_ROW + 2, DATE_ROW + 3)}
    day, person, whole = (
        str(part[f"c{FILL_COLUMN}"][0]) if part.height and f"c{FILL_COLUMN}" in cells else "" for part in top.values()
    )
    body = frame.filter(pl.col("baris") > DATE_ROW + 3)
    coded = body.filter(pl.col("kolom").is_not_null())
    if coded.is_empty():
        return None
    last, first = coded["baris"].max(), coded["baris"].min()
    rows = body.filter(pl.col("baris").is_between(first, last) & pl.col("berisi"))
    return _Sheet(grid.name, whole, day, person, rows.drop("berisi"))


def _list_of(sheets: list[_Sheet], register: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The lines of the list that the sheets are, and what is wrong with its code."""
    stated = sorted({one.list_code for one in sheets})
    known = register.filter(pl.col("kode_daftar").is_in(stated))
    if len(stated) == 1 and known.height:
        return known, []
    lines = pl.concat([one.rows.select("kode_baris") for one in sheets])
    if known["kode_daftar"].n_unique() > 1:
        return known, [_("sheets of several lists were put together in one file")]
    if register.join(lines, on="kode_baris", how="semi").is_empty():
        return known.clear(), [_("this list belongs to another run, or to another installation of padan")]
    # The lines tell which list it was, so that each of them can still be named.
    found = register.join(lines, on="kode_baris", how="semi")["kode_daftar"].mode().sort()[0]
    return register.filter(pl.col("kode_daftar") == found), [
        _("the list code (row {row}) was changed, or is that of another run").format(row=DATE_ROW + 3)
    ]


def _day(text: str) -> date | None:
    """A full date out of a cell, as Excel stores it or as people write it."""
    found = dates.parse(pl.Series([text or None], dtype=pl.String)).row(0, named=True)
    day = found["tanggal"]
    return day if found["mutu"] == "LENGKAP" and isinstance(day, date) else None


def _unsigned(sheets: list[_Sheet], oleh: str | None, day: date | None) -> list[str]:
    """What is missing of who and when."""
    wrong = []
    if oleh is None:
        wrong.append(
            _('nobody is named: fill in the cell "{cell}" or give {option}').format(
                cell=_("Filled in by:"), option="--oleh"
            )
        )
    if day is None:
        text = next((one.date for one in sheets if one.date), "")
        wrong.append(
            _('"{text}" in row {row} is no date').format(text=mask_text(text), row=DATE_ROW + 1)
            if text
            else _('no date: fill in the cell "{cell}" or give {option}').format(
                cell=_("Date of the musdes:"), option="--tanggal"
            )
        )
    return wrong


def _lines(file: str, sheet: _Sheet, known: pl.DataFrame) -> pl.DataFrame:
    """The lines of a sheet beside what was sent: COLUMNS and `asing` (not as it was sent)."""
    places = sheet.rows["kolom"].drop_nulls().mode().sort()
    kind = next((k for k, (t, b) in _LAYOUT.items() if len(t) + len(b) + 1 == places[0]), "temuan")
    texts, boxes = _LAYOUT[kind]
    titles = dict(zip(texts, text_titles(kind), strict=True))
    rows = sheet.rows
    wanted = len(texts) + len(boxes) + 2
    rows = rows.with_columns(pl.lit("").alias(f"c{i}") for i in range(wanted) if f"c{i}" not in rows.columns)
    sent = known.filter(pl.col("jenis") == kind).with_columns(
        pl.col("teks").list.eval(pl.element().fill_null("").str.replace_all(r"\s+", " ").str.strip_chars())
    )
    rows = rows.join(sent, on="kode_baris", how="left", maintain_order="left")
    changed = pl.concat_list(
        pl.when(pl.col(f"c{i}") != pl.col("teks").list.get(i, null_on_oob=True)).then(pl.lit(titles[name]))
        for i, name in enumerate(texts)
    ).list.drop_nulls()
    box_cells = {box: f"c{len(texts) + i}" for i, box in enumerate(boxes)}
    lower = {box: pl.col(cell).str.to_lowercase() for box, cell in box_cells.items()}
    ticks = pl.concat_list(
        pl.when(cell.is_in(_TICKS)).then(pl.lit(box)) for box, cell in lower.items()
    ).list.drop_nulls()
    unclear = pl.concat_list(
        pl.when(~cell.is_in((*_TICKS, *_EMPTY))).then(pl.col(box_cells[box])) for box, cell in lower.items()
    ).list.drop_nulls()
    rows = rows.with_columns(berubah=changed, centang=ticks, tak_jelas=unclear)
    words = box_titles()
    strange = (
        pl.when(pl.col("kode_baris").is_null())
        .then(pl.lit(_("the line has no code")))
        .when(pl.col("kolom") != wanted - 1)
        .then(pl.lit(_("the columns were moved")))
        .when(pl.col("jenis").is_null())
        .then(pl.lit(_("no line of this list has this code")))
        .when(pl.col("kode_baris").is_duplicated())
        .then(pl.lit(_("the line stands twice in the file")))
        .when(pl.col("berubah").list.len() > 0)
        .then(pl.format(_("the text was changed: {columns}").format(columns="{}"), pl.col("berubah").list.join(", ")))
    )
    slip = (
        pl.when(pl.col("tak_jelas").list.len() > 0)
        .then(pl.format(_("a box holds {text}; write x or leave it empty").format(text='"{}"'),
                        masked_text(pl.col("tak_jelas").list.join(", ").str.slice(0, 40))))
        .when(pl.col("centang").list.len() > 1)
        .then(pl.format(_("more than one box is ticked: {boxes}").format(boxes="{}"),
                        pl.col("centang").list.eval(pl.element().replace(words)).list.join(", ")))
    )  # fmt: skip
    return rows.with_columns(_asing=strange, _salah=slip).select(
        berkas=pl.lit(file),
        lembar=pl.lit(sheet.name, dtype=pl.String),
        baris="baris",
        nomor=pl.coalesce("nomor", pl.col("c0")),
        jenis=pl.lit(kind),
        kode_desa="kode_desa",
        kode_baris="kode_baris",
        putusan=pl.when(pl.col("centang").list.len() == 1).then(pl.col("centang").list.first()),
        catatan=pl.when(pl.col(f"c{wanted - 2}") != "").then(pl.col(f"c{wanted - 2}")),
        alasan=pl.coalesce("_asing", "_salah"),
        disebut=pl.coalesce("_asing", "_salah").is_not_null(),
        asing=pl.col("_asing").is_not_null(),
        temuan=pl.col("temuan").cast(_ABOUT).fill_null([]),
        pasangan=pl.col("pasangan").cast(_PAIRS).fill_null([]),
        sidik_1="sidik_1",
        sidik_2="sidik_2",
    )
