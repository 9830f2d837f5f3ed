"""The synthetic inputs: the registers at the pinned error rates, and harder or easier variants of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.accuracy.with_padan import command
from fixtures.settings import load_settings

KABUPATEN = {1: "3201", 2: "5108", 3: "1271"}  # Sundanese, Balinese and Batak naming
DTKS = {"dtks": ["dtks_desa.csv@2022-09-30"]}
P3KE = {"p3ke": ["p3ke_individu.csv@2022-07-31", "p3ke_keluarga.csv@2022-07-31"]}
REGSOSEK = {"regsosek": ["regsosek.csv@2022-11-01"]}
DTSEN = {"dtsen": ["dtsen_anggota.csv@2025-02-03", "dtsen_keluarga.csv@2025-02-03"]}
DUKCAPIL = {"dukcapil": ["dukcapil.csv@2023-06-30"]}
REGSOSEK_NIK = "R403"  # the column of the NIK in the enumeration file


@dataclass(frozen=True, slots=True)
class Variant:
    """Lists that are linked, and what is done to the population or the files before. `peers`: they run on it too."""

    title: str
    lists: dict[str, list[str]]
    factor: float = 1.0
    spoil: Callable[[Path], None] | None = None
    peers: bool = False


def more_errors(factor: float) -> str:
    """Settings for `padan synth --setelan` that multiply every error rate of every register by `factor`, at most 1.

    Only the rates in `[errors.*]` grow; life, coverage and the shares among the kinds of an error stay as they are.
    """
    lines: list[str] = []
    for register, rates in load_settings().errors.items():
        lines.append(f"[errors.{register}]")
        lines += [f"{name} = {min(rate * factor, 1.0)}" for name, rate in rates.model_dump().items()]
    return "\n".join(lines) + "\n"


def without_nik(folder: Path) -> None:
    """Empty the NIK of every row of regsosek.csv in `folder`; nothing else changes, so the truth still holds."""
    path = folder / "regsosek.csv"
    text = pl.read_csv(path, infer_schema=False)
    text.with_columns(pl.lit(None, pl.String).alias(REGSOSEK_NIK)).write_csv(path)


VARIANTS = {
    "standar": Variant("DTKS, P3KE, Regsosek", DTKS | P3KE | REGSOSEK, peers=True),
    "dukcapil": Variant("DTKS, DTSEN, Dukcapil", DTKS | DTSEN | DUKCAPIL),
    "galat_ganda": Variant("DTKS, P3KE, Regsosek at doubled error rates", DTKS | P3KE | REGSOSEK, factor=2.0),
    "regsosek_tanpa_nik": Variant(
        "DTKS, P3KE, Regsosek with no NIK in Regsosek", DTKS | P3KE | REGSOSEK, spoil=without_nik
    ),
}


MERGES = "standar"  # the variant whose wrong merges are counted


def make(variant: Variant, seed: int, people: int, work: Path) -> Path:
    """The folder of the synthetic files of `variant`, made unless an earlier call finished it."""
    spoiled = f"-{variant.spoil.__name__}" if variant.spoil else ""
    folder = work / f"masukan-{people}-{seed}-x{variant.factor:g}{spoiled}"
    done = folder / "selesai"
    if done.is_file():
        return folder
    if folder.exists():
        shutil.rmtree(folder)
    options: list[object] = ["--penduduk", people, "--kabupaten", KABUPATEN.get(seed, "3201"), "--seed", seed]
    if variant.factor != 1.0:
        work.mkdir(parents=True, exist_ok=True)
        settings = work / f"setelan-x{variant.factor:g}.toml"
        settings.write_text(more_errors(variant.factor), encoding="utf-8")
        options += ["--setelan", settings]
    command("synth", *options, "--tanpa-excel", "--quiet", "--out", folder)
    if variant.spoil:
        variant.spoil(folder)
    done.touch()
    return folder
