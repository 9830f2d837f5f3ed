"""Dates, periods, money, codes and delimited text: the parts that a whole file cannot try in every way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import codes, csvtext, dates, periods, values
from sources.inspecting import letter

DAYS = st.dates(min_value=date(1905, 1, 1), max_value=date(2022, 12, 31))
PLAIN = st.text(
    st.characters(codec="utf-8", exclude_characters='"|\r\n\x00', exclude_categories=["Cc", "Cs"]), max_size=8
)


@given(
    st.lists(DAYS, min_size=1, max_size=8),
    st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y%m%d", "%d.%m.%Y 0:00:00"]),
)
def test_a_written_date_comes_back(days: list[date], form: str) -> None:
    texts = pl.Series([f"{d:{form}}" if "%Y%m%d" in form else d.strftime(form) for d in days])
    found = dates.parse(texts, date(2023, 1, 1))
    assert found["tanggal"].to_list() == days
    assert found["mutu"].unique().to_list() == ["LENGKAP"]


def test_month_first_columns_are_told_by_their_own_evidence() -> None:
    assert dates.parse(pl.Series(["05/20/1970", "03/04/1980"]))["tanggal"].to_list() == [
        date(1970, 5, 20),
        date(1980, 3, 4),
    ]
    assert dates.parse(pl.Series(["20/05/1970", "03/04/1980"]))["tanggal"].to_list() == [
        date(1970, 5, 20),
        date(1980, 4, 3),
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023-01", (2023, 1, 1), (2023, 1, 31)), ("202302", (2023, 2, 1), (2023, 2, 28)),
        ("Januari 2023", (2023, 1, 1), (2023, 1, 31)), ("JAN-FEB 2023", (2023, 1, 1), (2023, 2, 28)),
        ("Januari s.d. Maret 2023", (2023, 1, 1), (2023, 3, 31)), ("Des 2022 - Jan 2023", (2022, 12, 1), (2023, 1, 31)),
        ("Tahap 1 2023", (2023, 1, 1), (2023, 3, 31)), ("Tahap IV Tahun 2022", (2022, 10, 1), (2022, 12, 31)),
        ("Semester 2 2023", (2023, 7, 1), (2023, 12, 31)), ("2023", (2023, 1, 1), (2023, 12, 31)),
        ("01/01/2023", (2023, 1, 1), (2023, 1, 31)), ("2023-01-01 s/d 2023-03-31", (2023, 1, 1), (2023, 3, 31)),
    ],
)  # fmt: skip
def test_periods(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert periods.one(text) == (date(*first), date(*last))


def test_a_stage_without_a_year_takes_it_from_the_column_beside_it() -> None:
    found = periods.parse(pl.Series(["TAHAP 2", "3", "entah"]), pl.Series([2023, 2023, None], dtype=pl.Int32))
    assert found.rows() == [(date(2023, 4, 1), date(2023, 6, 30)), (date(2023, 3, 1), date(2023, 3, 31)), (None, None)]


def test_money() -> None:
    texts = ["1.500.000", "Rp 200.000,00", "200000.00", "1,5 juta", "600 ribu", "Rp. 300.000,-", "entah", None]
    assert values.rupiah(pl.Series(texts)).to_list() == [
        1_500_000,
        200_000,
        200_000,
        1_500_000,
        600_000,
        300_000,
        None,
        None,
    ]


def test_a_bare_digit_answers_yes_or_no() -> None:
    written = pl.Series(["1", "0", "2", "01", "YA", "9", None])
    assert codes.canonical(written, "ya_tidak", None).to_list() == ["YA", "TIDAK", "TIDAK", "YA", "YA", None, None]
    assert codes.canonical(pl.Series(["1", "0", "CLEAN"]), "nonaktif", None).to_list() == ["YA", "TIDAK", "TIDAK"]


def test_every_code_of_the_reference_with_a_canonical_value_is_understood() -> None:
    groups = {
        "hubungan": "hubungan",
        "status kawin": "status_kawin",
        "jenis kelamin": "jenis_kelamin",
        "keberadaan": "keberadaan",
        "status dasar": "keberadaan",
    }
    reference = pl.read_csv(codes.DATA / "kode_referensi.csv", infer_schema=False).filter(pl.col("kanonik") != "")
    tried = 0
    for source, column, kind, code, label, canonical in reference.iter_rows():
        if kind not in groups:
            continue
        name = f"{source.split(' / ')[0]}:{column}"
        wanted = "LUAR_NEGERI" if (name, code) == ("Regsosek 2022-K:R404", "4") else canonical
        written = pl.Series([code, code.zfill(2), f"{code}.0", f"{code}. {label}", label])
        assert codes.canonical(written, groups[kind], name).to_list() == [wanted] * 5, (name, code)
        tried += 1
    assert tried > 50


def test_occupations_become_classes_or_labels() -> None:
    texts = pl.Series(["5", "PEGAWAI NEGERI SIPIL (PNS)", "9", "88. WIRASWASTA", "PEDAGANG KELILING", "85"])
    assert codes.labelled(texts, "pekerjaan", "SIAK:pekerjaan").to_list() == [
        "ASN", "ASN", "PETANI/PEKEBUN", "WIRASWASTA", "PEDAGANG KELILING", "PERANGKAT_DESA",
    ]  # fmt: skip


@given(st.lists(st.tuples(PLAIN, PLAIN, PLAIN), min_size=2, max_size=6))
def test_quoted_text_is_read_back_cell_by_cell(rows: list[tuple[str, str, str]]) -> None:
    content = "a|b|c\n" + "".join("|".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    grid = csvtext.read(content.encode(), Path("x.csv")).grid
    assert [tuple(cell or "" for cell in row) for row in grid.cells.rows()[1:]] == rows
    assert grid.rows.to_list() == list(range(1, len(rows) + 2))


def test_line_numbers_survive_blank_and_broken_lines() -> None:
    lines = [
        "NIK|NAMA|ALAMAT",
        "",
        *[f"{i}|N{i}|A" for i in range(45)],
        '77|B|"un',
        "78|C|ok",
        "79|short",
        "80|D|e|f|g",
    ]
    grid = csvtext.read("\n".join(lines).encode(), Path("x.csv")).grid
    numbered = dict(zip(grid.rows.to_list(), grid.cells.rows(), strict=True))
    assert numbered[48] == ("77", "B", "un")
    assert numbered[49] == ("78", "C", "ok")
    assert grid.rows.filter(grid.broken).to_list() == [50, 51]
    assert 2 not in numbered


def test_excel_letters() -> None:
    assert [letter(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


WRITTEN = st.sampled_from(
    [
        "Siti",
        " siti  aminah ",
        "'7",
        '"RT 007/003"',
        "7",
        "07.0",
        "-",
        "TIDAK ADA",
        "\u00a0X",
        "ABC`",
        "A\tB",
        "Rp 1.500",
        None,
    ]
)


@given(st.lists(WRITTEN, min_size=1, max_size=6))
def test_a_column_that_repeats_itself_is_cleaned_like_a_short_one(cells: list[str | None]) -> None:
    short = pl.Series("c", cells, dtype=pl.String)
    times = 30_000 // len(cells)
    long = pl.concat([short] * times)
    for clean in (values.text, values.text_keep, values.ident, values.whole, values.three_digits, values.rupiah):
        assert clean(long).equals(pl.concat([clean(short)] * times)), clean.__name__
    assert values.rt_rw(long).equals(pl.concat([values.rt_rw(short)] * times))
