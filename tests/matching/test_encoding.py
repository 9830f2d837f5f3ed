"""Records as numbers: by the rank of their texts, whatever stands beside them."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from blocking.encode import Encoded
from matching.encoding import encode, ranked
from rules.names import add_name_columns
from tests.matching.builder import records

CARD = "3201914507900001"
ROWS = [
    {"nama": "SITI AMINAH", "nama_ibu": "ST ROHMAH", "jenis_kelamin": "P", "no_kk": CARD, "hub_kk": "ANAK"},
    {"nama": "AHMAD FAUZI", "nama_ibu": None, "no_kk": CARD, "hub_kk": "KEPALA"},
    {"nama": "ST AMINAH", "jenis_kelamin": "P", "tanggal_lahir": date(1990, 7, 5), "no_kk": None},
    {"nama": "ST AMINAH", "jenis_kelamin": "L", "sumber": "p3ke"},
    {"nama": None, "nama_ibu": "SITI ROHMAH", "no_kk": "3201914507900002", "hub_kk": "KEPALA"},
]  # fmt: skip


def names_of(e: Encoded) -> list[str]:
    return [e.teks_nama[int(code)] for code in e.nama]


@given(st.lists(st.one_of(st.none(), st.text("ABÉ ", max_size=4)), max_size=30))
def test_texts_are_numbered_by_rank(texts: list[str | None]) -> None:
    plain = [(text or "").strip() for text in texts]
    codes, distinct = ranked(pl.Series(texts, dtype=pl.String))
    assert distinct.to_list() == sorted({"", *plain}, key=str.encode)
    assert [distinct[int(code)] for code in codes] == plain


def test_names_are_those_of_the_rules() -> None:
    table = records(ROWS)
    e = encode(table)
    named = add_name_columns(table, "nama", "n_")
    assert names_of(e) == named["n_kunci"].fill_null("").to_list()
    assert [e.teks_given[int(code)] for code in e.given] == named["n_given"].fill_null("").to_list()
    assert e.ibu[0] == e.ibu[4] != 0  # ST of a mother is SITI
    assert e.nama[0] == e.nama[2] != e.nama[3]  # of a man it is SUTAN
    assert ((e.token != 0).sum(axis=1) == named["n_token"].list.len().fill_null(0).to_numpy()).all()


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    whole, part = encode(records(ROWS)), encode(records(ROWS[:3]))
    assert names_of(whole)[:3] == names_of(part)
    assert (whole.token[:3] == part.token).all()
    assert whole.lahir.tolist()[2] == 19900705
    assert whole.kepala[0] == whole.kepala[1] == whole.nama[1]
    assert whole.kepala[4] == 0  # the head has no name
