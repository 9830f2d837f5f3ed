"""Whole runs: the same input gives the same tables, a stopped run goes on, broken files end in one message."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from padan import config, store
from padan.cli import cli
from padan.conservation import conservation
from rules import tables
from tests.padan.helpers import arguments, digests


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args])


def test_a_run_writes_its_folder(finished: Path) -> None:
    for name in ("laporan.xlsx", "laporan.html", "run.json", "padan.log", "data/persons.csv"):
        assert (finished / name).stat().st_size > 0, name
    for name in tables.SCHEMAS:
        assert (finished / "data" / f"{name}.parquet").is_file()
    info = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert info["selesai"] is True
    assert [len(one["sha256"]) for one in info["masukan"]] == [64] * 6
    for row in info["kekekalan"]:
        assert row["baris_dibaca"] == row["baris_dipakai"] + row["baris_ditolak"]
    assert set(info["tahap"]) == {"muat", "taut", "temuan", "laporan"}
    assert info["jumlah"]["persons"] <= info["jumlah"]["records"]


def test_no_id_gets_into_log_or_run_json(finished: Path) -> None:
    niks = pl.read_parquet(finished / "data" / "records.parquet")["nik"].drop_nulls().unique().to_list()
    assert len(niks) > 100
    text = (finished / "run.json").read_text(encoding="utf-8") + (finished / "padan.log").read_text(encoding="utf-8")
    assert not [nik for nik in niks if nik in text]


def test_shuffled_rows_change_row_numbers_only(registers: Path, finished: Path, tmp_path: Path) -> None:
    shuffled = tmp_path / "in"
    shuffled.mkdir()
    for path in registers.glob("*.csv"):
        encoding = "latin-1"
        with path.open(encoding=encoding, newline="") as file:
            head, *rows = file.readlines()
        random.Random(7).shuffle(rows)
        with (shuffled / path.name).open("w", encoding=encoding, newline="") as file:
            file.writelines([head, *(row if row.endswith("\n") else row + "\n" for row in rows)])
    result = call(*arguments(shuffled), "--out", tmp_path / "out", "--quiet")
    assert result.exit_code == 0, result.output
    for name in tables.SCHEMAS:
        one, other = (
            pl.read_parquet(run / "data" / f"{name}.parquet").drop("nomor_baris", "sha256", strict=False)
            for run in (finished, tmp_path / "out")
        )
        if name == "rejected":
            one, other = (frame.sort(frame.columns) for frame in (one, other))
        assert one.equals(other), name


def test_a_stopped_run_goes_on_and_the_order_of_files_changes_no_byte(
    registers: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    command = [*arguments(registers, backwards=True), "--out", out]
    with monkeypatch.context() as patch:
        # What a kill leaves behind: the stages before it finished, the stage itself not.
        patch.setattr("matching.engine.link", _stop)
        result = call(*command, "--quiet")
    assert result.exit_code == 130
    assert not (out / "run.json").exists()
    assert call("evaluate", out, "--truth", out).exit_code == 4
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["sources.load"], "load", _stop)  # nothing is read again
        result = call(*command, "--json")
    assert result.exit_code == 0, result.output
    assert digests(out) == digests(finished)
    stages = json.loads(result.stdout)["tahap"]
    assert stages["muat"]["dipakai_ulang"] is True
    assert "dipakai_ulang" not in stages["taut"]


def _stop(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt


def test_changed_settings_are_not_met_by_old_stages(
    registers: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    monkeypatch.setattr("matching.engine.link", _stop)
    command = [*arguments(registers), "--out", out, "--quiet"]
    assert call(*command, "--tanggal-acuan", "2030-01-01").exit_code == 130
    stamps = [(run / ".padan" / "muat.json").read_text(encoding="utf-8") for run in (finished, out)]
    assert stamps[0] != stamps[1]
    assert not (out / "laporan.html").exists()  # reports of an earlier run do not stay beside new tables


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_working_files_are_for_their_owner_only(finished: Path) -> None:
    for path in finished.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_run_is_scored_against_the_truth(registers: Path, finished: Path) -> None:
    result = call("evaluate", finished, "--truth", registers, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["entitas"]["f1"] > 0.9
    shown = call("evaluate", finished, "--truth", registers / "truth", "--lang", "en")
    assert shown.exit_code == 0
    assert "B-cubed" in shown.stdout
    assert call("evaluate", finished, "--truth", finished).exit_code == 3


def test_synthetic_registers_come_with_their_settings(registers: Path) -> None:
    settings = config.read(registers / "padan.toml")
    assert settings.mode_uji
    sources = [one.sumber for one in config.input_files(settings)]
    assert {"dtks", "p3ke", "regsosek", "dtsen", "dukcapil", "bayar_pkh", "bayar_blt_desa"} <= set(sources)
    assert call("synth", "--penduduk", "200", "--out", registers.parent).exit_code == 4


def test_explain_shows_weights_that_sum_to_the_score(finished: Path) -> None:
    links = pl.read_parquet(finished / "data" / "links.parquet")
    left, right = links.filter(pl.col("putusan") == "padan").select("kiri", "kanan").row(0)
    result = call("explain", "--run", finished, str(left), str(right), "--json", "--lang", "en")
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)
    assert one["awal"] + sum(term["bobot"] for term in one["bukti"]) == pytest.approx(one["bobot"])
    niks = [term["kiri"] for term in one["bukti"] if term["kolom"] == "NIK" and term["kiri"]]
    assert all("•" in nik for nik in niks)
    person = pl.read_parquet(finished / "data" / "entities.parquet").row(left, named=True)["person_id"]
    told = call("explain", "--run", finished, person, "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "Weight" in told.stdout
    assert call("explain", "--run", finished, "nobody", "--lang", "en").exit_code == 2


def test_rows_of_the_run_are_conserved(finished: Path) -> None:
    assert conservation(store.read_run(finished))


def test_a_list_of_one_row_is_a_run(tmp_path: Path) -> None:
    (tmp_path / "satu.csv").write_text("NIK,NAMA,NO KK\n3403914101900001,SITI,3403911001150001\n", encoding="utf-8")
    result = call("run", "--dtks", tmp_path / "satu.csv", "--mode-uji", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["jumlah"]["persons"] == 1


BROKEN = {
    "kosong.csv": b"",
    "tanpa_baris.csv": b"NIK,NAMA,NO KK\n",
    "gambar.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "acak.xlsx": b"PK\x03\x04" + bytes(64),
    "bukan_daftar.csv": b"tanggal,curah hujan\n2020-01-01,3\n",
    "rusak.json": b'{"nik": [',
    "rusak.parquet": b"PAR1 not really",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
@pytest.mark.parametrize("command", ["run", "inspect"])
def test_a_broken_file_ends_in_one_message(tmp_path: Path, name: str, command: str) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    words = ["run", "--dtks", path, "--out", tmp_path / "out"] if command == "run" else ["inspect", path]
    result = call(*words, "--lang", "en")
    assert "Traceback" not in result.output
    if command == "inspect" and name in {"tanpa_baris.csv", "bukan_daftar.csv"}:
        assert result.exit_code == 0  # a table can be looked at, whatever it holds
        return
    assert result.exit_code == 3, result.output
    assert name in result.stderr
    assert result.stderr.count("Error:") == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    result = call("run", "--dtks", tmp_path / "data", "--out", tmp_path / "out", "--lang", "en")
    assert result.exit_code == 3
    assert "data" in result.stderr
