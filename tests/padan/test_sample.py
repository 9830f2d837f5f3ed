"""`padan sample`: a sheet goes out, its answers come back as a rate; a changed sheet is refused with its line."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from padan.cli import cli
from reports.sample import ANSWER, CODE


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [*(str(a) for a in args), "--lang", "en"])


@pytest.fixture(scope="module")
def sheet(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sampel") / "sampel.xlsx"
    done = call("sample", finished, "--n", "40", "--seed", "3", "--out", out)
    assert done.exit_code == 0, done.stderr
    return out


def filled(sheet: Path, to: Path, answer: dict[int, str], code: dict[int, str] | None = None) -> Path:
    """The sheet with answers (by line of the table, from 0), written anew as a spreadsheet program would."""
    grid = fastexcel.read_excel(str(sheet)).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
    head = next(i for i, row in enumerate(grid) if CODE in row)
    a, c = grid[head].index(ANSWER), grid[head].index(CODE)
    book = xlsxwriter.Workbook(str(to))
    page = book.add_worksheet()
    for i, row in enumerate(grid):
        line = i - head - 1
        for j, value in enumerate(row):
            text = answer.get(line, value) if j == a and line >= 0 else value
            text = (code or {}).get(line, text) if j == c and line >= 0 else text
            if text:
                page.write_string(i, j, text)
    book.close()
    return to


def test_the_same_seed_gives_the_same_sheet(finished: Path, sheet: Path, tmp_path: Path) -> None:
    again = tmp_path / "lagi.xlsx"
    call("sample", finished, "--n", "40", "--seed", "3", "--out", again)
    assert again.read_bytes() == sheet.read_bytes()
    assert call("sample", finished, "--out", again).exit_code == 4  # it may hold answers
    assert not any(len(v or "") == 16 and (v or "").isdigit() for v in _texts(sheet))


def _texts(sheet: Path) -> list[str | None]:
    grid = fastexcel.read_excel(str(sheet)).load_sheet(0, header_row=None, dtypes="string").to_polars()
    return grid.select(pl.concat_list(pl.all()).list.explode())[:, 0].to_list()


def test_answers_become_a_rate_with_its_interval(finished: Path, sheet: Path, tmp_path: Path) -> None:
    answers = {i: ("ya" if i % 4 else "TIDAK") for i in range(36)} | {36: "RAGU"}
    done = call("sample", finished, "--hasil", filled(sheet, tmp_path / "isi.xlsx", answers), "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    whole = told["semua"]
    assert (whole["dijawab"], whole["benar"]) == (36, 27)
    assert 0 < whole["bawah"] < whole["laju"] < whole["atas"] < 1
    assert (told["ragu"], told["belum_dijawab"]) == (1, 3)
    assert call("sample", finished, "--hasil", tmp_path / "isi.xlsx").exit_code == 0


def test_a_changed_sheet_is_refused_with_its_line(finished: Path, sheet: Path, tmp_path: Path) -> None:
    wrong = call("sample", finished, "--hasil", filled(sheet, tmp_path / "a.xlsx", {0: "YA", 1: "mungkin"}))
    assert wrong.exit_code == 3
    assert "row 7" in wrong.stderr
    strange = call("sample", finished, "--hasil", filled(sheet, tmp_path / "b.xlsx", {0: "YA"}, {2: "f" * 32}))
    assert strange.exit_code == 3
    assert "row 8" in strange.stderr
    assert call("sample", finished, "--hasil", sheet).exit_code == 3  # nobody answered yet
    (tmp_path / "c.xlsx").write_text("x", encoding="utf-8")
    assert call("sample", finished, "--hasil", tmp_path / "c.xlsx").exit_code == 3
    assert call("sample", finished).exit_code == 2
