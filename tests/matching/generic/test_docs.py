"""The example of docs/link.md runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.matching.generic.people import copies, people

ROOT = Path(__file__).parents[3]


def test_the_example_of_the_guide_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "link.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- test: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert [name for name, _block in blocks] == ["spec.toml", "example.py"]
    for name, block in blocks:
        (tmp_path / name).write_text(block, encoding="utf-8")
    names = {"given": "given_name", "family": "surname", "born": "birth_date", "number": "phone", "street": "address"}
    everyone = people(200, 1).rename(names)
    everyone.head(150).write_csv(tmp_path / "left.csv")
    copies(people(200, 1).tail(150), 2).rename(names).write_csv(tmp_path / "right.csv")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    start, weight = re.findall(r"(\S+) is the score: (\S+)", done.stdout)[0]
    assert abs(float(start) - float(weight)) < 1e-9
