"""Own 64-bit mixes for keys: stable over versions and platforms, unlike a library's hash.

The finaliser is splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.kernels import mix_into

U64 = npt.NDArray[np.uint64]

_C1 = np.uint64(0xBF58476D1CE4E5B9)
_C2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: npt.NDArray[np.integer]) -> U64:
    """Splitmix64 finaliser of each value; shape is kept."""
    z = values.astype(np.uint64) + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _C1
    z = (z ^ (z >> np.uint64(27))) * _C2
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def combine(salt: int, *parts: npt.NDArray[np.integer]) -> U64:
    """One key from several integer columns; 0 (no key) wherever a part is 0 (missing).

    `salt` keeps the keys of different passes apart.
    """
    key = np.full(parts[0].shape, salt + 1, dtype=np.uint64)
    for part in parts:
        mix_into(key, part.astype(np.uint64, copy=False))
    return key
