"""The page and the plot of the speed benchmark are what the results file gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.speed import page, plot, results, targets


def runs(*wall: float, peak: float = 100.0, **more: Any) -> list[dict[str, Any]]:
    return [{"wall": w, "cpu": 2 * w, "peak_mb": peak, "beban": 0.1, **more} for w in wall]


def cell(found: list[dict[str, Any]], f1: float | None = None, best: float | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"versi": "1", "mesin": "2 cores, x, Linux, Python 3", "ulangan": found}
    if f1 is not None and best is not None:
        one = {"presisi": f1, "perolehan": f1, "f1": f1}
        made["mutu"] = {k: {**one, "f1": v} for k, v in zip(FIGURES, (f1, best, f1, best), strict=True)}
    return made


NOTHING: dict[str, Any] = {"kasus": {}}
FIGURES = ("pasangan", "pasangan_terbaik", "entitas", "entitas_terbaik")


def case(people: int, **engines: dict[str, Any]) -> dict[str, Any]:
    return {"jenis": "link", "orang": people, "mesin_pencari": engines}


@pytest.fixture
def found() -> dict[str, Any]:
    own = {"pairs": 1_000_000, "stages": {"compare": 0.5}}
    small = case(
        100_000,
        padan=cell(runs(1.0, pairs=100_000, stages={"compare": 0.02})),
        recordlinkage=cell(runs(20.0, pairs=100_000, stages={"compare": 2.0})),
    )
    large = case(
        1_000_000,
        padan=cell(runs(1.5, 2.0, 9.0, peak=800, **own), 0.99, 0.995) | {"ramalan": {"puncak_mb": 880}},
        splink=cell(runs(20.0, 30.0, 25.0, peak=2000, stages={"u": 5.0, "predict": 9.0}), 0.95, 0.98),
        floor=cell(runs(0.5, 0.4, 0.3, stages={"read": 0.1})),
    )
    huge = case(3_000_000, padan=cell(runs(6.5, pairs=3_300_000)), splink=cell([{"gagal": "out of memory"}]))
    run = runs(100.0, stages={"muat": 20.0, "taut": 30.0}, pairs=5, ramalan={})
    return {
        "kasus": {"link/100000": small, "link/1000000": large, "link/3000000": huge},
        "perintah": {"run": {"orang": 1_000_000, "ulangan": run}},
        "mati_listrik": {"kali": 10, "orang": 1_000_000, "berkas": 51, "beda": ["laporan.xlsx"]},
    }


def test_medians_ratios_and_failures_are_told(found: dict[str, Any]) -> None:
    text = page.document(found, NOTHING)
    assert "| padan | 2.0 (1.5 - 9.0) | 4.0 (3.0 - 18.0) | 800 (800 - 800) | 1 / 1 / 1 |  |" in text
    assert "| 25.0 (20.0 - 30.0) | 50.0 (40.0 - 60.0) | 2,000 (2,000 - 2,000) | 12 / 12 / 2.5 | 20.0" in text
    assert "failed: out of memory" in text
    assert "- Splink 5 (DuckDB): u 5.00, predict 9.00" in text
    assert "| link, 1 million | - | - | - | 880 | 800 | 1.10 |" in text
    assert "these differ: laporan.xlsx" in text
    assert "`padan run` on DTKS, P3KE and Regsosek of 1 million people" in text


def test_the_targets_are_set_beside_what_was_measured(found: dict[str, Any]) -> None:
    told = {row[0]: row[2] for row in targets.targets(found, NOTHING)}
    assert told["two lists of 1 million people: wall, Splink by padan"] == "12.5 times"
    assert told["two lists of 1 million people: peak memory, padan of Splink's"] == "40 %"
    assert told["two lists of 1 million people: pair F1, padan at its default, Splink at its best"] == "0.9900, 0.9800"
    assert told["two lists of 1 million people: wall, padan by the floor"] == "5.0 times"
    assert told["pairs compared per second, padan by recordlinkage (100,000 people)"] == "100.0 times"
    assert told["`padan run` on three registers of 1 million people"] == "100.00 s"
    assert not any("three lists of 10 million" in what for what in told)  # not measured, not told


def test_a_machine_not_brought_to_rest_is_told_beside(found: dict[str, Any]) -> None:
    again = case(1_000_000, padan=cell(runs(2.5)), splink=cell(runs(20.0)))
    text = page.document(found, {"kasus": {"link/1000000": again}})
    assert "| two lists of 1 million people: wall, Splink by padan | at least 12 times | 12.5 times |" in text
    assert "not brought to rest: wall, Splink by padan | stated | 8.0 times |" in text
    assert "| padan | 2.5 | 5.0 |" in text
    assert "not brought to rest:" not in page.document(found, NOTHING)


@pytest.mark.parametrize("power", [1.0, 1.25])
def test_the_exponent_is_that_of_a_power_law(power: float) -> None:
    points = [(x, 3 * x**power) for x in (1e5, 3e5, 1e6, 1e7)]
    assert page.exponent(points) == pytest.approx(power)
    assert page.exponent(points[:1]) is None


def test_growth_takes_sizes_from_300_000_on(found: dict[str, Any]) -> None:
    line = next(row for row in page.document(found, NOTHING).splitlines() if row.startswith("| padan | wall s |"))
    cells = [c.strip() for c in line.strip("|").split("|")]
    assert float(cells[2]) == pytest.approx(1.07, abs=0.01)  # from 2.0 s at 1 million to 6.5 s at 3 million
    assert float(cells[3]) == pytest.approx(0.99, abs=0.01)  # in pairs


def test_the_plot_holds_every_measured_point_once(found: dict[str, Any]) -> None:
    drawn = plot.points(found)
    walls = {(p["engine"], p["people"]): p["value"] for p in drawn if p["panel"] == "wall seconds"}
    assert walls[("padan", 1_000_000)] == 2.0
    assert ("Splink 5", 3_000_000) not in walls
    assert len(drawn) == 2 * len(walls)
    picture = plot.svg(found)
    assert picture.startswith("<svg")
    assert len(picture) < 60_000


def test_repeats_of_other_code_are_dropped() -> None:
    kept: dict[str, Any] = {"versi": "1", "mesin": "m", "ulangan": [{"wall": 1}], "mutu": {}}
    assert results.fresh(kept, {"versi": "1", "mesin": "m"}, keep=True) == [{"wall": 1}]
    assert results.fresh(kept, {"versi": "2", "mesin": "m"}, keep=True) == []
    assert "mutu" not in kept
    kept["ulangan"].append({"wall": 2})
    assert results.fresh(kept, {"versi": "2", "mesin": "m"}, keep=False) == []


def test_the_readme_shows_a_million_people(found: dict[str, Any]) -> None:
    block = page.readme_block(found)
    assert "| Two lists linked | padan | 2.0 | 4.0 | 0.78 | 0.9900 / 0.9950 |" in block
    assert block.startswith(page.BEGIN)
    assert block.endswith(page.END)
    assert "100,000" not in block


def test_page_is_what_the_committed_results_give() -> None:
    if not results.RESULTS.is_file():
        pytest.skip("no results yet")
    committed = results.load(results.RESULTS)
    assert page.PAGE.read_text(encoding="utf-8") == page.document(committed, results.load(results.UNRESTED))
    readme = (results.ROOT / "README.md").read_text(encoding="utf-8")
    assert page.BEGIN not in readme or page.readme_block(committed) in readme
    assert "/" not in json.dumps([c for one in committed["kasus"].values() for c in one["mesin_pencari"].values()])
