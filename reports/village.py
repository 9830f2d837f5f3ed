"""desa/<kode>.pdf and .xlsx: the village's own list, to fill in at the musdes, sign and send back.

Paper leaves the office: ids show two digits, birth dates the year. What each line is about is kept in the run folder
under the line's code, so that `padan verify` can read a filled list back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from reports import lists
from reports.codes import codes
from reports.context import Context
from reports.labels import short_id
from reports.lines import family_lines, finding_contents, pair_contents, with_codes
from reports.press import Press
from reports.private import private
from reports.village_page import on_paper, page_data
from reports.village_sheet import FAMILY_TEXTS, PAIR_TEXTS, Books, Village, sheet_names, with_cells
from rules.i18n import _

REGISTER: Final = Path(".padan") / "daftar"  # in the run folder: what the lines of every list written are about
MAX_FAMILIES: Final = 3_000  # per village: more is no list to walk with; the parquet holds all
_MAX_PAIRS: Final = 500
_BATCH: Final = 80_000  # findings whose texts are built at a time


def write_villages(
    context: Context,
    folder: Path,
    progress: Callable[[float], None] | None = None,
    *,
    key: bytes,
    register: Path | None = None,
    printed: int = MAX_FAMILIES,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Write a PDF and a workbook per village that has a stale family, a double recipient or a doubtful pair.

    Findings on which people have decided are not asked again. `key` makes the codes of the lines; `register` is the
    folder that keeps what they stand for (None: nowhere). Paper holds the `printed` worst families of a village.
    `meanwhile` is done, once or again, while the last pages are drawn.
    """
    asked = lists.listed(context)
    decided = context.tables.diputuskan
    if decided.height:
        asked = asked.join(decided, on="temuan_id", how="anti", maintain_order="left")
    families = lists.family_table(context, asked) if decided.height else lists.listed_families(context)
    families = families.with_columns(_desa("kode_wilayah").alias("kode_desa"))
    pairs = _pairs_by_village(context)
    sizes = (
        pl.concat(
            [
                families.select("kode_desa", n=pl.col("temuan").list.len().cast(pl.Int64)),
                pairs.select("kode_desa", n=pl.lit(1, dtype=pl.Int64)),
            ]
        )
        .drop_nulls("kode_desa")
        .group_by("kode_desa")
        .agg(pl.col("n").sum())
        .sort("kode_desa")
    )
    whole = int(sizes["n"].sum())
    found = dict(families.group_by("kode_desa").len().iter_rows())

    def written(press: Press) -> tuple[list[Path], list[pl.DataFrame]]:
        files: list[Path] = []
        kept: list[pl.DataFrame] = []
        with press:
            for batch in _batches(sizes):
                lines, doubts = _lines(context, batch, families, asked, pairs, key)
                villages = _villages(batch, lines, doubts, found, key, printed)
                kept.append(_register(villages, lines, doubts))
                books, shown = Books(context, lines, doubts), on_paper(lines, doubts, printed)
                for village in villages:
                    name = folder / village.kode
                    press.draw(page_data(context, village, shown(village.kode)), name.with_suffix(".pdf"))
                    files += [name.with_suffix(".pdf"), books.write(village, name.with_suffix(".xlsx"))]
                    if progress:
                        progress(len(files) / 2 / sizes.height)
            meanwhile()
        return files, kept

    try:
        files, kept = written(Press(whole))
    except ChildProcessError:
        files, kept = written(Press(0))  # here the error is raised where it belongs
    if register is not None and kept:
        _keep(pl.concat(kept), register)
    return sorted(files)


def _desa(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.len_chars() >= 10).then(pl.col(column).str.slice(0, 10))


