"""What `padan inspect` shows: what a file was taken for, how each column was read, and how good its data are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rules.errors import InputError
from rules.masking import mask_text
from rules.nik import clean_id
from rules.wilayah import detect_scheme
from sources import values
from sources.clean import clean
from sources.formats import NO_HASH, open_book
from sources.header import Header, find
from sources.layout import ID_COLUMNS
from sources.model import Book, Grid, Input, RawSheet, SourceSettings
from sources.reading import SURE, best, candidates, stated_date
from sources.shape import Shaped, data_start, shape
from sources.validate import validate
from sources.workbook import is_program_sheet

_REGION = ("kode_wilayah", "kode_provinsi", "kode_kabupaten", "kode_kecamatan", "kode_desa")
_UNDERSTOOD = (  # columns whose text must turn into a value; what does not is listed
    "jenis_kelamin", "hub_kk", "hub_krt", "status_kawin", "keberadaan", "tanggal_lahir", "tanggal_status",
    "tanggal_perbarui", "desil", "nominal", "status_padan", "hamil", "nonaktif",
)  # fmt: skip
_GRADED = {"nik": "nik_kode", "no_kk": "kk_kode"}
_LAST_RESORT = date(2026, 12, 31)


@dataclass(slots=True)
class ColumnProfile:
    """Quality of one column: `kosong` and `ganda` are row counts, `tidak_sah` rows by rule code."""

    baris: int
    kosong: int
    ganda: int | None = None  # rows whose id stands on an earlier row too
    tidak_sah: dict[str, int] = field(default_factory=dict)
    tak_dimengerti: dict[str, int] = field(default_factory=dict)  # written values no code list knows
    skema_wilayah: str | None = None
    bukti: str | None = None  # why that scheme


@dataclass(slots=True)
class ColumnInspection:
    """How one column of the file was read. `cara`: alias, mirip, diatur, diabaikan, rangkap, tak_dikenal."""

    kolom: str  # as Excel letters it
    judul: str
    kanonik: str | None
    keyakinan: float
    cara: str
    saran: str | None
    mutu: ColumnProfile | None = None


@dataclass(slots=True)
class SheetInspection:
    """What one sheet was taken for."""

    lembar: str | None
    baris_total: int
    tata_letak: str | None  # layout name; None when no header was understood
    keterangan: str | None
    sumber: str | None
    skor: float
    yakin: bool  # False: the register must be named to load this
    pesaing: list[tuple[str, float]]
    baris_judul: int | None
    baris_data: int | None
    jumlah_data: int
    ditolak: dict[str, int]
    tanggal_data: date | None
    kolom: list[ColumnInspection]
    tak_terpetakan: list[str]
    hilang: list[tuple[str, str | None]]  # required columns missing, with the nearest header


@dataclass(slots=True)
class Inspection:
    """One file."""

    berkas: str
    format: str | None
    penyandian: str | None
    pemisah: str | None
    sha256: str | None
    lembar: list[SheetInspection]
    galat: InputError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; an error becomes its message, hint and place."""
        plain = asdict(self, dict_factory=_plain)
        plain["galat"] = None
        if self.galat is not None:
            place = {key: value for key, value in asdict(self.galat.place).items() if value is not None}
            plain["galat"] = {"pesan": self.galat.message, "saran": self.galat.hint, "tempat": place}
        return plain


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {k: (v.isoformat() if isinstance(v, date) else v) for k, v in items if not isinstance(v, InputError)}


def inspect(paths: Sequence[Path | Input], settings: SourceSettings | None = None) -> list[Inspection]:
    """Look at each file without loading it; a file that cannot be read carries its error in `galat`."""
    return [_one(p if isinstance(p, Input) else Input(p), settings or SourceSettings()) for p in paths]


def _one(given: Input, settings: SourceSettings) -> Inspection:
    name = given.path.name
    try:
        book = open_book(given.path)
        allowed = candidates(book, given.sumber)
    except InputError as error:
        return Inspection(name, None, None, None, None, [], error)
    override = settings.overrides.get(name, {})
    sheets = []
    for grid in book.grids:
        empty = grid.cells.height == 0 or is_program_sheet(grid)
        header = None if empty else best(grid, allowed, override)
        sheets.append(_sheet(given, book, grid, header, settings))
    return Inspection(name, book.format, book.encoding, book.delimiter, book.sha256, sheets)


