"""Text on a page: into bytes of the fonts, broken into lines, and out again as the commands that draw it.

Everything works on whole columns: a province has a million lines. First fit, as typst breaks text set ragged.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from reports.fonts import CAPITAL, RARE, coded, sheet

MM: Final = 72 / 25.4
LEADING: Final = 0.42  # em between two lines
_BLANK, _END = 0x20, 0x1E
_OTHER: Final = r"[^\x20-\x7E\n]"
RARE_LETTER: Final = re.compile("[" + "".join(map(chr, sorted(RARE))) + "]")  # only the full fonts have it
_LONGEST: Final = 22  # letters of a word that fits any column at the sizes used


def encoded(texts: pl.Series) -> pl.Series:
    """`texts` with every letter as the character (U+0020 - U+00FF) whose byte stands for it in the fonts."""
    odd = texts.filter(texts.str.contains(_OTHER)).str.extract_all(_OTHER).explode(empty_as_null=False)
    letters = odd.drop_nulls().unique().sort().to_list()
    # The bytes of one letter must not be taken for another one: all at once, never one after the other.
    found = texts.str.replace_many(letters, [_coded(one) for one in letters]) if letters else texts
    return found.fill_null("")


@cache
def _coded(letter: str) -> str:
    return coded(letter)


def broken(texts: pl.Series, face: int, size: float, width: float) -> pl.Series:
    """Encoded `texts` with a line break for every blank at which a line of `width` points is full.

    Words of more than 22 letters are cut: nothing may run into the next cell.
    """
    texts = pl.select(
        pl.when(texts.str.contains(rf"[^ \n]{{{_LONGEST + 1}}}"))
        .then(texts.str.replace_all(rf"([^ \n]{{{_LONGEST}}})", "$1 "))
        .otherwise(texts)
    ).to_series()
    if texts.is_empty():
        return texts
    joined = "\x1e".join(texts.to_list()) + "\x1e"
    letters = np.frombuffer(joined.encode("latin-1"), np.uint8).copy()
    along = np.concatenate(([0.0], np.cumsum(sheet(full=True).widths[face][letters] * size)))
    hard = (letters == _END) | (letters == 0x0A)
    stop = np.flatnonzero(hard | (letters == _BLANK))  # where a word ends
    begin = np.concatenate(([0], stop[:-1] + 1))
    last = stop[np.searchsorted(stop, np.flatnonzero(hard))]  # the end of the paragraph ...
    paragraph_end = np.searchsorted(stop, last)  # ... as the number of its last word
    final = paragraph_end[np.searchsorted(paragraph_end, np.arange(stop.size))]
    # All paragraphs at once, one line of each at a time: the last word that ends before the line is full.
    word = np.concatenate(([0], paragraph_end[:-1] + 1))
    ends = along[stop]
    while word.size:
        fits = np.searchsorted(ends, along[begin[word]] + width + 1e-6, side="right") - 1
        fits = np.maximum(fits, word)
        more = fits < final[word]
        word, fits = word[more], fits[more]
        letters[stop[fits]] = 0x0A
        word = fits + 1
    return pl.Series(texts.name, letters.tobytes().decode("latin-1").split("\x1e")[:-1], dtype=pl.String)


def measured(texts: pl.Series, face: int, size: float) -> npt.NDArray[np.float64]:
    """The width of each encoded text in points."""
    if texts.is_empty():
        return np.zeros(0)
    letters = np.frombuffer(("\x1e".join(texts.to_list()) + "\x1e").encode("latin-1"), np.uint8)
    along = np.cumsum(sheet(full=True).widths[face][letters])
    ends = along[np.flatnonzero(letters == _END)]
    return np.diff(ends, prepend=0.0) * size


def capital(face: int, size: float) -> float:
    """The height of a line in points."""
    return CAPITAL[face] * size


def hundredths(points: pl.Expr) -> pl.Expr:
    """Points as a whole number of hundredths, as text: the unit that pages are drawn in."""
    return (points * 100).round().cast(pl.Int64).cast(pl.String)


def escaped(text: pl.Expr) -> pl.Expr:
    """Encoded text as it stands in a PDF string."""
    return (
        text.str.replace_all("\\", "\\\\", literal=True)
        .str.replace_all("(", "\\(", literal=True)
        .str.replace_all(")", "\\)", literal=True)
    )


def drawn(x: pl.Expr, y: pl.Expr, text: pl.Expr, face: int, size: float, colour: pl.Expr | None = None) -> pl.Expr:
    """The command that writes encoded `text` at x, y (points from the lower left); `colour` as `r g b rg`."""
    font = pl.lit(f"/F{face} {round(size * 100)} Tf 1 0 0 1 ")
    parts = (font, hundredths(x), pl.lit(" "), hundredths(y), pl.lit(" Tm("), escaped(text), pl.lit(")Tj\n"))
    return pl.concat_str(*parts) if colour is None else pl.concat_str(colour, pl.lit("\n"), *parts, pl.lit("0 g\n"))


def box(x: pl.Expr, y: pl.Expr, width: pl.Expr, height: pl.Expr) -> pl.Expr:
    """A rectangle for the path: lower left corner and size, in points."""
    return pl.concat_str(
        *(part for e in (x, y, width, height) for part in (hundredths(e), pl.lit(" "))), pl.lit("re\n")
    )
