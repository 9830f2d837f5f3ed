"""Finding the header of a sheet and the layout it belongs to.

Every layout is scored against every run of one to four rows near the top; merged parents are joined with their
children. What exact spellings do not explain is then tried with rapidfuzz inside the chosen layout only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from sources.layout import CANONICAL, Layout, aliases, every_key, ignored, marks, preference
from sources.model import Grid
from sources.spelling import key

DEPTH = 40  # rows searched for a header (the P3KE hand-out begins at row 13, BIP files further down)
MERGED = 4  # header rows that may belong together
FUZZY = 88  # rapidfuzz ratio from which a misspelt header is taken
SUGGEST = 65  # and from which it is offered as "did you mean"
_PAYMENT = {"nominal", "periode", "periode_awal", "bulan", "tahap", "no_kartu", "peserta"}
_CODE = re.compile(r"^\s*(?:r|b\d+[_ ]?r?)?\.?\s*(\d{3})\s*\.?\s*([a-j](?![a-z]))?", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{6,}|\d+[/-]\d+[/-]\d+")


@dataclass(slots=True)
class Match:
    """One column of the file. `cara`: alias, mirip, diatur, diabaikan, rangkap or tak_dikenal."""

    index: int
    header: str
    canonical: str | None
    confidence: float
    cara: str
    saran: str | None = None


@dataclass(slots=True)
class Header:
    """The header of a sheet: `first`..`last` index the rows of the grid; data begin after `last`."""

    layout: Layout
    score: float
    first: int
    last: int
    matches: list[Match]
    ranking: list[tuple[str, float]]
    missing: list[tuple[str, str | None]] = field(default_factory=list)  # required group, nearest header

    def columns(self) -> dict[str, int]:
        """Canonical column -> index of the column in the grid."""
        return {m.canonical: m.index for m in self.matches if m.canonical is not None}


def top_rows(grid: Grid, depth: int = DEPTH) -> list[list[str]]:
    """The first rows as stripped text, blanks as empty strings."""
    return [[" ".join((cell or "").split()) for cell in row] for row in grid.cells.head(depth).rows()]


def _labels(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    """Texts that may name column `index`: whole path of merged cells, lowest cell, topmost cell."""
    path: list[str] = []
    for level, row in enumerate(rows):
        text = row[index]
        if not text and level < len(rows) - 1 and any(r[index] for r in rows[level + 1 :]):
            text = next((row[i] for i in range(index, -1, -1) if row[i]), "")  # a cell merged to the right
        if text and (not path or path[-1] != text):
            path.append(text)
    own = [row[index] for row in rows if row[index]]
    if not own:
        return []
    return list(dict.fromkeys([" ".join(path), own[-1], own[0]]))


def _keys(labels: Sequence[str]) -> list[str]:
    return _keys_of(tuple(labels))


@lru_cache(maxsize=65_536)
def _keys_of(labels: tuple[str, ...]) -> list[str]:
    """Kept, because blocks of one to four rows show most cells several times."""
    found = [key(label) for label in labels]
    for label in reversed(labels):
        code = _CODE.match(label)
        if code:
            found.append("r" + code.group(1) + (code.group(2) or "").lower())
    return [k for k in dict.fromkeys(found) if k]


def _score(chosen: Layout, keys: Sequence[Sequence[str]]) -> tuple[float, int, int]:
    """Score in 0..1, the number of canonical columns found by exact spelling, and of other known headers."""
    table, known = aliases(chosen.nama), ignored(chosen.nama)
    canonical: set[str] = set()
    extra = 0
    every = {k for ks in keys for k in ks}
    for ks in keys:
        hit = next((table[k] for k in ks if k in table), None)
        if hit is not None:
            canonical.add(hit)
        elif any(k in known for k in ks):
            extra += 1
    total = sum(1 for ks in keys if ks)
    if total == 0:
        return 0.0, 0, 0
    cover = (len(canonical) + 0.8 * extra) / total
    signs = marks(chosen.nama)
    signature = len(signs & every) / len(signs) if signs else 0.25
    complete = all(any(c in canonical for c in group) for group in chosen.wajib)
    score = (0.5 * cover + 0.5 * signature) * (1.0 if complete else 0.35)
    if chosen.jenis == "bayar" and not canonical & _PAYMENT:  # without money, time or card it is a register
        score *= 0.6
    return score, len(canonical), extra


def find(grid: Grid, layouts: Sequence[Layout], overrides: Mapping[str, str] | None = None) -> Header | None:
    """The best header of `grid` among `layouts`; None where no row names at least two known columns."""
    rows = top_rows(grid)
    width = grid.cells.width
    best: tuple[float, int, int, Layout, int] | None = None
    ranking: dict[str, float] = {}
    for first in range(len(rows)):
        for height in range(1, min(MERGED, len(rows) - first) + 1):
            block = rows[first : first + height]
            if not any(block[0]) or not any(block[-1]):
                break
            cells = [text for row in block for text in row if text]
            if sum(bool(_LONG_NUMBER.search(text)) for text in cells) > 0.2 * len(cells):
                break  # data begin here
            keys = [_keys(_labels(block, i)) for i in range(width)]
            every = {k for ks in keys for k in ks}
            if not overrides and every.isdisjoint(every_key()):
                continue
            for chosen in layouts:
                if not overrides and every.isdisjoint(aliases(chosen.nama)):
                    continue
                score, found, extra = _score(chosen, keys)
                if found == 0 and not overrides:
                    continue
                score -= 0.02 * (height - 1) + 0.001 * first
                ranking[chosen.nama] = max(ranking.get(chosen.nama, 0.0), score)
                if best is None or score > best[0] + 1e-9:
                    best = (score, first, height, chosen, found + extra)
    if best is None or (best[4] < 2 and width > 2 and not overrides):
        return None
    score, first, height, chosen, _found = best
    while first + height < len(rows) and height < MERGED and _more_header(rows[first + height], chosen):
        height += 1
    matches = _map(rows[first : first + height], width, chosen, overrides or {})
    order = sorted(ranking.items(), key=lambda item: (-item[1], item[0]))
    header = Header(chosen, score, first, first + height - 1, matches, order)
    header.missing = _missing(header)
    return header


def _more_header(row: Sequence[str], chosen: Layout) -> bool:
    """A row of names under a row of question numbers belongs to the header too."""
    known = set(aliases(chosen.nama)) | ignored(chosen.nama)
    cells = [text for text in row if text]
    hits = sum(any(k in known for k in _keys([text])) for text in cells)
    return len(cells) >= 2 and hits >= 0.5 * len(cells)


def _map(rows: Sequence[Sequence[str]], width: int, chosen: Layout, overrides: Mapping[str, str]) -> list[Match]:
    table, known, rank = aliases(chosen.nama), ignored(chosen.nama), preference(chosen.nama)
    matches: list[Match] = []
    candidates: dict[str, list[tuple[int, int]]] = {}
    forced = {key(header): canonical for canonical, header in overrides.items() if canonical in CANONICAL}
    keys_of: list[list[str]] = []
    for index in range(width):
        labels = _labels(rows, index)
        keys = _keys(labels)
        keys_of.append(keys)
        shown = labels[0] if labels else ""
        override = next((forced[k] for k in keys if k in forced), None)
        hit = next((k for k in keys if k in table), None)
        if override:
            matches.append(Match(index, shown, override, 1.0, "diatur"))
        elif hit is not None:
            matches.append(Match(index, shown, table[hit], 1.0, "alias"))
            candidates.setdefault(table[hit], []).append((rank[hit], index))
        elif any(k in known for k in keys):
            matches.append(Match(index, shown, None, 1.0, "diabaikan"))
        else:
            matches.append(Match(index, shown, None, 0.0, "tak_dikenal"))
    taken = set(forced.values())
    for canonical, places in candidates.items():
        winner = None if canonical in taken else min(places)[1]
        for _rank, index in places:
            if index != winner:
                matches[index] = Match(index, matches[index].header, None, 1.0, "rangkap")
        taken.add(canonical)
    _fuzzy(matches, keys_of, table, taken)
    return matches


def _fuzzy(matches: list[Match], keys_of: Sequence[Sequence[str]], table: Mapping[str, str], taken: set[str]) -> None:
    """Give headers nobody knows to the nearest spelling of a column still free; the surest first."""
    spellings = [s for s in table if len(s) >= 6 and not re.fullmatch(r"r\d{3}[a-z]?", s)]
    offers: list[tuple[float, int, str]] = []
    for match in matches:
        if match.cara != "tak_dikenal" or not match.header:
            continue
        for k in keys_of[match.index]:
            if len(k) < 5:
                continue
            near = process.extractOne(k, spellings, scorer=fuzz.ratio)
            if near is not None:
                offers.append((near[1], match.index, table[near[0]]))
    for score, index, canonical in sorted(offers, key=lambda o: (-o[0], o[1])):
        match = matches[index]
        if score >= FUZZY and canonical not in taken and match.canonical is None:
            matches[index] = Match(index, match.header, canonical, score / 100, "mirip")
            taken.add(canonical)
        elif score >= SUGGEST and match.canonical is None and match.saran is None:
            match.saran = canonical


def _missing(header: Header) -> list[tuple[str, str | None]]:
    have = set(header.columns())
    gaps: list[tuple[str, str | None]] = []
    for group in header.layout.wajib:
        if have & set(group):
            continue
        spellings = [s for s, canonical in aliases(header.layout.nama).items() if canonical in group]
        unknown = {m.header: key(m.header) for m in header.matches if m.cara == "tak_dikenal" and m.header}
        nearest, best = None, float(SUGGEST)
        for shown, k in unknown.items():
            if len(k) < 4:
                continue
            near = [max(fuzz.ratio(k, s), 0.9 * fuzz.partial_ratio(k, s)) for s in spellings if len(s) >= 4]
            score = max(near, default=0.0)
            if score > best:
                nearest, best = shown, score
        gaps.append((" / ".join(group), nearest))
    return gaps
