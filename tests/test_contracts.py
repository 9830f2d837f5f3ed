"""Promises about the project itself: imports point one way, the wheel is whole, nothing of a machine is committed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("rules", "sources", "blocking", "matching", "reports", "fixtures", "padan")
ALLOWED = {
    "rules": set(),
    "sources": {"rules"},
    "blocking": {"rules"},
    "reports": {"rules"},
    "fixtures": {"rules"},
    "matching": {"blocking", "rules"},
    "padan": set(PACKAGES),
}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    """The same contract as import-linter's, by the import statements themselves, so that it holds without the tool."""
    for path in (ROOT / package).rglob("*.py"):
        for name in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            if name in PACKAGES and name != package:
                assert name in ALLOWED[package], f"{path.relative_to(ROOT)} imports {name}"


def committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_nothing_committed_names_a_machine_or_an_index() -> None:
    # The words are put together here so that this file does not find itself.
    words = [
        "/" + "work/",
        ".." + "/shared",
        "file:" + "///",
        "--index" + "-url",
        "find" + "-links",
        "/" + "home/",
        "/" + "root/",
    ]
    allowed = {"Makefile"}
    for path in committed():
        if path.suffix in {".parquet", ".xlsx", ".xls", ".ods", ".mo", ".png"} or path.name in allowed:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in words:
            assert word not in text, f"{path.relative_to(ROOT)} holds {word}"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"])
def test_every_pin_of_a_lock_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "http" not in text
    pins = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(pins) > 20
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+==\S+ \\\n +--hash=sha256:[0-9a-f]{64}", pin), pin[:60]


def test_the_lock_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, wanted in (
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", project["dependencies"] + project["optional-dependencies"]["dev"]),
        ("requirements-bench.lock", project["dependencies"] + project["optional-dependencies"]["bench"]),
    ):
        pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for requirement in wanted:
            plain = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert plain is not None
            assert re.sub(r"[-_.]+", "-", plain[0]).lower() in pinned, f"run make lock: {requirement} is not in {name}"


def test_the_wheel_holds_what_the_program_reads_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    needed = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix in {".py", ".toml", ".parquet", ".csv", ".mo", ".j2", ".typ", ".css", ".js"}
        and "nasty" not in path.parts and "__pycache__" not in path.parts
    ]  # fmt: skip
    assert len(needed) > 50
    assert not [name for name in needed if name not in names]
    assert any(name.endswith("/licenses/rules/data/LICENSE-idn-area-data") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/", "fixtures/nasty/"))]
