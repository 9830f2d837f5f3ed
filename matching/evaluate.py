"""A run scored against the truth files of the synthetic population (docs/truth.md): entities, families, findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from blocking.candidates import found_by, plan
from blocking.mix import mix
from blocking.pairs import block, pairs_of
from blocking.passes import standard
from matching.encoding import encode
from matching.settings import LinkSettings
from rules.errors import InputError, Place
from rules.i18n import _
from rules.tables import Tables

ROW = ["berkas", "lembar", "nomor_baris"]


def _read(truth: Path, name: str) -> pl.DataFrame:
    path = truth / f"{name}.parquet"
    if not path.is_file():
        raise InputError(
            _("truth file {name} is missing").format(name=path.name),
            place=Place(file=str(truth)),
            hint=_("give the folder `truth` that `padan synth` wrote"),
        )
    return pl.read_parquet(path)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 when both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _pairs(size: pl.Series) -> int:
    return int((size.cast(pl.Int64) * (size.cast(pl.Int64) - 1) // 2).sum())


def clusters(frame: pl.DataFrame) -> dict[str, float]:
    """Pairwise and B-cubed precision, recall and F1, and exact clusters, of `frame` with columns truth and found."""
    both = frame.group_by("truth", "found").len()
    found = frame.group_by("found").len()
    truth = frame.group_by("truth").len()
    hit = _pairs(both["len"])
    precision, recall = _ratio(hit, _pairs(found["len"])), _ratio(hit, _pairs(truth["len"]))
    cells = both.join(found.rename({"len": "nf"}), on="found").join(truth.rename({"len": "nt"}), on="truth")
    squared = pl.col("len").cast(pl.Float64) ** 2
    b = cells.select(p=(squared / pl.col("nf")).sum(), r=(squared / pl.col("nt")).sum()).row(0)
    bp, br = b[0] / max(frame.height, 1), b[1] / max(frame.height, 1)
    exact = cells.filter((pl.col("len") == pl.col("nf")) & (pl.col("len") == pl.col("nt"))).height
    return {
        "presisi": precision,
        "perolehan": recall,
        "f1": f1(precision, recall),
        "b3_presisi": bp,
        "b3_perolehan": br,
        "b3_f1": f1(bp, br),
        "gugus_tepat": _ratio(exact, truth.height),
        "pasangan_benar": hit,
        "pasangan_ditemukan": _pairs(found["len"]),
        "pasangan_sebenarnya": _pairs(truth["len"]),
    }


def _file_name() -> pl.Expr:
    return pl.col("berkas").str.replace_all("\\", "/", literal=True).str.split("/").list.last()


def _with_truth(records: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`records` (berkas as file name) with the truth columns of its row."""
    return records.with_columns(berkas=_file_name()).join(rows, on=ROW, how="left", nulls_equal=True, suffix="_t")


def _families(tables: Tables, rows: pl.DataFrame, truth: pl.DataFrame) -> dict[str, Any]:
    """Family-link precision, recall and F1, in all and by kind, over the families whose rows the run read."""
    known = rows["keluarga_tulis"].drop_nulls().unique()
    want = truth.filter(pl.col("kiri").is_in(known.implode()) & pl.col("kanan").is_in(known.implode()))
    got = tables.family_links.select("kiri", "kanan", pl.col("jenis").cast(pl.String))
    hit = got.join(want.select("kiri", "kanan", pl.col("jenis").cast(pl.String)), on=["kiri", "kanan", "jenis"])

    def figures(h: int, g: int, w: int) -> dict[str, float]:
        p, r = _ratio(h, g), _ratio(h, w)
        return {"presisi": p, "perolehan": r, "f1": f1(p, r), "ditemukan": g, "sebenarnya": w}

    by_kind = {}
    for kind in ("sama", "pindah", "pecah", "gabung"):
        is_kind = pl.col("jenis").cast(pl.String) == kind
        by_kind[kind] = figures(hit.filter(is_kind).height, got.filter(is_kind).height, want.filter(is_kind).height)
    return {**figures(hit.height, got.height, want.height), "jenis": by_kind}


