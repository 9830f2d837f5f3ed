"""The letters of a document as a PDF has them: numbered from 0 to 255, in fonts that hold no others.

Nearly every list needs the same letters. Those have the same numbers in all documents of a process, so that text is
numbered at the speed of bytes and their fonts are made once; other letters go into further fonts of a document.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from reports.letters import BOLD, PLAIN, Style, face, shown

# Letter of each number in the first font, 0 for none. Brackets, which would end a string, are numbered among the
# letters that our texts use beside ASCII.
_SIGNS: Final = "()\\"
_FIRST: Final = (
    *[0] * 32,
    *(0 if chr(n) in _SIGNS else n for n in range(32, 127)),
    0,
    *map(ord, _SIGNS + "•·–—→…‘’“”≤≥×±"),
)
_HELD: Final = 224  # letters of a further font: the first 32 numbers stay empty, as in the first one
_NAMES: Final = {PLAIN: "F1", BOLD: "F2"}
# Encoding is fast only with a table that has the letter 0 as its number 0; `numbered` looks for that one itself.
_NUMBERS: Final[Any] = codecs.charmap_build(
    "".join(chr(code) if code or place == 0 else "\n" if place == 10 else "\ufffe" for place, code in enumerate(_FIRST))
    + "\ufffe" * (256 - len(_FIRST))
)
_LEVEL: Final = 6


def numbered(text: str) -> bytes | None:
    """`text` as it stands between the brackets of a string of the first font; None when that has not all its letters.

    A line break ends the string and begins the next line.
    """
    try:
        raw: bytes = codecs.charmap_encode(text, "strict", _NUMBERS)[0]
    except UnicodeEncodeError:
        return None
    if b"\0" in raw:
        return None
    return raw.replace(b"\n", b")Tj T*(")


class Fonts:
    """The fonts of one document."""

    def __init__(self) -> None:
        self._rest: dict[str, dict[int, int]] = {name: {} for name in _NAMES}  # letter -> its place in further fonts
        self._spelled: dict[Style, _Spelled] = {}

    def coded(self, text: str, style: Style) -> bytes:
        """`numbered`, with the letters that the first font has not in others, which are chosen for them alone."""
        if (known := numbered(text)) is not None:
            return known
        spelled = self._spelled.get(style)
        if spelled is None:
            spelled = self._spelled[style] = _Spelled(style, self._rest[style.font])
        return text.translate(spelled).encode("latin-1")

    def objects(self, first: int) -> tuple[bytes, list[bytes]]:
        """The dictionary of all fonts, and the objects they consist of, numbered from `first` on."""
        named: list[bytes] = []
        made: list[bytes] = []
        for font, rest in self._rest.items():
            letters = list(rest)
            held = [letters[at : at + _HELD] for at in range(0, len(letters), _HELD)]
            for part, codes in enumerate((_FIRST, *((*[0] * 32, *some) for some in held))):
                number = first + len(made)
                named.append(b"/%s %d 0 R" % (_name(font, part).encode(), number))
                made += _objects(font, part, codes, number)
        return b"<<%s>>" % b" ".join(named), made


def chosen(style: Style, part: int = 0) -> str:
    """The operator that chooses the font of a style."""
    return f"/{_name(style.font, part)} {style.size:g} Tf"


def _name(font: str, part: int) -> str:
    return f"{_NAMES[font]}p{part}" if part else _NAMES[font]


class _Spelled(dict[int, str]):
    """For `str.translate`: a letter -> how it stands between the brackets of a text in `style`."""

    def __init__(self, style: Style, rest: dict[int, int]) -> None:
        super().__init__()
        self._style, self._rest = style, rest

    def __missing__(self, code: int) -> str:
        letters = "\n" if code == 10 else shown(code, self._style.font)
        self[code] = "".join(map(self._one, letters))
        return self[code]

    def _one(self, letter: str) -> str:
        known = numbered(letter)
        if known is not None:
            return known.decode("latin-1")
        part, place = divmod(self._rest.setdefault(ord(letter), len(self._rest)), _HELD)
        style = self._style
        return f")Tj {chosen(style, part + 1)} (\\{place + 32:03o})Tj {chosen(style)} ("


@lru_cache(maxsize=16)
def _objects(font: str, part: int, codes: tuple[int, ...], number: int) -> list[bytes]:
    """Font, descriptor, font file and table of letters of a font that holds `codes`; the first is object `number`."""
    made = face(font)
    name = b"%s+%s" % (bytes([65 + int(digit) for digit in f"{part:06d}"]), made.name)
    used = [(place, code) for place, code in enumerate(codes) if code]
    widths = b" ".join(b"%g" % made.getCharWidth(code) for code in codes)
    about = (
        b"/Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%s]/ItalicAngle %g/Ascent %g/Descent %g/CapHeight %g"
        b"/StemV %g/MissingWidth %g/FontFile2 %d 0 R"
    ) % (
        name, made.flags & ~32 | 4, b" ".join(b"%g" % one for one in made.bbox), made.italicAngle, made.ascent,
        made.descent, made.capHeight, made.stemV, made.defaultWidth, number + 2,
    )  # fmt: skip
    file = _subset(font, codes)
    return [
        b"<</Type/Font/Subtype/TrueType/BaseFont/%s/FirstChar 0/LastChar %d/Widths[%s]/FontDescriptor %d 0 R"
        b"/ToUnicode %d 0 R>>" % (name, len(codes) - 1, widths, number + 1, number + 3),
        b"<<%s>>" % about,
        stream(file, b"/Length1 %d" % len(file), _LEVEL),
        stream(_back(name, used), b"", _LEVEL),
    ]


@cache
def _first(font: str) -> bytes:
    return bytes(face(font).makeSubset(list(_FIRST)))


def _subset(font: str, codes: tuple[int, ...]) -> bytes:
    return _first(font) if codes == _FIRST else bytes(face(font).makeSubset(list(codes)))


def _back(name: bytes, used: Sequence[tuple[int, int]]) -> bytes:
    """Which letter each number is, for those who copy or search text."""
    lines = [
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (%s) "
        b"/Ordering (%s) /Supplement 0 >> def\n/CMapName /%s def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<00> <FF>\nendcodespacerange" % (name, name, name)
    ]
    for at in range(0, len(used), 100):  # no more may stand in one block
        some = used[at : at + 100]
        lines += [b"%d beginbfchar" % len(some), *(b"<%02X> <%04X>" % one for one in some), b"endbfchar"]
    lines.append(b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
    return b"\n".join(lines)


def stream(content: bytes, about: bytes, level: int) -> bytes:
    """An object that holds `content`, compressed; `about` goes into its dictionary."""
    packed = zlib.compress(content, level)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (about, len(packed), packed)


def dictionary(entries: Mapping[str, str]) -> bytes:
    """A dictionary of texts in any letters."""
    return b"<<%s>>" % b"".join(
        b"/%s<FEFF%s>" % (key.encode(), text.encode("utf-16-be").hex().upper().encode())
        for key, text in entries.items()
    )
