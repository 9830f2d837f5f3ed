"""`padan link`: any person lists by a specification, from files to a folder of pairs, entities and figures."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.jit import each, in_background
from matching.generic.anchors import admissible
from matching.generic.linkage import ENTITIES, PAIRS, Linkage, Result
from matching.generic.spec import read_spec
from padan import memory, planning
from padan.console import OutputError, Reporter
from padan.lists import Begun, ListFile, read_list, source_names
from padan.sizes import COLUMNS, FileSize, look
from padan.stamps import LINKAGE, code_version, hashing, sha256_file, versions
from padan.store import open_folder, put, write_json
from rules.errors import InputError, Place
from rules.i18n import N_, _

if TYPE_CHECKING:
    from blocking.candidates import Plan
    from matching.generic.prepare import Prepared
    from matching.generic.reading import Frame
    from matching.generic.spec import LinkageSpec

KIND = "padan link"
_STAGES = {
    "prepare": (0.10, 0.10, N_("Cleaning")),
    "compare": (0.20, 0.55, N_("Comparing")),
    "model": (0.75, 0.15, N_("Fitting the model")),
    "cluster": (0.90, 0.08, N_("Finding entities")),
}


def link(
    spec_path: Path,
    paths: Sequence[Path],
    out: Path,
    *,
    report: Reporter,
    label: Path | None = None,
    limit: str | None = None,
    starved: Callable[[int], None] | None = None,
    hashed: Callable[[], list[str]] | None = None,
    begun: Begun | None = None,
) -> tuple[Result, dict[str, Any]]:
    """Link or dedupe the files and write pairs.parquet, entities.parquet, rows.parquet and run.json into `out`.

    Lists that are parquet files are not written a second time: without rows.parquet `rows_of` reads them again.

    `label`: answers of `padan label` by which the probabilities are calibrated. `limit`, `starved`: the memory it may
    use, and what to do when it runs out after all, as in `padan.pipeline.run`. `hashed` gives the SHA-256 of each file,
    `begun` are the lists where they are being read already.
    Raises ConfigError, InputError, OutputError or MemoryNeededError; nothing is written before the inputs are read.
    """
    spec = begun.spec if begun else read_spec(spec_path)
    labels = None
    if label is not None:
        from padan.label import read_labels

        labels = read_labels(label)
    names = source_names(paths)
    if len(set(names)) < len(names):
        raise InputError(_("one file was given twice"), place=Place(file=names[0]))
    lists = begun.lists if begun else []
    sizes = [
        FileSize(name, "", COLUMNS, path.stat().st_size, lists[k].height)
        if lists
        else look(path, name, "", packed=True)
        for k, (path, name) in enumerate(zip(paths, names, strict=True))
    ]
    plan = planning.first_look(sizes, memory.budget(limit), ("link",), bound=memory.bound(limit))
    planning.ensure(plan)
    gauge = memory.Gauge(plan.anggaran, starved)
    opened = time.perf_counter()
    for number, path in enumerate(paths[len(lists) :]):
        report(0.1 * number / len(paths), _("Reading the files") + ": " + path.name)
        lists.append(read_list(path, spec))

    def planned(chosen: Plan, rows: Prepared) -> int:
        nonlocal plan
        empty = np.flatnonzero(np.bincount(rows.source[rows.blank])).astype(np.uint8)
        if any(lists[k].lazy for k in empty):
            raise _BlankRowsError(empty)
        plan = planning.with_pairs(
            plan, chosen, records=rows.n, admit=lambda one, other: admissible(rows, spec, one, other)
        )
        planning.ensure(plan)
        report.note(planning.short_line(plan))
        return plan.room

    begins = {"read": opened}  # of each stage

    def tell(stage: str, share: float) -> None:
        begins.setdefault(stage, time.perf_counter())
        start, length, title = _STAGES[stage]
        report(start + length * share, _(title))

    with gauge, open_folder(out) as folder:
        _claim(folder.data, out)
        (out / "run.json").unlink(missing_ok=True)  # from here on the tables are no longer those it tells of
        hashed = hashed or hashing(paths)
        stamps = in_background(lambda: {**versions(), "code": code_version(LINKAGE)})
        heads = in_background(lambda: {"pairs": _head(PAIRS), "entities": _head(ENTITIES)})
        result = _linked(
            spec,
            lists,
            lambda given: Linkage(spec).run(
                given, names, tell, labels=labels, planned=planned, keep=False, ahead=begun.ahead if begun else None
            ),
        )
        report(0.98, _("Writing"))
        begins["write"] = time.perf_counter()
        info = {
            "kind": KIND,
            "finished": True,
            "specification_file": spec_path.name,
            "inputs": [
                {
                    "source": name,
                    "path": str(one.path.resolve()),
                    "sheet": one.sheet,
                    "header_row": one.header_row,
                    "sha256": digest,
                }
                for name, one, digest in zip(names, lists, hashed(), strict=True)
            ],
            "versions": stamps(),
            **result.info,
            "plan": plan.to_dict(),
        }
        # The entities first: they are the larger, and the disk takes them in while the pairs are still packed.
        made = {"entities": _entities(result, lists), "pairs": result.coded_pairs}
        (out / "rows.parquet").unlink(missing_ok=True)
        if not all(one.lazy for one in lists):
            made["rows"] = result.rows_frame()
        _write(made, heads(), folder.private, out)
        ended = time.perf_counter()
        ends = [*list(begins.values())[1:], ended]
        info["measured"] = {
            "seconds": round(ended - opened, 2),
            "peak_mb": round(gauge.peak / memory.MB),
            "stages": {n: round(end - at, 4) for (n, at), end in zip(begins.items(), ends, strict=True)},
        }
        write_json(info, out / "run.json")
    return result, info


class _BlankRowsError(Exception):
    """Rows without any value in the lists of these numbers: they are no rows, and must go before the others count."""

    def __init__(self, lists: npt.NDArray[np.uint8]) -> None:
        super().__init__()
        self.lists = lists.tolist()


def _linked(spec: LinkageSpec, lists: list[ListFile], run: Callable[[list[Frame]], Result]) -> Result:
    """What `run` gives for the lists; those with rows without any value are read again as a whole, without them."""
    try:
        return run([one.frame for one in lists])
    except _BlankRowsError as blank:
        for k in blank.lists:
            lists[k] = read_list(lists[k].path, spec, whole=True)
        return run([one.frame for one in lists])


def _write(tables: Mapping[str, pl.DataFrame], heads: Mapping[str, dict[str, str]], private: Path, out: Path) -> None:
    """Write the tables under their names, whole or not at all."""

    def write(name: str) -> None:
        # Ids do not shrink: with lz4 the entities take a tenth less room and half as long again. Pairs take less room
        # and time with snappy than with lz4. Of all tables zstd would take three times as long for half the size.
        # Least and largest values help nobody who reads all of it.
        part = private / f"{name}.parquet"
        packed: Literal["uncompressed", "snappy"] = "uncompressed" if name == "entities" else "snappy"
        tables[name].write_parquet(part, compression=packed, statistics=False, metadata=heads.get(name))
        put(part, out / part.name)

    each(write, list(tables))


def _head(schema: pl.Schema) -> dict[str, str]:
    """What has a file say that its columns are those of `schema`, also where few texts are written as numbers (Enum).

    A quarter of the writing went into finding out anew that they are few. The key is the one under which a parquet
    file keeps Arrow's schema, which says what type a column is to be read as.
    """
    empty, key = io.BytesIO(), "ARROW:schema"
    pl.DataFrame(schema=schema).write_parquet(empty)
    empty.seek(0)
    return {key: pl.read_parquet_metadata(empty)[key]}


def _claim(data: Path, out: Path) -> None:
    """The folder must not be that of a `padan run`: its tables would lose their meaning."""
    if any(data.iterdir()):
        raise OutputError(
            _("this is the folder of a `padan run`"),
            place=Place(file=str(out)),
            hint=_("give another folder with --out"),
        )
    data.rmdir()


def _entities(result: Result, lists: Sequence[ListFile]) -> pl.DataFrame:
    """The entities: every row read is in exactly one; anything else is a defect."""
    expected = sum(one.height for one in lists)
    found = result.spelled()
    if found.height != expected:
        raise AssertionError(f"{expected} rows read, {found.height} in entities")
    return found


def rows_of(folder: Path, info: dict[str, Any]) -> pl.DataFrame:
    """The rows of a finished `padan link` as they were given, with their fingerprints; `info` is its run.json.

    Raises InputError where a list is no longer what was linked.
    """
    if (folder / "rows.parquet").is_file():
        return pl.read_parquet(folder / "rows.parquet")
    from matching.generic.prepare import rows_frame
    from matching.generic.spec import validate

    spec = validate(info["specification"])
    lists, names = [], []
    for one in info["inputs"]:
        path = Path(one["path"])
        if not path.is_file() or sha256_file(path) != one["sha256"]:
            raise InputError(
                _("this list is no longer what was linked"),
                place=Place(file=str(path)),
                hint=_("Put the file back, or link again."),
            )
        lists.append(read_list(path, spec).frame)
        names.append(one["source"])
    return rows_frame(lists, names, [name for name, column in spec.columns.items() if column.own])
