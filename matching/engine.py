"""Records -> links, entities, persons and family links: the stages of the linkage in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.candidates import Plan, candidates, plan
from blocking.encode import Encoded
from blocking.jit import in_background
from blocking.pairs import Index, first_pass_only
from blocking.passes import Pass, standard
from matching.anchors import Anchors
from matching.compare import Comparer
from matching.constraints import BRIDGE, DECIDED, NONE, REASONS, reasons
from matching.context import context_of
from matching.decided import CERTAIN, Decided, decided, rows_of
from matching.encoding import encode
from matching.entities import Clusters, cluster, weakest_links
from matching.estimates import estimate
from matching.families import family_links
from matching.fit import STARTS, fit
from matching.levels import COMPARISONS, REGISTERS
from matching.model import Model, Pairs, PatternTable, Strata
from matching.persons import entities_frame, persons_frame
from matching.probability import Probability
from matching.settings import LinkSettings
from matching.specification import Patterns
from rules.tables import check

Progress = Callable[[str, float], None]
Made = Callable[[str, pl.DataFrame], None]


@dataclass(slots=True)
class Linked:
    """What the linkage gives: frames by schema, and figures for run.json."""

    links: pl.DataFrame
    entities: pl.DataFrame
    persons: pl.DataFrame
    family_links: pl.DataFrame
    info: dict[str, Any]


@dataclass(slots=True)
class Scored:
    """Pairs at or above the review band."""

    a: Index
    b: Index
    pattern: Patterns
    stratum: npt.NDArray[np.uint16]
    weight: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]
    reason: npt.NDArray[np.uint8]
    all_probabilities: npt.NDArray[np.float64]  # of every candidate pair
    moved: npt.NDArray[np.bool_]  # whether a constraint speaks against it, of every candidate pair

    def match(self, threshold: float) -> npt.NDArray[np.bool_]:
        """Which pairs are at or above `threshold` with no constraint against them."""
        return np.asarray((self.probability >= threshold) & (self.reason == NONE), dtype=np.bool_)


def compare_all(e: Encoded, compare: Comparer, chosen: Plan, strata: Strata, chunk: int, progress: Progress) -> Pairs:
    """Build and compare the candidate pairs, chunk by chunk."""
    expected = max(sum(chosen.kandidat), 1)
    parts: list[Pairs] = []
    done = 0
    for k, a, b in candidates(chosen, chunk):
        parts.append(Pairs(a, b, REGISTERS.pack(compare.levels(a, b)), strata.number(k, e.sumber[a], e.sumber[b])))
        done += len(a)
        progress("bandingkan", min(done / expected, 1.0))
    chosen.blok = []  # not needed any more
    return Pairs.joined(parts)


def with_decided(e: Encoded, compare: Comparer, pairs: Pairs, sure: Decided, strata: Strata) -> Pairs:
    """The candidate pairs and, behind them, the decided pairs that no pass holds; they stand under the first pass."""
    new = rows_of(sure, pairs.a, pairs.b) < 0
    a, b = sure.a[new], sure.b[new]
    if len(a) == 0:
        return pairs
    more = Pairs(a, b, REGISTERS.pack(compare.levels(a, b)), strata.number(0, e.sumber[a], e.sumber[b]))
    return Pairs.joined([pairs, more])


def decide(
    e: Encoded,
    pairs: Pairs,
    model: Model,
    table: PatternTable,
    cell: npt.NDArray[np.int64],
    floor: float,
    sure: Decided,
    calibrate: Probability,
    labels: Decided | None,
) -> Scored:
    """Score the cells, keep the pairs from the review band up, and apply the constraints and people's decisions."""
    weight, _ = model.score(table.pattern, table.stratum)
    within = model.strata.within(table.stratum)
    if labels is not None:
        calibrate.labels = None
        calibrate.learn(labels, rows_of(labels, pairs.a, pairs.b), calibrate(weight, within)[cell])
    weight, probability = weight[cell], calibrate(weight, within)[cell]
    row = rows_of(sure, pairs.a, pairs.b)
    same, apart = row[sure.sama & (row >= 0)], row[~sure.sama & (row >= 0)]
    weight[same], probability[same] = CERTAIN, 1.0
    everything = probability.copy()
    everything[apart] = 0.0
    keep = np.flatnonzero(probability >= floor)
    a, b, pattern, stratum = pairs.a[keep], pairs.b[keep], pairs.pattern[keep], pairs.stratum[keep]
    why = reasons(e, a, b, REGISTERS.unpack(pattern))
    why[np.isin(keep, same)] = NONE
    why[np.isin(keep, apart)] = DECIDED
    moved = np.zeros(len(everything), dtype=bool)
    moved[keep] = why != NONE
    return Scored(a, b, pattern, stratum, weight[keep], probability[keep], why, everything, moved)


