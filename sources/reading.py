"""One input file -> parts: the sheets of it that hold rows, each with its layout, cleaned and dated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from rules.errors import InputError, Place
from rules.i18n import _
from rules.vocab import PAYMENT_PREFIX, REGISTERS
from sources import dates, payments, workbook
from sources.clean import clean
from sources.formats import open_book
from sources.header import Header, find, top_rows
from sources.layout import Layout, layout, layouts
from sources.model import Book, Grid, Input, SourceSettings
from sources.shape import Shaped, shape

SURE = 0.42  # layout score from which a file is recognised without being told what it is
FALLBACK = 0.8  # the general layouts of a register (<register>_umum) step back behind the known ones
OTHER = 0.25  # a layout of another register that scores so much better is worth a note


@dataclass(slots=True)
class Part:
    """The usable rows of one sheet (or of joined sheets) as typed columns, and what was refused in it."""

    berkas: str
    lembar: str | None
    sha256: str
    layout: Layout
    sumber: str
    tanggal: date | None
    frame: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    info: dict[str, str] = field(default_factory=dict)  # of an OpenSID Program sheet: nama, sasaran, keterangan
    berkas_lain: list[tuple[str | None, int, pl.DataFrame]] = field(
        default_factory=list
    )  # joined sheets: name, rows, refused


def candidates(book: Book, sumber: str | None) -> list[Layout]:
    """Layouts that may fit, given what the user said the file is."""
    many = len(book.grids) > 1
    found = []
    for one in layouts():
        if one.gabung_lembar != many and one.nama.startswith("regsosek_") and not one.nama.endswith("_umum"):
            continue
        if sumber is None:
            if not one.nama.endswith("_umum"):
                found.append(one)
        elif sumber.startswith(PAYMENT_PREFIX):
            if one.jenis == "bayar":
                found.append(one)
        elif one.sumber == sumber:
            found.append(one)
    if not found:
        known = ", ".join([*REGISTERS, PAYMENT_PREFIX + "<program>"])
        raise InputError(
            _("unknown kind of list: {kind}").format(kind=sumber),
            place=Place(file=book.path.name),
            hint=_("Known: {known}").format(known=known),
        )
    return found


def headers(book: Book, given: Input, settings: SourceSettings) -> list[tuple[Grid, Header]]:
    """The sheets whose header is understood. Raises InputError when there is none, or a required column is missing."""
    override = settings.overrides.get(book.path.name, {})
    allowed = candidates(book, given.sumber)
    found: list[tuple[Grid, Header]] = []
    poor: list[tuple[Grid, Header]] = []
    for grid in book.grids:
        if grid.cells.height == 0 or workbook.is_program_sheet(grid):
            continue
        header = best(grid, allowed, override)
        if header is None:
            continue
        weak = header.missing or (given.sumber is None and header.score < SURE and not override)
        (poor if weak else found).append((grid, header))
    if not found:
        _explain(book, poor)
    return found


def best(grid: Grid, allowed: Sequence[Layout], override: Mapping[str, str] | None = None) -> Header | None:
    """The best header; the general layout of a register wins only where no special one does well."""
    special = [one for one in allowed if not one.nama.endswith("_umum")]
    general = [one for one in allowed if one.nama.endswith("_umum")]
    first = find(grid, special, override) if special else None
    second = find(grid, general, override) if general else None
    if first is None or second is None:
        return first or second
    keep_first = not first.missing and (second.missing or first.score >= FALLBACK * second.score)
    if keep_first and len(first.columns()) >= len(second.columns()) - 2:
        return first
    return second if not second.missing else first


def _explain(book: Book, poor: list[tuple[Grid, Header]]) -> None:
    name = book.path.name
    if not poor:
        first = next((g for g in book.grids if g.cells.height), book.grids[0] if book.grids else None)
        raise InputError(
            _("no row with column names was found"),
            place=Place(
                file=name,
                sheet=first.name if first else None,
                row=int(first.rows[0]) if first is not None and len(first.rows) else None,
            ),
            hint=_(
                "The list needs a header row with names such as NIK, Nama, No KK. `padan inspect` shows what was seen."
            ),
        )
    grid, header = max(poor, key=lambda item: item[1].score)
    row = int(grid.rows[header.last])
    if header.missing:
        group, near = header.missing[0]
        hint = (
            _('Did you mean the column `{near}`? Then say so in padan.toml: kolom = {{ {column} = "{near}" }}').format(
                near=near, column=group.partition(" / ")[0]
            )
            if near
            else _("Ask the sender for the full list.")
        )
        raise InputError(
            _("required column missing: {column} (read as {layout})").format(
                column=group, layout=header.layout.title()
            ),
            place=Place(file=name, sheet=grid.name, row=row, column=near or group),
            hint=hint,
        )
    raise InputError(
        _("cannot tell which register this is (nearest: {layout})").format(layout=header.layout.title()),
        place=Place(file=name, sheet=grid.name, row=row),
        hint=_(
            "Name it: --dtks FILE, --p3ke FILE, --regsosek FILE, --dtsen FILE, --dukcapil FILE or --bayar PROGRAM=FILE."
        ),
    )


def read(given: Input, settings: SourceSettings, berkas: str) -> tuple[list[Part], list[str]]:
    """All parts of one input and notes for the user. Raises InputError when the file holds no data rows."""
    book = open_book(given.path, given.sha256)
    found = headers(book, given, settings)
    notes = _notes(book, found, given)
    shaped = [(grid, header, shape(grid, header)) for grid, header in found]
    if not any(one.read for _g, _h, one in shaped):
        grid, header, one = shaped[0]
        raise InputError(
            _("the list has column names but no rows"),
            place=Place(file=book.path.name, sheet=grid.name, row=one.data_start),
            hint=_("Was the filter of the export empty? Ask the sender for it again."),
        )
    parts = []
    if shaped[0][1].layout.gabung_lembar and len(shaped) > 1:
        joined = workbook.join_sheets(shaped)
        parts.append(_part(given, book, berkas, joined.grid, joined.header, joined.shaped, settings))
        parts[0].berkas_lain = joined.others
    else:
        for grid, header, one in shaped:
            if one.read:
                parts.append(_part(given, book, berkas, grid, header, one, settings))
    info = workbook.program_sheet(book)
    for part in parts:
        part.info = info
    return parts, notes


def _part(
    given: Input, book: Book, berkas: str, grid: Grid, header: Header, shaped: Shaped, settings: SourceSettings
) -> Part:
    chosen = header.layout
    when = given.tanggal or stated_date(grid, header, book) or chosen.tanggal_bawaan
    cleaned = payments.clean_payments if chosen.jenis == "bayar" else clean
    frame = cleaned(shaped.data, chosen, when or settings.tanggal_acuan)
    if when is None and "tanggal_perbarui" in frame.columns:  # a file cannot be older than its newest row
        newest = frame.get_column("tanggal_perbarui").max()
        when = newest if isinstance(newest, date) else None
    sumber = given.sumber or (PAYMENT_PREFIX + (chosen.program or "lain") if chosen.jenis == "bayar" else chosen.sumber)
    return Part(berkas, grid.name, book.sha256, chosen, sumber, when, frame, shaped.rejected, shaped.read)


_IN_TITLE = re.compile(
    rf"(\d{{1,2}}\s+(?:{dates.MONTH_PATTERN})\w*\s+20\d\d|\d{{1,2}}[/-]\d{{1,2}}[/-]20\d\d|20\d\d-\d\d-\d\d)",
    re.IGNORECASE,
)
_IN_NAME = re.compile(r"(?<!\d)(20[0-4]\d)[-_.]?(0[1-9]|1[0-2])[-_.]?([0-2]\d|3[01])(?!\d)")


def stated_date(grid: Grid, header: Header, book: Book) -> date | None:
    """A date in the title rows above the header ("keadaan per 31 Oktober 2022"), else in the file name."""
    for row in top_rows(grid)[: header.first]:
        found = _IN_TITLE.search(" ".join(row))
        if found:
            day = dates.parse(pl.Series([found.group(1)]))["tanggal"][0]
            if isinstance(day, date):
                return day
    named = _IN_NAME.search(book.path.stem)
    if named:
        try:
            return date(int(named.group(1)), int(named.group(2)), int(named.group(3)))
        except ValueError:
            return None
    return None


def _notes(book: Book, found: list[tuple[Grid, Header]], given: Input) -> list[str]:
    notes = []
    taken = {id(grid) for grid, _header in found}
    for grid in book.grids:
        if id(grid) not in taken and grid.cells.height > 1 and not workbook.is_known_side_sheet(grid):
            notes.append(
                _("{file}: sheet {sheet} was not read: no known columns").format(file=book.path.name, sheet=grid.name)
            )
    grid, header = max(found, key=lambda item: item[1].score)
    if given.sumber is not None and header.score < 0.5 and not given.sumber.startswith(PAYMENT_PREFIX):
        other = find(grid, [one for one in candidates(book, None) if one.sumber != given.sumber])
        if other is not None and other.score > header.score + OTHER and not other.missing:
            notes.append(
                _("{file} was given as {given}, but looks like: {other}").format(
                    file=book.path.name, given=given.sumber, other=other.layout.title()
                )
            )
    return notes


__all__ = ["Part", "best", "candidates", "headers", "layout", "read", "stated_date"]
