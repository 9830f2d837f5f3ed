"""The command line as a user and a batch job meet it: exit codes, one message, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from padan.cli import cli

ROOT = Path(__file__).parent.parent.parent


def call(*args: str | Path, lang: str = "en") -> Result:
    return CliRunner().invoke(cli, [*(str(a) for a in args), "--lang", lang])


def process(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "padan", *(str(a) for a in args)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ | env,
    )  # fmt: skip


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys; from padan.cli import cli; cli.main(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in ("polars", "numpy", "pydantic", "rich", "structlog", "scipy", "sklearn"):
        assert f"'{name}'" not in done.stdout


def test_decode_needs_polars_only() -> None:
    code = "import sys; from padan.cli import cli; cli.main(['decode', '3201129005900001'], standalone_mode=False)"
    done = subprocess.run(
        [sys.executable, "-c", code + "; print(sorted(sys.modules))"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in ("numpy", "pyarrow", "pydantic", "dataframely", "rich", "scipy", "numba", "psutil", "duckdb"):
        assert f"'{name}'" not in done.stdout


def test_nothing_is_said_after_the_end() -> None:
    """duckdb lists on the screen what Python has not cleared away of it when the process ends."""
    code = "import duckdb; from padan import cli; cli.cli.main = lambda **_: 0; cli.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_answer_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "padan", "decode", "3201129005900001", "--lang", "en"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 4
    assert done.stderr.startswith("Error: a file cannot be read or written")


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m padan --help | head -1; exit ${{PIPESTATUS[0]}}",
        cwd=ROOT, capture_output=True, text=True, check=False, shell=True, executable="/bin/bash",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_exit_codes_of_a_real_process(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    (tmp_path / "a.csv").write_text("nik\n", encoding="utf-8")
    cases: list[tuple[int, tuple[str | Path, ...]]] = [
        (0, ("--version",)),
        (2, ("run", "--nonsense")),
        (2, ("nonsense",)),
        (2, ("run", "--dtks", tmp_path / "a.csv")),
        (2, ("run", tmp_path / "none.toml", "--out", tmp_path / "out")),
        (3, ("run", "--dtks", tmp_path / "none.csv", "--out", tmp_path / "out")),
        (4, ("run", "--dtks", tmp_path / "a.csv", "--out", tmp_path)),
        (4, ("evaluate", tmp_path, "--truth", tmp_path)),
    ]
    for wanted, args in cases:
        done = process(*args)
        assert done.returncode == wanted, (args, done.stderr)
        assert "Traceback" not in done.stderr + done.stdout
        assert (done.stderr or done.stdout).strip()


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tesis.docx").write_text("x", encoding="utf-8")
    (tmp_path / "a.csv").write_text("nik\n", encoding="utf-8")
    result = call("run", "--dtks", tmp_path / "a.csv", "--out", tmp_path)
    assert result.exit_code == 4
    assert "not from padan" in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "tesis.docx"]


def test_an_error_as_json(tmp_path: Path) -> None:
    result = call("run", "--dtks", tmp_path / "3201014101900001.csv", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert told["exit_code"] == 3
    assert told["hint"]


def test_a_usage_error_as_json() -> None:
    result = call("run", "--nonsense", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["exit_code"] == 2


def test_ids_in_messages_are_masked(tmp_path: Path) -> None:
    result = call("run", "--bayar", "3201014101900001", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "3201014101900001" not in result.stderr
    assert "01" in result.stderr


def test_settings_and_file_options_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "padan.toml").write_text("", encoding="utf-8")
    result = call("run", "--dtks", "a.csv", "b.csv", tmp_path / "padan.toml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_something_unexpected_becomes_one_message_and_a_masked_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import padan.config

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("row of 3201014101900001")

    monkeypatch.setattr(padan.config, "from_command", fail)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    result = call("run", "--dtks", "a.csv", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    log = next(tmp_path.glob("padan-galat-*.log"))
    assert str(log) in result.stderr
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "3201014101900001" not in text + result.output
    if os.name == "posix":
        assert log.stat().st_mode & 0o077 == 0


def test_indonesian_is_the_default() -> None:
    assert process("--help", PADAN_LANG="").stdout == process("--lang", "id", "--help").stdout