def _sheet(given: Input, book: Book, grid: Grid, header: Header | None, settings: SourceSettings) -> SheetInspection:
    if header is None:
        return SheetInspection(
            grid.name, grid.cells.height, None, None, None, 0.0, False, [], None, None, 0, {}, None, [], [], []
        )  # fmt: skip
    shaped = shape(grid, header)
    when = given.tanggal or stated_date(grid, header, book) or header.layout.tanggal_bawaan
    profiles = _profiles(shaped, header, when or settings.tanggal_acuan or _LAST_RESORT, settings)
    columns = [
        ColumnInspection(
            letter(m.index),
            m.header,
            m.canonical,
            round(m.confidence, 3),
            m.cara,
            m.saran,
            profiles.get(m.canonical or ""),
        )
        for m in header.matches
        if m.header or m.canonical
    ]
    refused = shaped.rejected.group_by("aturan").len().sort("aturan")
    return SheetInspection(
        lembar=grid.name,
        baris_total=grid.cells.height,
        tata_letak=header.layout.nama,
        keterangan=header.layout.title(),
        sumber=given.sumber or header.layout.program or header.layout.sumber,
        skor=round(header.score, 3),
        yakin=not header.missing and (given.sumber is not None or header.score >= SURE),
        pesaing=[(name, round(score, 3)) for name, score in header.ranking if name != header.layout.nama][:3],
        baris_judul=int(grid.rows[header.last]),
        baris_data=shaped.data_start,
        jumlah_data=shaped.read,
        ditolak=dict(refused.iter_rows()),
        tanggal_data=when,
        kolom=columns,
        tak_terpetakan=[m.header for m in header.matches if m.cara == "tak_dikenal" and m.header],
        hilang=header.missing,
    )


def _profiles(shaped: Shaped, header: Header, acuan: date, settings: SourceSettings) -> dict[str, ColumnProfile]:
    if shaped.data.height == 0:
        return {}
    cleaned = clean(shaped.data, header.layout, acuan)
    graded = validate(cleaned, acuan, settings)
    found = {}
    for name in header.columns():
        column = shaped.data.get_column(name)
        given = values.text_keep(column)
        profile = ColumnProfile(len(column), given.null_count())
        if name in ID_COLUMNS:
            ids = column.to_frame("id").select(clean_id(pl.col("id"))).to_series().drop_nulls()
            profile.ganda = len(ids) - ids.n_unique()
        if name in _GRADED:
            codes = graded.get_column(_GRADED[name]).drop_nulls().value_counts().sort(_GRADED[name])
            profile.tidak_sah = dict(codes.iter_rows())
        if name in _UNDERSTOOD and name in cleaned.columns:
            lost = given.filter(cleaned.get_column(name).is_null()).drop_nulls()
            top = lost.value_counts().sort(["count", lost.name], descending=[True, False]).head(5)
            profile.tak_dimengerti = {mask_text(str(text)): count for text, count in top.iter_rows()}
        if name in _REGION:
            scheme = detect_scheme(column if name == "kode_wilayah" else cleaned.get_column("kode_wilayah_asli"))
            profile.skema_wilayah, profile.bukti = scheme.skema, scheme.bukti
        found[name] = profile
    return found


def letter(index: int) -> str:
    """Column letters as Excel shows them: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def raw_sheets(path: Path) -> list[RawSheet]:
    """Every sheet as its sender wrote it, for the return files; sheets without a known header start at their top.

    Raises InputError as `load` does for a file that is no table.
    """
    book = open_book(path, NO_HASH)
    allowed = candidates(book, None)
    sheets = []
    for grid in book.grids:
        if grid.cells.height == 0:
            continue
        header = find(grid, allowed)
        first = int(grid.rows[0])
        if header is None:
            sheets.append(RawSheet(grid.name, grid.cells, grid.rows, first, first + 1))
        else:
            last = int(grid.rows[header.last])
            sheets.append(RawSheet(grid.name, grid.cells, grid.rows, last, data_start(grid, header)))
    return sheets
