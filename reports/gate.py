"""The files of the gate: the list in its sender's layout with the verdicts, tables, TAMBAH, ringkasan.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from reports.aside import Aside
from reports.labels import rejection_label, source_label
from reports.private import private, write_private
from reports.returns import Added, RawSheets, write_remarked
from reports.sheets import MAX_ROWS, Book, Column, left_out
from rules.i18n import _
from rules.masking import mask_expr

FOLDER: Final = "putusan"
REFUSED: Final = "DITOLAK"
_FILLS: Final = {"TAHAN": "#F8D7D4", "VERIFIKASI": "#FBF3D0", REFUSED: "#E9EEF3"}
_PLACE: Final = ("berkas", "lembar", "nomor_baris")
_MOST: Final = 12  # rows named as evidence in a cell; the parquet table names all


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate run found.

    `putusan`: one row per payment, in the order of the lists (rules.gate.judge.verdicts, `bukti` and `bukti_bayar` as
    places: lists of structs label, sumber, berkas, lembar, nomor_baris, tanggal); `ditolak`: rows of the rejected table
    that belong to the lists; `tambah`: rules.gate.additions; `ringkasan`: plain values for ringkasan.json.
    """

    putusan: pl.DataFrame
    ditolak: pl.DataFrame
    tambah: pl.DataFrame
    ringkasan: Mapping[str, Any]
    acuan: date | None


def write_gate(
    result: GateResult, sheets: RawSheets, out: Path, progress: Callable[[float], None] | None = None
) -> list[Path]:
    """Write everything into the folder `out`; ringkasan.json comes last: it says that the rest is complete."""
    titles = [_("REASON"), _("WHAT TO DO"), _("RULES"), _("EVIDENCE"), _("VERDICT")]
    added = Added(
        ("alasan", "tindakan", "kode", "bukti", "putusan"), titles, _FILLS, (60, 40, 14, 48, 14), result.acuan
    )
    tables = Aside(lambda: _write_tables(result, out))  # Polars writes text on one core
    written = write_remarked(_remarks(result), added, sheets, out / FOLDER, progress)
    written += tables.result()
    text = json.dumps(result.ringkasan, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    written.append(write_private(out / "ringkasan.json", text + "\n"))
    return written


def _write_tables(result: GateResult, out: Path) -> list[Path]:
    written = []
    for name, frame in (("putusan", result.putusan), ("tambah", result.tambah)):
        path = private(out / "data" / f"{name}.parquet")
        frame.rechunk().write_parquet(path, compression="zstd", row_group_size=131_072)
        written.append(path)
    return [*written, _write_additions(result, out / "tambah.xlsx")]


def _remarks(result: GateResult) -> pl.DataFrame:
    """What each row of the lists gets beside it."""
    place = result.putusan.with_row_index("_i")
    # Row by row over what is named: a list of structs is taken apart once, not evaluated per payment.
    named = [
        place.select("_i", bukti=column).filter(pl.col("bukti").list.len() > 0).explode("bukti")
        for column in ("bukti", "bukti_bayar")
    ]
    told = (
        pl.concat([part.select("_i", bukti=pl.col("bukti").struct.field("label")) for part in named])
        .group_by("_i", maintain_order=True)
        .agg(pl.col("bukti").head(_MOST).str.join("; "))
    )
    judged = place.select("_i", *_PLACE, "alasan", "tindakan", "kode", pl.col("putusan").cast(pl.String))
    judged = judged.join(told, on="_i", how="left").drop("_i")
    refused = result.ditolak.group_by(_PLACE, maintain_order=True).agg(
        alasan=pl.col("aturan").unique(maintain_order=True).replace(
            {code: rejection_label(code) for code in result.ditolak["aturan"].unique()}
        ).str.join("; "),
        kode=pl.col("aturan").unique(maintain_order=True).str.join(", "),
    )  # fmt: skip
    refused = refused.with_columns(
        tindakan=pl.lit(_("mend the row or leave it out")), bukti=pl.lit(None, pl.String), putusan=pl.lit(REFUSED)
    )
    both = pl.concat([judged, refused.select(judged.columns)])
    return both.with_columns(pl.col("alasan", "tindakan", "kode").replace("", None))  # an empty cell, not ""


def _write_additions(result: GateResult, path: Path) -> Path:
    columns = [
        Column("kode_wilayah", _("Village code"), 13),
        Column("nama", _("Name"), 26),
        Column("nik_samar", _("NIK (masked)"), 19, "id"),
        Column("kk_samar", _("KK number (masked)"), 19, "id"),
        Column("desil", _("Decile"), 8, "count"),
        Column("sumber", _("Source"), 12),
        Column("tanggal_data", _("Date"), 12, "date"),
        Column("alasan", _("Why proposed"), 60, "wrap"),
        Column("hasil", _("Result of the check"), 24),
    ]
    shown = result.tambah.head(MAX_ROWS).with_columns(
        mask_expr(pl.col("nik")).alias("nik_samar"),
        mask_expr(pl.col("no_kk")).alias("kk_samar"),
        hasil=pl.lit(""),
        sumber=pl.col("sumber").replace({code: source_label(code) for code in result.tambah["sumber"].unique()}),
    )
    coverage = "; ".join(f"{name} {share:.0%}" for name, share in result.ringkasan["cakupan"].items())
    with Book(path, created=result.acuan, title="TAMBAH") as book:
        sheet = book.sheet("TAMBAH")
        sheet.widths(columns)
        sheet.heading(
            _("Who seems to qualify and is not on the list (for review only)"),
            _(
                "Absence from a list is no proof. Share of the payees of this list found in each register: {shares}"
            ).format(shares=coverage or "-"),
            left_out(shown.height, result.tambah.height, "data/tambah.parquet"),
        )
        sheet.blank()
        sheet.table(columns, shown, freeze=2)
        sheet.print_setup(footer="padan gate")
    return path
