"""Synthetic family registers of any size: three lists of the same people, with the truth beside them.

    python -m benchmarks.speed.lists --people 1000000 --seed 1 --out DIR [--csv] [--sparse] [--errors 2]

Writes A.parquet, B.parquet, C.parquet (columns `COLUMNS`, `id` is the row from 1) and truth/<list>.parquet (`id`,
`orang`). Each list holds 80 % of the people and 2 % of its rows twice. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.speed.people import BLOCK, TODAY, Block, Ints, make_block
from fixtures.errors import NAME_KINDS, NIK_POSITIONS, Rng, other_name, pick, wrong_birth, wrong_digit

LISTS = ("A", "B", "C")
COLUMNS = ("id", "nik", "no_kk", "nama", "nama_ibu", "tanggal_lahir", "jenis_kelamin", "kode_wilayah")
STAMP = "lists.json"
VERSION = 2  # of what the arguments give


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the rows of a list (of the families where said) that are not as they should be."""

    listed: float = 0.80
    twice: float = 0.02
    nik_missing: float = 0.050
    nik_filler: float = 0.012  # sixteen zeros
    nik_short: float = 0.010
    nik_wrong: float = 0.008  # one digit, or two neighbours turned
    kk_other_family: float = 0.06  # of the families: another card when the list was made
    kk_other_person: float = 0.02  # a card of one's own
    kk_missing: float = 0.02
    kk_wrong: float = 0.01
    name: float = 0.15
    mother_name: float = 0.10
    mother_missing: float = 0.08
    birth: float = 0.025  # day and month turned, 1 January, a part wrong
    birth_missing: float = 0.005
    sex: float = 0.004
    moved: float = 0.02  # of the families: another desa

    def times(self, factor: float) -> Rates:
        """The same with every rate but `listed` and `twice` times `factor`."""
        kept = {"listed": self.listed, "twice": self.twice}
        return Rates(**{n: kept.get(n, factor * getattr(self, n)) for n in self.__dataclass_fields__})


def _scatter(values: pl.Series, rows: Ints, new: pl.Series) -> pl.Series:
    """`values` with `new` in `rows`; the given series stays as it is."""
    return values.clone().scatter(rows, new) if len(rows) else values


def _blank(values: pl.Series, rows: Ints) -> pl.Series:
    mask = np.zeros(len(values), dtype=np.bool_)
    mask[rows] = True
    return values.set(pl.Series(mask), None)


def _parts(rng: Rng, n: int, *shares: float) -> list[Ints]:
    """Rows for errors that exclude each other, of the given shares."""
    order = rng.permutation(n)
    ends = np.cumsum([round(s * n) for s in shares])
    return [np.sort(part) for part in np.split(order, ends)[:-1]]


def _names(rng: Rng, names: pl.Series, sex: Ints, share: float) -> pl.Series:
    """A share of the names written otherwise: typing errors, old spelling, initials, words dropped, joined, added."""
    total = sum(NAME_KINDS.values())
    parts = _parts(rng, len(names), *(share * rate / total for rate in NAME_KINDS.values()))
    out = names
    for kind, rows in zip(NAME_KINDS, parts, strict=True):
        if len(rows):
            out = _scatter(out, rows, other_name(rng, names.gather(rows), sex[rows], kind))
    return out


def _new_cards(rng: Rng, cards: pl.Series) -> pl.Series:
    """Numbers of cards issued at another day, of the same region as `cards`."""
    days = pl.Series((TODAY - rng.integers(30, 18 * 365, len(cards))).astype(np.int32)).cast(pl.Date)
    serial = pl.Series(rng.integers(5_000, 9_999, len(cards))).cast(pl.String)
    return cards.str.head(6) + days.dt.strftime("%d%m%y") + serial


