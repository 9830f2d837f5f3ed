"""The run folder: whose it is, what stands in it, and which stages of an earlier, stopped run still hold.

    data/*.parquet   the tables, one stage after the other, each written whole or not at all
    run.json         what was read and what came out
    .padan/          marker, lock and the stamps of the finished stages

A stamp is a hash of everything a stage depends on: input bytes, settings, library versions and padan's own code. While
it fits, the tables of that stage are read back instead of made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from padan.console import OutputError
from rules import tables
from rules.errors import PadanError, Place
from rules.i18n import _

_OWN_PACKAGES = ("rules", "sources", "blocking", "matching")
LINKAGE = ("blocking", "matching")
PART = ".bagian"  # ends the name of a file that is being written
_LIBRARIES = (
    "polars",
    "polars-hash",
    "numpy",
    "scipy",
    "scikit-learn",
    "rapidfuzz",
    "jellyfish",
    "fastexcel",
    "dataframely",
)


class RunFolder:
    """A run folder, opened for writing by one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "data"
        self.private = path / ".padan"

    def reuse(self, stage: str, key: str, names: Iterable[str]) -> dict[str, Any] | None:
        """What `finish` kept for `stage`, when its stamp is `key` and the tables `names` are all there."""
        try:
            kept = json.loads((self.private / f"{stage}.json").read_text(encoding="utf-8"))
            if kept["key"] != key:
                return None
            # The bytes are compared, not only the names: a run killed while it wrote leaves a torn file behind.
            whole = all(kept["tables"][name] == sha256_file(self.data / f"{name}.parquet") for name in names)
        except (OSError, ValueError, KeyError):
            return None
        return dict(kept["info"]) if whole else None

    def begin(self, stage: str) -> None:
        """Forget the stamp of `stage`: from here on its tables may be half old, half new."""
        (self.private / f"{stage}.json").unlink(missing_ok=True)

    def finish(self, stage: str, key: str, frames: Mapping[str, pl.DataFrame], info: Mapping[str, Any]) -> None:
        """Write the tables of a finished stage, then its stamp."""
        from reports.data import write_table

        digests = {}
        for name, frame in frames.items():
            part = write_table(name, frame, self.private)
            digests[name] = sha256_file(part)
            put(part, self.data / part.name)
        write_json({"key": key, "tables": digests, "info": dict(info)}, self.private / f"{stage}.json")

    def table(self, name: str) -> pl.DataFrame:
        """A table of a finished stage, checked again; empty when an older version of padan did not know it."""
        if name in tables.OPTIONAL and not (self.data / f"{name}.parquet").exists():
            return tables.empty(name)
        return tables.check(name, pl.read_parquet(self.data / f"{name}.parquet"))

    def clear_parts(self) -> None:
        """Remove what a killed run left half-written; `put` would have given it its name."""
        for name in tables.SCHEMAS:
            (self.private / f"{name}.parquet").unlink(missing_ok=True)
        for left in (*self.path.rglob(f"*{PART}"),):
            left.unlink(missing_ok=True)

    def clear_reports(self) -> None:
        """Remove the reports of an earlier run: a village or return file that no longer exists must not stay behind."""
        for name in ("desa", "kembali"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in ("laporan.xlsx", "laporan.html", "run.json", "padan-galat.log"):
            (self.path / name).unlink(missing_ok=True)


@contextmanager
def open_folder(path: Path) -> Iterator[RunFolder]:
    """The run folder at `path`, made when missing, locked against a second run.

    Raises OutputError when it is a file, holds something that is no run of padan, or is in use.
    """
    marker = path / ".padan"
    if path.exists() and not path.is_dir():
        raise OutputError(_("the output is a file, not a folder"), place=Place(file=str(path)))
    if path.is_dir() and not marker.is_dir() and any(path.iterdir()):
        raise OutputError(
            _("the output folder holds files that are not from padan"),
            place=Place(file=str(path)),
            hint=_("give a new or empty folder, or one that an earlier run of padan wrote"),
        )
    # Whatever stands in the folder holds full ids; other users of the computer have no business in it.
    before = os.umask(0o077)
    try:
        folder = RunFolder(path)
        for needed in (marker, folder.data):
            needed.mkdir(parents=True, exist_ok=True)
        with (marker / "kunci").open("w") as lock:
            if not _lock(lock.fileno()):
                raise OutputError(
                    _("another run is writing into this folder"),
                    place=Place(file=str(path)),
                    hint=_("wait until it ends, or give another folder with --out"),
                )
            yield folder
    finally:
        os.umask(before)


def _lock(handle: int) -> bool:
    # The operating system lets go of such a lock when the process ends, however it ends.
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_json(value: Mapping[str, Any], path: Path) -> None:
    """Write a JSON document whole or not at all."""
    part = path.with_name(path.name + PART)
    part.write_text(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
    put(part, path)


def put(part: Path, path: Path) -> None:
    """Give the finished file `part` its name `path`, so that after a power cut either the old or the new one is there.

    The bytes must be on the disk before the name is: some file systems keep a renamed file and lose its content.
    """
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    if sys.platform != "win32":  # there folders cannot be opened, and renames are journalled
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def key_of(*parts: object) -> str:
    """A stamp: the hash of `parts` as JSON with sorted keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_version(packages: tuple[str, ...] = _OWN_PACKAGES) -> str:
    """A hash over padan's own code, layouts and parameters: a changed rule must not meet an old checkpoint."""
    found = hashlib.blake2b(digest_size=16)
    root = Path(__file__).parent.parent
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".parquet", ".mo"} and path.is_file():
                found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of padan, Python and the libraries a result depends on."""
    out = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("padan", *_LIBRARIES):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "?"
    return out


def same_code(run: tables.Tables) -> None:
    """Raise PadanError when another version of padan made `run`: its weights would be explained wrongly."""
    if run.info["versi"].get("kode_taut") != code_version(LINKAGE):
        raise PadanError(
            _("this run was made by another version of padan, so its decisions cannot be explained by this one"),
            hint=_("run the same `padan run` command again, then ask again"),
        )


def run_info(path: Path) -> dict[str, Any]:
    """`run.json` of a finished run.

    Raises OutputError when `path` is no run folder or its run did not end.
    """
    try:
        info = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        info = {}
    if not info.get("selesai"):
        raise OutputError(
            _("this is not the folder of a finished run"),
            place=Place(file=str(path)),
            hint=_("give the folder that `padan run --out` wrote; start the same run again when it was stopped"),
        )
    return dict(info)


def read_run(path: Path) -> tables.Tables:
    """The tables and `run.json` of a finished run.

    Raises OutputError when `path` is no run folder or its run did not end.
    """
    info = run_info(path)
    folder = RunFolder(path)
    frames = {name: folder.table(name) for name in tables.SCHEMAS}
    return tables.Tables(info=info, **frames)
