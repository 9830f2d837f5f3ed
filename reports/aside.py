"""Work in a thread beside this one: Polars and zlib let other threads go on, so that both cores are busy."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Starts `work` at once; `result` waits for it and returns what it returns, or raises what it raises.

    When nobody waits, since something else went wrong, the thread does not keep the process from ending.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Final = work
        self._made: list[T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._made.append(self._work())
        except BaseException as error:  # raised again where the result is wanted
            self._error = error

    def result(self) -> T:
        """What `work` returned."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._made[0]
