"""Quality figures against values of the literature and small truths counted by hand."""

from __future__ import annotations

import polars as pl
import pytest

from matching.evaluate import clusters

TRUTH = [1] * 5 + [2] * 2 + [3] * 5


@pytest.mark.parametrize(
    ("found", "precision", "recall"),
    [
        # Bagga and Baldwin (1998), "Entity-based cross-document coreferencing", the two responses of their example.
        ([1] * 5 + [2] * 7, 0.762, 1.0),
        ([1] * 5 + [2] * 2 + [1] * 5, 0.583, 1.0),
    ],
)
def test_b_cubed_of_the_paper(found: list[int], precision: float, recall: float) -> None:
    figures = clusters(pl.DataFrame({"truth": TRUTH, "found": found}))
    assert figures["b3_presisi"] == pytest.approx(precision, abs=5e-4)
    assert figures["b3_perolehan"] == pytest.approx(recall)


def test_pairs_by_hand() -> None:
    figures = clusters(pl.DataFrame({"truth": [1, 1, 1, 2, 2], "found": [1, 1, 2, 2, 3]}))
    # found pairs: (0,1) right, (2,3) wrong; true pairs: 3 of person 1, 1 of person 2.
    assert figures["presisi"] == pytest.approx(1 / 2)
    assert figures["perolehan"] == pytest.approx(1 / 4)
    assert figures["f1"] == pytest.approx(1 / 3)
    assert figures["gugus_tepat"] == 0
