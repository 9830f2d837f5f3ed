"""The generic linkage from frames to pairs and entities: prepare, block, compare, fit, score, cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs

from blocking.candidates import Plan, found_by
from blocking.heap import trim
from blocking.jit import in_background
from blocking.mix import U64
from blocking.pairs import Index
from blocking.sorting import sort_rows
from blocking.tally import distinct
from matching.fit import fit, level_counts, stated_prior, theta_of
from matching.generic.anchors import (
    OTHER,
    SAME,
    admissible,
    classes,
    confirmed_counts,
    possible_pairs,
    random_pairs,
    similar_counts,
    unconditioned,
    unconditioned_by_pattern,
)
from matching.generic.arrow import column_of_numbers, column_of_views
from matching.generic.cluster import cluster
from matching.generic.compare import comparisons
from matching.generic.fellows import fellow_anchors, fellow_patterns
from matching.generic.keys import narrowed, plan
from matching.generic.pairing import PAIR_BYTES, Candidates, Cells, Comparer, Pairs
from matching.generic.prepare import Prepared, prepare
from matching.generic.program import program
from matching.generic.reading import Ahead, Frame
from matching.generic.spec import LinkageSpec, read_spec, validate
from matching.kernels.clusters import PIECE, count_entities, entity_ids
from matching.kernels.pairs import lay_out, pack
from matching.model import Model, Strata
from matching.specification import LatentClass, Specification
from matching.terms import F64

if TYPE_CHECKING:
    from matching.calibrate import Calibration
    from matching.generic.explaining import Explanation

Progress = Callable[[str, float], None]
Calibrator = Callable[[F64], F64]
_AS_TEXT = cs.enum().cast(pl.String)
PAIRS: Final = pl.Schema(
    {
        "source_l": pl.String,
        "row_l": pl.UInt32,
        "source_r": pl.String,
        "row_r": pl.UInt32,
        "weight": pl.Float64,
        "probability": pl.Float64,
        "decision": pl.String,
    }
)
ENTITIES: Final = pl.Schema({"source": pl.String, "row": pl.UInt32, "entity_id": pl.String})
ROUNDS = 2  # of finding the pairs that all but one comparison confirm


@dataclass(slots=True)
class Result:
    """What a linkage gives.

    `pairs`: source_l, row_l, source_r, row_r, weight (log2 odds), probability, decision (match / review); rows count
    from 1. `entities`: source, row, entity_id, every row once. `info`: figures for run.json.
    """

    coded_pairs: pl.DataFrame  # the same with numbers (Enum) of the texts of which there are few
    spelled: Callable[[], pl.DataFrame]  # waits for the entities, coded too: spelled while the pairs are written
    info: dict[str, Any]
    model: Model
    spec: LinkageSpec
    rows: Prepared
    sources: list[str]
    plan: Plan
    compare: Comparer
    prior: float  # odds of a match among all admissible pairs
    calibrator: Calibrator | None = None

    @property
    def pairs(self) -> pl.DataFrame:
        """The pairs at or above the review threshold."""
        return self.coded_pairs.with_columns(_AS_TEXT)

    @property
    def entities(self) -> pl.DataFrame:
        """Every row of the lists and its entity."""
        return self.spelled().with_columns(_AS_TEXT)

    def rows_frame(self) -> pl.DataFrame:
        """Every row as it was given: source, row, fingerprint (hash of its values), and the columns as text."""
        return self.rows.rows_frame(self.sources)

    def decision(self, first: int, second: int) -> str:
        """match, review or other of two record numbers of `rows`."""
        if (self.rows.source[first], self.rows.row[first]) > (self.rows.source[second], self.rows.row[second]):
            first, second = second, first
        found = self.coded_pairs.filter(
            (pl.col("source_l") == self.sources[self.rows.source[first]])
            & (pl.col("row_l") == self.rows.row[first])
            & (pl.col("source_r") == self.sources[self.rows.source[second]])
            & (pl.col("row_r") == self.rows.row[second])
        )
        return str(found["decision"][0]) if found.height else "other"

    def explain(self, left: int | tuple[str, int], right: int | tuple[str, int]) -> Explanation:
        """Why two rows are, or are not, one person; each given as (source, row), or as its row number alone."""
        from matching.generic.explaining import explain

        return explain(self, left, right)


class Linkage:
    """A linkage by a specification; `run` it on one frame (duplicates) or several (links across them)."""

    def __init__(self, spec: LinkageSpec) -> None:
        self.spec = spec

    @classmethod
    def from_toml(cls, path: Path | str) -> Linkage:
        """The linkage of a TOML file. Raises ConfigError naming every wrong key."""
        return cls(read_spec(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Linkage:
        """The linkage of plain values, shaped like the TOML file. Raises ConfigError naming every wrong key."""
        return cls(validate(values))

    def run(
        self,
        frames: Sequence[Frame],
        names: Sequence[str] | None = None,
        progress: Progress | None = None,
        calibrator: Calibrator | None = None,
        labels: pl.DataFrame | None = None,
        memory: int | None = None,
        planned: Callable[[Plan, Prepared], int | None] | None = None,
        keep: bool = True,
        ahead: Ahead | None = None,
    ) -> Result:
        """Link `frames`, whose columns are those of the specification (others are ignored, absent ones are missing).

        Lazy frames are read column by column, so that no list is in memory as a whole. `memory`: bytes that the
        candidate pairs may take; where they would take more they are built twice and never held. `planned` is told the
        keys of all passes before a pair is built, and says what `memory` is to be. Without `keep` what only `explain`
        needs is let go as soon as it can be: a third of the memory of a large linkage. `ahead`: columns of `frames`
        that are being read already.

        `names` are the values of `source` (default: "1", "2", ...). `calibrator` maps probabilities to calibrated ones;
        without one it is made of `labels` (`matching.labels.SCHEMA`), keyed on the fingerprints of the rows.
        """
        tell: Progress = progress or (lambda _stage, _share: None)
        sources = list(names) if names is not None else [str(k + 1) for k in range(len(frames))]
        spec = self.spec
        tell("prepare", 0.0)
        rows = prepare(frames, spec, ahead)
        trim()
        drawing = in_background(lambda: random_pairs(rows, spec))
        chosen, read = plan(rows, spec, lambda: program(rows, spec))
        drawn = drawing()
        trim()
        if planned is not None:
            memory = planned(chosen, rows)
        model_spec = Specification(comparisons(spec), classes(spec), narrowed(spec))
        strata = Strata(chosen.passes, rows.n_sources)
        compare = Comparer(*read, model_spec)
        del read
        candidates = Candidates(rows, spec, chosen, compare)
        hold = memory is None or PAIR_BYTES * sum(chosen.kandidat) <= memory
        tell("compare", 0.0)
        cells, pairs = candidates.count(hold, lambda share: tell("compare", share))
        tell("model", 0.0)
        # Needed last, but the fits before it leave cores idle.
        fellows = in_background(lambda: fellow_patterns(rows, chosen, compare) if spec.model.fellows else [])

        def named() -> pl.Series:
            fellows()
            rows.again  # noqa: B018 - the rows are put in order by content here, where nobody waits for it
            return _texts(sources, rows.source)

        source = in_background(named)
        model, weight, probability, prior = _fit(rows, spec, compare, strata, cells, drawn, fellows)
        calibration = None
        if calibrator is None and labels is not None:
            calibrator = calibration = _calibration(rows, spec, chosen, compare, model, labels)
        if calibrator is not None:
            probability = np.clip(calibrator(probability), 1e-9, 1 - 1e-9)
            weight = np.log2(probability / (1 - probability))
        tell("cluster", 0.0)
        wanted = probability >= spec.thresholds.review
        kept = pairs.where(wanted) if pairs is not None else candidates.find(cells, wanted)
        pairs, chosen.blok = None, []  # not needed any more
        _let_go(keep, chosen)
        match = (probability >= spec.thresholds.match)[kept.cell]
        framed = in_background(lambda: _pairs_frame(rows, sources, kept, weight, probability))
        found = cluster(
            rows.content,
            kept.a[match],
            kept.b[match],
            weight[kept.cell[match]],
            lambda x, y: unconditioned_by_pattern(model, compare, x, y, prior),
            rows.source if spec.one_to_one and rows.n_sources > 1 else None,
        )
        match[np.flatnonzero(match)[found.cut]] = False
        _let_go(keep, rows, compare)
        entities = in_background(lambda: _entities_frame(rows, source(), found.label))
        told = _info(rows, spec, sources, chosen, model, match, found.label, prior)
        paired, order = framed()
        decision = _texts(["review", "match"], match[order].view(np.uint8)).alias("decision")
        return Result(
            paired.with_columns(decision),
            entities,
            told | ({"calibration": calibration.to_dict()} if calibration is not None else {}),
            model,
            spec,
            rows,
            sources,
            chosen,
            compare,
            prior,
            calibrator,
        )


def _let_go(keep: bool, *parts: Plan | Prepared | Comparer) -> None:
    """Give the memory of `parts` unless they are to be kept, and what is free already, back to the system."""
    if not keep:
        for one in parts:
            one.release()
    trim()


def _fit(
    rows: Prepared,
    spec: LinkageSpec,
    compare: Comparer,
    strata: Strata,
    cells: Cells,
    random: tuple[Index, Index],
    fellows_of: Callable[[], list[tuple[int, U64, F64]]],
) -> tuple[Model, F64, F64, float]:
    """The model, what it says of each cell (weight, probability), and the prior odds among all admissible pairs."""
    model_spec, table = compare.spec, cells.table
    compared = model_spec.comparisons
    drawn, _place, times = distinct(compare.patterns(*random))
    unlike = model_spec.unpack(drawn)
    total = max(possible_pairs(rows, spec), 1)
    levels = model_spec.unpack(table.pattern[cells.cell])
    alone = times.astype(np.float64)
    theta = [stated_prior(one) for one in compared]
    expected = float(min(int(table.count.sum()), rows.n))
    for _again in range(ROUNDS):
        apart = level_counts(unlike, compared, alone)
        both = [np.stack([m, theta_of(u, one, match=False)]) for m, u, one in zip(theta, apart, compared, strict=True)]
        prior = _odds(expected / total)
        same = confirmed_counts(compared, levels, cells.free, cells.count, both, prior)
        theta = [theta_of(counts, one, match=True) for counts, one in zip(same, compared, strict=True)]
        # A first fit with two classes says how many matches there are, and which random pairs are matches.
        anchors = {SAME: same, OTHER: apart}
        two = replace(model_spec, classes=(LatentClass(SAME), LatentClass(OTHER)))
        model = fit(table, strata, anchors, two, starts=1)
        probability = model.score(table.pattern, table.stratum)[1]
        expected = float((probability * table.count).sum())
        alone = times / (1 + np.exp2(unconditioned(model, unlike, _odds(expected / total))))
    anchors = {SAME: same, OTHER: level_counts(unlike, compared, alone)}
    fellows = fellow_anchors(fellows_of(), compare, strata, anchors, SAME, OTHER)
    anchors |= fellows
    match, *between, unrelated = classes(spec)
    full = replace(two, classes=(match, *map(LatentClass, fellows), *between, unrelated))
    passes = strata.pass_of(table.stratum)
    anchors |= similar_counts(spec, compared, model_spec.unpack(table.pattern), passes, table.count * (1 - probability))
    # Where every class is held only the shares are fitted, and they have one best answer.
    movable = any(np.isfinite(one.kekuatan) for one in full.classes)
    model = fit(table, strata, anchors, full, starts=spec.model.starts if movable else 1)
    weight, probability = model.score(table.pattern, table.stratum)
    return model, weight, probability, _odds(float((probability * table.count).sum()) / total)


def _odds(share: float) -> float:
    return min(share, 0.5) / (1 - min(share, 0.5))


def _calibration(
    rows: Prepared, spec: LinkageSpec, chosen: Plan, compare: Comparer, model: Model, labels: pl.DataFrame
) -> Calibration:
    """The calibration by the labelled pairs that are candidates of this run, at what this model says of them."""
    from matching.calibrate import Labels
    from matching.calibrate import calibrator as calibration_of
    from matching.labels import settled

    told = settled(labels)
    number = rows.rows_frame([""] * rows.n_sources).select(pl.col("fingerprint").alias("key"))
    number = number.with_columns(i=pl.int_range(rows.n, dtype=pl.UInt32))
    pairs = (
        told.with_row_index("label")
        .join(number, left_on="kiri", right_on="key")
        .join(number.rename({"i": "j"}), left_on="kanan", right_on="key")
        .filter(pl.col("i") != pl.col("j"))
        .select("label", "sama", "pangsa", a=pl.min_horizontal("i", "j"), b=pl.max_horizontal("i", "j"))
    )
    a, b = pairs["a"].to_numpy().astype(np.uint32), pairs["b"].to_numpy().astype(np.uint32)
    held = found_by(chosen, a, b)
    ours = held.any(axis=1) & admissible(rows, spec, a, b)
    pairs, a, b, first = pairs.filter(pl.Series(ours)), a[ours], b[ours], held[ours].argmax(axis=1)
    low, high = np.minimum(rows.source[a], rows.source[b]), np.maximum(rows.source[a], rows.source[b])
    stratum = ((first * rows.n_sources + low) * rows.n_sources + high).astype(np.uint16)
    score = model.score(compare.patterns(a, b), stratum)[1] if len(a) else np.zeros(0)
    known = pairs.with_columns(p=score).sort("label", "p").unique("label", keep="last", maintain_order=True)
    return calibration_of(Labels(known["p"].to_numpy(), known["sama"].to_numpy(), known["pangsa"].to_numpy()))


def _texts(texts: list[str], number: npt.NDArray[np.uint8]) -> pl.Series:
    return pl.Series(texts, dtype=pl.Enum(texts)).gather(column_of_numbers(number))


def _pairs_frame(
    rows: Prepared, sources: list[str], kept: Pairs, weight: F64, probability: F64
) -> tuple[pl.DataFrame, Index]:
    """The pairs in the order of their rows, with the `weight` of their cells; and which pair stands at each place."""
    # Rows are numbered in the order of the lists: left is the list given first, within one list the upper row.
    n = len(kept.a)
    packed = np.empty(n, dtype=np.uint64)
    pack(kept.a, kept.b, packed)
    packed, order = sort_rows(packed, np.arange(n, dtype=np.uint32), spare=True)
    source, row = np.empty((2, n), dtype=np.uint8), np.empty((2, n), dtype=np.uint32)
    weights, probabilities = np.empty(n), np.empty(n)
    lay_out(packed, order, kept.cell, rows.source, rows.row, weight, probability, source, row, weights, probabilities)
    columns = {
        "source_l": _texts(sources, source[0]),
        "row_l": column_of_numbers(row[0]),
        "source_r": _texts(sources, source[1]),
        "row_r": column_of_numbers(row[1]),
        "weight": column_of_numbers(weights),
        "probability": column_of_numbers(probabilities),
    }
    return pl.DataFrame(columns), order


def _entities_frame(rows: Prepared, source: pl.Series, label: npt.NDArray[np.uint32]) -> pl.DataFrame:
    letters, views = entity_ids(label, rows.content, *rows.again)
    return pl.DataFrame(
        {
            "source": source,
            "row": column_of_numbers(rows.row),
            "entity_id": column_of_views(views, letters, PIECE),
        }
    )


def _info(
    rows: Prepared,
    spec: LinkageSpec,
    sources: list[str],
    chosen: Plan,
    model: Model,
    match: npt.NDArray[np.bool_],
    label: npt.NDArray[np.uint32],
    prior: float,
) -> dict[str, Any]:
    entities, several = count_entities(label, np.zeros(rows.n, dtype=bool))
    return {
        "rows": dict(zip(sources, rows.heights, strict=True)),
        "passes": [asdict(one) for one in chosen.hitung],
        "pairs_compared": int(sum(one.pasangan for one in chosen.hitung)),
        "pairs_possible": possible_pairs(rows, spec),
        "prior_odds": prior,
        "match": int(np.count_nonzero(match)),
        "review": int(np.count_nonzero(~match)),
        "entities": entities,
        "entities_of_several_rows": several,
        "levels": {c.nama: list(c.tingkat) for c in model.spec.comparisons},
        "model": model.to_dict(sources),
        "specification": spec.to_dict(),
    }
