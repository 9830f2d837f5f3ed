"""The error classes of padan: one base, so a command can promise that no user ever meets a traceback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's files something stands; any part may be unknown.

    `row` counts as the user sees it in Excel or a text editor: from 1, title and header rows included.
    """

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None


class PadanError(Exception):
    """A problem the user can mend. `message` says what was found, `hint` what to do; ids in both are masked."""

    exit_code = 2

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()
        self.hint = hint


class InputError(PadanError):
    """A file that cannot be read as what it claims to be, or holds nothing usable."""

    exit_code = 3


class ConfigError(PadanError):
    """A setting, layout or parameter file that is wrong."""

    exit_code = 2


class TableError(PadanError):
    """A frame broke its declared schema at a seam between stages: a defect of padan, not of the data."""

    exit_code = 70
