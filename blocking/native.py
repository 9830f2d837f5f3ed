"""Compiled code that numba made, kept on disk and called without numba: by llvmlite and ctypes.

numba passes an array as its owner and parent (none here), its numbers of items and bytes of one, its address, and its
shape and strides; a tuple as its parts; a record as its address. It writes the result to the first place it is given
and returns 0.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm

FORM: Final = "1"  # of the files and of the way of calling
# Where calling without numba has been tried; elsewhere numba calls what it compiled, a second later at each start.
HERE = sys.platform == "linux"
_KEPT: Final = ".padan"
_WIDTHS: Final[dict[str, Any]] = {
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    "bool": ctypes.c_uint8,
    "address": ctypes.c_void_p,
}
# Functions of C that compiled code may call; all other symbols would be numba's own, which is not there.
C_FUNCTIONS: Final = ("log", "exp", "log2", "pow", "memset", "memcpy", "memmove")


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled function: its symbol, the types it takes and gives by name, and the object file it is in."""

    symbol: str
    takes: list[str]
    gives: list[str]
    single: bool  # gives one number, not a tuple
    binary: bytes


@cache
def stamp() -> tuple[bytes, ...]:
    """What compiled code depends on besides its source."""
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return FORM.encode(), llvmlite.__version__.encode(), sys.platform.encode(), cpu.encode(), features.encode()


@cache
def folders() -> tuple[Path, ...]:
    """Where compiled code is kept: beside our own, or in the user's cache where that cannot be written."""
    home = Path(os.environ.get("HOME", os.environ.get("USERPROFILE", "."))).absolute()
    default = {
        "win32": Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")),
        "darwin": home / "Library" / "Caches",
    }.get(sys.platform, Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")))
    return Path(__file__).parent / "__pycache__", default / "padan"


def kept(name: str, digest: str) -> Code | None:
    """The code kept as `name` if it is still that of `digest`."""
    for folder in folders():
        with suppress(OSError, ValueError):
            head, binary = (folder / f"{name}{_KEPT}").read_bytes().split(b"\n", 1)
            about = json.loads(head)
            if about.pop("digest") == digest and about.pop("size") == len(binary):
                return Code(**about, binary=binary)
    return None


def keep(name: str, digest: str, code: Code) -> None:
    """Keep code for the next start; where nothing can be written it is compiled again then."""
    about = {
        "digest": digest, "size": len(code.binary), "symbol": code.symbol,
        "takes": code.takes, "gives": code.gives, "single": code.single,
    }  # fmt: skip
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{name}.{os.getpid()}"
            part.write_bytes(json.dumps(about).encode() + b"\n" + code.binary)
            part.replace(folder / f"{name}{_KEPT}")
            return


class _Machine:
    """LLVM's loader of object files."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.engine = llvm.create_mcjit_compiler(
            llvm.parse_assembly(""), llvm.Target.from_default_triple().create_target_machine()
        )

    def address(self, code: Code) -> int:
        """Where the function is, once its object file is in memory."""
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code.binary))
        self.engine.finalize_object()
        return int(self.engine.get_function_address(code.symbol))


_LOCK: Final = threading.Lock()
_machine = cache(_Machine)


def function(code: Code) -> Callable[[list[Any]], Any]:
    """The function of the flat arguments that `code` takes. It runs without the interpreter's lock."""
    with _LOCK:
        address = _machine().address(code)
    takes = [_WIDTHS[one] for one in code.takes]
    call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *takes)(address)
    fields = [(f"f{k}", _WIDTHS[one]) for k, one in enumerate(code.gives)]
    result = type("Result", (ctypes.Structure,), {"_fields_": fields})
    names = [name for name, _type in fields]
    yes = [one == "bool" for one in code.gives]

    def run(values: list[Any]) -> Any:  # noqa: ANN401 - what the function gives
        made, failure = result(), ctypes.c_void_p()
        status = call(ctypes.addressof(made), ctypes.addressof(failure), *values)
        if status:
            raise RuntimeError(f"{code.symbol} failed with status {status}")
        found = [bool(getattr(made, n)) if y else getattr(made, n) for n, y in zip(names, yes, strict=True)]
        return None if not found else found[0] if code.single else tuple(found)

    return run
