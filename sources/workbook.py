"""Workbooks whose sheets belong together: Regsosek's five sheets, and the Program sheet of OpenSID."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from sources.header import Header, top_rows
from sources.model import Book, Grid
from sources.shape import BARIS, Shaped, mask_long
from sources.spelling import key

_PERSON = ("nama", "nik")
_SIDE_SHEETS = (
    "program",
    "kode",
    "petunjuk",
    "referensi",
    "keterangan",
    "pengisian",
    "enum",
    "master",
    "daftarkode",
    "sheet",
)


@dataclass(slots=True)
class Joined:
    """The persons of a workbook with the columns of its other sheets; `others`: sheet, rows read, rows refused."""

    grid: Grid
    header: Header
    shaped: Shaped
    others: list[tuple[str | None, int, pl.DataFrame]] = field(default_factory=list)


def _kk(frame: pl.DataFrame) -> pl.Series:
    return frame.get_column("no_kk").str.replace_all(r"[^0-9A-Za-z+,.]", "").alias("_kk")


def _serial(frame: pl.DataFrame) -> pl.Series:
    return frame.get_column("urut_art").str.extract(r"(\d+)", 1).cast(pl.UInt16, strict=False).alias("_no")


def join_sheets(sheets: list[tuple[Grid, Header, Shaped]]) -> Joined:
    """Join by no. KK and number in the family (401), family sheets by no. KK alone.

    Rows of another sheet that meet no person are refused (TANPA_PASANGAN); a key that stands twice on a sheet counts
    by its first row, the others are refused (GANDA_DI_LEMBAR).
    """
    order = sorted(
        range(len(sheets)), key=lambda i: (-sum(n in sheets[i][1].columns() for n in _PERSON), -sheets[i][2].read, i)
    )
    grid, header, shaped = sheets[order[0]]
    others: list[tuple[str | None, int, pl.DataFrame]] = []
    base = shaped.data
    for i in sorted(order[1:]):
        side_grid, _side_header, side = sheets[i]
        frame = side.data
        if "no_kk" not in frame.columns or "no_kk" not in base.columns:
            others.append((side_grid.name, side.read, _refuse(side, frame, "TANPA_PASANGAN")))
            continue
        person = (
            "urut_art" in frame.columns
            and "urut_art" in base.columns
            and frame.get_column("urut_art").null_count() < frame.height
        )
        keys = ["_kk", "_no"] if person else ["_kk"]
        left = base.with_columns(_kk(base), *([_serial(base)] if person else []))
        right = frame.with_columns(_kk(frame), *([_serial(frame)] if person else []))
        if "kode_kk" in frame.columns and "kode_kk" in base.columns:
            # A family split off (115 = 2) shares the card of its parents: the number alone cannot tell them apart.
            keys.append("_kode")
            left = left.with_columns(pl.col("kode_kk").fill_null("").alias("_kode"))
            right = right.with_columns(pl.col("kode_kk").fill_null("").alias("_kode"))
        alone = right.join(left, on=keys, how="anti")
        twice = right.filter(pl.struct(keys).is_duplicated() & ~pl.struct(keys).is_first_distinct()).join(
            alone, on=BARIS, how="anti"
        )
        new = [c for c in frame.columns if c not in base.columns]
        shared = [c for c in frame.columns if c in base.columns and c not in ("no_kk", "urut_art", BARIS)]
        right = right.unique(keys, keep="first", maintain_order=True).select(
            *keys, *new, *[pl.col(c).alias(f"_lain_{c}") for c in shared]
        )
        base = left.join(right, on=keys, how="left", maintain_order="left").drop(keys)
        base = base.with_columns(pl.coalesce(c, f"_lain_{c}").alias(c) for c in shared).drop(
            [f"_lain_{c}" for c in shared]
        )
        refused = pl.concat([side.rejected, _rows(alone, "TANPA_PASANGAN"), _rows(twice, "GANDA_DI_LEMBAR")])
        others.append((side_grid.name, side.read, refused))
    return Joined(grid, header, Shaped(base, shaped.rejected, shaped.read, shaped.data_start), others)


def _rows(frame: pl.DataFrame, rule: str) -> pl.DataFrame:
    return frame.select(
        BARIS,
        pl.lit("no_kk").alias("kolom"),
        pl.lit(rule).alias("aturan"),
        mask_long(pl.col("no_kk").fill_null("")).alias("nilai"),
    )


def _refuse(side: Shaped, frame: pl.DataFrame, rule: str) -> pl.DataFrame:
    rows = frame.select(
        BARIS,
        pl.lit(None, dtype=pl.String).alias("kolom"),
        pl.lit(rule).alias("aturan"),
        pl.lit(None, dtype=pl.String).alias("nilai"),
    )
    return pl.concat([side.rejected, rows])


def is_program_sheet(grid: Grid) -> bool:
    """The key-value sheet of an OpenSID aid workbook, which is no list."""
    return bool(grid.name) and key(grid.name or "") == "program" and grid.cells.width <= 3


def program_sheet(book: Book) -> dict[str, str]:
    """The key-value sheet `Program` of an OpenSID aid workbook: nama, sasaran, keterangan ... (keys without marks)."""
    for grid in book.grids:
        if is_program_sheet(grid):
            pairs = ([cell for cell in row if cell] for row in top_rows(grid))
            return {key(row[0]): row[1] for row in pairs if len(row) >= 2}
    return {}


def is_known_side_sheet(grid: Grid) -> bool:
    """Code lists, instructions and the like: no note is needed when they are not read."""
    return bool(grid.name) and key(grid.name or "").startswith(_SIDE_SHEETS)
