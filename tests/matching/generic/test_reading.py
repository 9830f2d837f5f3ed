"""Columns read ahead are those that would be read, once each; what cannot be read is left to who reads it for good."""

from __future__ import annotations

import threading
from pathlib import Path

import polars as pl
import pytest

from matching.generic.reading import Ahead, reading_order, whole
from matching.generic.spec import validate

SPEC = validate(
    {
        "columns": {"nik": {"kind": "digits"}, "nama": {}, "gelar": {"join": ["nama"]}, "ibu": {}},
        "comparisons": [{"column": "nama", "levels": ["equal"]}],
        "passes": [{"key": ["nik"]}],
    }
)


def test_texts_come_first_and_columns_made_of_others_are_not_read() -> None:
    assert reading_order(SPEC) == ["nama", "ibu", "nik"]


def test_a_column_is_handed_out_once_and_as_it_would_be_read(tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pl.DataFrame({"nama": ["SITI", None], "nik": ["1", "2"]}).write_parquet(paths[0])
    pl.DataFrame({"nama": ["BUDI"]}).write_parquet(paths[1])
    frames = [pl.scan_parquet(path) for path in paths]
    ahead = Ahead(frames, ["nama", "nik"])
    for name in ("nik", "nama"):
        found = ahead.take(name)
        assert found is not None
        assert found.equals(whole(frames, name))
        assert ahead.take(name) is None
    assert ahead.take("ibu") is None


@pytest.mark.parametrize("broken", ["not there", "no parquet"])
def test_a_file_that_cannot_be_read_gives_nothing_and_raises_nothing(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "a.parquet"
    if broken == "no parquet":
        path.write_bytes(b"PAR1 and no more of it PAR1")
    assert Ahead([pl.scan_parquet(path)], ["nama"]).take("nama") is None


def test_nobody_waits_for_a_column_whose_reading_failed_as_nobody_foresaw() -> None:
    def fail(_frame: pl.DataFrame) -> pl.DataFrame:
        raise MemoryError

    frame = pl.LazyFrame({"nama": ["SITI"]}).map_batches(fail)
    ahead = Ahead([frame], ["nama", "nik"])
    asking = threading.Thread(target=ahead.take, args=("nik",), daemon=True)
    asking.start()
    asking.join(timeout=30)
    assert not asking.is_alive()
