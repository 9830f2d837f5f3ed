"""What a person sees of a command: errors in one shape, progress with an estimate, logs with masked ids.

Everything heavy (rich, structlog, polars) is imported when it is needed, so that `padan --help` answers at once.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rules.errors import PadanError, Place, TableError
from rules.i18n import _

if TYPE_CHECKING:
    from rich.console import Console
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

# Exit codes, documented in docs/batch.md and in `padan --help`.
OK, UNEXPECTED, USAGE, INPUT, OUTPUT, DEFECT, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130

# A stage reports how far it is (0-1) and, in words, what it is doing.
Report = Callable[[float, str], None]


class OutputError(PadanError):
    """The run folder cannot be written: it is not ours, in use, not permitted or the disk is full."""

    exit_code = OUTPUT


def place_text(place: Place) -> str:
    """`file data.xlsx, sheet Anggota, row 17, column NIK`, as far as it is known."""
    parts = (
        (_("file {value}"), place.file),
        (_("sheet {value}"), place.sheet),
        (_("row {value}"), place.row),
        (_("column {value}"), place.column),
    )
    return ", ".join(text.format(value=value) for text, value in parts if value is not None)


def show_error(error: PadanError, *, as_json: bool = False) -> None:
    """Print `error` as one message: what was found, where, what to do. As JSON it goes to standard output."""
    from rules.masking import mask_text

    message, hint = mask_text(error.message), mask_text(error.hint or "")
    if as_json:
        place = {name: getattr(error.place, name) for name in Place.__slots__}
        print_json({"ok": False, "exit_code": error.exit_code, "message": message, "place": place, "hint": hint})
        return
    lines = [_("Error: {message}").format(message=message)]
    where = mask_text(place_text(error.place))
    lines += ["  " + _("Where: {where}").format(where=where)] if where else []
    lines += ["  " + _("What to do: {hint}").format(hint=hint)] if hint else []
    sys.stderr.write("\n".join(lines) + "\n")


def from_os(error: OSError) -> PadanError:
    """A message for what the operating system refused."""
    reasons = {
        errno.ENOSPC: _("the disk is full"),
        errno.EDQUOT: _("the disk quota is used up"),
        errno.EACCES: _("permission denied"),
        errno.EPERM: _("permission denied"),
        errno.EROFS: _("the disk is read-only"),
    }
    reason = reasons.get(error.errno or 0, error.strerror or type(error).__name__)
    return OutputError(
        _("a file cannot be read or written: {reason}").format(reason=reason),
        place=Place(file=str(error.filename) if error.filename else None),
        hint=_("free some space or choose another folder with --out, and close the file where it is open in Excel"),
    )


def show_crash(error: BaseException, folder: Path | None, *, as_json: bool = False) -> int:
    """Write the traceback, ids masked, to a log file; print one short message that names it; return the exit code."""
    import tempfile
    import traceback

    from rules.masking import mask_text

    text = mask_text("".join(traceback.format_exception(error)))
    log: Path | None
    try:
        if folder is not None and folder.is_dir():
            log = folder / "padan-galat.log"
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        else:
            handle, name = tempfile.mkstemp(prefix="padan-galat-", suffix=".log")
            log = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        log = None
    code = DEFECT if isinstance(error, TableError) else UNEXPECTED
    kind = mask_text(f"{type(error).__name__}: {error}".split("\n", 1)[0])[:200]
    told = PadanError(
        _("padan came upon something it was not prepared for ({kind})").format(kind=kind),
        hint=_("your files are unchanged; please send the log {log} to the developers (ids in it are masked)").format(
            log=log or "-"
        ),
    )
    told.exit_code = code
    show_error(told, as_json=as_json)
    return code


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def out() -> Console:
    """Where results go: standard output, as wide as the terminal, at least 100 columns when it is a pipe."""
    from rich.console import Console

    plain = not sys.stdout.isatty()
    return Console(width=max(100, int(os.environ.get("COLUMNS", "0") or 0)) if plain else None, highlight=False)


def _line(text: str) -> None:
    sys.stderr.write(text + "\n")


class Reporter:
    """What a command tells while it works: how far it is (a `Report`), and now and then a line that stays."""

    def __init__(self, tell: Report, note: Callable[[str], None]) -> None:
        self._tell = tell
        self.note = note

    def __call__(self, fraction: float, what: str) -> None:
        """`fraction` of the work is done, `what` is under way."""
        self._tell(fraction, what)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Reporter]:
    """A progress line with the elapsed and the estimated remaining time on standard error; silent when `quiet`.

    Where standard error is no terminal, one line per stage is written instead, which is what a log wants.
    """
    if quiet:
        yield Reporter(lambda _fraction, _what: None, lambda _line: None)
        return
    if not sys.stderr.isatty():
        told: set[str] = set()

        def line(_fraction: float, what: str) -> None:
            stage = what.partition(":")[0]
            if stage not in told:
                told.add(stage)
                sys.stderr.write(stage + "\n")

        yield Reporter(line, _line)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("~"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("padan", total=1.0)
        yield Reporter(
            lambda fraction, what: bar.update(task, completed=min(fraction, 1.0), description=what[:34]),
            lambda text: bar.console.print(text, style="dim", highlight=False),
        )


def _mask_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    from rules.masking import mask_text

    return {key: mask_text(value) if isinstance(value, str) else value for key, value in event.items()}


@contextmanager
def log_to(path: Path) -> Iterator[FilteringBoundLogger]:
    """A log of JSON lines appended to `path` (mode 0600), every text of which passes the id mask."""
    import structlog

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        logger = structlog.wrap_logger(
            structlog.WriteLogger(file),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                _mask_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.make_filtering_bound_logger("info"),
        )
        yield logger
