from __future__ import annotations

from pathlib import Path

import pytest

import reports.press
from reports.context import Context
from reports.village import write_villages

KEY = bytes(32)


def _drawn(context: Context, folder: Path) -> dict[str, bytes]:
    written = write_villages(context, folder, key=KEY)
    return {p.name: p.read_bytes() for p in written if p.suffix == ".pdf"}


def test_a_process_of_its_own_draws_the_same_files(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = _drawn(context, tmp_path / "a")
    started: list[str] = []
    real = reports.press.started
    monkeypatch.setattr(reports.press, "_WORTH", 1)
    monkeypatch.setattr(reports.press.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(reports.press, "started", lambda module: started.append(module) or real(module))
    assert _drawn(context, tmp_path / "b") == alone
    assert started == ["reports.press"]
    assert all((p.stat().st_mode & 0o077) == 0 for p in (tmp_path / "b").iterdir())


def test_a_process_that_fails_is_replaced(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _drawn(context, tmp_path / "a")
    real = reports.press.started
    monkeypatch.setattr(reports.press, "_WORTH", 1)
    monkeypatch.setattr(reports.press.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(reports.press, "started", lambda _module: real("reports.there_is_no_such"))
    assert _drawn(context, tmp_path / "b") == alone
