"""`padan link` and `padan label` as a user meets them: files in, folder out, answers kept, errors in one message."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from padan.cli import cli
from padan.label import ANSWERS, read_labels
from padan.link import rows_of
from rules.errors import InputError
from tests.matching.generic.people import copies, f1, people

SPEC = """
[columns.given]
clean = ["lower", "letters", "collapse"]
[columns.family]
header = ["Family Name", "surname"]
clean = ["lower", "letters", "collapse"]
[columns.born]
kind = "date"
[columns.number]
kind = "digits"
[columns.street]
clean = ["lower"]

[[comparisons]]
column = "given"
crossed = "family"
levels = ["equal", "jaro_winkler>=0.88", "crossed>=0.9"]
[[comparisons]]
column = "family"
levels = ["equal", "jaro_winkler>=0.88"]
[[comparisons]]
column = "born"
levels = ["equal", "day_month", "one_digit", "one_part", "same_year"]
[[comparisons]]
column = "number"
levels = ["equal", "one_digit"]
[[comparisons]]
column = "street"
levels = ["equal", "jaccard>=0.5"]

[[passes]]
key = ["number"]
[[passes]]
key = ["born"]
[[passes]]
key = ["given~family"]
[[passes]]
key = ["family:soundex", "born:year"]

[thresholds]
review = 0.01
[limits]
random_pairs = 50_000
"""


def call(*args: str | Path, answers: str = "") -> Result:
    return CliRunner().invoke(cli, [*(str(a) for a in args), "--lang", "en"], input=answers)


@pytest.fixture(scope="module")
def lists() -> list[pl.DataFrame]:
    everyone = people(300, 1)
    return [everyone.head(240), copies(everyone.tail(240), 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lists: list[pl.DataFrame]) -> Path:
    """Two lists: a csv under its own headers, and a workbook with a title above the header and a blank row."""
    made = tmp_path_factory.mktemp("lists")
    (made / "spec.toml").write_text(SPEC, encoding="utf-8")
    lists[0].drop("who").rename({"family": "Family Name"}).write_csv(made / "a.csv", separator=";")
    book = xlsxwriter.Workbook(made / "b.xlsx")
    sheet = book.add_worksheet("People")
    sheet.write_string(0, 0, "People of the village")
    names = ["number", "given", "family", "street", "born"]
    for column, name in enumerate(["NUMBER", "Given", "Surname", "Street", "Born"]):
        sheet.write_string(2, column, name)
    for at, row in enumerate(lists[1].select(names).iter_rows()):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write_string(at + (3 if at < 100 else 4), column, value)  # one blank line
    book.close()
    return made


@pytest.fixture(scope="module")
def linked(folder: Path) -> Path:
    result = call("link", folder / "spec.toml", folder / "a.csv", folder / "b.xlsx", "--out", folder / "out", "--quiet")
    assert result.exit_code == 0, result.output
    return folder / "out"


def test_the_tables_have_the_promised_columns(linked: Path, lists: list[pl.DataFrame]) -> None:
    pairs, entities = pl.read_parquet(linked / "pairs.parquet"), pl.read_parquet(linked / "entities.parquet")
    side = {"source": pl.String, "row": pl.UInt32}
    told = {"weight": pl.Float64, "probability": pl.Float64, "decision": pl.String}
    assert pairs.schema == {f"{name}_{k}": kind for k in "lr" for name, kind in side.items()} | told
    assert entities.schema == side | {"entity_id": pl.String}  # what other programs join is plain text
    assert entities.columns == ["source", "row", "entity_id"]
    numbered = entities.with_columns(pl.col("source").replace_strict({"a.csv": "1", "b.xlsx": "2"}))
    assert f1(numbered, lists) > 0.97
    match = pairs.filter(pl.col("decision") == "match")
    assert (match["probability"] >= 0.9).all()
    assert set(pairs["decision"]) <= {"match", "review"}
    assert entities.height == 480
    info = json.loads((linked / "run.json").read_text(encoding="utf-8"))
    assert info["rows"] == {"a.csv": 240, "b.xlsx": 240}
    assert info["inputs"][1]["header_row"] == 3
    assert {"konvergen", "awalan", "tingkat_tanpa_data", "theta"} <= set(info["model"])


def test_the_results_are_private(linked: Path) -> None:
    for name in ("pairs.parquet", "entities.parquet", "rows.parquet", "run.json"):
        assert stat.S_IMODE((linked / name).stat().st_mode) & 0o077 == 0


def test_one_list_is_searched_for_duplicates(folder: Path, lists: list[pl.DataFrame], tmp_path: Path) -> None:
    both = pl.concat([lists[0], copies(lists[0].head(80), 6)])
    both.drop("who").rename({"family": "surname"}).write_parquet(tmp_path / "one.parquet")
    result = call("link", folder / "spec.toml", tmp_path / "one.parquet", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["ok"] is True
    assert told["rows"] == {"one.parquet": 320}
    entities = pl.read_parquet(tmp_path / "out" / "entities.parquet")
    assert f1(entities.with_columns(source=pl.lit("1")), [both]) > 0.95


def test_rows_without_any_value_are_no_rows_in_parquet_either(
    folder: Path, lists: list[pl.DataFrame], tmp_path: Path
) -> None:
    given = lists[0].drop("who").rename({"family": "surname"})
    blank = pl.DataFrame({name: [None, " "] for name in given.columns}, schema=given.schema)
    found = []
    for name, frame in (("plain", given), ("gaps", pl.concat([given.head(100), blank, given.tail(-100)]))):
        frame.write_parquet(tmp_path / "list.parquet")
        result = call("link", folder / "spec.toml", tmp_path / "list.parquet", "--out", tmp_path / name, "--quiet")
        assert result.exit_code == 0, result.output
        found.append([pl.read_parquet(tmp_path / name / f"{table}.parquet") for table in ("pairs", "entities")])
    assert found[0][0].equals(found[1][0])
    assert found[0][1].equals(found[1][1])


def test_files_of_one_name_are_told_apart_by_their_folders(folder: Path, tmp_path: Path) -> None:
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.csv").write_bytes((folder / "a.csv").read_bytes())
    out = tmp_path / "out"
    files = (tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv")
    assert call("link", folder / "spec.toml", *files, "--out", out, "--quiet").exit_code == 0
    assert set(pl.read_parquet(out / "entities.parquet")["source"]) == {"x/a.csv", "y/a.csv"}
    twice = call("link", folder / "spec.toml", files[0], files[0], "--out", out)
    assert twice.exit_code == 3
    assert f" {files[0].as_posix()}" in "".join(twice.stderr.split("\n")), "the whole path, as it is written elsewhere"


def test_wrong_input_is_one_message(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(SPEC.replace('"born:year"', '"born:yaer"'), encoding="utf-8")
    result = call("link", tmp_path / "bad.toml", folder / "a.csv", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "passes[4].key[2]" in result.stderr
    assert "did you mean year?" in result.stderr
    (tmp_path / "short.csv").write_text("given,famly,born,number\na,b,c,d\n", encoding="utf-8")
    result = call("link", folder / "spec.toml", tmp_path / "short.csv", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "the column family, street is not in this file; did you mean famly?" in result.stderr
    (tmp_path / "other.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    assert call("link", folder / "spec.toml", tmp_path / "other.csv", "--out", tmp_path / "out").exit_code == 3
    assert not (tmp_path / "out").exists()


def test_the_plan_stands_beside_what_was_measured(linked: Path) -> None:
    info = json.loads((linked / "run.json").read_text(encoding="utf-8"))
    assert info["plan"]["pasangan"] == info["pairs_compared"]
    assert info["plan"]["ditahan"] is True
    assert info["measured"]["peak_mb"] > 50


def test_what_cannot_fit_is_refused_before_it_is_read(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call("link", folder / "spec.toml", folder / "a.csv", "--out", out, "--memory", "110MB")
    assert result.exit_code == 5
    assert not out.exists()


def test_a_list_may_lack_an_optional_column(folder: Path, tmp_path: Path) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(SPEC.replace('clean = ["lower"]', 'clean = ["lower"]\noptional = true'), encoding="utf-8")
    pl.read_csv(folder / "a.csv", separator=";", infer_schema=False).drop("street").write_csv(tmp_path / "a.csv")
    result = call("link", spec, tmp_path / "a.csv", folder / "b.xlsx", "--out", tmp_path / "out", "--quiet")
    assert result.exit_code == 0, result.output


def test_the_folder_of_a_run_is_left_alone(folder: Path, finished: Path) -> None:
    result = call("link", folder / "spec.toml", folder / "a.csv", "--out", finished)
    assert result.exit_code == 4
    assert "padan run" in result.stderr


def answers_of(case_folder: Path, answers: str, *more: str | Path) -> Result:
    return call(
        "label", case_folder, "--n", "12", "--oleh", "ana", "--label", case_folder / "l.parquet", *more, answers=answers
    )


def test_answers_are_kept_taken_back_and_continued(linked: Path) -> None:
    (linked / "l.parquet").unlink(missing_ok=True)
    result = answers_of(linked, "y\nwhat\nt\nk\nr\nq\n")
    assert result.exit_code == 0, result.output
    table = read_labels(linked / "l.parquet")
    assert table["jawaban"].to_list() == ["sama", "beda", "ragu"]
    assert table["kiri"][1] == table["kiri"][2]
    assert "Pair 3 of 12" in result.stdout
    assert "0." not in result.stdout, "no score is shown"
    again = answers_of(linked, "y\n" * 20)
    assert "Pair 3 of 12" in again.stdout
    assert "Pair 2 of 12" not in again.stdout
    table = read_labels(linked / "l.parquet")
    assert table.select("kiri", "kanan").n_unique() == 12
    assert stat.S_IMODE((linked / "l.parquet").stat().st_mode) & 0o077 == 0
    assert "Pair" not in answers_of(linked, "").stdout.replace("Pairs", "")


def test_answers_on_paper_and_calibration_by_them(folder: Path, linked: Path, lists: list[pl.DataFrame]) -> None:
    sheet = folder / "ask.csv"
    assert call("label", linked, "--n", "60", "--ekspor", sheet, "--json").exit_code == 0
    asked = pl.read_csv(sheet, infer_schema=False)
    assert not [name for name in asked.columns if "peluang" in name or "bobot" in name]
    rows = pl.read_parquet(linked / "rows.parquet").with_columns(who=pl.concat([one["who"] for one in lists]))
    who = dict(rows.select("fingerprint", "who").iter_rows())
    told = ["y" if who[a] == who[b] else "t" for a, b in asked.select("kiri", "kanan").iter_rows()]
    asked.with_columns(pl.Series("jawaban", told)).write_csv(sheet, separator=";")
    result = call("label", linked, "--impor", sheet, "--oleh", "budi", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["given"] == asked.height
    out = folder / "calibrated"
    done = call(
        "link", folder / "spec.toml", folder / "a.csv", folder / "b.xlsx", "--out", out, "--quiet",
        "--label", linked / "label.parquet",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert info["calibration"]["info"]["labels"] == asked.height
    asked.with_columns(pl.lit("perhaps").alias("jawaban")).write_csv(sheet)
    assert call("label", linked, "--impor", sheet).exit_code == 3
    assert call("label", linked, "--impor", folder / "a.csv").exit_code == 3
    assert call("link", folder / "spec.toml", folder / "a.csv", "--out", out, "--label", sheet).exit_code == 3


def test_a_run_of_registers_is_labelled_with_masked_ids(finished: Path) -> None:
    file = finished.parent / "label.parquet"
    result = call("label", finished, "--n", "6", "--label", file, answers="y\ny\ny\ny\ny\ny\n")
    assert result.exit_code == 0, result.output
    assert "••••••••" in result.stdout
    nik = pl.read_parquet(finished / "data" / "records.parquet")["nik"].drop_nulls().to_list()
    assert not [one for one in nik if one in result.stdout]
    table = read_labels(file)
    sidik = set(pl.read_parquet(finished / "data" / "records.parquet")["sidik"])
    assert set(table["kiri"]) | set(table["kanan"]) <= sidik
    assert (table["kiri"] < table["kanan"]).all()
    assert call("label", finished.parent).exit_code == 4


def test_every_answer_has_its_letter_in_both_languages() -> None:
    assert {ANSWERS[letter] for letter in "ytrkq"} == {ANSWERS[letter] for letter in "ynubq"}


def test_parquet_lists_are_not_written_twice(folder: Path, lists: list[pl.DataFrame], tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for frame, path in zip(lists, paths, strict=True):
        frame.drop("who").rename({"family": "surname"}).write_parquet(path)
    out = tmp_path / "out"
    assert call("link", folder / "spec.toml", *paths, "--out", out, "--quiet").exit_code == 0
    assert not (out / "rows.parquet").exists()
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    rows = rows_of(out, info)
    assert rows.height == 480
    assert rows["given"].to_list() == pl.concat(lists)["given"].to_list()
    sheet = tmp_path / "ask.csv"
    assert call("label", out, "--n", "10", "--ekspor", sheet, "--json").exit_code == 0
    assert set(pl.read_csv(sheet, infer_schema=False)["kiri"]) <= set(rows["fingerprint"])
    lists[0].drop("who").head(10).write_parquet(paths[0])
    with pytest.raises(InputError, match="no longer"):
        rows_of(out, info)
