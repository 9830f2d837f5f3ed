"""Raw sheets as `sources` reads them, in the shape in which `reports` gives them back to their senders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from padan.config import InputFile
from reports.returns import RawTable
from sources.csvtext import decode, sniff_delimiter
from sources.inspecting import raw_sheets

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_HEAD = 1 << 18  # bytes that are enough to know delimiter and encoding again


@dataclass(frozen=True, slots=True)
class Returned:
    """One sheet of an input file: the lines above its data, and its data as text with `nomor_baris`."""

    lembar: str | None
    header_rows: Sequence[Sequence[str | None]]
    frame: pl.DataFrame
    delimiter: str | None
    encoding: str | None


def returned(inputs: Sequence[InputFile], labels: Sequence[str]) -> Mapping[str, Callable[[], Iterable[RawTable]]]:
    """Per input file, under the name the reports know it by, a function that reads its sheets again."""
    return {name: partial(read, one.path) for one, name in zip(inputs, labels, strict=True)}


def read(path: Path) -> list[Returned]:
    """The sheets of `path`."""
    encoding = delimiter = None
    if path.suffix.lower() in _TEXT_SUFFIXES:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        # A character cut in two at the end would look like another encoding.
        head = head[: head.rfind(b"\n") + 1] or head
        text, encoding = decode(head, path)
        delimiter = sniff_delimiter(text)
    sheets = []
    for sheet in raw_sheets(path):
        above = int((sheet.rows < sheet.data_start_row).sum())  # rows stand in their order: a slice copies nothing
        sheets.append(
            Returned(
                sheet.name,
                sheet.frame.head(above).rows(),
                sheet.frame.slice(above).with_columns(sheet.rows.slice(above).alias("nomor_baris")),
                delimiter,
                encoding,
            )
        )
    return sheets
