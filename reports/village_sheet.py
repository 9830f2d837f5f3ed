"""The workbook of one village: the same lines as on paper, to fill in on a computer and read back.

Only the cells to fill in can be written to; the rest is protected against slips of the hand (no password: who means to
change it can, and `padan verify` tells).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from reports.context import Context
from reports.labels import day, number
from reports.private import private
from reports.sheets import Book, Column, Laid, Sheet, Style, lay, severity_tint
from reports.stencil import Stencil, mark
from rules.i18n import _
from rules.vocab import SEVERITY

FAMILY_TEXTS: Final = ("nomor", "tanda", "keluarga_teks", "siapa", "isi", "tindakan")
PAIR_TEXTS: Final = ("nomor", "orang_1", "orang_2", "sama", "beda")
FAMILY_BOXES: Final = ("PERBARUI", "USULKAN", "HAPUS", "ALARM")
PAIR_BOXES: Final = ("SATU", "DUA")
FILL_COLUMN: Final = 3  # of the cells for date, name and list code, one below the other
DATE_ROW: Final = 3  # from 0; the name stands below, the list code below that
TICK: Final = "x"
_OPEN: Final = {"locked": False, "bg_color": "#FFFBE6"}
_BOX: Final = {**_OPEN, "align": "center", "valign": "vcenter", "font_size": 14, "indent": 0, "border": 2}
_SMALL: Final = {"font_size": 8, "align": "center", "indent": 0}


@dataclass(frozen=True, slots=True)
class Village:
    """What is told of the list of one village: how much it holds, and of what.

    `daftar` is the code of the whole list. `families`, `lines`, `pairs` count what the list holds, `all_families`,
    `all_pairs` what was found (the list may hold fewer); paper has place for `printed` families, and holds
    `printed_lines` lines. `rules` are the codes of the lines.
    """

    kode: str
    daftar: str
    families: int
    lines: int
    all_families: int
    pairs: int
    all_pairs: int
    rules: tuple[str, ...]
    printed: int
    printed_lines: int

    @property
    def left(self) -> int:
        """Families that the list does not hold."""
        return self.all_families - self.families


def sheet_names() -> tuple[str, str]:
    """Names of the two sheets that are filled in."""
    return _("Families"), _("Doubtful pairs")


def place_of(context: Context, code: str) -> str:
    """`Desa X, Kec. Y, KAB. Z`."""
    kind = _("Kelurahan") if code[6:7] == "1" else _("Desa")
    return _("{kind} {village}, district {district}, {regency}").format(
        kind=kind, village=context.region(code), district=context.region(code[:6]), regency=context.region(code[:4])
    )


def head_of_village(code: str) -> str:
    """Who signs for the village."""
    return _("Head of the kelurahan") if code[6:7] == "1" else _("Head of the village")


def box_titles() -> dict[str, str]:
    """Outcome -> heading of its box."""
    return {
        "PERBARUI": _("Update"), "USULKAN": _("Propose"), "HAPUS": _("Remove"), "ALARM": _("Wrong alarm"),
        "SATU": _("One and the same"), "DUA": _("Two people"),
    }  # fmt: skip


def text_titles(kind: str) -> list[str]:
    """Headings of the columns with text (FAMILY_TEXTS for `temuan`, PAIR_TEXTS for `pasangan`)."""
    if kind == "temuan":
        return [
            _("No."), _("Severity and code"), _("Family (head, address)"), _("Who"),
            _("What contradicts what (source, date)"), _("What to do"),
        ]  # fmt: skip
    return [_("No."), _("Person 1"), _("Person 2"), _("Equal"), _("Different")]


def columns_of() -> tuple[list[str], list[str]]:
    """Headings of the two lists on paper."""
    box = box_titles()
    return (
        [_("No. and code"), _("Who"), _("What contradicts what (source, date) → what to do"),
         *(box[b] for b in FAMILY_BOXES), _("Remark")],
        [_("No. and code"), _("Person 1"), _("Person 2"), _("Equal"), _("Different"), *(box[b] for b in PAIR_BOXES),
         _("Remark")],
    )  # fmt: skip


def steps() -> list[str]:
    """How the list is filled in."""
    return [
        _("Visit or ask: does the family still live as the record says? Compare with the newest KK."),
        _("Tick one box per line. Update: the record is out of date. Propose: bring the new family to the musdes. "
          "Remove: dead, moved away or listed twice. Wrong alarm: the record is right as it is."),
        _("A new KK alone gives no right to assistance; the musdes decides and the minutes are attached."),
        _("Sign the list and send the filled workbook (xlsx) back to the Dinas Sosial. Say of each wrong alarm why. "
          "NIK and KK show their last two digits, letters tell numbers apart; write no full numbers here."),
    ]  # fmt: skip


def with_cells(lines: pl.DataFrame) -> pl.DataFrame:
    """`lines` with the texts of the cells: tanda, keluarga_teks, isi."""
    proof = pl.concat_str(pl.lit("\n– "), pl.col("bukti_teks").str.replace_all("\n", "\n– ", literal=True))
    return lines.with_columns(
        tanda=pl.concat_str("tingkat", pl.lit("\n"), "kode"),
        keluarga_teks=pl.concat_list("kepala", "alamat_teks", "data_teks")
        .list.eval(pl.element().filter(pl.element() != ""))
        .list.join("\n"),
        isi=pl.concat_str("masalah", pl.when(pl.col("bukti_teks") == "").then(pl.lit("")).otherwise(proof)),
    )


class Books:
    """The workbooks of several villages: `lines` and `pairs` of all of them, those of one village together."""

    def __init__(self, context: Context, lines: pl.DataFrame, pairs: pl.DataFrame) -> None:
        self._context = context
        self._families = _laid(_family_columns(), lines)
        self._pairs = _laid(_pair_columns(), pairs)
        self._rules = self._explained(lines)
        self._none = lay(_family_columns(), lines.clear(), _STYLE, *_HEIGHT)
        self._no_rules = lay(_guide_columns(), lines.clear(), None)
        self._stencils: dict[tuple[bool, bool], Stencil] = {}

    def write(self, village: Village, path: Path) -> Path:
        """Write the workbook of `village`."""
        made = self._stencil(lines=village.lines > 0, pairs=village.pairs > 0)
        private(path).write_bytes(made.filled(village.kode, _texts(self._context, village)))
        return path

    def _stencil(self, *, lines: bool, pairs: bool) -> Stencil:
        """What workbooks with or without lines and pairs are made from."""
        if (lines, pairs) not in self._stencils:
            with Book(None, created=self._context.as_of, title=mark("tempat")) as book:
                _family_sheet(book, self._families if lines else self._none)
                if pairs:
                    _pair_sheet(book, self._pairs)
                _guide(book, self._rules if lines else self._no_rules)
            self._stencils[lines, pairs] = book.stencil()
        return self._stencils[lines, pairs]

    def _explained(self, lines: pl.DataFrame) -> Laid:
        """What the codes of the lists mean, per village."""
        known = self._context.rules
        used = lines.select("kode_desa", "kode").unique().sort("kode_desa", "kode")
        told = [(c, self._context.title(c), known[c].tindakan if c in known else "") for c in used["kode"].unique()]
        meanings = pl.DataFrame(told, schema={c.key: pl.String for c in _guide_columns()}, orient="row")
        rows = used.join(meanings, on="kode", how="left", maintain_order="left")
        return lay(_guide_columns(), rows, None).dealt_by(rows["kode_desa"])


def _texts(context: Context, village: Village) -> dict[str, str]:
    """Mark -> what it says in the workbook of `village`."""
    place, rest = place_of(context, village.kode), village.left
    listed = _("{n} families, {lines} lines, worst first. Reference date {date}. Village code {code}.").format(
        n=number(village.families), lines=number(village.lines), date=day(context.as_of) or "–", code=village.kode
    )
    if rest > 0:
        listed += " " + _("{n} more families are in data/findings.parquet.").format(n=number(rest))
    if village.families > village.printed:
        listed += " " + _("On paper stand the first {n}; all can be filled in here.").format(n=number(village.printed))
    return {
        "tempat": place,
        "kaki": place.replace("&", "&&"),
        "keluarga": _("Families to check: {place}").format(place=place),
        "ringkas": listed,
        "daftar": village.daftar,
        "kepala": head_of_village(village.kode),
        "pasangan": _("Doubtful pairs: {place}").format(place=place),
        "ringkas_pasangan": _(
            "Are these one person or two? Showing {shown} of {total}, most probable first. Complete: {table}"
        ).format(shown=number(village.pairs), total=number(village.all_pairs), table="data/links.parquet"),
    }


def _laid(columns: list[Column], rows: pl.DataFrame) -> Laid:
    return lay(columns, rows, _STYLE, *_HEIGHT).dealt_by(rows["kode_desa"])


def _fill_in(sheet: Sheet) -> None:
    """The cells for date and name, and the code of the list."""
    label = sheet.book.format(align="right", bold=True)
    entry = sheet.book.format(**_OPEN, border=1, num_format="dd-mm-yyyy", align="left", indent=1)
    name = sheet.book.format(**_OPEN, border=1, align="left", indent=1)
    code = sheet.book.format(font_name="Consolas", align="left", indent=1)
    for offset, (text, shown) in enumerate(
        ((_("Date of the musdes:"), entry), (_("Filled in by:"), name), (_("List code:"), code))
    ):
        sheet.sheet.write_string(DATE_ROW + offset, FILL_COLUMN - 1, text, label)
        if offset < 2:
            sheet.sheet.write_blank(DATE_ROW + offset, FILL_COLUMN, None, shown)
        else:
            sheet.sheet.write_string(DATE_ROW + offset, FILL_COLUMN, mark("daftar"), shown)
    sheet.row = DATE_ROW + 4


def _protect(sheet: Sheet, first: int, columns: Sequence[Column]) -> None:
    boxes = [i for i, c in enumerate(columns) if c.key in (*FAMILY_BOXES, *PAIR_BOXES)]
    if sheet.row > first:
        sheet.sheet.data_validation(
            first, boxes[0], sheet.row - 1, boxes[-1],
            {"validate": "list", "source": [TICK], "error_title": _("One box per line"),
             "error_message": _("Write x in one box, or leave all empty.")},
        )  # fmt: skip
    sheet.sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})


def _family_columns() -> list[Column]:
    box = box_titles()
    return [
        *(
            Column(key, title, width, "wrap" if width > 6 else "text")
            for key, title, width in zip(FAMILY_TEXTS, text_titles("temuan"), (6, 11, 25, 28, 58, 24), strict=True)
        ),
        *(Column(b, box[b], 8, "text", _BOX, _SMALL) for b in FAMILY_BOXES),
        Column("catatan", _("Remark"), 18, "wrap", _OPEN),
        Column("kode_baris", _("Line code"), 17, "id", {"num_format": "General"}),
    ]


def _family_sheet(book: Book, laid: Laid) -> None:
    sheet = book.sheet(sheet_names()[0])
    sheet.widths(laid.columns)
    sheet.heading(
        mark("keluarga"),
        mark("ringkas"),
        _("Write x in one box per line, fill in date and name below, save, and send this file back."),
    )
    _fill_in(sheet)
    first = sheet.row + 1
    sheet.put(laid, freeze=1)
    _protect(sheet, first if laid.dealt else sheet.row, laid.columns)
    if laid.dealt:
        _signatures(sheet, laid.columns)
    sheet.print_setup(footer=mark("kaki"))


def _grid(rank: object) -> dict[str, object]:
    """Boxed cells for paper, in a smaller letter."""
    return {"border": 1, "border_color": "#9AA5B1", "font_size": 9, **severity_tint(rank)}


_STYLE: Final = Style("urut", _grid, range(len(SEVERITY)))
_HEIGHT: Final = (34, 11.6)  # lines of a row at most, points of a line


def _signatures(sheet: Sheet, columns: Sequence[Column]) -> None:
    """Place for date and three signatures below the list."""
    sheet.row += 1
    for line in (0, 1, 5):
        texts = {
            0: [_("Verified on: ....................................."), "", ""],
            1: [_("Verifying officer,"), _("Social assistant (TKSK / PKH),"), f"{mark('kepala')},"],
            5: ["( ................................ )"] * 3,
        }[line]
        for index, text in zip((1, 4, 5), texts, strict=True):
            if text:
                sheet.sheet.write_string(sheet.row + line, index, text, sheet.book.format(font_size=10))
    sheet.row += 7
    sheet.sheet.print_area(0, 0, sheet.row, len(columns) - 1)


def _pair_columns() -> list[Column]:
    box = box_titles()
    return [
        *(
            Column(key, title, width, "wrap" if width > 6 else "text")
            for key, title, width in zip(PAIR_TEXTS, text_titles("pasangan"), (6, 34, 34, 30, 30), strict=True)
        ),
        *(Column(b, box[b], 10, "text", _BOX, _SMALL) for b in PAIR_BOXES),
        Column("catatan", _("Remark"), 28, "wrap", _OPEN),
        Column("kode_baris", _("Line code"), 17, "id", {"num_format": "General"}),
    ]


def _pair_sheet(book: Book, laid: Laid) -> None:
    sheet = book.sheet(sheet_names()[1])
    sheet.widths(laid.columns)
    sheet.heading(
        mark("pasangan"),
        mark("ringkas_pasangan"),
        _("Write x in one box per line, fill in date and name below, save, and send this file back."),
    )
    _fill_in(sheet)
    first = sheet.row + 1
    sheet.put(laid, freeze=1)
    _protect(sheet, first, laid.columns)
    sheet.print_setup(footer=mark("kaki"))


def _guide_columns() -> list[Column]:
    return [
        Column("kode", _("Code"), 14),
        Column("judul", _("Meaning"), 60, "wrap"),
        Column("tindakan", _("What to do"), 80, "wrap"),
    ]


def _guide(book: Book, laid: Laid) -> None:
    sheet = book.sheet(_("Guide"))
    sheet.widths(laid.columns)
    sheet.heading(_("How to use this list"))
    sheet.lines(f"{i}. {text}" for i, text in enumerate(steps(), start=1))
    sheet.blank()
    sheet.put(laid, freeze=-1, filters=False)
    sheet.print_setup()
