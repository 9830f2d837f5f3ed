"""The commands `run` and `plan`: one set of arguments, so that what is planned is what is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from padan import console
from padan.cli import (
    _EPILOG,
    _FILE,
    _OUT,
    _answers,
    _as_date,
    _memory,
    _own_programmes,
    _shared,
    _test_mode,
    cli,
)
from padan.translate import Argument, Option, Several, use_language
from rules.i18n import N_, _

if TYPE_CHECKING:
    from padan.config import Settings

_PATHS = ("keputusan", "label", "sebelumnya")
REGISTER_OPTIONS = ("dtks", "p3ke", "regsosek", "dtsen", "dukcapil")
_ARGUMENTS = (
    click.argument("settings", cls=Argument, metavar="[PADAN.TOML]", required=False, type=click.Path(path_type=Path)),
    click.option("--dtks", cls=Several, metavar=N_("FILE..."), help=N_("DTKS, BDT or SIKS-NG files.")),
    click.option("--p3ke", cls=Several, metavar=N_("FILE..."), help=N_("P3KE files, persons or families.")),
    click.option("--regsosek", cls=Several, metavar=N_("FILE..."), help=N_("Regsosek files.")),
    click.option("--dtsen", cls=Several, metavar=N_("FILE..."), help=N_("DTSEN files, members or families.")),
    click.option("--dukcapil", cls=Several, metavar=N_("FILE..."), help=N_("Extracts of the civil register.")),
    click.option(
        "--bayar",
        cls=Several,
        metavar=N_("PROGRAMME=FILE..."),
        help=N_("Payment lists, for example pkh=sp2d.csv (pkh, bpnt, pbi_jkn, blt_desa ...)."),
    ),
    click.option("--out", help=N_("The run folder."), **_OUT),
    click.option(
        "--tanggal-acuan",
        cls=Option,
        metavar=N_("DATE"),
        callback=_as_date,
        help=N_("Date that ages and staleness refer to (default: the newest date of the data)."),
    ),
    _test_mode,
    click.option(
        "--keputusan",
        help=N_("Decisions kept by `padan verify`: they are respected, false alarms are not raised again."),
        **_FILE,
    ),
    _answers,
    click.option(
        "--sebelumnya",
        help=N_("Folder of an earlier run: says which findings are new, still open or solved."),
        **(_FILE | {"metavar": N_("RUN")}),
    ),
    click.option("--tanpa-kembali", cls=Option, is_flag=True, help=N_("Do not write the return files.")),
    click.option(
        "--keluarga-cetak",
        cls=Option,
        metavar="N",
        type=click.IntRange(min=1),
        help=N_("Families per village on paper, the worst first (default 100); the workbook holds all."),
    ),
    _own_programmes,
    _memory,
    _shared,
)


def _arguments(function: Any) -> Any:  # noqa: ANN401 - a click decorator
    """All arguments of a run, in the order of the help."""
    for one in reversed(_ARGUMENTS):
        function = one(function)
    return function


def _chosen(
    ctx: click.Context,
    settings: Path | None,
    *,
    out: Path | None,
    bayar: tuple[str, ...],
    tanpa_kembali: bool,
    program_berkas: tuple[str, ...],
    **given: Any,  # noqa: ANN401 - the other options, by name
) -> tuple[Settings, Path | None]:
    """The settings of the command line, or of the settings file with what the command line says laid over it."""
    from padan import config

    registers = {name: given[name] for name in REGISTER_OPTIONS if given[name]}
    asked: dict[str, Any] = {name: str(given[name].absolute()) for name in _PATHS if given[name]}
    if given["tanggal_acuan"]:
        asked["tanggal_acuan"] = given["tanggal_acuan"]
    if given["keluarga_cetak"]:
        asked["keluarga_cetak"] = given["keluarga_cetak"]
    if given["mode_uji"]:
        asked["mode_uji"] = True
    if tanpa_kembali:
        asked["kembali"] = False
    if settings is None:
        return config.from_command(registers, bayar, **asked, program_berkas=list(program_berkas)), out
    if registers or bayar:
        raise click.UsageError(_("give either a settings file or files by option, not both"), ctx)
    if program_berkas:
        asked["program_berkas"] = [str(Path(p).absolute()) for p in program_berkas]
    chosen = config.read(settings)
    if chosen.bahasa and not ctx.meta.get("lang"):
        use_language(chosen.bahasa)
    chosen = chosen.model_copy(update=asked)
    return chosen, chosen.folder / chosen.keluaran if out is None and chosen.keluaran else out


@cli.command(
    "run",
    help=N_(
        "Read the registers, link people and families, find what must be looked at, write the reports.\n\n"
        "Give the files by option, or a settings file padan.toml. FILE@2022-10-31 dates a file that holds no date; "
        "patterns like 'dtks/*.csv' and several files per option are understood. An existing output folder is used "
        "again only when padan wrote it: a stopped run continues, reports are replaced."
    ),
    epilog=_EPILOG,
)
@_arguments
def run(
    settings: Path | None,
    limit: str | None,
    json: bool,
    quiet: bool,
    **given: Any,  # noqa: ANN401 - the arguments of `_chosen`
) -> None:
    """The whole pipeline into a run folder."""
    ctx = click.get_current_context()
    from padan import memory, planning, show

    chosen, out = _chosen(ctx, settings, **given)
    if out is None:
        raise click.MissingParameter(ctx=ctx, param_type="option", param_hint="'--out'")
    cli.folder = out
    from padan.pipeline import run as run_pipeline

    with console.progress(quiet=quiet or json) as report:
        tables = run_pipeline(
            chosen,
            out,
            report=report,
            limit=limit,
            told=lambda plan: report.note(planning.short_line(plan)),
            starved=memory.give_up(lambda error: console.show_error(error, as_json=json)),
        )
    if json:
        console.print_json({"ok": True, "folder": str(out), **show.run_summary(tables)})
    elif not quiet:
        show.run_result(tables, out)


@cli.command(
    "plan",
    help=N_(
        "Show what `padan run` with the same arguments will need: rows, pairs per pass, parts, seconds, memory.\n\n"
        "The lists are read and their pairs counted; no pair is built. With --out the lists read are kept for the run. "
        "Exit code 5 when the run does not fit the memory it may use."
    ),
    epilog=_EPILOG,
)
@_arguments
@click.option(
    "--cepat", cls=Option, is_flag=True, help=N_("Look at the files from outside only; pairs are then a guess.")
)
def plan(
    settings: Path | None,
    limit: str | None,
    cepat: bool,
    json: bool,
    quiet: bool,
    **given: Any,  # noqa: ANN401 - the arguments of `_chosen`
) -> int:
    """The plan of a run."""
    ctx = click.get_current_context()
    from padan import memory, show
    from padan.pipeline import plan as make_plan

    chosen, out = _chosen(ctx, settings, **given)
    with console.progress(quiet=quiet or json) as report:
        found = make_plan(chosen, out, report=report, limit=limit, outside=cepat)
    if json:
        console.print_json({"ok": found.fits, **found.to_dict()})
    else:
        show.plan(found)
    return console.OK if found.fits else memory.NO_MEMORY
