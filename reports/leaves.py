"""A PDF leaf by leaf: what is put on a page is kept until all are known, so that each can say of how many it is one.

Positions are points from the lower left corner; a text begins below its `top`. Equal pages give equal bytes: the file
has no date, and its id is a hash of its content. On a page areas lie below lines, lines below texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from reports.letters import Block, Style
from reports.typeface import Fonts, chosen, dictionary, stream

MM: Final = 72 / 25.4
HIGH, WIDE = 210 * MM, 297 * MM  # A4, landscape
_ASCENT: Final = 0.78  # of the distance of lines, down to the feet of the letters
_LEVEL: Final = 1  # of zlib: pages a sixth larger than at the usual 6, in a third of the time

Colour = tuple[float, float, float]


@dataclass(slots=True)
class _Leaf:
    """What stands on a page: areas and lines by their colour, texts, and the style of the last of them."""

    areas: dict[bytes, list[bytes]] = field(default_factory=dict)
    lines: dict[bytes, list[bytes]] = field(default_factory=dict)
    texts: list[bytes] = field(default_factory=list)
    style: Style | None = None

    def copied(self) -> _Leaf:
        areas, lines = ({look: list(drawn) for look, drawn in one.items()} for one in (self.areas, self.lines))
        return _Leaf(areas, lines, list(self.texts), self.style)

    def content(self) -> bytes:
        drawn = [
            b"%s %s %s" % (look, b"\n".join(places), operator)
            for kind, operator in ((self.areas, b"f"), (self.lines, b"S"))
            for look, places in kind.items()
        ]
        return b"\n".join([*drawn, b"BT", *self.texts, b"ET"])


class Leaves:
    """The pages of a document, A4 landscape."""

    def __init__(self, title: str, author: str) -> None:
        self._about = {"Title": title, "Author": author}
        self._fonts = Fonts()
        self._pages: list[_Leaf] = []
        self._kept: dict[str, _Leaf] = {}

    def turn(self, like: str = "") -> None:
        """Begin a new page, with what `keep` kept as `like`."""
        self._pages.append(self._kept[like].copied() if like else _Leaf())

    def keep(self, name: str) -> None:
        """Keep what stands on the last page so far for pages that begin alike."""
        self._kept[name] = self._pages[-1].copied()

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def text(self, x: float, top: float, blocks: Sequence[Block], *, page: int = -1) -> None:
        """Put blocks of text one below the other, on the last page or on number `page` (from 0)."""
        leaf, coded = self._pages[page], self._fonts.coded
        now = leaf.style
        out = [b"1 0 0 1 %.2f %.2f Tm" % (x, top + blocks[0][0][0].leading * (1 - _ASCENT))]
        for block in blocks:
            step = b"T*"  # down by the leading of the style
            for style, text in block:
                if style is not now:
                    now = style
                    out.append(_begun(style))
                out.append(b"%s(%s)Tj" % (step, coded(text, style)))
                step = b""
        leaf.style = now
        leaf.texts.append(b" ".join(out))

    def area(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """Fill a rectangle whose lower left corner is (x, y)."""
        drawn = self._pages[-1].areas.setdefault(b"%s rg" % _numbers(colour), [])
        drawn.append(b"%.2f %.2f %.2f %.2f re" % (x, y, wide, high))

    def box(self, x: float, y: float, wide: float, high: float, colour: Colour, thick: float) -> None:
        """Draw a rectangle whose lower left corner is (x, y)."""
        self.path(b"%.2f %.2f %.2f %.2f re" % (x, y, wide, high), colour, thick)

    def path(self, path: bytes, colour: Colour, thick: float) -> None:
        """Draw lines that are given as a PDF has them."""
        self._pages[-1].lines.setdefault(_pen(colour, thick), []).append(path)

    def bound(self) -> bytes:
        """The finished document."""
        fonts, made = self._fonts.objects(4)
        first = 4 + len(made)
        pages = list(range(first, first + 2 * self.count, 2))
        objects = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 %.4f %.4f]/Resources<</Font %s>>>>"
            % (self.count, b" ".join([b"%d 0 R" % number for number in pages]), WIDE, HIGH, fonts),
            dictionary(self._about),
            *made,
        ]
        for number, leaf in zip(pages, self._pages, strict=True):
            objects.append(b"<</Type/Page/Parent 2 0 R/Contents %d 0 R>>" % (number + 1))
            objects.append(stream(leaf.content(), b"", _LEVEL))
        return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    """A PDF of `objects`, numbered from 1: the first is its catalog, the third tells of it."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    parts += [b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, start=1)]
    places, at = [], 0
    for part in parts:
        places.append(at)
        at += len(part)
    table = b"".join([b"%010d 00000 n \n" % place for place in places[1:]])
    mark = hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest().encode()
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R/Info 3 0 R/ID[<%s><%s>]>>\n" % (
        len(parts), table, len(parts), mark, mark,
    )  # fmt: skip
    return b"".join([*parts, end, b"startxref\n%d\n%%%%EOF\n" % at])


@cache
def _begun(style: Style) -> bytes:
    return b"%s %g TL %s rg" % (chosen(style).encode(), style.leading, _numbers(style.colour))


@cache
def _pen(colour: Colour, thick: float) -> bytes:
    return b"%s RG %g w" % (_numbers(colour), thick)


@cache
def _numbers(colour: Colour) -> bytes:
    return b" ".join([b"%.3g" % part for part in colour])
