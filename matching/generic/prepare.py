"""Frames -> integer rows: every column cleaned and coded, one after another so that no list is held as text as a whole.

Rows stand in the order of the lists. What must not depend on it (draws, ties, ids) goes by `content` instead: a mix of
the values of a row as they were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.heap import lined
from blocking.jit import each, parts_of
from blocking.mix import U64
from blocking.sorting import sort_rows
from matching.generic.coding import classed, coded
from matching.generic.columns import Coded
from matching.generic.reading import Ahead, Frame, height_of, reading_order, whole
from matching.generic.spec import LinkageSpec
from matching.kernels.coding import LINE, add_mixes, fill_line
from matching.kernels.conditions import DATE, TEXT

SOURCE, ROW = "source", "row"
_NONE: Final = np.zeros(0, dtype=np.uint64)


@dataclass
class Prepared:
    """All rows of all lists: `rows` (n, columns or more) as the kernels read them, and what each integer means."""

    columns: dict[str, Coded]
    rows: npt.NDArray[np.int64]
    source: npt.NDArray[np.uint8]
    row: npt.NDArray[np.uint32]  # from 1 in each list
    content: U64
    blank: npt.NDArray[np.uint32]  # rows without any value
    heights: list[int]  # rows of each list
    frames: Sequence[Frame]
    given: list[str]  # columns that the lists were looked through for

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.source)

    @property
    def n_sources(self) -> int:
        """Number of lists."""
        return len(self.heights)

    @cached_property
    def _by_content(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        number = np.arange(self.n, dtype=np.uint32)
        content, order = sort_rows(self.content, number)
        same = np.flatnonzero(content[1:] == content[:-1]) + 1
        begin = np.maximum.accumulate(np.where(np.diff(same, prepend=-1) != 1, np.arange(len(same)), 0))
        return order, order[same], np.arange(1, len(same) + 1) - begin

    @property
    def order(self) -> npt.NDArray[np.uint32]:
        """Record numbers by content; rows of one content in the order of the lists."""
        return self._by_content[0]

    def some(self, wanted: int) -> npt.NDArray[np.uint32]:
        """About `wanted` record numbers by content, or all. Which they are does not depend on the order of rows."""
        if self.n <= wanted:
            return self.order
        # Contents are mixes: any range of them holds its share of the rows.
        chosen = np.flatnonzero(self.content < np.uint64(2**64 * wanted // self.n)).astype(np.uint32)
        return sort_rows(self.content[chosen], chosen)[1]

    @property
    def again(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        """The rows whose content other rows above them have, and how many those are."""
        return self._by_content[1:]

    @property
    def begins(self) -> npt.NDArray[np.uint32]:
        """The first row of every list but the first."""
        return np.cumsum(self.heights[:-1]).astype(np.uint32)

    def place(self, name: str) -> int:
        """Where a column stands in `rows`."""
        return list(self.columns).index(name)

    def release(self) -> None:
        """Let go of all values; rows still have their list, number and content."""
        self.columns, self.rows = {}, np.zeros((0, 0), dtype=np.int64)

    def rows_frame(self, sources: Sequence[str]) -> pl.DataFrame:
        """The rows as they were given; see the function of this name."""
        return rows_frame(self.frames, sources, self.given)


def rows_frame(frames: Sequence[Frame], sources: Sequence[str], given: Sequence[str]) -> pl.DataFrame:
    """source, row, fingerprint and the columns `given` as text, as they were given; in the order of the lists.

    The fingerprint is a hash of the values: what labels of people know a row by.
    """
    import polars_hash  # noqa: F401 - registers the .chash namespace

    parts = []
    for frame, source in zip(frames, sources, strict=True):
        number = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias(ROW)
        every = (_text(frame, name) for name in given)
        parts.append(frame.lazy().select(pl.lit(source).alias(SOURCE), number, *every).collect())
    whole = pl.concat(parts)
    text = pl.concat_str([pl.col(name).str.strip_chars().fill_null("\x00") for name in given], separator="\x1f")
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    return whole.with_columns(hashed.str.head(32).alias("fingerprint")).select(SOURCE, ROW, "fingerprint", *given)


def prepare(frames: Sequence[Frame], spec: LinkageSpec, ahead: Ahead | None = None) -> Prepared:
    """Clean and code `frames`, which hold the columns of the specification (absent ones count as missing).

    `ahead` has some of their columns already.
    """
    heights = [height_of(frame) for frame in frames]
    names = [name for name, column in spec.columns.items() if column.own]
    ordered = reading_order(spec)
    contents = _Contents(sum(heights))
    cuts = {rule.column: rule.cuts for rule in spec.comparisons if rule.cuts}
    classes: dict[str, npt.NDArray[np.int64]] = {}

    def one(name: str) -> Coded:
        values = None if ahead is None else ahead.take(name)
        column = coded(name, whole(frames, name) if values is None else values, spec.columns[name])
        del values
        contents.add(column, names.index(name))
        if name in cuts:
            classes[name] = classed(column, cuts[name])
        return column

    made = dict(zip(ordered, each(one, ordered), strict=True))
    for name, column in spec.columns.items():
        if column.join:
            parts = [made[part].written() for part in column.join]
            joined = pl.DataFrame(parts).select(
                pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).replace("", None).alias(name)
            )
            if column.own:
                own = whole(frames, name).cast(pl.String)
                contents.add(coded(name, own, spec.columns[name]), names.index(name))
                joined = joined.select(pl.coalesce(own.alias("own"), name).alias(name))
            made[name] = coded(name, joined.to_series(), column)
            if name in cuts:
                classes[name] = classed(made[name], cuts[name])
    content = contents.whole()
    return Prepared(
        {name: made[name] for name in spec.columns},
        _rows({name: made[name] for name in spec.columns}, classes, sum(heights)),
        np.repeat(np.arange(len(frames), dtype=np.uint8), heights),
        np.concatenate([np.arange(1, height + 1, dtype=np.uint32) for height in heights]),
        content,
        np.flatnonzero(content == 0).astype(np.uint32),
        heights,
        frames,
        names,
    )


class _Contents:
    """What stands for the values of each row, 0 for none; columns may come in any order and from several threads."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._sums: list[U64] = []  # as many as threads that were here at once

    def add(self, column: Coded, number: int) -> None:
        """Take in the values of column `number` as they were given, and let go of them."""
        try:
            own = self._sums.pop()
        except IndexError:
            own = np.zeros(self.n, dtype=np.uint64)
        add_mixes(own, column.given, number)
        column.given = _NONE
        self._sums.append(own)

    def whole(self) -> U64:
        """The sum over all columns."""
        out = np.zeros(self.n, dtype=np.uint64) if not self._sums else self._sums[0]
        for other in self._sums[1:]:
            out += other
        return out


