"""Write a run folder: tables, workbook, html page, village lists, return files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

import polars as pl

from reports.aside import Aside
from reports.codes import installation_key
from reports.context import Context, RuleInfo
from reports.data import write_beside, write_tables
from reports.labels import name_programs
from reports.page import write_page
from reports.returns import RawSheets, write_returns
from reports.village import MAX_FAMILIES, REGISTER, write_villages
from reports.workbook import write_workbook
from rules.findings.registry import all_rules
from rules.i18n import _
from rules.tables import Tables
from rules.wilayah import load_wilayah

Progress = Callable[[str, float], None]


class Products(Protocol):
    """What an earlier, stopped run into the same folder has finished of the same reports."""

    def finished(self, name: str) -> list[Path] | None:
        """The files of the product `name`, when it is whole; None: it must be made."""

    def finish(self, name: str, files: list[Path]) -> None:
        """The product `name` is whole and consists of `files`."""


NAME: Final = "laporan.xlsx"


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
    name_programs(tables.info.get("program") or {})
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
    key: bytes | None = None,
    products: Products | None = None,
    printed: int | None = None,
) -> list[Path]:
    """Write all reports of a run into the folder `out` and return the files written.

    `sheets`: input file name -> its raw sheets (see `reports.returns.RawTable`) or a function that reads them; None
    leaves `kembali/` out. `tables_written`: the caller has written data/*.parquet with `reports.data.write_table`, so
    only persons.csv and run.json are missing there. `tables.info` may hold `tanggal_acuan` (ISO date), `catatan`
    (sentences for the reader), `penautan` (figures of the matching) and anything else that run.json is to hold.
    `key` makes the codes of the village lists (default: the key of this installation). `products` that are finished
    already (laporan.html, desa, kembali, laporan.xlsx) are not made again. Paper holds the `printed` worst families of
    a village (None: all); its workbook holds all.
    `progress(step, share)` is called with the name of the step in the run's language and the share (0-1) done.
    """

    def told(step: str, share: float) -> None:
        if progress:
            progress(step, share)

    context = make_context(tables, regions=regions, rules=rules)
    one_at_a_time, returning = Lock(), Lock()
    back: list[list[Path]] = []  # the return files, once they are made

    def product(name: str, make: Callable[[], list[Path]]) -> list[Path]:
        files = products.finished(name) if products else None
        if files is None:
            files = make()
            if products:
                with one_at_a_time:
                    products.finish(name, files)
        return files

    def beside() -> list[Path]:
        written = write_beside(tables, out) if tables_written else write_tables(tables, out)
        written += product("laporan.html", lambda: [write_page(context, out / "laporan.html")])
        written += product(NAME, lambda: [write_workbook(context, out / NAME)])
        returned()  # by whichever thread has nothing else to do first
        return written

    def lists() -> list[Path]:
        step = _("village lists")
        return write_villages(
            context,
            out / "desa",
            lambda share: told(step, 0.6 * share),
            key=installation_key() if key is None else key,
            register=out / REGISTER,
            printed=MAX_FAMILIES if printed is None else printed,
            meanwhile=returned,
        )

    def returned() -> list[Path]:
        if not sheets:
            return []
        with returning:
            if not back:
                step = _("return files")
                write = partial(write_returns, context, sheets, out / "kembali")
                back.append(product("kembali", lambda: write(lambda share: told(step, 0.6 + 0.3 * share))))
        return back[0]

    told(_("village lists"), 0.0)
    tables_and_overviews = Aside(beside)
    written = product("desa", lists) + returned()
    told(_("workbook"), 0.9)
    written = tables_and_overviews.result() + written
    told(_("done"), 1.0)
    return written
