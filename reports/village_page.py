"""What the PDF of a village shows, as strings in the run's language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from reports.context import Context
from reports.labels import day, number
from reports.village_sheet import Village, columns_of, head_of_village, place_of, steps
from rules.i18n import _, language

_MAX_PAIRS: Final = 100  # on paper; the workbook holds more


@dataclass(frozen=True, slots=True)
class Printed:
    """What paper shows of a village: `families` and `pairs` as `reports.paper.render` wants them, one a row."""

    families: pl.DataFrame
    pairs: pl.DataFrame


def page_data(context: Context, village: Village, shown: Printed) -> str:
    """The data of `reports.paper.render` as JSON; `shown` is of `on_paper`."""
    told = json.dumps(_told(context, village, shown), ensure_ascii=False)
    # Polars writes what the lists show nine times as fast as Python would.
    return f'{told[:-1]}, "keluarga": {shown.families.write_json()}, "pasangan": {shown.pairs.write_json()}}}'


def _told(context: Context, village: Village, shown: Printed) -> dict[str, Any]:
    place = place_of(context, village.kode)
    family_titles, pair_titles = columns_of()
    return {
        "bahasa": language(),
        "judul": _("Families to check: {place}").format(place=place),
        "judul_pasangan": _("Doubtful pairs: {place}").format(place=place),
        "kode": village.daftar,
        "ringkas": _("{n} families, {lines} lines, worst first.").format(
            n=number(shown.families.height), lines=number(village.printed_lines)
        ),
        "acuan": _("Reference date {date}. Village code {code}.").format(
            date=day(context.as_of) or "–", code=village.kode
        ),
        "sisa": _not_printed(village),
        "ringkas_pasangan": _(
            "Are these one person or two? Tick one box. {shown} of {total} pairs, most probable first."
        ).format(shown=number(shown.pairs.height), total=number(village.all_pairs)),
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


def _not_printed(village: Village) -> str:
    """What stands in the workbook, or nowhere but in the tables of the run, and not on paper; empty when nothing."""
    families, pairs = village.families - village.printed, village.pairs - _MAX_PAIRS
    told = []
    if families > 0:
        told.append(
            _("NOT ON PAPER: {n} more families with {lines} lines.").format(
                n=number(families), lines=number(village.lines - village.printed_lines)
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


def on_paper(lines: pl.DataFrame, pairs: pl.DataFrame, printed: int) -> Callable[[str], Printed]:
    """What paper shows of each village of `lines` (of `reports.lines.family_lines`) and of doubtful `pairs`."""
    line = pl.col("nomor", "urut", "tingkat", "kode", "kode_baris", "siapa", "masalah", "tindakan")
    proof = pl.col("bukti_teks").str.split("\n").list.eval(pl.element().filter(pl.element() != ""))
    families = (
        lines.filter(pl.col("keluarga") <= printed)
        .group_by("kode_desa", "keluarga", maintain_order=True)
        .agg(
            kepala=pl.first("kepala"),
            alamat=pl.first("alamat_teks"),
            data=pl.first("data_teks"),
            baris=pl.struct(line, proof.alias("bukti")),
        )
        .select("kode_desa", "kepala", "alamat", "data", "baris", nomor=pl.col("keluarga").cast(pl.String))
    )
    likely = pairs.filter(pl.int_range(pl.len()).over("kode_desa") < _MAX_PAIRS).select(
        "kode_desa", "nomor", "orang_1", "orang_2", "sama", "beda", "kode_baris"
    )
    own, two = (f.partition_by("kode_desa", as_dict=True, include_key=False) for f in (families, likely))
    none, no_pairs = families.drop("kode_desa").clear(), likely.drop("kode_desa").clear()
    return lambda code: Printed(own.get((code,), none), two.get((code,), no_pairs))
