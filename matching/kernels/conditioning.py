"""Kernels of the model's terms and of the EM on pattern counts. Shapes as in `matching.terms.Layout`.

Plain loops over a few thousand cells: compiled they take a hundredth of what the same array operations took.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blocking.jit import kernel
from blocking.tally import distinct

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEAST = 1e-9  # no level is impossible


@kernel
def fill_terms(
    theta: F64,
    size: I64,
    group: I64,
    context: Bools,
    allowed: Bools,
    demanded: Bools,
    known: F64,
    classes: I64,
    level: F64,
    norm: F64,
    room: F64,
) -> None:
    """Write the terms of `classes` into `level` (F, K, L, C) and `norm` (F, K, S, G + 1, C); `room` (3, G + 1)."""
    groups = known.shape[2]
    mass, left, open_ = room[0], room[1], room[2]
    for f in range(theta.shape[0]):
        for k in range(allowed.shape[1]):
            n_open = 0
            for g in range(groups):
                open_[g] = 0.0
            for x in range(1, size[f]):
                if allowed[f, k, x]:
                    n_open += 1
                    open_[group[f, x]] = 1.0
            if n_open == 0:
                continue
            for c in classes:
                for g in range(groups):
                    mass[g] = 0.0
                    left[g] = 0.0
                for x in range(1, size[f]):
                    if demanded[f, k, x]:
                        mass[group[f, x]] += theta[f, c, x]
                    if allowed[f, k, x]:
                        left[group[f, x]] += theta[f, c, x]
                for g in range(1, groups):
                    if open_[g] > 0.0:
                        left[g] /= mass[g]
                for x in range(1, size[f]):
                    if allowed[f, k, x]:
                        level[f, k, x, c] = math.log(theta[f, c, x] / mass[group[f, x]])
                for s in range(known.shape[1]):
                    _norm(known[f, s], open_, left, context[f], demanded[f, k, 0], norm[f, k, s], c)


@kernel
def _norm(known: F64, open_: F64, left: F64, context: bool, may_miss: bool, out: F64, c: int) -> None:
    """Log of the share of a class that earlier passes left, per group; place 0 is that of a missing value."""
    unknown = known[0] if may_miss else 0.0
    total = unknown
    for g in range(1, len(known)):
        if open_[g] > 0.0:
            total += known[g]
    if total == 0.0:  # nothing known of how often values are missing: each group by itself
        out[0, c] = 0.0
        for g in range(1, len(known)):
            if open_[g] > 0.0:
                out[g, c] = math.log(left[g])
        return
    unknown /= total
    rest = 0.0
    n_open = 0
    for g in range(1, len(known)):
        if open_[g] > 0.0:
            rest += left[g] if context else known[g] / total * left[g]
            n_open += 1
    missing = unknown + (1.0 - unknown) * rest / n_open if context else unknown + rest
    out[0, c] = math.log(missing) if may_miss else 0.0
    for g in range(1, len(known)):
        if open_[g] > 0.0:
            out[g, c] = math.log(unknown + (1.0 - unknown) * left[g]) if context else math.log(missing)


class Data(NamedTuple):
    """The cells that are fitted (N,) and what the comparisons allow; shapes as in `matching.terms.Layout`."""

    levels: npt.NDArray[np.uint8]  # (N, F)
    passes: I64
    pair: I64
    where: I64  # stratum
    n: F64
    size: I64
    group: I64
    context: Bools
    case: I64
    allowed: Bools
    demanded: Bools
    known: F64


class Freedom(NamedTuple):
    """How far which classes may move from the prior (F, C, L), and where thin strata borrow."""

    prior: F64
    strength: F64
    movable: I64
    lender: I64  # (strata,)


class Flat(NamedTuple):
    """The tables of _Room by rows, and which of them the cells read and write: each term that occurs stands once."""

    level: F64  # (F K L, C)
    norm: F64  # (F K S (G + 1), C)
    counts: F64  # (F P L, movable)
    level_row: I64  # (T,)
    norm_row: I64  # (T,)
    term: I32  # (N, F) term of each cell
    count: I32  # (N, F) row of `counts`


class _Room(NamedTuple):
    """Where the rounds count."""

    level: F64
    norm: F64
    term: F64  # (T, C) what the cells read: a row of `level` less one of `norm`
    counts: F64  # (F, P, L, movable)
    shares: F64
    log_share: F64
    joint: F64
    pooled: F64
    whole: F64
    terms: F64
    seen: F64  # (2, L)
    groups: F64  # (2, G + 1)


@kernel
def _gather_terms(flat: Flat, classes: I64, out: F64) -> None:
    """Write the terms of `classes` as the cells read them into `out` (T, C)."""
    for t in range(len(out)):
        for c in classes:
            out[t, c] = flat.level[flat.level_row[t], c] - flat.norm[flat.norm_row[t], c]


@kernel
def _expect(
    n: F64,
    where: I64,
    flat: Flat,
    term: F64,
    share: F64,
    movable: I64,
    shares: F64,
    log_share: F64,
    joint: F64,
    n_match: int,
) -> tuple[float, float]:
    """E-step: fill the counts and `shares` (strata, C); returns (log-likelihood, matches)."""
    counts = flat.counts
    for q in range(counts.shape[0]):
        for m in range(counts.shape[1]):
            counts[q, m] = 0.0
    classes = share.shape[1]
    for s in range(len(share)):
        for c in range(classes):
            shares[s, c] = 0.0
            log_share[s, c] = math.log(share[s, c])
    likelihood = 0.0
    matches = 0.0
    for i in range(len(n)):
        here = where[i]
        top = -np.inf
        for c in range(classes):
            found = log_share[here, c]
            for f in range(flat.term.shape[1]):
                found += term[flat.term[i, f], c]
            joint[c] = found
            top = max(top, found)
        total = 0.0
        for c in range(classes):
            joint[c] = math.exp(joint[c] - top)
            total += joint[c]
        likelihood += n[i] * (top + math.log(total))
        for c in range(classes):
            joint[c] *= n[i] / total
            shares[here, c] += joint[c]
        for c in range(n_match):
            matches += joint[c]
        for f in range(flat.count.shape[1]):
            for m in range(len(movable)):
                counts[flat.count[i, f], m] += joint[movable[m]]
    return likelihood, matches


@kernel
def _reshare(shares: F64, lender: I64, borrowed: float, pooled: F64, whole: F64, out: F64) -> None:
    """Class shares of each stratum; a thin one borrows from its lender."""
    classes = shares.shape[1]
    for own in range(len(whole)):
        whole[own] = 0.0
        for c in range(classes):
            pooled[own, c] = 0.0
    for s in range(len(shares)):
        for c in range(classes):
            pooled[lender[s], c] += shares[s, c]
            whole[lender[s]] += shares[s, c]
    for s in range(len(shares)):
        own = lender[s]
        total = 0.0
        for c in range(classes):
            # A quarter of a pair stands for a class without any.
            lent = (pooled[own, c] + 0.25) / (whole[own] + 0.25 * classes)
            out[s, c] = shares[s, c] + borrowed * lent + 1e-3
            total += out[s, c]
        for c in range(classes):
            out[s, c] /= total


@kernel
def _move(
    theta: F64,
    prior: F64,
    strength: float,
    size: int,
    group: I64,
    groups: int,
    case: I64,
    allowed: Bools,
    counts: F64,
    m: int,
    seen: F64,
    exposure: F64,
    inside: F64,
    total: F64,
) -> None:
    """M-step of one class and comparison where passes show only part of the levels (truncated multinomials)."""
    for x in range(size):
        seen[x] = strength * prior[x]
        exposure[x] = strength
    for p in range(len(case)):
        for g in range(groups):
            inside[g] = 0.0
            total[g] = 0.0
        for x in range(1, size):
            if allowed[case[p], x]:
                inside[group[x]] += counts[p, x, m]
                total[group[x]] += theta[x]
        for x in range(1, size):
            if allowed[case[p], x]:
                seen[x] += counts[p, x, m]
                exposure[x] += inside[group[x]] / max(total[group[x]], 1e-12)
    for g in range(groups):
        total[g] = 0.0
    for x in range(1, size):
        theta[x] = max(seen[x] / max(exposure[x], 1e-12), LEAST)
        total[group[x]] += theta[x]
    for x in range(1, size):
        theta[x] /= total[group[x]]


def maximise(
    data: Data,
    free: Freedom,
    lenders: int,
    borrowed: float,
    n_match: int,
    rounds: int,
    tolerance: float,
    theta: F64,
    share: F64,
) -> tuple[float, int, float]:
    """EM until the mean log-likelihood moves less than `tolerance`; `theta` (F, C, L) and `share` are moved in place.

    Returns (mean log-likelihood per pair, rounds done, expected number of matches).
    """
    n, classes, width = theta.shape
    cases, pairs, groups = data.allowed.shape[1], *data.known.shape[1:]
    level, norm = np.zeros((n, cases, width, classes)), np.zeros((n, cases, pairs, groups, classes))
    counts = np.zeros((n, data.case.shape[1], width, len(free.movable)))
    flat = _flat(data, level, norm, counts)
    room = _Room(
        level,
        norm,
        np.zeros((len(flat.level_row), classes)),
        counts,
        np.zeros_like(share),
        np.zeros_like(share),
        np.zeros(classes),
        np.zeros((lenders, classes)),
        np.zeros(lenders),
        np.zeros((3, groups)),
        np.zeros((2, width)),
        np.zeros((2, groups)),
    )
    found: tuple[float, int, float] = _rounds(
        data, free, room, flat, np.arange(classes), borrowed, n_match, rounds, tolerance, theta, share
    )
    return found


def _flat(d: Data, level: F64, norm: F64, counts: F64) -> Flat:
    """The tables by rows, and where each cell stands in them."""
    n, cases, width, classes = level.shape
    pairs, groups = norm.shape[2:4]
    f = np.arange(n)
    row = (f * cases + d.case.T[d.passes]) * width + d.levels
    seen, term, _ = distinct((row * pairs + d.pair[:, None]).astype(np.uint64).ravel())
    level_row, pair = np.divmod(seen.astype(np.int64), pairs)
    group = d.group[level_row // width // cases, level_row % width]
    return Flat(
        level.reshape(-1, classes),
        norm.reshape(-1, classes),
        counts.reshape(math.prod(counts.shape[:3]), counts.shape[3]),
        level_row,
        (level_row // width * pairs + pair) * groups + group,
        term.reshape(row.shape).astype(np.int32),
        ((f * d.case.shape[1] + d.passes[:, None]) * width + d.levels).astype(np.int32),
    )


@kernel
def _rounds(
    d: Data, free: Freedom, room: _Room, flat: Flat, every: I64, borrowed: float, n_match: int, rounds: int,
    tolerance: float, theta: F64, share: F64,
) -> tuple[float, int, float]:  # fmt: skip
    fill_terms(
        theta, d.size, d.group, d.context, d.allowed, d.demanded, d.known, every, room.level, room.norm, room.terms
    )
    _gather_terms(flat, every, room.term)
    whole = 0.0
    for i in range(len(d.n)):
        whole += d.n[i]
    whole = max(whole, 1.0)
    last = -np.inf
    likelihood = 0.0
    matches = 0.0
    done = 0
    for step in range(rounds):
        likelihood, matches = _expect(
            d.n, d.where, flat, room.term, share, free.movable, room.shares, room.log_share, room.joint, n_match
        )
        likelihood /= whole
        done = step + 1
        if abs(likelihood - last) < tolerance:
            break
        last = likelihood
        _reshare(room.shares, free.lender, borrowed, room.pooled, room.whole, share)
        for f in range(theta.shape[0]):
            for m in range(len(free.movable)):
                c = free.movable[m]
                _move(
                    theta[f, c], free.prior[f, c], free.strength[c], d.size[f], d.group[f], d.known.shape[2],
                    d.case[f], d.allowed[f], room.counts[f], m, room.seen[0], room.seen[1], room.groups[0],
                    room.groups[1],
                )  # fmt: skip
        fill_terms(
            theta, d.size, d.group, d.context, d.allowed, d.demanded, d.known, free.movable, room.level, room.norm,
            room.terms,
        )  # fmt: skip
        _gather_terms(flat, free.movable, room.term)
    return likelihood, done, matches