def _findings(tables: Tables, present: pl.DataFrame, truth: Path) -> dict[str, Any]:
    """Per code: precision, recall of what the given files could show, recall over all facts, and rupiah."""
    facts, fact_rows = _read(truth, "facts"), _read(truth, "fact_rows")
    sources = present["sumber"].unique().to_list()
    seen_files = present.select("berkas").unique()
    fact_rows = fact_rows.join(seen_files, on="berkas").join(facts.select("fakta_id", "kode"), on="fakta_id")
    shown = facts.filter(pl.col("lewat").list.eval(pl.element().is_in(sources)).list.any()).join(
        fact_rows.select("fakta_id").unique(), on="fakta_id", how="semi"
    )
    findings = tables.findings.select(
        "temuan_id", "baris", "nominal_mungkin", codes=pl.concat_list(pl.concat_list("kode"), pl.col("alias"))
    )
    place = present.select("baris_id", *ROW)
    subject = (
        findings.select("temuan_id", "codes", "baris")
        .explode("codes", empty_as_null=True)
        .explode("baris", empty_as_null=True)
        .join(place, left_on="baris", right_on="baris_id")
        .select("temuan_id", *ROW, kode="codes")
    )
    right = subject.join(fact_rows, on=["kode", *ROW], nulls_equal=True)
    hits = facts.join(right.select("fakta_id").unique(), on="fakta_id", how="semi")

    def count(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.group_by("kode").agg(pl.len().alias(name))

    pairs = findings.select("temuan_id", kode="codes").explode("kode", empty_as_null=True).unique()
    parts = [
        count(right.select("temuan_id", "kode").unique(), "right"),
        count(shown, "shown"),
        count(facts, "all"),
        count(shown.join(hits, on="fakta_id", how="semi"), "hit"),
        count(hits, "hit_all"),
    ]
    by_code = count(pairs, "found")
    for part in parts:
        by_code = by_code.join(part, on="kode", how="full", coalesce=True)
    # An alias without facts of its own name (NIK_INVALID, D13) is scored under its primary codes.
    scored = pl.col("kode").is_in(facts["kode"].unique().implode()) | pl.col("kode").is_in(
        tables.findings["kode"].unique().implode()
    )
    by_code = by_code.filter(scored).fill_null(0).sort("kode")
    return {
        row["kode"]: {
            "temuan": row["found"],
            "benar": row["right"],
            "presisi": _ratio(row["right"], row["found"]),
            "fakta_terlihat": row["shown"],
            "perolehan": _ratio(row["hit"], row["shown"]),
            "fakta": row["all"],
            "perolehan_semua": _ratio(row["hit_all"], row["all"]),
        }
        for row in by_code.to_dicts()
    }


def _payment_rows(tables: Tables) -> pl.DataFrame:
    """Payment rows with the record of their payee: facts about payments name the payment's own row."""
    return tables.payments.select("baris_id", *ROW).join(tables.records.select("baris_id", "sumber"), on="baris_id")


def blocking_recall(records: pl.DataFrame) -> float:
    """Share of the true pairs of `records` (with orang_id) that some standard pass holds."""
    ordered = records.sort("baris_id")
    e = encode(ordered)
    person = ordered["orang_id"].fill_null(0).to_numpy().astype(np.uint64)
    known = ordered["orang_id"].is_not_null().to_numpy()
    keys = np.where(known, mix(person), np.uint64(0))
    chosen = plan(e, standard(), LinkSettings().blok_maksimum)
    total = held = 0
    for a, b in pairs_of(block(keys), 2_000_000):
        total += len(a)
        held += int(found_by(chosen, a, b).any(axis=1).sum())
    return _ratio(held, total)


def evaluate(tables: Tables, truth: Path) -> dict[str, Any]:
    """Score a run against the truth folder. Rates are shares (0..1); the keys are those of docs/truth.md."""
    rows = _read(truth, "rows").select(*ROW, "orang_id", "keluarga_tulis")
    records = _with_truth(tables.records, rows)
    known = records.filter(pl.col("orang_id").is_not_null())
    frame = known.join(tables.entities.select("baris_id", "person_id"), on="baris_id").select(
        truth="orang_id", found="person_id"
    )
    payments = _payment_rows(tables)
    present = pl.concat(
        [
            records.filter(~pl.col("sumber").str.starts_with("bayar_")).select("baris_id", "sumber", *ROW),
            payments.select("baris_id", "sumber", *ROW).with_columns(berkas=_file_name()),
        ]
    ).unique()
    return {
        "baris": tables.records.height,
        "baris_bertruth": known.height,
        "entitas": clusters(frame),
        "perolehan_penyaringan": blocking_recall(records.select([*tables.records.columns, "orang_id"])),
        "keluarga": _families(tables, records, _read(truth, "family_links")),
        "temuan": _findings(tables, present, truth),
    }
