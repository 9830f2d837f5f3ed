"""Frames -> cleaned, coded columns: one integer code per distinct value, 0 for missing.

Rows are put into an order of their own content first, so that nothing later can depend on the order of a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

from matching.generic.grammar import Kind
from matching.generic.spec import Column, LinkageSpec
from rules.names import add_name_columns

Codes = npt.NDArray[np.int64]
SOURCE, ROW, FINGERPRINT = "_source", "_row", "_fingerprint"
_STEPS = {
    "accents": lambda e: e.str.normalize("NFKD").str.replace_all(r"\p{M}", ""),
    "lower": lambda e: e.str.to_lowercase(),
    "upper": lambda e: e.str.to_uppercase(),
    "letters": lambda e: e.str.replace_all(r"[^\p{L} ]", " "),
    "digits": lambda e: e.str.replace_all(r"[^0-9]", ""),
    "alnum": lambda e: e.str.replace_all(r"[^\p{L}0-9 ]", " "),
    "collapse": lambda e: e.str.replace_all(r"\s+", " ").str.strip_chars(" "),
    "no_blanks": lambda e: e.str.replace_all(r"\s+", ""),
    "leading_zeros": lambda e: e.str.strip_chars_start("0"),
}


class Coded:
    """A cleaned column: `codes` per row, `texts[code]` the value (texts[0] is empty), `share[code]` its frequency."""

    def __init__(self, name: str, kind: Kind, values: pl.Series) -> None:
        self.name, self.kind = name, kind
        frame = values.alias("v").to_frame()
        distinct = frame.drop_nulls().group_by("v").agg(n=pl.len()).sort("v").with_row_index("code", offset=1)
        joined = frame.join(distinct.select("v", "code"), on="v", how="left", maintain_order="left")
        self.codes: Codes = joined["code"].fill_null(0).cast(pl.Int64).to_numpy()
        self.values = pl.concat([pl.Series("v", [""]), distinct["v"]])
        counts = distinct["n"].cast(pl.Float64).to_numpy()
        self.share = np.concatenate(([0.0], counts / max(counts.sum(), 1.0)))

    @cached_property
    def texts(self) -> npt.NDArray[np.object_]:
        """The distinct values as Python strings."""
        return np.array(self.values.to_list(), dtype=object)

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The distinct values as numbers; nan for the missing one."""
        return self.values.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()

    @cached_property
    def dates(self) -> Codes:
        """The distinct values as yyyymmdd; month and day are 0 where only the year is known."""
        return self.values.str.replace_all("-", "").cast(pl.Int64, strict=False).fill_null(0).to_numpy()

    def derived(self, made: pl.Series) -> Codes:
        """Codes of another text made of each distinct value (null or empty: 0), for comparison by equality."""
        text = made.fill_null("")
        code = text.rank("dense").cast(pl.Int64).to_numpy()
        return np.where((text == "").to_numpy() | (np.arange(len(text)) == 0), 0, code + 1)


@dataclass(slots=True)
class Prepared:
    """All rows of all lists in content order. `source` and `row` say where each stands (rows from 1)."""

    columns: dict[str, Coded]
    source: npt.NDArray[np.uint8]
    row: npt.NDArray[np.uint32]
    fingerprint: list[str]
    n_sources: int
    given: pl.DataFrame  # source (number), row, fingerprint and the columns as text, in the order of the lists

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.source)