def draw(rng: Rng, block: Block, rates: Rates) -> pl.DataFrame:
    """The rows of one list for the people of `block`: COLUMNS without `id`, and `orang`."""
    people = len(block.nik)
    listed = pick(rng, people, rates.listed)
    again = rng.choice(listed, round(rates.twice * len(listed)), replace=False)
    who = np.concatenate([listed, again])
    n = len(who)
    family = block.family[who]
    jk = block.jk[who]

    cards = block.family_kk
    renewed = pick(rng, len(cards), rates.kk_other_family)
    cards = _scatter(cards, renewed, _new_cards(rng, cards.gather(renewed)))
    home = block.family_desa.copy()
    moved = pick(rng, len(home), rates.moved)
    home[moved] = rng.integers(0, len(block.desa), len(moved))

    nik = block.nik.gather(who)
    none, filler, short, wrong = _parts(
        rng, n, rates.nik_missing, rates.nik_filler, rates.nik_short, rates.nik_wrong
    )  # fmt: skip
    nik = _scatter(nik, wrong, wrong_digit(rng, nik.gather(wrong), woman_offset=True, positions=NIK_POSITIONS))
    nik = _scatter(nik, short, nik.gather(short).str.head(15))
    nik = _blank(_scatter(nik, filler, pl.Series(["0" * 16] * len(filler), dtype=pl.String)), none)

    kk = cards.gather(family)
    none, wrong, own = _parts(rng, n, rates.kk_missing, rates.kk_wrong, rates.kk_other_person)
    kk = _scatter(kk, own, _new_cards(rng, kk.gather(own)))
    kk = _scatter(kk, wrong, wrong_digit(rng, kk.gather(wrong), woman_offset=False, positions=NIK_POSITIONS))
    kk = _blank(kk, none)

    nama = _names(rng, block.nama.gather(who), jk, rates.name)
    ibu = _names(rng, block.nama_ibu.gather(who), np.ones(n, dtype=np.int64), rates.mother_name)
    ibu = _blank(ibu, pick(rng, n, rates.mother_missing))
    lahir = block.lahir.gather(who)
    wrong, none = _parts(rng, n, rates.birth, rates.birth_missing)
    lahir = _blank(_scatter(lahir, wrong, wrong_birth(rng, lahir.gather(wrong))[0]), none)
    jk = jk ^ (rng.random(n) < rates.sex)
    return pl.DataFrame(
        {
            "nik": nik,
            "no_kk": kk,
            "nama": nama,
            "nama_ibu": ibu,
            "tanggal_lahir": lahir,
            "jenis_kelamin": pl.Series(["L", "P"]).gather(jk),
            "kode_wilayah": block.desa.gather(home[family]),
            "orang": (who + block.first).astype(np.uint32),
        }
    )


def _whole(parts: list[Path], order: npt.NDArray[np.int64]) -> pl.DataFrame:
    """The rows of all `parts` in the given order, with `id`."""
    rows = pl.concat([pl.read_parquet(p) for p in parts])
    return rows.select(pl.all().gather(pl.Series(order))).with_row_index("id", 1)


def write(people: int, seed: int, out: Path, *, csv: bool = False, sparse: bool = False, errors: float = 1.0) -> None:
    """Draw the lists of `people` people and write them to `out`; nothing is done when these very ones are there.

    `sparse`: list B has no KK and no mother's name (as P3KE), list C no mother's name (as Regsosek). `errors`: factor
    on every error rate. Memory: one list and one block at a time.
    """
    stamp = json.dumps({"versi": VERSION, "orang": people, "benih": seed, "ringkas": sparse, "galat": errors})
    done = out / STAMP
    if done.is_file() and done.read_text(encoding="utf-8") == stamp and (not csv or (out / "C.csv").is_file()):
        return
    (out / "truth").mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    drawn = out / "blocks"
    shutil.rmtree(drawn, ignore_errors=True)
    drawn.mkdir()
    rates = Rates().times(errors)
    numbers = range(-(-people // BLOCK))
    for b in numbers:
        block = make_block(np.random.default_rng([seed, b]), b, min(BLOCK, people - b * BLOCK))
        for k, name in enumerate(LISTS):
            rows = draw(np.random.default_rng([seed, b, k + 1]), block, rates)
            rows.write_parquet(drawn / f"{name}{b}.parquet", compression="uncompressed")
    for k, name in enumerate(LISTS):
        parts = [drawn / f"{name}{b}.parquet" for b in numbers]
        count = sum(pl.scan_parquet(p).select(pl.len()).collect().item() for p in parts)
        rows = _whole(parts, np.random.default_rng([seed, len(LISTS) + k, 2**31]).permutation(count))
        if sparse and name != "A":
            empty = ["nama_ibu", "no_kk"] if name == "B" else ["nama_ibu"]
            rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in empty)
        rows.select("id", "orang").write_parquet(out / "truth" / f"{name}.parquet")
        rows.select(COLUMNS).write_parquet(out / f"{name}.parquet")
        if csv:
            rows.select(COLUMNS).write_csv(out / f"{name}.csv")
    shutil.rmtree(drawn)
    done.write_text(stamp, encoding="utf-8")


def main() -> None:
    """Parse the command line and write the lists."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--csv", action="store_true", help="csv files too")
    parser.add_argument("--sparse", action="store_true", help="B without KK and mother's name, C without mother's name")
    parser.add_argument("--errors", type=float, default=1.0, help="factor on every error rate")
    args = parser.parse_args()
    write(args.people, args.seed, args.out, csv=args.csv, sparse=args.sparse, errors=args.errors)


if __name__ == "__main__":
    main()
