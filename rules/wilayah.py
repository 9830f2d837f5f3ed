"""Kode wilayah: Kemendagri codes (current and retired), the BPS bridge, the scheme of a column, names of places.

The table is built by `rules.build_wilayah`; facts about the schemes come from the counts noted there and in the
domain notes (Kepmendagri 300.2.2-2430/2025 prints 38 / 514 / 7,285 / 83,762 for the current edition).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

TABLE: Final = Path(__file__).parent / "data" / "wilayah.parquet"
LENGTHS: Final = (2, 4, 6, 10)  # digits of a Kemendagri code, province to desa
PROVINCES: Final = (  # Kepmendagri 300.2.2-2430/2025; written out so that a NIK can be checked without the table
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "31", "32", "33", "34", "35", "36", "51", "52", "53",
    "61", "62", "63", "64", "65", "71", "72", "73", "74", "75", "76", "81", "82", "91", "92", "93", "94", "95", "96",
)  # fmt: skip

_KIND = (  # kind words in front of a name; what they leave is compared
    r"^(?:PROVINSI|PROPINSI|PROV|PROP|KECAMATAN|KEC|DISTRIK|KELURAHAN|KEL|DESA|DS|NAGARI|NAG|GAMPONG|GP|KAMPUNG|KP|"
    r"PEKON|LEMBANG|KUTE|NEGERI|OHOI)\b[. ]*"
)
_SHORT = (
    (r"\bKABUPATEN\b|\bKAB\b\.?", "KAB "),
    (r"\b(?:KOTAMADYA|KODYA|KOTA)\b", "KOTA "),
    (r"\bADM(?:INISTRASI)?\b\.?", " "),
    (r"\bKEP\b\.?", "KEPULAUAN "),
    (r"\bGN\b\.?|\bGNG\b\.?", "GUNUNG "),
    (r"\bTJ\b\.?|\bTG\b\.?|\bTJG\b\.?|\bTANJONG\b", "TANJUNG "),
    (r"\bSEI\b\.?|\bSUNGEI\b|\bS\.", "SUNGAI "),
    (r"\bPERK\b\.?|\bPERKEB\b\.?", "PERKEBUNAN "),
    (r"\bMDL\b\.?", "MANDALA "),
    (r"\bBT\b\.?", "BATU "),
    (r"\bSP\b\.?", "SIMPANG "),
    (r"\bUJ\b\.?", "UJUNG "),
    (r"\bTEUNGKU\b|\bTENGKU\b", "TGK "),
    (r"\bMEUNASAH\b|\bMNS\b\.?", "MEUNASAH "),
    (r"\bBANDAR\b|\bBDR\b\.?", "BANDAR "),
    (r"^(?:DAERAH KHUSUS IBUKOTA|DAERAH KHUSUS|D\.?K\.?I\.?|DKJ)\b", ""),
    (r"^(?:DAERAH ISTIMEWA|D\.?I\.?)\s*YOGYAKARTA$|^D\.?I\.?Y\.?$", "YOGYAKARTA"),
    (r"^NANGGROE ACEH DARUSSALAM$|^NAD$", "ACEH"),
    (r"^BANGKA BELITUNG$|^BABEL$", "KEPULAUAN BANGKA BELITUNG"),
)  # fmt: skip


def _squeeze(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all(r"[^A-Z0-9]", "")


def plain_key(column: str) -> pl.Expr:
    """The name in capitals without blanks and marks: `Labuhan Haji` and `LABUHANHAJI` are one."""
    name = pl.col(column).str.to_uppercase().str.replace(r"\(.*\)", "")
    for pattern, full in _SHORT:
        name = name.str.replace_all(pattern, full)
    return _squeeze(name)


def place_key(column: str) -> pl.Expr:
    """`plain_key` with the kind word in front dropped (DESA, KEL., KEC., GAMPONG ...)."""
    name = pl.col(column).str.to_uppercase().str.replace(r"\(.*\)", "").str.strip_chars().str.replace(_KIND, "")
    for pattern, full in _SHORT:
        name = name.str.replace_all(pattern, full)
    return _squeeze(name)


def spelling_key(column: str) -> pl.Expr:
    """`place_key` after the spelling classes that differ between the editions; for use inside one parent only."""
    key = place_key(column)
    for old, new in (
        ("OE", "U"),
        ("DJ", "J"),
        ("TJ", "C"),
        ("EU", "E"),
        ("KH", "H"),
        ("Y", "I"),
        ("V", "F"),
        ("P", "F"),
    ):
        key = key.str.replace_all(old, new, literal=True)
    for letter in "ABCDEFGHJKLMNOPQRSTUWZ":  # I is left: II and III are numbers
        key = key.str.replace_all(f"{letter}{letter}+", letter)
    return key


@cache
def load_wilayah() -> pl.DataFrame:
    """The whole table: `kode kode_bps tingkat(u8 1-4) nama induk status(berlaku|dicabut) pengganti`, sorted by kode."""
    up = pl.col("tingkat").replace_strict({2: 2, 3: 4, 4: 6}, default=0, return_dtype=pl.UInt32)
    parent = pl.when(pl.col("tingkat") > 1).then(pl.col("kode").str.head(up))
    return pl.read_parquet(TABLE).with_columns(induk=parent)


@cache
def nik_prefixes() -> pl.Series:
    """All six-digit prefixes of current and retired kecamatan, sorted; for NIK and KK checks (N06)."""
    prefixes = pl.scan_parquet(TABLE).filter(pl.col("tingkat") == 3).select("kode").collect().to_series()
    return prefixes.sort()


@cache
def regency_prefixes() -> pl.Series:
    """All four-digit codes of current and retired kab/kota, sorted."""
    return pl.scan_parquet(TABLE).filter(pl.col("tingkat") == 2).select("kode").collect().to_series().sort()


@cache
def retired_prefixes() -> dict[str, str]:
    """Retired kab/kota (4 digits) and kecamatan (6) codes with their successors, as far as one was found."""
    gone = pl.scan_parquet(TABLE).filter(pl.col("tingkat").is_in([2, 3]), pl.col("pengganti").is_not_null())
    return dict(gone.select("kode", "pengganti").collect().iter_rows())
