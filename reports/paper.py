"""The list of one village as PDF: A4 to print, tick, sign. Set by typst with the fonts it ships; nothing is fetched.

Equal lists give equal bytes: the document has no date, and its id is a hash of its content.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

_TEMPLATE: Final = Path(__file__).parent / "templates" / "desa.typ"
_BLANK: Final = b"#set page(width: 1cm, height: 1cm)"
_LINES_PER_GENERATION: Final = 40


@cache
def _fonts() -> typst.Fonts:
    # Fonts of the computer would make the pages of two computers differ.
    return typst.Fonts(include_system_fonts=False)


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def render(data: dict[str, Any]) -> bytes:
    """The PDF of the village list `data` (keys as templates/desa.typ reads them; all shown values are strings).

    Lets other threads run meanwhile.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Tags for screen readers would double the time and the size of a list that is made for paper.
    made = typst.compile(_template(), font_paths=_fonts(), sys_inputs={"data": text}, format="pdf", pdf_tags=False)
    # typst keeps what it set for the next ten documents; nothing of a village comes again, and a large one takes
    # hundreds of MB. Blank documents let it age sooner, the more the longer the list.
    for _ in range(min(sum(len(k["baris"]) for k in data["keluarga"]) // _LINES_PER_GENERATION, 10)):
        typst.compile(_BLANK, font_paths=_fonts())
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    return made
