"""`padan link`: any person lists by a specification, from files to a folder of pairs, entities and figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.jit import each, in_background
from matching.generic import Linkage, Result, read_spec
from matching.generic.anchors import admissible
from padan import memory, planning
from padan.console import OutputError, Reporter
from padan.sizes import look
from padan.stamps import code_version, hashing, sha256_file, versions
from padan.store import open_folder, put, write_json
from rules.errors import InputError, Place
from rules.i18n import N_, _
from sources.spelling import key

if TYPE_CHECKING:
    from blocking.candidates import Plan
    from matching.generic.prepare import Frame, Prepared
    from matching.generic.spec import LinkageSpec
    from sources.model import Grid

KIND = "padan link"
_HEADER_ROWS = 40  # rows searched for the header
_STAGES = {
    "prepare": (0.10, 0.10, N_("Cleaning")),
    "compare": (0.20, 0.55, N_("Comparing")),
    "model": (0.75, 0.15, N_("Fitting the model")),
    "cluster": (0.90, 0.08, N_("Finding entities")),
}


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as read: the columns of the specification as text, one row per data row."""

    path: Path
    sheet: str | None
    header_row: int  # as Excel counts
    frame: Frame
    height: int
    lazy: bool = False  # read column by column when it is wanted


def read_list(path: Path, spec: LinkageSpec, *, whole: bool = False) -> ListFile:
    """The list in `path`: the sheet and row whose headers are those of the specification, and the rows under it.

    Blank lines are no rows; a parquet file is looked through for them only where it is read as a `whole`. Raises
    InputError for a file that is no table or lacks a column.
    """
    plain = None if whole else _parquet(path, spec)
    if plain is not None:
        return plain
    from sources.formats import open_book

    book = open_book(path)
    found = [(grid, *_header(grid, spec)) for grid in book.grids if grid.cells.height]
    most = max((len(columns) for _grid, _row, columns in found), default=0)
    given = [name for name, column in spec.columns.items() if column.own]
    if most == 0:
        raise InputError(
            _("no column of the specification is in this file: {names}").format(names=", ".join(given)),
            place=Place(file=path.name),
            hint=_("add the spellings of the file to `header` of each column in the specification"),
        )
    chosen = [one for one in found if len(one[2]) == most]
    if len(chosen) > 1:
        raise InputError(
            _("several sheets hold such a list: {names}").format(names=", ".join(str(g.name) for g, _r, _c in chosen)),
            place=Place(file=path.name),
            hint=_("keep the sheet to be linked and remove the others"),
        )
    grid, row, columns = chosen[0]
    needed = [name for name in given if not (spec.columns[name].optional or spec.columns[name].join)]
    missing = [name for name in needed if name not in columns]
    if missing:
        titles = [text for text in grid.cells.row(row) if text]
        from rapidfuzz import process

        near = process.extractOne(missing[0], titles, score_cutoff=60)
        raise InputError(
            _("the column {column} is not in this file").format(column=", ".join(missing))
            + (_("; did you mean {key}?").format(key=near[0]) if near else ""),
            place=Place(file=path.name, sheet=grid.name, row=int(grid.rows[row])),
            hint=_("add its spelling to `header` of the column, or say optional = true where a list may lack it"),
        )
    data = _data(grid, row, columns)
    return ListFile(path, grid.name, int(grid.rows[row]), data, data.height)


def _parquet(path: Path, spec: LinkageSpec) -> ListFile | None:
    """A parquet file of plain columns, left on disk until a column is wanted; None where it takes a closer look."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return None
        whole = pl.scan_parquet(path, glob=False)
        schema = whole.collect_schema()
        wanted = _spellings(spec)
        columns: dict[str, str] = {}
        for title in schema.names():
            if key(title) in wanted:
                columns.setdefault(wanted[key(title)], title)
        needed = {n for n, c in spec.columns.items() if c.own and not (c.optional or c.join)}
        if not needed <= set(columns) or any(not _plain(schema[title]) for title in columns.values()):
            return None
        frame = whole.select(pl.col(title).alias(name) for name, title in columns.items())
        return ListFile(path, None, 1, frame, int(whole.select(pl.len()).collect().item()), lazy=True)
    except (pl.exceptions.PolarsError, OSError):
        return None  # the reader of all formats knows what to say


def _plain(kind: pl.DataType) -> bool:
    return kind in (pl.String, pl.Date) or kind.is_integer()


def _spellings(spec: LinkageSpec) -> dict[str, str]:
    """The column that each header stands for."""
    wanted: dict[str, str] = {}
    for name, column in spec.columns.items():
        if column.own:
            for spelling in (*column.header, name):
                wanted.setdefault(key(spelling), name)
    return wanted


def _header(grid: Grid, spec: LinkageSpec) -> tuple[int, dict[str, int]]:
    """The row that holds most of the specification's headers, and where each column stands in it."""
    wanted = _spellings(spec)
    best: tuple[int, dict[str, int]] = (0, {})
    for number, cells in enumerate(grid.cells.head(_HEADER_ROWS).rows()):
        columns: dict[str, int] = {}
        for index, text in enumerate(cells):
            found = wanted.get(key(text or ""))
            if found is not None:
                columns.setdefault(found, index)
        if len(columns) > len(best[1]):
            best = (number, columns)
    return best


