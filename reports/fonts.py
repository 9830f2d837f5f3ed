"""The letters of the village lists: those that typst ships, cut out of a sheet that typst sets.

Nothing is fetched and nothing of the computer is used, so that the pages of two computers are the same. The text of a
page is written in one byte per letter (cp1252, and a few signs more); a CMap of ours leads each byte to its letter.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import typst

REGULAR, BOLD, ITALIC, MONO = range(4)
# Height of a capital, in em; lines are as high as their capitals.
CAPITAL: Final = (0.658, 0.645, 0.645, 0.729)
_STYLES: Final = ("", 'weight: "bold"', 'style: "italic"', 'font: "DejaVu Sans Mono"')
_SIGNS: Final = {0x81: "→", 0x8D: "←", 0x8F: "≥", 0x90: "≤", 0x9D: "−"}  # where cp1252 has no letter
_PLAIN: Final = "–→·•…"  # with ASCII: enough for most villages
_OBJECT: Final = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.S)
_SHEET: Final = """#set page(width: 60cm, height: 40cm, margin: 1cm)
#set text(font: "Libertinus Serif", size: 8pt, ligatures: false, hyphenate: false)
"""


def _letter(code: int) -> str:
    if code in _SIGNS:
        return _SIGNS[code]
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return ""


LETTERS: Final = ["" if code < 32 or code in (127, 0xA0, 0xAD) else _letter(code) for code in range(256)]
_CODE: Final = {letter: code for code, letter in enumerate(LETTERS) if letter}
# Bytes that only the full sheet knows.
RARE: Final = frozenset(c for c in range(128, 256) if LETTERS[c] and LETTERS[c] not in _PLAIN)


def coded(letter: str) -> str:
    """`letter` as the character whose Latin-1 byte stands for it: accents go where no font letter has them."""
    if letter in _CODE:
        return chr(_CODE[letter])
    bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if c in _CODE)
    return "".join(chr(_CODE[c]) for c in bare) or (" " if letter.isspace() else "?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The four fonts: `objects` of a PDF (numbered from `FIRST`), and the width of each byte in each font, in em."""

    objects: tuple[bytes, ...]
    widths: tuple[npt.NDArray[np.float64], ...]


FIRST: Final = 10  # number of the first font object in a document
_PER_FONT: Final = 6


def font_number(face: int) -> int:
    """The object number of the font `face` in a document."""
    return FIRST + face * _PER_FONT


@cache
def typst_fonts() -> typst.Fonts:
    """The fonts typst ships, and no others."""
    return typst.Fonts(include_system_fonts=False)


@cache
def sheet(*, full: bool) -> Sheet:
    """The fonts with ASCII and a few signs, or in full."""
    wanted = [c for c in range(256) if LETTERS[c] and (full or c not in RARE)]
    shown = "".join(LETTERS[c] for c in wanted)
    source = _SHEET + "\n\n".join(f"#text({style}{', ' if style else ''}sys.inputs.letters)" for style in _STYLES)
    made = typst.compile(
        source.encode(), font_paths=typst_fonts(), sys_inputs={"letters": shown}, format="pdf", pdf_tags=False,
        pdf_standards=["1.4"],
    )  # fmt: skip
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    found = {int(m[1]): m[2] for m in _OBJECT.finditer(made)}
    fonts = [body for _number, body in sorted(found.items()) if b"/Subtype/Type0" in body]
    objects: list[bytes] = []
    widths = []
    for face, name in enumerate((b"Serif-Regular", b"Serif-Bold", b"Serif-Italic", b"SansMono")):
        (font,) = (body for body in fonts if re.search(rb"/BaseFont/[A-Z]{6}\+\w*" + name, body))
        kept, width = _font(font, found, font_number(face))
        objects += kept
        widths.append(width)
    return Sheet(tuple(objects), tuple(widths))


def _font(font: bytes, found: dict[int, bytes], number: int) -> tuple[list[bytes], npt.NDArray[np.float64]]:
    """The objects of one font, numbered anew from `number`, and the width of each byte."""

    def named(body: bytes, key: bytes) -> int:
        place = re.search(rb"/" + key + rb"[\[ ]*(\d+) 0 R", body)
        if place is None:
            raise ValueError(f"no {key.decode()} in a font of typst")
        return int(place[1])

    cid = found[named(font, b"DescendantFonts")]
    descriptor = found[named(cid, b"FontDescriptor")]
    file_key = b"FontFile3" if b"/FontFile3" in descriptor else b"FontFile2"
    glyph_of = _glyphs(_stream(found[named(font, b"ToUnicode")]).decode("latin-1"))
    glyphs = {code: glyph_of[letter] for code, letter in enumerate(LETTERS) if letter in glyph_of}
    advance = _advances(cid)
    width = np.zeros(256)
    for code, glyph in glyphs.items():
        width[code] = advance.get(glyph, 0.0) / 1000
    base = re.search(rb"/BaseFont(/[^/<>\[\]]+)", font)
    if base is None:
        raise ValueError("a font of typst has no name")
    descriptor = re.sub(rb"/CIDSet \d+ 0 R", b"", descriptor)
    return [
        b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding %d 0 R/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (base[1], number + 1, number + 2, number + 3),
        stream(_cmap([f"<{c:02X}> {g}" for c, g in glyphs.items()], "cidchar"),
               b"/Type/CMap/CMapName/Padan/WMode 0/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"),
        re.sub(rb"/FontDescriptor \d+ 0 R", b"/FontDescriptor %d 0 R" % (number + 4), cid),
        stream(_cmap([f"<{c:02X}> <{LETTERS[c].encode('utf-16-be').hex().upper()}>" for c in glyphs], "bfchar")),
        re.sub(rb"/%s \d+ 0 R" % file_key, b"/%s %d 0 R" % (file_key, number + 5), descriptor),
        found[named(descriptor, file_key)],
    ], width  # fmt: skip


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(content, 6)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream" % (len(packed), entries, packed)


def _stream(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body[body.index(b"stream\n") + 7 :])


def _glyphs(cmap: str) -> dict[str, int]:
    """Letter -> number of its glyph, from a ToUnicode CMap."""
    found: dict[str, int] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.S):
        for glyph, letter in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[bytes.fromhex(letter).decode("utf-16-be")] = int(glyph, 16)
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, letter in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = ord(bytes.fromhex(letter).decode("utf-16-be"))
            found |= {chr(start + k): int(first, 16) + k for k in range(int(last, 16) - int(first, 16) + 1)}
    return found


def _advances(cid: bytes) -> dict[int, float]:
    """Glyph -> width in thousandths of an em, from the /W array (`first last width`) of a CID font."""
    place = re.search(rb"/W\s*\[([^\]]*)\]", cid)
    numbers = [float(n) for n in place[1].split()] if place else []
    found: dict[int, float] = {}
    for first, last, width in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
        found |= dict.fromkeys(range(int(first), int(last) + 1), width)
    return found


def _cmap(entries: list[str], kind: str) -> bytes:
    blocks = [entries[i : i + 100] for i in range(0, len(entries), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> def",
        "/CMapName /Padan def", f"/CMapType {1 if kind == 'cidchar' else 2} def", "/WMode 0 def",
        "1 begincodespacerange", "<00> <FF>", "endcodespacerange",
        *(line for block in blocks for line in (f"{len(block)} begin{kind}", *block, f"end{kind}")),
        "endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end",
    ]  # fmt: skip
    return "\n".join(lines).encode()
