from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import polars as pl
import pytest

from reports import paper
from reports.context import Context
from reports.village_page import page_data
from reports.village_sheet import Village

LINE = {
    "keluarga": 1,
    "nomor": "1",
    "urut": 1,
    "tingkat": "Tinggi",
    "kode": "ST01",
    "kepala": "SITI",
    "alamat_teks": "RT 1",
    "data_teks": "dtks",
    "siapa": "ANAK",
    "masalah": "Tercatat dua kali",
    "bukti_teks": "dtks: A\np3ke: B",
    "tindakan": "Periksa.",
    "kode_baris": "AAAA-BBBB-CC",
}
PAIR = ("nomor", "orang_1", "orang_2", "sama", "beda", "kode_baris")


def _page(context: Context, *lines: dict[str, Any]) -> dict[str, Any]:
    frame = pl.DataFrame([{**LINE, **line} for line in lines], schema=list(LINE))
    pairs = pl.DataFrame(schema={**dict.fromkeys(PAIR, pl.String), "n_desa": pl.UInt32})
    return page_data(context, Village("3303012001", "KODE", frame, frame["keluarga"].n_unique(), pairs))


def _words(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_lists_come_in_their_order_with_the_bytes_they_have_alone(context: Context) -> None:
    # The first is the longest, so that the others are ready before it.
    pages = [_page(context, *({"kepala": f"K{k}"} for k in range(1, n))) for n in (60, 2, 3, 4)]
    together = list(paper.render(pages))
    assert together == [one for page in pages for one in paper.render([page])]
    assert len(set(together)) == len(pages)
    assert list(paper.render([])) == []


def test_no_letter_is_lost_and_nothing_is_taken_for_markup(context: Context) -> None:
    long = "ABCDEFGHIJ" * 6
    names = ["ŃUR ŞĀLIḤ", "*TEBAL* #panic() $x$ \\", "<b> @a [x] _y_"]
    text = _words(*paper.render([_page(context, {"siapa": long}, *({"masalah": name} for name in names))]))
    for name in names:
        assert name in text.replace("\n", " ")
    # A word too long for its cell goes on in the next line instead of over the next cell.
    assert long not in text
    assert long in re.sub(r"\s|\u200b", "", text)


def test_families_keep_their_lines_and_evidence(context: Context) -> None:
    page = _page(context, {"nomor": "1.1"}, {"nomor": "1.2", "bukti_teks": ""}, {"keluarga": 2, "nomor": "2"})
    assert [(k["nomor"], [b["nomor"] for b in k["baris"]]) for k in page["keluarga"]] == [
        ("1", ["1.1", "1.2"]),
        ("2", ["2"]),
    ]
    assert [b["bukti"] for b in page["keluarga"][0]["baris"]] == [["dtks: A", "p3ke: B"], []]
    text = _words(*paper.render([page]))
    assert "– dtks: A" in text
    assert "→ Periksa." in text
