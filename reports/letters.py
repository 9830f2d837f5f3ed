"""Letters on paper: the fonts, how wide a text is, where its lines break.

The fonts have the letters of most scripts that are written from left to right. A letter that they have not is shown by
its number, [U+4E2D], so that nothing is lost without being seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from font_source_sans_pro import font_files_ttf
from reportlab.pdfbase.ttfonts import TTFontFace

PLAIN: Final = "SourceSansPro"
BOLD: Final = "SourceSansProBold"
_MOST_WORDS: Final = 200_000  # whose width is remembered, per font
_LAST: Final = 0xFFFF  # a PDF tells later letters back only in pairs, which the library does not write


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """How a text looks: font, size and distance of lines in points, colour as red, green, blue (0-1)."""

    font: str
    size: float
    leading: float
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def block(self, text: str, room: float) -> Block:
        """`text` in lines that are at most `room` points wide."""
        return ((self, "\n".join(wrapped(text, self, room))),)


Block = tuple[tuple[Style, str], ...]  # runs one beside the other; the last may hold several lines


def height(blocks: Sequence[Block]) -> float:
    """How high blocks of text are, one below the other, in points."""
    return sum([block[0][0].leading * (1 + block[-1][1].count("\n")) for block in blocks])


def by_line(blocks: Sequence[Block]) -> list[Block]:
    """The same text in blocks of one line."""
    lines: list[Block] = []
    for *runs, (style, text) in blocks:
        first, *more = text.split("\n")
        lines += [(*runs, (style, first)), *(((style, line),) for line in more)]
    return lines


@cache
def face(name: str) -> TTFontFace:
    """A font that comes with padan."""
    return TTFontFace(font_files_ttf[name])


def shown(code: int, name: str) -> str:
    """The letter with this number, as the font `name` can show it."""
    if chr(code).isspace():
        return " "
    if unicodedata.category(chr(code)) == "Cf":
        return ""  # nothing to be seen: where a word may break, in which direction it is written
    return chr(code) if code <= _LAST and code in face(name).charToGlyph else f"[U+{code:04X}]"


class _Letters(dict[int, float]):
    """Number of a letter -> its width in thousandths of the size, shown as the font can show it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[int, float] = face(name).charWidths

    def __missing__(self, code: int) -> float:
        self[code] = sum(self._known[ord(letter)] for letter in shown(code, self._name))
        return self[code]


class _Words(dict[str, float]):
    """Word -> its width in thousandths of the size."""

    def __init__(self, name: str) -> None:
        self.letters = _Letters(name)
        self.space = self.letters[ord(" ")]

    def __missing__(self, word: str) -> float:
        if len(self) >= _MOST_WORDS:
            self.clear()
        letters = self.letters
        self[word] = width = sum([letters[code] for code in map(ord, word)])
        return width


@cache
def _words(name: str) -> _Words:
    return _Words(name)


def width(text: str, style: Style) -> float:
    """How wide a line of text is, in points."""
    words = _words(style.font)
    parts = text.split(" ")
    return (sum([words[word] for word in parts]) + words.space * (len(parts) - 1)) * style.size / 1000


def wrapped(text: str, style: Style, room: float) -> list[str]:
    """The lines of `text` at most `room` points wide; a word that is wider than that goes on in the next line."""
    words = _words(style.font)
    space, most = words.space, room * 1000 / style.size
    lines: list[str] = []
    for part in text.split("\n"):
        found = part.split(" ")
        if sum(map(words.__getitem__, found)) + space * (len(found) - 1) <= most:
            lines.append(part)
            continue
        line: list[str] = []
        used = -space
        for word in found:
            wide = words[word]
            if used + space + wide <= most:
                line.append(word)
                used += space + wide
                continue
            if line:
                lines.append(" ".join(line))
            rest = word
            if wide > most:
                *whole, rest = _pieces(word, words.letters, most)
                lines += whole
            line, used = [rest], words[rest]
        lines.append(" ".join(line))
    return lines


def _pieces(word: str, letters: _Letters, most: float) -> Iterator[str]:
    start, used = 0, 0.0
    for place, letter in enumerate(word):
        wide = letters[ord(letter)]
        if used + wide > most and place > start:
            yield word[start:place]
            start, used = place, 0.0
        used += wide
    yield word[start:]
