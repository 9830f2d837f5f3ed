"""The second pass: what the strong links of the first say about the pairs that were left open.

Once some members of two families are linked, the others are judged in that light; and a row whose counterpart in a list
is known already needs no second one there. Both are evidence in the model, learnt like any other, not rules.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from blocking.encode import Encoded, relatives
from blocking.mix import mix
from blocking.pairs import Index
from matching.compare import Context
from matching.kernels.people import gathered_bits
from rules.vocab import PAYMENT_PREFIX

BITS = 64  # editions of lists that are told apart


def context_of(e: Encoded, label: Index) -> Context:
    """Context from the clusters of the strong links; `label` is (n,) with one number per cluster."""
    size = np.bincount(label, minlength=e.n)[label]
    # A single row gives no evidence: 0 keeps it out of the sets.
    linked = np.where(size > 1, label.astype(np.uint64) + np.uint64(1), np.uint64(0))
    salted = np.where(linked == 0, np.uint64(0), mix(linked ^ np.uint64(0x5BD1E995)))
    return Context(
        label.astype(np.uint32),
        _editions(e, label),
        (relatives(e.kartu_blok, linked), relatives(e.kartu_blok, salted)),
    )


def _editions(e: Encoded, label: Index) -> npt.NDArray[np.uint64]:
    """One bit per edition that the record's cluster has a row in. A payee may be paid from several payment lists."""
    once = np.array([not name.startswith(PAYMENT_PREFIX) for name in e.nama_sumber])
    bit = np.where(once[e.sumber], np.uint64(1) << (e.edisi.astype(np.uint64) % np.uint64(BITS)), np.uint64(0))
    return gathered_bits(label, bit, e.n)[label]
