"""Code lists and labels of the sources, mapped to the closed vocabularies of `rules.vocab`.

Codes come from the layout's own list (`data/kode_referensi.csv`: 345 codes with the document each was read from);
labels mean the same everywhere (`data/sinonim.toml`).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

DATA: Final = Path(__file__).parent / "data"
_LEADING_CODE = re.compile(r"^\s*[\[(]?\s*(\d{1,2})\s*[\])]?(?:[.:)\-=]\s*|\s+|$)(.*)$")
# Presence abroad has a value of its own in the vocabulary, which the reference list folds into PINDAH.
_ABROAD: Final = ("Regsosek 2022-K:R404", "4")


def _key(label: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", label.upper())


@cache
def synonyms(group: str) -> dict[str, str]:
    """Label key -> canonical value of one vocabulary."""
    found = tomllib.loads((DATA / "sinonim.toml").read_text("utf-8"))[group]
    return {_key(label): canonical for canonical, labels in found.items() for label in [canonical, *labels]}


@cache
def code_list(name: str) -> dict[str, tuple[str, str | None]]:
    """Code -> (label, canonical value or None) of the list `sumber:kolom`; KeyError when there is no such list."""
    source, column = name.split(":", 1)
    frame = pl.read_csv(DATA / "kode_referensi.csv", infer_schema=False)
    rows = frame.filter(
        (pl.col("sumber").str.split(" / ").list.contains(source) | (pl.col("sumber") == source))
        & (pl.col("kolom") == column)
    )
    if rows.height == 0:
        raise KeyError(name)
    found = {
        code.lstrip("0") or "0": (label, canonical or None)
        for code, label, canonical in rows.select("kode", "label", "kanonik").rows()
    }
    if name == _ABROAD[0]:
        found[_ABROAD[1]] = (found[_ABROAD[1]][0], "LUAR_NEGERI")
    return found


def _split(text: str) -> tuple[str | None, str]:
    """`1. Kepala Keluarga` -> ("1", "Kepala Keluarga"); `01` -> ("1", ""); `2.0` -> ("2", "")."""
    text = re.sub(r"^(\d{1,2})[.,]0+$", r"\1", text.strip())
    found = _LEADING_CODE.match(text)
    if not found:
        return None, text
    return found.group(1).lstrip("0") or "0", found.group(2).strip()


def _one(text: str, codes: dict[str, tuple[str, str | None]], words: dict[str, str]) -> str | None:
    """Canonical value of one written value: a label wins over a code, a whole label over its first part."""
    code, label = _split(text)
    for candidate in (label, label.split("/")[0]):
        if candidate and _key(candidate) in words:
            return words[_key(candidate)]
    if (
        code is not None and not label and code in words
    ):  # a bare 0, 1 or 2 answers yes or no; no other label is a digit
        return words[code]
    if code is not None and code in codes:
        own_label, canonical = codes[code]
        return canonical or words.get(_key(own_label))
    if label:
        for own_label, canonical in codes.values():
            if canonical and _key(own_label) == _key(label):
                return canonical
    return None


def canonical(values: pl.Series, group: str, list_name: str | None) -> pl.Series:
    """Each value of a text column as a value of the vocabulary `group`; what is not understood becomes null."""
    codes = code_list(list_name) if list_name else {}
    words = synonyms(group)
    distinct = values.unique().drop_nulls().to_list()
    table = {text: _one(text, codes, words) for text in distinct}
    return (
        values.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)
        if table
        else values.clear().extend_constant(None, len(values))
    )


def labelled(values: pl.Series, group: str | None, list_name: str | None) -> pl.Series:
    """Each value as its canonical class where there is one, else as the label of its code, else as written."""
    codes = code_list(list_name) if list_name else {}
    words = synonyms(group) if group else {}
    table: dict[str, str | None] = {}
    for text in values.unique().drop_nulls().to_list():
        code, label = _split(text)
        found = _one(text, codes, words)
        if found is None and not label and code is not None and codes:
            found = codes[code][0].upper() if code in codes else None
        if found is None and label:
            found = label.upper() if code in codes else text.upper()
        table[text] = found if found is not None or codes else text.upper()
    return (
        values.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)
        if table
        else values.clear().extend_constant(None, len(values))
    )