def blocking_figures(chosen: Plan, scored: Scored, padan: float) -> dict[str, Any]:
    """Pairs per pass, what was left out, and the matches that all passes together are expected to miss.

    Among matches of the NIK pass the share that some other pass holds too estimates how well the other passes reach
    matches that have no common NIK (a capture-recapture estimate; it assumes that a NIK fails independently).
    """
    sure = scored.match(padan)
    a, b = scored.a[sure], scored.b[sure]
    by_nik, others = ~first_pass_only(a, b, chosen.keys[:1]), ~first_pass_only(a, b, chosen.keys[1:])
    reach = float(others[by_nik].mean()) if by_nik.any() else None
    rest = int((~by_nik).sum())
    missed = rest * (1 / reach - 1) if reach else None
    return {
        "lintasan": [asdict(c) for c in chosen.hitung],
        "pasangan": int(sum(c.pasangan for c in chosen.hitung)),
        "padan_lewat_nik": int(by_nik.sum()),
        "padan_tanpa_nik": rest,
        "jangkauan_lintasan_lain": reach,
        "perkiraan_padan_terlewat": missed,
    }


def links_frame(scored: Scored, strata: Strata, settings: LinkSettings, cut: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """The links table; level columns t_<comparison> come on top."""
    levels = REGISTERS.unpack(scored.pattern)
    match = scored.match(settings.padan) & ~cut
    reason = np.where(cut & (scored.reason == NONE), BRIDGE, scored.reason)
    # A reason matters only where it moved the pair.
    reason = np.where((scored.probability >= settings.padan) | (reason == DECIDED), reason, NONE)
    frame = pl.DataFrame(
        {
            "kiri": scored.a,
            "kanan": scored.b,
            "lintasan": strata.pass_of(scored.stratum).astype(np.uint8),
            "bobot": scored.weight,
            "peluang": scored.probability,
            "putusan": pl.Series(match).replace_strict({True: "padan", False: "tinjau"}, return_dtype=pl.String),
            "alasan": pl.Series(reason).replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String),
        }
    ).with_columns(pl.Series(f"t_{c.nama}", levels[:, f]) for f, c in enumerate(COMPARISONS))
    return check("links", frame.sort("kiri", "kanan"))


def in_context(e: Encoded, compare: Comparer, pairs: Pairs, label: Index) -> tuple[Pairs, Comparer]:
    """The pairs again with the levels that depend on what is linked already."""
    compare = compare.with_context(context_of(e, label))
    columns = [REGISTERS.column("keluarga"), REGISTERS.column("saingan")]
    levels = compare.surroundings(pairs.a, pairs.b)
    return Pairs(pairs.a, pairs.b, REGISTERS.replace(pairs.pattern, columns, levels), pairs.stratum), compare


def _group(e: Encoded, compare: Comparer, scored: Scored, threshold: float, sure: Decided) -> Clusters:
    """Entities of the links at or above `threshold` that no constraint moved."""
    match = scored.match(threshold)
    near = scored.reason == NONE
    return cluster(
        e,
        compare,
        scored.a[match],
        scored.b[match],
        scored.weight[match],
        scored.probability[match],
        (scored.a[near], scored.b[near]),
        sure.apart,
    )


