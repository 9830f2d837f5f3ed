"""What the truth says of the payments of a list: the faults put in, and all others, which are lawful.

The truth comes from the simulated life and the log of what was put into the lists, never from the rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

PLACE = ["berkas", "nomor_baris"]
DOUBLE = ("BG01", "BG02", "BG03")
_PERIOD = ["periode_awal", "tahap"]


def facts(truth: Path) -> pl.DataFrame:
    """The facts of a folder of truth."""
    return pl.read_parquet(truth / "facts.parquet")


def fact_rows(truth: Path) -> pl.DataFrame:
    """The rows of each fact: fakta_id, berkas, nomor_baris."""
    return pl.read_parquet(truth / "fact_rows.parquet").select("fakta_id", *PLACE)


def true_rows(truth: Path) -> pl.DataFrame:
    """Whose row is which: berkas, nomor_baris, sumber, orang_id, galat."""
    return pl.read_parquet(truth / "rows.parquet").select(*PLACE, "orang_id", "galat", "sumber")


def doubled(paid: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Payments that share an entitlement and a period with another: fakta_id, kode, shown by, and `paid`'s columns."""
    pairs = facts(truth).filter(pl.col("kode").is_in(DOUBLE)).select("fakta_id", "kode", "lewat")
    mine = fact_rows(truth).join(pairs, on="fakta_id").join(paid, on=PLACE)
    return mine.filter(pl.len().over("fakta_id", *_PERIOD) > 1)


def doubles(paid: pl.DataFrame, truth: Path, code: str) -> dict[str, Any]:
    """Of the extra payments of each double `code` (in a period that is paid n times, n - 1) the marked and the held."""
    mine = doubled(paid, truth).filter(pl.col("kode") == code)
    per = mine.group_by("fakta_id", *_PERIOD).agg(
        lebih=pl.len() - 1, tanda=pl.col("ditandai").sum(), tahan=pl.col("ditahan").sum()
    )
    extra = int(per["lebih"].sum())
    marked, held = (int(per.select(pl.min_horizontal("lebih", c).sum()).item() or 0) for c in ("tanda", "tahan"))
    n = max(extra, 1)
    return {
        "lebih": extra, "ditandai": marked, "ditahan": held, "ditandai_bagian": marked / n, "ditahan_bagian": held / n,
    }  # fmt: skip


def dead(paid: pl.DataFrame, truth: Path, records: pl.DataFrame, given: set[str]) -> dict[str, Any]:
    """Payments for periods after a death that a given file states; exact: NIK, name and birth date as at Dukcapil."""
    shown = facts(truth).filter(
        pl.col("kode") == "ST51", pl.col("lewat").list.set_intersection(sorted(given)).list.len() > 0
    )
    after = (
        fact_rows(truth)
        .join(shown.select("fakta_id", "tanggal", "orang_id"), on="fakta_id")
        .join(paid, on=PLACE)
        .filter(pl.col("periode_awal") > pl.col("tanggal"))
        .unique("bayar_id")
    )
    person = true_rows(truth).filter(pl.col("sumber") == "dukcapil").select("orang_id", *PLACE)
    official = (
        person.join(records, on=PLACE)
        .filter(pl.col("keberadaan").cast(pl.String) == "MENINGGAL", pl.col("nik_mutu").cast(pl.String) == "TEPERCAYA")
        .select("orang_id", "nik", "nama", lahir="tanggal_lahir")
        .unique()
    )
    written = after.join(records.select("baris_id", "nik", "nama", lahir="tanggal_lahir"), on="baris_id")
    exact = written.join(official, on=["orang_id", "nik", "nama", "lahir"], how="semi")
    n, m = max(after.height, 1), max(exact.height, 1)
    return {
        "n": after.height,
        "ditandai": int(after["ditandai"].sum()),
        "ditandai_bagian": int(after["ditandai"].sum()) / n,
        "ditahan_bagian": int(after["ditahan"].sum()) / n,
        "tepat": exact.height,
        "tepat_ditahan": int(exact["ditahan"].sum()),
        "tepat_ditahan_bagian": int(exact["ditahan"].sum()) / m,
    }


def worked(paid: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Payments to families with somebody of excluded work (D02)."""
    wrong = facts(truth).filter(pl.col("kode") == "D02").select("fakta_id")
    return paid.join(fact_rows(truth).join(wrong, on="fakta_id", how="semi"), on=PLACE, how="semi")


def lawful(paid: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Every payment without a fault, nobody left out.

    Faults: the payee was dead when the period began (wherever that stands), the family holds excluded work, the
    entitlement was paid before. Of an entitlement paid n times for a period one payment is lawful: the mildest verdict
    counts for it.
    """
    died = pl.read_parquet(truth / "persons.parquet").select("orang_id", "tanggal_mati")
    late = (
        true_rows(truth)
        .join(died, on="orang_id")
        .join(paid, on=PLACE)
        .filter(pl.col("tanggal_mati") < pl.col("periode_awal"))
    )
    good = paid.join(late, on=PLACE, how="anti").join(worked(paid, truth), on=PLACE, how="anti")
    twice = doubled(good, truth).sort("putusan", *PLACE)
    rest = good.join(twice, on=PLACE, how="anti")
    kept = twice.unique(["fakta_id", *_PERIOD], keep="first", maintain_order=True)
    return pl.concat([rest, kept.select(rest.columns)])


def groups(good: pl.DataFrame, truth: Path, records: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Lawful payees whom a careless rule would hold."""
    persons = pl.read_parquet(truth / "persons.parquet")
    true = true_rows(truth)
    mine = good.join(true.select(*PLACE, "orang_id", "galat"), on=PLACE, how="left")
    mine = mine.join(records.select("baris_id", "nik", "kode_wilayah"), on="baris_id", how="left")
    movers = facts(truth).filter(pl.col("kode") == "ST52").select("orang_id").unique()
    widowed = records.filter(pl.col("status_kawin").cast(pl.String) == "CERAI_MATI").select(PLACE)
    widows = true.join(widowed, on=PLACE, how="semi").select("orang_id").unique()
    day = pl.col("nik").str.slice(6, 2).cast(pl.Int64) % 40
    nik_day = pl.format("{}{}", day.cast(pl.String).str.zfill(2), pl.col("nik").str.slice(8, 4))
    corrected = persons.filter(nik_day != pl.col("tanggal_lahir").dt.strftime("%d%m%y")).select("orang_id")
    shared = facts(truth).filter(pl.col("kode") == "ST44").select("fakta_id")
    kitchen = fact_rows(truth).join(shared, on="fakta_id", how="semi")
    return {
        "satu_dapur": mine.join(kitchen, on=PLACE, how="semi"),
        "pindah": mine.join(movers, on="orang_id", how="semi"),
        "janda_duda": mine.join(widows, on="orang_id", how="semi"),
        "lahir_dikoreksi": mine.filter(
            pl.col("orang_id").is_in(corrected["orang_id"].implode()) | pl.col("galat").list.contains("lahir_salah")
        ),
        "nik_awalan_lain": mine.filter(pl.col("nik").str.head(4) != pl.col("kode_wilayah").str.head(4)),
    }
