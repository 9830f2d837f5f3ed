"""Registers of a few hundred synthetic people as files, and one run over them, made once per test process."""

from __future__ import annotations

from pathlib import Path

import pytest

from padan.cli import cli
from padan.console import OK
from tests.padan.helpers import arguments


@pytest.fixture(scope="session")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every register of about 300 people."""
    folder = tmp_path_factory.mktemp("masukan")
    words = ["synth", "--penduduk", "300", "--seed", "5", "--tanpa-excel", "--quiet", "--out", str(folder)]
    assert cli.main(words, standalone_mode=False) == OK
    return folder


@pytest.fixture(scope="session")
def finished(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run over `registers`."""
    out = tmp_path_factory.mktemp("hasil") / "run"
    code = cli.main([*arguments(registers), "--out", str(out), "--quiet"], standalone_mode=False)
    assert code == OK
    return out
