"""The lists of the speed benchmark: families as said, errors at the stated rates, the same bytes every time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.speed.lists import COLUMNS, LISTS, Rates, draw, write
from benchmarks.speed.people import Block, make_block

PEOPLE = 20_000


@pytest.fixture(scope="module")
def block() -> Block:
    return make_block(np.random.default_rng([7, 0]), 0, PEOPLE)


@pytest.fixture(scope="module")
def pair(block: Block) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a list, and the truth of each."""
    rows = draw(np.random.default_rng([7, 0, 1]), block, Rates())
    who = rows["orang"]
    truth = pl.DataFrame(
        {
            "nik": block.nik.gather(who),
            "no_kk": block.family_kk.gather(block.family).gather(who),
            "nama": block.nama.gather(who),
            "nama_ibu": block.nama_ibu.gather(who),
            "tanggal_lahir": block.lahir.gather(who),
            "jenis_kelamin": pl.Series(["L", "P"]).gather(block.jk).gather(who),
            "kode_wilayah": block.desa.gather(block.family_desa[block.family]).gather(who),
        }
    )
    return rows, truth


def test_niks_are_made_up_unique_and_tell_birth_and_sex(block: Block) -> None:
    assert block.nik.n_unique() == PEOPLE
    assert block.nik.str.contains(r"^32\d\d9\d{11}$").all()
    assert block.family_kk.str.contains(r"^32\d\d9\d{11}$").all()
    assert block.family_kk.n_unique() == len(block.family_kk)
    day = block.nik.str.slice(6, 2).cast(pl.Int64).to_numpy() - 40 * block.jk
    assert (day == block.lahir.dt.day().to_numpy()).all()
    assert (block.nik.str.slice(8, 4) == block.lahir.dt.strftime("%m%y")).all()


def test_children_share_the_mother_and_twins_the_day(block: Block) -> None:
    people = pl.DataFrame(
        {"keluarga": block.family, "nama": block.nama, "ibu": block.nama_ibu, "lahir": block.lahir, "jk": block.jk}
    ).with_row_index("i")
    mothers = people.join(people, on="keluarga", suffix="_anak").filter(
        (pl.col("nama") == pl.col("ibu_anak")) & (pl.col("i") != pl.col("i_anak"))
    )
    assert mothers["jk"].mean() > 0.99  # a mother is a woman; a few namesakes
    years = (mothers["lahir_anak"] - mothers["lahir"]).dt.total_days() / 365.25
    assert years.filter(pl.Series(mothers["jk"]) == 1).quantile(0.01) > 17.5
    assert mothers["keluarga"].n_unique() > 0.5 * block.family.max()
    same_day = mothers.group_by("keluarga", "ibu_anak", "lahir_anak").len().filter(pl.col("len") == 2)
    assert 0.003 < same_day.height / mothers.height < 0.02


def test_errors_have_the_stated_rates(pair: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rows, truth = pair
    rates = Rates()
    assert rows.height == round(PEOPLE * 0.8) + round(0.02 * PEOPLE * 0.8)
    good = rows["nik"].eq_missing(truth["nik"]).mean()
    assert 1 - good == pytest.approx(0.08, abs=0.001)
    assert rows["nik"].null_count() / rows.height == pytest.approx(rates.nik_missing, abs=0.001)
    assert (rows["nama"] != truth["nama"]).mean() == pytest.approx(rates.name, abs=0.002)
    assert rows["nama_ibu"].null_count() / rows.height == pytest.approx(rates.mother_missing, abs=0.001)
    assert (rows["tanggal_lahir"] != truth["tanggal_lahir"]).mean() == pytest.approx(rates.birth, abs=0.004)
    assert (rows["kode_wilayah"] != truth["kode_wilayah"]).mean() == pytest.approx(rates.moved, abs=0.01)
    assert 0.06 < (rows["no_kk"] != truth["no_kk"]).mean() < 0.13
    assert rows["orang"].is_duplicated().sum() / 2 == pytest.approx(0.02 * PEOPLE * 0.8, abs=1)


def test_doubled_errors_leave_the_coverage_alone() -> None:
    doubled = Rates().times(2.0)
    assert (doubled.listed, doubled.twice) == (Rates().listed, Rates().twice)
    assert doubled.name == 2 * Rates().name


def test_the_same_arguments_give_the_same_bytes_and_another_seed_other_people(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(2_000, seed, tmp_path / name, csv=True, sparse=True)
    digest = {
        (name, one): hashlib.sha256((tmp_path / name / f"{one}.parquet").read_bytes()).hexdigest()
        for name in "abc"
        for one in LISTS
    }
    for one in LISTS:
        assert digest["a", one] == digest["b", one] != digest["c", one]
    rows = {one: pl.read_parquet(tmp_path / "a" / f"{one}.parquet") for one in LISTS}
    assert all(tuple(frame.columns) == COLUMNS for frame in rows.values())
    assert rows["B"].select("no_kk", "nama_ibu").null_count().row(0) == (rows["B"].height,) * 2
    assert rows["C"]["nama_ibu"].null_count() == rows["C"].height > rows["C"]["no_kk"].null_count()
    assert pl.read_csv(tmp_path / "a" / "A.csv", infer_schema=False).height == rows["A"].height
    truth = pl.read_parquet(tmp_path / "a" / "truth" / "A.parquet")
    assert truth["id"].to_list() == rows["A"]["id"].to_list() == list(range(1, truth.height + 1))
    assert not (tmp_path / "a" / "blocks").exists()


def test_numbers_of_neighbouring_blocks_never_meet() -> None:
    blocks = [make_block(np.random.default_rng([1, b]), b, 3_000) for b in (0, 1, 20)]
    niks = pl.concat([b.nik for b in blocks])
    cards = pl.concat([b.family_kk for b in blocks])
    assert niks.n_unique() == len(niks)
    assert cards.n_unique() == len(cards)
