"""The one door to compiled functions: numba compiles each once, and what it made is loaded from disk without numba.

Importing numba and loading what it cached took 1.3 CPU seconds of every start, more than comparing 100,000 people.
Here a function is known by the content of its code and of all that it calls: no cache can be stale.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import count
from types import CodeType, FunctionType
from typing import Any, Final, TypeAlias, TypeVar, cast

import numpy as np

from blocking import native

F = TypeVar("F", bound=Callable[..., object])
Item = TypeVar("Item")
Made = TypeVar("Made")
# A number or a yes inside a kernel. numba tells its width and sign by what it is computed from; mypy cannot.
Scalar: TypeAlias = Any
Native: TypeAlias = Callable[..., Any]

_LOCK: Final = threading.RLock()


def kernel(function: F) -> F:
    """Compile a function of arrays, records and numbers at its first call; it runs without the interpreter's lock.

    It makes no array and counts no reference: what it fills is given to it, and it returns nothing, a number, or a
    tuple of numbers. No fast-math: the same bytes on every run and number of threads.
    """
    return cast(F, Kernel(cast(FunctionType, function)))


def inlined(function: F) -> F:
    """The same, but a part of whatever kernel calls it: a call would pass every part of every array."""
    return cast(F, Kernel(cast(FunctionType, function), inline=True))


class Kernel:
    """A function that is compiled for the kinds of its arguments; others may call it too."""

    def __init__(self, function: FunctionType, *, inline: bool = False) -> None:
        self.function, self.inline = function, inline
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._made: dict[object, Native] = {}
        self._dispatcher: Any = None

    def __call__(self, *args: Any) -> Any:  # noqa: ANN401 - what the function takes and gives
        """Call the compiled function."""
        if not native.HERE:
            return self.dispatcher(*args)
        kinds = tuple([_kind(one) for one in args])
        made = self._made.get(kinds)
        if made is None:
            with _LOCK:
                made = self._made.get(kinds) or self._ready(kinds, args)
                self._made[kinds] = made
        values: list[Any] = []
        for one in args:
            _flatten(one, values)
        return made(values)

    def _ready(self, kinds: tuple[object, ...], args: tuple[Any, ...]) -> Native:
        """The function for arguments of these kinds, from disk or compiled."""
        digest = blake2b(digest_size=12)
        for part in (*_content(self.function, set()), repr(kinds).encode(), *native.stamp()):
            digest.update(len(part).to_bytes(8, "little") + part)
        name = f"{self.function.__module__}.{self.__name__}-{blake2b(repr(kinds).encode(), digest_size=4).hexdigest()}"
        code = native.kept(name, digest.hexdigest())
        if code is None:
            from blocking.compiling import compiled

            code = compiled(self, args)
            native.keep(name, digest.hexdigest(), code)
        return native.function(code)

    @property
    def dispatcher(self) -> Any:  # noqa: ANN401 - numba's own type
        """What numba knows the function by."""
        if self._dispatcher is None:
            from blocking.compiling import dispatcher

            self._dispatcher = dispatcher(self.function, inline=self.inline)
        return self._dispatcher

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401 - read by numba where another kernel calls this one
        from numba.core import types

        return types.Dispatcher(self.dispatcher)


def _kind(value: Any) -> object:  # noqa: ANN401 - any argument of a kernel
    """What of an argument the compiled code depends on."""
    if isinstance(value, np.ndarray):
        if not value.flags.aligned:
            raise ValueError("a kernel takes no array whose numbers lie across the borders of words")
        return value.dtype, value.ndim, value.flags.c_contiguous
    if isinstance(value, tuple):
        return type(value).__name__, getattr(value, "_fields", ()), *[_kind(one) for one in value]
    if isinstance(value, np.generic):
        return value.dtype
    return "float" if isinstance(value, float) else "int"


def _flatten(value: Any, out: list[Any]) -> None:  # noqa: ANN401 - any argument of a kernel
    """Append what numba's compiled functions take for an argument."""
    if isinstance(value, np.ndarray):
        out += (None, None, value.size, value.itemsize, value.__array_interface__["data"][0])
        out += value.shape
        out += value.strides
    elif isinstance(value, tuple):
        for one in value:
            _flatten(one, out)
    elif isinstance(value, np.void):
        out.append(value.__array_interface__["data"][0])
    else:
        out.append(value.item() if isinstance(value, np.generic) else value)


def _content(function: FunctionType, seen: set[int]) -> list[bytes]:
    """The code of a function, the constants it reads, and the same of every kernel it calls."""
    if id(function) in seen:
        return []
    seen.add(id(function))
    codes = [function.__code__]
    out = []
    for code in codes:
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        plain = [one for one in code.co_consts if not isinstance(one, CodeType)]
        out += [code.co_code, repr((plain, code.co_names, code.co_varnames)).encode()]
        for name in code.co_names:
            value = function.__globals__.get(name)
            called = getattr(value, "function", None)
            if isinstance(called, FunctionType):
                out += [bytes([getattr(value, "inline", False)]), *_content(called, seen)]
            elif isinstance(value, int | float | tuple | np.generic):
                out.append(repr(value).encode())
    return out


def threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_background(work: Callable[[], Made]) -> Callable[[], Made]:
    """Begin `work` in a thread; what is returned waits for it and gives what it made."""
    pool = ThreadPoolExecutor(1)
    made = pool.submit(work)
    pool.shutdown(wait=False)
    return made.result


def each(function: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """`function` of every item, in order, by threads. What each does must not depend on the others."""
    if len(items) < 2 or threads() < 2:
        return [function(item) for item in items]
    found: list[Made | None] = [None] * len(items)
    turn = count()

    def work() -> None:
        while (number := next(turn)) < len(items):
            found[number] = function(items[number])

    # Who calls works too: what is soon done is done before another thread has begun.
    helpers = min(threads(), len(items)) - 1
    with ThreadPoolExecutor(helpers) as pool:
        others = [pool.submit(work) for _other in range(helpers)]
        work()
    for one in others:
        one.result()
    return cast(list[Made], found)


def parts_of(n: int) -> list[slice]:
    """The places 0 to `n` in about equal parts, one for each core."""
    step = max(-(-n // threads()), 1)
    return [slice(first, min(first + step, n)) for first in range(0, n, step)]
