"""The commands. Thin on purpose: read the arguments, call the stage, show the answer.

What a command needs is imported inside it: `padan --help` and `padan decode` must answer at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from padan import allocator, console
from padan.translate import Argument, Command, Option, Several, language_in, message_of, usage_text, use_language
from rules.errors import PadanError
from rules.i18n import LANGUAGES, N_, _


class Main(Command, click.Group):
    """The command group: chooses the language first and turns every failure into one message and an exit code."""

    command_class = Command
    folder: Path | None = None  # where a log of a crash belongs

    def main(  # type: ignore[override] # every way out of click's own is covered here
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002 - the name is padan however it was started
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> int:
        """Run a command; exit with its code when `standalone_mode`, else return the code."""
        words = list(sys.argv[1:] if args is None else args)
        use_language(language_in(words))
        as_json = "--json" in words
        self.folder = None
        try:
            result = super().main(words, "padan", complete_var, standalone_mode=False, **extra)
            code = result if isinstance(result, int) else console.OK
        except (click.Abort, KeyboardInterrupt):
            sys.stderr.write(_("Stopped. The same command continues where it stopped.") + "\n")
            code = console.INTERRUPTED
        except click.ClickException as error:
            from rules.masking import mask_text

            if as_json:
                console.show_error(PadanError(message_of(error)), as_json=True)
            else:
                sys.stderr.write(mask_text(usage_text(error)))
            code = console.USAGE
        except PadanError as error:
            code = error.exit_code
            if code == console.DEFECT:
                console.show_crash(error, self.folder, as_json=as_json)
            else:
                console.show_error(error, as_json=as_json)
        except BrokenPipeError:  # `padan ... | head`
            sys.stderr.close()
            code = console.OK
        except OSError as error:
            told: PadanError = console.from_os(error)
            console.show_error(told, as_json=as_json)
            code = told.exit_code
        except MemoryError:
            from padan import memory

            told = memory.needed(_("the memory of this computer is not enough for this input"))
            console.show_error(told, as_json=as_json)
            code = told.exit_code
        except Exception as error:  # noqa: BLE001,RUF100 - the promise: no user ever meets a traceback
            code = console.show_crash(error, self.folder, as_json=as_json)
        if standalone_mode:
            sys.exit(code)
        return code


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from padan.stamps import versions

        click.echo(f"padan {versions()['padan']}")
        ctx.exit()


def _as_date(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise click.BadParameter(_("must be a date like 2026-03-31")) from error


_EPILOG = N_(
    "Exit codes: 0 done; 1 unexpected error; 2 wrong option or setting; 3 an input file cannot be used; "
    "4 the output cannot be written or read; 5 not enough memory; 70 defect of padan; 130 stopped."
)


@click.group(
    cls=Main,
    help=N_("Reconcile social-assistance registers: who is who, which families are stale, who is paid twice."),
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110, "show_default": True},
)
@click.option(
    "--lang", cls=Option, type=click.Choice(LANGUAGES), help=N_("Language of texts and reports: id (default) or en.")
)
@click.option(
    "--version",
    cls=Option,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=N_("Show the version and exit."),
)
def cli(lang: str | None) -> None:
    """The group itself only remembers the language; it was chosen before parsing."""
    if lang:
        click.get_current_context().meta["lang"] = lang


def _remember_language(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    # A language asked for on the command line beats the one of a settings file.
    if value:
        ctx.meta["lang"] = value


def _shared(function: Any) -> Any:  # noqa: ANN401 - a click decorator
    """--json, --quiet and --lang, the same on every command."""
    for name, text in (
        ("--json", N_("Print the result as JSON on standard output.")),
        ("--quiet", N_("Show no progress.")),
    ):
        function = click.option(name, cls=Option, is_flag=True, help=text)(function)
    return click.option(
        "--lang",
        cls=Option,
        type=click.Choice(LANGUAGES),
        expose_value=False,
        callback=_remember_language,
        help=N_("Language of texts and reports: id (default) or en."),
    )(function)


_test_mode = click.option(
    "--mode-uji", cls=Option, is_flag=True, help=N_("Test mode: admit synthetic NIKs (kecamatan part 90-99).")
)
_own_programmes = click.option(
    "--program-berkas",
    cls=Several,
    metavar=N_("FILE..."),
    help=N_("Own programmes: TOML files, or folders of them."),
)
_OUT: dict[str, Any] = {"cls": Option, "metavar": N_("FOLDER"), "type": click.Path(path_type=Path)}
_FILE: dict[str, Any] = {"cls": Option, "metavar": N_("FILE"), "type": click.Path(path_type=Path)}
_GIVEN: dict[str, Any] = _FILE | {"type": click.Path(path_type=Path, exists=True, dir_okay=False)}
_CSV: dict[str, Any] = _FILE | {"metavar": N_("CSV")}
_answers = click.option(
    "--label", help=N_("Answers of `padan label` by which the probabilities are calibrated."), **_FILE
)
_memory = click.option(
    "--memory",
    "limit",
    cls=Option,
    metavar="4GB",
    help=N_("Memory the run may use (default: half of what is free). What cannot fit is refused before it begins."),
)


@cli.command(
    "inspect",
    help=N_("Show what a file is taken for, how its columns are read, and how good its data is. Nothing is written."),
    epilog=_EPILOG,
)
@click.argument("files", cls=Argument, metavar=N_("FILE..."), nargs=-1, required=True)
@_test_mode
@_shared
def inspect(files: tuple[str, ...], mode_uji: bool, json: bool, quiet: bool) -> int:
    """Layout, mapping and quality profile of files."""
    from padan import config, show
    from sources.inspecting import inspect as look
    from sources.model import Input, SourceSettings

    chosen = config.from_command({"dtks": list(files)})  # the register does not matter: the layouts decide
    given = config.input_files(chosen)
    with console.progress(quiet=quiet or json) as report:
        found = []
        for number, one in enumerate(given):
            report(number / len(given), one.path.name)
            found += look([Input(one.path, None, one.tanggal)], SourceSettings(mode_uji=mode_uji))
    if json:
        console.print_json([one.to_dict() for one in found])
    else:
        show.inspections(found)
    broken = [one.galat for one in found if one.galat is not None]
    if not json:
        for error in broken:
            console.show_error(error)
    return console.INPUT if broken else console.OK


@cli.command("decode", help=N_("Explain a NIK, KK, family id or ART id in words."), epilog=_EPILOG)
@click.argument("ids", cls=Argument, metavar=N_("ID..."), nargs=-1, required=True)
@_test_mode
@_shared
def decode(ids: tuple[str, ...], mode_uji: bool, json: bool, quiet: bool) -> None:
    """Ids in words."""
    del quiet
    from rules.decode import decode as explain_id

    found = [explain_id(text, mode_uji=mode_uji) for text in ids]
    if json:
        console.print_json([one.to_dict() for one in found])
    else:
        sys.stdout.write("\n\n".join("\n".join(one.lines()) for one in found) + "\n")


@cli.command(
    "synth",
    help=N_("Make a synthetic kabupaten: registers as people get them, and the truth beside them."),
    epilog=_EPILOG,
)
@click.option("--penduduk", cls=Option, metavar="N", type=click.IntRange(100), default=50_000, help=N_("People."))
@click.option("--kabupaten", cls=Option, metavar=N_("CODE"), default="3403", help=N_("Kemendagri code."))
@click.option("--seed", cls=Option, metavar="S", type=click.IntRange(0), default=1, help=N_("Seed."))
@click.option("--out", required=True, help=N_("Folder of the files; the truth goes into its folder truth."), **_OUT)
@click.option("--setelan", help=N_("TOML with other rates than the defaults."), **_GIVEN)
@click.option("--tanpa-excel", cls=Option, is_flag=True, help=N_("Write text files only: faster."))
@_shared
def synth(
    penduduk: int,
    kabupaten: str,
    seed: int,
    out: Path,
    setelan: Path | None,
    tanpa_excel: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Synthetic registers and their truth."""
    from padan import show
    from padan.synthetic import make

    with console.progress(quiet=quiet or json) as report:
        made = make(penduduk, kabupaten, seed, out, rates=setelan, excel=not tanpa_excel, report=report)
    if json:
        console.print_json(made)
    elif not quiet:
        show.synthesised(made, out)


