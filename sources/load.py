"""Files -> canonical tables. Every data row ends in records, in the payees of payments, in families, or in rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl

from rules import tables
from rules.vocab import PAYMENT_PREFIX
from sources import assemble, families, payments
from sources.model import Input, Loaded, SourceSettings
from sources.reading import Part, read
from sources.shape import BARIS
from sources.validate import has_identity, validate

Progress = Callable[[str, float], None]
# Used for a list that nobody dates: late enough to take no date for a future one, and never the wall clock.
_LAST_RESORT = date(2026, 12, 31)
_AT_ONCE = 2  # files read at once: more threads than that only hold more memory, Polars fills the cores by itself


def load(inputs: Sequence[Input], settings: SourceSettings, progress: Progress | None = None) -> Loaded:
    """Read all inputs into checked tables.

    Raises InputError (file, sheet, row, column and what to do) for a file that cannot be read as a list; single rows
    never raise: they are refused with a reason in `rejected`. `progress` gets a file name and the share done (0..1).
    """
    tell = progress or (lambda _name, _share: None)
    names = _names(inputs)
    parts: list[Part] = []
    notes: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for number, (found, said) in enumerate(
            threads.map(lambda i: read(inputs[i], settings, names[i]), range(len(inputs)))
        ):
            tell(names[number], (number + 1) / (2 * len(inputs)))
            parts += found
            notes += said
        parts.sort(key=lambda part: (part.berkas, part.lembar or ""))
        acuan = settings.tanggal_acuan or max((p.tanggal for p in parts if p.tanggal), default=_LAST_RESORT)
        with_persons = {part.sumber for part in parts if part.layout.jenis == "orang"}
        done: list[_Sheet] = []
        for number, sheet in enumerate(threads.map(lambda part: _sheet(part, acuan, settings, with_persons), parts)):
            tell(parts[number].berkas, 0.5 + (number + 1) / (2 * len(parts)))
            done.append(sheet)
    stated = [sheet.stated for sheet in done if sheet.stated is not None and sheet.stated.height]
    for family in stated:
        for sheet in done:
            if sheet.person is not None and sheet.sumber == family.get_column("sumber")[0]:
                sheet.person = families.enrich_records(sheet.person, family)
    paid = [sheet.paid for sheet in done if sheet.paid is not None]
    rejected = [rows for sheet in done for rows in sheet.rejected]
    files = [row for sheet in done for row in sheet.files]
    person = [sheet.person for sheet in done if sheet.person is not None]
    done.clear()  # a million rows are held once, not twice
    records = assemble.records(person)
    tell("", 1.0)
    table = payments.payments_table(pl.concat(paid, how="diagonal"), records) if paid else tables.empty("payments")
    clean_records = tables.check("records", records.drop("_bayar", strict=False))
    return Loaded(
        records=clean_records,
        rejected=_rejected(rejected),
        files=tables.check("files", _files(files)),
        payments=tables.check("payments", table.select(list(tables.empty("payments").schema))),
        families=families.families(clean_records, stated),
        catatan=notes,
    )


@dataclass(slots=True)
class _Sheet:
    """What became of one part: its rows in the form of each table they belong to."""

    sumber: str
    person: pl.DataFrame | None  # canonical rows (see assemble.canonical)
    stated: pl.DataFrame | None
    paid: pl.DataFrame | None
    rejected: list[pl.DataFrame]
    files: list[dict[str, object]]


def _sheet(part: Part, acuan: date, settings: SourceSettings, with_persons: set[str]) -> _Sheet:
    """Check and grade the rows of one part. `with_persons` are the registers that have a person file."""
    frame, refused = _refuse_nameless(part)
    part.frame = frame.clear()
    paid = None
    if part.layout.jenis == "bayar":
        frame, paid = payments.split(payments.with_payments(frame, part.layout, part.sumber, part.info))
        part.tanggal = part.tanggal or payments.newest_period(paid)
        main = paid.get_column("_program").mode().sort()
        part.sumber = PAYMENT_PREFIX + (main[0] if len(main) else part.sumber.removeprefix(PAYMENT_PREFIX))
    frame = _prepare(part, frame, acuan, settings)
    done = _Sheet(part.sumber, None, None, None, [_place(refused, part), _place(part.rejected, part)], [])
    if paid is not None:
        payee, done.paid = payments.payees(frame, paid)
        done.person = assemble.canonical(payee)
    elif part.layout.jenis == "keluarga":
        done.stated = families.stated_families(frame, part.sumber)
        if part.sumber not in with_persons:  # a family file alone: its heads are the persons it knows
            done.person = assemble.canonical(_heads(frame))
    elif part.layout.jenis == "orang":
        done.person = assemble.canonical(frame)
    done.files = _totals(part, refused.height + part.rejected.height)
    done.rejected += [_place(rows, part, sheet) for sheet, _read, rows in part.berkas_lain]
    return done


def _names(inputs: Sequence[Input]) -> list[str]:
    """File names, with their folder where two files share one name."""
    count = Counter(given.path.name for given in inputs)
    return [g.path.name if count[g.path.name] == 1 else f"{g.path.parent.name}/{g.path.name}" for g in inputs]


def _refuse_nameless(part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = payments.split_payee(part.frame, part.info) if part.layout.jenis == "bayar" else part.frame
    if part.layout.jenis == "keluarga":
        ids = [c for c in ("id_keluarga", "no_kk", "nama_kepala", "nik_kepala") if c in frame.columns]
        good = frame.select(pl.any_horizontal(pl.col(ids).is_not_null()).alias("ada")).to_series()
    elif part.layout.jenis == "bayar":
        keys = [c for c in frame.columns if c in ("id_keluarga", "id_rumah_tangga", "id_art", "id_individu")]
        other = frame.select(
            pl.any_horizontal([pl.lit(value=False), pl.col(keys).is_not_null()]).alias("ada")
        ).to_series()
        good = has_identity(frame) | other
    else:
        good = has_identity(frame)
    refused = frame.filter(~good).select(
        BARIS,
        pl.lit(None, dtype=pl.String).alias("kolom"),
        pl.lit("TANPA_IDENTITAS").alias("aturan"),
        pl.lit(None, dtype=pl.String).alias("nilai"),
    )
    return frame.filter(good), refused


def _place(rows: pl.DataFrame, part: Part, sheet: str | None = None) -> pl.DataFrame:
    where = sheet if sheet is not None else part.lembar
    return rows.with_columns(
        pl.lit(part.sumber).alias("sumber"),
        pl.lit(part.berkas).alias("berkas"),
        pl.lit(where, dtype=pl.String).alias("lembar"),
    )


def _prepare(part: Part, frame: pl.DataFrame, acuan: date, settings: SourceSettings) -> pl.DataFrame:
    """Validated rows of a sheet with the columns every record has."""
    if part.layout.jenis != "bayar":
        frame = frame.with_columns(pl.lit(part.sumber).alias("sumber"))
    # A list without a date is judged by no other list's date: what it knows may be newer.
    frame = validate(frame, acuan if part.tanggal or settings.tanggal_acuan else _LAST_RESORT, settings)
    stated = pl.col("tanggal_data") if "tanggal_data" in frame.columns else pl.lit(None, dtype=pl.Date)
    frame = frame.with_columns(
        pl.coalesce(stated, pl.lit(part.tanggal, dtype=pl.Date)).alias("tanggal_data"),
        pl.lit(part.berkas).alias("berkas"),
        pl.lit(part.lembar, dtype=pl.String).alias("lembar"),
    )
    if "id_keluarga" in frame.columns:
        frame = frame.with_columns(pl.col("id_keluarga").alias("id_keluarga_asli"))
        if part.layout.rumah_tangga and "id_rumah_tangga" not in frame.columns:
            frame = frame.with_columns(pl.col("id_keluarga").alias("id_rumah_tangga"))
    return frame


def _heads(frame: pl.DataFrame) -> pl.DataFrame:
    """Family rows read as their heads."""
    renamed = frame.with_columns(pl.lit("KEPALA").alias("hub_kk"))
    if "nama" not in renamed.columns and "nama_kepala" in renamed.columns:
        renamed = renamed.with_columns(pl.col("nama_kepala").alias("nama"))
    return renamed


def _totals(part: Part, refused: int) -> list[dict[str, object]]:
    base: dict[str, object] = {
        "sumber": part.sumber,
        "jenis": part.layout.nama,
        "berkas": part.berkas,
        "sha256": part.sha256,
        "tanggal_data": part.tanggal,
    }
    rows = [base | {"lembar": part.lembar, "baris_dibaca": part.read, "baris_ditolak": refused}]
    rows += [
        base | {"lembar": sheet, "baris_dibaca": many, "baris_ditolak": lost.height}
        for sheet, many, lost in part.berkas_lain
    ]
    return rows


def _files(rows: list[dict[str, object]]) -> pl.DataFrame:
    frame = (
        pl.DataFrame(rows, schema_overrides={"tanggal_data": pl.Date, "lembar": pl.String})
        if rows
        else tables.empty("files")
    )
    if rows:
        frame = frame.with_columns(baris_dipakai=pl.col("baris_dibaca") - pl.col("baris_ditolak"))
    return frame.sort("berkas", "lembar", nulls_last=False)


def _rejected(parts: list[pl.DataFrame]) -> pl.DataFrame:
    frame = pl.concat(parts, how="diagonal") if parts else tables.empty("rejected")
    return tables.check("rejected", frame.sort("berkas", "lembar", BARIS, "aturan", nulls_last=False))
