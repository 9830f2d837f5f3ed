"""Compiling with numba: imported only when a kernel is not on disk yet."""

from __future__ import annotations

import re
from importlib.metadata import version
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numba as typed_numba
import numpy as np
from numba.core import types as typed_types

from blocking import native
from blocking.native import C_FUNCTIONS, Code

if TYPE_CHECKING:
    from blocking.jit import Kernel

# What numba tells mypy of itself is a part of what it takes.
numba: Any = typed_numba
types: Any = typed_types
if (
    not native.HERE
):  # numba knows kept code by the file of the kernel, not by what that calls: each version keeps its own
    numba.config.CACHE_DIR = str(native.folders()[-1] / version("padan"))


def dispatcher(function: FunctionType, *, inline: bool) -> Any:  # noqa: ANN401 - numba's own type
    """`function` as numba takes it: without counting of references, which costs more than the work itself."""
    lean = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    more = lean if native.HERE else {"cache": True}
    return numba.njit(nogil=True, error_model="numpy", forceinline=inline, **more)(function)


def compiled(kernel: Kernel, args: tuple[Any, ...]) -> Code:
    """The code of `kernel` for arguments like `args`. TypeError where it needs what is not there without numba."""
    given = tuple(_type_of(one) for one in args)
    kernel.dispatcher.compile(given)
    made = kernel.dispatcher.overloads[given]
    declared = re.findall(r'^declare [^@]*@"?([\w.$]+)', made.library.get_llvm_str(), re.MULTILINE)
    strange = [name for name in declared if not name.startswith("llvm.") and name not in C_FUNCTIONS]
    if strange:
        raise TypeError(f"{kernel.__name__} makes an array or fails: it needs {', '.join(strange)}")
    result = made.signature.return_type
    gives = [] if result == types.none else [_name(one) for one in getattr(result, "types", (result,))]
    takes = [name for one in given for name in _flat(one)]
    single = not isinstance(result, types.BaseTuple)
    return Code(made.fndesc.llvm_func_name, takes, gives, single, made.library._get_compiled_object())


def _type_of(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, np.ndarray):
        element = numba.from_dtype(value.dtype)
        return types.Array(element, value.ndim, "C" if value.flags.c_contiguous else "A")
    if isinstance(value, tuple):
        parts = [_type_of(one) for one in value]
        return types.NamedTuple(parts, type(value)) if hasattr(value, "_fields") else types.Tuple(parts)
    if isinstance(value, np.generic):
        return numba.typeof(value)
    return types.float64 if isinstance(value, float) else types.int64


def _flat(kind: Any) -> list[str]:  # noqa: ANN401
    """Types of what stands for an argument, as blocking.jit flattens it."""
    if isinstance(kind, types.Array):
        return ["address", "address", "int64", "int64", "address"] + ["int64"] * (2 * kind.ndim)
    if isinstance(kind, types.BaseTuple):
        return [name for one in kind for name in _flat(one)]
    return ["address"] if isinstance(kind, types.Record) else [_name(kind)]


def _name(kind: Any) -> str:  # noqa: ANN401
    return "bool" if kind == types.boolean else str(kind)
