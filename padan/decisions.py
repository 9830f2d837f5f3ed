"""What people decided, kept in a DuckDB file from run to run and keyed on the content of rows, never on their numbers.

One row is one decision on one finding or one pair of records; nothing is ever changed or deleted in it. The newest
decision (by its date, then by when it was added) counts.

| jenis | kunci | putusan |
|---|---|---|
| temuan | evidence key of the finding (`rules.findings.keys`) | PERBARUI, USULKAN, HAPUS, ALARM |
| pasangan | the two `sidik`, ascending, joined by a bar | SATU, DUA |
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from padan.console import OutputError
from rules import tables
from rules.errors import ConfigError, Place
from rules.findings.keys import evidence_keys
from rules.i18n import _

if TYPE_CHECKING:
    import duckdb

_COLUMNS: Final[dict[str, pl.DataType]] = {
    "jenis": pl.String(),
    "kunci": pl.String(),
    "kode": pl.String(),  # rule of a finding
    "sidik": pl.List(pl.String),  # subject rows of the finding, or the two rows of the pair
    "ditanya": pl.Boolean(),  # a pair: these very rows were shown; false: another pair of the same two persons was
    "putusan": pl.String(),
    "oleh": pl.String(),
    "tanggal": pl.Date(),
    "catatan": pl.String(),
    "kode_desa": pl.String(),
    "kode_baris": pl.String(),
    "berkas": pl.String(),
    "lembar": pl.String(),
    "baris": pl.UInt32(),
}
SCHEMA: Final = pl.Schema(_COLUMNS)
FALSE_ALARM = "ALARM"
_SAME = ("jenis", "kunci", "putusan", "oleh", "tanggal")
# Nothing is ever loaded from elsewhere, extensions included.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_CREATE = """
CREATE SEQUENCE IF NOT EXISTS urutan;
CREATE TABLE IF NOT EXISTS keputusan (
    urut BIGINT DEFAULT nextval('urutan') PRIMARY KEY,
    jenis VARCHAR NOT NULL CHECK (jenis IN ('temuan', 'pasangan')),
    kunci VARCHAR NOT NULL, kode VARCHAR, sidik VARCHAR[], ditanya BOOLEAN NOT NULL,
    putusan VARCHAR NOT NULL CHECK (putusan IN ('PERBARUI', 'USULKAN', 'HAPUS', 'ALARM', 'SATU', 'DUA')),
    oleh VARCHAR NOT NULL, tanggal DATE NOT NULL, catatan VARCHAR,
    kode_desa VARCHAR, kode_baris VARCHAR, berkas VARCHAR, lembar VARCHAR, baris UINTEGER
)
"""


@contextmanager
def _connection(path: Path, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb  # most runs have no decisions to read

    before = os.umask(0o077)  # who decided what on whom is nobody else's business
    try:
        try:
            connection = duckdb.connect(str(path), read_only=not write, config=_CONFIG)
        except duckdb.IOException as error:
            busy = "lock" in str(error).lower()
            why = _("it is open in another program") if busy else _("it is no decision store")
            raise OutputError(
                _("the decision store cannot be opened: {why}").format(why=why),
                place=Place(file=str(path)),
                hint=_("close the other program") if busy else _("give the file that `padan verify` wrote"),
            ) from error
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise OutputError(
                _("the decision store cannot be opened: {why}").format(why=_("it is no decision store")),
                place=Place(file=str(path)),
                hint=_("give the file that `padan verify` wrote"),
            ) from error
        finally:
            connection.close()
    finally:
        os.umask(before)


def read(path: Path) -> pl.DataFrame:
    """All decisions in the store, oldest first: `SCHEMA` with `urut` in front.

    Raises ConfigError when there is no such file, OutputError when it is no store or in use.
    """
    if not path.is_file():
        raise ConfigError(
            _("the decision store does not exist"),
            place=Place(file=str(path)),
            hint=_("`padan verify` makes it; leave --keputusan out as long as there are no decisions"),
        )
    names = ", ".join(SCHEMA)
    with _connection(path, write=False) as connection:
        found: pl.DataFrame = connection.sql(f"SELECT urut, {names} FROM keputusan ORDER BY urut").pl()  # noqa: S608,RUF100
    return found.select(pl.col("urut").cast(pl.Int64), *(pl.col(c).cast(kind) for c, kind in SCHEMA.items()))


def add(path: Path, decisions: pl.DataFrame) -> int:
    """Add `decisions` (`SCHEMA`) that are not in the store yet, all or none; returns how many were new.

    The store is made when it is missing. One decision is the same as another when kind, key, outcome, who and when are.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = decisions.select(pl.col(c).cast(kind) for c, kind in SCHEMA.items()).unique(_SAME, maintain_order=True)
    names = ", ".join(SCHEMA)
    same = " AND ".join(f"k.{c} = baru.{c}" for c in _SAME)
    with _connection(path, write=True) as connection:
        connection.execute(_CREATE)
        connection.begin()
        connection.register("baru", new.with_row_index("_i").to_arrow())
        added = connection.execute(
            f"INSERT INTO keputusan ({names}) SELECT {names} FROM baru "  # noqa: S608,RUF100
            f"WHERE NOT EXISTS (SELECT 1 FROM keputusan k WHERE {same}) ORDER BY _i RETURNING urut"
        ).fetchall()
        connection.commit()
    return len(added)


