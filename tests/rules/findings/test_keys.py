from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rules import tables
from rules.findings.keys import evidence_keys, subjects

TEXT = st.text(alphabet="ABC|\x1f -", max_size=4)
SAID = st.lists(st.tuples(st.sampled_from(["dtks", "dukcapil"]), TEXT, st.none() | TEXT), min_size=1, max_size=4)
RECORDS = pl.DataFrame({"baris_id": [0, 1, 2], "sidik": ["a", "b", "c"]}, schema_overrides={"baris_id": pl.UInt32})


def _finding(said: list[tuple[str, str, str | None]], rows: list[int], kode: str = "ST01") -> pl.DataFrame:
    blank = tables.empty("findings")
    proof = [{"baris_id": None, "sumber": s, "kolom": k, "nilai": v, "tanggal": None} for s, k, v in said]
    values = {"temuan_id": "t", "kode": kode, "baris": rows, "bukti": proof, "bayar": [], "alias": []}
    return pl.DataFrame({c: [values.get(c)] for c in blank.columns}, schema=dict(blank.schema), strict=False)


def _key(finding: pl.DataFrame, records: pl.DataFrame = RECORDS) -> str:
    return str(evidence_keys(finding, records)["kunci"][0])


@given(SAID, st.permutations(range(5)))
def test_order_and_repetition_of_evidence_do_not_matter(
    said: list[tuple[str, str, str | None]], order: list[int]
) -> None:
    again = [*said, said[0]]
    again = [again[i] for i in order if i < len(again)]
    assert _key(_finding(said, [0, 1])) == _key(_finding(again, [1, 0]))


@given(SAID, SAID)
def test_other_evidence_is_another_key(
    one: list[tuple[str, str, str | None]], two: list[tuple[str, str, str | None]]
) -> None:
    # A separator may stand inside a value; for distinct sets the keys must still differ.
    same = {tuple(x) for x in one} == {tuple(x) for x in two}
    plain = all("\x1f" not in k + (v or "") for _s, k, v in one + two)
    if plain:
        assert (_key(_finding(one, [0])) == _key(_finding(two, [0]))) == same


def test_rule_and_rows_are_part_of_the_key() -> None:
    said = [("dtks", "nama", "A")]
    keys = {
        _key(_finding(said, [0])),
        _key(_finding(said, [1])),
        _key(_finding(said, [0, 1])),
        _key(_finding(said, [0], "ST02")),
    }
    assert len(keys) == 4
    renumbered = RECORDS.with_columns(baris_id=2 - pl.col("baris_id"))
    assert _key(_finding(said, [0])) == _key(_finding(said, [2]), renumbered)


def test_subjects_are_named_by_content() -> None:
    assert subjects(_finding([("dtks", "nama", "A")], [2, 0]), RECORDS)["sidik"].to_list() == [["a", "c"]]
