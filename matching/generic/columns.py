"""A column as integers: one per row, 0 for no value, and what tells the text behind each.

How a value is kept follows from the kind of its column: see `matching.kernels.conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.mix import U64, mix
from blocking.pairs import block
from matching.generic.arrow import chunks, column_of
from matching.generic.grammar import Kind
from matching.kernels.coding import laid
from matching.kernels.conditions import DATE, DIGITS, LOW, NUMBER, TEXT

I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
HOW: Final[dict[Kind, int]] = {"text": TEXT, "digits": DIGITS, "date": DATE, "number": NUMBER}
LONG: Final = 0xF << 60  # marks digits that an integer does not hold; the low bits say which text they are
_SPELL: Final = {ord(f"{digit + 1:x}"): str(digit) for digit in range(10)}


@dataclass(slots=True)
class Texts:
    """Distinct texts: number k is data[begin[k]:begin[k + 1]] in UTF-8; number 0 is the empty one."""

    data: U8
    begin: U64

    @classmethod
    def none(cls) -> Texts:
        """The empty text alone."""
        return cls(np.zeros(0, dtype=np.uint8), np.zeros(2, dtype=np.uint64))

    @classmethod
    def of(cls, series: pl.Series) -> Texts:
        """The texts of a column in its order; null is the empty one."""
        return cls(*laid(chunks(series.cast(pl.String))))

    def __len__(self) -> int:
        return len(self.begin) - 1

    def series(self) -> pl.Series:
        """All of them as a column."""
        return column_of(self.data, self.begin)

    def one(self, number: int) -> str:
        """The text of one number."""
        return bytes(self.data[int(self.begin[number]) : int(self.begin[number + 1])]).decode()


@dataclass
class Coded:
    """`values` (n,) are the integers of the rows, `given` (n,) the mix of each value as it was written.

    `texts` are the distinct texts of a text column, or the long numbers of a column of digits; `counts` says how many
    rows bear each (of text columns only).
    """

    name: str
    kind: Kind
    values: I64
    given: U64
    texts: Texts = field(default_factory=Texts.none)
    counts: I64 = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    classes: int = -1  # where the class of a common value stands: -1 nowhere, -2 above bit 32, else a column of rows

    @property
    def how(self) -> int:
        """How values are kept: TEXT, DIGITS, DATE or NUMBER of the kernels."""
        return HOW[self.kind]

    @property
    def plain(self) -> I64:
        """The values without the class that may stand above bit 32 of a text or date."""
        return self.values & LOW if self.how in (TEXT, DATE) else self.values

    @cached_property
    def distinct(self) -> pl.Series:
        """The distinct texts of a text column by code; the first is empty."""
        return self.texts.series()

    def text(self, value: int) -> str | None:
        """The text of one of `values`."""
        if value == 0:
            return None
        if self.how == TEXT:
            return self.texts.one(value & LOW)
        if self.how == NUMBER:
            return str(float(np.int64(value).view(np.float64)) + 0.0)
        number = value & (2**64 - 1)
        if number >= LONG:
            return self.texts.one(number & (LOW << 28 | LOW))
        digits = f"{number & LOW if self.how == DATE else number:x}".translate(_SPELL)
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if self.how == DATE else digits

    def written(self) -> pl.Series:
        """The cleaned text of every row; null for no value."""
        if self.how == TEXT:
            made, place = self.distinct, self.plain
        else:
            seen, place = np.unique(self.values, return_inverse=True)
            made = pl.Series("v", [self.text(int(value)) for value in seen], dtype=pl.String)
        found = pl.DataFrame({"v": made.gather(pl.Series(place)), "known": self.values != 0})
        return found.select(pl.when("known").then("v").alias(self.name)).to_series()

    def sizes(self) -> I64:
        """(n,) how many rows bear the value of each row."""
        if self.how == TEXT:
            return np.asarray(self.counts[self.plain], dtype=np.int64)
        out: I64 = (self.values != 0).astype(np.int64)
        blocks = block(np.where(self.values != 0, mix(self.plain), np.uint64(0)))
        size = blocks.stop - blocks.start
        place = np.repeat(blocks.start - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
        out[blocks.order[place]] = np.repeat(size, size)
        return np.asarray(out, dtype=np.int64)

    @property
    def effective(self) -> float:
        """How many equally common values would agree by chance as often as these."""
        known = float((self.values != 0).sum())
        return known**2 / float(self.sizes().sum()) if known else 1e12
