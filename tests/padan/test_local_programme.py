"""A programme of a dinas is one TOML file: the run, its reports and the gate know it, and a wrong file says why."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from padan.cli import cli

LOCAL = """
kode = "bantuan_kab"
nama = "Bantuan Kabupaten"
satuan = "KELUARGA"
dasar = "Perbup 12/2025"
status_bukti = "F"

[[nominal]]
nominal_bulanan = 150000
berlaku_dari = 2022-01-01
dasar = "Perbup 12/2025"
status_bukti = "F"

[[eksklusif]]
program = "bpnt"
berlaku_dari = 2022-01-01
dasar = "Perbup 12/2025"
status_bukti = "F"
"""


def call(*args: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, [*(str(a) for a in args), "--lang", "en"])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def paid(registers: Path, tmp_path: Path) -> Path:
    """Everybody on the BPNT list is paid by the local programme too, one of them twice; no amount is stated."""
    rows = pl.read_csv(registers / "bayar_bpnt.csv", infer_schema=False).filter(pl.col("PERIODE") == "2023-01")
    rows = rows.with_columns(pl.lit("BANTUAN KAB").alias("BANSOS")).drop("NOMINAL").unique("NIK KTP").sort("NIK KTP")
    again = rows.drop_nulls("NIK KTP").tail(1).with_columns(pl.lit("9900000077777777").alias("NO KARTU"))
    pl.concat([rows, again]).write_csv(tmp_path / "kab.csv")
    return tmp_path / "kab.csv"


def test_one_file_makes_a_programme_of_the_run_the_reports_and_the_gate(
    registers: Path, finished: Path, paid: Path, tmp_path: Path
) -> None:
    own, out, gate = tmp_path / "kab.toml", tmp_path / "hasil", tmp_path / "gerbang"
    own.write_text(LOCAL, encoding="utf-8")
    code, _out, err = call(
        "run", "--mode-uji", "--quiet", "--tanpa-kembali", "--dukcapil", f"{registers / 'dukcapil.csv'}@2023-06-30",
        "--bayar", f"bantuan_kab={paid}", "--program-berkas", own, "--out", out,
    )  # fmt: skip
    assert code == 0, err
    twice = pl.read_parquet(out / "data" / "findings.parquet").filter(pl.col("kode") == "BG01")
    assert twice["program"].to_list() == ["bantuan_kab"]
    assert twice["nominal_mungkin"].to_list() == [150_000]  # the amount of the file, since the list states none
    assert "Bantuan Kabupaten" in (out / "laporan.html").read_text(encoding="utf-8")
    code, _out, err = call(
        "gate", paid, "--program", "bantuan_kab", "--terhadap", finished, "--program-berkas", own, "--out", gate
    )
    assert code == 0, err
    told = json.loads((gate / "ringkasan.json").read_text(encoding="utf-8"))
    assert (told["program"], told["nama_program"]) == ("bantuan_kab", "Bantuan Kabupaten")
    seen = {one["kode"] for one in told["aturan"]}
    assert {"BG01", "EKSKLUSIF"} <= seen  # BPNT is paid in the finished run, and the file says: not beside it
    assert told["putusan"]["TAHAN"]["baris"] >= 1


def test_a_wrong_file_stops_run_and_gate_with_every_mistake(registers: Path, finished: Path, tmp_path: Path) -> None:
    own = tmp_path / "kab.toml"
    own.write_text(LOCAL.replace('"KELUARGA"', '"KK"').replace("[[eksklusif]]", "[[exklusif]]"), encoding="utf-8")
    list_ = registers / "bayar_bpnt.csv"
    asked = (
        ("run", "--dukcapil", registers / "dukcapil.csv", "--program-berkas", own, "--out", tmp_path / "a"),
        ("gate", list_, "--program", "bpnt", "--terhadap", finished, "--program-berkas", own, "--out", tmp_path / "b"),
    )
    for words in asked:
        code, _out, err = call(*words)
        assert code == 2
        for part in ("kab.toml", "satuan", "exklusif", "docs/gerbang.md"):
            assert part in err.replace("\n", ""), (words[0], part)
