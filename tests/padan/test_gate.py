"""`padan gate` as a batch job meets it, and its verdicts against the truth of simulated lives."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from click.testing import CliRunner, Result

from benchmarks.gate import evaluate
from padan.cli import cli
from padan.gate import rupiah_of, share_of
from padan.gate_link import attach
from rules.findings.programme import load_programmes
from rules.gate.frames import Frames
from rules.gate.judge import verdicts
from rules.gate.parameters import load_gate_parameters
from rules.gate.view import View
from sources.load import load
from sources.model import Input, SourceSettings

PROGRAMMES = ("bpnt", "pbi_jkn")


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [*(str(a) for a in args), "--lang", "en"])


def digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and ".padan" not in p.parts)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def judged(registers: Path, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PBI list, which is no part of the run, judged against it."""
    out = tmp_path_factory.mktemp("gerbang") / "hasil"
    done = call("gate", registers / "bayar_pbi_jkn.csv", "--program", "pbi_jkn", "--terhadap", finished, "--out", out)
    assert done.exit_code == 0, done.stderr
    return out


def test_the_list_comes_back_in_its_own_layout_with_the_verdicts(registers: Path, judged: Path) -> None:
    name = "bayar_pbi_jkn.csv"
    before = pl.read_csv(registers / name, separator=";", infer_schema=False)
    after = pl.read_csv(judged / "putusan" / name, separator=";", infer_schema=False)
    assert after.columns == [*before.columns, "REASON", "WHAT TO DO", "RULES", "EVIDENCE", "VERDICT"]
    assert after.select(before.columns).equals(before)
    assert set(after["VERDICT"]) <= {"LAYAK", "TAHAN", "VERIFIKASI", "DITOLAK"}
    asked = after.filter(pl.col("VERDICT") != "LAYAK")
    assert not asked.is_empty()
    assert asked["REASON"].null_count() == asked["RULES"].null_count() == 0
    assert not after["REASON"].str.contains(r"\d{9,}").any()


def test_the_summary_conserves_the_rows(judged: Path) -> None:
    told = json.loads((judged / "ringkasan.json").read_text(encoding="utf-8"))
    rows = pl.read_parquet(judged / "data" / "putusan.parquet")
    kept = told["kekekalan"]
    assert kept["dibaca"] == kept["dinilai"] + kept["ditolak"]
    assert kept["dinilai"] == rows.height == sum(one["baris"] for one in told["putusan"].values())
    assert sum(one["rupiah"] for one in told["putusan"].values()) == rows["rupiah"].sum()
    assert told["penerima"]["nik"] > 0.9 * told["penerima"]["jumlah"]
    assert told["tanggal_acuan"] == "2023-01-01"
    assert set(told["cakupan"]) <= {"dtks", "p3ke", "regsosek"}


def test_the_same_again_gives_the_same_bytes(registers: Path, finished: Path, judged: Path, tmp_path: Path) -> None:
    out = tmp_path / "lagi"
    call("gate", registers / "bayar_pbi_jkn.csv", "--program", "pbi_jkn", "--terhadap", finished, "--out", out)
    assert digests(out) == digests(judged)


