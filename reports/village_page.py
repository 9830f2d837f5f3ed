"""What the PDF of a village shows, as strings in the run's language."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from reports.context import Context
from reports.labels import day, number
from reports.village_sheet import Village, columns_of, head_of_village, place_of, steps
from rules.i18n import _, language

_MAX_PAIRS: Final = 100  # on paper; the workbook holds more


def page_data(context: Context, village: Village) -> dict[str, Any]:
    """The data of `reports.paper.render`."""
    place = place_of(context, village.kode)
    family_titles, pair_titles = columns_of()
    families = village.families
    lines = village.lines.filter(pl.col("keluarga") <= village.printed)
    return {
        "bahasa": language(),
        "judul": _("Families to check: {place}").format(place=place),
        "judul_pasangan": _("Doubtful pairs: {place}").format(place=place),
        "kode": village.daftar,
        "ringkas": _("{n} families, {lines} lines, worst first.").format(
            n=number(min(families, village.printed)), lines=number(lines.height)
        ),
        "acuan": _("Reference date {date}. Village code {code}.").format(
            date=day(context.as_of) or "–", code=village.kode
        ),
        "sisa": _not_printed(village, lines.height),
        "ringkas_pasangan": _(
            "Are these one person or two? Tick one box. {shown} of {total} pairs, most probable first."
        ).format(shown=number(min(village.pairs.height, _MAX_PAIRS)), total=number(village.all_pairs)),
        "keluarga": _families(lines),
        "pasangan": village.pairs.head(_MAX_PAIRS)
        .select("nomor", "orang_1", "orang_2", "sama", "beda", "kode_baris")
        .to_dicts(),
        "teks": {
            "kolom_keluarga": family_titles,
            "kolom_pasangan": pair_titles,
            "kode_daftar": _("List code") + " ",
            "data": _("data:"),
            "kaki": _("Names real people: keep it in the office, send it back, put it in no group or social media."),
            "halaman": _("Page") + " {n} / {semua}",
            "kosong": _("No family to check in this village."),
            "cara": steps(),
            "tanggal": _("Verified on: ....................................."),
            "tanda_tangan": [
                _("Verifying officer,"),
                _("Social assistant (TKSK / PKH),"),
                f"{head_of_village(village.kode)},",
            ],
        },
    }


def _not_printed(village: Village, lines: int) -> str:
    """What stands in the workbook, or nowhere but in the tables of the run, and not on paper; empty when nothing."""
    families, pairs = village.families - village.printed, village.pairs.height - _MAX_PAIRS
    told = []
    if families > 0:
        told.append(
            _("NOT ON PAPER: {n} more families with {lines} lines.").format(
                n=number(families), lines=number(village.lines.height - lines)
            )
        )
    if pairs > 0:
        told.append(_("NOT ON PAPER: {n} more pairs.").format(n=number(pairs)))
    if told:
        told.append(
            _("They stand in {file} and can be filled in there; when those above are decided, they come in the next "
              "edition of this list.").format(file=f"{village.kode}.xlsx")
        )  # fmt: skip
    if village.left:
        told.append(_("{n} more families are in data/findings.parquet.").format(n=number(village.left)))
    return " ".join(told)


def _families(lines: pl.DataFrame) -> list[dict[str, Any]]:
    line = pl.col("nomor", "urut", "tingkat", "kode", "kode_baris", "siapa", "masalah", "tindakan")
    proof = pl.col("bukti_teks").str.split("\n").list.eval(pl.element().filter(pl.element() != ""))
    return (
        lines.group_by(nomor_keluarga=pl.col("keluarga").cast(pl.String), maintain_order=True)
        .agg(
            kepala=pl.first("kepala"),
            alamat=pl.first("alamat_teks"),
            data=pl.first("data_teks"),
            baris=pl.struct(line, proof.alias("bukti")),
        )
        .rename({"nomor_keluarga": "nomor"})
        .to_dicts()
    )
