"""Wrong merges counted by hand on four siblings, two of them twins, and a namesake."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from benchmarks.accuracy.near_persons import interval, pooled, wrong_merges
from benchmarks.accuracy.registers import Registers

PERSONS = pl.DataFrame(
    {
        "orang_id": [1, 2, 3, 4, 5],
        "nama": ["SITI", "SRI", "BUDI", "AGUS", "SITI"],
        "jenis_kelamin": ["P", "P", "L", "L", "P"],
        "tanggal_lahir": [dt.date(2010, 1, d) for d in (1, 1, 1, 3, 9)],
        "ibu_id": [90, 90, 90, 90, 91],
        "ayah_id": [None, None, None, None, 92],
        "kembar_id": [7, 7, 7, None, None],
    },
    schema_overrides={"orang_id": pl.UInt32, "ibu_id": pl.UInt32, "ayah_id": pl.UInt32, "kembar_id": pl.UInt32},
)
DESA = "3201902001"


def registers(rows: list[int]) -> Registers:
    records = pl.DataFrame({"kode_wilayah": [DESA] * len(rows)})
    return Registers(records, np.array(rows, dtype=np.int64), PERSONS)


def test_each_kind_is_counted_over_pairs_of_persons() -> None:
    rows = [1, 1, 2, 3, 4, 5, -1]
    # The twins SITI and SRI share entity 0; the second row of SITI stands with her namesake; the unknown row with BUDI.
    found = wrong_merges(registers(rows), np.array([0, 4, 0, 1, 2, 4, 1]))
    twins, siblings, namesakes = (found[k] for k in ("kembar_sejenis", "saudara", "senama_setahun_sedesa"))
    assert (twins["pasangan"], twins["tergabung"]) == (1, 1)
    assert (siblings["pasangan"], siblings["tergabung"]) == (5, 0)  # four of one mother, less the pair of twin girls
    assert (namesakes["pasangan"], namesakes["tergabung"]) == (1, 1)
    # SITI's two rows are the only true pair, and they stand apart.
    assert (twins["pasangan_baris_sebenarnya"], twins["perolehan_hilang"]) == (1, 1.0)


def test_a_person_without_rows_is_in_no_pair() -> None:
    found = wrong_merges(registers([1, 4]), np.array([0, 1]))
    assert found["kembar_sejenis"]["pasangan"] == 0
    assert found["saudara"]["pasangan"] == 1
    assert found["kembar_sejenis"]["batas_atas"] == 1.0


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129), (0, 3_000, 0.0, 0.00122888)],
)
def test_intervals_are_those_of_the_tables(hits: int, cases: int, low: float, high: float) -> None:
    """Clopper and Pearson's limits as printed in tables; without a hit the upper one is 1 - 0.025 ** (1 / n)."""
    assert interval(hits, cases) == pytest.approx((low, high), abs=6e-5)


def test_seeds_are_pooled_by_their_pairs() -> None:
    one = {"pasangan": 100, "tergabung": 1, "pasangan_baris_sebenarnya": 10, "perolehan_hilang": 0.5}
    two = {"pasangan": 300, "tergabung": 0, "pasangan_baris_sebenarnya": 30, "perolehan_hilang": 0.1}
    both = pooled([one, two])
    assert both["bagian"] == 1 / 400
    assert both["perolehan_hilang"] == pytest.approx(8 / 40)