def test_a_list_of_the_run_uses_the_links_of_the_run(registers: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "hasil"
    done = call("gate", registers / "bayar_pkh.csv", "--program", "pkh", "--terhadap", finished, "--out", out, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["ok"]
    assert told["penerima"] == {"jumlah": told["penerima"]["run"], "run": told["penerima"]["run"]}
    assert (out / "tambah.xlsx").exists()
    if (out / "putusan" / "bayar_pkh.csv").stat().st_mode & 0o077:
        pytest.fail("the list holds ids and is readable by others")


def test_a_limit_that_is_passed_has_its_own_exit_code(registers: Path, finished: Path, tmp_path: Path) -> None:
    common = ("gate", registers / "bayar_bpnt.csv", "--program", "bpnt", "--terhadap", finished, "--out")
    assert call(*common, tmp_path / "a", "--maks-tahan", "0%").exit_code == 10
    assert (tmp_path / "a" / "ringkasan.json").exists()
    assert call(*common, tmp_path / "b", "--maks-rupiah", "1").exit_code == 10
    assert call(*common, tmp_path / "c", "--maks-tahan", "50%", "--maks-rupiah", "999.999.999.999").exit_code == 0


def test_against_files_a_run_is_made_first(registers: Path, tmp_path: Path) -> None:
    out = tmp_path / "hasil"
    done = call(
        "gate", registers / "bayar_blt_desa.csv", "--program", "blt_desa", "--terhadap",
        f"dukcapil={registers / 'dukcapil.csv'}", "--mode-uji", "--out", out, "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert json.loads((out / "ringkasan.json").read_text(encoding="utf-8"))["cakupan"]["dukcapil"] > 0.5
    assert (out / "run" / "run.json").exists()


def test_what_is_wrong_is_said(registers: Path, finished: Path, tmp_path: Path) -> None:
    paid = registers / "bayar_pkh.csv"
    common = ("--out", tmp_path / "x")
    assert call("gate", paid, "--program", "pkhh", "--terhadap", finished, *common).exit_code == 2
    assert "known are" in call("gate", paid, "--program", "pkhh", "--terhadap", finished, *common).stderr
    assert call("gate", paid, "--program", "pkh", "--terhadap", "dtks.csv", *common).exit_code == 2
    assert call("gate", paid, "--program", "pkh", "--terhadap", finished, "--out", finished).exit_code == 4
    assert call("gate", paid, "--program", "pkh", "--terhadap", finished, "--maks-tahan", "x", *common).exit_code == 2
    assert call("gate", tmp_path / "no.csv", "--program", "pkh", "--terhadap", finished, *common).exit_code == 3
    (tmp_path / "kosong").mkdir()
    assert call("gate", paid, "--program", "pkh", "--terhadap", tmp_path / "kosong", *common).exit_code == 4


def test_limits_are_read_as_people_write_them() -> None:
    assert [share_of(t) for t in ("2%", "2,5 %", "0.02", "0")] == [0.02, 0.025, 0.02, 0.0]
    assert [rupiah_of(t) for t in ("250000000", "250.000.000", "Rp250.000.000")] == [250_000_000] * 3
    for text in ("120%", "two"):
        with pytest.raises(ValueError, match=text):
            share_of(text)


def test_the_sheet_of_proposals_opens(judged: Path) -> None:
    grid = fastexcel.read_excel(str(judged / "tambah.xlsx")).load_sheet(0, header_row=None).to_polars()
    assert grid.height >= 3


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Frames, pl.DataFrame]:
    """Registers of 1,500 people linked without any payment list, the frames a gate meets."""
    from matching.engine import link

    folder = tmp_path_factory.mktemp("kota")
    words = ["synth", "--penduduk", "1500", "--seed", "2", "--tanpa-excel", "--quiet", "--out", str(folder)]
    assert cli.main(words, standalone_mode=False) == 0
    names = {"dtks_desa": "dtks", "regsosek": "regsosek", "dukcapil": "dukcapil"}
    given = [Input(folder / f"{name}.csv", source) for name, source in names.items()]
    loaded = load(given, SourceSettings(mode_uji=True))
    linked = link(loaded.records, loaded.families)
    frames = Frames.of(
        loaded.records.lazy(), linked.entities, linked.links, loaded.payments.with_columns(dinilai=pl.lit(value=False))
    )
    return folder, frames, loaded.records


def test_verdicts_keep_their_promises_on_simulated_lives(town: tuple[Path, Frames, pl.DataFrame]) -> None:
    folder, frames, records = town
    known, parameters = load_programmes(), load_gate_parameters()
    totals: dict[str, int] = {}
    for program in PROGRAMMES:
        loaded = load([Input(folder / f"bayar_{program}.csv", f"bayar_{program}")], SourceSettings(mode_uji=True))
        attached = attach(frames, loaded.records, loaded.payments, parameters).frames
        found = verdicts(View(attached, known[program], known, parameters))
        everyone = pl.concat([records, loaded.records.with_columns(pl.col("baris_id") + records.height)])
        told = evaluate(found, folder / "truth", everyone, set(records["sumber"]) | {f"bayar_{program}"})
        assert told["BG01"]["ditahan"] == told["BG01"]["lebih"], program
        assert told["mati"]["tepat_ditahan_bagian"] in (0.0, 1.0), program
        counts = {
            "ganda": sum(told[c]["lebih"] for c in ("BG01", "BG02", "BG03")),
            "ganda_ditandai": sum(told[c]["ditandai"] for c in ("BG01", "BG02", "BG03")),
            "mati": told["mati"]["n"],
            "mati_ditandai": round(told["mati"]["n"] * told["mati"]["ditandai_bagian"]),
            **{f"sah_{k}": told["sah"][k] for k in ("n", "tahan", "verifikasi")},
        }
        totals = {k: totals.get(k, 0) + v for k, v in counts.items()}
    assert totals["ganda_ditandai"] + totals["mati_ditandai"] >= 0.98 * (totals["ganda"] + totals["mati"])
    assert totals["sah_tahan"] <= 0.001 * totals["sah_n"]
    assert totals["sah_verifikasi"] <= 0.03 * totals["sah_n"]
