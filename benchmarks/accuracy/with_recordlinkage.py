"""recordlinkage (ECM) on a task: binary comparisons and the `jaro` start, as its guide shows them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.accuracy.scoring import Scored
from benchmarks.accuracy.task import Task

THRESHOLD = 0.5  # ECMClassifier.predict calls a pair a match from here on
NAME_CUT = 0.85  # of Jaro-Winkler, as in its guide
ONE_SLIP = 0.92  # of the Damerau-Levenshtein similarity: one digit of 16


def register_comparison(compare: Any) -> None:  # noqa: ANN401 - an untyped library
    """Add the comparisons of the family registers to a `recordlinkage.Compare`."""
    compare.string("nama", "nama", method="jarowinkler", threshold=NAME_CUT, label="nama")
    compare.string("nik", "nik", method="damerau_levenshtein", threshold=ONE_SLIP, label="nik")
    compare.exact("lahir", "lahir", label="lahir")
    compare.exact("kelamin", "kelamin", label="kelamin")
    compare.string("nama_ibu", "nama_ibu", method="jarowinkler", threshold=NAME_CUT, label="ibu")
    compare.string("no_kk", "no_kk", method="damerau_levenshtein", threshold=ONE_SLIP, label="kk")
    compare.exact("desa", "desa", label="desa")


def febrl_comparison(compare: Any) -> None:  # noqa: ANN401 - an untyped library
    """Add the comparisons of the FEBRL files, those of recordlinkage's own guide and three more fields."""
    compare.string("given_name", "given_name", method="jarowinkler", threshold=NAME_CUT, label="given_name")
    compare.string("surname", "surname", method="jarowinkler", threshold=NAME_CUT, label="surname")
    compare.exact("date_of_birth", "date_of_birth", label="date_of_birth")
    compare.string("suburb", "suburb", method="jarowinkler", threshold=NAME_CUT, label="suburb")
    compare.exact("state", "state", label="state")
    compare.string("address_1", "address_1", method="jarowinkler", threshold=NAME_CUT, label="address_1")
    compare.string("soc_sec_id", "soc_sec_id", method="damerau_levenshtein", threshold=0.85, label="soc_sec_id")
    compare.string("postcode", "postcode", method="damerau_levenshtein", threshold=0.75, label="postcode")
    compare.exact("street_number", "street_number", label="street_number")


def link(task: Task, comparison: Callable[[Any], None]) -> Scored:
    """Fit ECM on the candidate pairs of `task` and score them."""
    import pandas as pd
    import recordlinkage

    a, b = task.pairs()
    # Only what is compared, as plain objects: recordlinkage works on pandas of its own time.
    text = task.rows.select(c for c in task.rows.columns if task.rows.schema[c].is_nested() is False)
    frame = pd.DataFrame({c: text[c].cast(str).to_numpy().astype(object) for c in text.columns})
    compare = recordlinkage.Compare()
    comparison(compare)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features = compare.compute(pd.MultiIndex.from_arrays([a, b]), frame)
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(features.astype(int))
        p = classifier.prob(features.astype(int)).to_numpy().astype(np.float64)
    safe = np.clip(p, 1e-300, 1 - 2.0**-53)
    return Scored(a, b, np.log2(safe) - np.log2(1 - safe), p)
