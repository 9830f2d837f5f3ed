"""Codes on paper: HMACs with a key of the installation. A plain hash would give a NIK away, which can be enumerated."""

from __future__ import annotations

import hmac
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from reports.private import private
from rules.errors import ConfigError, Place
from rules.i18n import _

ENVIRONMENT: Final = "PADAN_KUNCI"  # names another key file, for two computers that share their lists
_BYTES: Final = 32
_DIGITS: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)  # of RFC 4648
_LENGTH: Final = 12  # characters of a code: 60 bits, so that a guessed code is no code
PATTERN: Final = r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}"


def key_path() -> Path:
    """Where the key of this installation stands: $PADAN_KUNCI, else the settings folder of the user."""
    stated = os.environ.get(ENVIRONMENT)
    if stated:
        return Path(stated)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "padan" / "kunci"


def installation_key() -> bytes:
    """The key of this installation, made when there is none (mode 0600).

    Raises ConfigError when the file holds no key.
    """
    path = key_path()
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(_BYTES)
        # Two processes may start at once: the key is written beside its place and moved, and the one in place counts.
        part = private(path.with_name(f"{path.name}.{os.getpid()}"))
        part.write_bytes(key)
        try:
            part.rename(path) if sys.platform == "win32" else os.link(part, path)
        except FileExistsError:
            key = path.read_bytes()
        finally:
            part.unlink(missing_ok=True)
    if len(key) != _BYTES:
        raise ConfigError(
            _("the key file of this installation is damaged"),
            place=Place(file=str(path)),
            hint=_("put the saved copy back, or delete it; lists printed before then count as unknown"),
        )
    return key


def codes(key: bytes, texts: Iterable[str]) -> list[str]:
    """A code such as `K7QD-2MXA-PL5C` per text: HMAC-SHA256 under `key`, the same text always the same code."""
    # The first 60 bits in base 32, of all texts at once: the library of Python takes three times as long.
    heads = b"".join([hmac.digest(key, text.encode(), "sha256")[:8] for text in texts])
    numbers = np.frombuffer(heads, dtype=">u8").astype(np.uint64)
    written = np.full((numbers.size, _LENGTH + 2), ord("-"), dtype=np.uint8)
    for digit in range(_LENGTH):
        value = numbers >> np.uint64(64 - 5 * (digit + 1)) & np.uint64(31)
        written[:, digit + digit // 4] = _DIGITS[value.astype(np.intp)]
    found: list[str] = written.view(f"S{_LENGTH + 2}").ravel().astype(str).tolist()
    return found
