"""Cells of text and the rows they make, and where on which page each row comes to stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from reports.typeset import LEADING, MM, broken, capital

PAGE: Final = (841.89, 595.276)  # A4 across, in points; y is counted from the top here
LEFT, WIDTH = 9 * MM, 279 * MM
TOP, BOTTOM = 26 * MM, PAGE[1] - 13 * MM
PAD: Final = 1.2 * MM
_TALLEST: Final = 430.0  # points of text in a row; a taller one goes on in a second row


@dataclass(frozen=True, slots=True)
class Part:
    """Paragraphs in one letter: encoded `texts`, one per row, lines divided by line breaks; an empty one is no line."""

    texts: pl.Series
    face: int
    size: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of cells at `x`, `width` points wide without its margins; lines stand apart as the first part says."""

    x: float
    width: float
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of text cells: `runs` (row, piece, x, down, text, face, size) and `units` (row, piece, height in points).

    A row is one piece, or several where it is taller than a page.
    """

    runs: pl.DataFrame
    units: pl.DataFrame


def rows_of(cells: Sequence[Cell], count: int, least: float) -> Rows:
    """The rows of `cells`, at least `least` points high."""
    runs = pl.concat([_runs(cell, count) for cell in cells])
    runs = runs.with_columns(piece=((pl.col("down") - 0.01) // _TALLEST).cast(pl.UInt32))
    # What goes on in a further piece begins a line below its top.
    runs = runs.with_columns(
        down=pl.col("down") - pl.col("piece") * _TALLEST + pl.when(pl.col("piece") > 0).then(8.0).otherwise(0.0)
    )
    units = (
        pl.concat(
            [
                runs.select("row", "piece", "down"),
                pl.select(row=pl.int_range(count, dtype=pl.UInt32)).with_columns(
                    piece=pl.lit(0, dtype=pl.UInt32), down=pl.lit(0.0)
                ),
            ]
        )
        .group_by("row", "piece")
        .agg(height=pl.max_horizontal(pl.col("down").max() + PAD, pl.lit(least)))
        .sort("row", "piece")
    )
    return Rows(runs, units)


def _runs(cell: Cell, count: int) -> pl.DataFrame:
    leading = LEADING * cell.parts[0].size
    lines = pl.concat(
        [
            pl.DataFrame({"text": broken(part.texts, part.face, part.size, cell.width)})
            .select(
                row=pl.int_range(count, dtype=pl.UInt32),
                part=pl.lit(k, dtype=pl.UInt8),
                text=pl.col("text").str.split("\n"),
                face=pl.lit(part.face, dtype=pl.UInt8),
                size=pl.lit(part.size),
                high=pl.lit(capital(part.face, part.size)),
            )
            .explode("text")
            .filter(pl.col("text") != "")
            for k, part in enumerate(cell.parts)
        ]
    )
    return lines.sort("row", "part", maintain_order=True).select(
        "row",
        x=pl.lit(cell.x + PAD),
        down=PAD + (pl.col("high") + leading).cum_sum().over("row") - leading,
        text="text",
        face="face",
        size="size",
    )


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is kept together, in the order of printing: of each block its list, band height and number of units."""

    owner: list[int]
    band: list[float]
    units: list[int]


@dataclass(slots=True)
class Placed:
    """Where things stand: page (from 0, in the list) and y of the top, per unit; bands as (block, page, y).

    `end` holds per list the page and the y below its last block.
    """

    page: list[int]
    y: list[float]
    bands: list[tuple[int, int, float]]
    end: list[tuple[int, float]]


def flow(blocks: Blocks, heights: list[float], starts: list[float], gap: float) -> Placed:
    """Lay the blocks of every list below one another; `starts` is y of the first one on the first page of each list.

    A block of at most two units stays whole; a longer one may break between units, and repeats its band.
    """
    found = Placed([], [], [], [(0, start) for start in starts])
    unit = 0
    for block, (owner, band, count) in enumerate(zip(blocks.owner, blocks.band, blocks.units, strict=True)):
        page, y = found.end[owner]
        mine = heights[unit : unit + count]
        whole = count <= 2 and band + sum(mine) <= BOTTOM - TOP
        fresh = page > 0 and y == TOP
        if not fresh and y + band + (sum(mine) if whole else mine[0]) > BOTTOM:
            page, y = page + 1, TOP
        if band:
            found.bands.append((block, page, y))
        y += band
        for k, height in enumerate(mine):
            if k and y + height > BOTTOM:
                page, y = page + 1, TOP
                if band:
                    found.bands.append((block, page, y))
                y += band
            found.page.append(page)
            found.y.append(y)
            y += height
        unit += count
        found.end[owner] = (page, y + gap)
    return found
