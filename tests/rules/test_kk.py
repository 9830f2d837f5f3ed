"""Nomor KK: grades, the date of issue, and the helpers that look at a whole card."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import kk

ACUAN = date(2024, 6, 30)


def grade(raw: str | None, *, angka: bool = False, **swap: object) -> dict[str, object]:
    frame = pl.DataFrame({"raw": [raw], "angka": [angka], **{k: [v] for k, v in swap.items()}})
    frame = frame.with_columns(pl.col("raw").cast(pl.String))
    more = {name: pl.col(name) for name in swap}
    columns = kk.kk_columns(pl.col("raw"), from_number=pl.col("angka"), tanggal_acuan=ACUAN, **more)
    return frame.with_columns(columns).row(0, named=True)


@settings(deadline=None, max_examples=50)
@given(st.dates(date(1990, 1, 1), ACUAN), st.integers(90, 99), st.integers(1, 9999))
def test_a_card_number_gives_back_its_date_of_issue(issued: date, kec: int, serial: int) -> None:
    number = f"3201{kec}{issued:%d%m%y}{serial:04d}"
    row = grade(f" {number}")
    assert (row["no_kk"], row["kk_mutu"], row["kk_kode"], row["kk_bendera"]) == (number, "TEPERCAYA", None, [])
    got = pl.DataFrame({"k": [number]}).select(kk.kk_issue_date(pl.col("k"), ACUAN)).item()
    assert got == issued


@pytest.mark.parametrize(
    ("raw", "trust", "code", "flag"),
    [
        ("320190150811000", "TAK_TEPERCAYA", "K01", "K01:panjang"),
        ("32O1901508110003", "TAK_TEPERCAYA", "K01", "K01:panjang"),
        ("3,20190E+15", "TAK_TEPERCAYA", "K01", "K01:ilmiah"),
        ("1234567890123456", "KOSONG", "K01", "K01:pengisi"),
        ("3201901508110000", "KOSONG", "K01", "K01:pengisi"),
        ("0320190150811001", "TAK_TEPERCAYA", "K01", "K01:sementara"),
        ("3201901517110003", "TAK_TEPERCAYA", "K02", "K02:tanggal"),
        ("3201902902230003", "TAK_TEPERCAYA", "K02", "K02:tanggal"),
        ("3201901508730003", "TAK_TEPERCAYA", "K02", "K02:tahun"),
        ("3201900107240003", "TAK_TEPERCAYA", "K02", "K02:tahun"),  # a day after the reference date
        ("3201905508110003", "TAK_TEPERCAYA", "K03", None),
        ("4401901508110003", "LEMAH", "N05", "N05"),
    ],
)
def test_grades(raw: str, trust: str, code: str, flag: str | None) -> None:
    row = grade(raw)
    assert (row["kk_mutu"], row["kk_kode"], row["kk_bendera"]) == (trust, code, [flag] if flag else [])
    assert (row["no_kk"] is None) == (trust != "LEMAH")


def test_no_value_is_no_fault() -> None:
    for raw in (None, "", "NULL", "-"):
        row = grade(raw)
        assert (row["no_kk"], row["kk_mutu"], row["kk_kode"], row["kk_bendera"]) == (None, "KOSONG", None, [])


def test_a_number_cell_is_not_trusted() -> None:
    assert grade("3201901508110003", angka=True)["kk_kode"] == "K01"


def test_swapped_with_the_nik_column() -> None:
    born, nik, card = date(1985, 3, 12), "3201901203850007", "3201901508110003"
    given_values = {"tanggal_lahir": born, "jenis_kelamin": "L"}
    assert grade(nik, nik=card, **given_values)["kk_kode"] == "N14"
    assert grade(card, nik=nik, **given_values)["kk_mutu"] == "TEPERCAYA"
    assert grade(nik, nik=nik, **given_values)["kk_kode"] == "N14"
    assert grade(card, nik=card, **given_values)["kk_mutu"] == "TEPERCAYA"  # the NIK column is at fault


def test_cards_that_are_too_large_or_only_filler() -> None:
    frame = pl.DataFrame(
        {
            "no_kk": ["A"] * 13 + ["B"] * 4 + ["C"] * 4 + [None] * 14,
            "nama": ["X"] * 13 + list("PQRS") + list("PPQR") + ["X"] * 14,
            "alamat": ["X"] * 13 + list("1234") + list("1234") + ["X"] * 14,
        }
    )
    got = frame.select(
        "no_kk",
        besar=kk.oversized_card(pl.col("no_kk")),
        pengisi=kk.placeholder_card(pl.col("no_kk"), pl.col("nama"), pl.col("alamat")),
    )
    assert got.filter("besar")["no_kk"].unique().to_list() == ["A"]
    assert got.filter("pengisi")["no_kk"].unique().to_list() == ["B"]
