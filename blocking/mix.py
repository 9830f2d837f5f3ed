"""Own 64-bit mixes for keys: stable over versions and platforms, unlike a library's hash."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.kernels import mix_each, mix_into

U64 = npt.NDArray[np.uint64]


def mix(values: npt.NDArray[np.integer]) -> U64:
    """The mix of each value; shape is kept."""
    out = np.empty(values.shape, dtype=np.uint64)
    mix_each(values.astype(np.uint64).ravel(), out.reshape(-1))
    return out


def combine(salt: int, *parts: npt.NDArray[np.integer]) -> U64:
    """One key from several integer columns; 0 (no key) wherever a part is 0 (missing).

    `salt` keeps the keys of different passes apart.
    """
    key = np.full(parts[0].shape, salt + 1, dtype=np.uint64)
    for part in parts:
        mix_into(key, part.astype(np.uint64, copy=False))
    return key
