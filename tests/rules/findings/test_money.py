"""Rupiah at risk: every payment once, in the hands of the finding that is most certain of it."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rules.findings.money import payments_at_risk, summed

_FINDING = {
    "temuan_id": pl.String, "kode": pl.String, "program": pl.String, "kode_wilayah": pl.String, "peluang": pl.Float64,
    "nominal_pasti": pl.Int64, "bayar": pl.List(pl.String),
}  # fmt: skip


def findings(*rows: tuple[str, float, list[str]], desa: str = "3201012001") -> pl.DataFrame:
    sure = [100 if p >= 0.99 else 0 for _, p, _ in rows]
    made = [
        (f"t{i}", kode, "pkh", desa, p, s, bayar)
        for i, ((kode, p, bayar), s) in enumerate(zip(rows, sure, strict=True))
    ]
    return pl.DataFrame(made, schema=_FINDING, orient="row")


def amounts(**values: int | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"bayar_id": list(values), "nominal": [v or 0 for v in values.values()]}, schema_overrides={"nominal": pl.Int64}
    ).with_columns(tertulis=pl.Series([v is not None for v in values.values()]))


def test_a_payment_of_two_findings_counts_once_for_the_surer_one() -> None:
    found = findings(("BG02", 0.8, ["a", "b"]), ("ST51", 0.995, ["b"]))
    risk = payments_at_risk(found, amounts(a=100, b=200), 0.99)
    assert risk.select("bayar_id", "kode", "pasti", "harapan", "mungkin").rows() == [
        ("a", "BG02", 0, 80, 100), ("b", "ST51", 200, 200, 200),
    ]  # fmt: skip
    assert summed(risk, "program").select("bayar", "temuan", "pasti", "harapan", "mungkin").row(0) == (
        2,
        2,
        200,
        280,
        300,
    )


def test_an_amount_that_no_list_states_is_never_certain() -> None:
    risk = payments_at_risk(findings(("BG01", 1.0, ["a"])), amounts(a=None), 0.99)
    assert risk.select("pasti", "harapan").row(0) == (0, 0)


def test_places_are_told_as_far_as_they_are_known() -> None:
    risk = payments_at_risk(findings(("BG01", 1.0, ["a"]), desa="320101"), amounts(a=50), 0.99)
    assert summed(risk, "kecamatan")["kecamatan"].to_list() == ["320101"]
    assert summed(risk, "desa")["desa"].to_list() == [None]


@given(
    st.lists(st.tuples(st.sampled_from(["BG01", "BG02", "ST51"]), st.floats(0, 1), st.lists(st.sampled_from("abcd"))))
)
def test_sums_never_pass_the_payments_and_keep_their_order(rows: list[tuple[str, float, list[str]]]) -> None:
    money = amounts(a=1, b=20, c=300, d=4000)
    risk = payments_at_risk(findings(*rows), money, 0.99)
    named = {one for _, _, bayar in rows for one in bayar}
    assert sorted(risk["bayar_id"]) == sorted(named)
    assert risk["mungkin"].sum() == money.filter(pl.col("bayar_id").is_in(sorted(named)))["nominal"].sum()
    assert risk["pasti"].sum() <= risk["harapan"].sum() <= risk["mungkin"].sum()
    for level in ("program", "kecamatan", "desa"):
        assert summed(risk, level)["harapan"].sum() == risk["harapan"].sum()
