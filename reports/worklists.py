"""The sheets of laporan.xlsx that list what to look at, worst first, at most 50,000 rows each."""

from __future__ import annotations

import polars as pl

from reports import figures, lists
from reports.context import Context
from reports.labels import program_label, rejection_label
from reports.lists import Listing
from reports.sheets import GROUP_STYLE, MAX_ROWS, SEVERITY_STYLE, Book, Column, left_out
from rules.i18n import _


def stale(book: Book, listing: Listing) -> None:
    """Stale families, one row per family record."""
    sheet = book.sheet(_("Stale families"))
    columns = [
        Column("nomor", _("No."), 7, "count"),
        Column("tingkat", _("Severity"), 10),
        Column("kecamatan", _("District"), 18),
        Column("desa", _("Village"), 18),
        Column("nama_kepala", _("Head of family"), 24),
        Column("rt", "RT", 5),
        Column("rw", "RW", 5),
        Column("sumber", _("Record of"), 10),
        Column("id_sumber", _("Family id / KK"), 20, "id"),
        Column("tanggal_data", _("Data date"), 11, "date"),
        Column("kode", _("Codes"), 16, "wrap"),
        Column("n_aturan", _("Rules"), 7, "count"),
        Column("siapa", _("Who"), 40, "wrap"),
        Column("ringkas", _("What is wrong"), 52, "wrap"),
        Column("bukti_teks", _("What the sources say (source, date, value)"), 70, "wrap"),
        Column("tindakan", _("What to do"), 44, "wrap"),
        Column("peluang", _("Probability"), 10, "prob"),
        Column("mungkin", _("Rupiah, possible"), 15, "rupiah"),
        Column("alamat", _("Address"), 30),
    ]
    rows = listing.rows.with_row_index("nomor", offset=1)
    sheet.widths(columns)
    sheet.heading(
        _("Stale families, worst first"),
        _("One row per family record. Order: severity, number of rules, age of the record. ")
        + left_out(rows.height, listing.total, "data/findings.parquet"),
    )
    sheet.table(columns, rows, freeze=5, style=SEVERITY_STYLE)
    sheet.print_setup()


def duplicates(book: Book, listing: Listing) -> None:
    """People listed twice, their rows one below the other."""
    sheet = book.sheet(_("Duplicate people"))
    columns = [
        Column("grup", _("Group"), 7, "count"),
        Column("kode", _("Code"), 16),
        Column("tingkat", _("Severity"), 10),
        Column("peluang", _("Probability"), 10, "prob"),
        Column("nama", _("Name"), 28),
        Column("nik_asli", "NIK", 18, "id"),
        Column("no_kk_asli", _("KK number"), 18, "id"),
        Column("jenis_kelamin", _("Sex"), 6),
        Column("tanggal_lahir", _("Birth date"), 12, "date"),
        Column("nama_ibu", _("Mother's name"), 22),
        Column("kecamatan", _("District"), 18),
        Column("desa", _("Village"), 18),
        Column("alamat", _("Address"), 28),
        Column("rt", "RT", 5),
        Column("rw", "RW", 5),
        Column("sama", _("Equal"), 30, "wrap"),
        Column("beda", _("Different"), 30, "wrap"),
        Column("sumber", _("Register"), 12),
        Column("berkas", _("File"), 30),
        Column("lembar", _("Sheet"), 16),
        Column("nomor_baris", _("Row"), 9, "count"),
        Column("tindakan", _("What to do"), 44, "wrap"),
    ]
    sheet.widths(columns)
    sheet.heading(
        _("Duplicate people"),
        _("Rows with the same group number are one person, listed one below the other. ")
        + left_out(listing.rows.height, listing.total, "data/findings.parquet"),
    )
    sheet.table(columns, listing.rows, freeze=5, style=GROUP_STYLE)
    sheet.print_setup()


def double_by_place(book: Book, context: Context) -> None:
    """Double recipients and rupiah per programme, kecamatan and desa."""
    sheet = book.sheet(_("Double payments by region"))
    frame = figures.double_paid_by_place(context)
    columns = [
        Column("program", _("Programme"), 16),
        Column("kecamatan", _("District"), 24),
        Column("desa", _("Village"), 24),
        Column("kode_wilayah", _("Region code"), 13, "id"),
        Column("temuan", _("Findings"), 11, "count"),
        Column("yakin", _("of these certain"), 12, "count"),
        Column("keluarga", _("Families"), 11, "count"),
        Column("pasti", _("Rupiah, certain"), 18, "rupiah"),
        Column("mungkin", _("Rupiah, possible"), 18, "rupiah"),
    ]
    sheet.widths(columns)
    sheet.heading(
        _("Double recipients by programme, district and village"),
        _("Certain: probability 0.99 or more. Possible includes certain. Every payment row is counted once. ")
        + left_out(min(frame.height, MAX_ROWS), frame.height, "data/findings.parquet"),
    )
    sheet.table(columns, _programmes(frame), freeze=3)
    for index, column in enumerate(columns):
        total = frame[column.key].sum() if column.kind in ("count", "rupiah") and frame.height else None
        sheet.cell(index, _("Total") if index == 0 else total, column.kind if index else "text", bold=True, top=2)
    sheet.print_setup()


def _programmes(frame: pl.DataFrame) -> pl.DataFrame:
    known = {p: program_label(p) for p in frame["program"].drop_nulls().unique().to_list()}
    return frame.with_columns(pl.col("program").replace(known))


