"""From a sheet with a known header to its data rows: what is no person is taken out, what was merged is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from rules.masking import mask_expr
from sources.header import Header
from sources.layout import ID_COLUMNS
from sources.model import Grid
from sources.spelling import key
from sources.values import on_distinct

BARIS = "nomor_baris"
_KK_LINE = r"(?i)\bNO(?:MOR|\.)?\s*(?:K\.?K\.?|KARTU KELUARGA)\b[^0-9]{0,8}([0-9][0-9. ]{14,24}[0-9])"
_KK_ADDRESS = r"(?i)\bALAMAT\s*:\s*(.+)$"
_TOTAL = (
    r"(?i)^\s*(?:sub|grand)?\s*-?(?:jumlah|total)"
    r"(?:\s+(?:total|jumlah|keseluruhan|seluruhnya|semua|penerima|nominal|data|jiwa|kk|orang|keluarga))*\s*:?\s*$"
)
_LONG = r"\d[\d.]{13,}"
# Found wherever one of the above, or an end mark, may be: most lists hold none of them, and one look says so.
_MAY_BE_NO_PERSON = r"(?i)^\s*(?:(?:sub|grand)?\s*-?(?:jumlah|total)|###)|NO(?:MOR|\.)?\s*K(?:\.?K|ARTU)"


_NEAR = 1_000  # rows below a header among which the first row of data stands, as a rule


@dataclass(slots=True)
class Shaped:
    """Data rows of a sheet under canonical names (text as written), and the rows refused on the way.

    `data`: `nomor_baris`, one String column per mapped canonical column, and `angka_<id>` Boolean for id columns: the
    cell was a number, not text. `rejected`: `nomor_baris`, `kolom`, `aturan`, `nilai` (masked).
    """

    data: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    data_start: int  # row number of the first data row


def shape(grid: Grid, header: Header) -> Shaped:
    """Cut the data rows out of `grid`. Rows are neither blank, header, column numbers nor after an end mark."""
    columns = header.columns()
    frame = grid.cells.with_columns(grid.rows.alias(BARIS), grid.broken.alias("_rusak"))
    for name, index in columns.items():
        flags = grid.numeric(index) if name in ID_COLUMNS else None
        if flags is not None and flags.any():
            frame = frame.with_columns(flags.alias(f"angka_{name}"))
    frame = frame.slice(header.last + 1)
    cells = [name for name in grid.cells.columns if frame.get_column(name).null_count() < frame.height]
    odd = _any_cell(frame, cells[:6], _MAY_BE_NO_PERSON).any()
    frame = _without_furniture(frame, cells, header, marked=odd)
    start = int(frame.get_column(BARIS)[0]) if frame.height else int(grid.rows[-1]) + 1
    frame = _kk_lines(frame, cells) if odd else frame
    totals = _totals(frame, cells, [f"c{columns[name]}" for name in ("nik", "no_kk") if name in columns], odd)
    broken = frame.get_column("_rusak") & ~totals
    refused = pl.concat(
        [
            _refuse(frame.filter(totals), cells, "BARIS_JUMLAH"),
            _refuse(frame.filter(broken), cells, "BARIS_RUSAK"),
        ]
    )
    read = frame.height
    frame = frame.filter(~(totals | broken))
    numbers = [c for c in frame.columns if c.startswith("angka_")]
    named = {f"c{index}": name for name, index in columns.items()}
    extra = [c for c in ("_kk_baris", "_kk_alamat") if c in frame.columns]
    data = frame.select(BARIS, *[pl.col(old).alias(new) for old, new in named.items()], *numbers, *extra)
    for name, line in (("no_kk", "_kk_baris"), ("alamat", "_kk_alamat")):
        if line in data.columns:
            own = pl.coalesce(name, line) if name in data.columns else pl.col(line)
            data = data.with_columns(own.alias(name)).drop(line)
    return Shaped(_fill_down(data, header), refused, read, start)


def data_start(grid: Grid, header: Header) -> int:
    """`Shaped.data_start`, from the rows below the header: the others are not looked at where there is no need."""
    near = header.last + 1 + _NEAR
    if grid.cells.height > near:
        top = Grid(
            grid.name,
            grid.cells.head(near),
            grid.rows.head(near),
            grid.broken.head(near),
            lambda column: None if (flags := grid.numeric(column)) is None else flags.head(near),
        )
        found = shape(top, header)
        if found.read:
            return found.data_start
    return shape(grid, header).data_start


def _totals(frame: pl.DataFrame, cells: list[str], identity: list[str], odd: bool) -> pl.Series:
    """Rows that sum up others: a cell says so, and no id stands beside it."""
    if not odd:
        return _any_cell(frame, [], _TOTAL)
    ids = pl.any_horizontal([pl.lit(value=False)] + [pl.col(c).str.contains(_LONG) for c in identity])
    return _any_cell(frame, cells[:4], _TOTAL) & ~frame.select(ids.fill_null(value=False)).to_series()


def _any_cell(frame: pl.DataFrame, cells: list[str], pattern: str) -> pl.Series:
    if not cells or frame.height == 0:
        return pl.Series("x", [False] * frame.height, dtype=pl.Boolean)
    found = pl.Series("x", [False]).new_from_index(0, frame.height)
    for c in cells:
        found |= on_distinct(frame.get_column(c), partial(_holds, pattern=pattern))
    return found


def _holds(values: pl.Series, pattern: str) -> pl.Series:
    return values.str.contains(pattern).fill_null(value=False)


def _without_furniture(frame: pl.DataFrame, cells: list[str], header: Header, *, marked: bool) -> pl.DataFrame:
    """Drop blank rows, a row of column numbers, headers repeated further down, and all from an end mark on."""
    if not cells:
        return frame.clear()
    tiny = pl.all_horizontal([pl.col(c).is_null() | (pl.col(c).str.len_bytes() < 4) for c in cells])
    if frame.select(tiny.any()).item():  # blanks are stripped only where a row could be blank at all
        empty = [pl.col(c).is_null() | (pl.col(c).str.strip_chars(" \t\r\n\u00a0") == "") for c in cells]
        frame = frame.filter(~pl.all_horizontal(empty))
    ends = _any_cell(frame, cells[:3] if marked else [], r"^\s*###").arg_true()
    if len(ends):
        frame = frame.head(int(ends[0]))
    for _level in range(2):
        if frame.height and _is_numbering(frame.head(1).select(cells).row(0)):
            frame = frame.slice(1)
    titles = {m.index: m.header for m in header.matches if m.canonical is not None}
    probes = [f"c{i}" for i in titles if f"c{i}" in cells]
    if not probes or not frame.height:
        return frame
    first = probes[0]
    word = key(titles[int(first[1:])])
    ending = frame.filter(pl.col(first).str.contains(rf"(?i){word[-1:]}[^a-zA-Z0-9]*$"))  # a cheap look first
    suspects = ending.filter(
        pl.col(first).str.to_lowercase().str.replace_all(r"[^a-z0-9]", "").str.ends_with(word[-12:])
    )
    again = [
        row[-1]
        for row in suspects.select(*probes, BARIS).rows()
        if sum(
            key(text or "") != "" and key(titles[int(c[1:])]).endswith(key(text or ""))
            for c, text in zip(probes, row, strict=False)
        )
        >= max(2, 0.6 * len(probes))
    ]
    frame = frame.filter(~pl.col(BARIS).is_in(again)) if again else frame
    if again and frame.height:  # a repeated header brings its row of numbers with it
        after = frame.filter(pl.col(BARIS).is_in([row + 1 for row in again]))
        numbers = [row[-1] for row in after.select(*cells, BARIS).rows() if _is_numbering(row[:-1])]
        frame = frame.filter(~pl.col(BARIS).is_in(numbers))
    return frame


def _is_numbering(row: tuple[str | None, ...]) -> bool:
    """A row like 1 | 2 | 3 or (1) | (2) | (-1): small whole numbers, nearly all different."""
    texts = [text.strip().strip("()").strip() for text in row if text and text.strip()]
    numbers = [int(t) for t in texts if t.lstrip("-").isdigit() and len(t) <= 3]
    return (
        len(texts) >= 3
        and len(numbers) == len(texts)
        and len(set(numbers)) >= 0.8 * len(numbers)
        and numbers[:2] != [0, 0]
    )


def _kk_lines(frame: pl.DataFrame, cells: list[str]) -> pl.DataFrame:
    """BIP lists print "No. KK : ..." in one cell above the members: carry it down and drop the line."""
    probes = cells[:6]
    if not frame.height or not probes:
        return frame
    lines = [on_distinct(frame.get_column(c), lambda cell: cell.str.extract(_KK_LINE, 1)) for c in probes]
    numbers = (
        pl.DataFrame([line.alias(f"x{i}") for i, line in enumerate(lines)])
        .select(pl.coalesce(pl.all()).str.replace_all(r"[^0-9]", "").alias("kk"))
        .to_series()
    )
    if numbers.null_count() == frame.height:
        return frame
    address = frame.select(pl.coalesce([pl.col(c).str.extract(_KK_ADDRESS, 1) for c in probes]).alias("a")).to_series()
    frame = frame.with_columns(
        numbers.alias("_line"),
        numbers.forward_fill().alias("_kk_baris"),
        address.alias("_kk_alamat"),
    )
    # An address holds for the line's own members only: a line without one ends it.
    card = pl.col("_line").is_not_null().cum_sum()
    frame = frame.with_columns(pl.col("_kk_alamat").first().over(card))
    return frame.filter(pl.col("_line").is_null()).drop("_line")


def _fill_down(data: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Repeat merged family cells over the members, never from one family into the next."""
    chosen = header.layout
    anchor = chosen.kunci_isi
    merged = [name for name in chosen.isi_ke_bawah if name in data.columns]
    if anchor is None or anchor not in data.columns or not merged:
        return data
    filled = [pl.col(name).str.strip_chars() != "" for name in merged if name not in ("rt", "rw")]
    starts = (pl.col(anchor).str.strip_chars() != "").fill_null(value=False) if anchor else pl.any_horizontal(filled)
    group = starts.cum_sum()
    return data.with_columns(
        [pl.col(name).first().over(group).alias(name) for name in merged]
        + [pl.col(f"angka_{n}").first().over(group) for n in merged if f"angka_{n}" in data.columns]
    )


def _refuse(rows: pl.DataFrame, cells: list[str], rule: str) -> pl.DataFrame:
    value = pl.concat_str([pl.col(c).fill_null("") for c in cells[:6]], separator=" | ") if cells else pl.lit("")
    return rows.select(
        BARIS,
        pl.lit(None, dtype=pl.String).alias("kolom"),
        pl.lit(rule).alias("aturan"),
        mask_long(value).str.slice(0, 120).alias("nilai"),
    )


def mask_long(text: pl.Expr) -> pl.Expr:
    """Mask every run of nine or more digits inside a text column, all but the last two digits."""
    return text.str.replace_all(r"\d{7,}(\d\d)", "•••••••$1")


__all__ = ["BARIS", "Shaped", "mask_expr", "mask_long", "shape"]
