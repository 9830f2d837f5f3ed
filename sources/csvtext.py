"""Delimited text that arrives as it likes: encoding and delimiter found, broken lines mended or kept apart.

Lines are scanned once with numpy. Where every line has the same number of cells the bytes go straight to Polars; only
the odd lines (unclosed quotes, line breaks inside cells, stray delimiters) are looked at one by one.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from rules.errors import InputError, Place
from rules.i18n import _
from sources.model import Grid

DELIMITERS = "|;\t,~^"
TITLE_LINES = 40  # short lines up to here may be titles or a header: they are never called broken by the reader
JOIN_LINES = 10  # a cell with line breaks spans at most so many lines
_QUOTE, _NEWLINE = 34, 10
_PIECE = 1 << 16  # bytes decoded at once: a whole file as str would be held twice

_Ints = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Text:
    """A delimited file, read: its cells and what was found out about its writing."""

    grid: Grid
    encoding: str
    delimiter: str


def decode(data: bytes, path: Path) -> tuple[bytes, str]:
    """The bytes as UTF-8 without BOM, and the name of the encoding they came in."""
    for bom, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(bom):
            if name == "utf-8-sig":
                return data[3:], name
            return data.decode("utf-16", errors="replace").encode(), name
    if b"\0" in data[:65536]:
        raise InputError(
            _("not a text file: it holds binary data"),
            place=Place(file=path.name),
            hint=_("Send the file as xlsx, csv or parquet."),
        )
    if _is_utf8(data):
        return data, "utf-8"
    try:
        return _recoded(data, "cp1252"), "windows-1252"
    except UnicodeDecodeError:  # five byte values have no meaning in Windows-1252
        return _recoded(data, "latin-1"), "latin-1"


def is_blank(data: bytes, blanks: bytes | None = None) -> bool:
    """Whether nothing but `blanks` (white space) is in the data; a full file is not copied to know it."""
    return not data[:_PIECE].strip(blanks) and not data.strip(blanks)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE], final=start + _PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _recoded(data: bytes, encoding: str) -> bytes:
    """`data` of a one-byte `encoding` as UTF-8. Few letters are beyond ASCII: only the pieces with one are decoded."""
    small = _PIECE >> 4
    pieces = (data[start : start + small] for start in range(0, len(data), small))
    return b"".join(piece if piece.isascii() else piece.decode(encoding).encode() for piece in pieces)


def sniff_delimiter(data: bytes) -> str | None:
    """The delimiter that cuts most of the first lines into the same number (> 1) of cells; None if none does."""
    lines = [line for line in data[:200_000].decode("utf-8", errors="replace").splitlines() if line.strip()][:200]
    best: tuple[float, str] | None = None
    for mark in DELIMITERS:
        counts = np.array([_outside(line, mark) for line in lines])
        if not (counts > 0).any():
            continue
        mode = int(np.bincount(counts[counts > 0]).argmax())
        share = float((counts == mode).mean())
        score = share * (mode**0.5)
        if best is None or score > best[0]:
            best = (score, mark)
    return best[1] if best else None


def _outside(line: str, mark: str) -> int:
    parts = line.split('"')
    if len(parts) % 2 == 0:  # an unclosed quote: count plainly
        return line.count(mark)
    return sum(part.count(mark) for part in parts[::2])


def _chunks(starts: _Ints, size: int, step: int = 1 << 25) -> list[tuple[int, int]]:
    """Line ranges of about `step` bytes each."""
    cuts = [0]
    while cuts[-1] < len(starts):
        upto = int(np.searchsorted(starts, starts[cuts[-1]] + step, side="left"))
        cuts.append(min(max(upto, cuts[-1] + 1), len(starts)))
    return [(a, b) for a, b in itertools.pairwise(cuts) if starts[a] < size or a == 0]


def _per_line(positions: _Ints, bounds: _Ints) -> _Ints:
    return np.diff(np.searchsorted(positions, bounds))


def _scan(buffer: npt.NDArray[np.uint8], starts: _Ints, mark: int) -> tuple[_Ints, _Flags, bool]:
    """Per line: delimiters outside quotes, and whether its quotes are fishy (odd number, or inside a plain cell)."""
    count = np.zeros(len(starts), dtype=np.int64)
    fishy = np.zeros(len(starts), dtype=bool)
    quoted = False
    for first, last in _chunks(starts, len(buffer)):
        low = int(starts[first])
        high = int(starts[last]) if last < len(starts) else len(buffer)
        part = buffer[low:high]
        local = starts[first:last] - low
        bounds = np.append(local, high - low)
        is_mark = part == mark
        quotes = np.flatnonzero(part == _QUOTE)
        if len(quotes):
            quoted = True
            before, after = part[np.maximum(quotes - 1, 0)], part[np.minimum(quotes + 1, len(part) - 1)]
            edge = (before == mark) | (before == _NEWLINE) | (before == _QUOTE) | (quotes == 0)
            edge |= (
                (after == mark) | (after == _NEWLINE) | (after == _QUOTE) | (after == 13) | (quotes == len(part) - 1)
            )
            bad = (_per_line(quotes, bounds) & 1).astype(bool) | (_per_line(quotes[~edge], bounds) > 0)
            fishy[first:last] = bad
            if bad.any():  # their quotes must not upset the lines after them
                quotes = quotes[~bad[np.searchsorted(bounds, quotes, side="right") - 1]]
            toggles = np.zeros(len(part), dtype=np.uint8)
            toggles[quotes] = 1
            is_mark &= (np.cumsum(toggles, dtype=np.uint8) & 1) == 0
        count[first:last] = _per_line(np.flatnonzero(is_mark), bounds)
    return count, fishy, quoted


def _parse(text: str, mark: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        return []


def _literal(line: str, mark: str) -> list[str]:
    """Cells of a line whose quotes mean nothing: a quote at the edge of a cell is dropped."""
    return [cell.strip().removeprefix('"').removesuffix('"') for cell in line.split(mark)]


def _starts_record(line: str, mark: str) -> bool:
    """A part that begins with a long number is a row of its own, not the rest of the line before."""
    return line.split(mark, 1)[0].strip(' "').isdigit() and len(line.split(mark, 1)[0].strip(' "')) >= 10


def _mend(lines: list[str], mark: str, width: int, odd: list[bool]) -> tuple[list[str] | None, int]:
    """The cells of the record that starts at `lines[0]` and how many lines it takes; None when it stays broken.

    `lines[1:]` are the lines after it as long as they are suspect themselves.
    """
    head = lines[0]
    parsed = _parse(head, mark) if not odd[0] else []
    if len(parsed) == 1 and len(parsed[0]) == width:
        return parsed[0], 1
    literal = _literal(head, mark)
    for many in range(2, len(lines) + 1):  # a quoted cell with line breaks
        if odd[0] and odd[many - 1] and len(_literal(lines[many - 1], mark)) != width:
            joined = _parse("\n".join(lines[:many]), mark)
            if len(joined) == 1 and len(joined[0]) == width:
                return joined[0], many
    if len(literal) == width:
        return literal, 1
    if len(literal) > width and not any(cell.strip() for cell in literal[width:]):
        return literal[:width], 1
    if len(literal) < width:  # a line break in a plain cell
        for many in range(2, len(lines) + 1):
            if _starts_record(lines[many - 1], mark):
                break
            joined_cells = _literal(" ".join(lines[:many]), mark)
            if len(joined_cells) == width:
                return joined_cells, many
    return None, 1


def _quote(cells: list[str]) -> str:
    return '"' + "\x00".join(cell.replace('"', '""') for cell in cells).replace("\x00", '"\x00"') + '"'


def read(data: bytes, path: Path) -> Text:
    """Cut a delimited file into cells. Raises InputError when it is empty, binary or has no delimiter."""
    data, encoding = decode(data, path)
    if is_blank(data):
        raise InputError(_("the file is empty"), place=Place(file=path.name), hint=_("Ask the sender for it again."))
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    skipped = 0
    first = data[:16].lower()
    delimiter: str | None
    if first.startswith(b"sep=") and len(data) > 5:  # Excel's own hint to itself
        delimiter = chr(data[4])
        skipped = 1
        data = data[data.index(b"\n") + 1 :] if b"\n" in data else b""
    else:
        delimiter = sniff_delimiter(data)
    if delimiter is None:
        raise InputError(
            _("no delimiter found: every line is a single cell"),
            place=Place(file=path.name, row=1),
            hint=_("Cells must be separated by one of: {marks}").format(marks="; , | Tab"),
        )
    return Text(_grid(data, delimiter, skipped), encoding, delimiter)


def _grid(data: bytes, delimiter: str, skipped: int) -> Grid:
    lines = data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
    quick = _quick(data, delimiter, lines)
    if quick is not None:
        return _as_grid(quick, np.arange(1, lines + 1) + skipped, np.zeros(lines, dtype=bool))
    buffer = np.frombuffer(data, dtype=np.uint8)
    starts = np.concatenate(([0], np.flatnonzero(buffer == _NEWLINE) + 1)).astype(np.int64)[:lines]
    ends = np.append(starts[1:], len(buffer))
    count, fishy, quoted = _scan(buffer, starts, ord(delimiter))
    blank = ends - starts <= 2
    for i in np.flatnonzero(blank):
        blank[i] = not data[starts[i] : ends[i]].strip()
    used = count[(count > 0) & ~fishy]
    width = int(np.bincount(used).argmax()) + 1 if len(used) else int(count.max()) + 1
    odd_line = (fishy | (count != width - 1)) & ~blank
    rows = np.arange(1, len(starts) + 1) + skipped
    broken = np.zeros(len(starts), dtype=bool)
    if odd_line.any() or blank.any():
        data, rows, broken = _rebuild(data, delimiter, width, starts, ends, odd_line, blank, rows)
        quoted = quoted or bool(odd_line.any())
    frame = pl.read_csv(
        data,
        has_header=False,
        infer_schema=False,
        separator=delimiter,
        quote_char='"' if quoted else None,
        truncate_ragged_lines=True,
    )
    return _as_grid(frame, rows, broken)


def _quick(data: bytes, delimiter: str, lines: int) -> pl.DataFrame | None:
    """The cells when Polars alone proves the file sound: no long line, no odd quote, no short or blank line."""
    try:
        frame = pl.read_csv(data, has_header=False, infer_schema=False, separator=delimiter)
    except pl.exceptions.PolarsError:
        return None
    sound = frame.height == lines and frame.get_column(frame.columns[-1]).null_count() == 0
    return frame if sound else None


def _as_grid(frame: pl.DataFrame, rows: _Ints, broken: _Flags) -> Grid:
    frame = frame.rechunk().rename({name: f"c{i}" for i, name in enumerate(frame.columns)})
    return Grid(
        name=None,
        cells=frame,
        rows=pl.Series("nomor_baris", rows, dtype=pl.UInt32),
        broken=pl.Series("rusak", broken),
        numeric=lambda _column: None,
    )


def _rebuild(
    data: bytes,
    delimiter: str,
    width: int,
    starts: _Ints,
    ends: _Ints,
    odd_line: _Flags,
    blank: _Flags,
    rows: _Ints,
) -> tuple[bytes, _Ints, _Flags]:
    """The file with odd lines mended (or padded and marked broken) and blank lines gone; rows and marks to match."""
    pieces: list[bytes] = []
    keep = ~blank
    broken = np.zeros(len(starts), dtype=bool)
    last = 0  # bytes up to here are in `pieces`
    suspects = np.flatnonzero(odd_line | blank)
    done = -1
    for i in map(int, suspects):
        if i <= done:
            continue
        pieces.append(data[last : starts[i]])
        last = int(ends[i])
        if blank[i]:
            continue
        group = [i]
        while len(group) < JOIN_LINES and group[-1] + 1 < len(starts) and odd_line[group[-1] + 1]:
            group.append(group[-1] + 1)
        lines = [data[starts[k] : ends[k]].decode("utf-8", errors="replace").rstrip("\r\n") for k in group]
        cells, many = _mend(lines, delimiter, width, [line.count('"') % 2 == 1 for line in lines])
        if cells is None or (many > 1 and i < TITLE_LINES and not any(line.count('"') % 2 for line in lines[:many])):
            cells, many = _literal(lines[0], delimiter), 1
            if len(cells) > width:  # what is too much stays readable in the last cell
                cells[width - 1 :] = [delimiter.join(cells[width - 1 :])]
            cells += [""] * (width - len(cells))
            broken[i] = True
        keep[group[1:many]] = False
        done = group[many - 1]
        last = int(ends[done])
        pieces.append(_quote(cells).replace("\x00", delimiter).encode() + b"\n")
    pieces.append(data[last:])
    return b"".join(pieces), rows[keep], broken[keep]