def _rows(columns: dict[str, Coded], classes: dict[str, npt.NDArray[np.int64]], n: int) -> npt.NDArray[np.int64]:
    """The matrix of all values, with the `classes` of common values; `columns` then look into it."""
    above: dict[int, npt.NDArray[np.int64]] = {}  # what stands above bit 32 of a column: of each row, or each text
    apart: list[npt.NDArray[np.int64]] = []
    for place, (name, column) in enumerate(columns.items()):
        if name in classes:
            if column.how in (TEXT, DATE):
                column.classes = -2
                above[place] = classes[name] << 32
            else:
                column.classes = len(columns) + len(apart)
                apart.append(classes[name])
    parts = [*(column.values for column in columns.values()), *apart]
    rows = lined(n, len(parts), np.int64)
    by_text = np.zeros(rows.shape[1], dtype=np.bool_)
    by_text[: len(columns)] = [column.how == TEXT for column in columns.values()]

    none = np.zeros(0, dtype=np.int64)

    def fill(part: slice) -> None:
        for first in range(0, rows.shape[1], LINE):
            line = tuple(parts[k] if k < len(parts) else none for k in range(first, first + LINE))
            more = tuple(above.get(k, none) for k in range(first, first + LINE))
            fill_line(line, more, by_text[first : first + LINE], rows, first, part.start, part.stop)

    each(fill, parts_of(n))
    for place, column in enumerate(columns.values()):
        column.values = rows[:, place]
    return rows


def _text(frame: Frame, name: str) -> pl.Expr:
    return (pl.col(name) if name in frame.lazy().collect_schema().names() else pl.lit(None)).cast(pl.String).alias(name)
