"""Splink 5 (DuckDB) on a task: settings as its own guides show them. Needs `requirements-bench.lock`."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.scoring import Scored
from benchmarks.accuracy.task import Task

SEED = 1
SAMPLE_PAIRS = 2e7  # for u; the guide calls 1e7 adequate
THRESHOLD = 0.9


def register_settings(*, family: bool = True) -> dict[str, Any]:
    """Comparisons and training blocks for the family registers.

    Names are compared by their canonical spelling with term frequency, Splink's own Jaro-Winkler cuts and a level for
    one name being part of the other; numbers by edit distance; dates by Splink's date-of-birth levels. `family` False
    leaves out what a household shares, KK, mother's name and desa: two classes do better without.
    """
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import block_on

    name = cl.CustomComparison(
        output_column_name="nama",
        comparison_levels=[
            cll.NullLevel("nama"),
            cll.ExactMatchLevel("nama").configure(tf_adjustment_column="nama"),
            cll.JaroWinklerLevel("nama", 0.92).configure(tf_adjustment_column="nama"),
            cll.ArraySubsetLevel("kata"),
            cll.JaroWinklerLevel("nama", 0.88).configure(tf_adjustment_column="nama"),
            cll.ExactMatchLevel("nama_depan"),
            cll.JaroWinklerLevel("nama", 0.7),
            cll.ElseLevel(),
        ],
    )
    place = cl.CustomComparison(
        output_column_name="desa",
        comparison_levels=[
            cll.NullLevel("desa"),
            cll.ExactMatchLevel("desa").configure(tf_adjustment_column="desa"),
            cll.ExactMatchLevel("kecamatan"),
            cll.ElseLevel(),
        ],
    )
    shared = [
        cl.NameComparison("nama_ibu").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("no_kk", [1]),
        place,
    ]
    return {
        "comparisons": [
            name,
            cl.DamerauLevenshteinAtThresholds("nik", [1, 2]),
            cl.DateOfBirthComparison("lahir", input_is_string=False),
            cl.ExactMatch("kelamin"),
            *(shared if family else []),
        ],
        "sure": [block_on("nik", "lahir"), block_on("nama", "lahir", "desa")],
        "recall": 0.9,
        "train": [block_on("nik"), block_on("nama", "lahir")],
    }


def febrl_settings() -> dict[str, Any]:
    """Those of the detailed model of Splink's own FEBRL example, with two more fields of the address."""
    import splink.comparison_library as cl
    from splink import block_on

    return {
        "comparisons": [
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]).configure(term_frequency_adjustments=True),
        ],
        "sure": [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        "recall": 0.9,
        "train": [block_on("date_of_birth"), block_on("postcode")],
    }


def link(task: Task, settings: dict[str, Any]) -> Scored:
    """Train Splink on `task` and score all candidate pairs of its passes."""
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="splink")
    table = task.table()
    database = DuckDBAPI()
    if task.between is None:
        inputs: Any = database.register(table.to_arrow(), table_name="rows_all")
    else:
        files = np.unique(task.between)
        inputs = [database.register(table.filter(task.between == f).to_arrow(), table_name=f"rows_{f}") for f in files]
    model = SettingsCreator(
        link_type="dedupe_only" if task.between is None else "link_only",
        unique_id_column_name="baris",
        comparisons=settings["comparisons"],
        blocking_rules_to_generate_predictions=[block_on(name) for name in task.key_names],
        retain_matching_columns=False,
    )
    linker = Linker(inputs, model, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(settings["sure"], recall=settings["recall"])
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLE_PAIRS, seed=SEED)
    for rule in settings["train"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_weight=-1000, warning_mode="never")
    return _scored(found.as_duckdbpyrelation().fetchnumpy())


def _scored(columns: dict[str, Sequence[Any]]) -> Scored:
    left, right = (np.asarray(columns[name]).astype(np.int64) for name in ("baris_l", "baris_r"))
    a, b = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((b, a))
    weight, probability = (np.asarray(columns[n], dtype=np.float64) for n in ("match_weight", "match_probability"))
    return Scored(a[order], b[order], weight[order], probability[order])
