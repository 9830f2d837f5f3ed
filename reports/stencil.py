"""Workbooks that differ in some texts and in the rows of their tables only: one is made, the others are filled in.

xlsxwriter takes longer for formats, theme and the parts around a table than it takes to pack its rows. It makes a
workbook with marks where a text is to come, and tables that seem to have `FAR` rows; what is below a table is then
moved to where it ends. Parts that are the same in all are packed once.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

import polars as pl

from reports.bulk import LEVEL, Bulk, samples_of

FAR: Final = 90_000  # rows that a table of a stencil seems to have: a number of five digits is no other
_BELOW: Final = re.compile(r'(?<=[A-Z$"])9\d{4}(?=[":<])')
_MARK: Final = re.compile("\ue000([a-z_]+)\ue001")
_NAMED: Final = re.compile(r'(localSheetId="(\d+)"[^>]*>)([^<]*<)')
_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_LISTED: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_DATE: Final = 0x21  # 1 January 1980, the first day that a zip file knows


def mark(name: str) -> str:
    """Where the text `name` is to come."""
    return f"\ue000{name}\ue001"


@dataclass(frozen=True, slots=True)
class _Packed:
    """A file of a zip archive, compressed."""

    name: bytes
    check: int
    size: int
    content: bytes


def _packed(name: str, content: bytes) -> _Packed:
    packer = zlib.compressobj(LEVEL, wbits=-15)
    return _Packed(name.encode(), zlib.crc32(content), len(content), packer.compress(content) + packer.flush())


def _archive(files: Iterable[_Packed]) -> bytes:
    parts: list[bytes] = []
    listed: list[bytes] = []
    at = 0
    for one in files:
        about = (20, 0, zipfile.ZIP_DEFLATED, 0, _DATE, one.check, len(one.content), one.size, len(one.name), 0)
        parts += [_LOCAL.pack(0x04034B50, *about), one.name, one.content]
        listed += [_LISTED.pack(0x02014B50, 20, *about, 0, 0, 0, 0, at), one.name]
        at += _LOCAL.size + len(one.name) + len(one.content)
    table = b"".join(listed)
    count = len(listed) // 2
    return b"".join([*parts, table, _END.pack(0x06054B50, 0, 0, count, count, len(table), at, 0)])


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with a table: what stands before and after its rows, and the rows of all workbooks."""

    table: Bulk
    before: str
    after: str
    rows: pl.Series

    def filled(self, whose: object, texts: Mapping[str, str]) -> bytes:
        start, height = _hand(self.table, whose)
        rows = BytesIO()
        self.rows.slice(start, height).to_frame().write_csv(rows, include_header=False, quote_style="never")
        before, after = (_said(_moved(text, height), texts).encode() for text in (self.before, self.after))
        return b"".join([before, rows.getbuffer(), after])


class Stencil:
    """A workbook to be filled in: `draft` as xlsxwriter made it, with `tables` of which each sheet has one at most."""

    def __init__(self, draft: BytesIO, tables: Sequence[Bulk]) -> None:
        self._of_sheet = {table.sheet: table for table in tables}
        by_name = {f"xl/worksheets/sheet{table.sheet}.xml": table for table in tables}
        self._parts: list[tuple[str, _Packed | _Table | str]] = []
        with zipfile.ZipFile(draft) as made:
            for name in made.namelist():
                self._parts.append((name, _part(name, made.read(name), by_name.get(name))))

    def filled(self, whose: object, texts: Mapping[str, str]) -> bytes:
        """The workbook with the rows that the tables hold for `whose` and with `texts` in place of their marks."""

        def content(part: _Table | str) -> bytes:
            if isinstance(part, _Table):
                return part.filled(whose, texts)
            return _said(_NAMED.sub(moved, part), texts).encode()

        def moved(found: re.Match[str]) -> str:
            table = self._of_sheet.get(int(found[2]) + 1)
            return found[1] + (_moved(found[3], _hand(table, whose)[1]) if table else found[3])

        return _archive(
            part if isinstance(part, _Packed) else _packed(name, content(part)) for name, part in self._parts
        )


def _part(name: str, content: bytes, table: Bulk | None) -> _Packed | _Table | str:
    text = content.decode()
    if table is not None and table.dealt is not None:
        samples = samples_of(table, text)
        rows = table.dealt.drawn(table, samples)
        return _Table(table, text[: samples[0].start()], text[samples[-1].end() :], rows)
    return text if _MARK.search(text) or _NAMED.search(text) else _packed(name, content)


def _hand(table: Bulk, whose: Any) -> tuple[int, int]:  # noqa: ANN401
    if table.dealt is None:
        raise ValueError("a table of a stencil is dealt")
    return table.dealt.hands[whose]


def _moved(text: str, height: int) -> str:
    """Numbers of rows below a table of `FAR` rows as they are below one of `height`."""
    return _BELOW.sub(lambda found: str(int(found[0]) - FAR + height), text)


def _said(text: str, texts: Mapping[str, str]) -> str:
    return _MARK.sub(lambda found: escape(texts[found[1]]), text)
