"""Family and ART ids: split from the end, readings by length, positions."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import art

DIGITS = "0123456789"


@given(st.sampled_from([16, 17, 18]).flatmap(lambda k: st.text(DIGITS[1:], min_size=k, max_size=k)), st.integers(1, 99))
def test_an_art_id_splits_into_family_and_position(family: str, number: int) -> None:
    art_id = f"{family}{number:02d}"
    frame = pl.DataFrame({"a": [art_id]}).with_columns(art.art_columns(pl.col("a")))
    assert frame.row(0) == (art_id, family, art_id, f"{number:02d}")
    assert frame.select(art.position(pl.col("sufiks_art"))).item() == number
    assert art.Reading(family, f"{number:02d}") in art.readings(art_id)
    assert all(reading.usual for reading in art.readings(art_id))


def test_readings_by_length() -> None:
    def lengths(size: int) -> list[tuple[int, bool]]:
        return [(len(r.family), r.suffix is not None) for r in art.readings("1" * size)]

    assert lengths(16) == [(16, False)]
    assert lengths(17) == [(17, False)]
    assert lengths(18) == [(16, True), (18, False)]
    assert lengths(19) == [(17, True)]
    assert lengths(20) == [(18, True)]
    assert lengths(15) == lengths(21) == []


def test_the_family_of_the_source_document() -> None:
    ids = [f"3650225000500111{n:03d}" for n in range(1, 7)]
    frame = pl.DataFrame({"id_art": ids, "fam": ["36502250005001110"] * 6})
    got = frame.select(
        art.family_part(pl.col("id_art")).alias("keluarga"),
        art.expected_relation(art.suffix_part(pl.col("id_art"))).alias("hubungan"),
        art.family_mismatch(pl.col("fam"), pl.col("id_art")).alias("beda"),
    )
    assert got["keluarga"].unique().to_list() == ["36502250005001110"]
    assert got["hubungan"].to_list() == ["KEPALA", "PASANGAN", "ANAK", "ANAK", "ANAK", "ANAK"]
    assert not got["beda"].any()


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [("01", None), ("20", None), ("21", "ST24"), ("00", "ST20:nol"), ("A1", "ST20:bukan_angka"), (None, "ST20:kosong"),
     ("1", "ST20:bukan_angka"), (" ", "ST20:kosong")],
)  # fmt: skip
def test_suffix_reasons(suffix: str | None, reason: str | None) -> None:
    frame = pl.DataFrame({"s": [suffix]}, schema={"s": pl.String})
    assert frame.select(art.suffix_reason(pl.col("s"))).item() == reason


def test_blanks_around_ids_and_a_family_column_of_its_own() -> None:
    frame = pl.DataFrame({"a": ["3201010001000001 01"], "f": ["3201010001000001  "]})
    got = frame.with_columns(art.art_columns(pl.col("a"), pl.col("f"))).row(0, named=True)
    assert (got["id_keluarga"], got["sufiks_art"]) == ("3201010001000001", "01")
    assert frame.select(art.family_mismatch(pl.lit("X"), pl.col("a"))).item()
