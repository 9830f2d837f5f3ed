"""A PDF leaf by leaf: what is put on a page is kept until all are known, so that each can say of how many it is one.

Positions are points from the lower left corner; a text begins below its `top`. Equal pages give equal bytes: the file
has no date, and its id is a hash of its content.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Final

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from reports.letters import PLAIN, Block, Coded, Style, font

MM: Final = 72 / 25.4
HIGH, WIDE = A4  # landscape
_ASCENT: Final = 0.78  # of the distance of lines, down to the feet of the letters

Colour = tuple[float, float, float]
rl_config.useA85 = 0  # pages of letters only would be a quarter larger and take three times as long


class Leaves:
    """The pages of a document, A4 landscape."""

    def __init__(self, title: str, author: str) -> None:
        font(PLAIN)
        self._out = BytesIO()
        self._canvas = Canvas(self._out, (WIDE, HIGH), initialFontName=PLAIN, invariant=1, pageCompression=1)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._coded: dict[Style, Coded] = {}
        self._begin: dict[Style, str] = {}
        self._pages: list[list[str]] = []
        self._kept: dict[str, tuple[str, ...]] = {}

    def turn(self, like: str = "") -> None:
        """Begin a new page, with what `keep` kept as `like`."""
        self._pages.append(list(self._kept.get(like, ())))

    def keep(self, name: str) -> None:
        """Keep what stands on the last page so far for pages that begin alike."""
        self._kept[name] = tuple(self._pages[-1])

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def text(self, x: float, top: float, blocks: Sequence[Block], *, page: int = -1) -> None:
        """Put blocks of text one below the other, on the last page or on number `page` (from 0)."""
        now = None
        out = [f"BT {x:.2f} {top + blocks[0][0][0].leading * (1 - _ASCENT):.2f} Td"]
        for block in blocks:
            out.append(f"0 {-block[0][0].leading:g} Td")
            for style, text in block:
                if style is not now:
                    now = style
                    coded = self._coded.get(style) or self._learn(style)
                    out.append(self._begin[style])
                out.append(f"({text.translate(coded)}) Tj")
        out.append("ET")
        self._pages[page].append(" ".join(out))

    def _learn(self, style: Style) -> Coded:
        # The canvas hands its document to the fonts in the same way.
        coded = self._coded[style] = Coded(style, self._canvas._doc)
        self._begin[style] = f"{coded.choice} {_numbers(style.colour)} rg"
        return coded

    def area(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """Fill a rectangle whose lower left corner is (x, y)."""
        self._pages[-1].append(f"{_numbers(colour)} rg {x:.2f} {y:.2f} {wide:.2f} {high:.2f} re f")

    def boxes(self, places: Sequence[tuple[float, float, float, float]], colour: Colour, thick: float) -> None:
        """Draw rectangles (x, y, width, height)."""
        drawn = " ".join([f"{x:.2f} {y:.2f} {wide:.2f} {high:.2f} re" for x, y, wide, high in places])
        self._pages[-1].append(f"{_numbers(colour)} RG {thick:g} w {drawn} S")

    def uprights(self, places: Sequence[float], top: float, bottom: float, colour: Colour, thick: float) -> None:
        """Draw vertical lines."""
        drawn = " ".join([f"{x:.2f} {top:.2f} m {x:.2f} {bottom:.2f} l" for x in places])
        self._pages[-1].append(f"{_numbers(colour)} RG {thick:g} w {drawn} S")

    def bound(self) -> bytes:
        """The finished document."""
        for page in self._pages:
            self._canvas.addLiteral("\n".join(page))
            self._canvas.showPage()
        self._canvas.save()
        return self._out.getvalue()


@cache
def _numbers(colour: Colour) -> str:
    return " ".join([f"{part:.3g}" for part in colour])
