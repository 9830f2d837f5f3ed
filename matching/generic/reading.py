"""Columns read from the lists, one at a time. Imports nothing but Polars: reading begins before all is imported."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import polars as pl

from matching.generic.spec import LinkageSpec

Frame = pl.DataFrame | pl.LazyFrame


def height_of(frame: Frame) -> int:
    """Rows of a list."""
    return int(frame.lazy().select(pl.len()).collect().item())


def whole(frames: Sequence[Frame], name: str) -> pl.Series:
    """A column of all lists under one another; dates where all are dates, else text."""
    parts = []
    for frame in frames:
        if name in frame.lazy().collect_schema().names():
            parts.append(frame.lazy().select(name).collect().to_series())
        else:
            parts.append(pl.Series(name, [], dtype=pl.Null).extend_constant(None, height_of(frame)))
    if any(part.dtype != pl.Date for part in parts):
        parts = [part.cast(pl.String) for part in parts]
    return pl.concat(parts)


def reading_order(spec: LinkageSpec) -> list[str]:
    """The columns that are read and not made of others; what takes longest first, so that no core waits at the end."""
    plain = [name for name, column in spec.columns.items() if column.own and not column.join]
    return sorted(plain, key=lambda name: spec.columns[name].kind != "text")


class Ahead:
    """Columns of lazy lists that a thread reads before they are wanted: importing libraries keeps one core busy."""

    def __init__(self, frames: Sequence[Frame], names: Sequence[str]) -> None:
        self._found: dict[str, Future[pl.Series]] = {name: Future() for name in names}

        def work(made: dict[str, Future[pl.Series]]) -> None:
            for name, column in made.items():
                try:
                    column.set_result(whole(frames, name))
                except BaseException as error:  # whatever it is: who wants the column would wait for it for ever
                    column.set_exception(error)

        # As a daemon: a command that ends with an error must not wait for it.
        threading.Thread(target=work, args=(dict(self._found),), name="padan-ahead", daemon=True).start()

    def take(self, name: str) -> pl.Series | None:
        """The column, once and never again, so that nobody holds it; None where it was not read or could not be."""
        column = self._found.pop(name, None)
        return None if column is None or column.exception() is not None else column.result()
