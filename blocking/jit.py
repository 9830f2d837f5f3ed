"""The one door to numba: kernels are compiled at first use, kept on disk, and run without the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
Item = TypeVar("Item")
Made = TypeVar("Made")
# A number or a yes inside a kernel. numba tells its width and sign by what it is computed from; mypy cannot.
Scalar: TypeAlias = Any


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers. No fast-math: the same bytes on every run and number of threads."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def leaf(function: F) -> F:
    """Compile a function that makes no array: without the counting of references, which costs more than the work.

    Only kernels call it; an array it is given must be held by its caller.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    return cast(F, numba.njit(**options)(function))


def threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(function: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """`function` of every item, in order, by threads. What each does must not depend on the others."""
    if len(items) < 2 or threads() < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(threads(), len(items))) as pool:
        return list(pool.map(function, items))
