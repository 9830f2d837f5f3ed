"""The generic linkage from frames to pairs and entities: prepare, block, compare, fit, score, cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash  # noqa: F401 - registers the .chash namespace

from blocking.candidates import Plan, candidates, found_by
from blocking.pairs import Index
from matching.calibrate import Calibration, Labels
from matching.calibrate import calibrator as calibration_of
from matching.fit import fit, level_counts, stated_prior, theta_of
from matching.generic.anchors import (
    OTHER,
    SAME,
    SIMILAR,
    admissible,
    classes,
    confirmed_counts,
    possible_pairs,
    random_pairs,
    unconditioned,
)
from matching.generic.cluster import cluster
from matching.generic.compare import Comparer, comparisons
from matching.generic.keys import narrowed, plan
from matching.generic.prepare import Prepared, prepare
from matching.generic.spec import LinkageSpec, read_spec, validate
from matching.labels import settled
from matching.model import Model, Pairs, PatternTable, Strata
from matching.specification import LatentClass, Specification
from matching.terms import F64

if TYPE_CHECKING:
    from matching.generic.explaining import Explanation

Progress = Callable[[str, float], None]
Calibrator = Callable[[F64], F64]
ROUNDS = 2  # of finding the pairs that all but one comparison confirm
MOST_CONFIRMED = 1_000_000  # candidate pairs among which they are looked for


@dataclass(slots=True)
class Result:
    """What a linkage gives.

    `pairs`: source_l, row_l, source_r, row_r, weight (log2 odds), probability, decision (match / review); rows count
    from 1. `entities`: source, row, entity_id, every row once. `info`: figures for run.json.
    """

    pairs: pl.DataFrame
    entities: pl.DataFrame
    info: dict[str, Any]
    model: Model
    spec: LinkageSpec
    rows: Prepared
    sources: list[str]
    plan: Plan
    compare: Comparer
    prior: float  # odds of a match among all admissible pairs
    calibrator: Calibrator | None = None

    def rows_frame(self) -> pl.DataFrame:
        """Every row as it was given: source, row, fingerprint (hash of its values), and the columns as text."""
        return self.rows.given.with_columns(
            pl.Series("source", [self.sources[k] for k in self.rows.given["source"]], dtype=pl.String)
        )

    def decision(self, first: int, second: int) -> str:
        """match, review or other of two record numbers of `rows`."""
        if (self.rows.source[first], self.rows.row[first]) > (self.rows.source[second], self.rows.row[second]):
            first, second = second, first
        found = self.pairs.filter(
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
        frames: Sequence[pl.DataFrame],
        names: Sequence[str] | None = None,
        progress: Progress | None = None,
        calibrator: Calibrator | None = None,
        labels: pl.DataFrame | None = None,
    ) -> Result:
        """Link `frames`, whose columns are those of the specification (others are ignored, absent ones are missing).

        `names` are the values of `source` (default: "1", "2", ...). `calibrator` maps probabilities to calibrated ones;
        without one it is made of `labels` (`matching.labels.SCHEMA`), keyed on the fingerprints of the rows.
        """
        tell: Progress = progress or (lambda _stage, _share: None)
        sources = list(names) if names is not None else [str(k + 1) for k in range(len(frames))]
        spec = self.spec
        tell("prepare", 0.0)
        rows = prepare(frames, spec)
        chosen = plan(rows, spec)
        compare = Comparer(rows, spec)
        model_spec = Specification(comparisons(spec), classes(spec), narrowed(spec))
        strata = Strata(chosen.passes, rows.n_sources)
        pairs = _compare_all(rows, spec, chosen, compare, model_spec, strata, tell)
        tell("model", 0.0)
        table, cell = pairs.cells()
        model, prior = _fit(rows, spec, chosen, compare, model_spec, strata, table, pairs)
        weight, probability = model.score(table.pattern, table.stratum)
        calibration = None
        if calibrator is None and labels is not None:
            calibrator = calibration = _calibration(rows, pairs, probability[cell], labels)
        if calibrator is not None:
            probability = np.clip(calibrator(probability), 1e-9, 1 - 1e-9)
            weight = np.log2(probability / (1 - probability))
        tell("cluster", 0.0)
        keep = probability[cell] >= spec.thresholds.review
        a, b, chosen_cell = pairs.a[keep], pairs.b[keep], cell[keep]
        weight, probability = weight[chosen_cell], probability[chosen_cell]
        match = probability >= spec.thresholds.match
        found = cluster(
            rows.n,
            a[match],
            b[match],
            weight[match],
            lambda x, y: unconditioned(model, compare.levels(x, y), prior),
            rows.source if spec.one_to_one and rows.n_sources > 1 else None,
        )
        match[np.flatnonzero(match)[found.cut]] = False
        return Result(
            _pairs_frame(rows, sources, a, b, weight, probability, match),
            _entities_frame(rows, sources, found.label),
            _info(rows, spec, sources, chosen, model, match, found.label, prior)
            | ({"calibration": calibration.to_dict()} if calibration is not None else {}),
            model,
            spec,
            rows,
            sources,
            chosen,
            compare,
            prior,
            calibrator,
        )


def _compare_all(
    rows: Prepared,
    spec: LinkageSpec,
    chosen: Plan,
    compare: Comparer,
    model_spec: Specification,
    strata: Strata,
    tell: Progress,
) -> Pairs:
    expected = max(sum(chosen.kandidat), 1)
    parts: list[Pairs] = []
    done = 0
    for k, a, b in candidates(chosen, spec.limits.chunk, lambda a, b: admissible(rows, spec, a, b)):
        stratum = strata.number(k, rows.source[a], rows.source[b])
        parts.append(Pairs(a, b, model_spec.pack(compare.levels(a, b)), stratum))
        done += len(a)
        tell("compare", min(done / expected, 1.0))
    return Pairs.joined(parts)


def _fit(
    rows: Prepared,
    spec: LinkageSpec,
    chosen: Plan,
    compare: Comparer,
    model_spec: Specification,
    strata: Strata,
    table: PatternTable,
    pairs: Pairs,
) -> tuple[Model, float]:
    """The model, and the prior odds of a match among all admissible pairs."""
    compared = model_spec.comparisons
    drawn = compare.levels(*random_pairs(rows, spec))
    total = max(possible_pairs(rows, spec), 1)
    step = -(-len(pairs.a) // MOST_CONFIRMED) or 1
    some = slice(None, None, step)
    held = found_by(chosen, pairs.a[some], pairs.b[some])
    levels = model_spec.unpack(pairs.pattern[some])
    alone = np.ones(len(drawn))
    theta = [stated_prior(one) for one in compared]
    expected = float(min(len(pairs.a), rows.n))
    for _again in range(ROUNDS):
        apart = level_counts(drawn, compared, alone)
        both = [np.stack([m, theta_of(u, one, match=False)]) for m, u, one in zip(theta, apart, compared, strict=True)]
        prior = _odds(expected / total)
        same = confirmed_counts(spec, compared, held, levels, both, prior)
        theta = [theta_of(counts, one, match=True) for counts, one in zip(same, compared, strict=True)]
        # A first fit with two classes says how many matches there are, and which random pairs are matches.
        anchors = {SAME: same, OTHER: apart}
        two = replace(model_spec, classes=(LatentClass(SAME), LatentClass(OTHER)))
        model = fit(table, strata, anchors, two, starts=1)
        probability = model.score(table.pattern, table.stratum)[1]
        expected = float((probability * table.count).sum())
        alone = 1 / (1 + np.exp2(unconditioned(model, drawn, _odds(expected / total))))
    anchors = {SAME: same, OTHER: level_counts(drawn, compared, alone)}
    full = replace(two, classes=classes(spec))
    if spec.model.similar:
        weight = table.count * (1 - probability)
        anchors[SIMILAR] = level_counts(model_spec.unpack(table.pattern), compared, weight)
    model = fit(table, strata, anchors, full, starts=spec.model.starts)
    expected = float((model.score(table.pattern, table.stratum)[1] * table.count).sum())
    return model, _odds(expected / total)


def _odds(share: float) -> float:
    return min(share, 0.5) / (1 - min(share, 0.5))


def _calibration(rows: Prepared, pairs: Pairs, probability: F64, labels: pl.DataFrame) -> Calibration:
    """The calibration by the labelled pairs that are candidates of this run, at what this model says of them."""
    told = settled(labels)
    # Rows stand in the order of their fingerprints, so the first row of a content stands for all that are equal.
    number = (
        pl.DataFrame({"key": rows.fingerprint}).with_row_index("i").unique("key", keep="first", maintain_order=True)
    )
    first = number["i"].cast(pl.UInt32).to_numpy()
    content = first[np.searchsorted(first, np.arange(rows.n), side="right") - 1]
    a, b = content[pairs.a].astype(np.uint64), content[pairs.b].astype(np.uint64)
    candidates = pl.DataFrame({"pair": np.minimum(a, b) << np.uint64(32) | np.maximum(a, b), "p": probability})
    low = pl.min_horizontal("i", "i_right").cast(pl.UInt64)
    high = pl.max_horizontal("i", "i_right").cast(pl.UInt64)
    known = (
        told.join(number, left_on="kiri", right_on="key")
        .join(number, left_on="kanan", right_on="key")
        .with_columns((low * 2**32 + high).alias("pair"))
        .join(candidates.sort("pair", "p").unique("pair", keep="last", maintain_order=True), on="pair")
        .sort("pair")
    )
    return calibration_of(Labels(known["p"].to_numpy(), known["sama"].to_numpy(), known["pangsa"].to_numpy()))


def _pairs_frame(
    rows: Prepared,
    sources: list[str],
    a: Index,
    b: Index,
    weight: F64,
    probability: F64,
    match: npt.NDArray[np.bool_],
) -> pl.DataFrame:
    # Left is the list given first; within one list the upper row.
    turn = (rows.source[a] > rows.source[b]) | ((rows.source[a] == rows.source[b]) & (rows.row[a] > rows.row[b]))
    left, right = np.where(turn, b, a), np.where(turn, a, b)
    named = np.array(sources, dtype=object)
    frame = pl.DataFrame(
        {
            "source_l": pl.Series(named[rows.source[left]].tolist(), dtype=pl.String),
            "row_l": rows.row[left],
            "source_r": pl.Series(named[rows.source[right]].tolist(), dtype=pl.String),
            "row_r": rows.row[right],
            "weight": weight,
            "probability": probability,
            "decision": pl.Series(np.where(match, "match", "review").tolist(), dtype=pl.String),
            "_l": rows.source[left],
            "_r": rows.source[right],
        }
    )
    return frame.sort("_l", "row_l", "_r", "row_r").drop("_l", "_r")


def _entities_frame(rows: Prepared, sources: list[str], label: npt.NDArray[np.int64]) -> pl.DataFrame:
    named = np.array(sources, dtype=object)
    frame = pl.DataFrame(
        {
            "source": pl.Series(named[rows.source].tolist(), dtype=pl.String),
            "row": rows.row,
            "_s": rows.source,
            "_label": label,
            "_print": rows.fingerprint,
        }
    ).with_row_index("_i")
    # The id is that of the first row in content order; rows of equal content are numbered.
    first = frame.select("_i", "_print").with_columns(_again=pl.int_range(pl.len()).over("_print"))
    text = pl.concat_str("_print", pl.col("_again").cast(pl.String), separator="#")
    hashed: pl.Expr = text.chash.blake3()  # type: ignore[attr-defined]
    first = first.select(pl.col("_i").cast(pl.Int64).alias("_label"), hashed.str.head(32).alias("entity_id"))
    frame = frame.join(first, on="_label", how="left", maintain_order="left")
    return frame.sort("_s", "row").select("source", "row", "entity_id")


def _info(
    rows: Prepared,
    spec: LinkageSpec,
    sources: list[str],
    chosen: Plan,
    model: Model,
    match: npt.NDArray[np.bool_],
    label: npt.NDArray[np.int64],
    prior: float,
) -> dict[str, Any]:
    size = np.bincount(label, minlength=rows.n)
    count = np.bincount(rows.source, minlength=rows.n_sources).tolist()
    return {
        "rows": dict(zip(sources, count, strict=True)),
        "passes": [asdict(one) for one in chosen.hitung],
        "pairs_compared": int(sum(one.pasangan for one in chosen.hitung)),
        "pairs_possible": possible_pairs(rows, spec),
        "prior_odds": prior,
        "match": int(match.sum()),
        "review": int((~match).sum()),
        "entities": int((size > 0).sum()),
        "entities_of_several_rows": int((size > 1).sum()),
        "levels": {c.nama: list(c.tingkat) for c in model.spec.comparisons},
        "model": model.to_dict(sources),
        "specification": spec.model_dump(mode="json"),
    }