def _data(grid: Grid, header: int, columns: dict[str, int]) -> pl.DataFrame:
    cells = grid.cells.slice(header + 1)
    blank = pl.all_horizontal(
        (pl.col(name).is_null() | (pl.col(name).str.strip_chars(" \t\r\n\u00a0") == "")) for name in cells.columns
    )
    return cells.filter(~blank).select(pl.col(f"c{index}").alias(name) for name, index in columns.items())


def source_names(paths: Sequence[Path]) -> list[str]:
    """What the column `source` calls each file: its name, with as much of its folder as tells it from the others."""
    parts = [path.resolve().parts for path in paths]
    depth = 1
    while depth < max(map(len, parts)) and len({p[-depth:] for p in parts}) < len(parts):
        depth += 1
    return ["/".join(p[-depth:]) for p in parts]


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
) -> tuple[Result, dict[str, Any]]:
    """Link or dedupe the files and write pairs.parquet, entities.parquet, rows.parquet and run.json into `out`.

    Lists that are parquet files are not written a second time: without rows.parquet `rows_of` reads them again.

    `label`: answers of `padan label` by which the probabilities are calibrated. `limit`, `starved`: the memory it may
    use, and what to do when it runs out after all, as in `padan.pipeline.run`. `hashed` gives the SHA-256 of each file
    where that is under way already.
    Raises ConfigError, InputError, OutputError or MemoryNeededError; nothing is written before the inputs are read.
    """
    spec = read_spec(spec_path)
    labels = None
    if label is not None:
        from padan.label import read_labels

        labels = read_labels(label)
    names = source_names(paths)
    if len(set(names)) < len(names):
        raise InputError(_("one file was given twice"), place=Place(file=names[0]))
    sizes = [look(path, name, "", packed=True) for path, name in zip(paths, names, strict=True)]
    plan = planning.first_look(sizes, memory.budget(limit), ("link",), bound=memory.bound(limit))
    planning.ensure(plan)
    gauge = memory.Gauge(plan.anggaran, starved)
    begun = time.perf_counter()
    lists = []
    for number, path in enumerate(paths):
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

    begins = {"read": begun}  # of each stage

    def tell(stage: str, share: float) -> None:
        begins.setdefault(stage, time.perf_counter())
        start, length, title = _STAGES[stage]
        report(start + length * share, _(title))

    with gauge, open_folder(out) as folder:
        _claim(folder.data, out)
        (out / "run.json").unlink(missing_ok=True)  # from here on the tables are no longer those it tells of
        hashed = hashed or hashing(paths)
        stamps = in_background(lambda: {**versions(), "code": code_version()})
        result = _linked(
            spec, lists, lambda given: Linkage(spec).run(given, names, tell, labels=labels, planned=planned, keep=False)
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
        made = {"pairs": lambda: result.pairs, "entities": lambda: _entities(result, lists)}
        (out / "rows.parquet").unlink(missing_ok=True)
        if not all(one.lazy for one in lists):
            made["rows"] = result.rows_frame
        _write(made, folder.private, out)
        ended = time.perf_counter()
        ends = [*list(begins.values())[1:], ended]
        info["measured"] = {
            "seconds": round(ended - begun, 2),
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


def _write(tables: dict[str, Callable[[], pl.DataFrame]], private: Path, out: Path) -> None:
    """Write the tables under their names, whole or not at all."""

    def write(name: str) -> None:
        # Ids do not shrink: with lz4 the entities take a tenth less room and half as long again. Of all tables zstd
        # would take three times as long for half the size. Least and largest values help nobody who reads all of it.
        part = private / f"{name}.parquet"
        packed: Literal["uncompressed", "lz4"] = "uncompressed" if name == "entities" else "lz4"
        tables[name]().write_parquet(part, compression=packed, statistics=False)
        put(part, out / part.name)

    each(write, list(tables))


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
    if result.entities.height != expected:
        raise AssertionError(f"{expected} rows read, {result.entities.height} in entities")
    return result.entities


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
