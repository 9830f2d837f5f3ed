"""What a result was made of: hashes of the files read, of padan's own code, and the versions of the libraries."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from reports.aside import Aside

_OWN_PACKAGES: Final = ("rules", "sources", "blocking", "matching")
LINKAGE: Final = ("blocking", "matching")
EVERYTHING: Final = (*_OWN_PACKAGES, "reports", "padan")
_READ: Final = (".py", ".toml", ".csv", ".parquet", ".mo")
_LIBRARIES: Final = (
    "polars",
    "polars-hash",
    "numpy",
    "scipy",
    "scikit-learn",
    "rapidfuzz",
    "jellyfish",
    "fastexcel",
    "dataframely",
)
_AT_ONCE: Final = 1 << 21  # bytes; after each the interpreter's lock must be had again


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    found, room = hashlib.sha256(), memoryview(bytearray(_AT_ONCE))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(room):
            found.update(room[:size])
    return found.hexdigest()


def sha256_files(paths: Sequence[Path]) -> list[str]:
    """`sha256_file` of each, two at a time: the lists of a million people take a third of a second."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(sha256_file, paths))


def hashing(paths: Sequence[Path]) -> Callable[[], list[str]]:
    """Begin to hash files in a thread; what is returned waits for it and gives the SHA-256 of each."""
    return Aside(lambda: [sha256_file(path) for path in paths]).result


@cache
def code_version(packages: tuple[str, ...] = _OWN_PACKAGES) -> str:
    """A hash over padan's own code, layouts and parameters: a changed rule must not meet an old checkpoint."""
    found = hashlib.blake2b(digest_size=16)
    root = Path(__file__).parent.parent
    for package in packages:
        for folder, inner, names in os.walk(root / package):
            inner[:] = sorted(set(inner) - {"__pycache__"})
            for name in sorted(names):
                if name.endswith(_READ):
                    path = Path(folder, name)
                    found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of padan, Python and the libraries a result depends on."""
    return {"python": ".".join(map(str, sys.version_info[:3]))} | {n: _version(n) for n in ("padan", *_LIBRARIES)}


def _version(name: str) -> str:
    if name in _installed():
        return _installed()[name]
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


@cache
def _installed() -> dict[str, str]:
    """Name and version of what stands in the folders of packages, as pip names its records of them.

    `importlib.metadata.version` reads and parses each with its readme, as an e-mail.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):
            for record in Path(folder or ".").glob("*.dist-info"):
                name, _, version = record.stem.partition("-")
                found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    return found
