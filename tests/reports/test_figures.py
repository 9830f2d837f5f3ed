from __future__ import annotations

from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import figures
from reports.context import Context
from rules.findings.money import money_once
from rules.tables import Tables


def test_control_totals_conserve_every_row(context: Context) -> None:
    totals = figures.control_totals(context)
    assert totals.height == context.tables.files.height
    assert totals["selisih"].to_list() == [0] * totals.height


def test_a_lost_row_shows_as_a_difference(context: Context) -> None:
    files = context.tables.files.with_columns(baris_dibaca=pl.col("baris_dibaca") + 1)
    wrong = figures.control_totals(replace(context, tables=replace(context.tables, files=files)))
    assert (wrong["selisih"] == 1).all()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b", "c"])), max_size=60),
)
def test_overlap_agrees_with_sets(members: list[tuple[int, str]]) -> None:
    frame = pl.DataFrame(members, schema={"unit": pl.Int64, "sumber": pl.String}, orient="row")
    found = figures.overlap(frame, ["a", "b", "c"])
    held = {s: {u for u, t in members if t == s} for s in "abc"}
    assert found.matrix == [[len(held[x] & held[y]) for y in "abc"] for x in "abc"]
    assert found.total == len({u for u, _s in members})
    assert sum(n for _sources, n in found.combos) == found.total


def test_side_by_side_counts_persons_once_and_leaves_unstated_fields_empty(context: Context) -> None:
    frame = figures.side_by_side(context, 10)
    persons = frame.filter(pl.col("ukuran") == "orang")
    rows = context.rows.filter(pl.col("sumber") == "dtks")
    assert persons["dtks"].sum() == rows.select("person_id", "kode_wilayah").unique().height
    assert (
        frame.filter(pl.col("ukuran") == "desil_1")["dtks"].null_count() == persons.height
    )  # the DTKS states no decile
    male_female = frame.filter(pl.col("ukuran").is_in(["laki", "perempuan"]))["regsosek"].sum()
    assert male_female == persons["regsosek"].sum()
    assert (frame["selisih"].drop_nulls() >= 0).all()


def test_families_are_counted_in_the_unit_of_their_register(context: Context) -> None:
    units = context.main_families.group_by("sumber").agg(pl.col("satuan").cast(pl.String).unique())
    assert dict(units.rows()) == {"dtks": ["DTKS"], "p3ke": ["BKKBN"], "regsosek": ["KK"], "dukcapil": ["KK"]}


def test_region_tree_sums_up_level_by_level(context: Context) -> None:
    tree = figures.region_tree(context)
    for column in ("orang", "temuan", "bayar", "mungkin"):
        sums = {d: tree.filter(pl.col("digit") == d)[column].sum() for d in (2, 4, 6, 10)}
        assert len(set(sums.values())) == 1, column
    assert tree.filter(pl.col("digit") == 2)["temuan"].sum() == context.findings.height


def _findings(rows: list[tuple[str, float, int, list[str]]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        [(i, p, n, n, b) for i, p, n, b in rows],
        schema={
            "temuan_id": pl.String,
            "peluang": pl.Float64,
            "nominal_pasti": pl.Int64,
            "nominal_mungkin": pl.Int64,
            "bayar": pl.List(pl.String),
        },
        orient="row",
    )
    return frame.with_columns(urut=pl.lit(0, pl.UInt8))


def test_a_payment_in_two_findings_counts_once() -> None:
    payments = pl.DataFrame({"bayar_id": ["a", "b", "c"], "nominal": [100, 100, 300]})
    found = _findings([("double", 0.999, 200, ["a", "b"]), ("dead", 0.99, 400, ["b", "c"]), ("none", 0.9, 50, [])])
    money = dict(money_once(found, payments).select("temuan_id", "mungkin").rows())
    assert money["dead"] + money["double"] == 500
    assert money["none"] == 50


def test_findings_that_share_no_payment_keep_their_amounts() -> None:
    payments = pl.DataFrame({"bayar_id": ["a", "b", "c", "d"], "nominal": [100, 100, 300, 300]})
    found = _findings([("x", 0.999, 100, ["a", "b"]), ("y", 0.99, 300, ["c", "d"])])
    assert dict(money_once(found, payments).select("temuan_id", "pasti").rows()) == {"x": 100, "y": 300}


def test_a_rule_that_touches_the_whole_file_is_told_once(context: Context, tables: Tables) -> None:
    rows = tables.records.filter(pl.col("sumber") == "dtks").select("baris_id", "sidik")
    stale = (
        tables.findings.filter(pl.col("kode") == "ST01")
        .head(1)
        .drop("temuan_id", "baris")
        .join(rows.select(temuan_id="sidik", baris=pl.concat_list("baris_id")), how="cross")
        .with_columns(kode=pl.lit("ST60"))
        .select(tables.findings.columns)
    )
    more = replace(context, tables=replace(tables, findings=pl.concat([tables.findings, stale])))
    assert more.blanket.select("kode", "berkas").rows() == [("ST60", "dtks_purbalingga.csv")]
    assert "ST60" not in more.worklist["kode"].to_list()
    assert any("ST60" in note and "dtks_purbalingga.csv" in note for note in figures.coverage_notes(more))
    assert more.findings.filter(pl.col("kode") == "ST60").height == rows.height  # the table itself stays complete
