"""The narrow tables of the gate: persons as numbers, rows in order, look-ups by place that agree with joins."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.findings.programme import load_programmes
from rules.gate.frames import Frames, narrow, numbered
from rules.gate.judge import verdicts
from rules.gate.parameters import load_gate_parameters
from rules.gate.view import View
from tests.rules.findings.builder import Builder

NIK, KK = "3201905705800001", "3201900101150001"


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from(["K", "L", None])), min_size=1, max_size=30))
def test_a_number_stands_for_one_person_and_one_family(rows: list[tuple[str, str | None]]) -> None:
    entities = pl.DataFrame(
        {
            "baris_id": range(len(rows)),
            "person_id": [person for person, _family in rows],
            "family_id": [family for _person, family in rows],
            "keyakinan": 1.0,
        },
        schema={"baris_id": pl.UInt32, "person_id": pl.String, "family_id": pl.String, "keyakinan": pl.Float64},
    )
    people = numbered(entities.reverse())
    assert people["baris_id"].to_list() == list(range(len(rows)))
    for number, found in enumerate(people.to_dicts()):
        person, family = rows[number]
        assert found["orang"] == next(k for k, (other, _f) in enumerate(rows) if other == person)
        first = None if family is None else next(k for k, (_p, other) in enumerate(rows) if other == family)
        assert found["keluarga"] == first


def test_rows_say_what_the_gate_asks_for_in_their_order() -> None:
    b = Builder()
    b.row("dukcapil", "ani", nik=NIK, no_kk=KK, keberadaan="MENINGGAL")
    b.row("dtks", "ani", nik=NIK, nonaktif=False, tanggal_lahir=date(1980, 7, 1), lahir_mutu="TAHUN")
    b.row("regsosek", "budi", nonaktif=True)
    b.pay("pkh", "ani", date(2023, 1, 1), date(2023, 3, 31), nik=NIK)
    records = b.tables().records
    rows = narrow(records.reverse().lazy())
    assert rows["baris_id"].to_list() == [0, 1, 2, 3]
    assert rows["nik"].to_list() == [int(NIK), int(NIK), None, int(NIK)]
    assert rows["no_kk"].to_list() == [int(KK), None, None, None]
    assert rows["pergi"].to_list() == [True, False, True, False]
    assert rows["daftar"].to_list() == [True, True, True, False]
    assert rows["lahir"].is_null().to_list() == [False, True, False, False]  # a year alone is no birth date
    assert rows["tanggal_lahir"][1] == date(1980, 7, 1)


@pytest.mark.parametrize("gap", [0, 5])
def test_numbers_with_gaps_give_the_same_verdicts(gap: int) -> None:
    """A run numbers its rows without gaps and they are looked up by place; anything else is joined."""
    b = Builder()
    for _again in range(2):
        b.pay("pkh", "ani", date(2023, 1, 1), date(2023, 3, 31), nik=NIK, no_kk=KK, keluarga="K1")
    b.row("dukcapil", "ani", nik=NIK, no_kk=KK, keluarga="K1", keberadaan="MENINGGAL", tanggal_status=date(2022, 6, 1))
    data = b.tables()
    moved = pl.col("baris_id") + pl.when(pl.col("baris_id") > 0).then(gap).otherwise(0).cast(pl.UInt32)
    frames = Frames.of(
        data.records.with_columns(moved).lazy(),
        data.entities.with_columns(moved),
        data.links,
        data.payments.with_columns(moved, dinilai=pl.lit(value=True)),
    )
    known = load_programmes()
    found = verdicts(View(frames, known["pkh"], known, load_gate_parameters()))
    assert found["putusan"].cast(pl.String).to_list() == ["TAHAN", "TAHAN"]
    assert [kode.split(", ") for kode in found["kode"]] == [["D01"], ["BG01", "D01"]]
