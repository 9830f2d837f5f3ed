"""Write a run folder: tables, workbook, html page, village lists, return files."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl

from reports.context import Context, RuleInfo
from reports.data import write_beside, write_tables
from reports.page import write_page
from reports.returns import RawSheets, write_returns
from reports.village import write_villages
from reports.workbook import write_workbook
from rules.findings.registry import all_rules
from rules.i18n import _, language, set_language
from rules.tables import SCHEMAS, Tables
from rules.wilayah import load_wilayah

Progress = Callable[[str, float], None]
_LARGE: Final = 20_000  # findings from which a second process is worth its start


def rule_infos() -> dict[str, RuleInfo]:
    """Code -> what the reports show of each rule, in the run's language."""
    return {
        r.kode: RuleInfo(r.kode, _(r.judul), r.tingkat, _(r.dasar), _(r.tindakan), r.per_berkas) for r in all_rules()
    }


def make_context(
    tables: Tables, *, regions: pl.DataFrame | None = None, rules: Mapping[str, RuleInfo] | None = None
) -> Context:
    """The context of the reports; `tables.info["catatan"]` (list of sentences) becomes the notes of the run."""
    notes = tables.info.get("catatan") or []
    return Context(
        tables,
        load_wilayah() if regions is None else regions,
        rule_infos() if rules is None else rules,
        tuple(str(n) for n in notes),
    )


def write_reports(
    tables: Tables,
    out: Path,
    *,
    sheets: RawSheets | None = None,
    progress: Progress | None = None,
    tables_written: bool = False,
    regions: pl.DataFrame | None = None,
    rules: Mapping[str, RuleInfo] | None = None,
) -> list[Path]:
    """Write all reports of a run into the folder `out` and return the files written.

    `sheets`: input file name -> its raw sheets (see `reports.returns.RawTable`) or a function that reads them; None
    leaves `kembali/` out. `tables_written`: the caller has written data/*.parquet with `reports.data.write_table`, so
    only persons.csv and run.json are missing there. `tables.info` may hold `tanggal_acuan` (ISO date), `catatan`
    (sentences for the reader), `penautan` (figures of the matching) and anything else that run.json is to hold.
    `progress(step, share)` is called with the name of the step in the run's language and the share (0-1) done.
    """

    def told(step: str, share: float) -> None:
        if progress:
            progress(step, share)

    context = make_context(tables, regions=regions, rules=rules)
    told(_("tables"), 0.0)
    written = write_beside(tables, out) if tables_written else write_tables(tables, out)
    with _workbook(context, out) as book:
        told(_("html report"), 0.1)
        written.append(write_page(context, out / "laporan.html"))
        told(_("village lists"), 0.2)
        step = _("village lists")
        written.extend(write_villages(context, out / "desa", lambda share: told(step, 0.2 + 0.3 * share)))
        if sheets:
            step = _("return files")
            written.extend(write_returns(context, sheets, out / "kembali", lambda share: told(step, 0.5 + 0.3 * share)))
        told(_("workbook"), 0.8)
        written.append(book())
    told(_("done"), 1.0)
    return written


@contextmanager
def _workbook(context: Context, out: Path) -> Iterator[Callable[[], Path]]:
    """Yields a function that returns laporan.xlsx when it is written.

    Writing cells is plain Python and takes longer than all else, so a large workbook is written by a second process
    from the tables in `out`/data. Both ways give the same bytes.
    """
    path = out / "laporan.xlsx"
    if context.tables.findings.height < _LARGE or (os.cpu_count() or 1) < 2:
        yield lambda: write_workbook(context, path)
        return
    # A fresh process: one forked from a process whose Polars threads run may hang.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        job = pool.submit(
            _write_apart, out, path, context.regions, dict(context.rules), context.tables.info, language()
        )
        yield job.result


def _write_apart(
    out: Path, path: Path, regions: pl.DataFrame, rules: dict[str, RuleInfo], info: dict[str, Any], speech: str
) -> Path:
    set_language(speech)
    frames = {name: pl.read_parquet(out / "data" / f"{name}.parquet") for name in SCHEMAS}
    tables = Tables(info=info, **frames)
    return write_workbook(make_context(tables, regions=regions, rules=rules), path)