def double(book: Book, context: Context, limit: int) -> None:
    """Double recipients one by one, with their payments side by side."""
    sheet = book.sheet(_("Double recipients"))
    listing = lists.double_list(context, limit)
    columns = [
        Column("nomor", _("No."), 7, "count"),
        Column("kode", _("Code"), 9),
        Column("program", _("Programme"), 14),
        Column("periode_awal", _("Period from"), 11, "date"),
        Column("periode_akhir", _("Period to"), 11, "date"),
        Column("siapa", _("Who"), 44, "wrap"),
        Column("pasti", _("Rupiah, certain"), 15, "rupiah"),
        Column("mungkin", _("Rupiah, possible"), 15, "rupiah"),
        Column("peluang", _("Probability"), 10, "prob"),
        Column("n_bayar", _("Payment rows"), 9, "count"),
        Column("pembayaran", _("Payments side by side"), 84, "wrap"),
        Column("ringkas", _("What is wrong"), 48, "wrap"),
        Column("tindakan", _("What to do"), 40, "wrap"),
        Column("kecamatan", _("District"), 18),
        Column("desa", _("Village"), 18),
        Column("tingkat", _("Severity"), 10),
    ]
    sheet.widths(columns)
    sheet.heading(
        _("Double recipients, most rupiah first"), left_out(listing.rows.height, listing.total, "data/findings.parquet")
    )
    sheet.table(columns, _programmes(listing.rows.with_row_index("nomor", offset=1)), freeze=3)
    sheet.print_setup()


def findings(book: Book, context: Context, group: str, title: str, limit: int) -> None:
    """The findings of one group, one row each."""
    sheet = book.sheet(title)
    listing = lists.finding_list(context, group, limit)
    columns = [
        Column("nomor", _("No."), 7, "count"),
        Column("tingkat", _("Severity"), 10),
        Column("kode", _("Code"), 9),
        Column("judul", _("Meaning"), 34, "wrap"),
        Column("siapa", _("Who"), 46, "wrap"),
        Column("ringkas", _("What is wrong"), 50, "wrap"),
        Column("bukti_teks", _("What the sources say (source, date, value)"), 70, "wrap"),
        Column("tindakan", _("What to do"), 40, "wrap"),
        Column("peluang", _("Probability"), 10, "prob"),
        Column("kecamatan", _("District"), 18),
        Column("desa", _("Village"), 18),
        Column("letak", _("File [sheet]: row"), 44, "wrap"),
    ]
    sheet.widths(columns)
    sheet.heading(title, left_out(listing.rows.height, listing.total, "data/findings.parquet"))
    sheet.table(columns, listing.rows.with_row_index("nomor", offset=1), freeze=3, style=SEVERITY_STYLE)
    sheet.print_setup()


def review(book: Book, listing: Listing) -> None:
    """Doubtful pairs, both rows side by side."""
    sheet = book.sheet(_("Pairs to review"))
    fields = [
        ("sumber", _("Register"), 11, "text"), ("nama", _("Name"), 26, "text"), ("nik_asli", "NIK", 18, "id"),
        ("no_kk_asli", _("KK number"), 18, "id"), ("jenis_kelamin", _("Sex"), 5, "text"),
        ("tanggal_lahir", _("Birth date"), 11, "date"), ("nama_ibu", _("Mother's name"), 20, "text"),
        ("desa", _("Village"), 16, "text"), ("berkas", _("File"), 26, "text"), ("nomor_baris", _("Row"), 9, "count"),
    ]  # fmt: skip
    columns = [Column("grup", _("No."), 7, "count"), Column("peluang", _("Probability"), 10, "prob")]
    for side in ("1", "2"):
        columns += [Column(f"{key}_{side}", f"{title} {side}", width, kind) for key, title, width, kind in fields]  # type: ignore[arg-type]
    columns[2:2] = [Column("sama", _("Equal"), 26, "wrap"), Column("beda", _("Different"), 26, "wrap")]
    columns.append(Column("alasan", _("Why not decided"), 30, "wrap"))
    sheet.widths(columns)
    sheet.heading(
        _("Pairs to review, most probable first"),
        _("Two persons that may be one: look at the papers, then decide. ")
        + left_out(listing.rows.height, listing.total, "data/links.parquet"),
    )
    sheet.table(columns, listing.rows, freeze=2, style=GROUP_STYLE)
    sheet.print_setup()


def rejected(book: Book, context: Context, limit: int) -> None:
    """Input rows that could not be used, and why."""
    sheet = book.sheet(_("Rejected rows"))
    columns = [
        Column("berkas", _("File"), 40),
        Column("lembar", _("Sheet"), 24),
        Column("nomor_baris", _("Row"), 10, "count"),
        Column("kolom", _("Column"), 20),
        Column("alasan", _("Why rejected"), 50),
        Column("aturan", _("Check"), 20),
        Column("nilai", _("Value (masked)"), 40),
    ]
    frame = context.tables.rejected.sort("berkas", "lembar", "nomor_baris", "kolom", nulls_last=True)
    words = {c: rejection_label(c) for c in frame["aturan"].unique().to_list()}
    sheet.widths(columns)
    sheet.heading(
        _("Rejected rows"),
        _("Input rows that could not be used. ")
        + left_out(min(limit, frame.height), frame.height, "data/rejected.parquet"),
    )
    sheet.table(columns, frame.head(limit).with_columns(alasan=pl.col("aturan").replace(words)), freeze=3)
    sheet.print_setup()
