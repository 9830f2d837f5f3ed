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
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from padan.console import OutputError
from padan.stamps import LINKAGE, code_version, sha256_file
from rules.errors import PadanError, Place
from rules.i18n import _

if TYPE_CHECKING:
    from rules.tables import Tables

REPORTS = ("laporan.html", "laporan.xlsx", "desa", "kembali")
_PRODUCTS = "laporan.json"
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
Step = tuple[pl.DataFrame, list[dict[str, Any]]]
Draft = tuple[Path, str]  # a table's file and the SHA-256 of its bytes
_WORTH_KEEPING = 1.0  # seconds
PART = ".bagian"  # ends the name of a file that is being written


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

    def draft(self, name: str, frame: pl.DataFrame) -> Draft:
        """Write a table of a stage that is not finished, where nobody looks for it; `finish` gives it its name."""
        from reports.data import write_table

        part = write_table(name, frame, self.private)
        return part, sha256_file(part)

    def finish(
        self,
        stage: str,
        key: str,
        frames: Mapping[str, pl.DataFrame],
        info: Mapping[str, Any],
        drafts: Mapping[str, Callable[[], Draft]] | None = None,
    ) -> dict[str, Any]:
        """Write the tables of a finished stage, then its stamp; returns `info` as `reuse` will give it back.

        A run must go on with that: of a tuple JSON makes a list, and the reports show it. `drafts` are tables that are
        written already, or about to be.
        """
        digests = {}
        for name, frame in frames.items():
            written = (drafts or {}).get(name)
            part, digests[name] = written() if written else self.draft(name, frame)
            put(part, self.data / part.name)
        stamp = {"key": key, "tables": digests, "info": dict(info)}
        write_json(stamp, self.private / f"{stage}.json")
        return as_kept(info)

    def table(self, name: str) -> pl.DataFrame:
        """A table of a finished stage, checked again; empty when an older version of padan did not know it."""
        from rules import tables

        if name in tables.OPTIONAL and not (self.data / f"{name}.parquet").exists():
            return tables.empty(name)
        return tables.check(name, pl.read_parquet(self.data / f"{name}.parquet"))

    def clear_parts(self) -> None:
        """Remove what a killed run left half-written; what is whole has been given its name by `put`."""
        from rules import tables

        for name in tables.SCHEMAS:
            (self.private / f"{name}.parquet").unlink(missing_ok=True)
        for left in (*self.private.rglob(f"*{PART}"), *self.path.glob(f"*{PART}"), *self.data.glob(f"*{PART}")):
            left.unlink(missing_ok=True)

    @contextmanager
    def steps(self, stage: str, key: str) -> Iterator[Steps]:
        """The steps of `stage`, whose stamp is `key`; they are gone when the stage is finished."""
        place = self.private / f"{stage}-{key}"
        for other in self.private.glob(f"{stage}-*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)
        place.mkdir(exist_ok=True)
        yield Steps(place)
        shutil.rmtree(place, ignore_errors=True)

    def clear_reports(self) -> None:
        """Remove the reports of an earlier run: a village or return file that no longer exists must not stay behind.

        Those that a stopped run finished stay until `products` knows whether they are still the right ones.
        """
        (self.path / "run.json").unlink(missing_ok=True)
        if not (self.private / _PRODUCTS).exists():
            self._remove_reports(())

    def products(self, key: str) -> Products:
        """The reports of a run whose stamp is `key`, as far as a stopped run finished them; others are removed."""
        found = Products(self.path, self.private / _PRODUCTS, key)
        self._remove_reports([name for name in REPORTS if found.finished(name) is not None])
        return found

    def _remove_reports(self, keep: Collection[str]) -> None:
        for name in REPORTS:
            if name not in keep:
                shutil.rmtree(self.path / name, ignore_errors=True)
                if not (self.path / name).is_dir():
                    (self.path / name).unlink(missing_ok=True)
        for name in ("run.json", "padan-galat.log"):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Temporary files of libraries go into the run folder, where no other user reads them and a kill is mended."""
        place = self.private / "sementara"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        before = {name: os.environ.get(name) for name in _TEMPORARY}
        os.environ.update(dict.fromkeys(_TEMPORARY, str(place.absolute())))
        tempfile.tempdir = None  # the standard library then asks the environment again
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            tempfile.tempdir = None
            shutil.rmtree(place, ignore_errors=True)


class Steps:
    """Finished steps of a stage that is under way, so that a stopped run need not begin the stage anew.

    Only steps that took a while are kept; the others are quicker made than read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, make: Callable[[], Step]) -> Step:
        """What `make` gives: a table and plain values; read back where an earlier run made it."""
        place = self._folder / f"{name}.parquet"
        with suppress(OSError, ValueError, pl.exceptions.PolarsError):
            notes = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
            return pl.read_parquet(place), notes
        begun = time.perf_counter()
        frame, notes = make()
        if time.perf_counter() - begun > _WORTH_KEEPING:
            part = place.with_suffix(PART)
            frame.write_parquet(part, compression="lz4")
            put(part, place)
            write_json(notes, place.with_suffix(".json"))  # last: its presence says that the table is whole
        return frame, notes


class Products:
    """Which reports of a run are whole: a list of their files with the SHA-256 of each, under the stamp of the run."""

    def __init__(self, path: Path, stamp: Path, key: str) -> None:
        self._path, self._stamp, self._key = path, stamp, key
        try:
            kept = json.loads(stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
        self._made: dict[str, dict[str, str]] = dict(kept["made"]) if kept.get("key") == key else {}

    def finished(self, name: str) -> list[Path] | None:
        """The files of the report `name`, when all are there as they were written."""
        files = self._made.get(name)
        if files is None or any(_digest(self._path / one) != sha for one, sha in files.items()):
            return None
        return [self._path / one for one in files]

    def finish(self, name: str, files: Iterable[Path]) -> None:
        """The report `name` is whole."""
        self._made[name] = {one.relative_to(self._path).as_posix(): sha256_file(one) for one in files}
        write_json({"key": self._key, "made": self._made}, self._stamp)

    def close(self) -> None:
        """The run is finished: the next one makes its reports anew."""
        self._stamp.unlink(missing_ok=True)


def as_kept(info: Mapping[str, Any]) -> dict[str, Any]:
    """`info` as it comes back from the stamp of a stage."""
    return dict(json.loads(json.dumps(dict(info), default=str)))


def _digest(path: Path) -> str | None:
    return sha256_file(path) if path.is_file() else None


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


def write_json(value: Mapping[str, Any] | list[Any], path: Path) -> None:
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


def same_code(run: Tables) -> None:
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


def read_run(path: Path) -> Tables:
    """The tables and `run.json` of a finished run.

    Raises OutputError when `path` is no run folder or its run did not end.
    """
    from rules import tables

    info = run_info(path)
    folder = RunFolder(path)
    frames = {name: folder.table(name) for name in tables.SCHEMAS}
    return tables.Tables(info=info, **frames)
