"""Kode wilayah: Kemendagri codes (current and retired), the BPS bridge, the scheme of a column, names of places.

The table is built by `rules.build_wilayah`; facts about the schemes come from the counts noted there and in the
domain notes (Kepmendagri 300.2.2-2430/2025 prints 38 / 514 / 7,285 / 83,762 for the current edition).
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from rules.errors import ConfigError, Place
from rules.i18n import _

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
def table() -> pl.DataFrame:
    """The table as it is kept, sorted by kode."""
    return pl.read_parquet(TABLE)


@cache
def load_wilayah() -> pl.DataFrame:
    """The whole table, sorted by kode: `kode kode_bps tingkat(u8 1-4) nama nama_lain status pengganti induk`.

    `status` is berlaku or dicabut, `pengganti` the successor of a retired code where one was found, `nama_lain` other
    names of the same place in the older lists, parted by `|`.
    """
    up = pl.col("tingkat").replace_strict({2: 2, 3: 4, 4: 6}, default=0, return_dtype=pl.UInt32)
    parent = pl.when(pl.col("tingkat") > 1).then(pl.col("kode").str.head(up))
    return table().with_columns(induk=parent)


@cache
def nik_prefixes() -> pl.Series:
    """All six-digit prefixes of current and retired kecamatan, sorted; for NIK and KK checks (N06)."""
    return table().filter(pl.col("tingkat") == 3)["kode"].sort()


@cache
def regency_prefixes() -> pl.Series:
    """All four-digit codes of current and retired kab/kota, sorted."""
    return table().filter(pl.col("tingkat") == 2)["kode"].sort()


@cache
def retired_prefixes() -> dict[str, str]:
    """Retired kab/kota (4 digits) and kecamatan (6) codes with their successors, as far as one was found."""
    gone = table().filter(pl.col("tingkat").is_in([2, 3]), pl.col("pengganti").is_not_null())
    return dict(gone.select("kode", "pengganti").iter_rows())


# -- the scheme of a column --------------------------------------------------------------------------------------------

BPS_LENGTHS: Final = (2, 4, 7, 10)
_NOISE: Final = 0.02  # share of misfits below which they are typing errors and settle nothing


class Scheme(NamedTuple):
    """What a column of region codes was taken for, and why."""

    skema: str  # vocab.REGION_SCHEME
    bukti: str  # one sentence


def _plain_codes(codes: pl.Expr) -> pl.Expr:
    """Digits of a code: dots, blanks and a `.0` tail taken off."""
    return codes.cast(pl.String).str.replace(r"^(\d{4,10})\.0$", "$1").str.replace_all(r"[.\s'\u00a0]", "")


def detect_scheme(codes: pl.Series) -> Scheme:
    """Scheme of a whole column of codes, with one sentence of evidence; never decided per value.

    Shapes first: the seventh digit of a Kemendagri desa code is always 1, 2 or 3 (kelurahan, desa, desa adat), in
    69.7 % of the BPS codes it is 0; six digits are a Kemendagri kecamatan, seven a BPS one. A column whose shapes fit
    both is judged by which table knows more of its codes. Where every code means the same place in both schemes the
    answer is KEMENDAGRI; where both know equally many, TIDAK_DIKETAHUI.
    """
    frame = codes.drop_nulls().unique().to_frame("k").select(_plain_codes(pl.col("k")).alias("k")).unique()
    frame = frame.filter(pl.col("k").str.contains(r"^\d{2}(?:\d{2}|\d{4}|\d{5}|\d{8})?$"))
    if frame.is_empty():
        return Scheme("TIDAK_DIKETAHUI", _("no value has the form of a region code"))
    table = load_wilayah()
    seventh, length = pl.col("k").str.slice(6, 1), pl.col("k").str.len_bytes()
    judged = frame.select(
        nilai=pl.len(),
        kemendagri=pl.lit(frame.join(table, left_on="k", right_on="kode", how="semi").height),
        bps=pl.lit(frame.join(table, left_on="k", right_on="kode_bps", how="semi").height),
        bentuk_bps=((length == 7) | ((length == 10) & ~seventh.is_in(["1", "2", "3"]))).sum(),
        bentuk_kemendagri=(length == 6).sum(),
    ).row(0, named=True)
    n, ours, bps = judged["nilai"], judged["kemendagri"], judged["bps"]
    known = _("of {n} codes {a} stand in the Kemendagri list and {b} in the BPS list").format(n=n, a=ours, b=bps)
    if judged["bentuk_bps"] > _NOISE * n and bps >= ours:
        shape = _("{m} of {n} codes have a form only BPS uses").format(m=judged["bentuk_bps"], n=n)
        return Scheme("BPS", shape + "; " + known)
    if judged["bentuk_kemendagri"] > _NOISE * n and ours >= bps:
        shape = _("{m} of {n} codes have a form only Kemendagri uses").format(m=judged["bentuk_kemendagri"], n=n)
        return Scheme("KEMENDAGRI", shape + "; " + known)
    if ours != bps:
        return Scheme("KEMENDAGRI" if ours > bps else "BPS", known)
    pairs = table.filter(pl.col("kode_bps").is_not_null()).select("kode", k="kode_bps")
    other = frame.join(pairs, on="k", how="left").filter((pl.col("kode") != pl.col("k")) | pl.col("kode").is_null())
    if other.is_empty():
        return Scheme("KEMENDAGRI", _("every code means the same place in both lists"))
    return Scheme("TIDAK_DIKETAHUI", known)


# -- codes into current Kemendagri codes -------------------------------------------------------------------------------


def read_bridge(file: Path) -> pl.DataFrame:
    """A dinas' own bridge: csv with the columns `kode` (Kemendagri) and `kode_bps`, laid over the table's.

    Raises ConfigError when the file cannot be read, lacks a column, or gives one BPS code two partners.
    """
    hint = _("Expected a csv with the columns kode and kode_bps.")
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        message = _("the region bridge cannot be read")
        raise ConfigError(message, place=Place(file=file.name), hint=hint) from error
    if not {"kode", "kode_bps"} <= set(frame.columns):
        raise ConfigError(_("the region bridge lacks a column"), place=Place(file=file.name), hint=hint)
    frame = frame.select(_plain_codes(pl.col("kode", "kode_bps"))).drop_nulls().unique().sort("kode_bps", "kode")
    twice = frame.filter(pl.len().over("kode_bps") > 1)
    if twice.height:
        message = _("BPS code {code} has two partners in the region bridge").format(code=twice["kode_bps"][0])
        raise ConfigError(message, place=Place(file=file.name, column="kode_bps"))
    return frame


@cache
def _current(scheme: str) -> tuple[pl.Series, pl.Series]:
    """(codes of `scheme`, the current Kemendagri code each means)."""
    table = load_wilayah().with_columns(kini=pl.when(pl.col("status") == "berlaku").then("kode").otherwise("pengganti"))
    key = "kode" if scheme == "KEMENDAGRI" else "kode_bps"
    table = table.filter(pl.col(key).is_not_null(), pl.col("kini").is_not_null()).unique(key, keep="none").sort(key)
    return table[key], table["kini"]


def to_kemendagri(frame: pl.DataFrame, column: str, scheme: str, bridge: pl.DataFrame | None = None) -> pl.DataFrame:
    """`frame` with `column` turned into current Kemendagri codes; the scheme comes from `detect_scheme`.

    A retired code becomes its successor. A code without a partner falls back to its nearest parent that has one (6, 4
    or 2 digits); what has none at all, and every code of an unknown scheme, becomes null. `bridge` (read_bridge) goes
    before the table for BPS codes.
    """
    if scheme not in ("KEMENDAGRI", "BPS"):
        return frame.with_columns(pl.lit(None, pl.String).alias(column))
    lengths = LENGTHS if scheme == "KEMENDAGRI" else BPS_LENGTHS
    old, new = _current(scheme)
    code = _plain_codes(pl.col(column))
    tries = []
    for length in reversed(lengths):
        head = pl.when(code.str.len_bytes() >= length).then(code.str.head(length))
        if bridge is not None and scheme == "BPS":
            tries.append(head.replace_strict(bridge["kode_bps"], bridge["kode"], default=None, return_dtype=pl.String))
        tries.append(head.replace_strict(old, new, default=None, return_dtype=pl.String))
    distinct = frame.select(column).unique().drop_nulls()
    mapped = distinct.select(column, _kini=pl.coalesce(tries))
    joined = frame.select(column).join(mapped, on=column, how="left", maintain_order="left")
    return frame.with_columns(joined["_kini"].alias(column))


def names_of(codes: pl.Series) -> pl.DataFrame:
    """Names along each code, in the order given: `kode provinsi kabupaten kecamatan desa` (null below its level).

    Retired codes keep the names they had.
    """
    frame = codes.to_frame("kode")
    table = load_wilayah().select("kode", "nama")
    for name, length in zip(("provinsi", "kabupaten", "kecamatan", "desa"), LENGTHS, strict=True):
        at = pl.when(pl.col("kode").str.len_bytes() >= length).then(pl.col("kode").str.head(length))
        here = frame.select(at.alias("kode")).join(table, on="kode", how="left", maintain_order="left")
        frame = frame.with_columns(here["nama"].alias(name))
    return frame


# -- names into codes --------------------------------------------------------------------------------------------------

_PROVINCE_SHORT: Final = {
    "SUMUT": "12", "SUMBAR": "13", "SUMSEL": "16", "BABEL": "19", "KEPRI": "21", "DKI": "31", "DKJ": "31",
    "JABAR": "32", "JATENG": "33", "DIY": "34", "JOGJA": "34", "JOGJAKARTA": "34", "JATIM": "35", "NTB": "52",
    "NTT": "53", "KALBAR": "61", "KALTENG": "62", "KALSEL": "63", "KALTIM": "64", "KALTARA": "65", "SULUT": "71",
    "SULTENG": "72", "SULSEL": "73", "SULTRA": "74", "SULBAR": "76", "MALUT": "82", "PABAR": "92",
}  # fmt: skip


@lru_cache(maxsize=64)
def _keyed(level: int, parents: tuple[str, ...] | None = None) -> pl.DataFrame:
    """Names of one level: `induk n kunci kini`, n = 1 strict to 3 loose; a key that means two places is left out.

    Only the places below `parents` are read: making keys of all 84,000 villages takes a second, and a delivery names
    those of a few kecamatan.
    """
    table = load_wilayah().filter(pl.col("tingkat") == level)
    table = table.with_columns(
        kini=pl.when(pl.col("status") == "berlaku").then("kode").otherwise("pengganti"),
        induk=pl.col("induk").fill_null(""),
    ).drop_nulls("kini")
    if parents is not None:
        table = table.filter(pl.col("induk").is_in(parents))
    renamed = table.filter(pl.col("nama_lain").is_not_null()).with_columns(nama=pl.col("nama_lain").str.split("|"))
    table = pl.concat([table, renamed.explode("nama")], how="vertical")
    keys = [plain_key("nama"), place_key("nama"), spelling_key("nama")]
    if level == 1:
        short = {"induk": "", "nama": list(_PROVINCE_SHORT), "kini": list(_PROVINCE_SHORT.values())}
        table = pl.concat([table.select("induk", "nama", "kini"), pl.DataFrame(short)])
    if level == 2:
        # A bare name is the kabupaten (the lists always write KOTA); a kota only where no kabupaten has its name.
        bare = plain_key("nama").str.replace("^KAB", "")
        keys = [plain_key("nama"), bare, bare.str.replace("^KOTA", "")]
    parts = [table.select("induk", "kini", pl.lit(n).alias("n"), key.alias("kunci")) for n, key in enumerate(keys, 1)]
    every = pl.concat(parts).unique().filter(pl.col("kunci") != "")
    return every.filter(pl.col("kini").n_unique().over("induk", "n", "kunci") == 1)


def _step(frame: pl.DataFrame, level: int) -> pl.DataFrame:
    """`kode` (so far) and `nama` -> `kode` one level deeper; null where the name is not understood."""
    keys = [plain_key("nama"), place_key("nama"), spelling_key("nama")]
    if level == 2:
        keys = [plain_key("nama")] * 3
    table = _keyed(level, tuple(frame["kode"].drop_nulls().unique().sort()) if level > 2 else None)
    found = []
    for n, key in enumerate(keys, start=1):
        known = table.filter(pl.col("n") == n).select("induk", "kunci", "kini").unique()
        here = frame.select(induk="kode", kunci=key)
        found.append(here.join(known, on=["induk", "kunci"], how="left", maintain_order="left")["kini"].alias(f"k{n}"))
    return frame.with_columns(found).with_columns(kode=pl.coalesce("k1", "k2", "k3")).drop("k1", "k2", "k3")


def region_by_names(
    frame: pl.DataFrame, prov: str | None, kab: str | None, kec: str | None = None, desa: str | None = None
) -> pl.Series:
    """`kode_wilayah` (current Kemendagri code) per row from columns of names, as deep as the names lead.

    A name counts only inside its parents (98 desa are called Sidomulyo); the first one that is not understood ends
    the way down. Without a province column the kab/kota must be unique in the country.
    """
    columns = [name for name in (prov, kab, kec, desa) if name is not None]
    places = frame.select(columns).unique(maintain_order=True)
    walk = places.with_columns(kode=pl.lit(""), jauh=pl.lit(None, pl.String))
    if prov is None and kab is not None:
        # Retired and current parents give one place twice, hence unique by place before unique by name.
        alone = _keyed(2).unique(["n", "kunci", "kini"]).unique(["n", "kunci"], keep="none")
        here = walk.select(nama=pl.col(kab)).select(kunci=plain_key("nama"))
        tries = [
            here.join(alone.filter(pl.col("n") == n), on="kunci", how="left", maintain_order="left")["kini"].alias(
                str(n)
            )
            for n in (1, 2, 3)
        ]
        first = pl.DataFrame(tries).select(pl.coalesce("1", "2", "3")).to_series()
        walk = walk.with_columns(kode=first, jauh=first)
        levels = [(3, kec), (4, desa)]
    else:
        levels = [(1, prov), (2, kab), (3, kec), (4, desa)]
    for level, name in levels:
        if name is None:
            break
        walk = _step(walk.with_columns(nama=pl.col(name)), level)
        walk = walk.with_columns(jauh=pl.coalesce("kode", "jauh"))
    result = frame.select(columns).join(
        walk.select(*columns, "jauh"), on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return result["jauh"].alias("kode_wilayah")
