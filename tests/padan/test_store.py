"""The run folder: stages are kept, torn files are noticed, one run at a time, readable by the owner only."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from padan import stamps, store
from padan.conservation import conservation
from padan.console import OutputError
from rules import tables
from rules.errors import TableError


def files_frame(**changes: object) -> pl.DataFrame:
    row = {
        "sumber": "dtks", "jenis": "dtks_desa", "berkas": "a.csv", "lembar": None, "sha256": "00", "tanggal_data": None,
        "baris_dibaca": 1, "baris_dipakai": 0, "baris_ditolak": 1,
    }  # fmt: skip
    return tables.check("files", pl.DataFrame([row | changes]).cast({"lembar": pl.String, "tanggal_data": pl.Date}))


def rejected_frame() -> pl.DataFrame:
    row = {"sumber": "dtks", "berkas": "a.csv", "nomor_baris": 2, "aturan": "BARIS_KOSONG"}
    missing = {c: pl.lit(None, dtype=pl.String).alias(c) for c in ("lembar", "kolom", "nilai")}
    return tables.check("rejected", pl.DataFrame([row]).with_columns(*missing.values()))


def test_a_finished_stage_is_kept_until_something_changes(tmp_path: Path) -> None:
    with store.open_folder(tmp_path / "out") as folder:
        folder.finish("muat", "k1", {"files": files_frame()}, {"n": 1})
        assert folder.reuse("muat", "k1", ["files"]) == {"n": 1}
        assert folder.reuse("muat", "k2", ["files"]) is None
        assert folder.reuse("muat", "k1", ["files", "records"]) is None
        assert folder.table("files").equals(files_frame())
        folder.begin("muat")
        assert folder.reuse("muat", "k1", ["files"]) is None


def test_a_torn_table_or_stamp_is_noticed(tmp_path: Path) -> None:
    with store.open_folder(tmp_path / "out") as folder:
        folder.finish("muat", "k", {"files": files_frame()}, {})
        path = folder.data / "files.parquet"
        path.write_bytes(path.read_bytes()[:-20])
        assert folder.reuse("muat", "k", ["files"]) is None
        folder.finish("muat", "k", {"files": files_frame()}, {})
        (folder.private / "muat.json").write_text('{"key": "k"', encoding="utf-8")
        assert folder.reuse("muat", "k", ["files"]) is None


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with store.open_folder(tmp_path / "out"), pytest.raises(OutputError), store.open_folder(tmp_path / "out"):
        pass
    with store.open_folder(tmp_path / "out"):
        pass


def test_foreign_folders_and_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", encoding="utf-8")
    for path in (tmp_path, tmp_path / "x"):
        with pytest.raises(OutputError), store.open_folder(path):
            pass


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with store.open_folder(tmp_path / "out") as folder:
            folder.finish("muat", "k", {"files": files_frame()}, {})
        for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
            assert path.stat().st_mode & 0o077 == 0, path
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_stamps_change_with_their_parts_only() -> None:
    assert store.key_of("a", {"x": 1, "y": 2}) == store.key_of("a", {"y": 2, "x": 1})
    assert store.key_of("a", 1) != store.key_of("a", 2)
    assert stamps.code_version() == stamps.code_version()


def test_versions_and_hashes_are_those_of_the_library(tmp_path: Path) -> None:
    for name, told in stamps.versions().items():
        if name != "python":
            assert told == version(name)
    files = [tmp_path / "empty", tmp_path / "long"]
    files[0].write_bytes(b"")
    files[1].write_bytes(b"0123456" * 1_000_000)
    assert stamps.hashing(files)() == [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    with pytest.raises(FileNotFoundError):
        stamps.hashing([tmp_path / "none"])()


def test_a_run_that_did_not_end_is_no_run(tmp_path: Path) -> None:
    for text in (None, "{", '{"jumlah": {}}'):
        if text is not None:
            (tmp_path / "run.json").write_text(text, encoding="utf-8")
        with pytest.raises(OutputError):
            store.read_run(tmp_path)


def made(**frames: pl.DataFrame) -> tables.Tables:
    return tables.Tables(info={}, **({name: tables.empty(name) for name in tables.SCHEMAS} | frames))


def test_rows_are_conserved_or_the_run_fails() -> None:
    whole = made(files=files_frame(), rejected=rejected_frame())
    assert conservation(whole)[0]["baris_ditolak"] == 1
    for broken in (
        made(files=files_frame(baris_dibaca=2), rejected=rejected_frame()),
        made(files=files_frame(baris_ditolak=0), rejected=rejected_frame()),
        made(rejected=rejected_frame()),
        made(files=files_frame()),
    ):
        with pytest.raises(TableError):
            conservation(broken)


def test_long_steps_of_a_stopped_stage_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_WORTH_KEEPING", 0.0)
    made: list[str] = []

    def step(name: str) -> store.Step:
        made.append(name)
        return files_frame(), [{"kode": name}]

    def stopped(folder: store.RunFolder) -> None:
        with folder.steps("temuan", "k") as keep:
            keep("ST01", lambda: step("ST01"))
            raise KeyboardInterrupt

    with store.open_folder(tmp_path / "out") as folder:
        with pytest.raises(KeyboardInterrupt):
            stopped(folder)
        with folder.steps("temuan", "k") as keep:
            frame, notes = keep("ST01", lambda: step("ST01"))
            keep("ST02", lambda: step("ST02"))
        assert made == ["ST01", "ST02"]
        assert frame.equals(files_frame())
        assert notes == [{"kode": "ST01"}]
        assert not list(folder.private.glob("temuan-*"))
        with pytest.raises(KeyboardInterrupt):
            stopped(folder)
        with folder.steps("temuan", "other") as keep:
            keep("ST01", lambda: step("ST01"))
        assert made == ["ST01", "ST02", "ST01", "ST01"]
