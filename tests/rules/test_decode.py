"""`decode`: the family of the source document, ids with several readings, and ids that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.decode import decode, in_words
from rules.i18n import language, set_language

ACUAN = date(2024, 6, 30)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = language()
    set_language("en")
    yield
    set_language(before)


def test_the_family_of_the_source_document() -> None:
    family = "36502250005001110"
    words = ["household head", "wife", "first child", "second child", "third child", "fourth child"]
    for number, word in enumerate(words, start=1):
        found = decode(f"{family}{number:02d}")
        assert [r.jenis for r in found.readings] == ["ART"]
        reading = found.readings[0]
        assert reading.values["keluarga"] == family
        assert reading.values["posisi"] == number
        assert word in dict(reading.facts)["position"]
        assert any("no proof" in warning for warning in reading.warnings)
    assert "anak pertama" in dict(decode("3650225000500111003").readings[0].facts)["position"]
    assert [r.values for r in decode(family).readings] == [{"keluarga": family}]


def test_an_id_of_several_lengths_lists_its_readings() -> None:
    kinds = [(r.jenis, r.values["keluarga"]) for r in decode("327101000100000103").readings]
    assert kinds == [("ART", "3271010001000001"), ("KELUARGA", "327101000100000103")]
    sixteen = decode("3201901508110003", tanggal_acuan=ACUAN, mode_uji=True)
    assert {r.jenis for r in sixteen.readings if r.mungkin} == {"NIK", "KK", "KELUARGA"}


def test_a_nik_in_words() -> None:
    found = decode("3201905203850007", tanggal_acuan=ACUAN, mode_uji=True)
    nik = next(r for r in found.readings if r.jenis == "NIK")
    facts = dict(nik.facts)
    assert nik.mungkin
    assert facts["born"] == "12 March 1985"
    assert facts["sex"].startswith("female")
    assert "Kabupaten Bogor" in facts["issued in"]
    card = next(r for r in found.readings if r.jenis == "KK")
    assert (card.mungkin, card.kode) == (False, "K03")
    unsure = decode("3201901203100007", tanggal_acuan=ACUAN, mode_uji=True).readings[0]
    assert dict(unsure.facts)["born"] == "12 March 2010 or 12 March 1910"


def test_a_retired_region_says_what_it_is_today() -> None:
    warnings = decode("9101901203850007", tanggal_acuan=ACUAN, mode_uji=True).readings[0].warnings
    assert any("9101 is retired" in w and "Papua Selatan" in w for w in warnings)


@pytest.mark.parametrize("text", ["", " - ", "NULL", "abc", "12", "3,20190E+15", "320190120385007", "3" * 40, "١٢٣"])
def test_what_is_no_id_says_why(text: str) -> None:
    found = decode(text, tanggal_acuan=ACUAN)
    assert found.readings == ()
    assert found.warnings


@settings(deadline=None, max_examples=30)
@given(st.one_of(st.text(max_size=22), st.text("0123456789", min_size=14, max_size=21)))
def test_never_fails_and_always_speaks(text: str) -> None:
    found = decode(text, tanggal_acuan=ACUAN)
    assert found.readings or found.warnings
    assert found.lines()
    assert json.loads(json.dumps(found.to_dict()))["teks"] == text


def test_dates_in_words() -> None:
    assert in_words(date(1990, 1, 1)) == "1 January 1990"


def test_it_loads_nothing_heavy_but_polars() -> None:
    code = "import sys, rules.decode as d; d.decode('3650225000500111003'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "pyarrow", "dataframely", "pydantic", "rapidfuzz", "duckdb", "scipy", "sklearn", "pandas"}
    assert not heavy & set(loaded)
