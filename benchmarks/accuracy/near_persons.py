"""Wrong merges among people who are hard to tell apart: siblings, namesakes, twins.

Unit: a pair of two true persons who both have rows in the run. It is merged when any row of the one stands in
one entity with any row of the other. Intervals are exact (Clopper and Pearson 1934), 95 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from scipy.stats import binomtest

from benchmarks.accuracy.registers import Registers
from benchmarks.accuracy.scoring import I64, UNKNOWN, true_pairs

CONFIDENCE = 0.95


def _pairs(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Unordered pairs (kiri < kanan) of distinct `orang_id` that agree in all columns `by`; nulls agree with none."""
    known = frame.drop_nulls(by)
    return (
        known.join(known, on=by, suffix="_2")
        .filter(pl.col("orang_id") < pl.col("orang_id_2"))
        .select(kiri="orang_id", kanan="orang_id_2")
        .unique()
    )


def kinds(persons: pl.DataFrame, places: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Pairs (kiri, kanan) of persons by kind.

    `persons` is truth/persons.parquet cut down to those with rows; `places` holds the desa (orang_id, desa) of their
    rows, as written. Same-sex twins are a kind of their own and no siblings here; siblings share mother or father.
    """
    born = persons.with_columns(tahun=pl.col("tanggal_lahir").dt.year())
    twins = _pairs(persons, ["kembar_id", "jenis_kelamin"])
    siblings = pl.concat([_pairs(persons, ["ibu_id"]), _pairs(persons, ["ayah_id"])]).unique()
    here = born.select("orang_id", "nama", "tahun").join(places.drop_nulls().unique(), on="orang_id")
    return {
        "saudara": siblings.join(twins, on=["kiri", "kanan"], how="anti"),
        "senama_setahun_sedesa": _pairs(here, ["nama", "tahun", "desa"]),
        "kembar_sejenis": twins,
    }


def figures(pairs: pl.DataFrame, rows: pl.DataFrame) -> dict[str, Any]:
    """Merged person pairs of `pairs` with their interval, and the recall lost among the rows of these persons.

    `rows` holds (orang_id, entitas) of every row with a known person.
    """
    entity = rows.unique()
    together = (
        pairs.join(entity, left_on="kiri", right_on="orang_id")
        .join(entity, left_on=["kanan", "entitas"], right_on=["orang_id", "entitas"])
        .select("kiri", "kanan")
        .unique()
        .height
    )
    people = pl.concat([pairs["kiri"], pairs["kanan"]]).unique()
    of_them = rows.filter(pl.col("orang_id").is_in(people.implode()))
    wanted = true_pairs(of_them["orang_id"].to_numpy())
    held = true_pairs(of_them.select(pl.struct("orang_id", "entitas").rank("dense")).to_series().to_numpy())
    low, high = interval(together, pairs.height)
    return {
        "pasangan": pairs.height,
        "tergabung": together,
        "bagian": together / pairs.height if pairs.height else 0.0,
        "batas_bawah": low,
        "batas_atas": high,
        "pasangan_baris_sebenarnya": wanted,
        "perolehan_hilang": 1 - held / wanted if wanted else 0.0,
    }


def interval(hits: int, cases: int) -> tuple[float, float]:
    """Exact 95 % interval of a share; (0, 1) without cases."""
    if not cases:
        return 0.0, 1.0
    found = binomtest(hits, cases).proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return float(found.low), float(found.high)


def wrong_merges(registers: Registers, label: I64) -> dict[str, dict[str, Any]]:
    """Figures of every kind for entities `label` over the rows of `registers`."""
    known = registers.truth != UNKNOWN
    desa = registers.records["kode_wilayah"]
    rows = pl.DataFrame({"orang_id": registers.truth, "entitas": label, "desa": desa}).filter(pl.Series(known))
    persons = registers.persons.with_columns(pl.col("orang_id").cast(pl.Int64)).filter(
        pl.col("orang_id").is_in(np.unique(registers.truth[known]))
    )
    places = rows.select("orang_id", desa=pl.when(pl.col("desa").str.len_chars() == 10).then("desa"))
    entity = rows.select("orang_id", "entitas")
    return {kind: figures(pairs, entity) for kind, pairs in kinds(persons, places).items()}


def pooled(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of one kind over several seeds together."""
    cases, hits = sum(p["pasangan"] for p in parts), sum(p["tergabung"] for p in parts)
    wanted = sum(p["pasangan_baris_sebenarnya"] for p in parts)
    lost = sum(p["perolehan_hilang"] * p["pasangan_baris_sebenarnya"] for p in parts)
    low, high = interval(hits, cases)
    return {
        "pasangan": cases,
        "tergabung": hits,
        "bagian": hits / cases if cases else 0.0,
        "batas_bawah": low,
        "batas_atas": high,
        "pasangan_baris_sebenarnya": wanted,
        "perolehan_hilang": lost / wanted if wanted else 0.0,
    }
