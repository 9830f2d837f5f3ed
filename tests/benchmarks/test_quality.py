"""The page on the quality of the findings: counts over seeds, the bar, and a place for every code."""

from __future__ import annotations

from typing import Any

from benchmarks import quality
from benchmarks.quality_codes import FORMS, OLDER, ONE_LIST, REMARKS, codes


def figures(**known: tuple[int, int, int, int, int, int]) -> dict[str, Any]:
    """One seed with the counts of some codes, none for all others."""
    none = quality.counts(None)
    counts = {code: dict(zip(none, known.get(code, (0,) * 6), strict=True)) for code in codes()}
    return {"seed": 1, "kabupaten": "3201", "temuan": counts, "entitas": {"f1": 0.99, "b3_f1": 0.98},
            "keluarga": {"f1": 0.97}}  # fmt: skip


def test_rates_become_counts_again() -> None:
    told = {"temuan": 10, "benar": 9, "fakta_terlihat": 20, "perolehan": 0.45, "fakta": 40, "perolehan_semua": 0.225}
    assert quality.counts(told) == {
        "temuan": 10, "benar": 9, "fakta_terlihat": 20, "kena": 9, "fakta": 40, "kena_semua": 9,
    }  # fmt: skip


def test_only_codes_with_enough_cases_are_judged() -> None:
    run = figures(ST01=(100, 94, 90, 90, 90, 90), ST02=(100, 100, 100, 89, 100, 89), ST03=(9, 1, 29, 1, 30, 1))
    low = {code for code in codes() if quality.below([run], code)}
    assert low == {"ST01", "ST02"}


def test_a_rule_that_finds_nothing_is_below_the_bar() -> None:
    assert quality.below([figures(ST01=(0, 0, 50, 0, 50, 0))], "ST01") == [1]


def test_every_code_has_its_place_on_the_page() -> None:
    run = figures(ST01=(100, 99, 90, 89, 95, 89), ST43=(4, 4, 4, 4, 4, 4), ST20=(40, 40, 40, 40, 40, 40))
    text = quality.page({"penduduk": 1000, "mesin": "here", "jalan": [run]})
    assert all(f"| {code} |" in text or f"- {code}:" in text for code in codes())
    lists, values, forms = (text.index(title) for title in quality._TITLES.values())
    assert lists < text.index("| ST01 |") < values < forms < text.index("| ST20 |") < text.index("| ST43 |")


def test_the_lists_name_codes_that_exist() -> None:
    known = set(codes())
    assert set(FORMS) | set(ONE_LIST) | set(OLDER) | set(REMARKS) <= known
    assert not set(FORMS) & set(ONE_LIST)