def _batches(sizes: pl.DataFrame) -> Iterator[list[str]]:
    """Villages in order of their code, in batches of about `_BATCH` findings."""
    groups = sizes.with_columns(batch=pl.col("n").cum_sum() // _BATCH)
    for part in groups.partition_by("batch", maintain_order=True):
        yield part["kode_desa"].to_list()


def _lines(
    context: Context,
    batch: list[str],
    families: pl.DataFrame,
    asked: pl.DataFrame,
    pairs: pl.DataFrame,
    key: bytes,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines and the doubtful pairs of the villages `batch`, in the order of the villages, with texts and codes."""
    shown = families.filter(
        pl.col("kode_desa").is_in(batch) & (pl.int_range(pl.len()).over("kode_desa") < MAX_FAMILIES)
    )
    lines = with_cells(family_lines(context, shown, asked))
    contents = finding_contents(
        context,
        asked.join(lines.select("temuan").explode("temuan"), left_on="temuan_id", right_on="temuan", how="semi"),
    )
    about = (
        lines.select("nomor", "kode_desa", temuan_id="temuan")
        .explode("temuan_id")
        .join(contents, on="temuan_id", how="left", maintain_order="left")
        .group_by("kode_desa", "nomor", maintain_order=True)
        .agg(tentang="isi")
    )
    lines = lines.join(about, on=["kode_desa", "nomor"], how="left", maintain_order="left")
    evidence = pl.col("tentang").list.eval(pl.element().struct.field("kunci").sort()).list.join(",")
    lines = with_codes(lines, key, pl.concat_str(pl.lit("temuan"), evidence, separator="|"))
    doubts = _pair_rows(context, pairs.filter(pl.col("kode_desa").is_in(batch)))
    doubts = with_codes(doubts, key, pl.concat_str(pl.lit("pasangan"), "sidik_1", "sidik_2", separator="|"))
    return lines, doubts.sort("kode_desa", maintain_order=True)


def _villages(
    batch: list[str], lines: pl.DataFrame, doubts: pl.DataFrame, found: Mapping[str, int], key: bytes, printed: int
) -> list[Village]:
    """The lists of the villages `batch`; `found` are the families of each."""
    # The code of the whole list covers every word on it: a list that differs in anything is another list.
    words = pl.concat(
        [
            frame.select("kode_desa", t=pl.concat_str("kode_baris", *texts, separator="\x1f"))
            for frame, texts in ((lines, FAMILY_TEXTS), (doubts, PAIR_TEXTS))
        ]
    )
    told = dict(words.group_by("kode_desa").agg(pl.col("t").str.join("\x1e")).iter_rows())
    whole = codes(key, ["\x1e".join(["daftar", code, told[code]]) for code in batch])
    counts = (
        pl.DataFrame({"kode_desa": batch, "daftar": whole})
        .join(
            lines.group_by("kode_desa").agg(
                pl.col("keluarga").max(),
                baris=pl.len(),
                dicetak=(pl.col("keluarga") <= printed).sum(),
                aturan=pl.col("kode").unique().sort(),
            ),
            on="kode_desa",
            how="left",
            maintain_order="left",
        )
        .join(doubts.group_by("kode_desa").agg(pl.col("n_desa").first(), pasangan=pl.len()), on="kode_desa",
              how="left", maintain_order="left")
    )  # fmt: skip
    return [
        Village(
            row["kode_desa"],
            row["daftar"],
            families=row["keluarga"] or 0,
            lines=row["baris"] or 0,
            all_families=found.get(row["kode_desa"], 0),
            pairs=row["pasangan"] or 0,
            all_pairs=row["n_desa"] or 0,
            rules=tuple(row["aturan"] or ()),
            printed=printed,
            printed_lines=row["dicetak"] or 0,
        )
        for row in counts.iter_rows(named=True)
    ]


def _pairs_by_village(context: Context) -> pl.DataFrame:
    """Doubtful pairs once per village of either row, the most probable ones of each village."""
    pairs = lists.distinct_pairs(context)
    both = pl.concat_list(_desa("w1"), _desa("w2")).list.drop_nulls().list.unique(maintain_order=True)
    return (
        pairs.with_columns(kode_desa=both)
        .explode("kode_desa")
        .filter(pl.col("kode_desa").is_not_null())
        .with_columns(n_desa=pl.len().over("kode_desa"), ke=pl.int_range(pl.len()).over("kode_desa"))
        .filter(pl.col("ke") < _MAX_PAIRS)
        .drop("ke")
    )


def _pair_rows(context: Context, pairs: pl.DataFrame) -> pl.DataFrame:
    """Both persons of each pair in words, with the content keys of every doubtful pair between the two."""
    rows = lists.side_by_side_rows(context, pairs)

    def person(side: str) -> pl.Expr:
        return pl.concat_list(
            pl.col(f"nama_{side}"),
            pl.concat_str(pl.lit(_("born") + " "), pl.col(f"tanggal_lahir_{side}").dt.strftime("%Y"), pl.lit(" · "),
                          pl.col(f"jenis_kelamin_{side}").fill_null("?")),
            pl.concat_list(pl.concat_str(pl.lit("NIK "), short_id(pl.col(f"nik_asli_{side}"))),
                           pl.concat_str(pl.lit("KK "), short_id(pl.col(f"no_kk_asli_{side}")))
                           ).list.drop_nulls().list.join(", "),
            pl.concat_list(pl.col(f"desa_{side}"), pl.concat_str(pl.lit("RT "), pl.col(f"rt_{side}")),
                           pl.concat_str(pl.lit("RW "), pl.col(f"rw_{side}"))).list.drop_nulls().list.join(" "),
            pl.col(f"sumber_{side}"),
        ).list.drop_nulls().list.eval(pl.element().filter(pl.element() != "")).list.join("\n")  # fmt: skip

    return (
        rows.with_columns(orang_1=person("1"), orang_2=person("2"))
        .with_columns(pl.col("sama", "beda").fill_null(""))
        .with_columns(nomor=pl.int_range(1, pl.len() + 1).over("kode_desa").cast(pl.String))
        .join(pair_contents(context, pairs), on=["kiri", "kanan"], how="left", maintain_order="left")
    )


def _register(villages: list[Village], lines: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    """What `padan verify` must know of the lists: every line with its code, its words and what it is about."""
    families, pairs = sheet_names()
    lists = pl.DataFrame([(v.daftar, v.kode) for v in villages], schema=["kode_daftar", "kode_desa"], orient="row")

    def part(frame: pl.DataFrame, kind: str, sheet: str, texts: tuple[str, ...]) -> pl.DataFrame:
        return frame.join(lists, on="kode_desa", how="left", maintain_order="left").select(
            "kode_daftar",
            "kode_desa",
            jenis=pl.lit(kind),
            lembar=pl.lit(sheet),
            nomor="nomor",
            kode_baris="kode_baris",
            teks=pl.concat_list(texts),
            temuan="tentang" if kind == "temuan" else pl.lit([], dtype=lines.schema["tentang"]),
            pasangan="tentang" if kind == "pasangan" else pl.lit([], dtype=doubts.schema["tentang"]),
            sidik_1="sidik_1" if kind == "pasangan" else pl.lit(None, dtype=pl.String),
            sidik_2="sidik_2" if kind == "pasangan" else pl.lit(None, dtype=pl.String),
        )

    both = [part(lines, "temuan", families, FAMILY_TEXTS), part(doubts, "pasangan", pairs, PAIR_TEXTS)]
    return pl.concat(both).sort("kode_desa", maintain_order=True)


def _keep(lines: pl.DataFrame, folder: Path) -> None:
    # Named by their lists, never overwritten: a list that was printed from an earlier run into this folder can still
    # be read back.
    name = hashlib.blake2b("".join(lines["kode_daftar"].unique().sort()).encode(), digest_size=8).hexdigest()
    part = private(folder / f"{name}.bagian")  # a run killed here must not leave half a register behind
    lines.write_parquet(part, compression="zstd", compression_level=1, statistics=False)  # no larger, half the time
    part.replace(folder / f"{name}.parquet")
