from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import letters, paper
from reports.context import Context
from reports.village_page import on_paper, page_data
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
    frame = frame.with_columns(kode_desa=pl.lit("3303012001"))
    pairs = pl.DataFrame(schema=dict.fromkeys(("kode_desa", *PAIR), pl.String))
    n = frame["keluarga"].n_unique()
    village = Village("3303012001", "KODE", n, frame.height, n, 0, 0, ("ST01",), 100, frame.height)
    page: dict[str, Any] = json.loads(page_data(context, village, on_paper(frame, pairs, 100)(village.kode)))
    return page


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
    names = ["ŃUR ŞĀLIḤ", "*TEBAL* (a) [x] _y_ \\ %d {n} </b>", "Ναόμι Ольга"]
    text = _words(*paper.render([_page(context, *({"masalah": name} for name in names))]))
    for name in names:
        assert name in text.replace("\n", " ")


def test_a_letter_that_the_fonts_have_not_is_shown_by_its_number(context: Context) -> None:
    text = _words(*paper.render([_page(context, {"siapa": "A中𝄞\u200b\x00\xadB"})]))
    assert "A[U+4E2D][U+1D11E][U+0000]B" in text.replace("\n", "")


def test_more_letters_than_one_part_of_a_font_holds(context: Context) -> None:
    letters = [chr(code) for code in (*range(0xC0, 0x17F), *range(0x391, 0x3A2), *range(0x410, 0x450))]
    words = ["".join(letters[i : i + 8]) for i in range(0, len(letters), 8)]
    text = _words(*paper.render([_page(context, {"masalah": " ".join(words), "siapa": "biasa"})]))
    assert [word for word in words if word not in text] == []
    assert "biasa" in text


WORDS = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="\xa0\xad"), min_size=1)
)


@given(words=WORDS, room=st.floats(20, 300))
def test_lines_fit_and_hold_every_letter(words: list[str], room: float) -> None:
    style = letters.Style(letters.PLAIN, 7, 8)
    words = [word for word in words if not any(letter.isspace() for letter in word)]
    lines = letters.wrapped(" ".join(words), style, room)
    assert "".join(lines).replace(" ", "") == "".join(words)
    for line in lines:
        assert letters.width(line, style) <= room or len(line) == 1 or "[U+" in letters.shown(ord(line[0]), style.font)
    # A word is only cut when it has no room on a line of its own.
    for word in words:
        if letters.width(word, style) <= room:
            assert any(word in line for line in lines)


def test_a_long_word_goes_on_below_and_never_over_the_next_cell(context: Context) -> None:
    long = "ABCDEFGHIJ" * 6
    text = _words(*paper.render([_page(context, {"siapa": long})]))
    assert long not in text
    assert long in re.sub(r"\s", "", text)


def test_a_line_higher_than_a_page_goes_on_over_pages(context: Context) -> None:
    people = [f"ORANG KE {n}" for n in range(200)]
    text = _words(*paper.render([_page(context, {"siapa": "\n".join(people)}, {"keluarga": 2, "kode_baris": "-"})]))
    assert [p for p in people if p not in text.split("\n")] == []
    pages = [page for page in text.split("\f") if "ORANG KE" in page]
    assert len(pages) > 1
    assert [page.count("1. SITI") for page in pages] == [1] * len(pages)  # the heading of the family on each page
    assert sum(page.count("AAAA-BBBB-CC") for page in pages) == 1


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