def link(
    records: pl.DataFrame,
    families: pl.DataFrame,
    settings: LinkSettings | None = None,
    progress: Progress | None = None,
    passes: list[Pass] | None = None,
    decisions: pl.DataFrame | None = None,
    labels: pl.DataFrame | None = None,
    planned: Callable[[Plan], int] | None = None,
    made: Made | None = None,
) -> Linked:
    """Link all records of a run with one another. `records` is sorted by baris_id, which counts from 0.

    `decisions` (kiri, kanan, sama) are pairs that people judged: they hold. `labels` (kiri, kanan, sama, pangsa: the
    chance with which the pair was drawn) are answers to a sample of pairs: they calibrate the probabilities. `planned`
    is told the keys of all passes before a pair is built, and says how many pairs are compared at a time. `made` is
    given each table by its name as soon as it is finished, in whichever thread finished it.
    """
    settings = settings or LinkSettings()
    calibrate = Probability(settings)
    sure = decided(decisions)
    asked = None if labels is None else decided(labels)
    if len(sure.a) and int(max(sure.a.max(), sure.b.max())) >= records.height:
        raise ValueError("a decision names a record that is not there")
    tell: Progress = progress or (lambda _stage, _share: None)
    tell("sandikan", 0.0)
    e = encode(records)
    compare = Comparer(e)
    chosen = plan(e, passes or standard(), settings.blok_maksimum)
    chunk = settings.pasangan_per_bagian if planned is None else planned(chosen)
    strata = Strata(chosen.passes, len(e.nama_sumber))
    drawn = in_background(lambda: Anchors(e, compare))
    pairs = compare_all(e, compare, chosen, strata, chunk, tell)
    pairs = with_decided(e, compare, pairs, sure, strata)
    anchors = drawn()

    def judge(pairs: Pairs, turn: int) -> tuple[Model, Scored]:
        tell("modelkan", 0.0)
        counted = in_background(anchors.counts)
        table, cell = pairs.cells()
        counts, known = counted()
        # Whether other starts come to the same answer is asked of the model that decides.
        starts = STARTS if turn == settings.putaran_keluarga else 1
        model = fit(table, strata, counts, REGISTERS, known=known, starts=starts)
        return model, decide(e, pairs, model, table, cell, settings.tinjau, sure, calibrate, asked)

    # First each pair by itself, then in the light of what is strongly linked already.
    model, scored = judge(pairs, 0)
    for turn in range(settings.putaran_keluarga):
        tell("keluarga", 0.0)
        pairs, compare = in_context(e, compare, pairs, _group(e, compare, scored, settings.pasti, sure).label)
        anchors.see(compare)
        model, scored = judge(pairs, turn + 1)
    tell("kelompokkan", 0.0)
    found = _group(e, compare, scored, settings.padan, sure)
    match = scored.match(settings.padan)
    cut = np.zeros(len(match), dtype=bool)
    cut[np.flatnonzero(match)[found.cut]] = True
    end = _End(settings, e, chosen, pairs, model, scored, found, cut, calibrate)
    return _tables(records, families, end, made or (lambda _name, _frame: None), tell)


@dataclass(frozen=True, slots=True)
class _End:
    """What the linkage has come to before its tables are written."""

    settings: LinkSettings
    e: Encoded
    chosen: Plan
    pairs: Pairs
    model: Model
    scored: Scored
    found: Clusters
    cut: npt.NDArray[np.bool_]  # of the scored pairs, those that were weak bridges
    calibrate: Probability


def _tables(records: pl.DataFrame, families: pl.DataFrame, end: _End, made: Made, tell: Progress) -> Linked:
    """The tables, and what run.json says; what the links say in all is asked beside the tables of the persons."""

    def counted() -> tuple[pl.DataFrame, dict[str, Any]]:
        links = links_frame(end.scored, end.model.strata, end.settings, end.cut)
        made("links", links)
        return links, _figures(end, links)

    beside = in_background(counted)
    scored, label = end.scored, end.found.label
    taken = scored.match(end.settings.padan) & ~end.cut
    weakest = weakest_links(end.e.n, label, scored.a[taken], scored.b[taken], scored.probability[taken])
    entities = entities_frame(records, label, weakest)
    made("entities", entities)
    persons = persons_frame(records, entities, label)
    made("persons", persons)
    tell("keluarga", 0.0)
    linked_families = family_links(records, families, entities, label)
    made("family_links", linked_families)
    links, info = beside()
    return Linked(links, entities, persons, linked_families, info)


def _figures(end: _End, links: pl.DataFrame) -> dict[str, Any]:
    e, scored, label, labels = end.e, end.scored, end.found.label, end.calibrate.labels
    size = np.bincount(label)
    size = size[size > 0]
    sifted = blocking_figures(end.chosen, scored, end.settings.padan)
    unreached = sifted["perkiraan_padan_terlewat"]
    return {
        "rekaman": e.n,
        "model": end.model.to_dict(e.nama_sumber),
        "penyaringan": sifted,
        "padan": int((links["putusan"] == "padan").sum()),
        "tinjau": int((links["putusan"] == "tinjau").sum()),
        "dipindah_ke_tinjau": {
            str(row["alasan"]): int(row["len"])
            for row in links.filter(pl.col("alasan").is_not_null()).group_by("alasan").len().sort("alasan").to_dicts()
        },
        "orang": len(size),
        "orang_dengan_lebih_dari_satu_baris": int((size > 1).sum()),
        "pengaturan": end.settings.model_dump(),
        "kalibrasi_label": labels.to_dict() if labels else None,
        "perkiraan_galat": estimate(
            e.n, label, (end.pairs.a, end.pairs.b), scored.all_probabilities, scored.moved, unreached
        ),
    }