def prepare(frames: Sequence[pl.DataFrame], spec: LinkageSpec) -> Prepared:
    """Clean and code `frames`, which hold the columns of the specification as text (absent ones count as missing)."""
    given = [name for name, column in spec.columns.items() if column.own]
    parts = []
    for number, frame in enumerate(frames):
        texts = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(pl.String).alias(name) for name in given
        ]
        parts.append(
            frame.select(
                *texts,
                pl.lit(number, dtype=pl.UInt8).alias(SOURCE),
                pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias(ROW),
            )
        )
    whole = pl.concat(parts)
    text = pl.concat_str([pl.col(name).str.strip_chars().fill_null("\x00") for name in given], separator="\x1f")
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    whole = whole.with_columns(hashed.str.head(32).alias(FINGERPRINT)).sort(FINGERPRINT, SOURCE, ROW)
    cleaned = whole.select(SOURCE, ROW, FINGERPRINT)
    for name in given:
        if not spec.columns[name].join:
            cleaned = cleaned.with_columns(clean(whole[name], spec.columns[name]).alias(name))
    for name, column in spec.columns.items():
        if column.join:
            joined = pl.concat_str([pl.col(part) for part in column.join], separator=" ", ignore_nulls=True)
            made = cleaned.select(pl.when(joined != "").then(joined).alias(name)).to_series()
            own = [whole[name]] if column.own else []
            cleaned = cleaned.with_columns(pl.select(pl.coalesce(*own, made)).to_series().alias(name))
            cleaned = cleaned.with_columns(clean(cleaned[name], column).alias(name))
    return Prepared(
        {name: Coded(name, column.kind, cleaned[name]) for name, column in spec.columns.items()},
        cleaned[SOURCE].to_numpy(),
        cleaned[ROW].to_numpy(),
        cleaned[FINGERPRINT].to_list(),
        len(frames),
        whole.sort(SOURCE, ROW).select(
            pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), pl.col(FINGERPRINT).alias("fingerprint"), *given
        ),
    )


def clean(values: pl.Series, column: Column) -> pl.Series:
    """`values` after the cleaning steps of `column`; what means "not known", or cannot be read, is null."""
    name = values.name
    text = pl.col(name).str.strip_chars()
    frame = values.to_frame().with_columns(text)
    nulls = [one.strip().lower() for one in column.null]
    if nulls:
        frame = frame.with_columns(
            pl.when(~pl.col(name).str.to_lowercase().is_in(nulls)).then(pl.col(name)).alias(name)
        )
    for step in column.clean:
        if step == "indonesian_name":
            named = add_name_columns(frame, name, "_", sex=None, region=None)
            frame = named.select(pl.col("_kunci").alias(name))
        else:
            frame = frame.with_columns(_STEPS[step](pl.col(name)).alias(name))
    frame = frame.with_columns(pl.col(name).str.strip_chars())
    if column.words:
        swap = pl.col(name).str.split(" ").list.eval(pl.element().replace(column.words)).list.join(" ")
        frame = frame.with_columns(swap.str.replace_all(" +", " ").str.strip_chars(" ").alias(name))
    if column.kind == "digits":
        frame = frame.with_columns(pl.col(name).str.replace_all(r"[^0-9]", ""))
    if column.kind == "number":
        frame = frame.with_columns(pl.col(name).cast(pl.Float64, strict=False).cast(pl.String))
    if column.kind == "date":
        frame = frame.select(_date(pl.col(name), column.formats).alias(name))
    return frame.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)).to_series()


def _date(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """yyyy-mm-dd, taken part by part: a miswritten month 99 is kept, because it is evidence of what was written."""
    text = text.str.replace(r"[T ]+\d{1,2}:\d{2}.*$", "")  # a spreadsheet adds a time of day
    found = []
    for form in formats:
        # Parts that touch must have their full width.
        touching = re.search(r"%[Ymd]%[Ymd]", form) is not None
        width = "{2}" if touching else "{1,2}"
        pattern, order = "^", []
        for piece in re.findall(r"%[Ymd]|[^%]", form):
            if piece.startswith("%"):
                order.append(piece[1])
                pattern += r"([0-9]{4})" if piece == "%Y" else rf"([0-9]{width})"
            else:
                pattern += re.escape(piece)
        part = {sign: text.str.extract(pattern + "$", k + 1) for k, sign in enumerate(order)}
        none = pl.when(part["Y"].is_not_null()).then(pl.lit("00"))
        found.append(
            pl.concat_str(
                part["Y"],
                part.get("m", none).str.zfill(2),
                part.get("d", none).str.zfill(2),
                separator="-",
            )
        )
    return pl.coalesce(found)
