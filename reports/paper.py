"""The lists of villages as PDF: A4 to print, tick, sign. Set by typst with the fonts it ships; nothing is fetched.

Equal lists give equal bytes: the document has no date, and its id is a hash of its content.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

_TEMPLATE: Final = Path(__file__).parent / "templates" / "desa.typ"
_BLANK: Final = b"#set page(width: 1cm, height: 1cm)"
_LINES_PER_BLANK: Final = 100
_MOST_BLANKS: Final = 4
_TOGETHER: Final = 2  # a large list takes hundreds of MB while it is set


@cache
def _fonts() -> typst.Fonts:
    # Fonts of the computer would make the pages of two computers differ.
    return typst.Fonts(include_system_fonts=False)


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def render(lists: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """The PDF of each village list (keys as templates/desa.typ reads them; all shown values are strings), in order.

    typst does not hold up Python: lists are set ahead, two at a time, while the caller does something with the first.
    """
    with ThreadPoolExecutor(max_workers=min(_TOGETHER, os.cpu_count() or 1)) as setter:
        yield from setter.map(_set, lists)


def _set(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Tags for screen readers would double the time and the size of a list that is made for paper.
    made = typst.compile(_template(), font_paths=_fonts(), sys_inputs={"data": text}, format="pdf", pdf_tags=False)
    # typst keeps what it set for ten more documents; nothing of a village comes again, and a large one takes hundreds
    # of MB. Blank documents let it age sooner; more of them would take from the list beside it what it still needs.
    lines = sum(len(k["baris"]) for k in data["keluarga"])
    for _ in range(min(lines // _LINES_PER_BLANK, _MOST_BLANKS)):
        typst.compile(_BLANK, font_paths=_fonts())
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    return made