@cli.command(
    "link",
    help=N_(
        "Link two lists of persons, or find duplicates in one, by a specification of columns and comparisons.\n\n"
        "Writes pairs.parquet (source_l, row_l, source_r, row_r, weight, probability, decision) and entities.parquet "
        "(source, row, entity_id). Rows are counted from 1 in each file: the first row under the header is 1, blank "
        "lines are not counted. docs/link.md explains the specification."
    ),
    epilog=_EPILOG,
)
@click.argument("spec", cls=Argument, metavar="SPEC.TOML", type=click.Path(path_type=Path))
@click.argument(
    "files", cls=Argument, metavar=N_("FILE [FILE]"), nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--out", required=True, help=N_("Folder of the results."), **_OUT)
@_answers
@_memory
@_shared
def link(
    spec: Path, files: tuple[Path, ...], out: Path, label: Path | None, limit: str | None, json: bool, quiet: bool
) -> None:
    """Any lists by a specification."""
    cli.folder = out
    allocator.reserve(files)
    from padan.stamps import hashing

    hashed = hashing(files)  # while the libraries are imported, which keeps one core busy
    from padan.lists import begin_reading

    begun = begin_reading(spec, files)
    from padan import memory, show
    from padan.link import link as run_link

    with console.progress(quiet=quiet or json) as report:
        starved = memory.give_up(lambda error: console.show_error(error, as_json=json))
        _result, info = run_link(
            spec, files, out, report=report, label=label, limit=limit, starved=starved, hashed=hashed, begun=begun
        )
    if json:
        console.print_json({"ok": True, "folder": str(out), **show.link_summary(info)})
    elif not quiet:
        show.link_result(info, out)


@cli.command(
    "label",
    help=N_(
        "Ask which pairs of a run are one person, without showing the score.\n\n"
        "Works on the folder of a `padan run` or `padan link`. The pairs are those about which the model is least sure "
        "and a spread over all scores. Answers are kept as they are given; the same command goes on where it stopped."
    ),
    epilog=_EPILOG,
)
@click.argument("folder", cls=Argument, metavar=N_("RUN_FOLDER"), type=click.Path(path_type=Path))
@click.option("--n", "wanted", cls=Option, metavar="N", type=click.IntRange(1), default=100, help=N_("Pairs to ask."))
@click.option("--seed", cls=Option, metavar="S", type=click.IntRange(0), default=1, help=N_("Seed of the draw."))
@click.option("--oleh", cls=Option, metavar=N_("NAME"), help=N_("Who answers (default: the user of the computer)."))
@click.option("--label", help=N_("File of the answers (default: label.parquet in the folder)."), **_FILE)
@click.option("--ekspor", help=N_("Write the pairs into a csv instead of asking; fill in its column jawaban."), **_CSV)
@click.option("--impor", help=N_("Take over the answers of such a csv."), **_CSV)
@click.option("--tampilkan-id", cls=Option, is_flag=True, help=N_("Show NIK, KK and birth date in full."))
@_shared
@click.pass_context
def label(
    ctx: click.Context,
    folder: Path,
    wanted: int,
    seed: int,
    oleh: str | None,
    label: Path | None,
    ekspor: Path | None,
    impor: Path | None,
    tampilkan_id: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Clerical labels."""
    from padan import label as labelling
    from padan import show

    if ekspor and impor:
        raise click.UsageError(_("give either --ekspor or --impor"), ctx)
    case = labelling.open_case(folder)
    labels = labelling.Labels(label or folder / labelling.FILE)
    who = oleh or labelling.user()
    if impor:
        given = labelling.import_csv(case, labels, who, impor)
    else:
        drawn = labelling.sample(case, wanted, seed)
        if ekspor:
            labelling.export_csv(case, drawn, ekspor, unmasked=tampilkan_id)
            given = 0
        else:
            given = show.labelling(case, drawn, labels, who, unmasked=tampilkan_id)
    told = {"file": str(labels.path), "given": given, **labelling.summary(labels)}
    if json:
        console.print_json({"ok": True, **told, **({"csv": str(ekspor)} if ekspor else {})})
    elif not quiet:
        show.labelled(told, ekspor)


@cli.command(
    "verify",
    help=N_(
        "Read filled village lists (xlsx) back: check them, keep their decisions for later runs.\n\n"
        "Every line counts: rows read = decisions + blanks + refused. A slip refuses its line; a list that is not as "
        "it was sent is refused whole, with the lines named. Exit code 3 when anything was refused. Later runs respect "
        "the decisions with `padan run --keputusan FILE`."
    ),
    epilog=_EPILOG,
)
@click.argument("folder", cls=Argument, metavar=N_("RUN_FOLDER"), type=click.Path(path_type=Path))
@click.argument("files", cls=Argument, metavar=N_("FILE..."), nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--keputusan", help=N_("Where the decisions are kept (default: keputusan.duckdb beside the run folder)."), **_FILE
)
@click.option("--oleh", cls=Option, metavar=N_("NAME"), help=N_("Who decided (default: the cell of the list)."))
@click.option(
    "--tanggal",
    cls=Option,
    metavar=N_("DATE"),
    callback=_as_date,
    help=N_("When it was decided (default: the cell of the list)."),
)
@_shared
def verify(
    folder: Path,
    files: tuple[Path, ...],
    keputusan: Path | None,
    oleh: str | None,
    tanggal: date | None,
    json: bool,
    quiet: bool,
) -> int:
    """Decisions of the villages into the store."""
    from padan import show
    from padan.verify import STORE
    from padan.verify import verify as read_back

    store = keputusan or folder.absolute().parent / STORE
    found = read_back(folder, files, store=store, oleh=(oleh or "").strip() or None, tanggal=tanggal)
    if json:
        console.print_json({"ok": not found.refusals, **found.to_dict()})
    elif not quiet or found.refusals:
        show.verified(found)
    return console.INPUT if found.refusals else console.OK


@cli.command("evaluate", help=N_("Score a run against the truth of synthetic data."), epilog=_EPILOG)
@click.argument("folder", cls=Argument, metavar=N_("RUN_FOLDER"), type=click.Path(path_type=Path))
@click.option(
    "--truth",
    cls=Option,
    metavar=N_("FOLDER"),
    required=True,
    type=click.Path(path_type=Path),
    help=N_("Truth folder."),
)
@_shared
def evaluate(folder: Path, truth: Path, json: bool, quiet: bool) -> None:
    """Quality of a run on synthetic data."""
    del quiet
    from matching.evaluate import evaluate as score
    from padan import show, store

    result = score(store.read_run(folder), truth / "truth" if (truth / "truth").is_dir() else truth)
    if json:
        console.print_json(result)
    else:
        show.evaluation(result)


@cli.command(
    "explain",
    help=N_(
        "Why rows are, or are not, one person: field by field, with weights that sum to the score.\n\n"
        "Give one PERSON_ID, or two rows as FILE:ROW (row as seen in Excel) or by row number of the records table."
    ),
    epilog=_EPILOG,
)
@click.argument("ids", cls=Argument, metavar=N_("PERSON_ID | ROW ROW"), nargs=-1, required=True)
@click.option("--run", "folder", help=N_("The run folder (default: the current folder)."), **_OUT)
@click.option("--tampilkan-id", cls=Option, is_flag=True, help=N_("Show NIK, KK and birth date in full."))
@_shared
@click.pass_context
def explain(
    ctx: click.Context, ids: tuple[str, ...], folder: Path | None, tampilkan_id: bool, json: bool, quiet: bool
) -> None:
    """The evidence for a person or between two rows."""
    del quiet
    if len(ids) > 2:
        raise click.UsageError(_("give one person or two rows"), ctx)
    from matching.explain import explain_pair, explain_person, find_row
    from padan import show, store

    tables = store.read_run(folder or Path())
    store.same_code(tables)
    if len(ids) == 1:
        found = explain_person(tables, ids[0])
    else:
        found = [explain_pair(tables, *(find_row(tables, text) for text in ids))]
    if json:
        console.print_json(show.explanation_data(found, unmasked=tampilkan_id))
    else:
        show.explanations(tables, found, unmasked=tampilkan_id)


from padan import cli_gate as _cli_gate  # noqa: E402,F401 - their commands need the group above
from padan import cli_run as _cli_run  # noqa: E402,F401


def main() -> None:
    """The console command."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would only wait for work, and loudly
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # we have none; looking for them reads every package's data
    allocator.settle()
    # Importing makes hundreds of thousands of objects that all stay: looking through them again and again is in vain.
    gc.set_threshold(100_000)
    if not sys.warnoptions:
        # A warning of a library is for developers; `python -W default -m padan` shows it.
        warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        # A Windows console or a pipe may not be UTF-8; a name must not stop a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    _leave(cli.main(standalone_mode=False))


def _leave(code: int) -> None:
    """End with this exit code, at once: clearing away piece by piece what goes with the process takes a while."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except ValueError:  # closed: nobody reads it any more
            continue
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                told = console.from_os(error)
                console.show_error(told)
                code = told.exit_code
    if "duckdb" in sys.modules:  # it has files of its own to close
        sys.exit(code)
    atexit._run_exitfuncs()
    os._exit(code)
