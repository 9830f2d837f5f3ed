"""The pages are what the results file gives, and the results file gives nothing away about the machine."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from benchmarks.accuracy import page, results


def figures(f1: float, best: float) -> dict[str, Any]:
    clusters = {"f1": f1, "presisi": f1, "perolehan": f1, "b3_f1": f1, "gugus_tepat": f1}
    return {
        "ambang": 0.9,
        "entitas": clusters,
        "entitas_terbaik": {"bobot": 1.0, **clusters, "f1": best},
        "pasangan": {"f1": f1, "presisi": f1, "perolehan": f1},
        "pasangan_terbaik": {"bobot": 1.0, "f1": best, "presisi": best, "perolehan": best},
        "perolehan_penyaringan": 1.0,
        "galat_kalibrasi": 0.01,
        "pasangan_ragu": 12,
        "mesin": "2 cores",
        "versi": "1",
        "penduduk": 1000,
    }


def test_the_table_shows_the_mean_of_the_seeds_and_leaves_out_what_was_not_measured() -> None:
    found = {
        "febrl": {},
        "daftar": {
            "standar": {
                "1": {"padan": figures(0.98, 0.99), "splink": figures(0.9, 0.95)},
                "2": {"padan": figures(0.96, 0.97)},
            }
        },
        "salah_gabung": {},
    }
    rows = page.readme_table(found).splitlines()
    assert rows[2] == "| DTKS, P3KE, Regsosek | 0.9700 / 0.9800 | 0.9000 / 0.9500 | - | - |"
    assert len(rows) == 3
    text = page.document(found)
    assert "| 1 | 0.0200 | 0.0500 (0.40) | - |" in text  # error beside Splink's best
    assert "Wrong merges" not in text


def test_a_cell_measured_again_replaces_only_itself(tmp_path: Any) -> None:
    path = tmp_path / "r.json"
    found = results.load(path)
    results.cell(found, "febrl", "febrl1")["padan"] = {"a": 1 / 3}
    results.save(found, path)
    again = results.load(path)
    results.cell(again, "febrl", "febrl1")["splink"] = {"b": 2}
    results.save(again, path)
    assert json.loads(path.read_text(encoding="utf-8"))["febrl"]["febrl1"] == {
        "padan": {"a": 0.333333},
        "splink": {"b": 2},
    }


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    assert results.RESULTS.is_file()
    return results.load(results.RESULTS)


def test_readme_and_page_are_what_the_results_give(committed: dict[str, Any]) -> None:
    readme = (results.ROOT / "README.md").read_text(encoding="utf-8")
    assert page.readme_block(committed) in readme
    assert readme.count(page.BEGIN) == readme.count(page.END) == 1
    assert (results.ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8") == page.document(committed)


def test_the_results_name_no_host_and_no_path(committed: dict[str, Any]) -> None:
    assert "/" not in json.dumps(committed)
    cells = [c for group in committed["febrl"].values() for c in group.values()]
    cells += [c for seeds in committed["daftar"].values() for group in seeds.values() for c in group.values()]
    assert cells
    for one in cells:
        assert re.fullmatch(r"\d+ cores, \w+, \w+, Python [\d.]+", one["mesin"])