def latest(decisions: pl.DataFrame) -> pl.DataFrame:
    """The decision that counts for each kind and key: the newest date, then the one added last."""
    return (
        decisions.sort("tanggal", "urut", descending=True)
        .unique(["jenis", "kunci"], keep="first")
        .sort("jenis", "kunci")
    )


def none() -> pl.DataFrame:
    """No decisions."""
    return pl.DataFrame(schema={"urut": pl.Int64, **SCHEMA})


def pair_key(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """`kunci` of a pair of records from their `sidik`."""
    return pl.concat_str(pl.min_horizontal(left, right), pl.max_horizontal(left, right), separator="|")


def linkage_decisions(decisions: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """What the linkage must keep to: kiri, kanan (baris_id, kiri < kanan), sama; sorted.

    `decisions` as `read` gives them. A pair counts when both rows are in `records` with the content they had. "Two
    people" holds for every pair that was doubtful between the two; "one and the same" only for the rows that were
    shown: they pull the rest along as far as it belongs to them.
    """
    counted = latest(decisions).filter(
        (pl.col("jenis") == "pasangan") & (pl.col("ditanya") | (pl.col("putusan") == "DUA"))
    )
    pairs = counted.select(
        kiri=pl.col("sidik").list.first(), kanan=pl.col("sidik").list.last(), sama=pl.col("putusan") == "SATU"
    )
    return (
        by_row(pairs, records)
        .filter(pl.col("kiri") != pl.col("kanan"))
        .select(kiri=pl.min_horizontal("kiri", "kanan"), kanan=pl.max_horizontal("kiri", "kanan"), sama="sama")
        .sort("kiri", "kanan")
    )


def by_row(pairs: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with `kiri` and `kanan` as `baris_id` instead of `sidik`, sorted; pairs not wholly in `records` go."""
    row = records.select("baris_id", "sidik")
    for side in ("kiri", "kanan"):
        pairs = pairs.join(row, left_on=side, right_on="sidik").with_columns(pl.col("baris_id").alias(side))
        pairs = pairs.drop("baris_id")
    return pairs.sort("kiri", "kanan")


def split(findings: pl.DataFrame, decisions: pl.DataFrame, records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The findings that stay, and `diputuskan`: those on which people have decided for this very evidence.

    False alarms leave the findings; whatever else was decided (update, propose, remove) stays a finding until the data
    is mended, and stands in both.
    """
    counted = latest(decisions).filter(pl.col("jenis") == "temuan")
    if counted.is_empty() or findings.is_empty():
        return findings, tables.empty("diputuskan")
    decided = (
        findings.join(evidence_keys(findings, records), on="temuan_id")
        .join(counted.select("kunci", "putusan", "oleh", "tanggal", "catatan"), on="kunci")
        .drop("kunci")
        .sort("kode", "temuan_id")
    )
    alarms = decided.filter(pl.col("putusan") == FALSE_ALARM)
    return findings.join(alarms, on="temuan_id", how="anti", maintain_order="left"), tables.check("diputuskan", decided)


def digest(decisions: pl.DataFrame, kind: str) -> str:
    """A hash of the decisions of one kind that count: a checkpoint made under others must not be used again."""
    names = ("kunci", "putusan", "oleh", "tanggal", "catatan", "ditanya")
    text = latest(decisions).filter(pl.col("jenis") == kind).select(names).write_csv()
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
