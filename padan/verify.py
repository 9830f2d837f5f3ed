"""Read filled village lists back: `padan verify RUN FILE...`.

Every line of a file ends in one of three heaps, which are counted and add up: a decision, a blank, or refused with a
reason. A slip (two boxes, a word that is no tick) refuses its line; a list that is not as it was sent is refused whole,
with the lines named. Nothing is written before all files are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from padan import decisions
from padan.console import OutputError
from padan.filled import COLUMNS, Filled, read_filled
from rules.errors import Place
from rules.i18n import _

STORE: Final = "keputusan.duckdb"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken over, or (row None) what is wrong with the file as a whole."""

    file: str
    sheet: str | None
    row: int | None
    line: str | None  # its number on the list
    why: str


@dataclass(slots=True)
class FileResult:
    """What became of one file: read = decided + blank + refused. `missing`: lines of the list that are not in it."""

    file: str
    village: str | None = None
    read: int = 0
    decided: int = 0
    blank: int = 0
    refused: int = 0
    missing: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Verified:
    """The result of `verify`: per file, and how many decisions (one per finding or pair of rows) were new."""

    store: Path
    files: list[FileResult]
    added: int = 0

    @property
    def refusals(self) -> list[Refusal]:
        """All refusals, in the order of files and rows."""
        return [one for file in self.files for one in file.refusals]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "keputusan": str(self.store),
            "baru": self.added,
            "berkas": [
                {
                    "berkas": f.file, "desa": f.village, "dibaca": f.read, "diputuskan": f.decided, "kosong": f.blank,
                    "ditolak": f.refused, "hilang": f.missing, "putusan": f.outcomes,
                    "penolakan": [
                        {"lembar": r.sheet, "baris": r.row, "nomor": r.line, "alasan": r.why} for r in f.refusals
                    ],
                }
                for f in self.files
            ],
        }  # fmt: skip


def read_register(run: Path) -> pl.DataFrame:
    """The lines of all village lists that were ever written into the run folder `run`.

    Raises OutputError when there are none.
    """
    parts = sorted((run / ".padan" / "daftar").glob("*.parquet"))
    if not parts:
        raise OutputError(
            _("no village lists were written into this folder"),
            place=Place(file=str(run)),
            hint=_("give the folder of the run whose lists came back: the one `padan run --out` wrote"),
        )
    return pl.concat([pl.read_parquet(p) for p in parts]).unique(
        ["kode_daftar", "kode_baris"], keep="first", maintain_order=True
    )


def verify(
    run: Path, files: Sequence[Path], *, store: Path, oleh: str | None = None, tanggal: date | None = None
) -> Verified:
    """Check the filled lists `files` of the run folder `run` and add their decisions to `store`.

    `oleh` and `tanggal` say who decided and when; without them the cells of each list count. Raises PadanError for a
    file that cannot be read at all, or a run folder or store that is none; what is wrong inside a list is refused and
    told in the result.
    """
    register = read_register(run)
    known = decisions.read(store) if store.is_file() else decisions.none()
    found = [read_filled(path, register, oleh=oleh, tanggal=tanggal) for path in sorted(set(files))]
    lines = pl.concat([one.lines for one in found]) if found else pl.DataFrame(schema=COLUMNS)
    keyed = _keyed(lines)
    lines = _settle(lines, _contradictions(keyed, known))
    accepted = keyed.join(
        lines.filter(pl.col("alasan").is_null()), on=["berkas", "lembar", "baris"], how="semi", maintain_order="left"
    )
    added = decisions.add(store, accepted.select(decisions.SCHEMA.names())) if accepted.height else 0
    return Verified(store, [_result(one, lines) for one in found], added)


def _keyed(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per finding or pair of rows that a ticked, unrefused line decides: `decisions.SCHEMA`."""
    good = lines.filter(pl.col("putusan").is_not_null() & pl.col("alasan").is_null())
    shared = ["putusan", "oleh", "tanggal", "catatan", "kode_desa", "kode_baris", "berkas", "lembar", "baris"]
    findings = (
        good.filter(pl.col("jenis") == "temuan").select("jenis", "temuan", *shared).explode("temuan").unnest("temuan")
    )
    pairs = (
        good.filter(pl.col("jenis") == "pasangan")
        .select("jenis", "pasangan", "sidik_1", "sidik_2", *shared)
        .explode("pasangan")
        .unnest("pasangan")
    )
    shown = decisions.pair_key(pl.col("sidik_1"), pl.col("sidik_2"))
    return pl.concat(
        [
            findings.with_columns(ditanya=pl.lit(True)).select(decisions.SCHEMA.names()),
            pairs.with_columns(
                kunci=decisions.pair_key(pl.col("kiri"), pl.col("kanan")),
                kode=pl.lit(None, dtype=pl.String),
                sidik=pl.concat_list(pl.min_horizontal("kiri", "kanan"), pl.max_horizontal("kiri", "kanan")),
            )
            .with_columns(ditanya=pl.col("kunci") == shown)
            .select(decisions.SCHEMA.names()),
        ]
    )


def _contradictions(keyed: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`berkas, lembar, baris, alasan` of lines that another line of the same day, or a newer decision, contradicts."""
    where = ["berkas", "lembar", "baris"]
    asked = keyed.filter("ditanya")
    among = asked.filter(pl.col("putusan").n_unique().over("jenis", "kunci", "tanggal") > 1).select(
        *where,
        alasan=pl.lit(
            _("another line decides the same thing differently on the same day; settle it and send one list")
        ),
    )
    counted = decisions.latest(known).select("jenis", "kunci", lama="putusan", sejak="tanggal", siapa="oleh")
    told = _("on {date} {who} decided {outcome}; state a later date (--tanggal) to change it")
    text = told.format(date="{}", who="{}", outcome="{}")
    against = (
        asked.join(counted, on=["jenis", "kunci"])
        .filter((pl.col("putusan") != pl.col("lama")) & (pl.col("sejak") >= pl.col("tanggal")))
        .select(*where, alasan=pl.format(text, pl.col("sejak").dt.strftime("%d-%m-%Y"), "siapa", "lama"))
    )
    return pl.concat([among, against]).unique(where, keep="first", maintain_order=True)


def _settle(lines: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.join(
            refused.rename({"alasan": "_lagi"}), on=["berkas", "lembar", "baris"], how="left", maintain_order="left"
        )
        .with_columns(
            pl.coalesce("alasan", "_lagi").alias("alasan"), disebut=pl.col("disebut") | pl.col("_lagi").is_not_null()
        )
        .drop("_lagi")
    )


def _result(one: Filled, lines: pl.DataFrame) -> FileResult:
    mine = lines.filter(pl.col("berkas") == one.file)
    refused = mine.filter(pl.col("alasan").is_not_null())
    decided = mine.filter(pl.col("alasan").is_null() & pl.col("putusan").is_not_null())
    outcomes = decided.group_by("putusan").len().sort("putusan")
    told = [
        Refusal(one.file, r["lembar"], r["baris"], r["nomor"], r["alasan"])
        for r in refused.filter("disebut").select("lembar", "baris", "nomor", "alasan").iter_rows(named=True)
    ]
    return FileResult(
        one.file,
        one.village,
        read=mine.height,
        decided=decided.height,
        blank=mine.height - refused.height - decided.height,
        refused=refused.height,
        missing=one.missing,
        outcomes=dict(outcomes.iter_rows()),
        refusals=[Refusal(one.file, None, None, None, why) for why in one.whole] + told,
    )
