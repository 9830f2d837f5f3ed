"""Names as numbered words: their tokens, their given name and their letters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


@kernel
def fill_word_codes(data: Bytes, begin: U64, out: U32) -> None:
    """FNV-1a of each word, 32 bit, never 0: two columns of names agree without a shared dictionary."""
    for k in range(len(out)):
        value = np.uint32(0x811C9DC5)
        for at in range(begin[k], begin[k + 1]):
            value = np.uint32((value ^ np.uint32(data[at])) * np.uint32(0x01000193))
        out[k] = max(value, np.uint32(1))


@kernel
def fill_tokens(first: I64, word: U32, light: Bools, code: U32, token: U32, given: I64) -> None:
    """The words of weight of each name, whose words are `word[first[k]:first[k + 1]]`.

    `token` (names, TOKENS): their codes ascending, each once, zeros behind; `given`: the number of the first, counted
    from 1. A name of nothing but light words keeps them as its tokens.
    """
    most = token.shape[1]
    for k in range(len(given)):
        heavy = False
        for at in range(first[k], first[k + 1]):
            heavy |= not light[word[at]]
        n = 0
        for at in range(first[k], first[k + 1]):
            if heavy and light[word[at]]:
                continue
            if given[k] == 0:
                given[k] = np.int64(word[at]) + 1
            found = code[word[at]]
            place = n
            while place > 0 and token[k, place - 1] > found:
                place -= 1
            if place > 0 and token[k, place - 1] == found:
                continue
            if place < most:
                n = min(n + 1, most)
                for later in range(n - 1, place, -1):
                    token[k, later] = token[k, later - 1]
                token[k, place] = found


@kernel
def fill_spelled(first: I64, word: U32, data: Bytes, begin: U64, out: Bytes, into: U64) -> None:
    """Write the words of each name with a blank between them to `out`; `into` is told where each name begins."""
    at = np.uint64(0)
    for k in range(len(first) - 1):
        for w in range(first[k], first[k + 1]):
            if w > first[k]:
                out[at] = 32
                at += np.uint64(1)
            for p in range(begin[word[w]], begin[word[w] + 1]):
                out[at] = data[p]
                at += np.uint64(1)
        into[k + 1] = at
